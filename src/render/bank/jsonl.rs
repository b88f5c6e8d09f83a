//! `jsonl`: a critique a line in the schema `candor.critique/1`; of a bad record a line of its own, `candor.error/1`.

use std::io::{self, Write};

use serde::{Deserialize, Serialize};

use super::{Entry, Format, How, Mark, Stream, line_name};
use crate::bank::RecordError;
use crate::render::{Context, json_parts, jsonl};

pub(super) const FORMAT: Format = Format {
    id: "jsonl",
    doc: "an object a line as each story is read: candor.critique/1, or candor.error/1 for a bad record",
    how: How::Stream(Stream { head: "", start: "{\"schema\":\"candor.", words: true, one, mark }),
};

/// A record of which nothing can be said. `schemas/error-1.json` describes it.
#[derive(Serialize)]
struct Bad<'a> {
    schema: &'static str,
    path: &'a str,
    error: String,
}

/// What is read of a line again.
#[derive(Deserialize)]
struct Line {
    path: String,
    error: Option<String>,
    tool: Option<serde_json::Value>,
}

fn one(entry: &Entry<'_>, context: &Context<'_>, out: &mut dyn Write) -> io::Result<()> {
    match entry {
        Entry::Critique(shown) => (jsonl::RENDERER.one)(shown, context, out),
        Entry::Bad(error) => bad(error, out),
    }
}

fn bad(error: &RecordError, out: &mut dyn Write) -> io::Result<()> {
    let record = Bad { schema: "candor.error/1", path: error.name(), error: error.whole() };
    json_parts::write_line(&record, out)
}

fn mark(line: &str) -> Option<Mark> {
    let line: Line = serde_json::from_str(line).ok()?;
    Some(Mark { name: line_name(&line.path), bad: line.error.is_some(), tool: line.tool })
}
