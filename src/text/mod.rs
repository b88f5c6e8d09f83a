//! From the bytes of an answer to its sentences: reading, front matter, Markdown and rough notes,
//! labels, sentence boundaries, suppression comments, lines and columns.
//!
//! Imports nothing of the rest of the crate. The way through it:
//! [`decode`] → `front` (front matter) → `line` (lines without marks; `mail`, `talk`, `assistant` and `stamp` say which of them
//! only stand around the story) → `headings` (titles, and what an `interviewer` says) → `block` (what stands together) →
//! `inline` (markup away, offsets kept) → `label` (titles apart) → `split` (sentences) → `run_on` (those without a stop, which
//! a model cuts, by `capitals` too). `question`, `opening` and `who` hold how a question is known, and who speaks.

mod aside;
mod assistant;
mod block;
mod calendar;
mod capitals;
mod captions;
mod cells;
mod emphasis;
mod fences;
mod front;
mod head;
mod headings;
mod html;
mod inline;
mod interviewer;
mod label;
mod line;
mod mail;
mod marks;
mod opening;
mod position;
mod question;
mod read;
mod run_on;
mod sections;
mod split;
mod stage;
mod stamp;
mod suppress;
mod talk;
mod told;
mod who;
pub(crate) mod windows;
mod wrap;

use std::ops::Range;
use std::path::Path;

pub use aside::{Aside, Why};
pub use position::{LineIndex, Position};
pub(crate) use read::is_wide;
pub use read::{MAX_BYTES, ReadError, bytes_of, decode, read_file, read_source};
pub use sections::{Section, Sections, sections};
pub use suppress::Suppressions;

use block::BlockKind;
pub(crate) use capitals::{Case, capitals};
use inline::Rendered;
pub(crate) use opening::Opening;
use question::Asked;
use run_on::RunOn;

/// Bytes, half-open, into [`Answer::source`]; always on character boundaries.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Span {
    /// The first byte.
    pub start: usize,
    /// The byte after the last one.
    pub end: usize,
}

impl Span {
    /// Where `part`, which is a slice of `source`, stands in it.
    pub(crate) fn of(part: &str, source: &str) -> Self {
        let Range { start, end } = place(part, source);
        Self { start, end }
    }

    /// What stands there in `source`, the text that it points into.
    pub fn text(self, source: &str) -> &str {
        &source[self.start..self.end]
    }

    /// Whether `other` lies wholly inside this span.
    pub fn contains(&self, other: Span) -> bool {
        self.start <= other.start && other.end <= self.end
    }
}

/// What a reader takes as one sentence: also a bullet, a note on a line, a headed fragment.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Sentence {
    /// Where it stands in the source, with a label on the same line, without bullet marks and
    /// surrounding whitespace. A heading on a line of its own lies outside.
    pub span: Span,
    /// What a model reads: no markup, no bullet marks, no labels; entities resolved, whitespace
    /// collapsed to single spaces. Never empty.
    pub text: String,
}

/// How the source is written. Rough notes mix both ways, so both recognise bullets and labels.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum SourceKind {
    /// Markdown, with HTML in it where people left some.
    Markdown,
    /// Plain text: marks of emphasis, links, tags, entities and code fences are ordinary
    /// characters.
    Plain,
}

impl SourceKind {
    /// `.txt` and `.text` are plain; everything else is read as Markdown.
    pub fn from_path(path: &Path) -> Self {
        let plain =
            path.extension().is_some_and(|e| e.eq_ignore_ascii_case("txt") || e.eq_ignore_ascii_case("text"));
        if plain { Self::Plain } else { Self::Markdown }
    }
}

/// A written answer, cut into sentences that know where they stand.
#[derive(Clone, Debug)]
pub struct Answer {
    /// What to call it in messages: a path, or the id of a record.
    pub name: String,
    /// The text exactly as it was given; every [`Span`] points into it.
    pub source: String,
    /// The interview question, where front matter names one, an interviewer asks it in a transcript, an assistant names it, a
    /// heading asks it, or a model has heard it in front of the answer.
    pub question: Option<String>,
    /// In order, not overlapping.
    pub sentences: Vec<Sentence>,
    /// What is no part of the story and is not judged; in order. None until a critic has read it.
    pub aside: Vec<Aside>,
    /// What the answer's own comments ask to be left out of the report.
    pub suppressions: Suppressions,
    /// Those of the sentences that run on without a stop and have not been cut yet; in order.
    pub(crate) run_ons: Vec<RunOn>,
}

impl Answer {
    /// Reads `source`; any string can be read, and one without prose has no sentences.
    pub fn parse(name: &str, source: String, kind: SourceKind) -> Self {
        let front = front::read(&source);
        let suppressions = Suppressions::read(&source, front.body);
        let (blocks, asked) = block::scan(&source, front.body, kind);
        let mut found = Found::default();
        for block in blocks.iter().filter(|block| block.kind != BlockKind::Heading) {
            found.read(&block.render(&source, kind));
        }
        let mut answer = Self {
            name: name.to_owned(),
            source,
            question: front.question,
            sentences: found.sentences,
            aside: Vec::new(),
            suppressions,
            run_ons: found.run_ons,
        };
        // a heading asks for all that is below it, but what stands nearer to the answer is its question
        let nearer = || matches!(asked, Some(Asked::Above(_))) && answer.begins_with_question();
        if answer.question.is_none() && !nearer() {
            answer.question = asked.map(Asked::into_words);
        }
        answer
    }
}

/// The sentences of an answer as they are found, block by block.
#[derive(Default)]
struct Found {
    sentences: Vec<Sentence>,
    run_ons: Vec<RunOn>,
}

impl Found {
    /// Cuts the words of a block, which is no heading, into sentences without their labels.
    fn read(&mut self, words: &Rendered) {
        let label = label::end(words, 0);
        let held: Vec<_> = std::iter::once(0..label).chain(label::run_ins(words)).collect();
        for range in split::sentences(&words.text, &held) {
            let is_first = self.sentences.is_empty();
            let answer = if is_first { label::answer_end(&words.text[range.clone()]) } else { 0 };
            let body = label::end(words, range.start).max(range.start + answer).min(range.end);
            let body = if has_words(&words.text[body..range.end]) { body } else { range.start };
            let text = words.text[body..range.end].trim();
            if let Some(span) = words.span(range)
                && has_words(text)
            {
                self.run_ons.extend(RunOn::find(span, words, place(text, &words.text)));
                self.sentences.push(Sentence { span, text: text.to_owned() });
            }
        }
    }
}

/// The bytes of `whole` at which `part`, a slice of it, stands.
fn place(part: &str, whole: &str) -> Range<usize> {
    let start = part.as_ptr().addr() - whole.as_ptr().addr();
    start..start + part.len()
}

/// The nearest character boundary at or before `at`.
fn boundary(text: &str, at: usize) -> usize {
    let near = at.min(text.len());
    (0..=near).rev().find(|at| text.is_char_boundary(*at)).unwrap_or(0)
}

fn is_blank(text: &str) -> bool {
    text.trim().is_empty()
}

fn has_words(text: &str) -> bool {
    text.chars().any(char::is_alphanumeric)
}

#[cfg(test)]
mod tests;
