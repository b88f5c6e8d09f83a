//! A story bank: many stories in, what is said of each in their order, and what is said of them together.
//!
//! The way through it: [`open()`] (folders, files, JSON Lines, CSV to records, an error for each that can't be read) →
//! [`ordered()`] (spread over the cores, handed on in order) or [`in_turn()`] (one at a time) → [`Story`] (the little that
//! is kept of a report) → [`summary()`] (pure).
//!
//! Two versions of a bank: a [`Kept`] of each story, and [`delta()`] (pure).
//!
//! May import: `compare`, `critic`, `evidence`, `guide`, `model`, `report`, `text`.

mod alike;
mod delta;
mod folder;
mod init;
mod lines;
mod names;
mod open;
mod ordered;
mod record;
mod story;
mod summary;
mod table;

pub use alike::{SAME_EPISODE, Words};
pub use delta::{Alone, Became, By, Delta, Gain, Kept, Moved, Pair, Side, Turn, Whole, delta};
pub use folder::is_called_story;
pub use init::{InitError, init};
pub use names::Names;
pub use open::{
    Records, by_name, find, holder, is_bank, is_several, open, open_those, pick, piped, read, size,
};
pub use ordered::{in_turn, ordered};
pub use record::{Fields, LineError, Named, Reading, Record, RecordError, relative};
pub use story::{Lack, Note, Point, Standing, Story};
pub use summary::{Asked, Covered, Episode, Link, Served, Serves, Summary, Weak, summary};
