//! Formats that come at the end: a small record of each story is held, and its text is not.

use std::io::{self, Write};

use anyhow::{Context as _, Result};

use super::resume::Begun;
use super::{Count, Gathered, Run};
use crate::bank::{self, Asked, Names, RecordError, Story};
use crate::cli::Outcome;
use crate::cli::args::{Color, again};
use crate::cli::output::{self, Sink};
use crate::render::Context;
use crate::render::bank::Bank;

/// Reads all stories, then writes them with their summary.
pub(super) fn run(
    run: &Run<'_>,
    color: Color,
    write: fn(&Bank<'_>, &Context<'_>, &mut dyn Write) -> io::Result<()>,
) -> Result<Outcome> {
    let mut gathered = Gathered::new();
    let guide = run.reader.critic.guide();
    let each = |record| run.critique(record, |answer, report| Story::of(answer, report, guide));
    let complete =
        run.all(&mut run.sources.records(), &Begun::default(), &each, &mut |chunk, progress| {
            gathered.take(chunk, progress);
            Ok(())
        })?;
    let Gathered { stories, errors } = gathered;
    let asked = Asked::all(&run.reader.critic, &run.args.question).context("cannot read the questions")?;
    let summary = bank::summary(&stories, guide, &asked);
    let mut sink = Sink::new(run.args.output.as_deref());
    let context = run.context(sink.color(color), sink.width());
    let args = run.args;
    let again = again(args.records.fields(), &args.config, args.guide.as_deref(), &args.llm, &args.mistakes);
    let all = stories.iter().map(|s| s.name.as_str()).chain(errors.iter().map(RecordError::name));
    let piped = run.sources.piped();
    let names = Names::new(all, piped.as_deref());
    let names = |name: &str| names.reads(name);
    let bank = Bank {
        stories: &stories,
        errors: &errors,
        summary: &summary,
        complete,
        again: &again,
        names: &names,
    };
    write(&bank, &context, &mut sink)?;
    // a file of nothing would replace what is worth more
    let told = !stories.is_empty() || run.file().is_none();
    if told {
        sink.finish()?;
    } else {
        output::unread(errors.iter());
    }
    if !complete {
        run.note("stopped: what is told here is of the stories before that");
    }
    let count = Count { good: stories.len() as u64, bad: errors.len() as u64 };
    Ok(run.outcome(count, complete, told))
}
