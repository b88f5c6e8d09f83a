//! candor: an offline critic of written interview answers.

pub mod detect;
pub mod evidence;
pub mod guide;
pub mod report;
pub mod score;
pub mod text;
pub mod wording;
