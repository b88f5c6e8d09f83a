//! Reads the header of GGUF files: what they say of the model, and where its tensors are.
//!
//! candle has a reader too; this one keeps no vocabulary in memory, and answers a damaged file with an error that names
//! the file, where candle's divides by an alignment of nought. Source of the format: `docs/gguf.md` of ggml-org/ggml.

use std::collections::HashMap;
use std::fs::File;
use std::io::{BufReader, Read};
use std::path::{Path, PathBuf};

use candle_core::quantized::GgmlDType;

use super::DecoderError;
use super::place::Place;

const MAGIC: &[u8; 4] = b"GGUF";
/// Where a file does not say how its tensors are aligned.
const ALIGNMENT: u64 = 32;
/// Longest key, name or text that is kept; longer ones are skipped where they are values. Chat templates have some thousand bytes.
const KEPT: u64 = 64 * 1024;
const DIMENSIONS: u32 = 4;
/// Arrays of arrays that are followed.
const DEPTH: usize = 4;
/// The types of values that are told apart; source: `gguf_metadata_value_type`.
const TEXT: u32 = 8;
const ARRAY: u32 = 9;

/// A metadata value; arrays and long texts are not kept.
#[derive(Clone, Debug, PartialEq)]
pub(super) enum Value {
    Whole(i128),
    Real(f64),
    Truth(bool),
    Text(String),
    NotKept,
}

/// Where a tensor is.
#[derive(Clone, Debug)]
struct Entry {
    /// Outermost first: `[rows, columns]`.
    shape: Vec<usize>,
    kind: u32,
    offset: u64,
}

/// An open GGUF file.
pub(super) struct Gguf {
    path: PathBuf,
    metadata: HashMap<String, Value>,
    tensors: HashMap<String, Entry>,
    data: u64,
    size: u64,
}

impl Gguf {
    pub(super) fn open(path: &Path) -> Result<Gguf, DecoderError> {
        let mut r = Reader::open(path)?;
        if r.bytes::<4>()? != *MAGIC {
            return Err(r.malformed("it does not start with GGUF"));
        }
        let version = r.u32()?;
        if !(2..=3).contains(&version) {
            return Err(r.malformed(format!("GGUF version {version} is not supported")));
        }
        let (tensor_count, value_count) = (r.u64()?, r.u64()?);
        let mut metadata = HashMap::new();
        for _ in 0..value_count {
            let key = r.name()?;
            let kind = r.u32()?;
            metadata.insert(key, r.value(kind, 0)?);
        }
        let mut tensors = HashMap::new();
        for _ in 0..tensor_count {
            let name = r.name()?;
            let count = r.u32()?;
            if count > DIMENSIONS {
                return Err(r.malformed(format!("{name} has {count} dimensions")));
            }
            let mut shape = Vec::new();
            for _ in 0..count {
                let n = r.u64()?;
                shape.push(usize::try_from(n).map_err(|_| r.malformed(format!("{name} is {n} long")))?);
            }
            shape.reverse();
            tensors.insert(name, Entry { shape, kind: r.u32()?, offset: r.u64()? });
        }
        let alignment = match metadata.get("general.alignment") {
            None => ALIGNMENT,
            Some(&Value::Whole(n)) if (1..=1 << 16).contains(&n) => n.unsigned_abs() as u64,
            Some(other) => return Err(r.malformed(format!("its alignment is {other:?}"))),
        };
        let data = r.at.next_multiple_of(alignment);
        Ok(Gguf { path: path.to_owned(), metadata, tensors, data, size: r.size })
    }

    pub(super) fn value(&self, key: &str) -> Option<&Value> {
        self.metadata.get(key)
    }

    /// The shape of a tensor, outermost first.
    pub(super) fn shape(&self, name: &str) -> Option<&[usize]> {
        self.tensors.get(name).map(|t| t.shape.as_slice())
    }

    /// How a tensor is stored, and where.
    pub(super) fn place(&self, name: &str) -> Result<Place<'_>, DecoderError> {
        let entry = self.tensors.get(name).ok_or_else(|| DecoderError::MissingTensor(name.to_owned()))?;
        let kind = storage(entry.kind).ok_or_else(|| DecoderError::Storage {
            name: name.to_owned(),
            kind: format!("GGML type {}", entry.kind),
        })?;
        let malformed = |what: &str| DecoderError::Malformed {
            path: self.path.clone(),
            what: format!("tensor {name} {what}"),
        };
        let columns = entry.shape.last().copied().unwrap_or_default();
        if columns == 0 || columns % kind.block_size() != 0 {
            return Err(malformed("has rows that are not whole blocks"));
        }
        let values = entry.shape.iter().try_fold(1_usize, |n, d| n.checked_mul(*d));
        let length = values
            .and_then(|n| (n / kind.block_size()).checked_mul(kind.type_size()))
            .ok_or_else(|| malformed("is too large"))?;
        let start = self.data.checked_add(entry.offset).ok_or_else(|| malformed("lies nowhere"))?;
        match start.checked_add(length as u64) {
            Some(end) if end <= self.size => Ok(Place { path: &self.path, kind, bytes: start..end }),
            _ => Err(malformed("lies beyond the end of the file")),
        }
    }
}

/// candle's type for a type of the file; source: `enum ggml_type`.
fn storage(kind: u32) -> Option<GgmlDType> {
    Some(match kind {
        0 => GgmlDType::F32,
        1 => GgmlDType::F16,
        2 => GgmlDType::Q4_0,
        3 => GgmlDType::Q4_1,
        6 => GgmlDType::Q5_0,
        7 => GgmlDType::Q5_1,
        8 => GgmlDType::Q8_0,
        10 => GgmlDType::Q2K,
        11 => GgmlDType::Q3K,
        12 => GgmlDType::Q4K,
        13 => GgmlDType::Q5K,
        14 => GgmlDType::Q6K,
        30 => GgmlDType::BF16,
        _ => return None,
    })
}

/// Reads little-endian values and never past the end.
struct Reader<'a> {
    path: &'a Path,
    file: BufReader<File>,
    at: u64,
    size: u64,
}

impl Reader<'_> {
    fn open(path: &Path) -> Result<Reader<'_>, DecoderError> {
        let failed = |source| DecoderError::Read { path: path.to_owned(), source };
        let file = File::open(path).map_err(failed)?;
        let size = file.metadata().map_err(failed)?.len();
        Ok(Reader { path, file: BufReader::with_capacity(1 << 16, file), at: 0, size })
    }

    fn malformed(&self, what: impl Into<String>) -> DecoderError {
        DecoderError::Malformed { path: self.path.to_owned(), what: what.into() }
    }

    fn advance(&mut self, n: u64) -> Result<(), DecoderError> {
        match self.at.checked_add(n) {
            Some(end) if end <= self.size => {
                self.at = end;
                Ok(())
            }
            _ => Err(self.malformed("it ends within its header")),
        }
    }

    fn fill(&mut self, out: &mut [u8]) -> Result<(), DecoderError> {
        self.advance(out.len() as u64)?;
        let path = self.path;
        self.file.read_exact(out).map_err(|source| DecoderError::Read { path: path.to_owned(), source })
    }

    fn skip(&mut self, n: u64) -> Result<(), DecoderError> {
        self.advance(n)?;
        let n = i64::try_from(n).map_err(|_| self.malformed("it is too large"))?;
        let path = self.path;
        self.file.seek_relative(n).map_err(|source| DecoderError::Read { path: path.to_owned(), source })
    }

    fn bytes<const N: usize>(&mut self) -> Result<[u8; N], DecoderError> {
        let mut out = [0; N];
        self.fill(&mut out)?;
        Ok(out)
    }

    fn u32(&mut self) -> Result<u32, DecoderError> {
        Ok(u32::from_le_bytes(self.bytes()?))
    }

    fn u64(&mut self) -> Result<u64, DecoderError> {
        Ok(u64::from_le_bytes(self.bytes()?))
    }

    fn text(&mut self, length: u64) -> Result<String, DecoderError> {
        // `KEPT` bounds what a damaged length can make us allocate
        let mut out = vec![0; length.min(KEPT) as usize];
        self.fill(&mut out)?;
        Ok(String::from_utf8_lossy(&out).into_owned())
    }

    fn name(&mut self) -> Result<String, DecoderError> {
        let length = self.u64()?;
        if length > KEPT {
            return Err(self.malformed(format!("a name is {length} bytes long")));
        }
        self.text(length)
    }

    fn value(&mut self, kind: u32, depth: usize) -> Result<Value, DecoderError> {
        Ok(match kind {
            0 => Value::Whole(self.bytes::<1>()?[0].into()),
            1 => Value::Whole(i8::from_le_bytes(self.bytes()?).into()),
            2 => Value::Whole(u16::from_le_bytes(self.bytes()?).into()),
            3 => Value::Whole(i16::from_le_bytes(self.bytes()?).into()),
            4 => Value::Whole(self.u32()?.into()),
            5 => Value::Whole(i32::from_le_bytes(self.bytes()?).into()),
            6 => Value::Real(f32::from_le_bytes(self.bytes()?).into()),
            7 => Value::Truth(self.bytes::<1>()?[0] != 0),
            10 => Value::Whole(self.u64()?.into()),
            11 => Value::Whole(i64::from_le_bytes(self.bytes()?).into()),
            12 => Value::Real(f64::from_le_bytes(self.bytes()?)),
            TEXT => {
                let length = self.u64()?;
                if length <= KEPT {
                    Value::Text(self.text(length)?)
                } else {
                    self.skip(length)?;
                    Value::NotKept
                }
            }
            ARRAY => {
                self.skip_array(depth)?;
                Value::NotKept
            }
            other => return Err(self.malformed(format!("a value is of type {other}"))),
        })
    }

    fn skip_array(&mut self, depth: usize) -> Result<(), DecoderError> {
        if depth >= DEPTH {
            return Err(self.malformed("an array is nested too deep"));
        }
        let (kind, count) = (self.u32()?, self.u64()?);
        let each = match kind {
            0 | 1 | 7 => 1,
            2 | 3 => 2,
            4..=6 => 4,
            10..=12 => 8,
            TEXT => {
                for _ in 0..count {
                    let length = self.u64()?;
                    self.skip(length)?;
                }
                return Ok(());
            }
            ARRAY => {
                for _ in 0..count {
                    self.skip_array(depth + 1)?;
                }
                return Ok(());
            }
            other => return Err(self.malformed(format!("an array is of type {other}"))),
        };
        let length = count.checked_mul(each).ok_or_else(|| self.malformed("an array is too long"))?;
        self.skip(length)
    }
}
