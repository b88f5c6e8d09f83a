//! `candor bank`: many stories, critiqued on all cores or, with a language model, one after the other, and what they come
//! to.

mod args;
mod cost;
mod gathered;
mod progress;
mod resume;
mod stream;
mod whole;

use std::cell::RefCell;
use std::collections::HashSet;
use std::io::{self, Write};
use std::path::{Path, PathBuf};
use std::rc::Rc;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};

use anyhow::{Result, bail};

pub(super) use args::BankArgs;
pub(super) use gathered::{Done, Gathered, Known};
pub(super) use progress::Progress;

use super::Outcome;
use super::input::is_stdin;
use super::interrupt;
use super::llm::{self, Ask, Opened};
use super::output::{self, Sink};
use super::reader::Reader;
use super::settings::{Settings, load_guide};
use super::threads::{self, Share};
use crate::bank::{self, Reading, Record, RecordError, Records};
use crate::critic::{CriticError, Selection};
use crate::guide::Guide;
use crate::model::encoder::Embedded;
use crate::render::Context;
use crate::render::bank::How;
use crate::report::{Report, Severity};
use crate::text::Answer;
use cost::Cost;
use resume::Begun;

/// Runs the command.
pub(super) fn run(args: &BankArgs) -> Result<Outcome> {
    let settings = Settings::find(&args.config, &args.llm, &location(args))?.choosing(&args.mistakes);
    let guide = load_guide(args.guide.as_deref().or(settings.guide.as_deref()))?;
    if let Some(folder) = &args.init {
        return begin(folder, &guide);
    }
    if args.resume && output::to_file(args.output.as_deref()).is_none() {
        bail!("--resume goes on with a file, and -o names standard output");
    }
    if args.resume && matches!(args.format.how, How::Whole(_)) {
        bail!("--resume goes on with jsonl and csv; {} is written at the end", args.format.id);
    }
    refuse_to_overwrite(args.output.as_deref(), args.paths.iter().map(PathBuf::as_path))?;
    output::refuse_to_overwrite(args.output.as_deref(), settings.files(args.guide.as_deref()))?;
    llm::refuse_ids(&args.llm, args.paths.iter().map(PathBuf::as_path))?;
    let selection = Selection::new(&guide, &settings.select, &settings.ignore)?;
    let ask = needed(settings.ask, args);
    threads::set(args.threads, if ask.is_some() { Share::Model } else { Share::Stories })?;
    let opened = ask.as_ref().map(Opened::open).transpose()?;
    let encoder = Embedded::load()?.remembering(args.cache.open());
    let run = Run {
        args,
        selection,
        reader: Reader::new(Box::new(encoder), guide, opened.as_ref())?,
        wordless: AtomicU64::new(0),
        named: AtomicBool::new(false),
        twice: AtomicU64::new(0),
        min_level: args.min_level.unwrap_or(settings.min_level),
        reading: args.records.reading(),
    };
    match &args.format.how {
        How::Whole(write) => whole::run(&run, args.color.unwrap_or(settings.color), *write),
        How::Stream(stream) => stream::run(&run, stream),
    }
}

/// What is to be asked of a language model: words only where the format shows them.
fn needed(ask: Option<Ask>, args: &BankArgs) -> Option<Ask> {
    let shown = matches!(&args.format.how, How::Stream(stream) if stream.words);
    let ask = if shown { ask.map(|ask| ask.writing(&args.words)) } else { ask };
    Ask::needed(ask, &args.llm, args.quiet)
}

/// What every record of a run is critiqued with.
struct Run<'a> {
    args: &'a BankArgs,
    reader: Reader,
    selection: Selection,
    min_level: Severity,
    reading: Reading,
    /// Stories of whose critique in words a part became too long.
    wordless: AtomicU64,
    /// Whether something that an argument names could not be read.
    named: AtomicBool,
    /// Files that several arguments name, each as often as it was passed over.
    twice: AtomicU64,
}

/// How many records there were.
#[derive(Clone, Copy, Debug, Default)]
struct Count {
    good: u64,
    bad: u64,
}

impl Run<'_> {
    /// All records, in the order of the paths. A file that several of them name is read once.
    fn records(&self) -> Records<'_> {
        let name = self.stdin_name();
        let seen = Rc::new(RefCell::new(HashSet::new()));
        Records::chain(self.args.paths.iter().map(move |path| {
            let (records, called) = if is_stdin(path) {
                (bank::piped(io::stdin().lock(), name, &self.reading), name)
            } else {
                let seen = Rc::clone(&seen);
                let new = move |file: &Path| {
                    let new = file.canonicalize().map_or(true, |whole| seen.borrow_mut().insert(whole));
                    self.twice.fetch_add(u64::from(!new), Ordering::SeqCst);
                    new
                };
                // one path names no file twice
                let all = self.args.paths.len() == 1;
                (bank::open_those(path, &self.reading, move |file| all || new(file)), path.as_path())
            };
            let names = [Some(called), bank::holder(called)].map(|p| p.map(|p| p.display().to_string()));
            records.watched(move |found| {
                // about what an argument names, not about something in it
                if found.as_ref().is_err_and(|e| names.iter().flatten().any(|name| name == e.name())) {
                    self.named.store(true, Ordering::SeqCst);
                }
            })
        }))
    }

    fn stdin_name(&self) -> &Path {
        self.args.stdin_filename.as_deref().unwrap_or(Path::new("-"))
    }

    /// What standard input was called, where it was read.
    fn piped(&self) -> Option<String> {
        self.args.paths.iter().any(|path| is_stdin(path)).then(|| self.stdin_name().display().to_string())
    }

    /// Puts every record through `each` and hands the results to `take` in their order. Whether all were taken.
    fn all<T: Send>(
        &self,
        records: &mut Records<'_>,
        begun: &Begun,
        each: &(dyn Fn(Result<Record, RecordError>) -> Option<T> + Sync),
        take: &mut dyn FnMut(Vec<T>, &Progress) -> Result<()>,
    ) -> Result<bool> {
        let cost = self.reader.second.as_ref().map(|second| Cost::begin(self, second, begun)).transpose()?;
        let progress = Progress::new(&self.args.paths, self.args.quiet);
        if begun.input > 0 {
            progress.skip(begun.input);
        }
        let told = cost.is_some() && !self.args.quiet;
        interrupt::listen(move || {
            if told && !interrupt::stopped() {
                output::note("stopping once this story is judged; Ctrl-C again stops at once");
            }
            true
        })?;
        let mut take = |done| take(done, &progress);
        let complete = match cost {
            None => bank::ordered(records, each, &interrupt::STOP, &mut take),
            Some(mut cost) => {
                let mut each = |record| cost.timed(&progress, || each(record));
                bank::in_turn(records, &mut each, &interrupt::STOP, &mut take)
            }
        };
        progress.end();
        complete
    }

    /// None where a story was stopped before all was said of it.
    fn critique(&self, record: Record) -> Option<Result<(Answer, Report), RecordError>> {
        let mut answer = record.answer();
        let report = match self.report(&mut answer) {
            Ok(report) => report,
            Err(error) => {
                return Some(Err(RecordError::Critic { name: answer.name, source: Box::new(error) }));
            }
        };
        let whole = report.words.as_ref().is_some_and(|words| words.unfinished == 0);
        if !whole && self.reader.critic.writes(&report) {
            if interrupt::stopped() {
                return None;
            }
            self.wordless.fetch_add(1, Ordering::SeqCst);
        }
        Some(Ok((answer, report)))
    }

    fn report(&self, answer: &mut Answer) -> Result<Report, CriticError> {
        let critic = &self.reader.critic;
        let mut report = critic.critique(answer, &self.selection)?;
        report.words = critic.words(answer, &report, &mut |_| interrupt::goes_on())?;
        Ok(report)
    }

    fn context(&self, color: bool, width: usize) -> Context<'_> {
        Context {
            guide: self.reader.critic.guide(),
            guide_file: self.args.guide.as_deref(),
            model: &self.reader.model,
            second: self.reader.second.as_ref(),
            color,
            width,
            explain_score: false,
            min_level: self.min_level,
            quiet: self.args.quiet,
        }
    }

    /// How it ended, and what is worth knowing of that.
    /// `told`: whether an output says what could not be read.
    fn outcome(&self, count: Count, complete: bool, told: bool) -> Outcome {
        let all = count.good + count.bad;
        if !self.args.quiet && count.bad > 0 && told {
            output::note(&format!("{} of {all} records could not be read; the output says why", count.bad));
        }
        let wordless = self.wordless.load(Ordering::SeqCst);
        if !self.args.quiet && wordless > 0 {
            output::note(&format!(
                "of the words on {wordless} of them a part became too long and is left out"
            ));
        }
        let twice = self.twice.load(Ordering::SeqCst);
        if !self.args.quiet && twice > 0 {
            let files = if twice == 1 { "a file was" } else { "files were" };
            output::note(&format!("{files} named more than once and read once (left out: {twice})"));
        }
        if complete && all == 0 {
            output::error(&anyhow::anyhow!("there is no record in {}", self.names()));
        } else if complete && count.good == 0 {
            output::error(&anyhow::anyhow!("nothing could be read in {}", self.names()));
        }
        // what was named was not done, whatever else was
        let named = self.named.load(Ordering::SeqCst);
        let failed = !complete || count.good == 0 || named || (self.args.strict && count.bad > 0);
        if failed { Outcome::Failed } else { Outcome::Clean }
    }

    /// The file to write to, unless standard output is meant.
    fn file(&self) -> Option<&Path> {
        output::to_file(self.args.output.as_deref())
    }

    fn names(&self) -> String {
        let names: Vec<String> = self.args.paths.iter().map(|p| p.display().to_string()).collect();
        names.join(", ")
    }
}

/// The path from which the config is looked for.
fn location(args: &BankArgs) -> PathBuf {
    let first = args.init.as_deref().or(args.paths.first().map(PathBuf::as_path)).unwrap_or(Path::new("-"));
    match &args.stdin_filename {
        Some(name) if is_stdin(first) => name.clone(),
        _ if first.is_dir() => first.join("-"),
        _ => first.to_path_buf(),
    }
}

/// A story may be the only copy that there is: `-o` never replaces one.
pub(super) fn refuse_to_overwrite<'a>(
    output: Option<&Path>,
    mut paths: impl Iterator<Item = &'a Path>,
) -> Result<()> {
    let Some(output) = output.and_then(whole) else { return Ok(()) };
    let story = bank::is_called_story(&output);
    let holds = |path: &&Path| {
        let read = bank::holder(path).unwrap_or(path).canonicalize().ok();
        read.is_some_and(|p| p == output && p.is_file() || (p.is_dir() && story && output.starts_with(p)))
    };
    match paths.find(holds) {
        Some(path) => {
            let (output, path) = (output.display(), path.display());
            bail!("-o {output} is one of the stories of {path}, or would be read as one; name another file")
        }
        None => Ok(()),
    }
}

/// The path from the root of a file that is there, or in a folder that is.
fn whole(path: &Path) -> Option<PathBuf> {
    let folder = || path.parent().filter(|p| !p.as_os_str().is_empty()).unwrap_or(Path::new("."));
    path.canonicalize().ok().or_else(|| Some(folder().canonicalize().ok()?.join(path.file_name()?)))
}

/// Writes a bank to fill in.
fn begin(folder: &Path, guide: &Guide) -> Result<Outcome> {
    let mut out = Sink::standard();
    for (path, written) in bank::init(folder, guide)? {
        if written {
            writeln!(out, "{}", crate::render::escape(&path.display().to_string()))?;
        } else {
            output::note(&format!("{} is there already and left as it is", path.display()));
        }
    }
    out.finish()?;
    let folder = crate::render::argument(&folder.display().to_string());
    output::note(&format!("fill them in, then run `candor bank {folder}`"));
    Ok(Outcome::Clean)
}

#[cfg(test)]
mod tests {
    use clap::Parser;

    use super::*;
    use crate::judge::Engine;

    #[derive(Debug, Parser)]
    struct Line {
        #[command(flatten)]
        args: BankArgs,
    }

    #[test]
    fn words_are_written_where_the_format_shows_them() {
        let asked = |options: &[&str]| {
            let args = Line::try_parse_from([&["bank", ".", "--llm"], options].concat()).unwrap().args;
            needed(Ask::of(&args.llm, None, None), &args).map(|ask| (ask.engine, ask.words, ask.seed))
        };
        for format in crate::render::bank::ALL {
            let words = format.id == "jsonl";
            let of = |more: &[&str]| asked(&[&["--format", format.id, "--seed", "3"], more].concat());
            assert_eq!(of(&[]), Some((Engine::Both, words, words.then_some(3))), "{}", format.id);
            assert_eq!(of(&["--no-words"]).map(|a| a.1), Some(false));
            let only = of(&["--engine", "encoder"]);
            assert_eq!(only.is_some(), words, "{}: what is there to be asked?", format.id);
        }
    }
}
