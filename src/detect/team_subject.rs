//! The team is the subject of the deeds.
//!
//! May import: `evidence` (its labels).

use super::{Case, Detector, Hit, shown};
use crate::evidence::{Tag, Voice};

pub(super) const DETECTOR: Detector = Detector {
    id: "team_subject",
    rule: "the model's judgement on the whole answer, never without a sentence that gives a deed to a team; without \
           such a judgement, two sentences that do (one in a short answer)",
    yields: &[],
    detect,
};

fn detect(case: &Case<'_>) -> Option<Hit> {
    let evidence = case.evidence;
    let confidence = case.confidence(|| shown::repeated(evidence, Tag::Team))?;
    evidence.with_tag(Tag::Team).next()?;
    let (we, i) = (evidence.deeds(Voice::We).count(), evidence.deeds(Voice::I).count());
    // the closing "we launched" belongs to the pattern once there is one
    let mut sentences: Vec<usize> = evidence.with_tag(Tag::Team).chain(evidence.deeds(Voice::We)).collect();
    sentences.sort_unstable();
    sentences.dedup();
    sentences.retain(|&s| evidence.sentences[s].voice != Voice::I);
    let are = if we == 1 { "is" } else { "are" };
    let counted =
        (we > 0).then(|| format!("{} {are} told as \"we\" and {i} as \"I\".", shown::counted(we, "deed")));
    Some(Hit { confidence, sentences, counted })
}

#[cfg(test)]
mod tests {
    use super::super::fixture::story;
    use super::*;
    use crate::evidence::Role::{Action, Context, Result};

    const LINES: [(crate::evidence::Role, &[Tag], &str); 6] = [
        (Context, &[], "We print labels."),
        (Action, &[Tag::Team], "We went through the logs."),
        (Action, &[Tag::Team], "The engineers wrote a test."),
        (Action, &[], "I informed the shops."),
        (Action, &[], "Sent the notes."),
        (Result, &[], "We were back by noon."),
    ];

    #[test]
    fn hits() {
        let hit = story(&LINES).judged("team_subject", 0.8).hit(&DETECTOR).expect("a hit");
        assert_eq!(hit.sentences, [1, 2, 5], "the scene is no deed");
        assert_eq!(hit.counted.as_deref(), Some("3 deeds are told as \"we\" and 1 as \"I\"."));
        assert!(story(&LINES).hit(&DETECTOR).is_some(), "without a judgement");
    }

    #[test]
    fn misses() {
        assert_eq!(story(&LINES).judged("team_subject", 0.2).hit(&DETECTOR), None, "the judgement decides");
        assert_eq!(story(&LINES[3..]).judged("team_subject", 0.9).hit(&DETECTOR), None, "nothing shows it");
        assert_eq!(story(&LINES[2..]).hit(&DETECTOR), None, "one deed of the team's is fair");
    }
}
