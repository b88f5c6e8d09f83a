//! Where a finding's words stand within a sentence as it is shown, without its markup.

use serde::Serialize;

use crate::text::{Answer, Span};

/// A run of a sentence's text.
#[derive(Debug, PartialEq, Eq, Serialize)]
pub(super) struct Piece {
    text: String,
    /// The part of the source that shows a finding, where this run is one.
    marked: Option<Words>,
}

impl Piece {
    pub(super) fn is_marked(&self) -> bool {
        self.marked.is_some()
    }
}

/// A part of the source.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
pub(super) struct Words {
    pub(super) start: usize,
    pub(super) end: usize,
}

/// The text of a sentence in runs, those marked that stand in one of the spans. A span over the whole sentence marks
/// nothing: the sentence itself shows it.
pub(super) fn pieces(answer: &Answer, sentence: usize, spans: &[Span]) -> Vec<Piece> {
    let told = &answer.sentences[sentence];
    let within = |s: &&Span| told.span.contains(**s) && **s != told.span;
    let spans: Vec<Span> = spans.iter().filter(within).copied().collect();
    let places = if spans.is_empty() { None } else { places(&answer.source, told.span, &told.text) };
    let Some(places) = places else { return vec![Piece { text: told.text.clone(), marked: None }] };
    let mut out: Vec<Piece> = Vec::new();
    for (c, place) in told.text.chars().zip(places) {
        let span = spans.iter().find(|s| s.start <= place && place < s.end);
        let marked = span.map(|s| Words { start: s.start, end: s.end });
        match out.last_mut().filter(|last| last.marked == marked) {
            Some(last) => last.text.push(c),
            None => out.push(Piece { text: c.to_string(), marked }),
        }
    }
    out
}

/// Where each character of the text stands in the source. They are looked for from the end, since a label stands
/// before what is told. None where a character is not there as it is, such as that of an entity.
fn places(source: &str, span: Span, text: &str) -> Option<Vec<usize>> {
    let mut written = source.get(span.start..span.end)?.char_indices().rev();
    let same = |a: char, b: char| a == b || (a == ' ' && b.is_whitespace());
    let mut found: Vec<usize> = text
        .chars()
        .rev()
        .map(|c| written.by_ref().find(|(_, w)| same(c, *w)).map(|(at, _)| span.start + at))
        .collect::<Option<_>>()?;
    found.reverse();
    Some(found)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::text::SourceKind;

    /// The first sentence of a text with the words marked that stand in brackets.
    fn said(source: &str, words: &str) -> String {
        let answer = Answer::parse("a.md", source.to_owned(), SourceKind::Markdown);
        let start = source.find(words).unwrap();
        let pieces = pieces(&answer, 0, &[Span { start, end: start + words.len() }]);
        let one = |p: &Piece| if p.marked.is_some() { format!("[{}]", p.text) } else { p.text.clone() };
        pieces.iter().map(one).collect()
    }

    #[test]
    fn words_are_marked_through_markup_and_labels() {
        assert_eq!(
            said("I kind of **helped** out there.", "kind of **helped**"),
            "I [kind of helped] out there."
        );
        assert_eq!(said("Result: The result was good.", "result was"), "The [result was] good.");
        assert_eq!(said("We met.", "We met."), "We met.", "a whole sentence shows itself");
    }

    #[test]
    fn what_can_not_be_found_is_not_marked() {
        assert_eq!(said("I &lt;kind of&gt; helped out there.", "helped"), "I <kind of> helped out there.");
    }
}
