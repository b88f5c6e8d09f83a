//! The story is drama, and the narrator the only competent person in it.
//!
//! May import: `evidence` (its labels).

use super::{Case, Detector, Hit, shown};
use crate::evidence::Tag;

pub(super) const DETECTOR: Detector = Detector {
    id: "heroics",
    rule: "the model's judgement on the whole answer, never without a sentence that dramatises; without such a \
           judgement, two sentences that do (one in a short answer)",
    yields: &[],
    detect,
};

fn detect(case: &Case<'_>) -> Option<Hit> {
    let confidence = case.confidence(|| shown::repeated(case.evidence, Tag::Heroics))?;
    let sentences: Vec<usize> = case.evidence.with_tag(Tag::Heroics).collect();
    let of = case.evidence.sentences.len();
    let counted = match sentences.len() {
        0 => return None,
        1 => None,
        n => Some(format!("{n} of {of} sentences sound like that.")),
    };
    Some(Hit { confidence, sentences, counted })
}

#[cfg(test)]
mod tests {
    use super::super::fixture::story;
    use super::*;
    use crate::evidence::Role::{Action, Context, Result};

    const LINES: [(crate::evidence::Role, &[Tag], &str); 4] = [
        (Context, &[Tag::Tension, Tag::Heroics], "Everyone was panicking."),
        (Action, &[], "I rolled back the cache."),
        (Action, &[Tag::Heroics], "I saved the release single-handedly."),
        (Result, &[], "It went out."),
    ];

    #[test]
    fn hits() {
        let hit = story(&LINES).judged("heroics", 0.6).hit(&DETECTOR).expect("a hit");
        assert_eq!(hit.sentences, [0, 2]);
        assert_eq!(hit.counted.as_deref(), Some("2 of 4 sentences sound like that."));
        assert!(story(&LINES).hit(&DETECTOR).is_some(), "without a judgement");
        assert!(story(&LINES[2..]).hit(&DETECTOR).is_some(), "one sentence of a short answer");
    }

    #[test]
    fn misses() {
        assert_eq!(story(&LINES).judged("heroics", 0.4).hit(&DETECTOR), None, "the judgement decides");
        assert_eq!(story(&LINES[1..2]).judged("heroics", 0.9).hit(&DETECTOR), None, "nothing shows it");
        let mut lines = LINES.to_vec();
        lines[0].1 = &[Tag::Tension];
        assert_eq!(story(&lines).hit(&DETECTOR), None, "one such sentence is a turn of phrase");
    }
}
