//! Reads the weights: safetensors with f32 tensors, or 8-bit ones with an f32 scale for each block of a row.

use std::borrow::Cow;

use candle_core::{Device, Tensor};
use safetensors::tensor::TensorView;
use safetensors::{Dtype, SafeTensors};

use crate::model::ModelError;

/// The tensors of a file.
pub(super) struct Weights<'a>(SafeTensors<'a>);

/// A matrix of which rows are taken one by one, so that a vocabulary is never spread out whole, nor even copied.
pub(super) enum Rows<'a> {
    /// `[rows × width]` of 8 bits, and `[rows × blocks]` scales of four bytes.
    Bytes {
        /// The values over their block's scale.
        values: Cow<'a, [u8]>,
        /// One a block.
        scales: Cow<'a, [u8]>,
        /// Values in a block; divides the width.
        block: usize,
    },
    /// `[rows × width]`.
    Floats(Vec<f32>),
}

impl Rows<'_> {
    /// Adds row `i` of a matrix `out.len()` wide.
    pub(super) fn add_to(&self, i: usize, out: &mut [f32]) {
        let at = i * out.len()..(i + 1) * out.len();
        match self {
            Rows::Bytes { values, scales, block } => {
                let scales = numbers(&scales[at.start / block * 4..]);
                for ((out, values), scale) in
                    out.chunks_mut(*block).zip(values[at].chunks(*block)).zip(scales)
                {
                    for (o, &b) in out.iter_mut().zip(values) {
                        *o += f32::from(b.cast_signed()) * scale;
                    }
                }
            }
            Rows::Floats(v) => {
                for (o, x) in out.iter_mut().zip(&v[at]) {
                    *o += x;
                }
            }
        }
    }

    /// A copy of its own.
    pub(super) fn into_owned(self) -> Rows<'static> {
        let owned = |bytes: Cow<'_, [u8]>| Cow::Owned(bytes.into_owned());
        match self {
            Rows::Bytes { values, scales, block } => {
                Rows::Bytes { values: owned(values), scales: owned(scales), block }
            }
            Rows::Floats(v) => Rows::Floats(v),
        }
    }
}

impl<'a> Weights<'a> {
    pub(super) fn parse(bytes: &'a [u8]) -> Result<Weights<'a>, ModelError> {
        SafeTensors::deserialize(bytes).map(Weights).map_err(|e| ModelError::Broken(e.to_string()))
    }

    pub(super) fn has(&self, name: &str) -> bool {
        self.0.tensor(name).is_ok()
    }

    fn view(&self, name: &str, shape: &[usize]) -> Result<TensorView<'a>, ModelError> {
        let view = self.0.tensor(name).map_err(|e| ModelError::Broken(format!("{name}: {e}")))?;
        if view.shape() == shape {
            Ok(view)
        } else {
            Err(ModelError::Broken(format!("{name} has shape {:?}, not {shape:?}", view.shape())))
        }
    }

    /// A tensor's values as f32, of the given shape.
    pub(super) fn floats(&self, name: &str, shape: &[usize]) -> Result<Vec<f32>, ModelError> {
        match self.rows(name, shape)? {
            Rows::Floats(v) => Ok(v),
            Rows::Bytes { values, scales, block } => {
                let blocks = values.chunks_exact(block).zip(numbers(&scales));
                Ok(blocks.flat_map(|(b, s)| b.iter().map(move |&v| f32::from(v.cast_signed()) * s)).collect())
            }
        }
    }

    /// A matrix, left as it is stored.
    pub(super) fn rows(&self, name: &str, shape: &[usize]) -> Result<Rows<'a>, ModelError> {
        let view = self.view(name, shape)?;
        match view.dtype() {
            Dtype::F32 => Ok(Rows::Floats(numbers(view.data()).collect())),
            Dtype::I8 => {
                let (rows, width) = (shape[0], shape[1..].iter().product::<usize>());
                let scale = format!("{name}.scale");
                let stored =
                    self.0.tensor(&scale).map_err(|e| ModelError::Broken(format!("{scale}: {e}")))?;
                let blocks = stored.shape().last().copied().unwrap_or_default();
                if blocks == 0 || width % blocks != 0 {
                    return Err(ModelError::Broken(format!(
                        "{scale} has {blocks} blocks for a width of {width}"
                    )));
                }
                let scales = self.view(&scale, &[rows, blocks])?;
                let (values, scales) = (Cow::Borrowed(view.data()), Cow::Borrowed(scales.data()));
                Ok(Rows::Bytes { values, scales, block: width / blocks })
            }
            other => Err(ModelError::Broken(format!("{name} is {other:?}, not I8 or F32"))),
        }
    }

    /// A tensor on the CPU, of the given shape.
    pub(super) fn tensor(&self, name: &str, shape: &[usize]) -> Result<Tensor, ModelError> {
        Ok(Tensor::from_vec(self.floats(name, shape)?, shape, &Device::Cpu)?)
    }
}

/// The numbers that these bytes are.
pub(super) fn numbers(bytes: &[u8]) -> impl Iterator<Item = f32> {
    bytes.as_chunks().0.iter().map(|four| f32::from_le_bytes(*four))
}
