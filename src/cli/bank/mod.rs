//! `candor bank`: many stories, critiqued on all cores, and what they come to.

mod args;
mod progress;
mod resume;
mod stream;
mod threads;
mod whole;

use std::io::{self, Write};
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicBool, Ordering};

use anyhow::{Context as _, Result, bail};

pub(super) use args::BankArgs;

use super::Outcome;
use super::args::LlmArgs;
use super::output::{self, Sink};
use super::settings::{Settings, load_guide};
use crate::bank::{self, Fields, Reading, Record, RecordError, Records};
use crate::critic::{Critic, Selection};
use crate::guide::Guide;
use crate::model::ModelInfo;
use crate::model::cache::{self, Cache};
use crate::model::encoder::Embedded;
use crate::render::Context;
use crate::render::bank::How;
use crate::report::{Report, Severity};
use crate::text::Answer;

/// Set by Ctrl-C: no record is begun any more.
static STOP: AtomicBool = AtomicBool::new(false);
/// Exit code after a second Ctrl-C.
const INTERRUPTED: i32 = 130;

/// Runs the command.
pub(super) fn run(args: &BankArgs) -> Result<Outcome> {
    threads::set(args.threads)?;
    let settings =
        Settings::find(&args.config, &LlmArgs::default(), &location(args))?.choosing(&args.mistakes);
    let guide = load_guide(args.guide.as_deref().or(settings.guide.as_deref()))?;
    if let Some(folder) = &args.init {
        return begin(folder, &guide);
    }
    if args.resume && matches!(args.format.how, How::Whole(_)) {
        bail!("--resume goes on with jsonl and csv; {} is written at the end", args.format.id);
    }
    refuse_to_overwrite(args)?;
    let selection = Selection::new(&guide, &settings.select, &settings.ignore)?;
    listen()?;
    let cache = cache::default_root().filter(|_| !args.no_cache).map(Cache::new);
    let critic = Critic::new(Box::new(Embedded::load()?.remembering(cache)), guide);
    let run = Run {
        args,
        selection,
        model: critic.model(),
        critic,
        min_level: args.min_level.unwrap_or(settings.min_level),
        reading: Reading {
            fields: Fields {
                text: args.text_field.clone(),
                id: args.id_field.clone(),
                question: args.question_field.clone(),
            },
            split: args.split_headings,
        },
    };
    match &args.format.how {
        How::Whole(write) => whole::run(&run, args.color.unwrap_or(settings.color), *write),
        How::Stream(stream) => stream::run(&run, stream),
    }
}

/// What every record of a run is critiqued with.
struct Run<'a> {
    args: &'a BankArgs,
    critic: Critic,
    model: ModelInfo,
    selection: Selection,
    min_level: Severity,
    reading: Reading,
}

/// How many records there were.
#[derive(Clone, Copy, Debug, Default)]
struct Count {
    good: u64,
    bad: u64,
}

impl Run<'_> {
    /// All records, in the order of the paths.
    fn records(&self) -> Records<'_> {
        let name = self.args.stdin_filename.as_deref().unwrap_or(Path::new("-"));
        Box::new(self.args.paths.iter().flat_map(move |path| {
            if is_stdin(path) {
                bank::read(io::stdin().lock(), name, &self.reading)
            } else {
                bank::open(path, &self.reading)
            }
        }))
    }

    fn critique(&self, record: Record) -> Result<(Answer, Report), RecordError> {
        let mut answer = record.answer();
        match self.critic.critique(&mut answer, &self.selection) {
            Ok(report) => Ok((answer, report)),
            Err(error) => Err(RecordError::Critic { name: answer.name, source: Box::new(error) }),
        }
    }

    fn context(&self, color: bool, width: usize) -> Context<'_> {
        Context {
            guide: self.critic.guide(),
            model: &self.model,
            second: None,
            color,
            width,
            explain_score: false,
            min_level: self.min_level,
            quiet: self.args.quiet,
        }
    }

    /// How it ended, and what is worth knowing of that.
    fn outcome(&self, count: Count, complete: bool) -> Outcome {
        let all = count.good + count.bad;
        if !self.args.quiet && count.bad > 0 {
            output::note(&format!("{} of {all} records could not be read; the output says why", count.bad));
        }
        if complete && all == 0 {
            output::error(&anyhow::anyhow!("there is no record in {}", self.names()));
        } else if complete && count.good == 0 {
            output::error(&anyhow::anyhow!("nothing could be read in {}", self.names()));
        }
        let failed = !complete || count.good == 0 || (self.args.strict && count.bad > 0);
        if failed { Outcome::Failed } else { Outcome::Clean }
    }

    fn names(&self) -> String {
        let names: Vec<String> = self.args.paths.iter().map(|p| p.display().to_string()).collect();
        names.join(", ")
    }
}

fn is_stdin(path: &Path) -> bool {
    path.as_os_str() == "-"
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
fn refuse_to_overwrite(args: &BankArgs) -> Result<()> {
    let Some(output) = args.output.as_deref().and_then(|o| o.canonicalize().ok()) else { return Ok(()) };
    let story = output.extension().is_some_and(|e| ["md", "markdown", "txt", "text"].iter().any(|k| e == *k));
    let holds = |path: &&PathBuf| {
        let read = path.canonicalize().ok();
        output.is_file()
            && read.is_some_and(|p| p == output || (p.is_dir() && story && output.starts_with(p)))
    };
    match args.paths.iter().find(holds) {
        Some(path) => {
            bail!("-o {} is one of the stories of {}; name another file", output.display(), path.display())
        }
        None => Ok(()),
    }
}

/// Ctrl-C ends the reading, and a second one candor.
fn listen() -> Result<()> {
    let set = ctrlc::set_handler(|| {
        if STOP.swap(true, Ordering::SeqCst) {
            std::process::exit(INTERRUPTED);
        }
    });
    set.context("cannot listen for Ctrl-C")
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
    output::note(&format!("fill them in, then run `candor bank {}`", folder.display()));
    Ok(Outcome::Clean)
}
