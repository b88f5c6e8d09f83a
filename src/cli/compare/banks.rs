//! Two versions of a bank: each is read as `bank` reads it, little is kept of a story, and then the two are compared.

use std::collections::BTreeSet;
use std::convert::Infallible;
use std::path::{Path, PathBuf};
use std::sync::atomic::AtomicBool;

use anyhow::{Result, bail};

use super::revision::Revision;
use super::{CompareArgs, Run};
use crate::bank::{self, Kept, Reading, Record, RecordError, Records};
use crate::cli::Outcome;
use crate::cli::args::again;
use crate::cli::bank::{Done, Gathered, Progress, refuse_to_overwrite};
use crate::cli::comments;
use crate::cli::output;
use crate::render::compare::{Bank, Banks};
use crate::render::quoted;

/// A version of a bank, as it was read.
struct Version {
    name: String,
    stories: Vec<Kept>,
    errors: Vec<RecordError>,
    unread: BTreeSet<String>,
}

/// Compares them.
pub(super) fn run(args: &CompareArgs, reading: &Reading) -> Result<Outcome> {
    let new = args.newer();
    alike(args, new)?;
    refuse_to_overwrite(args.output.as_deref(), [args.old.as_path(), new].into_iter())?;
    let location = if new.is_dir() { new.join("-") } else { new.to_path_buf() };
    let run = Run::new(args, &location, args.cache.open())?;
    let (name, records) = match &args.git {
        Some(revision) => {
            let revision = Revision::find(revision, new)?;
            (revision.label(new), revision.records(new, reading)?)
        }
        None => (args.old.display().to_string(), bank::open(&args.old, reading)),
    };
    let before = read(&run, &args.old, name, records)?;
    let now = read(&run, new, new.display().to_string(), bank::open(new, reading))?;
    let sides = [&before, &now].map(|v| bank::Side { stories: &v.stories, unread: &v.unread });
    let delta = bank::delta(sides[0], sides[1], run.reader.critic.guide(), &run.noise);
    let shown = |v| -> Bank<'_> {
        let Version { name, errors, .. }: &Version = v;
        Bank { name, errors }
    };
    let git = args.git.as_deref();
    let mut again = again(args.records.fields(), &args.config, args.guide.as_deref());
    if let Some(question) = &args.question {
        again.push_str(&format!(" --question={}", quoted(question)));
    }
    let (old, new, noise) = (shown(&before), shown(&now), &run.noise);
    let banks = Banks { old, new, delta: &delta, noise, git, again: &again };
    run.write(!delta.pairs.is_empty(), |renderer, setting, sink| (renderer.banks)(&banks, setting, sink))?;
    let bad = before.errors.len() + now.errors.len();
    if delta.pairs.is_empty() && output::to_file(args.output.as_deref()).is_some() {
        output::unread(before.errors.iter().chain(&now.errors));
    } else if bad > 0 && !args.quiet {
        let all = bad + before.stories.len() + now.stories.len();
        output::note(&format!("{bad} of {all} records could not be read; the output says why"));
    }
    if delta.pairs.is_empty() {
        output::error(&anyhow::anyhow!(
            "nothing is compared: no story of {} is found again in {}",
            before.name,
            now.name
        ));
    }
    Ok(if delta.pairs.is_empty() || (args.strict && bad > 0) {
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
            None => bail!("there is no record in {}", name),
            Some((first, [])) => bail!("nothing could be read in {}: {}", name, first.whole()),
            Some((first, more)) => bail!(
                "nothing could be read in {}: {}, and {} more such records",
                name,
                first.whole(),
                more.len()
            ),
        }
    }
    // a line may be called as the id of another story is, and is not what a story is found by
    let by_line = |e: &&RecordError| e.name().strip_prefix(&*name).is_some_and(|rest| rest.starts_with(':'));
    let unread =
        errors.iter().filter(|e| !by_line(e)).filter_map(|e| bank::relative(&name, e.name())).collect();
    Ok(Version { name, stories, errors, unread })
}

fn kept(run: &Run<'_>, bank: &str, record: Record) -> Result<Done<Kept>, RecordError> {
    let (named, bytes) = (record.named, record.bytes);
    let mut answer = record.answer();
    let guide = run.reader.critic.guide();
    match run.critique(&mut answer) {
        Ok(report) => Ok(Done {
            what: Kept::of(bank, named, (&answer, &report), guide),
            notes: comments::notes(&answer, guide),
            bytes,
        }),
        Err(error) => Err(RecordError::Critic { name: answer.name, source: Box::new(error) }),
    }
}
