//! What is held of a bank whose stories are all needed at the end: a little of each, in the order of the records.

use super::progress::Progress;
use crate::bank::RecordError;

/// What came of a record that could be read.
pub(in crate::cli) struct Done<T> {
    pub(in crate::cli) what: T,
    /// What is to be said of it beside the output.
    pub(in crate::cli) notes: Vec<String>,
    /// Bytes of input that it took.
    pub(in crate::cli) bytes: u64,
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
