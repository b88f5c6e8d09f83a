//! Formats that are written as records are read, in memory that does not grow with their number.

use std::fs::File;
use std::io::{self, Write};

use anyhow::{Context as _, Result};

use super::resume::{self, Begun};
use super::{Done, Known, Run};
use crate::bank::{Record, RecordError};
use crate::cli::Outcome;
use crate::cli::output::{self, Sink};
use crate::render::bank::{Entry, Stream};
use crate::render::{Context, Shown};

/// The line of a record, and of a bad one why it is one.
struct Line {
    text: Vec<u8>,
    done: Result<Done<()>, RecordError>,
}

/// Where the lines go.
enum Target {
    Standard(Sink),
    File(File),
}

impl Target {
    /// Hands on whole lines at once, so that a kill cuts at most the last one.
    fn put(&mut self, lines: &[u8]) -> io::Result<()> {
        match self {
            Target::Standard(sink) => sink.write_all(lines).and_then(|()| sink.flush()),
            Target::File(file) => file.write_all(lines),
        }
    }
}

/// Writes a line for each record.
pub(super) fn run(run: &Run<'_>, stream: &Stream) -> Result<Outcome> {
    let context = run.context(false, 80);
    let mut records = run.records();
    let (mut target, begun) = match run.file() {
        None => (Target::Standard(Sink::standard()), Begun::default()),
        Some(path) => {
            let (file, begun) = resume::open(path, run.args.resume, (stream, &context), &mut records)?;
            (Target::File(file), begun)
        }
    };
    let cannot = || match &run.args.output {
        Some(path) => format!("cannot write {}", path.display()),
        None => "cannot write".to_owned(),
    };
    let before = begun.count.good + begun.count.bad;
    if before > 0 && !run.args.quiet {
        output::note(&format!("going on after {before} records"));
    }
    if begun.empty {
        target.put(stream.head.as_bytes()).with_context(cannot)?;
    }
    let (mut count, mut first) = (begun.count, None);
    let each = |record| line(run, stream, &context, record);
    let complete = run.all(&mut records, &begun, &each, &mut |chunk: Vec<io::Result<Line>>, progress| {
        let mut lines = Vec::new();
        for line in chunk {
            let line = line.with_context(cannot)?;
            lines.extend_from_slice(&line.text);
            match line.done {
                Ok(done) => {
                    count.good += 1;
                    done.tell(progress);
                }
                Err(error) => {
                    count.bad += 1;
                    first.get_or_insert(error);
                }
            }
        }
        target.put(&lines).with_context(cannot)
    })?;
    if !complete && !run.args.quiet {
        let on = if run.file().is_some() { "; --resume goes on from there" } else { "" };
        output::note(&format!("stopped after {} records{on}", count.good + count.bad));
    }
    // where nothing was read there is nothing to go on with, and a run with the right path may begin the file
    let nothing = complete && begun.empty && count.good == 0;
    let useless = run.file().filter(|path| nothing && path.is_file());
    if let Some(path) = useless {
        std::fs::remove_file(path).with_context(cannot)?;
        output::unread(first.iter());
    }
    Ok(run.outcome(count, complete, useless.is_none()))
}

/// The line of a record; none where it was stopped before it was done.
fn line(
    run: &Run<'_>,
    stream: &Stream,
    context: &Context<'_>,
    record: Result<Record, RecordError>,
) -> Option<io::Result<Line>> {
    let critiqued = match record {
        Ok(record) => {
            let known = Known::of(&record);
            run.critique(record)?.map(|(answer, report)| (known, answer, report))
        }
        Err(error) => Err(error),
    };
    let mut text = Vec::new();
    let (written, done) = match critiqued {
        Ok((known, answer, report)) => {
            let shown = Shown { answer: &answer, report: &report, number: 0 };
            let written = (stream.one)(&Entry::Critique(&shown), context, &mut text);
            (written, Ok(known.done((), &answer, context.guide)))
        }
        Err(error) => ((stream.one)(&Entry::Bad(&error), context, &mut text), Err(error)),
    };
    Some(written.map(|()| Line { text, done }))
}
