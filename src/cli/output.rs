//! Where results, errors and notes go.

use std::ffi::OsString;
use std::fs;
use std::io::{self, BufWriter, IsTerminal, StdoutLock, Write};
use std::path::{Path, PathBuf};
use std::process::ExitCode;

use anyhow::{Context as _, Result, bail};

use super::args::Color;
use crate::bank::{self, RecordError};
use crate::render::{escape, escape_lines};

/// Widest lines, however wide the terminal is: longer ones are hard to read.
const MOST_COLUMNS: usize = 100;
/// Columns where there is no terminal.
const COLUMNS: usize = 80;

/// Records that are told of at most.
const MOST_TOLD: usize = 12;

/// An answer may be the only copy of a story: `-o` replaces none, and neither the config nor the guide that is read.
pub(super) fn refuse_to_overwrite<'a>(
    output: Option<&Path>,
    mut answers: impl Iterator<Item = &'a Path>,
) -> Result<()> {
    let Some((output, path)) = output.and_then(|o| Some((o, o.canonicalize().ok()?))) else { return Ok(()) };
    let file = |answer: &Path| bank::holder(answer).unwrap_or(answer).canonicalize();
    let same = |answer: &&Path| file(answer).is_ok_and(|f| f == path && f.is_file());
    match answers.find(same) {
        Some(answer) => {
            let (output, answer) = (output.display(), answer.display());
            bail!("-o {output} would be written over {answer}, which is read; name another file")
        }
        None => Ok(()),
    }
}

/// Names of standard output, to which a result goes as it comes.
const STANDARD: [&str; 4] = ["-", "/dev/stdout", "/dev/fd/1", "/proc/self/fd/1"];

/// The file to write to, unless standard output is meant.
pub(super) fn to_file(path: Option<&Path>) -> Option<&Path> {
    path.filter(|path| STANDARD.iter().all(|name| *path != Path::new(name)))
}

/// Standard output, or a file that is there whole or not at all.
pub(super) enum Sink {
    Standard(BufWriter<StdoutLock<'static>>),
    File { path: PathBuf, text: Vec<u8> },
}

impl Sink {
    pub(super) fn new(path: Option<&Path>) -> Sink {
        match to_file(path) {
            Some(path) => Sink::File { path: path.to_path_buf(), text: Vec::new() },
            None => Sink::standard(),
        }
    }

    pub(super) fn standard() -> Sink {
        Sink::Standard(BufWriter::new(io::stdout().lock()))
    }

    /// Leaves a file as it was. What stands in standard output stands.
    pub(super) fn give_up(self) -> Result<()> {
        match self {
            Sink::File { .. } => Ok(()),
            Sink::Standard(_) => self.finish(),
        }
    }

    /// Whether colour is to be used.
    pub(super) fn color(&self, when: Color) -> bool {
        match (when, self) {
            (Color::Always, _) => true,
            (Color::Never, _) | (Color::Auto, Sink::File { .. }) => false,
            // Knows NO_COLOR, CLICOLOR, CLICOLOR_FORCE and TERM=dumb.
            (Color::Auto, Sink::Standard(_)) => {
                anstream::AutoStream::choice(&io::stdout()) != anstream::ColorChoice::Never
            }
        }
    }

    /// Columns of a line.
    pub(super) fn width(&self) -> usize {
        let terminal = || terminal_size::terminal_size_of(io::stdout()).map(|(w, _)| usize::from(w.0));
        let to_terminal = matches!(self, Sink::Standard(_)) && io::stdout().is_terminal();
        let columns = if to_terminal { terminal() } else { None };
        columns.unwrap_or(COLUMNS).clamp(40, MOST_COLUMNS)
    }

    /// Writes what is still held back.
    pub(super) fn finish(self) -> Result<()> {
        match self {
            Sink::Standard(mut out) => Ok(out.flush()?),
            Sink::File { path, text } => {
                write_whole(&path, &text).with_context(|| format!("cannot write {}", path.display()))
            }
        }
    }
}

impl Write for Sink {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        match self {
            Sink::Standard(out) => out.write(bytes),
            Sink::File { text, .. } => text.write(bytes),
        }
    }

    fn flush(&mut self) -> io::Result<()> {
        match self {
            Sink::Standard(out) => out.flush(),
            Sink::File { .. } => Ok(()),
        }
    }
}

/// Writes beside the file and renames, so that nobody sees half of it. What is no regular file, such as `/dev/null`, is
/// written to as it is, and so is what a shell has opened: what stands in it stays.
fn write_whole(path: &Path, text: &[u8]) -> io::Result<()> {
    let there = fs::metadata(path);
    let opened = ["/dev/fd", "/dev/stderr", "/proc"].iter().any(|opened| path.starts_with(opened));
    match &there {
        Ok(there) if opened || !there.is_file() => {
            return fs::OpenOptions::new().append(true).open(path)?.write_all(text);
        }
        // a file that may not be written is not replaced either
        Ok(_) => drop(fs::OpenOptions::new().append(true).open(path)?),
        Err(_) => {}
    }
    // Through a link to the file that it names.
    let target = fs::canonicalize(path).unwrap_or_else(|_| path.to_path_buf());
    let name = target.file_name().ok_or(io::ErrorKind::InvalidFilename)?;
    let mut beside = OsString::from(".");
    beside.push(name);
    beside.push(format!(".{}.tmp", std::process::id()));
    let beside = target.with_file_name(beside);
    let written = fs::write(&beside, text)
        .and_then(|()| there.map_or(Ok(()), |m| fs::set_permissions(&beside, m.permissions())))
        .and_then(|()| fs::rename(&beside, &target));
    if written.is_err() {
        // The first error is the one to report.
        let _ = fs::remove_file(&beside);
    }
    written
}

/// Whether the reader of our output went away.
pub(super) fn is_closed_pipe(error: &anyhow::Error) -> bool {
    let closed = |e: &io::Error| e.kind() == io::ErrorKind::BrokenPipe;
    error.chain().any(|e| e.downcast_ref::<io::Error>().is_some_and(closed))
}

/// An error and its causes, on standard error.
pub(super) fn error(error: &anyhow::Error) {
    let mut text = format!("candor: error: {}", escape(&error.to_string()));
    for cause in error.chain().skip(1) {
        text.push_str("\n  caused by: ");
        text.push_str(&escape_lines(cause.to_string().trim_end()).replace('\n', "\n    "));
    }
    say(&text);
}

/// Why records could not be read, where no output says it; of many the first.
pub(super) fn unread<'a>(errors: impl Iterator<Item = &'a RecordError>) {
    for said in errors.take(MOST_TOLD) {
        error(&anyhow::anyhow!(said.whole()));
    }
}

/// What the parser of arguments has to say: help and version on standard output, errors on standard error.
pub(super) fn usage(error: &clap::Error) -> ExitCode {
    if !error.use_stderr() {
        // Colours it where that is wanted; a closed pipe is no failure.
        let _ = error.print();
        return ExitCode::SUCCESS;
    }
    let text = escape_lines(error.render().to_string().trim_end());
    say(&if text.starts_with("error:") { format!("candor: {text}") } else { text });
    ExitCode::from(2)
}

/// Something worth knowing that stops nothing, on standard error.
pub(super) fn note(text: &str) {
    say(&format!("candor: note: {}", escape(text)));
}

fn say(text: &str) {
    // Nothing can be told when standard error is closed.
    let _ = writeln!(io::stderr().lock(), "{text}");
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_file_is_replaced_whole() {
        let folder = std::env::temp_dir().join(format!("candor-output-{}", std::process::id()));
        fs::create_dir_all(&folder).unwrap();
        let path = folder.join("out.json");
        for text in ["first, and longer", "second"] {
            let mut sink = Sink::new(Some(&path));
            sink.write_all(text.as_bytes()).unwrap();
            sink.finish().unwrap();
            assert_eq!(fs::read_to_string(&path).unwrap(), text);
        }
        assert_eq!(fs::read_dir(&folder).unwrap().count(), 1, "no temporary file is left");
        fs::remove_dir_all(&folder).unwrap();
        assert!(Sink::new(Some(&folder.join("none/out"))).finish().is_err());
    }

    #[test]
    fn a_closed_pipe_is_found_in_the_chain() {
        let broken = anyhow::Error::from(io::Error::from(io::ErrorKind::BrokenPipe)).context("writing");
        assert!(is_closed_pipe(&broken));
        assert!(!is_closed_pipe(&anyhow::anyhow!("other")));
    }
}
