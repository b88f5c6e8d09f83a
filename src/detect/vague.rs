//! No specifics: who was engaged, what changed, what was decided, how it was measured.
//!
//! May import: `evidence` (its labels), `wording`.

use super::{Case, Detector, Hit, shown};
use crate::evidence::{Evidence, Heard, Role, Tag};
use crate::wording;

pub(super) const DETECTOR: Detector = Detector {
    id: "vague",
    rule: "the model's judgement on the whole answer, unless both a figure on the outcome and a decision are plainly \
           (0.8) told; without such a judgement, two blurred sentences, or no substance and few names and figures",
    yields: &[],
    detect,
};

/// What is missing where a tag is heard nowhere.
const MISSING: [(&[Tag], &str); 4] = [
    (&[Tag::Influence, Tag::Escalation], "who was engaged"),
    (&[Tag::Decision], "what was decided"),
    (&[Tag::Mechanism, Tag::Initiative], "what was changed"),
    (&[Tag::Metric, Tag::Verification], "how it was measured"),
];

fn detect(case: &Case<'_>) -> Option<Hit> {
    let evidence = case.evidence;
    let told = |tag| evidence.peak(tag) >= shown::PLAIN;
    if told(Tag::Metric) && told(Tag::Decision) {
        return None;
    }
    let confidence = case.confidence(|| {
        let blurred = shown::repeated(evidence, Tag::Hedge);
        if specific(case) * 3 > evidence.sentences.len() { blurred } else { blurred.max(empty(evidence)) }
    })?;
    let hedged: Vec<usize> = evidence.with_tag(Tag::Hedge).collect();
    let all = evidence.sentences.len();
    let mut sentences: Vec<usize> =
        (0..all).filter(|i| hedged.contains(i) || is_bare_deed(case, *i)).collect();
    if sentences.is_empty() {
        sentences = shown::sentences_with(evidence, Tag::Hedge);
    }
    let blurred = (hedged.len() > 1).then(|| format!("{} of {all} sentences are hedged.", hedged.len()));
    let counted: Vec<String> = missing(evidence).into_iter().chain(blurred).collect();
    Some(Hit { confidence, sentences, counted: (!counted.is_empty()).then(|| counted.join(" ")) })
}

/// How many sentences name something.
fn specific(case: &Case<'_>) -> usize {
    (0..case.evidence.sentences.len()).filter(|&i| wording::is_specific(case.text(i))).count()
}

/// The probability that no sentence has substance.
fn empty(evidence: &Evidence) -> f32 {
    const SUBSTANCE: [Tag; 5] =
        [Tag::Decision, Tag::Influence, Tag::Metric, Tag::Verification, Tag::Mechanism];
    let has_none = |s: &Heard| SUBSTANCE.iter().map(|&t| 1.0 - s.p_tag(t)).product::<f32>();
    shown::in_none(evidence, |s| 1.0 - has_none(s))
}

/// Whether a sentence tells a deed, names nothing, and nothing of substance is heard in it.
fn is_bare_deed(case: &Case<'_>, i: usize) -> bool {
    let evidence = case.evidence;
    let substance = || MISSING.iter().flat_map(|(tags, _)| *tags).any(|&t| evidence.hears(i, t));
    matches!(evidence.role(i), Role::Action | Role::Result)
        && !substance()
        && !wording::is_specific(case.text(i))
}

fn missing(evidence: &Evidence) -> Option<String> {
    let silent = |tags: &[Tag]| tags.iter().all(|&t| evidence.with_tag(t).next().is_none());
    let parts: Vec<&str> = MISSING.iter().filter(|(tags, _)| silent(tags)).map(|(_, words)| *words).collect();
    let (last, most) = parts.split_last()?;
    let most = most.join(", ");
    Some(if most.is_empty() {
        format!("Hard to hear: {last}.")
    } else {
        format!("Hard to hear: {most} and {last}.")
    })
}

#[cfg(test)]
mod tests {
    use super::super::fixture::story;
    use super::*;
    use Role::{Action, Context, Result};

    const LINES: [(Role, &[Tag], &str); 4] = [
        (Context, &[], "There were some issues."),
        (Action, &[], "I had various conversations."),
        (Action, &[], "I asked Lena about the badge readers."),
        (Result, &[], "It got better."),
    ];

    #[test]
    fn hits() {
        let hit = story(&LINES).judged("vague", 0.6).hit(&DETECTOR).expect("a hit");
        assert_eq!(hit.sentences, [1, 3], "the deeds that name nothing");
        let all =
            "Hard to hear: who was engaged, what was decided, what was changed and how it was measured.";
        assert_eq!(hit.counted.as_deref(), Some(all));
        let mut lines = LINES.to_vec();
        lines[1].1 = &[Tag::Hedge];
        lines[2].1 = &[Tag::Decision, Tag::Influence, Tag::Mechanism];
        let hit = story(&lines).judged("vague", 0.6).hit(&DETECTOR).expect("a hit");
        assert_eq!(hit.sentences, [1, 3], "and those that blur");
        assert_eq!(hit.counted.as_deref(), Some("Hard to hear: how it was measured."));
        lines[3].1 = &[Tag::Hedge];
        let hit = story(&lines).judged("vague", 0.6).hit(&DETECTOR).expect("a hit");
        let counted = "Hard to hear: how it was measured. 2 of 4 sentences are hedged.";
        assert_eq!(hit.counted.as_deref(), Some(counted));
        assert!(story(&LINES).hit(&DETECTOR).is_some(), "without a judgement");
    }

    #[test]
    fn misses() {
        assert_eq!(story(&LINES).judged("vague", 0.2).hit(&DETECTOR), None, "the judgement decides");
        let mut lines = LINES.to_vec();
        lines[1].1 = &[Tag::Decision];
        lines[3].1 = &[Tag::Metric];
        assert_eq!(story(&lines).judged("vague", 0.9).hit(&DETECTOR), None, "a decision and a figure veto");
        assert_eq!(story(&lines).hit(&DETECTOR), None, "without a judgement");
    }
}
