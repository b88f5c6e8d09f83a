//! The tensors of a model by the names of GGUF, from a GGUF file or from safetensors files.

use std::collections::HashMap;
use std::fs::File;
use std::io::Read;
use std::ops::Range;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use candle_core::quantized::GgmlDType;
use candle_core::{Device, Tensor};
use safetensors::Dtype;
use safetensors::tensor::{Metadata, TensorInfo};

use super::DecoderError;
use super::gguf::Gguf;
use super::matrix::Matrix;
use super::place::Place;
use crate::model::kernel::{KMatrix, KQuant, half_to_f32};

/// Longest header of a safetensors file, as the format has it.
const HEADER: u64 = 100_000_000;

/// Where the tensors are.
pub(super) enum Source {
    Gguf(Gguf),
    Safetensors(Vec<Shard>),
}

/// A safetensors file.
pub(super) struct Shard {
    path: PathBuf,
    tensors: HashMap<String, TensorInfo>,
    /// Where the tensors begin, and the file's end.
    data: u64,
    size: u64,
}

/// The tensors of a model, put on a device.
pub(super) struct Weights {
    pub(super) source: Source,
    pub(super) device: Device,
}

impl Shard {
    pub(super) fn open(path: &Path) -> Result<Shard, DecoderError> {
        let failed = |source| DecoderError::Read { path: path.to_owned(), source };
        let malformed = |what: &str| DecoderError::Malformed { path: path.to_owned(), what: what.to_owned() };
        let mut file = File::open(path).map_err(failed)?;
        let size = file.metadata().map_err(failed)?.len();
        let mut length = [0; 8];
        file.read_exact(&mut length).map_err(failed)?;
        let length = u64::from_le_bytes(length);
        if length > HEADER || length + 8 > size {
            return Err(malformed("it ends within its header"));
        }
        let mut header = vec![0; length as usize];
        file.read_exact(&mut header).map_err(failed)?;
        let metadata: Metadata = serde_json::from_slice(&header)
            .map_err(|source| DecoderError::Json { path: path.to_owned(), source })?;
        let tensors = metadata.tensors().into_iter().map(|(name, info)| (name, info.clone())).collect();
        Ok(Shard { path: path.to_owned(), tensors, data: 8 + length, size })
    }

    fn place(&self, name: &str) -> Result<Place<'_>, DecoderError> {
        let info = self.tensors.get(name).ok_or_else(|| DecoderError::MissingTensor(name.to_owned()))?;
        let kind = match info.dtype {
            Dtype::F32 => GgmlDType::F32,
            Dtype::F16 => GgmlDType::F16,
            Dtype::BF16 => GgmlDType::BF16,
            other => {
                let kind = format!("{other:?}");
                return Err(DecoderError::Storage { name: name.to_owned(), kind });
            }
        };
        let (start, end) = info.data_offsets;
        let malformed = |what: &str| DecoderError::Malformed {
            path: self.path.clone(),
            what: format!("tensor {name} {what}"),
        };
        let values = info.shape.iter().try_fold(kind.type_size(), |n, d| n.checked_mul(*d));
        if end.checked_sub(start) != values {
            return Err(malformed("is not as long as its shape says"));
        }
        match self.data.checked_add(end as u64) {
            Some(last) if last <= self.size => {
                Ok(Place { path: &self.path, kind, bytes: self.data + start as u64..last })
            }
            _ => Err(malformed("lies beyond the end of the file")),
        }
    }
}

/// The name that Hugging Face gives to a tensor that GGUF calls `name`.
fn hugging_face(name: &str) -> String {
    let Some((layer, part)) = name.strip_prefix("blk.").and_then(|rest| rest.split_once('.')) else {
        return name
            .replace("token_embd", "model.embed_tokens")
            .replace("output_norm", "model.norm")
            .replace("output.", "lm_head.");
    };
    let (part, end) = part.rsplit_once('.').unwrap_or((part, ""));
    let part = match part {
        "attn_norm" => "input_layernorm",
        "attn_q" => "self_attn.q_proj",
        "attn_k" => "self_attn.k_proj",
        "attn_v" => "self_attn.v_proj",
        "attn_output" => "self_attn.o_proj",
        "attn_q_norm" => "self_attn.q_norm",
        "attn_k_norm" => "self_attn.k_norm",
        "ffn_norm" => "post_attention_layernorm",
        "ffn_gate" => "mlp.gate_proj",
        "ffn_up" => "mlp.up_proj",
        "ffn_down" => "mlp.down_proj",
        other => other,
    };
    format!("model.layers.{layer}.{part}.{end}")
}

impl Weights {
    /// The shape of a tensor, outermost first.
    fn shape(&self, name: &str) -> Option<&[usize]> {
        match &self.source {
            Source::Gguf(file) => file.shape(name),
            Source::Safetensors(shards) => {
                let name = hugging_face(name);
                shards.iter().find_map(|s| s.tensors.get(&name)).map(|t| t.shape.as_slice())
            }
        }
    }

    pub(super) fn has(&self, name: &str) -> bool {
        self.shape(name).is_some()
    }

    /// Rows of a matrix with so many columns.
    pub(super) fn rows(&self, name: &str, columns: usize) -> Result<usize, DecoderError> {
        match self.shape(name) {
            Some(&[rows, found]) if found == columns && rows > 0 => Ok(rows),
            Some(found) => Err(DecoderError::Shape {
                name: name.to_owned(),
                found: found.to_vec(),
                expected: vec![0, columns],
            }),
            None => Err(DecoderError::MissingTensor(name.to_owned())),
        }
    }

    /// Where a tensor of the given shape is.
    fn place(&self, name: &str, expected: &[usize]) -> Result<Place<'_>, DecoderError> {
        let found = self.shape(name).ok_or_else(|| DecoderError::MissingTensor(name.to_owned()))?;
        if found != expected {
            let (found, expected) = (found.to_vec(), expected.to_vec());
            return Err(DecoderError::Shape { name: name.to_owned(), found, expected });
        }
        match &self.source {
            Source::Gguf(file) => file.place(name),
            Source::Safetensors(shards) => {
                let theirs = hugging_face(name);
                let shard = shards.iter().find(|s| s.tensors.contains_key(&theirs));
                shard.ok_or_else(|| DecoderError::MissingTensor(theirs.clone()))?.place(&theirs)
            }
        }
    }

    /// A vector in f32.
    pub(super) fn vector(&self, name: &str, length: usize) -> Result<Vec<f32>, DecoderError> {
        let place = self.place(name, &[length])?;
        let bytes = finite(name, place.kind, place.read_all()?)?;
        floats(place.kind, &bytes)
            .ok_or_else(|| DecoderError::Storage { name: name.to_owned(), kind: format!("{:?}", place.kind) })
    }

    /// A vector in f32, on the device.
    pub(super) fn norm(&self, name: &str, length: usize) -> Result<Tensor, DecoderError> {
        Ok(Tensor::from_vec(self.vector(name, length)?, length, &self.device)?)
    }

    /// Matrices of the given rows over the same columns, one under the other where they are stored alike: one wide
    /// matmul quantizes its input once and wakes the threads once. Gives each group with the rows of its parts.
    pub(super) fn joined(
        &self,
        parts: &[(String, usize)],
        columns: usize,
    ) -> Result<Vec<(Matrix, Vec<usize>)>, DecoderError> {
        let mut groups: Vec<Vec<Part<'_>>> = Vec::new();
        for (name, rows) in parts {
            let part = Part { name, rows: *rows, place: self.place(name, &[*rows, columns])? };
            match groups.last_mut() {
                Some(group) if group[0].place.kind == part.place.kind => group.push(part),
                _ => groups.push(vec![part]),
            }
        }
        let put = |group: Vec<Part<'_>>| {
            let widths = group.iter().map(|p| p.rows).collect();
            Ok((self.put(&group, columns)?, widths))
        };
        groups.into_iter().map(put).collect()
    }

    /// One matrix.
    pub(super) fn matrix(&self, name: &str, rows: usize, columns: usize) -> Result<Matrix, DecoderError> {
        let place = self.place(name, &[rows, columns])?;
        self.put(&[Part { name, rows, place }], columns)
    }

    /// Matrices that are stored alike, one under the other. Blocks stay as they are; floats become f32, in which they are
    /// computed with anyway.
    fn put(&self, parts: &[Part<'_>], columns: usize) -> Result<Matrix, DecoderError> {
        let (kind, shape) = (parts[0].place.kind, (parts.iter().map(|p| p.rows).sum(), columns));
        if let Some(mut panels) = panels(kind, parts, shape, &self.device) {
            let mut from = 0;
            for part in parts {
                panels.fill(from..from + part.rows, |rows| part.rows(rows))?;
                from += part.rows;
            }
            return Ok(Matrix::Panels(Arc::new(panels)));
        }
        let mut bytes = Vec::new();
        for part in parts {
            bytes.append(&mut part.rows(0..part.rows)?);
        }
        if let Some(values) = floats(kind, &bytes) {
            drop(bytes);
            return Ok(Matrix::of_floats(values, shape, &self.device)?);
        }
        Ok(Matrix::of_blocks(kind, bytes, shape, &self.device)?)
    }
}

/// A matrix in a file.
struct Part<'a> {
    name: &'a str,
    rows: usize,
    place: Place<'a>,
}

impl Part<'_> {
    /// The bytes of some rows, with finite values.
    fn rows(&self, rows: Range<usize>) -> Result<Vec<u8>, DecoderError> {
        let each = self.place.length() / self.rows as u64;
        let bytes = self.place.read(rows.start as u64 * each..rows.end as u64 * each)?;
        finite(self.name, self.place.kind, bytes)
    }
}

/// Empty panels for matrices that are stored so, where the kernel has such.
fn panels(kind: GgmlDType, parts: &[Part<'_>], shape: (usize, usize), device: &Device) -> Option<KMatrix> {
    let kind = match kind {
        GgmlDType::Q4K => KQuant::Q4K,
        GgmlDType::Q6K => KQuant::Q6K,
        _ => return None,
    };
    let fits = device.is_cpu() && parts.iter().all(|p| KMatrix::fits(p.rows, shape.1));
    fits.then(|| KMatrix::new(kind, shape.0, shape.1))
}

/// These bytes, unless some value is infinite or not a number.
fn finite(name: &str, kind: GgmlDType, bytes: Vec<u8>) -> Result<Vec<u8>, DecoderError> {
    if is_finite(kind, &bytes) { Ok(bytes) } else { Err(DecoderError::Weight(name.to_owned())) }
}

/// Values of a float type as f32; none where the values are in blocks.
fn floats(kind: GgmlDType, bytes: &[u8]) -> Option<Vec<f32>> {
    let halves = || bytes.chunks_exact(2).map(|b| u16::from_le_bytes([b[0], b[1]]));
    match kind {
        GgmlDType::F32 => {
            Some(bytes.chunks_exact(4).map(|b| f32::from_le_bytes([b[0], b[1], b[2], b[3]])).collect())
        }
        GgmlDType::BF16 => Some(halves().map(|h| f32::from_bits(u32::from(h) << 16)).collect()),
        GgmlDType::F16 => Some(halves().map(half_to_f32).collect()),
        _ => None,
    }
}

/// Whether no value is infinite or not a number. Of blocks, the scales are looked at: with finite scales, all is finite.
/// Worth a look at each load because the quantizing of activations would turn a NaN into numbers that look right.
fn is_finite(kind: GgmlDType, bytes: &[u8]) -> bool {
    let sixteen = |b: &[u8], ones: u16| u16::from_le_bytes([b[0], b[1]]) & ones != ones;
    let scales: &[usize] = match kind {
        GgmlDType::F32 => {
            let ones = 0x7f80_0000_u32;
            return bytes
                .chunks_exact(4)
                .all(|b| u32::from_le_bytes([b[0], b[1], b[2], b[3]]) & ones != ones);
        }
        GgmlDType::F16 => return bytes.chunks_exact(2).all(|b| sixteen(b, 0x7c00)),
        GgmlDType::BF16 => return bytes.chunks_exact(2).all(|b| sixteen(b, 0x7f80)),
        // where the f16 scales are in a block; source: `ggml-common.h`
        GgmlDType::Q4_0 | GgmlDType::Q5_0 | GgmlDType::Q8_0 => &[0],
        GgmlDType::Q4_1 | GgmlDType::Q5_1 | GgmlDType::Q4K | GgmlDType::Q5K => &[0, 2],
        GgmlDType::Q2K => &[80, 82],
        GgmlDType::Q3K => &[108],
        GgmlDType::Q6K => &[208],
        GgmlDType::Q8_1 | GgmlDType::Q8K => return false,
    };
    bytes.chunks_exact(kind.type_size()).all(|b| scales.iter().all(|&at| sixteen(&b[at..], 0x7c00)))
}

#[cfg(test)]
mod tests {
    use candle_core::quantized::{QStorage, QTensor};

    use super::*;

    #[test]
    fn a_scale_that_is_no_number_is_seen() {
        use GgmlDType::*;
        let values: Vec<f32> = (0..512).map(|i| (i as f32 * 0.37).sin()).collect();
        for kind in [F32, F16, BF16, Q4_0, Q4_1, Q5_0, Q5_1, Q8_0, Q2K, Q3K, Q4K, Q5K, Q6K] {
            let t = Tensor::from_slice(&values, (1, 512), &Device::Cpu).unwrap();
            let good = QTensor::quantize(&t, kind).unwrap().data().unwrap().into_owned();
            let mut found = 0;
            // an infinity of f16 and one of bf16, at each place of the first block: seen just where it matters
            for (at, bits) in (0..kind.type_size()).step_by(2).flat_map(|at| [(at, 0x7c00_u16), (at, 0x7f80)])
            {
                let mut bytes = good.clone();
                bytes[at..at + 2].copy_from_slice(&bits.to_le_bytes());
                let storage = QStorage::from_data(bytes.as_slice().into(), &Device::Cpu, kind).unwrap();
                let whole = QTensor::new(storage, (1, 512)).unwrap().dequantize(&Device::Cpu).unwrap();
                let whole: Vec<f32> = whole.flatten_all().unwrap().to_vec1().unwrap();
                let finite = is_finite(kind, &bytes);
                assert_eq!(finite, whole.iter().all(|x| x.is_finite()), "{kind:?} at {at}");
                found += usize::from(!finite);
            }
            assert!(found > 0, "{kind:?}");
        }
    }
}
