//! What has come of a file, and how it grows.

use std::fs::{File, OpenOptions};
use std::io::{self, Read, Write};
use std::path::Path;

use super::error::{FetchError, StoreError};
use super::hub::Stream;
use super::pull::{Event, Watch};

/// What has come of a file. Bytes are only ever added at its end, so every prefix of it can be resumed.
pub(super) struct Part<'a> {
    file: File,
    path: &'a Path,
    pub(super) len: u64,
}

impl<'a> Part<'a> {
    /// The part in a file, which need not be there yet.
    pub(super) fn open(path: &'a Path) -> Result<Part<'a>, StoreError> {
        let file = OpenOptions::new().create(true).append(true).open(path);
        let file = file.map_err(StoreError::io("write", path))?;
        let len = file.metadata().map_err(StoreError::io("read", path))?.len();
        Ok(Part { file, path, len })
    }

    /// Makes what has come outlive a loss of power, else it would be resumed with holes.
    pub(super) fn keep(&self) {
        // The error that ends the pull is the one to report; the digest finds holes.
        let _ = self.file.sync_all();
    }

    /// Begins anew.
    pub(super) fn empty(&mut self) -> Result<(), FetchError> {
        // Windows cuts no file that is only open for adding to it.
        let emptied = OpenOptions::new().write(true).open(self.path).and_then(|file| file.set_len(0));
        emptied.map_err(|source| self.unwritable(source))?;
        self.len = 0;
        Ok(())
    }

    /// Adds what a stream brings.
    pub(super) fn take(
        &mut self,
        stream: Stream,
        expected: u64,
        watch: &mut Watch<'_>,
    ) -> Result<(), FetchError> {
        let Stream { start, end, mut body } = stream;
        if start != self.len {
            self.empty()?;
        }
        let mut buffer = vec![0; 1 << 18];
        while self.len < end {
            let most = usize::try_from(end - self.len).map_or(buffer.len(), |left| left.min(buffer.len()));
            let n = match body.read(&mut buffer[..most]) {
                Ok(0) => return Err(FetchError::Cut { got: self.len, expected, cause: None }),
                Ok(n) => n,
                Err(error) if error.kind() == io::ErrorKind::Interrupted => continue,
                Err(error) => return Err(FetchError::Cut { got: self.len, expected, cause: Some(error) }),
            };
            self.file.write_all(&buffer[..n]).map_err(|source| self.unwritable(source))?;
            self.len += n as u64;
            watch(Event::At { bytes: self.len });
        }
        // Without a stated length, a body may go on: then it is not this file.
        match body.read(&mut buffer[..1]) {
            Ok(1..) => Err(FetchError::Length { got: format!("more than {end} bytes"), expected: end }),
            _ => Ok(()),
        }
    }

    fn unwritable(&self, source: io::Error) -> FetchError {
        FetchError::Write { path: self.path.to_path_buf(), source }
    }
}
