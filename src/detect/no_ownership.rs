//! The personal boundary is never told.
//!
//! May import: `evidence` (its labels).

use super::{Case, Detector, Hit, shown};
use crate::evidence::{Heard, Role, Tag};

pub(super) const DETECTOR: Detector = Detector {
    id: "no_ownership",
    rule: "the model's judgement on the whole answer, unless a sentence plainly (0.8) says what the narrator answered \
           for, with no effort, blur, drama or team heard in it; without such a judgement, that no sentence does",
    yields: &[],
    detect,
};

/// What makes a sentence about ownership loose talk: "I take ownership of everything".
const LOOSE: [Tag; 4] = [Tag::Effort, Tag::Hedge, Tag::Heroics, Tag::Team];

fn detect(case: &Case<'_>) -> Option<Hit> {
    let evidence = case.evidence;
    let loose = |i: usize| LOOSE.iter().any(|&t| evidence.hears(i, t));
    let told = |i: usize| evidence.sentences[i].p_role(Role::Ownership) >= shown::PLAIN && !loose(i);
    if (0..evidence.sentences.len()).any(told) {
        return None;
    }
    let confidence = case.confidence(|| shown::in_none(evidence, boundary))?;
    let sentences: Vec<usize> = evidence.with_role(Role::Ownership).collect();
    let counted = match sentences.as_slice() {
        [] => place(case).map(|i| format!("That would belong after {}.", shown::numbered(&[i]))),
        some if !some.iter().all(|&i| loose(i)) => Some(format!("Only {} near it.", shown::coming(some))),
        some => {
            let blurred = some.iter().all(|&i| evidence.hears(i, Tag::Hedge));
            let said = match (some, blurred) {
                ([_], true) => "The sentence that speaks of it blurs what was yours.",
                ([_], false) => "The sentence that speaks of it names no thing that was yours.",
                (_, true) => "The sentences that speak of it blur what was yours.",
                (_, false) => "The sentences that speak of it name no thing that was yours.",
            };
            Some(said.to_owned())
        }
    };
    Some(Hit { confidence, sentences, counted })
}

/// The probability that a sentence tells a boundary and is no loose talk.
fn boundary(heard: &Heard) -> f32 {
    LOOSE.iter().map(|&t| 1.0 - heard.p_tag(t)).product::<f32>() * heard.p_role(Role::Ownership)
}

/// The last sentence of the scene, where deeds follow it.
fn place(case: &Case<'_>) -> Option<usize> {
    let scene = shown::end_of_scene(case.evidence);
    (scene < case.evidence.sentences.len()).then(|| scene.checked_sub(1)).flatten()
}

#[cfg(test)]
mod tests {
    use super::super::fixture::story;
    use super::*;
    use Role::{Action, Context, Ownership};

    const LINES: [(Role, &[Tag], &str); 3] = [
        (Context, &[], "Sixty shops were moving to a new card."),
        (Context, &[Tag::Tension], "Two of the suppliers were behind."),
        (Action, &[], "I cut the import into batches."),
    ];
    const LOOSE_TALK: (Role, &[Tag], &str) = (Ownership, &[Tag::Effort], "I always take full ownership.");
    const BOUNDARY: (Role, &[Tag], &str) = (Ownership, &[], "The import was mine.");

    #[test]
    fn hits() {
        let hit = story(&LINES).judged("no_ownership", 0.6).hit(&DETECTOR).expect("a hit");
        assert_eq!(hit.sentences, [0; 0]);
        assert_eq!(hit.counted.as_deref(), Some("That would belong after sentence 2."));
        let hit = story(&[LOOSE_TALK, LINES[2]]).judged("no_ownership", 0.6).hit(&DETECTOR).expect("a hit");
        assert_eq!(hit.sentences, [0], "loose talk shows it");
        let mut near = story(&[LINES[0], BOUNDARY, LINES[2]]).judged("no_ownership", 0.6);
        near.evidence.sentences[1].roles = [0.4, 0.5, 0.1, 0.0, 0.0, 0.0];
        let hit = near.hit(&DETECTOR).expect("a hit");
        assert_eq!(
            (hit.sentences, hit.counted.as_deref()),
            (vec![1], Some("Only sentence 2 comes near it."))
        );
        assert!(story(&LINES).hit(&DETECTOR).is_some(), "without a judgement");
        assert!(story(&[LOOSE_TALK, LINES[2]]).hit(&DETECTOR).is_some(), "loose talk is no boundary");
    }

    #[test]
    fn misses() {
        assert_eq!(story(&LINES).judged("no_ownership", 0.2).hit(&DETECTOR), None, "the judgement decides");
        let told = story(&[LINES[0], BOUNDARY, LINES[2]]);
        assert_eq!(told.clone().judged("no_ownership", 0.6).hit(&DETECTOR), None, "a plain boundary vetoes");
        assert_eq!(told.hit(&DETECTOR), None, "without a judgement");
    }
}
