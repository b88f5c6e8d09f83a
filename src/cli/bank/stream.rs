//! Formats that are written as records are read, in memory that does not grow with their number.

use std::fs::File;
use std::io::{self, Write};

use anyhow::{Context as _, Result};

use super::Run;
use super::resume::{self, Begun};
use crate::cli::Outcome;
use crate::cli::output::{self, Sink};
use crate::render::Shown;
use crate::render::bank::{Entry, Stream};

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
    let mut records = run.sources.records();
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
    let before = begun.count.all();
    if before > 0 {
        run.note(&format!("going on after {before} records"));
    }
    if begun.empty {
        target.put(stream.head.as_bytes()).with_context(cannot)?;
    }
    let (mut count, mut first) = (begun.count, None);
    let line = |entry: &Entry<'_>| {
        let mut line = Vec::new();
        (stream.one)(entry, &context, &mut line).with_context(cannot).map(|()| line)
    };
    let each = |record| {
        run.critique(record, |answer, report| line(&Entry::Critique(&Shown { answer, report, number: 0 })))
    };
    let complete = run.all(&mut records, &begun, &each, &mut |chunk, progress| {
        let mut lines = Vec::new();
        for done in chunk {
            match done {
                Ok(done) => {
                    lines.extend(done.tell(progress)?);
                    count.good += 1;
                }
                Err(error) => {
                    lines.extend(line(&Entry::Bad(&error))?);
                    count.bad += 1;
                    first.get_or_insert(error);
                }
            }
        }
        target.put(&lines).with_context(cannot)
    })?;
    if !complete {
        let on = if run.file().is_some() { "; --resume goes on from there" } else { "" };
        run.note(&format!("stopped after {} records{on}", count.all()));
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
