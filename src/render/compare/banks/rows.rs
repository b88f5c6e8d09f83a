//! The stories of two banks in the order of a table, and what every format for people has there of each; not escaped.

use super::{shown, turn};
use crate::bank::{Alone, Delta, Gain, Kept, Pair, Turn};
use crate::render::Context;

/// A story of either bank.
#[derive(Clone, Copy)]
pub(super) enum Row<'a> {
    Pair(&'a Pair<'a>),
    Added(&'a Alone<'a>),
    Gone(&'a Alone<'a>),
}

/// Every story once: those of the new bank in its order, then those that only the old one has.
pub(super) fn rows<'a>(delta: &'a Delta<'a>) -> Vec<Row<'a>> {
    let mut rows: Vec<Row<'a>> = delta.pairs.iter().map(Row::Pair).collect();
    rows.extend(delta.added.iter().map(Row::Added));
    rows.sort_by_key(Row::place);
    rows.extend(delta.gone.iter().map(Row::Gone));
    rows
}

impl<'a> Row<'a> {
    /// Its place in the new bank, from 0, if it is in that.
    pub(super) fn place(&self) -> Option<usize> {
        match self {
            Row::Pair(pair) => Some(pair.place),
            Row::Added(alone) => Some(alone.place),
            Row::Gone(_) => None,
        }
    }

    /// As it was, and as it is; of a story of one bank twice that one.
    pub(super) fn versions(&self) -> [&'a Kept; 2] {
        match self {
            Row::Pair(pair) => [pair.old, pair.new],
            Row::Added(alone) | Row::Gone(alone) => [alone.story; 2],
        }
    }

    /// What became of it, in words, and before them where that stands among all that can become of a story.
    pub(super) fn became(&self) -> (usize, &'static str) {
        match self {
            Row::Pair(p) if p.turn == Turn::WithinNoise && p.same => (p.turn as usize, "unchanged"),
            Row::Pair(p) => (p.turn as usize, turn(p.turn).1),
            Row::Added(a) => (Turn::ALL.len(), if a.unread { "unread before" } else { "new" }),
            Row::Gone(a) => (Turn::ALL.len(), if a.unread { "unread now" } else { "taken out" }),
        }
    }

    /// What moved in it, if both versions have a score.
    pub(super) fn gain(&self) -> Option<&'a Gain<'a>> {
        match self {
            Row::Pair(pair) => pair.gain.as_ref(),
            _ => None,
        }
    }

    /// How many findings are fixed, and how many new, if both versions have a score.
    pub(super) fn findings(&self, context: &Context<'_>) -> Option<[usize; 2]> {
        self.gain().map(|gain| [&gain.fixed, &gain.found].map(|ids| shown(ids, context).len()))
    }

    /// What it is called within its bank.
    pub(super) fn label(&self) -> &'a str {
        &self.versions()[1].label
    }

    /// What it was called there, where that is another name.
    pub(super) fn before(&self) -> Option<&'a str> {
        let [old, new] = self.versions();
        (old.label != new.label).then_some(old.label.as_str())
    }

    /// The level as it was, and as it is.
    pub(super) fn levels(&self) -> [Option<u8>; 2] {
        self.versions().map(|story| story.standing.ok().map(|s| s.level))
    }

    /// The score as it was, and as it is.
    pub(super) fn scores(&self) -> [Option<u8>; 2] {
        self.versions().map(|story| story.standing.ok().map(|s| s.score))
    }
}

/// "3 to 4", or "3" of what stayed; with what stands for none.
pub(super) fn from_to([old, new]: [Option<u8>; 2], none: &str) -> String {
    let number = |n: Option<u8>| n.map_or(none.to_owned(), |n| n.to_string());
    if old == new { number(new) } else { format!("{} to {}", number(old), number(new)) }
}
