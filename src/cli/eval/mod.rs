//! `candor eval`: accuracy on annotated answers, with the whole of the program.

mod json;
mod terminal;

use std::io::Write;
use std::time::Instant;

use anyhow::Result;

use super::Outcome;
use super::args::{EvalArgs, EvalFormat};
use super::output::Sink;
use super::settings::load_guide;
use crate::critic::Critic;
use crate::eval::{self, Figures};
use crate::model::encoder::Embedded;

/// Runs the command.
pub(super) fn run(args: &EvalArgs) -> Result<Outcome> {
    let mut examples = Vec::new();
    for file in &args.files {
        examples.extend(eval::read(file)?);
    }
    let model = match &args.model {
        Some(folder) => Embedded::read(folder)?,
        None => Embedded::load()?,
    };
    let critic = Critic::new(Box::new(model), load_guide(None)?);
    let mut figures = Figures::default();
    let started = Instant::now();
    for example in &examples {
        eval::measure(&critic, example, &mut figures)?;
    }
    figures.seconds = started.elapsed().as_secs_f64();
    let mut out = Sink::standard();
    match args.format {
        EvalFormat::Json => writeln!(out, "{:#}", json::figures(&figures, &critic.model()))?,
        EvalFormat::Terminal => terminal::write(&mut out, &figures)?,
    }
    out.finish()?;
    Ok(Outcome::Clean)
}
