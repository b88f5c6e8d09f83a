//! `candor eval`: accuracy on annotated answers, with the whole of the program.

mod json;
mod terminal;

use std::io::Write;
use std::path::PathBuf;
use std::time::Instant;

use anyhow::{Result, bail};

use super::Outcome;
use super::args::{EvalArgs, EvalFormat};
use super::llm::{self, Ask, Opened};
use super::output::{self, Sink};
use super::reader::Reader;
use super::settings::load_guide;
use crate::critic::Critic;
use crate::eval::{self, Example, Figures, Fit};
use crate::judge::Calibration;
use crate::model::encoder::Embedded;

/// Runs the command.
pub(super) fn run(args: &EvalArgs) -> Result<Outcome> {
    llm::refuse_ids(&args.llm, args.files.iter().map(PathBuf::as_path))?;
    let mut examples = Vec::new();
    for file in &args.files {
        examples.extend(eval::read(file)?);
    }
    let model = match &args.model {
        Some(folder) => Embedded::read(folder)?,
        None => Embedded::load()?,
    };
    let opened = Ask::of(&args.llm, None, None).map(|ask| Opened::open(&ask)).transpose()?;
    let opened = if args.fit { opened.map(Opened::fitting) } else { opened };
    let mut critic = Reader::new(Box::new(model), load_guide(None)?, opened.as_ref())?.critic;
    let fitted = match &opened {
        Some(opened) if args.fit => Some(fit(&mut critic, opened, &examples)?),
        None if args.fit => bail!("--fit is about a language model: name it with --llm"),
        _ => None,
    };
    let mut figures = Figures::default();
    let started = Instant::now();
    for example in &examples {
        eval::measure(&critic, example, &mut figures)?;
    }
    figures.seconds = started.elapsed().as_secs_f64();
    let mut out = Sink::standard();
    match args.format {
        EvalFormat::Json => {
            let mut said = json::figures(&figures, &critic.model());
            said["llm"] = json::second(critic.second(), fitted.as_ref());
            writeln!(out, "{said:#}")?;
        }
        EvalFormat::Terminal => {
            terminal::write(&mut out, &figures)?;
            if let Some(fit) = &fitted {
                terminal::fit(&mut out, fit)?;
            }
        }
    }
    out.finish()?;
    Ok(Outcome::Clean)
}

/// Fits how much the language model weighs, keeps that beside the model, and goes on with it.
fn fit(critic: &mut Critic, opened: &Opened, examples: &[Example]) -> Result<Fit> {
    let encoder = critic.model().sha256;
    let answers = examples.iter().filter_map(|e| match e {
        Example::Answer(answer) => Some(answer),
        _ => None,
    });
    let fitted = eval::fit(critic, answers)?;
    if fitted.answers == 0 {
        bail!("there is no answer to fit on");
    }
    let Some(second) = critic.second_mut() else { bail!("no language model is asked") };
    second.pooling = fitted.pooling;
    let judge = std::sync::Arc::clone(&second.judge);
    let kept = Calibration::new(&judge, &encoder, critic.guide(), fitted.answers, fitted.pooling);
    kept.write(&opened.calibration)?;
    output::note(&format!("kept in {}", opened.calibration.display()));
    Ok(fitted)
}
