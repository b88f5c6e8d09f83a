//! `candor bank`: many stories, critiqued on all cores or, with a language model, one after the other, and what they come
//! to.

mod args;
mod cost;
mod gathered;
mod progress;
mod resume;
mod sources;
mod stream;
mod whole;

use std::io::Write;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicU64, Ordering};

use anyhow::{Result, bail};

pub(super) use args::BankArgs;
pub(super) use gathered::{Gathered, Noted};
pub(super) use progress::Progress;

use super::Outcome;
use super::input::is_stdin;
use super::interrupt;
use super::llm::{self, Ask, Opened};
use super::output::{self, Sink};
use super::reader::Reader;
use super::settings::{Settings, load_guide};
use super::threads::{self, Share};
use crate::bank::{self, Record, RecordError, Records};
use crate::critic::{CriticError, Selection};
use crate::guide::Guide;
use crate::model::encoder::Embedded;
use crate::render::Context;
use crate::render::bank::How;
use crate::report::{Report, Severity};
use crate::text::Answer;
use cost::Cost;
use resume::Begun;
use sources::Sources;

/// Runs the command.
pub(super) fn run(args: &BankArgs) -> Result<Outcome> {
    let settings = Settings::find(&args.config, &args.llm, &location(args))?.choosing(&args.mistakes);
    let guide = load_guide(args.guide.as_deref().or(settings.guide.as_deref()))?;
    if let Some(folder) = &args.init {
        return init(folder, &guide);
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
        sources: Sources::of(args),
        reader: Reader::new(Box::new(encoder), guide, opened.as_ref())?,
        selection,
        min_level: args.min_level.unwrap_or(settings.min_level),
        wordless: AtomicU64::new(0),
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
    sources: Sources<'a>,
    reader: Reader,
    selection: Selection,
    min_level: Severity,
    /// Stories of whose critique in words a part became too long.
    wordless: AtomicU64,
}

/// How many records there were.
#[derive(Clone, Copy, Debug, Default)]
struct Count {
    good: u64,
    bad: u64,
}

impl Count {
    fn all(self) -> u64 {
        self.good + self.bad
    }
}

impl Run<'_> {
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

    /// Critiques a record and keeps of that what is wanted; none where it was stopped before all was said of it.
    fn critique<T>(
        &self,
        record: Result<Record, RecordError>,
        keep: impl FnOnce(&Answer, &Report) -> T,
    ) -> Option<Result<Noted<T>, RecordError>> {
        let critic = &self.reader.critic;
        let mut noted = match record {
            Ok(record) => Noted::of(record, critic.guide()),
            Err(error) => return Some(Err(error)),
        };
        let report = match self.report(&mut noted.what) {
            Ok(report) => report,
            Err(error) => return Some(Err(noted.failed(error))),
        };
        let whole = report.words.as_ref().is_some_and(|words| words.unfinished == 0);
        if !whole && critic.writes(&report) {
            if interrupt::stopped() {
                return None;
            }
            self.wordless.fetch_add(1, Ordering::SeqCst);
        }
        Some(Ok(noted.map(|answer| keep(&answer, &report))))
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

    /// How it ended, and what is worth knowing of that; `told` is whether an output says what could not be read.
    fn outcome(&self, count: Count, complete: bool, told: bool) -> Outcome {
        let all = count.all();
        if count.bad > 0 && told {
            self.note(&format!("{} of {all} records could not be read; the output says why", count.bad));
        }
        let wordless = self.wordless.load(Ordering::SeqCst);
        if wordless > 0 {
            self.note(&format!("of the words on {wordless} of them a part became too long and is left out"));
        }
        if let Some(twice) = self.sources.named_twice() {
            self.note(&twice);
        }
        if complete && count.good == 0 {
            let nothing = if all == 0 { "there is no record in" } else { "nothing could be read in" };
            output::error(&anyhow::anyhow!("{nothing} {}", self.sources.names()));
        }
        // what was named was not done, whatever else was
        let named = self.sources.lacks_one();
        let failed = !complete || count.good == 0 || named || (self.args.strict && count.bad > 0);
        if failed { Outcome::Failed } else { Outcome::Clean }
    }

    /// Says something worth knowing, unless nobody wants that.
    fn note(&self, text: &str) {
        if !self.args.quiet {
            output::note(text);
        }
    }

    /// The file to write to, unless standard output is meant.
    fn file(&self) -> Option<&Path> {
        output::to_file(self.args.output.as_deref())
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
    let Some(output) = output.and_then(absolute) else { return Ok(()) };
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
fn absolute(path: &Path) -> Option<PathBuf> {
    let folder = || path.parent().filter(|p| !p.as_os_str().is_empty()).unwrap_or(Path::new("."));
    path.canonicalize().ok().or_else(|| Some(folder().canonicalize().ok()?.join(path.file_name()?)))
}

/// Writes a bank to fill in.
fn init(folder: &Path, guide: &Guide) -> Result<Outcome> {
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
