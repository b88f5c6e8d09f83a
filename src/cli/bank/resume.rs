//! The file of a stream: a new one, or one that a run began and did not end.

use std::fs::{self, File, OpenOptions, TryLockError};
use std::io::{BufRead, BufReader, ErrorKind, Seek, SeekFrom};
use std::path::Path;

use anyhow::{Context as _, Result, bail};

use super::Count;
use crate::bank::{Record, RecordError};
use crate::render::Context;
use crate::render::bank::{Stream, line_name, tool};

/// How far a file is.
#[derive(Debug)]
pub(super) struct Begun {
    /// Whether nothing is in it.
    pub(super) empty: bool,
    /// Its records.
    pub(super) count: Count,
    /// Bytes of input that they took.
    pub(super) input: u64,
}

impl Default for Begun {
    fn default() -> Begun {
        Begun { empty: true, count: Count::default(), input: 0 }
    }
}

type Input<'a> = dyn Iterator<Item = Result<Record, RecordError>> + 'a;

/// Opens the file to go on writing. With `resume` the records whose lines are in it are taken off `records`, and a
/// line that was cut off is taken away; without it the file must be a new one.
pub(super) fn open(
    path: &Path,
    resume: bool,
    format: (&Stream, &Context<'_>),
    records: &mut Input<'_>,
) -> Result<(File, Begun)> {
    let cannot = || format!("cannot write {}", path.display());
    // What is no regular file, such as /dev/null, is written to as it is.
    if fs::metadata(path).is_ok_and(|m| !m.is_file()) {
        return Ok((OpenOptions::new().write(true).open(path).with_context(cannot)?, Begun::default()));
    }
    let mut how = OpenOptions::new();
    how.read(true).write(true);
    let opened = if resume { how.create(true).truncate(false) } else { how.create_new(true) }.open(path);
    let mut file = match opened {
        Err(error) if error.kind() == ErrorKind::AlreadyExists => bail!(
            "{} is there already; --resume goes on with it, and candor writes over nothing that may have taken hours",
            path.display()
        ),
        opened => opened.with_context(cannot)?,
    };
    // Where a file system knows no locks, there are none.
    if let Err(TryLockError::WouldBlock) = file.try_lock() {
        bail!("another candor is writing {}", path.display());
    }
    let (length, begun) = read(path, &file, format, records)?;
    file.set_len(length).with_context(cannot)?;
    file.seek(SeekFrom::End(0)).with_context(cannot)?;
    Ok((file, begun))
}

/// How many bytes of the file are whole lines, and what they are of.
fn read(
    path: &Path,
    file: &File,
    (stream, context): (&Stream, &Context<'_>),
    records: &mut Input<'_>,
) -> Result<(u64, Begun)> {
    let name = path.display();
    let mut reader = BufReader::with_capacity(1 << 16, file);
    let (mut length, mut begun, mut number) = (0, Begun::default(), 0);
    let mut line = Vec::new();
    loop {
        line.clear();
        number += 1;
        reader.read_until(b'\n', &mut line).with_context(|| format!("cannot read {name}"))?;
        if !line.ends_with(b"\n") {
            break;
        }
        length += line.len() as u64;
        if begun.empty && !stream.head.is_empty() {
            if line != stream.head.as_bytes() {
                bail!("{name} does not begin with the row that candor writes; name another file");
            }
            begun.empty = false;
            continue;
        }
        begun.empty = false;
        let mark = std::str::from_utf8(&line).ok().and_then(stream.mark);
        let Some(mark) = mark else {
            bail!("{name}:{number} is no line that candor writes; name another file");
        };
        if mark.tool.is_some_and(|made| made != tool(context)) {
            bail!(
                "{name}:{number} was made by another candor, model or guide; remove the file to begin anew"
            );
        }
        let Some(record) = records.next() else {
            bail!("{name} has more lines than there are records");
        };
        let record_name = record.as_ref().map_or_else(|e| e.name().to_owned(), |r| r.name.clone());
        if line_name(&record_name) != mark.name {
            bail!("{name}:{number} is of {}, but the record in that place is {record_name}", mark.name);
        }
        begun.input += record.map_or(0, |r| r.bytes);
        *if mark.bad { &mut begun.count.bad } else { &mut begun.count.good } += 1;
    }
    // A file of somebody else's, in which no line ends, is not emptied.
    let start = stream.start.as_bytes();
    let ours = length > 0 || line.starts_with(start) || start.starts_with(&line);
    if ours {
        Ok((length, begun))
    } else {
        bail!("{name} holds nothing that candor writes; name another file")
    }
}
