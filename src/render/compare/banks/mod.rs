//! How two versions of a bank are shown, by the formats of a comparison.
//!
//! May import: what `render::compare` may.

pub(super) mod html;
pub(super) mod json;
mod rows;
mod said;
pub(super) mod terminal;

#[cfg(test)]
mod tests;

use super::{Bank, Banks, Context};
use crate::bank::{Became, Delta, Turn};

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
