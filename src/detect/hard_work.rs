//! Hard work is offered as the merit.
//!
//! May import: `evidence` (its labels).

use super::{Case, Detector, Hit, shown};
use crate::evidence::{Role, Tag};

pub(super) const DETECTOR: Detector = Detector {
    id: "hard_work",
    rule: "the model's judgement on the whole answer, never without a sentence that offers effort; without such a \
           judgement, two sentences that do (one in a short answer)",
    yields: &[],
    detect,
};

fn detect(case: &Case<'_>) -> Option<Hit> {
    let confidence = case.confidence(|| shown::repeated(case.evidence, Tag::Effort))?;
    let sentences: Vec<usize> = case.evidence.with_tag(Tag::Effort).collect();
    let owned = case.evidence.any_role(Role::Ownership) >= 0.5;
    let counted = match (sentences.len(), owned) {
        (0, _) => return None,
        (n, false) => {
            format!("{} of effort, and none says what you answered for.", shown::counted(n, "sentence"))
        }
        (1, true) => "1 sentence speaks of effort.".to_owned(),
        (n, true) => format!("{n} sentences speak of effort."),
    };
    Some(Hit { confidence, sentences, counted: Some(counted) })
}

#[cfg(test)]
mod tests {
    use super::super::fixture::story;
    use super::*;
    use Role::{Action, Context, Ownership};

    const LINES: [(Role, &[Tag], &str); 4] = [
        (Context, &[], "The payroll moved."),
        (Action, &[Tag::Effort], "I worked every weekend."),
        (Action, &[Tag::Effort], "I gave it everything."),
        (Action, &[], "I tested the overtime rules."),
    ];

    #[test]
    fn hits() {
        let hit = story(&LINES).judged("hard_work", 0.7).hit(&DETECTOR).expect("a hit");
        assert_eq!((hit.confidence, hit.sentences), (0.7, vec![1, 2]));
        assert_eq!(
            hit.counted.as_deref(),
            Some("2 sentences of effort, and none says what you answered for.")
        );
        assert!(story(&LINES).hit(&DETECTOR).is_some_and(|h| h.confidence > 0.85), "without a judgement");
        let mut lines = LINES.to_vec();
        lines[0] = (Ownership, &[], "The pay run was mine.");
        let hit = story(&lines).judged("hard_work", 0.7).hit(&DETECTOR).expect("a hit");
        assert_eq!(hit.counted.as_deref(), Some("2 sentences speak of effort."));
    }

    #[test]
    fn misses() {
        assert_eq!(story(&LINES).judged("hard_work", 0.3).hit(&DETECTOR), None, "the judgement decides");
        let mut lines = LINES.to_vec();
        lines[1].1 = &[];
        assert_eq!(story(&lines).hit(&DETECTOR), None, "one sentence of effort is no pattern");
        lines[2].1 = &[];
        assert_eq!(story(&lines).judged("hard_work", 0.9).hit(&DETECTOR), None, "nothing shows it");
    }
}
