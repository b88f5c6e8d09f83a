//! An answer from end to end.

use super::*;

fn parsed(source: &str) -> Answer {
    Answer::parse("a", source.to_owned(), SourceKind::Markdown)
}

fn texts(source: &str) -> Vec<String> {
    parsed(source).sentences.into_iter().map(|s| s.text).collect()
}

fn sources(source: &str) -> Vec<String> {
    let answer = parsed(source);
    answer.sentences.iter().map(|s| s.span.text(&answer.source).to_owned()).collect()
}

#[test]
fn labels_are_in_the_span_and_not_in_the_text() {
    let source = "**Situation**: The export broke. Twice.\n\n- S - It *really* broke.\n";
    assert_eq!(texts(source), ["The export broke.", "Twice.", "It really broke."]);
    assert_eq!(sources(source), ["**Situation**: The export broke.", "Twice.", "S - It *really* broke."]);
}

#[test]
fn labels_inside_a_paragraph_are_found() {
    let source = "(S) It broke. (T) I had to mend it. (A) I did.";
    assert_eq!(texts(source), ["It broke.", "I had to mend it.", "I did."]);
    assert_eq!(sources(source)[1], "(T) I had to mend it.");
}

#[test]
fn headings_are_neither_in_span_nor_text() {
    let source = "# Story\n\n## Task\nI had to.\n\nRESULT\nIt held";
    assert_eq!(texts(source), ["I had to.", "It held"]);
    assert_eq!(sources(source), ["I had to.", "It held"]);
}

#[test]
fn front_matter_byte_order_mark_and_crlf() {
    let source = "\u{feff}---\r\nquestion: \"When?\"\r\n---\r\nIt broke.\r\nI fixed it.";
    let answer = parsed(source);
    assert_eq!(answer.question.as_deref(), Some("When?"));
    assert_eq!(texts(source), ["It broke.", "I fixed it."]);
    assert_eq!(sources(source), ["It broke.", "I fixed it."]);
}

#[test]
fn a_bullet_can_hold_several_sentences() {
    assert_eq!(texts("- One thing. Another\n- third").len(), 3);
    assert_eq!(sources("* [x] **One** thing.  Another `x`."), ["**One** thing.", "Another `x`."]);
}

#[test]
fn what_holds_no_words_holds_no_sentences() {
    for source in ["", " \n", "---", "...\n\n:)", "# Only a title", "<!-- x -->", "```\nx\n```"] {
        assert_eq!(texts(source), Vec::<String>::new(), "{source}");
    }
}

#[test]
fn suppressions_are_read_and_not_spoken() {
    let source = "It broke. <!-- candor ignore vague -->\nI fixed it.";
    let answer = parsed(source);
    assert_eq!(answer.sentences.len(), 2);
    assert!(answer.suppressions.hides(["vague".to_owned()].iter(), &[answer.sentences[0].span]));
}

#[test]
fn table_rows_are_read_as_labelled_text() {
    let source = "| Part | Told |\n| --- | --- |\n| S | It broke |\n| A | I fixed it |";
    assert_eq!(texts(source), ["It broke", "I fixed it"]);
    assert_eq!(sources(source)[0], "S | It broke");
}

#[test]
fn figures_alone_and_what_was_only_heard_are_no_sentences() {
    let source = "It held.\n\n2\n\nWord count: 212\n\n- 10:03 AM\n- 40% fewer calls\n- 2\n\n(Page 2/2)\n";
    assert_eq!(texts(source), ["It held.", "40% fewer calls", "2"]);
    let heard = "I fixed it. [laughs] It held for [inaudible 00:03:12] months. (pause) Since then I ask (the pause helps).";
    let told = ["I fixed it.", "It held for months.", "Since then I ask (the pause helps)."];
    assert_eq!(texts(heard), told);
    assert_eq!(sources(heard)[1], "It held for [inaudible 00:03:12] months.");
    let wrapped = "The nightly export of the billing data failed and it went from nine to\n1. It held.";
    assert_eq!(texts(wrapped).len(), 2);
}

#[test]
fn a_talk_is_read_as_what_is_told_in_it() {
    let chat = "[10:02, 3/5/2025] Minh: Tell me about a time you failed.\n[10:03, 3/5/2025] Linh: The export broke, and it was \
                mine to mend.\n[10:04, 3/5/2025] Linh: It held.\n";
    let answer = parsed(chat);
    assert_eq!(answer.question.as_deref(), Some("Tell me about a time you failed."));
    assert_eq!(sources(chat), ["The export broke, and it was mine to mend.", "It held."]);
    let cues = "WEBVTT\n\n1\n00:00:10.000 --> 00:00:11.000\nThe export broke and I\n\n2\n00:00:11.000 --> 00:00:12.000\n\
                put it back.\n\n3\n00:00:12.000 --> 00:00:13.000\nIt held.\n";
    assert_eq!(texts(cues), ["The export broke and I put it back.", "It held."]);
    let story = "10:03 AM: the pager went off and I looked.\n10:05 AM: I called the lead.";
    assert_eq!(texts(story)[1], "10:05 AM: I called the lead.");
}
