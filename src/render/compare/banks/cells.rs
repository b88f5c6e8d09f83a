//! What a table of the stories of two banks has of each, for every format for people; not escaped.

use super::{Context, Row, shown, turn};
use crate::bank::Turn;

/// A row of the table.
pub(super) struct Cells<'a> {
    /// Its place in the new bank, from 0, if it is in that.
    pub(super) place: Option<usize>,
    /// What became of it, in words.
    pub(super) became: &'static str,
    /// Where that stands among the others that can become of a story.
    pub(super) rank: usize,
    /// The level before and now; of a story of one bank twice the one that it has.
    pub(super) level: [Option<u8>; 2],
    /// The score, likewise.
    pub(super) score: [Option<u8>; 2],
    /// How many findings are fixed, and how many new; none where one of two versions has no score.
    pub(super) findings: Option<[usize; 2]>,
    /// What it is called.
    pub(super) name: &'a str,
    /// What it was called, where that is another name.
    pub(super) before: Option<&'a str>,
}

impl<'a> Cells<'a> {
    /// Of a story of either bank.
    pub(super) fn of(row: &Row<'a>, context: &Context<'_>) -> Cells<'a> {
        let (place, rank, became) = match row {
            Row::Pair(p) if p.turn == Turn::WithinNoise && p.same => {
                (Some(p.place), p.turn as usize, "unchanged")
            }
            Row::Pair(p) => (Some(p.place), p.turn as usize, turn(p.turn).1),
            Row::Added(a) if a.unread => (Some(a.place), Turn::ALL.len(), "unread before"),
            Row::Added(a) => (Some(a.place), Turn::ALL.len(), "new"),
            Row::Gone(a) if a.unread => (None, Turn::ALL.len(), "unread now"),
            Row::Gone(_) => (None, Turn::ALL.len(), "taken out"),
        };
        let (old, new) = match row {
            Row::Pair(p) => (p.old, p.new),
            Row::Added(a) | Row::Gone(a) => (a.story, a.story),
        };
        let findings = match row {
            Row::Pair(p) if !p.parts.is_empty() => {
                Some([&p.fixed, &p.found].map(|ids| shown(ids, context).len()))
            }
            _ => None,
        };
        Cells {
            place,
            became,
            rank,
            level: [old.level, new.level],
            score: [old.score, new.score],
            findings,
            name: &new.label,
            before: (old.label != new.label).then_some(old.label.as_str()),
        }
    }
}

/// "3 to 4", or "3" of what stayed; with what stands for none.
pub(super) fn from_to([old, new]: [Option<u8>; 2], none: &str) -> String {
    let number = |n: Option<u8>| n.map_or(none.to_owned(), |n| n.to_string());
    if old == new { number(new) } else { format!("{} to {}", number(old), number(new)) }
}
