//! No practical lesson.
//!
//! May import: `evidence` (its labels).

use super::{Case, Detector, Hit};
use crate::evidence::Role;

pub(super) const DETECTOR: Detector = Detector {
    id: "no_lesson",
    rule: "no sentence is a lesson; as sure as it is that none is",
    yields: &[],
    detect,
};

fn detect(case: &Case<'_>) -> Option<Hit> {
    let evidence = case.evidence;
    if evidence.sentences.is_empty() || evidence.with_role(Role::Lesson).next().is_some() {
        return None;
    }
    Some(Hit { confidence: 1.0 - evidence.any_role(Role::Lesson), sentences: Vec::new(), counted: None })
}

#[cfg(test)]
mod tests {
    use super::super::fixture::story;
    use super::*;
    use Role::{Lesson, Result};

    #[test]
    fn hits() {
        let hit = story(&[(Result, &[], "It held."), (Result, &[], "The auditors signed.")]).hit(&DETECTOR);
        assert!(hit.is_some_and(|h| h.confidence > 0.95 && h.sentences.is_empty()));
    }

    #[test]
    fn misses() {
        assert_eq!(
            story(&[(Result, &[], "It held."), (Lesson, &[], "I rehearse now.")]).hit(&DETECTOR),
            None
        );
        let mut likely = story(&[(Result, &[], "It held."), (Result, &[], "I rehearse now.")]);
        likely.evidence.sentences[1].roles = [0.02, 0.02, 0.02, 0.46, 0.46, 0.02];
        let hit = likely.hit(&DETECTOR).expect("a hit, but hardly one");
        assert!(hit.confidence < 0.6, "the guide's threshold drops it");
    }
}
