//! How alike two stories are: by the words that they share and that few stories have.
//!
//! The encoder's vectors do not serve here: `training/episodes.py` says what was measured.

use std::collections::{BTreeMap, HashMap};
use std::sync::LazyLock;

use crate::text::Answer;

/// The likeness (cosine) from which two stories are said to tell the same episode. Source: `training/episodes.py`, chosen
/// on the revisions among the annotated answers against the other pairs of their files; `training/episodes.json`: of the
/// pairs that it names 92% are right, and it names 86% of those that there are.
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
                if word.chars().nth(1).is_some() && !is_label(word) {
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

/// Many sets of words by their words: of ten thousand only those are looked at that share some.
pub(super) struct Index {
    /// Of each word by its hash, the places of the sets that have it.
    places: HashMap<u64, Vec<u32>>,
    norms: Vec<f32>,
}

impl Index {
    pub(super) fn new<'a>(all: impl Iterator<Item = &'a Words>) -> Index {
        let mut index = Index { places: HashMap::new(), norms: Vec::new() };
        for (place, words) in (0..).zip(all) {
            words.all.iter().for_each(|(word, _)| index.places.entry(*word).or_default().push(place));
            index.norms.push(words.norm);
        }
        index
    }

    /// The sets that may tell the same episode as these words and that are `wanted`, the most alike first, no more than
    /// `most`: their place and their [`Words::likeness`], to the last bit.
    pub(super) fn likest(
        &self,
        words: &Words,
        most: usize,
        wanted: impl Fn(usize) -> bool,
    ) -> Vec<(usize, f32)> {
        let near = self.likeness(words).into_iter().enumerate();
        let mut near: Vec<(usize, f32)> =
            near.filter(|&(i, near)| near >= SAME_EPISODE && wanted(i)).collect();
        near.sort_by(|a, b| b.1.total_cmp(&a.1).then(a.0.cmp(&b.0)));
        near.truncate(most);
        near
    }

    fn likeness(&self, words: &Words) -> Vec<f32> {
        let mut all = vec![0.0; self.norms.len()];
        for (word, weight) in &words.all {
            for &place in self.places.get(word).into_iter().flatten() {
                all[place as usize] += weight;
            }
        }
        let cosine = |(shared, norm): (f32, &f32)| shared / (words.norm * norm).max(f32::EPSILON);
        all.into_iter().zip(&self.norms).map(cosine).collect()
    }
}

/// Without the s of a plural.
fn bare(word: &str) -> &str {
    match word.strip_suffix('s') {
        Some(bare) if word.chars().count() > 3 && !bare.ends_with('s') => bare,
        _ => word,
    }
}

/// A letter with a number of one or two digits, such as the A1 before a step: it says where something stands.
fn is_label(word: &str) -> bool {
    let mut chars = word.chars();
    let letter = chars.next().is_some_and(char::is_alphabetic);
    let digits = chars.as_str();
    letter && (1..=2).contains(&digits.len()) && digits.bytes().all(|b| b.is_ascii_digit())
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
    fn labels_of_steps_make_nothing_alike() {
        assert_eq!(likeness("A1 - Inventory, A12: stickers", "A1 - forms, A12: undo"), 0.0);
        assert!(likeness("Ward 26, 1940", "Room 26, 1940") > 0.2, "numbers do");
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
    fn the_likeness_of_an_episode_is_the_measured_one() {
        let path = concat!(env!("CARGO_MANIFEST_DIR"), "/training/episodes.json");
        let measured: serde_json::Value =
            serde_json::from_str(&std::fs::read_to_string(path).unwrap()).unwrap();
        let percent = |key: &str| (measured["at_threshold"][key].as_f64().unwrap() * 100.0).round();
        assert_eq!(measured["threshold"].as_f64().unwrap() as f32, SAME_EPISODE);
        assert_eq!((percent("precision"), percent("recall")), (92.0, 86.0), "as it is said above");
    }

    #[test]
    fn an_index_says_what_each_pair_says() {
        let texts =
            ["The dialysis portal moved in June.", "", "The gates of the airport.", "June gates, a portal"];
        let all: Vec<Words> = texts.iter().map(|t| Words::of_question(t)).collect();
        let index = Index::new(all.iter());
        for words in &all {
            let each: Vec<f32> = all.iter().map(|other| words.likeness(other)).collect();
            assert_eq!(index.likeness(words), each);
        }
    }

    #[test]
    fn a_question_is_found_in_a_story() {
        let question = Words::of_question("Which portal?");
        assert!(question.found_in(&Words::of_question("The dialysis portal.")) > 0.3);
        assert_eq!(question.found_in(&Words::of_question("Gates")), 0.0);
    }
}
