//! The story ends at delivery: no check, no lasting change.
//!
//! May import: `evidence` (its labels).

use super::{Case, Detector, Hit, Yield, shown};
use crate::evidence::{Role, Tag};

pub(super) const DETECTOR: Detector = Detector {
    id: "stops_at_launch",
    rule: "the model's judgement on the whole answer, unless no result is told at all, or a check or a lasting change \
           plainly (0.8) is; without such a judgement, a result and neither of these",
    // where nothing came of it, nothing was delivered: the annotation excludes the two together
    yields: &[Yield::To("no_result")],
    detect,
};

fn detect(case: &Case<'_>) -> Option<Hit> {
    let evidence = case.evidence;
    let told = evidence.any_role(Role::Result);
    if told < 0.5 || evidence.peak(Tag::Verification).max(evidence.peak(Tag::Mechanism)) >= shown::PLAIN {
        return None;
    }
    let confidence = case.confidence(|| {
        told * shown::in_none(evidence, |s| {
            1.0 - (1.0 - s.p_tag(Tag::Verification)) * (1.0 - s.p_tag(Tag::Mechanism))
        })
    })?;
    let sentences: Vec<usize> = shown::last(evidence, Role::Result).into_iter().collect();
    let checked = [Tag::Verification, Tag::Mechanism].iter().any(|&t| evidence.with_tag(t).next().is_some());
    let counted = (!checked && !sentences.is_empty())
        .then(|| format!("After {} nothing checks that it held.", shown::numbered(&sentences)));
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
        for tag in [Tag::Verification, Tag::Mechanism] {
            let mut lines = LINES.to_vec();
            let tags = [tag];
            lines[3].1 = &tags;
            assert_eq!(story(&lines).judged("stops_at_launch", 0.9).hit(&DETECTOR), None, "{tag} vetoes");
            assert_eq!(story(&lines).hit(&DETECTOR), None, "without a judgement");
        }
    }
}
