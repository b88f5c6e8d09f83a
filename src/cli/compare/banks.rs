//! Two versions of a bank: each is read as `bank` reads it, little is kept of a story, and then the two are compared.

use std::collections::BTreeSet;
use std::convert::Infallible;
use std::path::{Path, PathBuf};
use std::sync::atomic::AtomicBool;

use anyhow::{Result, anyhow, bail};

use super::revision::Revision;
use super::{CompareArgs, Run, location};
use crate::bank::{self, Kept, Names, Reading, Record, RecordError, Records};
use crate::cli::Outcome;
use crate::cli::bank::{Gathered, Noted, Progress, refuse_to_overwrite};
use crate::cli::output;
use crate::render;
use crate::render::compare::{Bank, Banks};

/// A version of a bank, as it was read.
struct Version {
    name: String,
    stories: Vec<Kept>,
    errors: Vec<RecordError>,
    unread: BTreeSet<String>,
}

impl Version {
    /// What its records are called.
    fn names(&self) -> Names<'_> {
        let bad = self.errors.iter().map(RecordError::name);
        Names::new(self.stories.iter().map(|s| s.name.as_str()).chain(bad), None)
    }

    /// As it is compared.
    fn side(&self) -> bank::Side<'_> {
        bank::Side { stories: &self.stories, unread: &self.unread }
    }

    /// As it is shown; `names` says which names another command reads.
    fn shown<'a>(&'a self, names: render::bank::Names<'a>) -> Bank<'a> {
        Bank { name: &self.name, errors: &self.errors, names }
    }
}

/// Compares them.
pub(super) fn run(args: &CompareArgs, reading: &Reading) -> Result<Outcome> {
    let new = args.newer();
    alike(args, new)?;
    refuse_to_overwrite(args.output.as_deref(), [args.old.as_path(), new].into_iter())?;
    let run = Run::new(args, &location(new), args.cache.open())?;
    let (name, records) = match &args.git {
        Some(revision) => {
            let revision = Revision::find(revision, new)?;
            (revision.label(new), revision.records(new, reading)?)
        }
        None => (args.old.display().to_string(), bank::open(&args.old, reading)),
    };
    let before = read(&run, &args.old, name, records)?;
    let now = read(&run, new, new.display().to_string(), bank::open(new, reading))?;
    let delta = bank::delta(before.side(), now.side(), run.reader.critic.guide(), &run.noise);
    let names = [before.names(), now.names()];
    let [old, new] = names.each_ref().map(|names| |name: &str| names.reads(name));
    let critique = args.critique();
    let banks = Banks {
        old: before.shown(&old),
        new: now.shown(&new),
        delta: &delta,
        noise: &run.noise,
        git: args.git.as_deref(),
        again: &args.again(),
        critique: critique.as_deref(),
    };
    let sink = run.write(|renderer, context, sink| (renderer.banks)(&banks, context, sink))?;
    let nothing = delta.pairs.is_empty();
    if nothing {
        sink.give_up()?
    } else {
        sink.finish()?
    }
    let bad = before.errors.len() + now.errors.len();
    if nothing && output::to_file(args.output.as_deref()).is_some() {
        output::unread(before.errors.iter().chain(&now.errors));
    } else if bad > 0 && !args.quiet {
        let all = bad + before.stories.len() + now.stories.len();
        output::note(&format!("{bad} of {all} records could not be read; the output says why"));
    }
    if nothing {
        let (old, new) = (&before.name, &now.name);
        output::error(&anyhow!("nothing is compared: no story of {old} is found again in {new}"));
    }
    Ok(if nothing || (args.strict && bad > 0) {
        Outcome::Failed
    } else if args.fail_if_worse && delta.is_worse() {
        Outcome::Found
    } else {
        Outcome::Clean
    })
}

/// A story and a folder of them are no two versions of anything.
fn alike(args: &CompareArgs, new: &Path) -> Result<()> {
    for path in [args.old.as_path(), new] {
        if bank::holder(path).is_some() {
            bail!("{} names a single story; give two stories, or two banks", path.display());
        }
        if !path.exists() {
            bail!("{}: no such file or folder", path.display());
        }
    }
    let story = |path: &Path| !bank::is_bank(path);
    let (folder, story) = match (args.old.is_dir(), new.is_dir()) {
        (true, false) if story(new) => (args.old.as_path(), new),
        (false, true) if story(&args.old) => (new, args.old.as_path()),
        _ => return Ok(()),
    };
    let inside = story.file_name().map(|name| folder.join(name)).filter(|path| path.is_file());
    let inside = inside.map_or_else(String::new, |p| format!(" ({} is one)", p.display()));
    bail!(
        "{} is a folder of stories and {} a file; give two banks, or two stories{inside}",
        folder.display(),
        story.display()
    );
}

/// Reads a bank; an error where nothing in it can be read.
fn read(run: &Run<'_>, path: &Path, name: String, mut records: Records<'_>) -> Result<Version> {
    // Of a revision the bytes are those of today, near enough for a bar.
    let progress = Progress::new(&[PathBuf::from(path)], run.args.quiet);
    let each = |record: Result<Record, RecordError>| Some(record.and_then(|r| kept(run, &name, r)));
    let mut gathered = Gathered::new();
    let go_on = AtomicBool::new(false);
    let mut take = |chunk| {
        gathered.take(chunk, &progress);
        Ok::<(), Infallible>(())
    };
    let Ok(_) = match run.reader.second {
        None => bank::ordered(&mut records, &each, &go_on, &mut take),
        // All cores for one story.
        Some(_) => bank::in_turn(&mut records, &mut |record| each(record), &go_on, &mut take),
    };
    progress.end();
    let Gathered { stories, errors } = gathered;
    if stories.is_empty() {
        match errors.split_first() {
            None => bail!("there is no record in {name}"),
            Some((first, [])) => bail!("nothing could be read in {name}: {}", first.whole()),
            Some((first, more)) => {
                let more = more.len();
                bail!("nothing could be read in {name}: {}, and {more} more such records", first.whole())
            }
        }
    }
    // a line may be called as the id of another story is, and is not what a story is found by
    let by_line = |e: &&RecordError| e.name().strip_prefix(&*name).is_some_and(|rest| rest.starts_with(':'));
    let unread =
        errors.iter().filter(|e| !by_line(e)).filter_map(|e| bank::relative(&name, e.name())).collect();
    Ok(Version { name, stories, errors, unread })
}

fn kept(run: &Run<'_>, bank: &str, record: Record) -> Result<Noted<Kept>, RecordError> {
    let (named, guide) = (record.named, run.reader.critic.guide());
    let mut noted = Noted::of(record, guide);
    match run.critique(&mut noted.what) {
        Ok(report) => Ok(noted.map(|answer| Kept::of(bank, named, (&answer, &report), guide))),
        Err(error) => Err(noted.failed(error)),
    }
}
