//! The files of a revision, one after the other from one git: a process for each would take longer than the stories.

use std::io::{self, BufRead, BufReader, Read, Write};
use std::path::Path;
use std::process::{Child, ChildStdin, ChildStdout};

use crate::bank::{self, Reading, RecordError, Records};
use crate::text::MAX_BYTES;

/// A `git cat-file --batch` that waits for the next name.
pub(super) struct Blobs {
    child: Child,
    pipes: Option<(ChildStdin, BufReader<ChildStdout>)>,
}

impl Blobs {
    /// Over a process whose standard input and output are pipes.
    pub(super) fn new(mut child: Child) -> Blobs {
        let pipes = child.stdin.take().zip(child.stdout.take().map(BufReader::new));
        Blobs { child, pipes }
    }

    /// The stories of a file; an error of its own where git doesn't give it.
    pub(super) fn records<'a>(&mut self, id: &str, path: &Path, how: &'a Reading) -> Records<'a> {
        match self.get(id) {
            Ok(bytes) => bank::read(io::Cursor::new(bytes), path, how),
            Err(source) => Records::one(Err(RecordError::Io { name: path.display().to_string(), source })),
        }
    }

    /// The bytes of a file, no more than one above what is allowed: that tells what is too long.
    fn get(&mut self, id: &str) -> io::Result<Vec<u8>> {
        let gone = || io::Error::other("git stopped");
        let (ask, answer) = self.pipes.as_mut().ok_or_else(gone)?;
        writeln!(ask, "{id}")?;
        ask.flush()?;
        let mut head = String::new();
        answer.read_line(&mut head)?;
        // "<id> blob <size>", else "<id> missing".
        let size = head.trim_end().rsplit(' ').next().and_then(|size| size.parse::<u64>().ok());
        let size = size.ok_or_else(|| io::Error::other("git does not have it here"))?;
        let mut bytes = Vec::new();
        let mut contents = answer.take(size);
        contents.by_ref().take(MAX_BYTES as u64 + 1).read_to_end(&mut bytes)?;
        io::copy(&mut contents, &mut io::sink())?;
        if contents.limit() > 0 {
            return Err(gone());
        }
        // A line break ends it.
        answer.take(1).read_to_end(&mut Vec::new())?;
        Ok(bytes)
    }
}

impl Drop for Blobs {
    /// git ends when nobody can ask any more, and is waited for so that nothing of it is left.
    fn drop(&mut self) {
        self.pipes = None;
        let _ = self.child.wait();
    }
}
