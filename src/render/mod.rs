//! How critiques are shown: one output format a file. [`ALL`] is the table from which `--format`, its help, the
//! man page, the completions and the tests are derived.
//!
//! May import: `report`, `text`, `evidence` (its labels), `guide` (its words), `model::ModelInfo`; `compare` for what
//! became of an answer, `bank` for many.

mod aside;
pub mod bank;
mod compact;
pub mod compare;
mod escape;
mod html;
mod json;
mod json_parts;
mod json_v1;
mod jsonl;
mod mend;
mod said;
mod terminal;

#[cfg(test)]
mod fixture;
#[cfg(test)]
mod tests;

use std::borrow::Cow;
use std::io::{self, Write};
use std::path::Path;

pub use escape::{escape, escape_lines};
pub(crate) use said::{argument, explain, option, quoted};
use textwrap::WordSeparator;
use textwrap::core::{Fragment as _, Word};
use textwrap::wrap_algorithms::wrap_first_fit;

use crate::guide::Guide;
use crate::model::ModelInfo;
use crate::report::{Abstention, Finding, Report, Severity};
use crate::text::{Answer, LineIndex};

/// Every output format; the first one is the default.
pub const ALL: &[Renderer] =
    &[terminal::RENDERER, compact::RENDERER, json::RENDERER, jsonl::RENDERER, html::RENDERER];

/// An output format. Its output is `open`, the answers with `between` between them, `close`: so it can be
/// written answer by answer.
#[derive(Debug)]
pub struct Renderer {
    /// The value of `--format`.
    pub id: &'static str,
    /// What it is for, in a phrase.
    pub doc: &'static str,
    /// Written before the first answer.
    pub open: fn() -> Cow<'static, str>,
    /// Written between two answers.
    pub between: &'static str,
    /// Written after the last answer.
    pub close: &'static str,
    /// Writes one answer.
    pub one: One,
    /// Writes the critique in words after `one`, which then leaves it out: so what is known already can be read while a
    /// model still writes.
    pub words: Option<One>,
}

/// Writes an answer, or a part of what is said of it.
pub type One = fn(&Shown<'_>, &Context<'_>, &mut dyn Write) -> io::Result<()>;

impl Renderer {
    /// The renderer of an id.
    #[must_use]
    pub fn find(id: &str) -> Option<&'static Renderer> {
        ALL.iter().find(|r| r.id == id)
    }

    /// Writes a whole document.
    ///
    /// # Errors
    /// What the writer says.
    pub fn render(&self, shown: &[Shown<'_>], context: &Context<'_>, out: &mut dyn Write) -> io::Result<()> {
        out.write_all((self.open)().as_bytes())?;
        for (i, one) in shown.iter().enumerate() {
            if i > 0 {
                out.write_all(self.between.as_bytes())?;
            }
            (self.one)(one, context, out)?;
            if let Some(words) = self.words {
                words(one, context, out)?;
            }
        }
        out.write_all(self.close.as_bytes())
    }
}

/// An answer and what candor says of it.
pub struct Shown<'a> {
    /// The answer.
    pub answer: &'a Answer,
    /// What candor says of it; one entry of its `sentences` a sentence of the answer.
    pub report: &'a Report,
    /// Which answer of the run it is, from 0: what a document refers to must not have one name twice.
    pub number: usize,
}

impl<'a> Shown<'a> {
    /// The findings that are severe enough to be shown, the most important first.
    pub fn findings(&self, context: &Context<'_>) -> impl Iterator<Item = &'a Finding> + use<'a> {
        let least = context.min_level;
        self.report.findings.iter().filter(move |f| f.severity >= least)
    }
}

/// What everything in a run is shown with: critiques, banks, comparisons.
pub struct Context<'a> {
    /// The guide that they are read by.
    pub guide: &'a Guide,
    /// Its file; none for the one that is built in.
    pub guide_file: Option<&'a Path>,
    /// The encoder that read them.
    pub model: &'a ModelInfo,
    /// The language model beside it, if one was asked.
    pub second: Option<&'a SecondModel>,
    /// Whether escape sequences for colour may be written.
    pub color: bool,
    /// Columns of a line, 40 at least.
    pub width: usize,
    /// Whether to say where each point of the score comes from.
    pub explain_score: bool,
    /// The least severity that is shown.
    pub min_level: Severity,
    /// Whether to show nothing but the findings; of a bank its summary, of a comparison the verdict.
    pub quiet: bool,
}

impl Context<'_> {
    /// Whether what is so severe is shown.
    fn shows(&self, severity: Severity) -> bool {
        severity >= self.min_level
    }
}

/// A language model that had a part in a report.
#[derive(Clone, Debug)]
pub struct SecondModel {
    /// What is known of it.
    pub model: ModelInfo,
    /// Who judges: `encoder`, `llm` or `both`.
    pub engine: &'static str,
    /// The version of its prompts.
    pub prompts: u32,
    /// What its words are drawn by; none for the likeliest ones.
    pub seed: Option<u64>,
}

/// The id that reports, suppressions and exit codes use for a severity.
fn severity_id(severity: Severity) -> &'static str {
    match severity {
        Severity::Suggestion => "suggestion",
        Severity::Warning => "warning",
        Severity::Error => "error",
    }
}

/// Why there is no score: a code for programs and words for people.
fn reason(abstention: Abstention) -> (&'static str, &'static str) {
    match abstention {
        Abstention::NoText => ("no_text", "there is no sentence in it to judge"),
        Abstention::NotAnAnswer => ("not_an_answer", "this does not read as an interview answer in English"),
    }
}

/// Line and column of a byte of the source, both from 1; the column counts characters.
pub(crate) fn place(index: &LineIndex<'_>, byte: usize) -> (usize, usize) {
    let position = index.position(byte);
    (position.line, position.column)
}

/// A message as the head of a diagnostic: without its full stop where it is one sentence.
fn headline(message: &str) -> &str {
    let bare = message.trim().trim_end_matches('.');
    if bare.contains(". ") { message.trim() } else { bare }
}

/// The text on lines of at most `width` columns, each as full as it can be, cut between words only, and not inside of a
/// command in backticks: a path stays whole, and a command can be copied. The library's other way, which evens lines out,
/// would rather overflow than leave a line short.
#[must_use]
pub fn fold(text: &str, width: usize) -> Vec<String> {
    let line = |words: &[Word<'_>]| words.iter().map(|w| [w.word, w.whitespace].concat()).collect::<String>();
    let folded = text.split('\n').flat_map(|text| {
        let words = unbroken(text).into_iter().flat_map(|word| {
            let whole = word.word.contains(COMMAND) || word.width() <= width as f64;
            if whole { vec![word] } else { word.break_apart(width).collect() }
        });
        let words: Vec<Word<'_>> = words.collect();
        let lines = wrap_first_fit(&words, &[width as f64]);
        lines.into_iter().map(|words| line(words).trim_end().to_owned()).collect::<Vec<_>>()
    });
    folded.collect()
}

/// What a command to copy begins with.
const COMMAND: &str = "`candor";

/// The words of a line; a command of candor's in backticks is one with what touches it.
fn unbroken(line: &str) -> Vec<Word<'_>> {
    let (mut words, mut start, mut end, mut open) = (Vec::new(), 0, 0, false);
    for word in WordSeparator::AsciiSpace.find_words(line) {
        end += word.word.len() + word.whitespace.len();
        let command = word.word.contains(COMMAND);
        open = (open || command) && word.word.matches('`').count() != if command { 2 } else { 1 };
        if !open {
            words.push(Word::from(&line[start..end]));
            start = end;
        }
    }
    // a backtick that nobody closes holds nothing together
    words.extend(WordSeparator::AsciiSpace.find_words(&line[start..]));
    words
}

/// A share in whole percent, rounded; 0 of nothing.
fn percent(part: usize, whole: usize) -> usize {
    (100 * part + whole / 2).checked_div(whole).unwrap_or(0)
}

/// "sentence 3" or "sentences 3, 5, 6", counted from 1; nothing for none.
fn sentence_list(sentences: &[usize]) -> String {
    let numbers: Vec<String> = sentences.iter().map(|i| (i + 1).to_string()).collect();
    match numbers.len() {
        0 => String::new(),
        1 => format!("sentence {}", numbers[0]),
        _ => format!("sentences {}", numbers.join(", ")),
    }
}
