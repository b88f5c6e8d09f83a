//! candor: an offline critic of written interview answers.

pub mod bank;
#[doc(hidden)]
pub mod cli;
pub mod compare;
pub mod critic;
pub mod detect;
pub mod eval;
pub mod evidence;
pub mod guide;
pub mod judge;
pub mod model;
pub mod render;
pub mod report;
pub mod score;
pub mod text;
pub mod wording;
