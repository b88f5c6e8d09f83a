//! How alike two stories are: by the words that they share and that few stories have.
//!
//! The encoder's vectors do not serve here: `training/episodes.py` says what was measured.

use std::collections::BTreeMap;
use std::sync::LazyLock;

use crate::text::Answer;

/// The likeness (cosine) from which two stories are said to tell the same episode. Source: `training/episodes.py`, chosen
/// on the revisions among the annotated answers against the other pairs of their files; `training/episodes.json`: of the
/// pairs that it names 98% are right, and it names 86% of those that there are.
pub const SAME_EPISODE: f32 = 0.19;

/// Share below which all words weigh the same. Source: `training/episodes.py`.
const LEAST: f32 = 0.01;

/// Common words with the share of the annotated answers that have them, as `training/episodes.py` writes them.
static COMMON: LazyLock<BTreeMap<&str, f32>> = LazyLock::new(|| {
    let line = |line: &'static str| {
        let (word, share) = line.split_once(' ')?;
        Some((word, share.parse().ok()?))
    };
    include_str!("common.txt").lines().filter_map(line).collect()
});

/// The words of a text, by which it is compared: small enough to be kept for every story of a bank.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Words {
    /// A hash of each word and the square of its weight, in the order of the hashes.
    all: Vec<(u64, f32)>,
    /// The length of the whole as a vector.
    norm: f32,
}

impl Words {
    /// Those of a story.
    #[must_use]
    pub fn of(answer: &Answer) -> Words {
        Words::new(answer.sentences.iter().map(|s| s.text.as_str()))
    }

    /// Those of a question.
    #[must_use]
    pub fn of_question(question: &str) -> Words {
        Words::new(std::iter::once(question))
    }

    fn new<'a>(texts: impl Iterator<Item = &'a str>) -> Words {
        let mut found = BTreeMap::new();
        for text in texts {
            for word in text.to_lowercase().split(|c: char| !c.is_alphanumeric()) {
                let word = bare(word);
                if word.chars().nth(1).is_some() {
                    found.entry(hash(word)).or_insert_with(|| weight(word).powi(2));
                }
            }
        }
        let norm = found.values().sum::<f32>().sqrt();
        Words { all: found.into_iter().collect(), norm }
    }

    /// The cosine of two sets of words, 0 to 1.
    #[must_use]
    pub fn likeness(&self, other: &Words) -> f32 {
        self.shared(other) / (self.norm * other.norm).max(f32::EPSILON)
    }

    /// The share of these words, by weight, that are in the others too, 0 to 1.
    #[must_use]
    pub fn found_in(&self, other: &Words) -> f32 {
        self.shared(other) / self.norm.powi(2).max(f32::EPSILON)
    }

    fn shared(&self, other: &Words) -> f32 {
        let (mut a, mut b) = (self.all.as_slice(), other.all.as_slice());
        let mut sum = 0.0;
        while let (Some((x, weight)), Some((y, _))) = (a.first(), b.first()) {
            if x == y {
                sum += weight;
            }
            let (left, right) = (x <= y, y <= x);
            a = &a[usize::from(left)..];
            b = &b[usize::from(right)..];
        }
        sum
    }
}

/// Without the s of a plural.
fn bare(word: &str) -> &str {
    match word.strip_suffix('s') {
        Some(bare) if word.chars().count() > 3 && !bare.ends_with('s') => bare,
        _ => word,
    }
}

fn weight(word: &str) -> f32 {
    -COMMON.get(word).copied().unwrap_or(0.0).max(LEAST).ln()
}

/// FNV-1a: the same on every machine, and two words of a bank seldom share one.
fn hash(word: &str) -> u64 {
    word.bytes().fold(0xcbf2_9ce4_8422_2325, |h, b| (h ^ u64::from(b)).wrapping_mul(0x0100_0000_01b3))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn likeness(a: &str, b: &str) -> f32 {
        Words::of_question(a).likeness(&Words::of_question(b))
    }

    #[test]
    fn common_words_are_known() {
        assert!(COMMON.len() > 1000 && COMMON.values().all(|s| (LEAST..=1.0).contains(s)));
        assert!(weight("the") < 0.1 && weight("dialysis") > 4.0);
    }

    #[test]
    fn rare_words_make_it_and_common_ones_do_not() {
        let (a, b) = ("I moved the dialysis portal in June.", "The portal for dialysis went over in June.");
        assert!(likeness(a, b) > 0.5, "{}", likeness(a, b));
        let other = "I moved the gates of the airport, and it was mine.";
        assert!(likeness(a, other) < 0.15, "{}", likeness(a, other));
        assert!((likeness(a, a) - 1.0).abs() < 1e-5);
        assert_eq!(likeness(a, ""), 0.0);
        assert_eq!(likeness("Ledgers.", "LEDGER"), likeness("ledger", "ledger"));
    }

    #[test]
    fn a_question_is_found_in_a_story() {
        let question = Words::of_question("Which portal?");
        assert!(question.found_in(&Words::of_question("The dialysis portal.")) > 0.3);
        assert_eq!(question.found_in(&Words::of_question("Gates")), 0.0);
    }
}
