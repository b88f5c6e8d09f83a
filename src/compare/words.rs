//! What became of a sentence, word by word.

use similar::{Algorithm, DiffOp, capture_diff_slices};

/// Share of words in common, in percent, below which the two are shown whole: bits of grammar in common would only make
/// a riddle of it.
const COMMON: usize = 30;
/// More words than a person compares one by one; the time grows with their square.
const MOST: usize = 2000;

/// A run of words of a rewritten sentence.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Piece {
    /// In both.
    Same(String),
    /// In the old version only.
    Old(String),
    /// In the new one only.
    New(String),
}

/// What was taken out and what was put in, in order; words have a space between them.
#[must_use]
pub fn pieces(old: &str, new: &str) -> Vec<Piece> {
    let (a, b): (Vec<&str>, Vec<&str>) = (old.split_whitespace().collect(), new.split_whitespace().collect());
    let whole = || vec![Piece::Old(a.join(" ")), Piece::New(b.join(" "))];
    if a.len().max(b.len()) > MOST {
        return whole();
    }
    let ops = without_islands(&capture_diff_slices(Algorithm::Myers, &a, &b));
    let same: usize = ops.iter().filter(|r| r.same).map(|r| r.old.len()).sum();
    if 200 * same < COMMON * (a.len() + b.len()) {
        return whole();
    }
    let mut out = Vec::new();
    for run in ops {
        let (gone, come) = (a[run.old].join(" "), b[run.new].join(" "));
        if run.same {
            out.push(Piece::Same(gone));
            continue;
        }
        if !gone.is_empty() {
            out.push(Piece::Old(gone));
        }
        if !come.is_empty() {
            out.push(Piece::New(come));
        }
    }
    out
}

/// Words in both, or what stands in place of each other.
struct Run {
    same: bool,
    old: std::ops::Range<usize>,
    new: std::ops::Range<usize>,
}

/// The runs of a diff; a single word in common between two changes belongs to them.
fn without_islands(ops: &[DiffOp]) -> Vec<Run> {
    let mut out: Vec<Run> = Vec::new();
    for (k, op) in ops.iter().enumerate() {
        let (old, new) = (op.old_range(), op.new_range());
        let equal = matches!(op, DiffOp::Equal { .. });
        let island = equal && old.len() == 1 && k > 0 && k + 1 < ops.len();
        let same = equal && !island;
        match out.last_mut().filter(|last| !last.same && !same) {
            Some(last) => (last.old.end, last.new.end) = (old.end, new.end),
            None => out.push(Run { same, old, new }),
        }
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    /// As `[-old-]`, `{+new+}` and plain words.
    fn said(old: &str, new: &str) -> String {
        let show = |p: &Piece| match p {
            Piece::Same(t) => t.clone(),
            Piece::Old(t) => format!("[-{t}-]"),
            Piece::New(t) => format!("{{+{t}+}}"),
        };
        pieces(old, new).iter().map(show).collect::<Vec<_>>().join(" ")
    }

    #[test]
    fn words_come_and_go() {
        assert_eq!(said("We closed it in May.", "I closed it in May."), "[-We-] {+I+} closed it in May.");
        assert_eq!(said("I closed it.", "I closed it in May."), "I closed [-it.-] {+it in May.+}");
        assert_eq!(said("We all met the two leads", "We met the two leads"), "We [-all-] met the two leads");
        assert_eq!(said("a b", "a b"), "a b");
    }

    #[test]
    fn a_word_between_two_changes_is_no_riddle() {
        let (old, new) = ("we tried the thing for weeks in May", "I asked the lead for weeks in May");
        assert_eq!(said(old, new), "[-we tried the thing-] {+I asked the lead+} for weeks in May");
    }

    #[test]
    fn what_has_little_in_common_is_shown_whole() {
        let (old, new) = ("There were some problems in the end.", "The scales rounded to the wrong gram.");
        assert_eq!(said(old, new), format!("[-{old}-] {{+{new}+}}"));
        let long = "word ".repeat(MOST + 1);
        assert_eq!(pieces(&long, &long).len(), 2);
    }

    proptest::proptest! {
        #[test]
        fn both_versions_can_be_read_off(old in "[ab]{1,2}( [ab]{1,2}){0,12}", new in "[ab]{1,2}( [ab]{1,2}){0,12}") {
            let pieces = pieces(&old, &new);
            let read = |skip: fn(&Piece) -> bool| {
                let texts = pieces.iter().filter(|p| !skip(p)).map(|p| match p {
                    Piece::Same(t) | Piece::Old(t) | Piece::New(t) => t.as_str(),
                });
                texts.collect::<Vec<_>>().join(" ")
            };
            proptest::prop_assert_eq!(read(|p| matches!(p, Piece::New(_))), old);
            proptest::prop_assert_eq!(read(|p| matches!(p, Piece::Old(_))), new);
        }
    }
}
