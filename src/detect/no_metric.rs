//! A result without any figure.
//!
//! May import: `evidence` (its labels), `wording`.

use super::{Case, Detector, Hit, Yield};
use crate::evidence::{Role, Tag};
use crate::wording;

pub(super) const DETECTOR: Detector = Detector {
    id: "no_metric",
    rule: "a result is told, no sentence puts a figure on it, and none that may be a result (0.3) has a number in \
           digits or words; as sure as the result is told and the figure is not",
    yields: &[Yield::To("no_result"), Yield::To("vague")],
    detect,
};

/// From which probability on a number in a sentence may be the result's.
const MAYBE_RESULT: f32 = 0.3;

fn detect(case: &Case<'_>) -> Option<Hit> {
    let evidence = case.evidence;
    let maybe = |i: usize| evidence.sentences[i].p_role(Role::Result) >= MAYBE_RESULT;
    let figure = |i: usize| evidence.hears(i, Tag::Metric) || (maybe(i) && wording::has_number(case.text(i)));
    let sentences: Vec<usize> = evidence.with_role(Role::Result).collect();
    if sentences.is_empty() || (0..evidence.sentences.len()).any(figure) {
        return None;
    }
    let confidence = evidence.any_role(Role::Result) * (1.0 - evidence.peak(Tag::Metric));
    let counted = match sentences.len() {
        1 => "1 sentence tells a result, without a number.".to_owned(),
        n => format!("{n} sentences tell a result, none with a number."),
    };
    Some(Hit { confidence, sentences, counted: Some(counted) })
}

#[cfg(test)]
mod tests {
    use super::super::fixture::story;
    use super::*;
    use Role::{Action, Result};

    const LINES: [(Role, &[Tag], &str); 3] = [
        (Action, &[], "I put 3 people on the claims."),
        (Result, &[], "The claims arrived sooner."),
        (Result, &[], "The branches were happier."),
    ];

    #[test]
    fn hits() {
        let hit = story(&LINES).hit(&DETECTOR).expect("a hit; the number of an action is no figure");
        assert_eq!(hit.sentences, [1, 2]);
        assert!(hit.confidence > 0.9);
        assert_eq!(hit.counted.as_deref(), Some("2 sentences tell a result, none with a number."));
    }

    #[test]
    fn misses() {
        assert_eq!(story(&LINES[..1]).hit(&DETECTOR), None, "without a result there is nothing to measure");
        for text in ["Down to 2 days.", "It took half the time.", "Calls fell by twenty-two percent."] {
            let mut lines = LINES.to_vec();
            lines[2].2 = text;
            assert_eq!(story(&lines).hit(&DETECTOR), None, "{text}");
        }
        let mut lines = LINES.to_vec();
        lines[0].1 = &[Tag::Metric];
        assert_eq!(story(&lines).hit(&DETECTOR), None, "the model hears a figure");
    }
}
