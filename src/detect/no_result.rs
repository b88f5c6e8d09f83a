//! The story ends without a result.
//!
//! May import: `evidence` (its labels).

use super::{Case, Detector, Hit, shown};
use crate::evidence::Role;

pub(super) const DETECTOR: Detector = Detector {
    id: "no_result",
    rule: "the model's judgement on the whole answer, unless a sentence plainly (0.8) tells a result and the judgement is \
           less sure than that; without such a judgement, that no sentence does",
    yields: &[],
    detect,
};

fn detect(case: &Case<'_>) -> Option<Hit> {
    let evidence = case.evidence;
    let confidence = case.confidence(|| shown::in_none(evidence, |s| s.p_role(Role::Result)))?;
    // What others reply is a result as well, and no outcome: in 1,918 answers by unseen authors a plain result contradicts 12 judgements
    // that are less sure, 9 of them wrong, and 17 that are as sure, 7 of them wrong.
    if confidence < shown::PLAIN && shown::plain(evidence, |s| s.p_role(Role::Result)) > 0 {
        return None;
    }
    let Some(last) = shown::last(evidence, Role::Action) else {
        return Some(Hit { confidence, sentences: Vec::new(), counted: None });
    };
    let near: Vec<usize> = evidence.with_role(Role::Result).collect();
    let counted = match evidence.sentences.len() - last - 1 {
        _ if !near.is_empty() => format!("Only {} near an outcome.", shown::coming(&near)),
        0 => format!("The last thing it tells is what you did, in {}.", shown::numbered(&[last])),
        1 => format!(
            "One sentence follows your last action, {}; it tells no outcome.",
            shown::numbered(&[last])
        ),
        n => format!(
            "{n} sentences follow your last action, {}; none tells an outcome.",
            shown::numbered(&[last])
        ),
    };
    let sentences = if near.is_empty() { vec![last] } else { near };
    Some(Hit { confidence, sentences, counted: Some(counted) })
}

#[cfg(test)]
mod tests {
    use super::super::fixture::story;
    use super::*;
    use crate::evidence::Tag;
    use Role::{Action, Context, Lesson, Other, Result};

    const LINES: [(Role, &[Tag], &str); 5] = [
        (Context, &[], "The lockers were three weeks late."),
        (Action, &[], "I split the pilot."),
        (Action, &[], "I asked both managers to agree."),
        (Lesson, &[], "I learned to ask early."),
        (Other, &[], "That is it."),
    ];

    #[test]
    fn hits() {
        let hit = story(&LINES[..3]).judged("no_result", 0.6).hit(&DETECTOR).expect("a hit");
        assert_eq!(hit.sentences, [2]);
        assert_eq!(hit.counted.as_deref(), Some("The last thing it tells is what you did, in sentence 3."));
        let hit = story(&LINES).hit(&DETECTOR).expect("a hit without a judgement");
        assert_eq!(hit.sentences, [2]);
        assert_eq!(
            hit.counted.as_deref(),
            Some("2 sentences follow your last action, sentence 3; none tells an outcome.")
        );
        let mut near = story(&LINES).judged("no_result", 0.6);
        near.evidence.sentences[4].roles = [0.1, 0.0, 0.3, 0.6, 0.0, 0.0];
        let hit = near.hit(&DETECTOR).expect("a hit");
        assert_eq!(
            (hit.sentences, hit.counted.as_deref()),
            (vec![4], Some("Only sentence 5 comes near an outcome."))
        );
        let hit =
            story(&LINES[..1]).judged("no_result", 0.6).hit(&DETECTOR).expect("a hit without an action");
        assert_eq!((hit.sentences, hit.counted), (vec![], None));
    }

    #[test]
    fn misses() {
        assert_eq!(story(&LINES).judged("no_result", 0.2).hit(&DETECTOR), None, "the judgement decides");
        let mut lines = LINES.to_vec();
        lines[4] = (Result, &[], "Both sites opened on Monday.");
        let judged = |p| story(&lines).judged("no_result", p).hit(&DETECTOR);
        assert_eq!(judged(0.7), None, "a plain result vetoes");
        let reply = judged(0.9).expect("what somebody replied is plain too, and no outcome");
        assert_eq!(reply.counted.as_deref(), Some("Only sentence 5 comes near an outcome."));
        assert_eq!(story(&lines).hit(&DETECTOR), None, "without a judgement");
    }
}
