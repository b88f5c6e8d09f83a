//! The table of detectors, and what [`find`] makes of their hits.

use std::collections::BTreeSet;

use super::fixture::{Story, guide, plain_guide, story};
use super::*;
use crate::evidence::Role::{self, Action, Context, Lesson, Ownership, Result};
use crate::evidence::Tag;
use crate::report::Severity;

fn ids(found: &Found) -> Vec<&str> {
    found.findings.iter().map(|f| f.id.as_str()).collect()
}

fn find_all(story: &Story, guide: &Guide) -> Found {
    find(&story.answer, &story.evidence, guide, &|_| true)
}

/// A sound answer of seven sentences.
fn sound() -> Story {
    story(&[
        (Context, &[Tag::Stakes], "20,000 commuters would have met closed gates."),
        (Context, &[Tag::Tension], "The import had stopped in the night, and nobody knew why."),
        (Ownership, &[], "The import was mine to bring back."),
        (
            Action,
            &[Tag::Decision, Tag::Tension],
            "I opened the gates by hand, as a refund costs less than a queue.",
        ),
        (Action, &[Tag::Mechanism], "I put the password's date into the calendar of the shift lead."),
        (Result, &[Tag::Metric], "All 40 stations opened at six."),
        (Lesson, &[], "I ask for expiry dates first now."),
    ])
}

#[test]
fn ids_are_unique_and_in_order() {
    let ids: Vec<&str> = ALL.iter().map(|d| d.id).collect();
    assert!(ids.is_sorted_by(|a, b| a < b), "{ids:?}");
    assert_eq!(ids.len(), 15);
}

#[test]
fn every_detector_has_words_in_the_guide_and_the_guide_no_others() {
    let guide = guide();
    let words: BTreeSet<&str> = guide.mistake.iter().map(|m| m.id.as_str()).collect();
    assert_eq!(words, ALL.iter().map(|d| d.id).collect());
    for detector in ALL {
        assert!(!detector.rule.is_empty(), "{}", detector.id);
        assert!(!detector.rule.contains("  ") && !detector.rule.ends_with('.'), "{}", detector.rule);
    }
}

#[test]
fn each_yields_to_others_that_exist_and_yield_to_none() {
    for detector in ALL {
        for y in detector.yields {
            let other = by_id(y.to()).expect("a detector");
            assert!(other.id != detector.id && other.yields.is_empty(), "{} → {}", detector.id, other.id);
        }
    }
}

#[test]
fn an_empty_answer_has_no_findings() {
    let empty = story(&[]);
    assert_eq!(find_all(&empty, &guide()), Found::default());
    for detector in ALL {
        assert_eq!(empty.hit(detector), None, "{}", detector.id);
        assert!(
            empty.clone().judged(detector.id, 0.9).hit(detector).is_none(),
            "{} when judged",
            detector.id
        );
    }
}

#[test]
fn a_sound_answer_has_no_findings() {
    assert_eq!(find_all(&sound(), &plain_guide()).findings, []);
    assert_eq!(find_all(&sound(), &guide()).findings, []);
}

#[test]
fn a_finding_has_the_guides_words_and_the_spans_of_its_sentences() {
    let mut s = sound();
    s.evidence.sentences[4].tags[Tag::Hedge.index()] = 0.9;
    let found = find_all(&s, &plain_guide());
    assert_eq!(ids(&found), ["hedging"]);
    let f = &found.findings[0];
    assert_eq!(
        (f.sentences.as_slice(), f.message.as_str(), f.confidence),
        (&[4][..], "The fault hedging.", 0.9)
    );
    assert_eq!(&s.answer.source[f.spans[0].start..f.spans[0].end], s.answer.sentences[4].text);
}

#[test]
fn the_counted_sentence_follows_the_guides() {
    let found = find_all(&story(&[(Action, &[], "I did."), (Result, &[], "It went.")]), &plain_guide());
    let metric = found.findings.iter().find(|f| f.id == "no_metric");
    let message = metric.map(|f| f.message.as_str());
    assert_eq!(message, None, "vague tells it");
    let s = story(&[(Action, &[Tag::Decision], "I did."), (Result, &[], "It went.")]);
    let found = find_all(&s, &plain_guide());
    let metric = found.findings.iter().find(|f| f.id == "no_metric").expect("a finding");
    assert_eq!(metric.message, "The fault no_metric. 1 sentence tells a result, without a number.");
}

#[test]
fn only_the_guides_and_the_selected_run() {
    let s = story(&[(Action, &[], "I did.")]);
    let every = find_all(&s, &plain_guide());
    assert!(ids(&every).contains(&"no_lesson") && ids(&every).contains(&"no_stakes"));
    let one = find(&s.answer, &s.evidence, &plain_guide(), &|id| id == "no_lesson");
    assert_eq!(ids(&one), ["no_lesson"]);
    let mut guide = plain_guide();
    guide.mistake.retain(|m| m.id == "no_stakes");
    assert_eq!(ids(&find_all(&s, &guide)), ["no_stakes"]);
}

#[test]
fn the_guides_threshold_holds() {
    let s = sound().judged("no_hard_part", 0.0);
    let mut guide = plain_guide();
    let s = s.judged("task_list", 0.6);
    assert_eq!(ids(&find_all(&s, &guide)), ["task_list"]);
    for mistake in &mut guide.mistake {
        mistake.threshold = 0.61;
    }
    assert_eq!(find_all(&s, &guide), Found::default());
}

#[test]
fn nothing_is_told_twice() {
    let lines: [(Role, &[Tag], &str); 2] = [(Action, &[], "I did."), (Result, &[], "It went.")];
    let mut s = story(&lines).judged("no_result", 0.9).judged("vague", 0.1).judged("stops_at_launch", 0.9);
    // a result, though not a plain one
    s.evidence.sentences[1].roles = [0.1, 0.0, 0.3, 0.6, 0.0, 0.0];
    let found = find_all(&s, &plain_guide());
    assert!(ids(&found).contains(&"no_result"));
    assert!(
        !ids(&found).contains(&"no_metric") && !ids(&found).contains(&"stops_at_launch"),
        "{:?}",
        ids(&found)
    );
    let alone = find(&s.answer, &s.evidence, &plain_guide(), &|id| id == "stops_at_launch");
    assert_eq!(ids(&alone), ["stops_at_launch"], "what is not selected tells nothing");
}

#[test]
fn hedging_shows_only_where_vague_does_not_show_it() {
    let lines: [(Role, &[Tag], &str); 2] =
        [(Action, &[Tag::Hedge], "I sort of helped."), (Result, &[], "Fine.")];
    let s = story(&lines);
    let vague = |p| ids_of(&s.clone().judged("vague", p));
    assert!(!vague(0.9).contains(&"hedging".to_owned()));
    assert!(vague(0.1).contains(&"hedging".to_owned()));
}

fn ids_of(story: &Story) -> Vec<String> {
    find_all(story, &plain_guide()).findings.into_iter().map(|f| f.id).collect()
}

#[test]
fn what_to_mend_first_stands_first() {
    let s = sound().judged("task_list", 0.5).judged("no_hard_part", 0.0);
    let mut s = s.judged("no_ownership", 0.0);
    s.evidence.sentences[4].tags[Tag::Hedge.index()] = 0.9;
    s.evidence.sentences[0].tags[Tag::Stakes.index()] = 0.1;
    let mut guide = plain_guide();
    assert_eq!(ids(&find_all(&s, &guide)), ["hedging", "no_stakes", "task_list"], "sure ones first");
    for mistake in &mut guide.mistake {
        if mistake.id == "task_list" {
            mistake.severity = Severity::Error;
        }
    }
    assert_eq!(ids(&find_all(&s, &guide)), ["task_list", "hedging", "no_stakes"], "severity first");
}
