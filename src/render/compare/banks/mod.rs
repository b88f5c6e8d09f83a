//! How two versions of a bank are shown, by the formats of a comparison.
//!
//! May import: what `render::compare` may.

mod cells;
pub(super) mod html;
pub(super) mod json;
mod parts;
mod said;
pub(super) mod terminal;

#[cfg(test)]
mod tests;

use super::{Bank, Banks, Context};
use crate::bank::{Alone, Became, Delta, Pair, Turn};

/// What stands for what became of a story: an id for programs and words for people.
fn turn(turn: Turn) -> (&'static str, &'static str) {
    match turn {
        Turn::Better => ("better", "better"),
        Turn::Worse => ("worse", "worse"),
        Turn::WithinNoise => ("within_noise", "within noise"),
        Turn::Refused => ("refused", "no score now"),
        Turn::ToldNow => ("told_now", "told now"),
        Turn::Untold => ("untold", "no score"),
    }
}

/// A story of either bank.
#[derive(Clone, Copy)]
enum Row<'a> {
    Pair(&'a Pair<'a>),
    Added(&'a Alone<'a>),
    Gone(&'a Alone<'a>),
}

/// Every story once: those of the new bank in its order, then those that only the old one has.
fn rows<'a>(delta: &'a Delta<'a>) -> Vec<Row<'a>> {
    let mut rows: Vec<(usize, Row<'a>)> = delta.pairs.iter().map(|p| (p.place, Row::Pair(p))).collect();
    rows.extend(delta.added.iter().map(|a| (a.place, Row::Added(a))));
    rows.sort_by_key(|row| row.0);
    rows.into_iter().map(|row| row.1).chain(delta.gone.iter().map(Row::Gone)).collect()
}

/// Whether a mistake is severe enough to be shown; of one that the guide does not know nobody can say that it is not.
fn shows(id: &str, context: &Context<'_>) -> bool {
    context.guide.find_mistake(id).is_none_or(|m| context.shows(m.severity))
}

/// Those of the mistakes that are severe enough to be shown.
fn shown<'a>(ids: &[&'a str], context: &Context<'_>) -> Vec<&'a str> {
    ids.iter().copied().filter(|id| shows(id, context)).collect()
}

/// What became of the mistakes that are severe enough to be shown, over all pairs.
fn findings<'d, 'a>(delta: &'d Delta<'a>, context: &Context<'_>) -> Vec<&'d Became<'a>> {
    delta.findings.iter().filter(|f| shows(f.id, context)).collect()
}
