//! The story ends at delivery: no check, no lasting change.
//!
//! May import: `evidence` (its labels).

use super::{Case, Detector, Hit, Yield, shown};
use crate::evidence::{Role, Tag};

pub(super) const DETECTOR: Detector = Detector {
    id: "stops_at_launch",
    rule: "the model's judgement on the whole answer, unless no result is told at all, or a lasting change is heard, or a \
           check from the first result on; without such a judgement, a result and neither of these",
    // where nothing came of it, nothing was delivered: the annotation excludes the two together
    yields: &[Yield::To("no_result")],
    detect,
};

fn detect(case: &Case<'_>) -> Option<Hit> {
    let evidence = case.evidence;
    let told = evidence.any_role(Role::Result);
    let first = evidence.with_role(Role::Result).next();
    let checks: Vec<usize> = evidence.with_tag(Tag::Verification).collect();
    // what the report shows, it must not deny
    let held = checks.iter().any(|&i| first.is_none_or(|first| i >= first));
    if told < 0.5 || held || evidence.with_tag(Tag::Mechanism).next().is_some() {
        return None;
    }
    let confidence = case.confidence(|| {
        told * shown::in_none(evidence, |s| {
            1.0 - (1.0 - s.p_tag(Tag::Verification)) * (1.0 - s.p_tag(Tag::Mechanism))
        })
    })?;
    let sentences: Vec<usize> = shown::last(evidence, Role::Result).into_iter().collect();
    let counted = match (sentences.as_slice(), checks.as_slice()) {
        ([], _) => None,
        (last, []) => Some(format!("After {} nothing checks that it held.", shown::numbered(last))),
        (last, before) => Some(format!(
            "You check before it, in {}; after {} nothing does.",
            shown::numbered(before),
            shown::numbered(last)
        )),
    };
    Some(Hit { confidence, sentences, counted })
}

#[cfg(test)]
mod tests {
    use super::super::fixture::story;
    use super::*;
    use Role::{Action, Lesson, Result};

    const LINES: [(Role, &[Tag], &str); 4] = [
        (Action, &[], "I moved the service in waves."),
        (Result, &[], "The first went over in April."),
        (Result, &[], "The last went over in May."),
        (Lesson, &[], "I would start sooner."),
    ];

    #[test]
    fn hits() {
        let hit = story(&LINES).judged("stops_at_launch", 0.6).hit(&DETECTOR).expect("a hit");
        assert_eq!(hit.sentences, [2], "the last result");
        assert_eq!(hit.counted.as_deref(), Some("After sentence 3 nothing checks that it held."));
        assert!(story(&LINES).hit(&DETECTOR).is_some(), "without a judgement");
        let mut lines = LINES.to_vec();
        lines[0].1 = &[Tag::Verification];
        let hit =
            story(&lines).judged("stops_at_launch", 0.6).hit(&DETECTOR).expect("a rehearsal is no check");
        assert_eq!(
            hit.counted.as_deref(),
            Some("You check before it, in sentence 1; after sentence 3 nothing does.")
        );
    }

    #[test]
    fn misses() {
        assert_eq!(
            story(&LINES).judged("stops_at_launch", 0.2).hit(&DETECTOR),
            None,
            "the judgement decides"
        );
        assert_eq!(
            story(&LINES[..1]).judged("stops_at_launch", 0.9).hit(&DETECTOR),
            None,
            "nothing is delivered"
        );
        for (tag, i) in
            [(Tag::Verification, 1), (Tag::Verification, 3), (Tag::Mechanism, 0), (Tag::Mechanism, 3)]
        {
            let mut lines = LINES.to_vec();
            let tags = [tag];
            lines[i].1 = &tags;
            assert_eq!(
                story(&lines).judged("stops_at_launch", 0.9).hit(&DETECTOR),
                None,
                "{tag} in {i} vetoes"
            );
            assert_eq!(story(&lines).hit(&DETECTOR), None, "without a judgement");
        }
        let mut doubted = story(&LINES).judged("stops_at_launch", 0.9);
        doubted.evidence.sentences[3].tags[Tag::Verification.index()] = 0.51;
        assert_eq!(doubted.hit(&DETECTOR), None, "the report shows a check, however unsure");
    }
}
