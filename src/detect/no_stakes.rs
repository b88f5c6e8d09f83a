//! Nothing says why it mattered.
//!
//! May import: `evidence` (its labels).

use super::{Case, Detector, Hit, shown};
use crate::evidence::Tag;

pub(super) const DETECTOR: Detector = Detector {
    id: "no_stakes",
    rule: "stakes are heard in no sentence, nor half as surely as would do; as sure as the most probable one is improbable",
    yields: &[],
    detect,
};

fn detect(case: &Case<'_>) -> Option<Hit> {
    let evidence = case.evidence;
    // Of 1,080 answers of unseen authors in whose sentences none was heard 15 in a hundred have some, of the 879 in which none was
    // nearly heard 9.
    if evidence.sentences.is_empty() || !shown::sentences_with(evidence, Tag::Stakes).is_empty() {
        return None;
    }
    let scene = shown::end_of_scene(evidence);
    let place = scene.checked_sub(1).filter(|_| scene < evidence.sentences.len());
    let counted = place.map(|i| format!("The stakes would belong after {}.", shown::numbered(&[i])));
    Some(Hit { confidence: 1.0 - evidence.peak(Tag::Stakes), sentences: Vec::new(), counted })
}

#[cfg(test)]
mod tests {
    use super::super::fixture::story;
    use super::*;
    use crate::evidence::Role::{self, Action, Context};

    const LINES: [(Role, &[Tag], &str); 3] = [
        (Context, &[], "The import had stopped."),
        (Context, &[Tag::Tension], "Nobody knew why."),
        (Action, &[], "I traced it to a password."),
    ];

    #[test]
    fn hits() {
        let hit = story(&LINES).hit(&DETECTOR).expect("a hit");
        assert!((hit.confidence - 0.98).abs() < 1e-6);
        assert_eq!(hit.counted.as_deref(), Some("The stakes would belong after sentence 2."));
        assert_eq!(
            story(&LINES[2..]).hit(&DETECTOR).and_then(|h| h.counted),
            None,
            "no scene to put them into"
        );
        assert_eq!(story(&LINES[..2]).hit(&DETECTOR).and_then(|h| h.counted), None, "nothing but a scene");
    }

    #[test]
    fn misses() {
        for i in 0..LINES.len() {
            let mut lines = LINES.to_vec();
            lines[i].1 = &[Tag::Stakes];
            assert_eq!(story(&lines).hit(&DETECTOR), None, "told in sentence {i}");
        }
        let mut story = story(&LINES);
        story.evidence.sentences[1].tags[Tag::Stakes.index()] =
            0.6 * story.evidence.thresholds[Tag::Stakes.index()];
        assert_eq!(story.hit(&DETECTOR), None, "nearly told");
    }
}
