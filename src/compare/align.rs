//! Which sentence of the new version is which of the old one.

use similar::{Algorithm, DiffOp, capture_diff_slices};

use crate::evidence::Tag;

/// From which likeness (cosine) on a sentence is another one rewritten. Source: 100 pairs from 45 revisions of
/// `training/data`, read by hand: from 0.45 to 0.55 about half of them say different things, from there to 0.65 one in five.
const LIKE: f32 = 0.55;
/// Candidates that are kept for each sentence; more would only matter where many sentences say nearly the same.
const CANDIDATES: usize = 8;

/// What became of a sentence.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    /// Word for word as it was.
    Kept,
    /// It says alike, in other words.
    Rewritten,
    /// It is new.
    Added,
    /// It is gone.
    Removed,
}

/// A sentence of either version, or of both.
#[derive(Clone, Debug, PartialEq)]
pub struct Change {
    /// What became of it.
    pub kind: Kind,
    /// Its place in the old version.
    pub old: Option<usize>,
    /// Its place in the new one.
    pub new: Option<usize>,
    /// Whether it stands in both, but not between the same sentences.
    pub moved: bool,
    /// Of a rewritten one, how alike the two are: a cosine, 1 at most.
    pub likeness: Option<f32>,
    /// Tags that only the new version has.
    pub gained: Vec<Tag>,
    /// Tags that only the old one has.
    pub lost: Vec<Tag>,
}

/// Pairs sentences: those that are the same and in order, then those that are the same, then the most alike.
///
/// # Errors
/// What `embed` says; it is asked once, for the sentences that are in one version only.
pub(super) fn align<E>(
    old: &[&str],
    new: &[&str],
    embed: impl FnOnce(&[&str]) -> Result<Vec<Vec<f32>>, E>,
) -> Result<Vec<Change>, E> {
    let mut pairs = Pairs { old_of: vec![None; new.len()], taken: vec![false; old.len()] };
    for op in capture_diff_slices(Algorithm::Myers, old, new) {
        if let DiffOp::Equal { old_index, new_index, len } = op {
            (0..len).for_each(|k| pairs.join(old_index + k, new_index + k, None));
        }
    }
    for (j, text) in new.iter().enumerate() {
        if let Some(i) = (0..old.len()).find(|&i| pairs.is_free(i, j) && old[i] == *text) {
            pairs.join(i, j, None);
        }
    }
    let (from, to) = pairs.free();
    if !from.is_empty() && !to.is_empty() {
        let texts: Vec<&str> = from.iter().map(|&i| old[i]).chain(to.iter().map(|&j| new[j])).collect();
        let vectors = embed(&texts)?;
        for (likeness, i, j) in candidates(&vectors, &from, &to) {
            if pairs.is_free(i, j) {
                pairs.join(i, j, Some(likeness));
            }
        }
    }
    Ok(pairs.changes())
}

/// Pairs that are alike enough, the most alike first, of equals the earliest.
fn candidates(vectors: &[Vec<f32>], from: &[usize], to: &[usize]) -> Vec<(f32, usize, usize)> {
    let (olds, news) = vectors.split_at(from.len().min(vectors.len()));
    let order = |a: &(f32, usize, usize), b: &(f32, usize, usize)| {
        b.0.total_cmp(&a.0).then_with(|| (a.1, a.2).cmp(&(b.1, b.2)))
    };
    let mut all = Vec::new();
    for (a, &i) in olds.iter().zip(from) {
        let alike = news.iter().zip(to).map(|(b, &j)| (dot(a, b), i, j));
        let mut own: Vec<_> = alike.filter(|c| c.0 >= LIKE).collect();
        own.sort_by(order);
        own.truncate(CANDIDATES);
        all.extend(own);
    }
    all.sort_by(order);
    all
}

fn dot(a: &[f32], b: &[f32]) -> f32 {
    a.iter().zip(b).map(|(x, y)| x * y).sum()
}

/// The pairs found so far.
struct Pairs {
    /// For each new sentence its old one, and how alike they are where they are not the same.
    old_of: Vec<Option<(usize, Option<f32>)>>,
    /// The old sentences that are paired.
    taken: Vec<bool>,
}

impl Pairs {
    fn is_free(&self, i: usize, j: usize) -> bool {
        !self.taken[i] && self.old_of[j].is_none()
    }

    fn join(&mut self, i: usize, j: usize, likeness: Option<f32>) {
        self.taken[i] = true;
        self.old_of[j] = Some((i, likeness));
    }

    /// The old and the new sentences that have no other.
    fn free(&self) -> (Vec<usize>, Vec<usize>) {
        let old = (0..self.taken.len()).filter(|&i| !self.taken[i]);
        let new = (0..self.old_of.len()).filter(|&j| self.old_of[j].is_none());
        (old.collect(), new.collect())
    }

    /// Every sentence in the order of the new version; what is gone stands before what came in its place.
    fn changes(&self) -> Vec<Change> {
        let anchors = in_order(&self.old_of.iter().map(|p| p.map(|(i, _)| i)).collect::<Vec<_>>());
        // For each new sentence the old one up to which everything that is gone stands before it.
        let mut bounds = vec![self.taken.len(); self.old_of.len()];
        let mut bound = self.taken.len();
        for (j, pair) in self.old_of.iter().enumerate().rev() {
            bound = pair.filter(|_| anchors[j]).map_or(bound, |(i, _)| i);
            bounds[j] = bound;
        }
        let mut all = Vec::with_capacity(self.taken.len() + self.old_of.len());
        let mut next = 0;
        for (j, (pair, &until)) in self.old_of.iter().zip(&bounds).enumerate() {
            all.extend((next..until).filter(|&i| !self.taken[i]).map(removed));
            next = next.max(until);
            all.push(match *pair {
                Some((i, likeness)) => Change {
                    kind: if likeness.is_some() { Kind::Rewritten } else { Kind::Kept },
                    old: Some(i),
                    moved: !anchors[j],
                    likeness,
                    ..added(j)
                },
                None => added(j),
            });
        }
        all.extend((next..self.taken.len()).filter(|&i| !self.taken[i]).map(removed));
        all
    }
}

fn added(j: usize) -> Change {
    let (gained, lost) = (Vec::new(), Vec::new());
    Change { kind: Kind::Added, old: None, new: Some(j), moved: false, likeness: None, gained, lost }
}

fn removed(i: usize) -> Change {
    Change { kind: Kind::Removed, old: Some(i), new: None, ..added(0) }
}

/// Which of the numbers belong to a longest run that only rises: what lies outside of it has moved.
fn in_order(numbers: &[Option<usize>]) -> Vec<bool> {
    // For each length the place of the least last number of a rising run; for each place the one before it.
    let mut ends: Vec<usize> = Vec::new();
    let mut before = vec![None; numbers.len()];
    for (at, number) in numbers.iter().enumerate().filter(|(_, n)| n.is_some()) {
        let length = ends.partition_point(|&e| numbers[e] < *number);
        before[at] = length.checked_sub(1).map(|l| ends[l]);
        match ends.get_mut(length) {
            Some(end) => *end = at,
            None => ends.push(at),
        }
    }
    let mut kept = vec![false; numbers.len()];
    let mut at = ends.last().copied();
    while let Some(here) = at {
        kept[here] = true;
        at = before[here];
    }
    kept
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Vectors by hand: a letter is a direction, so texts of one letter are alike.
    fn by_letter(texts: &[&str]) -> Result<Vec<Vec<f32>>, ()> {
        let vector = |t: &&str| {
            let mut v = vec![0.0; 26];
            v[usize::from(t.as_bytes()[0] - b'a')] = 1.0;
            v
        };
        Ok(texts.iter().map(vector).collect())
    }

    fn said(old: &[&str], new: &[&str]) -> String {
        let mark = |c: &Change| {
            let number = |n: Option<usize>| n.map_or("_".to_owned(), |n| n.to_string());
            let kind = match c.kind {
                Kind::Kept => '=',
                Kind::Rewritten => '~',
                Kind::Added => '+',
                Kind::Removed => '-',
            };
            format!("{}{kind}{}{}", number(c.old), number(c.new), if c.moved { "!" } else { "" })
        };
        align(old, new, by_letter).unwrap().iter().map(mark).collect::<Vec<_>>().join(" ")
    }

    #[test]
    fn what_is_the_same_is_kept() {
        assert_eq!(said(&["a", "b"], &["a", "b"]), "0=0 1=1");
        assert_eq!(said(&[], &[]), "");
        let nobody = |_: &[&str]| Err("not to be asked");
        assert!(align(&["a"], &["a"], nobody).is_ok() && align(&["a"], &[], nobody).is_ok());
        assert_eq!(align(&["a"], &["b"], nobody), Err("not to be asked"));
    }

    #[test]
    fn what_is_alike_is_rewritten_and_the_rest_comes_and_goes() {
        assert_eq!(said(&["a", "b1", "c"], &["a", "b2", "c"]), "0=0 1~1 2=2");
        assert_eq!(said(&["a", "b", "c"], &["a", "d", "c"]), "0=0 1-_ _+1 2=2");
        assert_eq!(said(&["a"], &["b", "c"]), "0-_ _+0 _+1");
        assert_eq!(said(&["a", "b"], &[]), "0-_ 1-_");
        assert_eq!(said(&["a"], &["a", "a1", "a2"]), "0=0 _+1 _+2", "one becomes one");
    }

    #[test]
    fn what_stands_elsewhere_is_moved() {
        assert_eq!(said(&["a", "b", "c"], &["b", "c", "a"]), "1=0 2=1 0=2!");
        assert_eq!(said(&["a1", "b", "c"], &["b", "c", "a2"]), "1=0 2=1 0~2!");
        assert_eq!(said(&["a", "b", "c", "d"], &["d", "b", "x"]), "0-_ 3=0! 1=1 2-_ _+2");
    }

    #[test]
    fn the_most_alike_go_together() {
        let vectors = [[1.0, 0.0], [0.8, 0.6], [0.6, 0.8], [1.0, 0.0]].map(Vec::from);
        let found = candidates(&vectors, &[0, 1], &[0, 1]);
        assert_eq!(found.iter().map(|c| (c.1, c.2)).collect::<Vec<_>>(), [(0, 1), (1, 0), (1, 1), (0, 0)]);
        assert_eq!(candidates(&[], &[0], &[0]), []);
    }

    #[test]
    fn the_longest_rising_run() {
        let run = |n: &[i32]| in_order(&n.iter().map(|n| usize::try_from(*n).ok()).collect::<Vec<_>>());
        assert_eq!(run(&[2, 0, -1, 1, 3]), [false, true, false, true, true]);
        assert_eq!(run(&[]), [false; 0]);
        assert_eq!(run(&[-1, 5]), [false, true]);
    }

    proptest::proptest! {
        #[test]
        fn every_sentence_is_told_once(old in proptest::collection::vec("[a-d][0-2]?", 0..9),
                                       new in proptest::collection::vec("[a-d][0-2]?", 0..9)) {
            let (old, new): (Vec<&str>, Vec<&str>) =
                (old.iter().map(String::as_str).collect(), new.iter().map(String::as_str).collect());
            let changes = align(&old, &new, by_letter).unwrap();
            let news: Vec<usize> = changes.iter().filter_map(|c| c.new).collect();
            let mut olds: Vec<usize> = changes.iter().filter_map(|c| c.old).collect();
            olds.sort_unstable();
            proptest::prop_assert_eq!(news, (0..new.len()).collect::<Vec<_>>());
            proptest::prop_assert_eq!(olds, (0..old.len()).collect::<Vec<_>>());
            for c in changes.iter().filter(|c| c.kind == Kind::Kept) {
                proptest::prop_assert_eq!(old[c.old.unwrap()], new[c.new.unwrap()]);
            }
        }
    }
}
