//! The hard part is skipped.
//!
//! May import: `evidence` (its labels).

use super::{Case, Detector, Hit, shown};
use crate::evidence::{Role, Tag};

pub(super) const DETECTOR: Detector = Detector {
    id: "no_hard_part",
    rule: "the model's judgement on the whole answer, unless two sentences plainly (0.8) tell of something hard; \
           without such a judgement, that no sentence does",
    yields: &[],
    detect,
};

fn detect(case: &Case<'_>) -> Option<Hit> {
    let evidence = case.evidence;
    if shown::plain(evidence, |s| s.p_tag(Tag::Tension)) > 1 {
        return None;
    }
    let confidence = case.confidence(|| shown::in_none(evidence, |s| s.p_tag(Tag::Tension)))?;
    let near: Vec<usize> = evidence.with_tag(Tag::Tension).collect();
    let counted =
        if near.is_empty() { place(case) } else { Some(format!("Only {} near it.", shown::coming(&near))) };
    Some(Hit { confidence, sentences: near, counted })
}

/// Where the hard part would belong: before the main action, which is the first of the longest run of actions.
fn place(case: &Case<'_>) -> Option<String> {
    let evidence = case.evidence;
    let action = |i: usize| evidence.role(i) == Role::Action;
    let run = |&i: &usize| (i..evidence.sentences.len()).take_while(|&k| action(k)).count();
    let starts = (0..evidence.sentences.len()).filter(|&i| action(i) && (i == 0 || !action(i - 1)));
    // of equal runs the first
    let start = starts.rev().max_by_key(run)?;
    let (length, first) = (run(&start), start + 1);
    let last = start + length;
    Some(match length {
        1 => format!("The hard part would belong just before sentence {first}, your main action."),
        _ => format!(
            "Nothing gets in the way in sentences {first} to {last}; the hard part would belong before them."
        ),
    })
}

#[cfg(test)]
mod tests {
    use super::super::fixture::story;
    use super::*;
    use Role::{Action, Context, Result};

    const LINES: [(Role, &[Tag], &str); 5] = [
        (Context, &[], "The meters had no release calendar."),
        (Action, &[], "I introduced one."),
        (Action, &[], "I invited the leads."),
        (Result, &[], "All use it."),
        (Action, &[], "I showed it to others."),
    ];

    #[test]
    fn hits() {
        let hit = story(&LINES).judged("no_hard_part", 0.6).hit(&DETECTOR).expect("a hit");
        assert_eq!(hit.sentences, [0; 0]);
        let expected = "Nothing gets in the way in sentences 2 to 3; the hard part would belong before them.";
        assert_eq!(hit.counted.as_deref(), Some(expected));
        let hit = story(&LINES[3..]).hit(&DETECTOR).expect("a hit without a judgement");
        assert_eq!(
            hit.counted.as_deref(),
            Some("The hard part would belong just before sentence 2, your main action.")
        );
        assert_eq!(
            story(&LINES[..1]).hit(&DETECTOR).and_then(|h| h.counted),
            None,
            "no action to put it before"
        );
    }

    #[test]
    fn misses() {
        assert_eq!(story(&LINES).judged("no_hard_part", 0.2).hit(&DETECTOR), None, "the judgement decides");
        let mut lines = LINES.to_vec();
        lines[0].1 = &[Tag::Tension];
        assert_eq!(story(&lines).hit(&DETECTOR), None, "without a judgement");
        let hit = story(&lines).judged("no_hard_part", 0.6).hit(&DETECTOR).expect("one may be a small thing");
        assert_eq!(
            (hit.sentences, hit.counted.as_deref()),
            (vec![0], Some("Only sentence 1 comes near it."))
        );
        lines[3].1 = &[Tag::Tension];
        assert_eq!(story(&lines).judged("no_hard_part", 0.6).hit(&DETECTOR), None, "two veto");
    }
}
