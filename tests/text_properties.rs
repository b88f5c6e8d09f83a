//! What holds for any text at all.

#![allow(clippy::unwrap_used)]

use candor::text::{Answer, LineIndex, SourceKind, decode};
use proptest::prelude::*;

/// Words, stops and every mark that the reader knows, so that they meet in all orders.
const PARTS: [&str; 62] = [
    "I",
    "we",
    "fixed",
    "it",
    "Österreich",
    "30",
    "2.1",
    "e.g.",
    "Dr.",
    "a.m.",
    ".",
    ". ",
    "? ",
    "! ",
    "...",
    "… ",
    " ",
    "  ",
    "\n",
    "\r\n",
    "\r",
    "\n\n",
    "\t",
    "- ",
    "* ",
    "1. ",
    "> ",
    "# ",
    "**",
    "*",
    "_",
    "`",
    "```\n",
    "~~",
    "[",
    "](",
    ")",
    "(",
    "<b>",
    "</b>",
    "<br>",
    "<!--",
    "-->",
    "&amp;",
    "&",
    "\\",
    "|",
    "---\n",
    "Situation:",
    "S - ",
    "(A) ",
    "Task",
    ":",
    "\"",
    "”",
    "é",
    "👩‍💻",
    "\u{feff}",
    "\u{200b}",
    "candor off",
    "question: x\n",
    "+++\n",
];

fn marked_text() -> impl Strategy<Value = String> {
    prop::collection::vec(prop::sample::select(&PARTS[..]), 0..60).prop_map(|parts| parts.concat())
}

fn letters(text: &str) -> String {
    text.chars().filter(|c| c.is_alphanumeric()).collect()
}

fn check(source: &str, kind: SourceKind) -> Result<(), TestCaseError> {
    let answer = Answer::parse("any", source.to_owned(), kind);
    prop_assert_eq!(&answer.source, source);
    let mut before = 0;
    for sentence in &answer.sentences {
        let span = sentence.span;
        prop_assert!(before <= span.start && span.start < span.end && span.end <= source.len());
        before = span.end;
        let told = source.get(span.start..span.end);
        prop_assert!(told.is_some(), "{span:?} is off the character boundaries");
        prop_assert_eq!(told.map(str::trim), told, "whitespace around the span");
        prop_assert!(sentence.text.chars().any(char::is_alphanumeric));
        prop_assert_eq!(
            sentence.text.split_whitespace().collect::<Vec<_>>().join(" "),
            sentence.text.clone()
        );
        let position = LineIndex::new(source).position(span.start);
        prop_assert!(position.line >= 1 && position.column >= 1);
    }
    Ok(())
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 600, ..ProptestConfig::default() })]

    #[test]
    fn any_string_is_read(source in any::<String>()) {
        check(&source, SourceKind::Markdown)?;
        check(&source, SourceKind::Plain)?;
    }

    #[test]
    fn any_mix_of_marks_is_read(source in marked_text()) {
        check(&source, SourceKind::Markdown)?;
        check(&source, SourceKind::Plain)?;
    }

    #[test]
    fn any_bytes_are_text_or_an_error(bytes in any::<Vec<u8>>()) {
        if let Ok(text) = decode("any", bytes.clone()) {
            prop_assert_eq!(text.as_bytes(), bytes);
        }
    }

    #[test]
    fn prose_loses_no_word(source in "([A-Za-z]{5,9}[,;]?[ \n]){1,8}[a-z]{5,9}[.?!]( \"?[A-Z][a-z]{5,9}( [a-z]{5,9}){3,9}[.?!]\"?){0,6}") {
        // The first words may by chance be a title, and a title on a line of its own is left out.
        let source = format!("We did, {source}");
        let answer = Answer::parse("prose", source.clone(), SourceKind::Markdown);
        let texts: String = answer.sentences.iter().map(|s| letters(&s.text)).collect();
        prop_assert_eq!(texts, letters(&source));
    }
}
