//! From a path of the command line to an answer.

use std::path::Path;

use anyhow::Result;

use crate::bank::{self, Fields};
use crate::text::{self, Answer};

/// The answer in a file, or a story of a bank by the name that `bank` has for it.
pub(super) fn answer(path: &Path, fields: &Fields) -> Result<Answer> {
    match bank::find(path, fields) {
        Some(record) => Ok(record?.answer()),
        None => Ok(text::read_file(path)?),
    }
}
