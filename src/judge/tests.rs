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

/// So many sentences.
fn long(sentences: usize) -> Answer {
    let text: Vec<String> =
        (1..=sentences).map(|n| format!("I moved depot number {n} on that day.")).collect();
    Answer::parse("a.md", text.join("\n"), SourceKind::Markdown)
}

#[test]
fn a_long_answer_is_read_in_windows() {
    let guide = Guide::ownership().unwrap();
    let criterion = &guide.criterion[0];
    let mut script = Script::new();
    script.context = 3000;
    script.replies = vec![
        (format!("depot number 1 on…{}", criterion.title), [("yes", 1.0)].into()),
        (format!("depot number 1 on…{}", criterion.follow_up), [("no", 1.0)].into()),
        (criterion.title.clone(), [("no", 1.0)].into()),
        (criterion.follow_up.clone(), [("yes", 1.0)].into()),
        ("depot number 1 on…Which role".to_owned(), [("A", 1.0)].into()),
        ("Which role".to_owned(), [("C", 1.0)].into()),
    ];
    let asked = Arc::clone(&script.asked);
    let answer = long(500);
    assert_eq!(answer.sentences.len(), 500);
    let said = judge(script).opinion(&answer, &guide, &evidence()).unwrap();
    let first = said.roles.iter().filter(|p| p[Role::Context.index()] == 1.0).count();
    assert!((50..450).contains(&first) && said.roles[first][Role::Action.index()] == 1.0, "{first}");
    assert_eq!(said.roles.len(), 500, "each sentence is asked about once");
    assert!((said.criteria[&criterion.id] - first as f32 / 500.0).abs() < 1e-4, "by the sentences: {said:?}");
    let asked = asked.lock().unwrap();
    assert!(asked.iter().all(|text| text.split(' ').count() <= 3000));
    for (n, text) in asked.iter().filter(|t| t.contains("Which role")).enumerate() {
        assert!(
            text.contains(&format!("depot number {} on", n + 1)),
            "a sentence is asked about where it is read"
        );
    }
    assert!(asked[0].contains("<answer> [1] I moved") && asked[0].contains("[…] </answer>"), "{}", asked[0]);
    assert!(asked[499].contains("<answer> […] ["), "{}", asked[499]);
}

#[test]
fn a_sentence_that_is_longer_than_the_context_is_read_as_far_as_it_fits() {
    let guide = Guide::ownership().unwrap();
    let pasted = "row ".repeat(9000);
    let text = format!("I moved the depots.\n\nIt said {pasted}.\n\nIt held for a year.");
    let mut answer = Answer::parse("a.md", text, SourceKind::Markdown);
    answer.question = Some("why ".repeat(9000));
    assert_eq!(answer.sentences.len(), 3);
    let script = Script::new();
    let asked = Arc::clone(&script.asked);
    let judge = judge(script);
    assert_eq!(judge.opinion(&answer, &guide, &evidence()).unwrap().roles.len(), 3);
    let mut found = finding("vague");
    found.sentences = vec![1];
    let each = &mut |_: &str| ControlFlow::Continue(());
    judge.words(&answer, &guide, &[found], each).unwrap().unwrap();
    for text in asked.lock().unwrap().iter() {
        assert!(text.split(' ').count() < 8192);
        assert!(text.contains(" why…</question>") && text.contains("[2] It said row "), "{text}");
        assert!(text.contains(" row… [3] It held for a year. </answer>"), "the end is read, too: {text}");
    }
}

#[test]
fn the_words_on_a_long_answer_are_about_what_was_found() {
    let mut script = Script::new();
    script.context = 2992;
    let asked = Arc::clone(&script.asked);
    let mut found = finding("vague");
    found.sentences = vec![300];
    let each = &mut |_: &str| ControlFlow::Continue(());
    judge(script).words(&long(500), &Guide::ownership().unwrap(), &[found], each).unwrap().unwrap();
    let text = &asked.lock().unwrap()[0];
    assert!(text.contains("[…] [") && text.contains("[301] I moved depot number 301"), "{text}");
    assert!(!text.contains("depot number 1 on") && !text.contains("depot number 500"), "{text}");
    assert!(text.split(' ').count() <= 3000 - 3000 / 4);
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
    script.texts = vec![
        r#"{"summary":"A short story."}"#.to_owned(),
        r#"{"mistake":"vague","sentences":[2],"why":"\"14 depots\" is all there is.","mend":"Say how.","rewrite":"I moved 30 depots."}"#.to_owned(),
        r#"{"strengths":[{"sentences":[1],"what":"You say \"we won\"."}]}"#.to_owned(),
    ];
    let asked = Arc::clone(&script.asked);
    let guide = Guide::ownership().unwrap();
    let mut seen = String::new();
    let each = &mut |text: &str| {
        seen.push_str(text);
        ControlFlow::Continue(())
    };
    let words = judge(script).words(&answer(), &guide, &[finding("vague")], each).unwrap().unwrap();
    assert_eq!(words.weaknesses[0].rewrite.as_deref(), Some("I moved [your figure] depots."));
    assert_eq!((words.weaknesses[0].sentences.as_slice(), words.dropped), (&[1][..], 1));
    assert!(seen.contains("A short story.") && seen.contains("Say how."), "{seen}");
    assert!(asked.lock().unwrap()[0].contains("vague (sentences 1): It is not told."));
}

#[test]
fn what_is_stopped_says_nothing() {
    let script = Script::new();
    let stop = &mut |_: &str| ControlFlow::Break(());
    let words = judge(script).words(&answer(), &Guide::ownership().unwrap(), &[], stop).unwrap();
    assert_eq!(words, None);
}

#[test]
fn what_is_whole_is_kept_when_the_rest_is_stopped() {
    let mut parts = 0;
    let stop = &mut |_: &str| {
        parts += 1;
        if parts > 2 { ControlFlow::Break(()) } else { ControlFlow::Continue(()) }
    };
    let found = [finding("vague"), finding("no_result")];
    let words = judge(Script::new()).words(&answer(), &Guide::ownership().unwrap(), &found, stop);
    let words = words.unwrap().unwrap();
    assert_eq!((words.summary.as_str(), words.weaknesses.len(), words.unfinished), ("s", 1, 3));
    assert_eq!(words.weaknesses[0].id, "vague");
}
