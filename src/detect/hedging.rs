//! Indirect wording where directness is needed.
//!
//! May import: `evidence` (its labels).

use super::{Case, Detector, Hit, Yield, shown};
use crate::evidence::Tag;

pub(super) const DETECTOR: Detector = Detector {
    id: "hedging",
    rule: "sentences that blur what the narrator did or what came of it; as sure as their probabilities add up to one \
           in eight sentences",
    yields: &[Yield::WithinSentencesOf("vague")],
    detect,
};

/// One sure hedge weighs fully in an answer of up to this many sentences, and less in a longer one. Of the annotated
/// answers none of level 5 and 4 in 100 of level 4 have one.
const SENTENCES: f32 = 8.0;

fn detect(case: &Case<'_>) -> Option<Hit> {
    let evidence = case.evidence;
    let sentences: Vec<usize> = evidence.with_tag(Tag::Hedge).collect();
    let heard: f32 = sentences.iter().map(|&i| evidence.sentences[i].p_tag(Tag::Hedge)).sum();
    let room = (evidence.sentences.len() as f32 / SENTENCES).max(1.0);
    let counted = match sentences.len() {
        0 => return None,
        1 => None,
        _ => Some(format!("It is heard in {}.", shown::numbered(&sentences))),
    };
    Some(Hit { confidence: (heard / room).min(1.0), sentences, counted })
}

#[cfg(test)]
mod tests {
    use super::super::fixture::story;
    use super::*;
    use crate::evidence::Role::{self, Action};

    const HEDGED: (Role, &[Tag], &str) = (Action, &[Tag::Hedge], "I kind of helped with the contract.");
    const PLAIN: (Role, &[Tag], &str) = (Action, &[], "I wrote the criteria.");

    #[test]
    fn hits() {
        let hit = story(&[HEDGED, PLAIN, HEDGED]).hit(&DETECTOR).expect("a hit");
        assert_eq!((hit.confidence, hit.sentences), (1.0, vec![0, 2]));
        assert_eq!(hit.counted.as_deref(), Some("It is heard in sentences 1 and 3."));
    }

    #[test]
    fn misses() {
        assert_eq!(story(&[PLAIN; 3]).hit(&DETECTOR), None);
        let mut lines = vec![PLAIN; 15];
        lines.push(HEDGED);
        let hit = story(&lines).hit(&DETECTOR).expect("a hit, but hardly one");
        assert!(hit.confidence < 0.5, "one hedge in a long answer stays below the guide's threshold");
    }
}
