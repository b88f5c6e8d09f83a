//! What comes of the records of a bank: of each what is to be said beside the output, and of all what is held until the end.

use super::progress::Progress;
use crate::bank::{Record, RecordError};
use crate::cli::comments;
use crate::critic::CriticError;
use crate::guide::Guide;
use crate::text::Answer;

/// A record that could be read, or what came of it, with the notes on it.
pub(in crate::cli) struct Noted<T> {
    pub(in crate::cli) what: T,
    /// What is to be said of it beside the output.
    notes: Vec<String>,
    /// Bytes of input that it took.
    bytes: u64,
}

impl Noted<Answer> {
    /// A record before it is critiqued.
    pub(in crate::cli) fn of(record: Record, guide: &Guide) -> Noted<Answer> {
        let bytes = record.bytes;
        let whole = record.headings.map(|n| {
            let name = &record.name;
            format!("{name} has {n} headings and is read as one story; --split-headings cuts it at them")
        });
        let answer = record.answer();
        let notes = whole.into_iter().chain(comments::notes(&answer, guide)).collect();
        Noted { what: answer, notes, bytes }
    }

    /// That it could not be critiqued.
    pub(in crate::cli) fn failed(self, error: CriticError) -> RecordError {
        RecordError::Critic { name: self.what.name, source: Box::new(error) }
    }
}

impl<T> Noted<T> {
    /// The same, with what came of it.
    pub(in crate::cli) fn map<U>(self, made: impl FnOnce(T) -> U) -> Noted<U> {
        Noted { what: made(self.what), notes: self.notes, bytes: self.bytes }
    }

    /// Counts it, and says what is to be said.
    pub(super) fn tell(self, progress: &Progress) -> T {
        progress.add(self.bytes);
        self.notes.iter().for_each(|note| progress.note(note));
        self.what
    }
}

/// What is kept of the stories, in the order of the records, and the bad records.
pub(in crate::cli) struct Gathered<T> {
    pub(in crate::cli) stories: Vec<T>,
    pub(in crate::cli) errors: Vec<RecordError>,
}

impl<T> Gathered<T> {
    pub(in crate::cli) fn new() -> Gathered<T> {
        Gathered { stories: Vec::new(), errors: Vec::new() }
    }

    /// Takes the next records.
    pub(in crate::cli) fn take(&mut self, chunk: Vec<Result<Noted<T>, RecordError>>, progress: &Progress) {
        for done in chunk {
            match done {
                Ok(done) => self.stories.push(done.tell(progress)),
                Err(error) => self.errors.push(error),
            }
        }
    }
}
