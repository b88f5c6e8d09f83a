//! A story as it comes in, or why it can't be read.

use std::io;
use std::path::{MAIN_SEPARATOR, is_separator};

use crate::critic::CriticError;
use crate::text::{Answer, ReadError, SourceKind, decode};

/// Bytes of one line or row, escapes and other fields among them; the text itself may have 1 MiB.
pub(super) const MOST: usize = 8 * 1024 * 1024;

/// How records are read.
#[derive(Clone, Debug, Default)]
pub struct Reading {
    /// Where a record holds what.
    pub fields: Fields,
    /// Whether a Markdown file is cut at its headings also where that is not plain.
    pub split: bool,
}

/// The fields of a JSON object and the columns of a CSV file that are read.
#[derive(Clone, Debug)]
pub struct Fields {
    /// The story.
    pub text: String,
    /// What to call it.
    pub id: String,
    /// The question that it answers.
    pub question: String,
}

impl Default for Fields {
    fn default() -> Fields {
        Fields { text: "text".to_owned(), id: "id".to_owned(), question: "question".to_owned() }
    }
}

/// What a record is called by.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Named {
    /// The path of its file, which is one story.
    File,
    /// Its id, or the heading that it stands under.
    Part,
    /// Its line: one more line above it, and it is called otherwise.
    Line,
}

/// A story that was read.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Record {
    /// The path of its file; `FILE#ID` or `FILE:LINE` for a record of a file, `FILE#HEADING` for a story under one.
    pub name: String,
    /// What that name is made of.
    pub named: Named,
    /// As it was given.
    pub text: String,
    /// How it is written.
    pub kind: SourceKind,
    /// The question of the record; it counts more than front matter in the text.
    pub question: Option<String>,
    /// Bytes of input that it took.
    pub bytes: u64,
    /// How many headings it has under which stories may stand, where it is a file that is read as one story nevertheless.
    pub headings: Option<usize>,
}

impl Record {
    /// The story, cut into sentences.
    #[must_use]
    pub fn answer(self) -> Answer {
        let mut answer = Answer::parse(&self.name, self.text, self.kind);
        if let Some(question) = self.question {
            answer.question = Some(question);
        }
        answer
    }
}

/// What the parser said of a line, with the column and without the line, which it counts for each anew.
#[derive(Debug, thiserror::Error)]
#[error("{}", of_line(.0))]
pub struct LineError(pub(super) serde_json::Error);

fn of_line(error: &serde_json::Error) -> String {
    let all = error.to_string();
    let place = format!(" at line {} column {}", error.line(), error.column());
    let said = all.strip_suffix(&place).map(|said| format!("{said} at column {}", error.column()));
    said.unwrap_or(all)
}

/// Why there is nothing to say of a record. It stops none of the others.
#[derive(Debug, thiserror::Error)]
pub enum RecordError {
    /// The text can't be read.
    #[error(transparent)]
    Text(#[from] ReadError),
    /// The file can't be opened, or read on.
    #[error("{name} could not be read")]
    Io {
        /// The file.
        name: String,
        /// What the system said.
        source: io::Error,
    },
    /// A folder, or something in it, can't be listed.
    #[error("{name} could not be listed")]
    Walk {
        /// The folder.
        name: String,
        /// What the walker said.
        source: Box<ignore::Error>,
    },
    /// A folder without a story.
    #[error("{name} holds no story: no .md or .txt file in it, README and ignored ones apart")]
    Nothing {
        /// The folder.
        name: String,
    },
    /// A file of a kind that is not read.
    #[error("{name}: candor reads no JSON document; write one object a line and call it .jsonl")]
    Document {
        /// The file.
        name: String,
    },
    /// A line that holds no JSON object.
    #[error("{name} is not a JSON object")]
    Json {
        /// File and line.
        name: String,
        /// What the parser said.
        source: LineError,
    },
    /// A record without the text.
    #[error("{name} has no text in the field `{field}`; --text-field names another")]
    Field {
        /// The record.
        name: String,
        /// The field that was looked for.
        field: String,
    },
    /// A name that no story of a file has.
    #[error("there is no {name} in {file}; it holds {known}")]
    Unknown {
        /// What was asked for.
        name: String,
        /// The file.
        file: String,
        /// What it holds.
        known: String,
    },
    /// The beginning of several names.
    #[error("{name} may be {first} or {second}; write more of the name")]
    Ambiguous {
        /// What was asked for.
        name: String,
        /// One of them.
        first: String,
        /// Another.
        second: String,
    },
    /// A name that several stories of a file have.
    #[error("there is more than one {name}; give each story an id of its own")]
    Twice {
        /// The name.
        name: String,
    },
    /// A CSV file without a column that is needed or was asked for.
    #[error("{name} has no column `{field}`, only {known}; {option} names another")]
    Column {
        /// The file.
        name: String,
        /// The column that was looked for.
        field: String,
        /// Those in the first row.
        known: String,
        /// The option that names it.
        option: &'static str,
    },
    /// A row with a quote that nobody closes: all that follows would be a part of it.
    #[error("{name} has a quote that is never closed, and all that follows it would belong to it")]
    Open {
        /// File and line.
        name: String,
    },
    /// A row that the first one does not fit, or one that can't be read.
    #[error("{name} is not a row of this file")]
    Row {
        /// File and line.
        name: String,
        /// What the parser said.
        source: Box<csv::Error>,
    },
    /// A line without an end within reason.
    #[error("{name} is longer than 8 MiB, too long for one record")]
    Long {
        /// File and line.
        name: String,
    },
    /// A model failed.
    #[error("{name} could not be critiqued")]
    Critic {
        /// The record.
        name: String,
        /// What the critic said.
        source: Box<CriticError>,
    },
}

impl RecordError {
    /// What it is about: a file, a record, or a line of a file.
    #[must_use]
    pub fn name(&self) -> &str {
        match self {
            RecordError::Text(error) => error.name(),
            RecordError::Io { name, .. }
            | RecordError::Walk { name, .. }
            | RecordError::Nothing { name }
            | RecordError::Document { name }
            | RecordError::Json { name, .. }
            | RecordError::Field { name, .. }
            | RecordError::Unknown { name, .. }
            | RecordError::Ambiguous { name, .. }
            | RecordError::Twice { name }
            | RecordError::Column { name, .. }
            | RecordError::Open { name }
            | RecordError::Row { name, .. }
            | RecordError::Long { name }
            | RecordError::Critic { name, .. } => name,
        }
    }

    /// The error and its causes on one line.
    #[must_use]
    pub fn whole(&self) -> String {
        let mut said = self.to_string();
        let mut cause = std::error::Error::source(self);
        while let Some(error) = cause {
            said.push_str(&format!(": {error}"));
            cause = error.source();
        }
        said
    }
}

/// A name as it is within a bank, so that the same story has the same one wherever the bank lies: the path in the folder
/// with `/`, the id, the heading. `None` where a name is the bank's own, or no name of it.
#[must_use]
pub fn relative(bank: &str, name: &str) -> Option<String> {
    let inside = name.strip_prefix(bank.trim_end_matches(is_separator))?;
    let inside = inside.strip_prefix(|c: char| is_separator(c) || c == '#' || c == ':')?;
    Some(inside.replace(MAIN_SEPARATOR, "/"))
}

/// What a line, and what a row, is called.
pub(super) fn at(file: &str, line: u64) -> String {
    format!("{file}:{line}")
}

/// What a line of JSON or a row of a table says of a story, as it stands there.
pub(super) struct Row {
    pub(super) id: Option<String>,
    pub(super) text: Option<Vec<u8>>,
    pub(super) question: Option<String>,
    /// Bytes of input that it took.
    pub(super) bytes: u64,
}

impl Row {
    /// The record, which is called by its id, else by its line.
    pub(super) fn record(self, file: &str, line: u64, fields: &Fields) -> Result<Record, RecordError> {
        let (name, named) = match self.id.as_deref().map(str::trim).filter(|id| !id.is_empty()) {
            Some(id) => (format!("{file}#{id}"), Named::Part),
            None => (at(file, line), Named::Line),
        };
        let Some(text) = self.text else {
            return Err(RecordError::Field { name, field: fields.text.clone() });
        };
        Ok(Record {
            text: decode(&name, text)?,
            name,
            named,
            kind: SourceKind::Markdown,
            question: self.question.map(|q| q.trim().to_owned()).filter(|q| !q.is_empty()),
            bytes: self.bytes,
            headings: None,
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_those_within_the_bank() {
        for (bank, name, known) in [
            ("old", "old/a.md", Some("a.md")),
            ("old/", "old/b/a.md#One", Some("b/a.md#One")),
            (".", "./a.md", Some("a.md")),
            ("HEAD:old", "HEAD:old/a.md", Some("a.md")),
            ("r.jsonl", "r.jsonl#7", Some("7")),
            ("r.jsonl", "r.jsonl:7", Some("7")),
            ("a.md", "a.md#One", Some("One")),
            ("a.md", "a.md", None),
            ("old", "older/a.md", None),
            ("old", "new/a.md", None),
        ] {
            assert_eq!(relative(bank, name).as_deref(), known, "{name} in {bank}");
        }
    }
}
