//! `candor compare`: two versions of an answer are read and critiqued, then compared.

mod args;
mod revision;

use anyhow::{Context as _, Result};

use super::Outcome;
use super::args::LlmArgs;
use super::output::{self, Sink};
use super::settings::{Settings, load_guide};
use crate::compare::{Noise, Side, compare};
use crate::critic::{Critic, Selection};
use crate::model::encoder::Embedded;
use crate::render::compare::{ALL, Compared, Setting};
use crate::report::Report;
use crate::text::{self, Answer};

pub(super) use args::CompareArgs;

/// Runs the command.
pub(super) fn run(args: &CompareArgs) -> Result<Outcome> {
    let file = args.new.as_deref().unwrap_or(&args.old);
    let answers = [Some(args.old.as_path()), args.new.as_deref()];
    output::refuse_to_overwrite(args.output.as_deref(), answers.into_iter().flatten())?;
    let settings = Settings::find(&args.config, &LlmArgs::default(), file)?.choosing(&args.mistakes);
    let guide = load_guide(args.guide.as_deref().or(settings.guide.as_deref()))?;
    let selection = Selection::new(&guide, &settings.select, &settings.ignore)?;
    let noise = Noise::measured()?;
    let mut old = match &args.git {
        Some(revision) => revision::read(revision, file)?,
        None => text::read_file(&args.old)?,
    };
    let mut new = text::read_file(file)?;
    let model = match &args.model {
        Some(folder) => Embedded::read(folder)?,
        None => Embedded::load()?,
    };
    let critic = Critic::new(Box::new(model), guide);
    let reports = [&mut old, &mut new].map(|answer| critique(&critic, answer, &selection, args));
    let [old_report, new_report] = reports;
    let old = Side { answer: &old, report: &old_report? };
    let new = Side { answer: &new, report: &new_report? };
    let delta =
        compare(old, new, &noise, |texts| critic.embed(texts)).context("cannot compare the sentences")?;
    let mut sink = Sink::new(args.output.as_deref());
    let setting = Setting {
        guide: critic.guide(),
        model: &critic.model(),
        color: sink.color(args.color.unwrap_or(settings.color)),
        width: sink.width(),
        min_level: args.min_level.unwrap_or(settings.min_level),
        quiet: args.quiet,
    };
    let compared = Compared { old, new, delta: &delta, noise: &noise };
    (args.format.unwrap_or(&ALL[0]).write)(&compared, &setting, &mut sink)?;
    sink.finish()?;
    Ok(if args.fail_if_worse && delta.is_worse() { Outcome::Found } else { Outcome::Clean })
}

fn critique(
    critic: &Critic,
    answer: &mut Answer,
    selection: &Selection,
    args: &CompareArgs,
) -> Result<Report> {
    if let Some(question) = &args.question {
        answer.question = Some(question.trim().to_owned()).filter(|q| !q.is_empty());
    }
    critic.critique(answer, selection).with_context(|| format!("cannot critique {}", answer.name))
}
