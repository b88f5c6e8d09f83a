//! How a comparison of two versions, of an answer or of a bank, is shown: one output format a file. [`ALL`] is the table
//! from which `--format` and its help are derived.
//!
//! May import: what `render` may.

mod banks;
mod html;
mod json;
mod said;
mod terminal;
mod text;

#[cfg(test)]
mod tests;

use std::io::{self, Write};

use super::Context;
use super::bank::Names;
use crate::bank::{self, RecordError};
use crate::compare::{Change, Delta, Direction, Findings, Kind, Noise, Piece, Side, pieces};
use crate::report::Finding;

/// Every output format of a comparison; the first one is the default.
pub const ALL: &[Renderer] = &[terminal::RENDERER, json::RENDERER, html::RENDERER];

/// An output format.
#[derive(Debug)]
pub struct Renderer {
    /// The value of `--format`.
    pub id: &'static str,
    /// What it is for, in a phrase.
    pub doc: &'static str,
    /// Writes a comparison.
    pub write: fn(&Compared<'_>, &Context<'_>, &mut dyn Write) -> io::Result<()>,
    /// Writes that of two banks.
    pub banks: fn(&Banks<'_>, &Context<'_>, &mut dyn Write) -> io::Result<()>,
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

/// What stands for what became of a sentence: an id for programs and words for people.
fn kind(kind: Kind) -> (&'static str, &'static str) {
    match kind {
        Kind::Kept => ("kept", "As it was"),
        Kind::Rewritten => ("rewritten", "Rewritten"),
        Kind::Added => ("added", "New"),
        Kind::Removed => ("removed", "Gone"),
    }
}

/// The findings that are severe enough to be shown; of those that are left counts how severe they are now.
fn shown<'a>(compared: &Compared<'a>, context: &Context<'_>) -> Findings<'a> {
    let all = &compared.delta.findings;
    let list = |list: &[&'a Finding]| list.iter().copied().filter(|f| context.shows(f.severity)).collect();
    Findings {
        fixed: list(&all.fixed),
        new: list(&all.new),
        left: all.left.iter().copied().filter(|(_, now)| context.shows(now.severity)).collect(),
        silenced: list(&all.silenced),
    }
}

/// The words of a sentence: those of both versions, and those of one of them.
fn words(change: &Change, compared: &Compared<'_>) -> Vec<Piece> {
    let text = |side: Side<'_>, i: Option<usize>| {
        i.and_then(|i| side.answer.sentences.get(i)).map_or(String::new(), |s| s.text.clone())
    };
    let (old, new) = (text(compared.old, change.old), text(compared.new, change.new));
    match change.kind {
        Kind::Kept => vec![Piece::Same(new)],
        Kind::Added => vec![Piece::New(new)],
        Kind::Removed => vec![Piece::Old(old)],
        Kind::Rewritten => pieces(&old, &new),
    }
}
