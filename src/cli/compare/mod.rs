//! `candor compare`: two versions of an answer, or of a bank of them, are read and critiqued, then compared.

mod args;
mod banks;
mod blobs;
mod left_out;
mod revision;

use std::io;
use std::path::{Path, PathBuf};

use anyhow::{Context as _, Result, bail};

use super::Outcome;
use super::comments;
use super::input;
use super::llm::{self, Ask, Opened};
use super::output::{self, Sink};
use super::reader::Reader;
use super::settings::{Settings, load_guide};
use super::threads::{self, Share};
use crate::bank;
use crate::compare::{Noise, Side, compare};
use crate::critic::{CriticError, Selection};
use crate::model::cache::Cache;
use crate::model::encoder::Embedded;
use crate::render::Context;
use crate::render::compare::{ALL, Compared, Renderer};
use crate::report::Report;
use crate::text::Answer;
use revision::Revision;

pub(super) use args::CompareArgs;

/// Runs the command.
pub(super) fn run(args: &CompareArgs) -> Result<Outcome> {
    let (file, reading) = (args.newer(), args.records.reading());
    llm::refuse_ids(&args.llm, [args.old.as_path(), file].into_iter())?;
    if args.threads.is_some() {
        // before anything is read: to set their number may start the process anew
        let asks = Settings::find(&args.config, &args.llm, &location(file))?.ask.is_some();
        threads::set(args.threads, if asks { Share::Model } else { Share::Stories })?;
    }
    if [args.old.as_path(), file].into_iter().any(bank::is_bank) {
        return banks::run(args, &reading);
    }
    let answers = [Some(args.old.as_path()), args.new.as_deref()];
    output::refuse_to_overwrite(args.output.as_deref(), answers.into_iter().flatten())?;
    let mut new = input::answer(file, file, &reading.fields)?;
    let mut old = match &args.git {
        // by the whole name, so that both are the same story
        Some(revision) => Revision::find(revision, bank::holder(file).unwrap_or(file))?
            .answer(Path::new(&new.name), &reading.fields)?,
        None => input::answer(&args.old, &args.old, &reading.fields)?,
    };
    let several = |answer: &Answer, path: &Path| {
        !input::is_stdin(path) && bank::is_several(&answer.source, path, &reading)
    };
    if several(&old, &args.old) || several(&new, file) {
        if [&args.old, file].into_iter().any(input::is_stdin) {
            bail!("standard input is one answer, and the other holds several; name one of them as FILE#ID");
        }
        return banks::run(args, &reading);
    }
    let run = Run::new(args, file, None)?;
    let reports = [&mut old, &mut new]
        .map(|answer| run.critique(answer).with_context(|| format!("cannot critique {}", answer.name)));
    let [old_report, new_report] = reports;
    let old = Side { answer: &old, report: &old_report? };
    let new = Side { answer: &new, report: &new_report? };
    let delta = compare(old, new, &run.noise, |texts| run.reader.critic.embed(texts))
        .context("cannot compare the sentences")?;
    // what came through a pipe is gone
    let critique = args.critique().filter(|_| !input::is_stdin(file));
    let compared = Compared { old, new, delta: &delta, noise: &run.noise, critique: critique.as_deref() };
    run.write(|renderer, context, sink| (renderer.write)(&compared, context, sink))?.finish()?;
    if !args.quiet {
        let unheard = [old, new].map(|side| comments::notes(side.answer, run.reader.critic.guide()));
        unheard.iter().flatten().for_each(|note| output::note(note));
    }
    Ok(if args.fail_if_worse && delta.is_worse() { Outcome::Found } else { Outcome::Clean })
}

/// The path from which the config of a new version is looked for.
fn location(new: &Path) -> PathBuf {
    if new.is_dir() { new.join("-") } else { new.to_path_buf() }
}

/// What both versions are critiqued and shown with.
struct Run<'a> {
    args: &'a CompareArgs,
    settings: Settings,
    selection: Selection,
    noise: Noise,
    reader: Reader,
}

impl<'a> Run<'a> {
    /// With the settings for an answer at this path.
    fn new(args: &'a CompareArgs, path: &Path, cache: Option<Cache>) -> Result<Run<'a>> {
        let settings = Settings::find(&args.config, &args.llm, path)?.choosing(&args.mistakes);
        output::refuse_to_overwrite(args.output.as_deref(), settings.files(args.guide.as_deref()))?;
        let guide = load_guide(args.guide.as_deref().or(settings.guide.as_deref()))?;
        let selection = Selection::new(&guide, &settings.select, &settings.ignore)?;
        let encoder = match &args.model {
            Some(folder) => Embedded::read(folder)?,
            None => Embedded::load()?,
        };
        // A comparison shows no words.
        let ask = Ask::needed(settings.ask.clone(), &args.llm, args.quiet);
        let opened = ask.as_ref().map(Opened::open).transpose()?;
        let reader = Reader::new(Box::new(encoder.remembering(cache)), guide, opened.as_ref())?;
        Ok(Run { args, settings, selection, noise: Noise::measured()?, reader })
    }

    fn critique(&self, answer: &mut Answer) -> Result<Report, CriticError> {
        if let Some(question) = &self.args.question {
            answer.question = Some(question.trim().to_owned()).filter(|q| !q.is_empty());
        }
        self.reader.critic.critique(answer, &self.selection)
    }

    /// Writes with the format that was asked for, to where it was asked for; the caller says whether that replaces a file.
    fn write(
        &self,
        write: impl FnOnce(&Renderer, &Context<'_>, &mut Sink) -> io::Result<()>,
    ) -> Result<Sink> {
        let mut sink = Sink::new(self.args.output.as_deref());
        let context = Context {
            guide: self.reader.critic.guide(),
            guide_file: self.args.guide.as_deref(),
            model: &self.reader.model,
            second: self.reader.second.as_ref(),
            color: sink.color(self.args.color.unwrap_or(self.settings.color)),
            width: sink.width(),
            explain_score: false,
            min_level: self.args.min_level.unwrap_or(self.settings.min_level),
            quiet: self.args.quiet,
        };
        write(self.args.format.unwrap_or(&ALL[0]), &context, &mut sink)?;
        Ok(sink)
    }
}
