//! How a comparison of two versions, of an answer or of a bank, is shown: one output format a file. [`ALL`] is the table
//! from which `--format` and its help are derived.
//!
//! May import: `bank`, `compare`, `evidence` (its labels), `guide` (its words), `model::ModelInfo`, `report`, `text`.

mod banks;
mod html;
mod json;
mod page;
mod said;
mod text;

#[cfg(test)]
mod tests;

use std::io::{self, Write};

use crate::bank::{self, RecordError};
use crate::compare::{Delta, Direction, Noise, Side};
use crate::guide::Guide;
use crate::model::ModelInfo;
use crate::render::SecondModel;
use crate::render::bank::Names;
use crate::report::{Finding, Severity};

/// Every output format of a comparison; the first one is the default.
pub const ALL: &[Renderer] = &[page::RENDERER, json::RENDERER, html::RENDERER];

/// An output format.
#[derive(Debug)]
pub struct Renderer {
    /// The value of `--format`.
    pub id: &'static str,
    /// What it is for, in a phrase.
    pub doc: &'static str,
    /// Writes a comparison.
    pub write: fn(&Compared<'_>, &Setting<'_>, &mut dyn Write) -> io::Result<()>,
    /// Writes that of two banks.
    pub banks: fn(&Banks<'_>, &Setting<'_>, &mut dyn Write) -> io::Result<()>,
}

impl Renderer {
    /// The renderer of an id.
    #[must_use]
    pub fn find(id: &str) -> Option<&'static Renderer> {
        ALL.iter().find(|r| r.id == id)
    }
}

/// Two versions, and what became of the answer.
pub struct Compared<'a> {
    /// The old version.
    pub old: Side<'a>,
    /// The new one.
    pub new: Side<'a>,
    /// What became of it.
    pub delta: &'a Delta<'a>,
    /// How far an answer moves by itself.
    pub noise: &'a Noise,
    /// The options that a critique of the new version needs to read and judge it the same, as a shell takes them, each after a space;
    /// none where it can't.
    pub critique: Option<&'a str>,
}

/// Two versions of a bank, and what became of it.
pub struct Banks<'a> {
    /// The old version.
    pub old: Bank<'a>,
    /// The new one.
    pub new: Bank<'a>,
    /// What became of it.
    pub delta: &'a bank::Delta<'a>,
    /// How far an answer moves by itself.
    pub noise: &'a Noise,
    /// The revision of the old version, where it is one of git.
    pub git: Option<&'a str>,
    /// The options that another comparison needs to read and judge a story the same, as a shell takes them, each after a space.
    pub again: &'a str,
    /// Those that a critique needs; none where it can't judge so.
    pub critique: Option<&'a str>,
}

/// A version of a bank, apart from its stories.
pub struct Bank<'a> {
    /// Its path; `REV:PATH` of a revision.
    pub name: &'a str,
    /// Its bad records.
    pub errors: &'a [RecordError],
    /// Which names another command can be given; of a revision none counts.
    pub names: Names<'a>,
}

/// What a comparison is shown with.
pub struct Setting<'a> {
    /// The guide that both were read by.
    pub guide: &'a Guide,
    /// The encoder that read them.
    pub model: &'a ModelInfo,
    /// The language model beside it, if one was asked.
    pub second: Option<&'a SecondModel>,
    /// Whether escape sequences for colour may be written.
    pub color: bool,
    /// Columns of a line, 40 at least.
    pub width: usize,
    /// The least severity of a finding that is shown.
    pub min_level: Severity,
    /// Whether to show nothing but the verdict.
    pub quiet: bool,
}

impl Setting<'_> {
    /// Whether a finding is severe enough to be shown.
    fn shows(&self, finding: &Finding) -> bool {
        finding.severity >= self.min_level
    }

    /// Whether a mistake of the guide is.
    fn shows_mistake(&self, id: &str) -> bool {
        self.guide.find_mistake(id).is_none_or(|m| m.severity >= self.min_level)
    }
}

/// What stands for a direction: an id for programs and words for people.
fn direction(direction: Direction) -> (&'static str, &'static str) {
    match direction {
        Direction::Better => ("better", "Better"),
        Direction::Worse => ("worse", "Worse"),
        Direction::WithinNoise => ("within_noise", "Within noise"),
    }
}

/// The parts of the source that show a finding.
fn quotes<'a>(finding: &Finding, side: Side<'a>) -> Vec<&'a str> {
    finding.spans.iter().filter_map(|s| side.answer.source.get(s.start..s.end)).collect()
}
