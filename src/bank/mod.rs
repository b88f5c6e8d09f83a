//! A story bank: many stories in, what is said of each in their order, and what is said of them together.
//!
//! The way through it: [`open()`] (folders, files, JSON Lines, CSV to records, an error for each that can't be read) →
//! [`ordered()`] (spread over the cores, handed on in order) → [`Story`] (the little that is kept of a report) →
//! [`summary()`] (pure).
//!
//! May import: `critic`, `evidence`, `guide`, `model`, `report`, `text`.

mod alike;
mod folder;
mod init;
mod lines;
mod open;
mod ordered;
mod record;
mod story;
mod summary;
mod table;

pub use alike::{SAME_EPISODE, Words};
pub use init::{InitError, init};
pub use open::{Records, open, read, size};
pub use ordered::ordered;
pub use record::{Fields, Reading, Record, RecordError};
pub use story::{Note, Point, Story};
pub use summary::{Asked, Covered, Episode, Link, Served, Serves, Summary, Weak, summary};
