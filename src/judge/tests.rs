//! The judge, asked through a scripted generator.

use std::ops::ControlFlow;
use std::sync::Arc;

use super::scripted::Script;
use super::words::tests::finding;
use super::*;
use crate::detect::fixture::story;
use crate::evidence::{Evidence, Role};
use crate::text::{Answer, SourceKind};

fn answer() -> Answer {
    Answer::parse("a.md", "We ran late. I moved 14 depots.".to_owned(), SourceKind::Markdown)
}

fn evidence() -> Evidence {
    let s = story(&[(Role::Context, &[], "We ran late."), (Role::Action, &[], "I moved 14 depots.")]);
    s.judged("vague", 0.2).judged("no_result", 0.7).evidence
}

fn judge(script: Script) -> Judge {
    Judge::new(Box::new(script)).unwrap()
}

#[test]
fn roles_and_mistakes_are_read_from_probabilities() {
    let guide = Guide::ownership().unwrap();
    let vague = &guide.find_mistake("vague").unwrap().title;
    let mut script = Script::new();
    script.replies = vec![
        ("[1]?".to_owned(), [("A", 0.6), ("C", 0.2)].into()),
        ("[2]?".to_owned(), [("C", 0.5)].into()),
        (format!("make the following mistake? {vague}"), [("yes", 0.6), ("Yes", 0.2), ("no", 0.2)].into()),
        (format!("free of the following mistake? {vague}"), [("Yes", 0.2), ("No", 0.6)].into()),
        (guide.criterion[0].title.clone(), [("yes", 0.9), ("no", 0.1)].into()),
        (guide.criterion[0].follow_up.clone(), [("yes", 0.3), ("no", 0.7)].into()),
    ];
    let said = judge(script).opinion(&answer(), &guide, &evidence()).unwrap();
    assert!((said.roles[0][Role::Context.index()] - 0.75).abs() < 1e-6, "of the letters alone: {said:?}");
    assert!((said.roles[1][Role::Action.index()] - 1.0).abs() < 1e-6);
    assert!(
        (said.mistakes["vague"] - (0.8 + 0.75) / 2.0).abs() < 1e-6,
        "both ways round, averaged: {said:?}"
    );
    assert_eq!(said.mistakes.keys().collect::<Vec<_>>(), ["no_result", "vague"], "those with a judgement");
    assert_eq!(said.criteria.len(), guide.criterion.len());
    assert!((said.criteria[&guide.criterion[0].id] - 0.8).abs() < 1e-6, "{said:?}");
    assert!((said.mistakes["no_result"] - 0.5).abs() < 1e-6, "no reply says nothing");
    assert_eq!(said.mass, 0.0, "the least mass");
}

#[test]
fn the_guide_comes_first_and_the_question_last() {
    let script = Script::new();
    let asked = Arc::clone(&script.asked);
    let guide = Guide::ownership().unwrap();
    judge(script).opinion(&answer(), &guide, &evidence()).unwrap();
    let asked = asked.lock().unwrap();
    assert_eq!(asked.len(), 2 + 2 * (2 + guide.criterion.len()), "sentences, mistakes, criteria");
    for text in asked.iter() {
        assert!(text.starts_with("<system> You are"), "{text}");
        assert!(text.ends_with("<assistant>"), "{text}");
        let at = |part: &str| text.find(part).unwrap();
        assert!(at("<user>") < at("[2] I moved 14 depots.") && at("</answer> ") < at("<assistant>"));
    }
}

#[test]
fn a_vocabulary_without_the_letters_is_an_error() {
    let mut script = Script::new();
    script.split = vec!["D"];
    let error = judge(script).opinion(&answer(), &Guide::ownership().unwrap(), &evidence()).unwrap_err();
    assert!(matches!(error, JudgeError::Vocabulary { text: "D", .. }), "{error}");
    assert!(error.to_string().contains("scripted"), "{error}");
}

#[test]
fn words_are_kept_to_the_answer() {
    let mut script = Script::new();
    script.text = r#"{"summary":"A short story.","weaknesses":[{"mistake":"vague","sentences":[2],"why":"\"14 depots\" is all there is.","mend":"Say how.","rewrite":"I moved 30 depots."}],"strengths":[{"sentences":[1],"what":"You say \"we won\"."}],"questions":["a","b","c"]}"#.to_owned();
    let asked = Arc::clone(&script.asked);
    let guide = Guide::ownership().unwrap();
    let mut seen = String::new();
    let each = &mut |text: &str| {
        seen = text.to_owned();
        ControlFlow::Continue(())
    };
    let words = judge(script).words(&answer(), &guide, &[finding("vague")], each).unwrap().unwrap();
    assert_eq!(words.weaknesses[0].rewrite.as_deref(), Some("I moved [your figure] depots."));
    assert_eq!((words.weaknesses[0].sentences.as_slice(), words.dropped), (&[1][..], 1));
    assert!(!seen.is_empty());
    assert!(asked.lock().unwrap()[0].contains("vague (sentences 1): It is not told."));
}

#[test]
fn what_is_stopped_says_nothing() {
    let script = Script::new();
    let stop = &mut |_: &str| ControlFlow::Break(());
    let words = judge(script).words(&answer(), &Guide::ownership().unwrap(), &[], stop).unwrap();
    assert_eq!(words, None);
}
