//! `csv`: a row a story, for spreadsheets. Lists have `;` between their ids; nothing in it breaks a line, and a text that a
//! spreadsheet would take for a formula has a `'` before it.

use std::io::{self, Write};

use ::csv::{ReaderBuilder, WriterBuilder};

use super::{Entry, Format, How, Mark, Stream, line_name};
use crate::bank::{Point, RecordError, Story};
use crate::render::{Context, Shown, escape, reason};

pub(super) const FORMAT: Format = Format {
    id: "csv",
    doc: "a row a story as each is read: level, score, what is missing",
    how: How::Stream(Stream { head: HEAD, start: HEAD, words: false, one, mark }),
};

const HEAD: &str =
    "path,question,level,score,reason,categories,missing_notes,failed_pressure,findings,error\n";

fn one(entry: &Entry<'_>, context: &Context<'_>, out: &mut dyn Write) -> io::Result<()> {
    let fields = match entry {
        Entry::Critique(shown) => story(shown, context),
        Entry::Bad(error) => bad(error),
    };
    let mut writer = WriterBuilder::new().from_writer(out);
    writer.write_record(fields.iter().map(|f| as_text(&escape(f)))).map_err(io::Error::from)?;
    writer.flush()
}

/// Whether a cell begins as a formula does, after any number of the marks that make it a text. Source: OWASP, "CSV injection".
fn is_formula(cell: &str) -> bool {
    cell.trim_start_matches('\'').starts_with(['=', '+', '-', '@'])
}

/// A cell of which a spreadsheet calculates nothing: names and questions come from files.
fn as_text(cell: &str) -> String {
    if is_formula(cell) { format!("'{cell}") } else { cell.to_owned() }
}

/// The cell that [`as_text`] was given.
fn from_text(cell: &str) -> &str {
    cell.strip_prefix('\'').filter(|rest| is_formula(rest)).unwrap_or(cell)
}

fn story(shown: &Shown<'_>, context: &Context<'_>) -> [String; 10] {
    let story = Story::of(shown.answer, shown.report, context.guide);
    let untold = |points: &[Point]| {
        let untold = points.iter().filter(|p| story.is_told() && !p.told);
        untold.map(|p| p.id.as_str()).collect::<Vec<_>>().join(";")
    };
    let findings: Vec<&str> = shown.findings(context).map(|f| f.id.as_str()).collect();
    [
        story.name.clone(),
        story.question.clone().unwrap_or_default(),
        story.standing.map(|s| s.level.to_string()).unwrap_or_default(),
        story.standing.map(|s| s.score.to_string()).unwrap_or_default(),
        story.standing.err().map(|a| reason(a).0.to_owned()).unwrap_or_default(),
        story.categories.join(";"),
        untold(&story.notes),
        untold(&story.pressure),
        findings.join(";"),
        String::new(),
    ]
}

fn bad(error: &RecordError) -> [String; 10] {
    let mut fields: [String; 10] = Default::default();
    (fields[0], fields[9]) = (error.name().to_owned(), error.whole());
    fields
}

fn mark(line: &str) -> Option<Mark> {
    let mut reader = ReaderBuilder::new().has_headers(false).from_reader(line.as_bytes());
    let row = reader.records().next()?.ok().filter(|row| row.len() == 10)?;
    Some(Mark { name: line_name(from_text(&row[0])), bad: !row[9].is_empty(), tool: None })
}
