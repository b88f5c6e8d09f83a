//! Which sentences show a mistake, and how sure they make it: what several detectors share.
//!
//! May import: `evidence`.

use crate::evidence::{Evidence, Heard, Role, Tag};

/// From which probability on a sentence plainly contradicts the judgement on the whole answer. On predictions for
/// unseen authors (450 answers) 8 of the 11 judgements of `no_result`, `no_ownership` and `no_hard_part` that such
/// sentences contradict are indeed wrong.
pub(super) const PLAIN: f32 = 0.8;

/// The sentences in which a tag is heard; where none reaches the tag's threshold, the most probable one if it
/// reaches half of it.
pub(super) fn sentences_with(evidence: &Evidence, tag: Tag) -> Vec<usize> {
    let heard: Vec<usize> = evidence.with_tag(tag).collect();
    if !heard.is_empty() {
        return heard;
    }
    let p = |i: &usize| evidence.sentences[*i].p_tag(tag);
    let best = (0..evidence.sentences.len()).rev().max_by(|a, b| p(a).total_cmp(&p(b)));
    best.filter(|i| p(i) >= evidence.thresholds[tag.index()] / 2.0).into_iter().collect()
}

/// The probability that a tag is heard in one sentence of a short answer (up to three), in two of a longer one.
/// In the annotated answers two such sentences make the mistake and one hardly ever does.
pub(super) fn repeated(evidence: &Evidence, tag: Tag) -> f32 {
    let enough = if evidence.sentences.len() <= 3 { 1 } else { 2 };
    at_least(enough, evidence.sentences.iter().map(|s| s.p_tag(tag)))
}

/// The probability that at least `enough` of independent events happen.
pub(super) fn at_least(enough: usize, events: impl Iterator<Item = f32>) -> f32 {
    // exactly[k]: the probability that k have happened so far
    let mut exactly = vec![0.0; enough];
    if let Some(none) = exactly.first_mut() {
        *none = 1.0;
    }
    for p in events {
        for k in (0..enough).rev() {
            let before = if k == 0 { 0.0 } else { exactly[k - 1] };
            exactly[k] = exactly[k] * (1.0 - p) + before * p;
        }
    }
    (1.0 - exactly.iter().sum::<f32>()).clamp(0.0, 1.0)
}

/// In how many sentences a probability is plain.
pub(super) fn plain(evidence: &Evidence, p: impl Fn(&Heard) -> f32) -> usize {
    evidence.sentences.iter().filter(|s| p(s) >= PLAIN).count()
}

/// The probability that something is in no sentence.
pub(super) fn in_none(evidence: &Evidence, p: impl Fn(&Heard) -> f32) -> f32 {
    evidence.sentences.iter().map(|s| 1.0 - p(s)).product()
}

/// The last sentence of a role.
pub(super) fn last(evidence: &Evidence, role: Role) -> Option<usize> {
    evidence.with_role(role).last()
}

/// Where the deeds begin: the first sentence that is no scene.
pub(super) fn end_of_scene(evidence: &Evidence) -> usize {
    let scene = |i: &usize| matches!(evidence.role(*i), Role::Context | Role::Other);
    (0..evidence.sentences.len()).take_while(scene).count()
}

/// "1 sentence", "2 sentences".
pub(super) fn counted(n: usize, noun: &str) -> String {
    if n == 1 { format!("1 {noun}") } else { format!("{n} {noun}s") }
}

/// "sentence 3", "sentences 3 and 4", as a reader counts them.
pub(super) fn numbered(sentences: &[usize]) -> String {
    match sentences {
        [] => String::new(),
        [one] => format!("sentence {}", one + 1),
        [most @ .., last] => {
            let most: Vec<String> = most.iter().map(|i| (i + 1).to_string()).collect();
            format!("sentences {} and {}", most.join(", "), last + 1)
        }
    }
}

/// "sentence 3 comes", "sentences 3 and 4 come".
pub(super) fn coming(sentences: &[usize]) -> String {
    format!("{} {}", numbered(sentences), if sentences.len() == 1 { "comes" } else { "come" })
}

#[cfg(test)]
mod tests {
    use super::super::fixture::story;
    use super::*;

    #[test]
    fn at_least_counts_chances() {
        assert!((at_least(1, [0.5, 0.5].into_iter()) - 0.75).abs() < 1e-6);
        assert!((at_least(2, [0.5, 0.5].into_iter()) - 0.25).abs() < 1e-6);
        assert!((at_least(2, [1.0, 1.0, 0.3].into_iter()) - 1.0).abs() < 1e-6);
        assert_eq!(at_least(3, [1.0, 1.0].into_iter()), 0.0);
        assert_eq!(at_least(0, [0.1].into_iter()), 1.0);
    }

    #[test]
    fn the_most_probable_sentence_stands_in() {
        let mut s = story(&[(Role::Action, &[], "a"), (Role::Action, &[], "b"), (Role::Action, &[], "c")]);
        assert!(sentences_with(&s.evidence, Tag::Effort).is_empty());
        s.evidence.sentences[1].tags[Tag::Effort.index()] = 0.3;
        assert_eq!(sentences_with(&s.evidence, Tag::Effort), [1]);
        s.evidence.sentences[2].tags[Tag::Effort.index()] = 0.6;
        assert_eq!(sentences_with(&s.evidence, Tag::Effort), [2]);
    }

    #[test]
    fn sentences_are_numbered_from_one() {
        assert_eq!(numbered(&[2]), "sentence 3");
        assert_eq!(numbered(&[0, 2, 4]), "sentences 1, 3 and 5");
        assert_eq!(counted(1, "deed"), "1 deed");
        assert_eq!(counted(0, "deed"), "0 deeds");
    }
}
