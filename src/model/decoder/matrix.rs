//! A matrix of a model, as it is stored: in panels of the kernel where it has such, else as candle takes it.

use std::sync::Arc;

use candle_core::quantized::{GgmlDType, QMatMul, QStorage, QTensor};
use candle_core::{CpuStorage, CustomOp1, Device, Layout, Module, Result, Shape, Tensor};

use crate::model::kernel::KMatrix;

/// `[rows × columns]`; copies share the weights.
#[derive(Clone)]
pub(super) enum Matrix {
    Panels(Arc<KMatrix>),
    Candle(QMatMul),
}

impl Matrix {
    /// Of the blocks of a quantized format.
    pub(super) fn of_blocks(
        kind: GgmlDType,
        bytes: Vec<u8>,
        shape: (usize, usize),
        device: &Device,
    ) -> Result<Matrix> {
        let storage = QStorage::from_data(bytes.into(), device, kind)?;
        Ok(Matrix::Candle(QMatMul::QTensor(Arc::new(QTensor::new(storage, shape)?))))
    }

    /// Of f32 values.
    pub(super) fn of_floats(values: Vec<f32>, shape: (usize, usize), device: &Device) -> Result<Matrix> {
        Ok(Matrix::Candle(QMatMul::Tensor(Tensor::from_vec(values, shape, device)?)))
    }

    /// Whether it is in panels: 4 to 6 bits a weight, on the CPU.
    pub(super) fn is_in_panels(&self) -> bool {
        matches!(self, Matrix::Panels(_))
    }

    /// `[tokens, columns]` to `[tokens, rows]`.
    pub(super) fn forward(&self, x: &Tensor) -> Result<Tensor> {
        match self {
            Matrix::Panels(matrix) => x.contiguous()?.apply_op1_no_bwd(&Product(matrix)),
            Matrix::Candle(matrix) => matrix.forward(x),
        }
    }

    /// The rows of these numbers, `[ids, columns]`.
    pub(super) fn embedding(&self, ids: &[u32], device: &Device) -> Result<Tensor> {
        match self {
            Matrix::Panels(matrix) => {
                let rows: Vec<f32> = ids.iter().flat_map(|&id| matrix.output(id as usize)).collect();
                Tensor::from_vec(rows, (ids.len(), matrix.inputs()), device)
            }
            Matrix::Candle(matrix) => matrix.embedding(&Tensor::new(ids, device)?),
        }
    }
}

struct Product<'a>(&'a KMatrix);

impl CustomOp1 for Product<'_> {
    fn name(&self) -> &'static str {
        "k-quant product"
    }

    fn cpu_fwd(&self, x: &CpuStorage, layout: &Layout) -> Result<(CpuStorage, Shape)> {
        let (rows, columns) = layout.shape().dims2()?;
        let start = layout.start_offset();
        let x = &x.as_slice::<f32>()?[start..start + rows * columns];
        Ok((CpuStorage::F32(self.0.multiply(x)), (rows, self.0.outputs()).into()))
    }
}
