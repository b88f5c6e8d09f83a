//! From a path of the command line to an answer.

use std::io;
use std::path::Path;

use anyhow::{Context as _, Result};

use crate::bank::{self, Fields};
use crate::text::{self, Answer, SourceKind};

/// Whether standard input is meant.
pub(super) fn is_stdin(path: &Path) -> bool {
    path.as_os_str() == "-"
}

/// The answer in a file, or a story of a bank by the name that `bank` has for it. What comes from standard input is called
/// `stdin`.
pub(super) fn answer(path: &Path, stdin: &Path, fields: &Fields) -> Result<Answer> {
    if is_stdin(path) {
        return standard(stdin);
    }
    match bank::find(path, fields) {
        Some(record) => Ok(record?.answer()),
        None => Ok(text::read_file(path)?),
    }
}

fn standard(path: &Path) -> Result<Answer> {
    let bytes = text::bytes_of(io::stdin().lock()).context("cannot read standard input")?;
    let name = path.display().to_string();
    let source = text::decode(if is_stdin(path) { "standard input" } else { &name }, bytes)?;
    Ok(Answer::parse(&name, source, SourceKind::from_path(path)))
}
