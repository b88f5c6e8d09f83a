//! What is held of a bank whose stories are all needed at the end: a little of each, in the order of the records.

use super::progress::Progress;
use crate::bank::RecordError;

/// What is kept of the stories, and the bad records.
pub(in crate::cli) struct Gathered<T> {
    pub(in crate::cli) stories: Vec<T>,
    pub(in crate::cli) errors: Vec<RecordError>,
}

impl<T> Gathered<T> {
    pub(in crate::cli) fn new() -> Gathered<T> {
        Gathered { stories: Vec::new(), errors: Vec::new() }
    }

    /// Takes the next records, each with the bytes of input that it took.
    pub(in crate::cli) fn take(&mut self, chunk: Vec<Result<(u64, T), RecordError>>, progress: &Progress) {
        for done in chunk {
            match done {
                Ok((bytes, story)) => {
                    progress.add(1, bytes);
                    self.stories.push(story);
                }
                Err(error) => self.errors.push(error),
            }
        }
    }
}
