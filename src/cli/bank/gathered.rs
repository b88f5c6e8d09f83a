//! What is held of a bank whose stories are all needed at the end: a little of each, in the order of the records.

use super::progress::Progress;
use crate::bank::{Record, RecordError};
use crate::cli::comments;
use crate::guide::Guide;
use crate::text::Answer;

/// What came of a record that could be read.
pub(in crate::cli) struct Done<T> {
    what: T,
    /// What is to be said of it beside the output.
    notes: Vec<String>,
    /// Bytes of input that it took.
    bytes: u64,
}

/// What is known of a record before it is critiqued.
pub(in crate::cli) struct Known {
    bytes: u64,
    note: Option<String>,
}

impl Known {
    pub(in crate::cli) fn of(record: &Record) -> Known {
        let note = record.headings.map(|n| {
            format!(
                "{} has {n} headings and is read as one story; --split-headings cuts it at them",
                record.name
            )
        });
        Known { bytes: record.bytes, note }
    }

    /// The same, with what came of it.
    pub(in crate::cli) fn done<T>(self, what: T, answer: &Answer, guide: &Guide) -> Done<T> {
        let notes = self.note.into_iter().chain(comments::notes(answer, guide)).collect();
        Done { what, notes, bytes: self.bytes }
    }
}

impl<T> Done<T> {
    /// Counts it, and says what is to be said.
    pub(super) fn tell(self, progress: &Progress) -> T {
        progress.add(1, self.bytes);
        self.notes.iter().for_each(|note| progress.note(note));
        self.what
    }
}

/// What is kept of the stories, and the bad records.
pub(in crate::cli) struct Gathered<T> {
    pub(in crate::cli) stories: Vec<T>,
    pub(in crate::cli) errors: Vec<RecordError>,
}

impl<T> Gathered<T> {
    pub(in crate::cli) fn new() -> Gathered<T> {
        Gathered { stories: Vec::new(), errors: Vec::new() }
    }

    /// Takes the next records.
    pub(in crate::cli) fn take(&mut self, chunk: Vec<Result<Done<T>, RecordError>>, progress: &Progress) {
        for done in chunk {
            match done {
                Ok(done) => self.stories.push(done.tell(progress)),
                Err(error) => self.errors.push(error),
            }
        }
    }
}
