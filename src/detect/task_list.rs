//! Actions are listed mechanically, without their logic.
//!
//! May import: `evidence` (its labels).

use std::ops::Range;

use super::{Case, Detector, Hit, shown};
use crate::evidence::{Evidence, Role, Tag};

pub(super) const DETECTOR: Detector = Detector {
    id: "task_list",
    rule: "the model's judgement on the whole answer, unless three sentences plainly (0.8) give a reason, move people, \
           escalate or verify; without such a judgement, a run of five or more bare actions",
    yields: &[],
    detect,
};

/// In a sentence with one of these the logic of an action can be heard.
const LOGIC: [Tag; 4] = [Tag::Decision, Tag::Influence, Tag::Escalation, Tag::Verification];
/// These too keep an action from being a mere item.
const COLOUR: [Tag; 3] = [Tag::Tension, Tag::Initiative, Tag::Early];

fn detect(case: &Case<'_>) -> Option<Hit> {
    let evidence = case.evidence;
    let logic = shown::plain(evidence, |s| LOGIC.iter().map(|&t| s.p_tag(t)).fold(0.0, f32::max));
    if logic >= 3 {
        return None;
    }
    let run = longest_run(evidence);
    // a run of five is even odds; F1 0.78 on predictions for unseen authors
    let confidence = case.confidence(|| (run.len() as f32 / 10.0).min(1.0))?;
    if run.len() < 2 {
        return Some(Hit { confidence, sentences: run.collect(), counted: None });
    }
    let counted = format!("{} actions in a row, and none gives a reason.", run.len());
    Some(Hit { confidence, sentences: run.collect(), counted: Some(counted) })
}

/// The longest run of actions without logic; of equal ones the first.
fn longest_run(evidence: &Evidence) -> Range<usize> {
    let bare = |i: &usize| {
        evidence.role(*i) == Role::Action && !LOGIC.iter().chain(&COLOUR).any(|&t| evidence.hears(*i, t))
    };
    let n = evidence.sentences.len();
    let runs = (0..n).map(|start| start..start + (start..n).take_while(bare).count());
    runs.rev().max_by_key(Range::len).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::super::fixture::story;
    use super::*;
    use Role::{Action, Context};

    const BARE: (Role, &[Tag], &str) = (Action, &[], "I collected requirements.");
    const REASONED: (Role, &[Tag], &str) =
        (Action, &[Tag::Decision], "I left out the tills, since they work.");
    const SCENE: (Role, &[Tag], &str) = (Context, &[], "Three depots were to move.");

    #[test]
    fn hits() {
        let lines = [BARE, SCENE, BARE, BARE, BARE, REASONED, BARE];
        let hit = story(&lines).judged("task_list", 0.6).hit(&DETECTOR).expect("a hit");
        assert_eq!(hit.sentences, [2, 3, 4]);
        assert_eq!(hit.counted.as_deref(), Some("3 actions in a row, and none gives a reason."));
        let hit = story(&[BARE; 6]).hit(&DETECTOR).expect("a hit without a judgement");
        assert!((hit.confidence - 0.6).abs() < 1e-6);
    }

    #[test]
    fn misses() {
        assert_eq!(story(&[BARE; 6]).judged("task_list", 0.2).hit(&DETECTOR), None, "the judgement decides");
        let reasoned = story(&[BARE, BARE, REASONED, REASONED, REASONED]);
        assert_eq!(reasoned.judged("task_list", 0.9).hit(&DETECTOR), None, "plain reasons veto");
        assert_eq!(story(&[BARE; 4]).hit(&DETECTOR), None, "a short run is no list");
    }
}
