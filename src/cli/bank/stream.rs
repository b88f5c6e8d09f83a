//! Formats that are written as records are read, in memory that does not grow with their number.

use std::fs::File;
use std::io::{self, Write};

use anyhow::{Context as _, Result};

use super::progress::Progress;
use super::resume::{self, Begun};
use super::{Run, STOP};
use crate::bank::{self, Record, RecordError};
use crate::cli::Outcome;
use crate::cli::output::{self, Sink};
use crate::render::bank::{Entry, Stream};
use crate::render::{Context, Shown};

/// The line of a record.
struct Line {
    text: Vec<u8>,
    /// None of a bad record.
    bytes: Option<u64>,
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
    let mut progress = Progress::new(&run.args.paths, run.args.quiet);
    let (mut target, begun) = match &run.args.output {
        None => (Target::Standard(Sink::standard()), Begun::default()),
        Some(path) => {
            let (file, begun) = resume::open(path, run.args.resume, (stream, &context), &mut records)?;
            progress.skip(begun.input);
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
    let mut count = begun.count;
    let each = |record: Result<Record, RecordError>| line(run, stream, &context, record);
    let complete = bank::ordered(&mut records, &each, &STOP, &mut |chunk: Vec<io::Result<Line>>| {
        let mut lines = Vec::new();
        for line in chunk {
            let line = line?;
            lines.extend_from_slice(&line.text);
            match line.bytes {
                Some(bytes) => {
                    count.good += 1;
                    progress.add(1, bytes);
                }
                None => count.bad += 1,
            }
        }
        target.put(&lines)
    });
    progress.end();
    let complete = complete.with_context(cannot)?;
    if !complete && !run.args.quiet {
        let on = if run.args.output.is_some() { "; --resume goes on from there" } else { "" };
        output::note(&format!("stopped after {} records{on}", count.good + count.bad));
    }
    Ok(run.outcome(count, complete))
}

fn line(
    run: &Run<'_>,
    stream: &Stream,
    context: &Context<'_>,
    record: Result<Record, RecordError>,
) -> io::Result<Line> {
    let mut text = Vec::new();
    let bytes = record.as_ref().map_or(0, |r| r.bytes);
    match record.and_then(|r| run.critique(r)) {
        Ok((answer, report)) => {
            let shown = Shown { answer: &answer, report: &report, number: 0 };
            (stream.one)(&Entry::Critique(&shown), context, &mut text)?;
            Ok(Line { text, bytes: Some(bytes) })
        }
        Err(error) => {
            (stream.one)(&Entry::Bad(&error), context, &mut text)?;
            Ok(Line { text, bytes: None })
        }
    }
}
