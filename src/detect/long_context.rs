//! The way to the first deed is longer than the actions.
//!
//! May import: `evidence` (its labels), `wording`.

use super::{Case, Detector, Hit};
use crate::evidence::Role;
use crate::wording;

pub(super) const DETECTOR: Detector = Detector {
    id: "long_context",
    rule: "the scene before the first deed has more words than all actions and more than 0.35 of the answer's; surer the \
           longer it is, fully from twice the words of the actions on",
    yields: &[],
    detect,
};

/// The scene's words for each word of action. Together with [`SHARE`] it is found in 1 in 100 of the annotated answers
/// of level 5, and in 4 in 100 of the others.
const RATIO: f32 = 1.0;
/// The scene's share of all words. It spares answers whose results and lesson are long too.
const SHARE: f32 = 0.35;
/// An answer whose scene is no longer than this is not long anywhere.
const SHORT: usize = 30;

fn detect(case: &Case<'_>) -> Option<Hit> {
    let evidence = case.evidence;
    let words = |i: usize| wording::count(case.text(i));
    let deed = |i: &usize| matches!(evidence.role(*i), Role::Action | Role::Result);
    let first = (0..evidence.sentences.len()).find(deed).unwrap_or(evidence.sentences.len());
    // an obstacle told later is part of the action
    let sentences: Vec<usize> = evidence.with_role(Role::Context).take_while(|&i| i < first).collect();
    let scene: usize = sentences.iter().map(|&i| words(i)).sum();
    let actions: usize = evidence.with_role(Role::Action).map(words).sum();
    let all: usize = (0..evidence.sentences.len()).map(words).sum();
    let ratio = scene as f32 / actions.max(1) as f32;
    if scene <= SHORT || ratio <= RATIO || scene as f32 <= SHARE * all as f32 {
        return None;
    }
    let counted =
        format!("{scene} of {all} words set the scene before the first deed, {actions} tell what you did.");
    Some(Hit { confidence: (ratio / 2.0).min(1.0), sentences, counted: Some(counted) })
}

#[cfg(test)]
mod tests {
    use super::super::fixture::story;
    use super::*;
    use Role::{Action, Context, Result};

    const LONG: &str = "Our company runs fourteen depots and each of them has a planner who reports to one of four \
                        regions, and some of these planners liked their old sheets better than the tool.";
    const DEED: &str = "I agreed a date for the third module with each of the four regions in turn.";

    #[test]
    fn hits() {
        let hit = story(&[(Context, &[], LONG), (Action, &[], DEED)]).hit(&DETECTOR).expect("a hit");
        assert_eq!(hit.sentences, [0]);
        assert_eq!(
            hit.counted.as_deref(),
            Some("32 of 48 words set the scene before the first deed, 16 tell what you did.")
        );
        assert!(hit.confidence > 0.9);
        assert_eq!(
            story(&[(Context, &[], LONG)]).hit(&DETECTOR).map(|h| h.confidence),
            Some(1.0),
            "no action"
        );
    }

    #[test]
    fn misses() {
        let even = [(Context, &[][..], LONG), (Action, &[], DEED), (Action, &[], DEED)];
        assert_eq!(story(&even).hit(&DETECTOR), None, "scene and actions are even");
        let later = [(Context, &[][..], DEED), (Action, &[], DEED), (Context, &[], LONG)];
        assert_eq!(story(&later).hit(&DETECTOR), None, "an obstacle on the way is no scene");
        let results =
            [(Context, &[][..], LONG), (Action, &[], DEED), (Result, &[], LONG), (Result, &[], DEED)];
        assert_eq!(story(&results).hit(&DETECTOR), None, "the results are long too");
        assert_eq!(story(&[(Context, &[], DEED)]).hit(&DETECTOR), None, "short altogether");
    }
}
