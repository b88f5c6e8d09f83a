//! Formats that come at the end: a small record of each story is held, and its text is not.

use std::convert::Infallible;
use std::io::{self, Write};

use anyhow::{Context as _, Result};

use super::progress::Progress;
use super::{Count, Run, STOP};
use crate::bank::{self, Asked, Record, RecordError, Story};
use crate::cli::Outcome;
use crate::cli::args::Color;
use crate::cli::output::{self, Sink};
use crate::render::Context;
use crate::render::bank::Bank;

/// Reads all stories, then writes them with their summary.
pub(super) fn run(
    run: &Run<'_>,
    color: Color,
    write: fn(&Bank<'_>, &Context<'_>, &mut dyn Write) -> io::Result<()>,
) -> Result<Outcome> {
    let mut progress = Progress::new(&run.args.paths, run.args.quiet);
    let (mut stories, mut errors) = (Vec::new(), Vec::new());
    let each = |record: Result<Record, RecordError>| record.and_then(|r| Ok((r.bytes, story(run, r)?)));
    let Ok(complete) = bank::ordered(&mut run.records(), &each, &STOP, &mut |chunk| {
        for done in chunk {
            match done {
                Ok((bytes, story)) => {
                    progress.add(1, bytes);
                    stories.push(story);
                }
                Err(error) => errors.push(error),
            }
        }
        Ok::<(), Infallible>(())
    });
    progress.end();
    let asked = Asked::all(&run.critic, &run.args.question).context("cannot read the questions")?;
    let summary = bank::summary(&stories, run.critic.guide(), &asked);
    let mut sink = Sink::new(run.args.output.as_deref());
    let context = run.context(sink.color(color), sink.width());
    let bank = Bank { stories: &stories, errors: &errors, summary: &summary, complete };
    write(&bank, &context, &mut sink)?;
    sink.finish()?;
    if !complete && !run.args.quiet {
        output::note("stopped: what is told here is of the stories before that");
    }
    let count = Count { good: stories.len() as u64, bad: errors.len() as u64 };
    Ok(run.outcome(count, complete))
}

fn story(run: &Run<'_>, record: Record) -> Result<Story, RecordError> {
    let (answer, report) = run.critique(record)?;
    Ok(Story::of(&answer, &report, run.critic.guide()))
}
