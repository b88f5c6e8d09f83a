//! Where a tensor is.

use std::fs::File;
use std::io::{Read, Seek, SeekFrom};
use std::ops::Range;
use std::path::Path;

use candle_core::quantized::GgmlDType;

use super::DecoderError;

/// A tensor's bytes in a file.
pub(super) struct Place<'a> {
    pub(super) path: &'a Path,
    pub(super) kind: GgmlDType,
    /// From the beginning of the file.
    pub(super) bytes: Range<u64>,
}

impl Place<'_> {
    /// Some of them, counted from the tensor's first.
    pub(super) fn read(&self, part: Range<u64>) -> Result<Vec<u8>, DecoderError> {
        let failed = |source| DecoderError::Read { path: self.path.to_owned(), source };
        let mut bytes = vec![0; (part.end - part.start) as usize];
        let mut file = File::open(self.path).map_err(failed)?;
        file.seek(SeekFrom::Start(self.bytes.start + part.start)).map_err(failed)?;
        file.read_exact(&mut bytes).map_err(failed)?;
        Ok(bytes)
    }

    /// All of them.
    pub(super) fn read_all(&self) -> Result<Vec<u8>, DecoderError> {
        self.read(0..self.length())
    }

    /// How many there are.
    pub(super) fn length(&self) -> u64 {
        self.bytes.end - self.bytes.start
    }
}
