//! `candor critique`: each answer is read, critiqued and written before the next one.

use std::collections::BTreeMap;
use std::io::{self, Write};
use std::path::{Path, PathBuf};

use anyhow::{Context as _, Result, bail};

use super::Outcome;
use super::args::CritiqueArgs;
use super::comments;
use super::input::{self, is_stdin};
use super::interrupt;
use super::llm::{self, Ask, Opened};
use super::output::{self, Sink};
use super::reader::Reader;
use super::settings::{Settings, load_guide};
use super::threads::{self, Share};
use crate::bank::{self, Reading};
use crate::critic::{Critic, Selection};
use crate::model::encoder::Embedded;
use crate::render::{Context, One, Renderer, Shown, quoted};
use crate::report::Severity;
use crate::text::Answer;

/// Runs the command.
pub(super) fn run(args: &CritiqueArgs) -> Result<Outcome> {
    output::refuse_to_overwrite(args.output.as_deref(), args.files.iter().map(PathBuf::as_path))?;
    llm::refuse_ids(&args.llm, args.files.iter().map(PathBuf::as_path))?;
    let first = Settings::of(args, location(args, &args.files[0]))?;
    output::refuse_to_overwrite(args.output.as_deref(), first.files(None))?;
    threads::set(args.threads, if first.ask.is_some() { Share::Model } else { Share::Stories })?;
    let sink = Sink::new(args.output.as_deref());
    let mut run = Run {
        args,
        format: first.format,
        color: sink.color(first.color),
        width: sink.width(),
        sink,
        critics: BTreeMap::new(),
        ask: first.ask.clone(),
        opened: None,
        written: 0,
    };
    // A guide or an id that is wrong for the first answer is wrong for all: say so once.
    run.prepare(&first)?;
    run.sink.write_all((run.format.open)().as_bytes())?;
    let mut outcome = Outcome::Clean;
    for (i, file) in args.files.iter().enumerate() {
        match run.one(file) {
            Ok(true) if outcome == Outcome::Clean => outcome = Outcome::Found,
            Ok(_) => {}
            Err(error) if output::is_closed_pipe(&error) => return Err(error),
            Err(error) => {
                output::error(&error);
                outcome = Outcome::Failed;
            }
        }
        let left = args.files.len() - i - 1;
        if interrupt::stopped() && left > 0 {
            output::note(&format!("stopped; answers that are not read: {left}"));
            outcome = Outcome::Failed;
            break;
        }
    }
    run.sink.write_all(run.format.close.as_bytes())?;
    if run.written == 0 {
        run.sink.give_up()?
    } else {
        run.sink.finish()?
    }
    Ok(outcome)
}

/// The path that stands for an input when its config is looked for.
fn location<'a>(args: &'a CritiqueArgs, file: &'a Path) -> &'a Path {
    if is_stdin(file) { args.stdin_filename.as_deref().unwrap_or(Path::new("-")) } else { file }
}

/// What all answers of a run share.
struct Run<'a> {
    args: &'a CritiqueArgs,
    format: &'static Renderer,
    color: bool,
    width: usize,
    sink: Sink,
    /// By guide; nearly always one.
    critics: BTreeMap<Option<PathBuf>, Reader>,
    /// The language model that is asked, if one is.
    ask: Option<Ask>,
    /// The same, once it is needed.
    opened: Option<Opened>,
    written: usize,
}

impl Run<'_> {
    /// Critiques one answer; whether something at or above the fail level is shown.
    fn one(&mut self, file: &Path) -> Result<bool> {
        let settings = Settings::of(self.args, location(self.args, file))?;
        let mut answer = self.read(file)?;
        if let Some(question) = &self.args.question {
            answer.question = Some(question.trim().to_owned()).filter(|q| !q.is_empty());
        }
        let several = !is_stdin(file) && bank::is_several(&answer.source, file, &Reading::default());
        let (critic, select) = self.prepare(&settings)?;
        let name = answer.name.clone();
        let cannot = || format!("cannot critique {name}");
        let mut report = critic.critique(&mut answer, &select).with_context(cannot)?;
        let mut notes = comments::notes(&answer, critic.guide());
        if several {
            notes.push(format!(
                "{name} looks like several stories and is judged as one; `candor bank` reads each"
            ));
        }
        let writes = critic.writes(&report);
        let apart = self.format.words.filter(|_| writes);
        let number = self.written;
        if apart.is_some() {
            self.write(&Shown { answer: &answer, report: &report, number }, &settings)?;
        }
        if writes {
            let critic = &self.critics[&settings.guide].critic;
            report.words = llm::written(|each| critic.words(&answer, &report, each)).with_context(cannot)?;
            let left_out = match report.words.as_ref().map(|words| words.unfinished) {
                None => Some("the critique in words is left out".to_owned()),
                Some(0) => None,
                Some(1) => Some("a part of the critique in words is left out".to_owned()),
                Some(n) => Some(format!("{n} parts of the critique in words are left out")),
            };
            let why = if interrupt::stopped() { "it was stopped" } else { "it became too long" };
            notes.extend(left_out.map(|what| format!("{}: {what}: {why}", answer.name)));
        }
        let shown = Shown { answer: &answer, report: &report, number };
        match apart {
            Some(words) => self.add(words, &shown, &settings)?,
            None => self.write(&shown, &settings)?,
        }
        if !self.args.quiet {
            notes.iter().for_each(|note| output::note(note));
        }
        let counts = |s: Severity| s >= settings.fail_on && s >= settings.min_level;
        Ok(report.findings.iter().any(|f| counts(f.severity)))
    }

    fn read(&self, file: &Path) -> Result<Answer> {
        let called = location(self.args, file);
        if bank::is_bank(called) && (is_stdin(file) || file.is_file()) {
            let name = quoted(&called.display().to_string());
            if is_stdin(file) {
                bail!(
                    "{} holds records, an answer each; `candor bank - --stdin-filename {name}` reads them",
                    called.display()
                );
            }
            bail!(
                "{} holds records, an answer each; `candor bank {name}` reads them, and `candor critique {}` one of them",
                called.display(),
                quoted(&format!("{}#ID", called.display())),
            );
        }
        input::answer(file, called, &self.args.fields.fields())
    }

    /// The critic for a guide, loaded when it is first needed, and which mistakes it is to look for.
    fn prepare(&mut self, settings: &Settings) -> Result<(&Critic, Selection)> {
        if !self.critics.contains_key(&settings.guide) {
            let guide = load_guide(settings.guide.as_deref())?;
            // Before the model is loaded: wrong ids are told at once.
            Selection::new(&guide, &settings.select, &settings.ignore)?;
            if let (None, Some(ask)) = (&self.opened, &self.ask) {
                self.opened = Some(Opened::open(ask)?);
                llm::listen(self.args.files.len() > 1)?;
            }
            let reader = Reader::new(Box::new(Embedded::load()?), guide, self.opened.as_ref())?;
            self.critics.insert(settings.guide.clone(), reader);
        }
        let critic = &self.critics[&settings.guide].critic;
        let select = Selection::new(critic.guide(), &settings.select, &settings.ignore)?;
        Ok((critic, select))
    }

    fn write(&mut self, shown: &Shown<'_>, settings: &Settings) -> io::Result<()> {
        if self.written > 0 {
            self.sink.write_all(self.format.between.as_bytes())?;
        }
        self.written += 1;
        self.add(self.format.one, shown, settings)
    }

    /// Writes a part of what is said of an answer, to be seen at once.
    fn add(&mut self, part: One, shown: &Shown<'_>, settings: &Settings) -> io::Result<()> {
        let reader = &self.critics[&settings.guide];
        let context = Context {
            guide: reader.critic.guide(),
            guide_file: settings.guide.as_deref(),
            model: &reader.model,
            second: reader.second.as_ref(),
            color: self.color,
            width: self.width,
            explain_score: self.args.explain_score,
            min_level: settings.min_level,
            quiet: self.args.quiet,
        };
        part(shown, &context, &mut self.sink)?;
        self.sink.flush()
    }
}
