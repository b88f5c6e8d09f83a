//! How story banks are shown: one output format a file. [`ALL`] is the table from which `candor bank --format`, its help
//! and the tests are derived.
//!
//! May import: what `render` may, and `bank`.

mod csv;
mod html;
mod json;
mod jsonl;
pub(in crate::render) mod said;
pub(in crate::render) mod terminal;

#[cfg(test)]
mod tests;

use std::io::{self, Write};

use super::{Context, Shown};
use crate::bank::{Note, RecordError, Story, Summary};

/// Every output format; the first one is the default.
pub const ALL: &[Format] = &[terminal::FORMAT, json::FORMAT, jsonl::FORMAT, csv::FORMAT, html::FORMAT];

/// An output format.
#[derive(Debug)]
pub struct Format {
    /// The value of `--format`.
    pub id: &'static str,
    /// What it is for, in a phrase.
    pub doc: &'static str,
    /// How it is written.
    pub how: How,
}

/// What a format needs to be written.
#[derive(Debug)]
pub enum How {
    /// All stories at the end, with the summary.
    Whole(fn(&Bank<'_>, &Context<'_>, &mut dyn Write) -> io::Result<()>),
    /// One record at a time.
    Stream(Stream),
}

/// A format that is written record by record, exactly one line each, so that it can be gone on with.
#[derive(Debug)]
pub struct Stream {
    /// The first line, or nothing.
    pub head: &'static str,
    /// How all that is written begins.
    pub start: &'static str,
    /// Whether the critique in words is in it.
    pub words: bool,
    /// Writes the line of a record.
    pub one: fn(&Entry<'_>, &Context<'_>, &mut dyn Write) -> io::Result<()>,
    /// Whose line it is; `None` where it is none of this format.
    pub mark: fn(&str) -> Option<Mark>,
}

/// What a line that was written tells of itself.
#[derive(Debug, PartialEq)]
pub struct Mark {
    /// The record's name, as [`line_name`] gives it.
    pub name: String,
    /// Whether it is a bad record's.
    pub bad: bool,
    /// What made it, where the line says that.
    pub tool: Option<serde_json::Value>,
}

/// A record: a critique, or why there is none.
pub enum Entry<'a> {
    /// A critiqued story.
    Critique(&'a Shown<'a>),
    /// A bad record.
    Bad(&'a RecordError),
}

/// A bank as a whole.
pub struct Bank<'a> {
    /// In the order of the records.
    pub stories: &'a [Story],
    /// The bad records.
    pub errors: &'a [RecordError],
    /// What the stories come to.
    pub summary: &'a Summary,
    /// Whether all records were read, and not those until somebody stopped it.
    pub complete: bool,
    /// The options that another command needs to read and judge a story the same, as a shell takes them, each after a space.
    pub again: &'a str,
    /// Which names it can be given.
    pub names: Names<'a>,
}

/// Says whether a command that is given a name reads the story of a bank that is called so.
pub type Names<'a> = &'a dyn Fn(&str) -> bool;

impl Format {
    /// The format of an id.
    #[must_use]
    pub fn find(id: &str) -> Option<&'static Format> {
        ALL.iter().find(|f| f.id == id)
    }
}

/// Stories of which more than a row is told on a terminal; where there are more of them, the table has to do.
pub(in crate::render) const MOST_CARDS: usize = 12;

/// The findings of a story that are severe enough to be shown.
fn findings<'a>(story: &'a Story, context: &Context<'_>) -> Vec<&'a Note> {
    story.findings.iter().filter(|f| context.shows(f.severity)).collect()
}

/// A name as it stands in a line of a stream.
#[must_use]
pub fn line_name(name: &str) -> String {
    super::escape(name).into_owned()
}

/// What makes the critiques of this run, as it stands in them.
#[must_use]
pub fn tool(context: &Context<'_>) -> serde_json::Value {
    serde_json::to_value(super::json_v1::tool(context)).unwrap_or_default()
}
