//! Ownership is told as command.
//!
//! May import: `evidence` (its labels).

use super::{Case, Detector, Hit, shown};
use crate::evidence::{Role, Tag, Voice};

pub(super) const DETECTOR: Detector = Detector {
    id: "control",
    rule: "the model's judgement on the whole answer, never without a sentence that commands; without such a \
           judgement, two sentences that do (one in a short answer)",
    yields: &[],
    detect,
};

fn detect(case: &Case<'_>) -> Option<Hit> {
    let confidence = case.confidence(|| shown::repeated(case.evidence, Tag::Authority))?;
    // in a scene others command, unless you say that it was you
    let own =
        |&i: &usize| case.evidence.role(i) != Role::Context || case.evidence.sentences[i].voice == Voice::I;
    let sentences: Vec<usize> = case.evidence.with_tag(Tag::Authority).filter(own).collect();
    if sentences.is_empty() {
        return None;
    }
    let commands = shown::counted(sentences.len(), "sentence");
    let verb = if sentences.len() == 1 { "moves" } else { "move" };
    let won = match case.evidence.with_tag(Tag::Influence).count() {
        0 => "none wins".to_owned(),
        1 => "1 wins".to_owned(),
        n => format!("{n} win"),
    };
    let counted = format!("{commands} {verb} people by rank, {won} them over.");
    Some(Hit { confidence, sentences, counted: Some(counted) })
}

#[cfg(test)]
mod tests {
    use super::super::fixture::story;
    use super::*;
    use crate::evidence::Role::{Action, Context, Result};

    const LINES: [(crate::evidence::Role, &[Tag], &str); 4] = [
        (Context, &[], "The network team had a freeze."),
        (Action, &[Tag::Authority], "I told them that they would deploy."),
        (Context, &[Tag::Tension, Tag::Authority], "They complained, but the decision was mine."),
        (Result, &[], "They deployed."),
    ];

    #[test]
    fn hits() {
        let hit = story(&LINES).judged("control", 0.6).hit(&DETECTOR).expect("a hit");
        assert_eq!(hit.sentences, [1, 2]);
        assert_eq!(hit.counted.as_deref(), Some("2 sentences move people by rank, none wins them over."));
        assert!(story(&LINES).hit(&DETECTOR).is_some(), "without a judgement");
        let mut lines = LINES.to_vec();
        lines[2].1 = &[Tag::Influence];
        let hit = story(&lines).judged("control", 0.6).hit(&DETECTOR).expect("a hit");
        assert_eq!(hit.counted.as_deref(), Some("1 sentence moves people by rank, 1 wins them over."));
    }

    #[test]
    fn misses() {
        assert_eq!(story(&LINES).judged("control", 0.4).hit(&DETECTOR), None, "the judgement decides");
        assert_eq!(story(&LINES[3..]).judged("control", 0.9).hit(&DETECTOR), None, "nothing shows it");
        let mut lines = LINES.to_vec();
        lines[2].1 = &[];
        assert_eq!(story(&lines).hit(&DETECTOR), None, "one order is no pattern");
    }
}
