//! What is a label, what is a heading, and what only looks like one.

use super::*;
use crate::text::{SourceKind, Span};

fn rendered(source: &str) -> Rendered {
    Rendered::line(source, Span { start: 0, end: source.len() }, SourceKind::Markdown)
}

fn rest(source: &str) -> String {
    let words = rendered(source);
    words.text[end(&words, 0)..].to_owned()
}

#[test]
fn labels_are_taken_off() {
    for label in [
        "Situation:",
        "situation:",
        "Action :",
        "TASK -",
        "Result –",
        "S:",
        "s:",
        "S -",
        "R –",
        "(A)",
        "(S):",
        "[Task]",
        "[Action] -",
        "/Result/",
        "A)",
        "A.",
        "Sit.:",
        "T/A:",
        "**Task**:",
        "**Task:**",
        "**Task** -",
        "**S**",
        "**S**ituation:",
        "*Situation*:",
        "_S:_",
        "**What came out**:",
        "What I did:",
        "**Key insight:**",
        "**S** (background):",
        "**Situation (S)** -",
        "Task (mine):",
        "TASK AND CONTEXT (30 seconds):",
        "Action/Result:",
        "Situation & Task:",
        "Situation (20%)",
        "AT RISK:",
        "*Design.*",
        "<b>Result: </b>",
        "**🎯 Situation**",
        "Obstacle 2:",
        "**Situation** –",
        "S - Situation:",
        "**T – Task:**",
        "R: Result:",
        "Candidate:",
        "Situation:",
        "Situation →",
        "Situation：",
        "Final result:",
        "What I’d do differently:",
        "Lessons learnt:",
    ] {
        assert_eq!(rest(&format!("{label} We were late.")), "We were late.", "{label}");
    }
}

#[test]
fn a_space_may_be_missing_at_the_sign_of_a_title() {
    for label in ["Situation:", "Result:", "Situation- ", "Actions– ", "Situation："] {
        assert_eq!(rest(&format!("{label}We were late.")), "We were late.", "{label}");
    }
    for text in
        ["Result:late", "Task-based work", "Action-Reaction", "Outcome- late", "At 17:We", "Note:This"]
    {
        assert_eq!(rest(text), text);
    }
}

#[test]
fn an_answer_begins_after_its_sign() {
    for sign in ["Answer: ", "My answer: ", "Response: ", "answer:"] {
        let text = format!("{sign} We were late.");
        assert_eq!(&text[answer_end(&text)..], "We were late.", "{sign}");
    }
    for text in ["Answering: late", "The answer: late", "Answer me: late", "Answer"] {
        assert_eq!(answer_end(text), 0, "{text}");
    }
    let told = "We asked for a date.\n\nAnswer: two days.";
    let answer = crate::text::Answer::parse("a.md", told.to_owned(), SourceKind::Markdown);
    assert_eq!(answer.sentences[1].text, "Answer: two days.", "somebody's in the story");
}

#[test]
fn what_says_something_itself_is_no_label() {
    for text in [
        "Fines: none so far",
        "I split the order: first the hardware",
        "He said no: too late",
        "Mine: the go/no-go",
        "What I owned: the plan",
        "Action items were open: nine",
        "A - B test was flat".trim_start_matches("A - "),
        "(and it held) for a year",
        "(Results were late.)",
        "At 17:40 it fell over",
        "Result was 1:1 the same",
        "a - b pairs",
        "(a) block the release",
        "End-to-end it took 4 h",
        "SLO: 99.9",
        "Tasks were open",
        "(Stack: Rust and Go)",
    ] {
        assert_eq!(rest(text), text);
    }
    assert_eq!(rest("**I owned the launch:** all of it"), "I owned the launch: all of it");
    assert_eq!(rest("**Action** items were open"), "Action items were open");
    assert_eq!(rest("**Cut tickets by 40%:** I rewrote it"), "Cut tickets by 40%: I rewrote it");
}

#[test]
fn titles_alone_on_a_line_are_headings() {
    for line in [
        "Situation",
        "SITUATION:",
        "S",
        "What I did",
        "What was asked of me:",
        "Action -",
        "Task (my role in it):",
        "**Task** (your responsibility)",
        "**R**",
        "Result (10%)",
        "TASK AND CONTEXT (30 seconds)",
        "*TASK** (what was mine, 15 seconds)",
        "Outcome & learnings",
        "S - Situation",
        "S Situation",
        "✅ A – Action",
        "R) Result",
        "Me:",
        "Answer:",
        "My answer",
        "My Actions:",
        "Final Result:",
        "Lessons learnt:",
        "What I'd do differently",
        "Conclusion:",
        "STEP 1: Situation",
    ] {
        assert!(is_heading(&rendered(line)), "{line}");
    }
    for line in [
        "What a day",
        "A decision",
        "Results and thanks",
        "Results were good",
        "I did:",
        "",
        "Situation: late",
    ] {
        assert!(!is_heading(&rendered(line)), "{line}");
    }
}

#[test]
fn run_in_headings_are_short_and_no_sentences() {
    let found = |source: &str| run_ins(&rendered(source)).count();
    assert_eq!(found("**Tested for real.** Three days. *Design.* Drew it."), 2);
    assert_eq!(found("**I tested it.** Three days."), 0);
    assert_eq!(found("**Tested for real**. Three days."), 0);
    assert_eq!(found("Then **tested for real.** Three days."), 0);
    assert_eq!(found("**Tested for real.**"), 0);
}

#[test]
fn principles_alone_on_a_line_are_headings() {
    for line in ["Bias for action", "LP: Ownership / Highest Standards", "Earn Trust, Dive Deep"] {
        assert!(is_heading(&rendered(line)), "{line}");
    }
    for line in ["Ownership was unclear", "Frugality: we had no money.", "Think big, they said."] {
        assert!(!is_heading(&rendered(line)), "{line}");
    }
}
