//! What the JSON formats share: how numbers, reasons and bad records stand in them, and how an object is written.

use std::io::{self, Write};

use serde::Serialize;

use super::escape::escape_json;
use super::reason;
use crate::bank::RecordError;
use crate::report::Abstention;

/// Four decimals, so that bytes are stable.
pub(super) fn round(value: f32) -> f64 {
    (f64::from(value) * 1e4).round() / 1e4
}

/// One decimal.
pub(super) fn tenth(value: f32) -> f64 {
    (f64::from(value) * 10.0).round() / 10.0
}

/// Why there is no score: the code, and what it means.
pub(super) fn why(abstention: Option<Abstention>) -> Option<String> {
    abstention.map(reason).map(|(code, words)| format!("{code}: {words}"))
}

/// A record that could not be read.
#[derive(Serialize)]
pub(super) struct Bad<'a> {
    path: &'a str,
    error: String,
}

impl<'a> Bad<'a> {
    /// All of them.
    pub(super) fn all(errors: &'a [RecordError]) -> Vec<Bad<'a>> {
        errors.iter().map(|e| Bad { path: e.name(), error: e.whole() }).collect()
    }
}

/// Writes an object for people too: indented, with a line break at its end.
pub(super) fn write_indented(value: &impl Serialize, out: &mut dyn Write) -> io::Result<()> {
    writeln!(out, "{}", escape_json(&serde_json::to_string_pretty(value)?))
}

/// Writes an object as a line.
pub(super) fn write_line(value: &impl Serialize, out: &mut dyn Write) -> io::Result<()> {
    writeln!(out, "{}", escape_json(&serde_json::to_string(value)?))
}
