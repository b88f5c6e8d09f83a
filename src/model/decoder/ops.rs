//! The two steps between matmuls that are worth a kernel of our own on the CPU: the gate of the feed-forward part and
//! the softmax of the scores. Elsewhere they are candle's operations one after the other.

use candle_core::{
    CpuStorage, CustomOp1, CustomOp2, DType, InplaceOp1, InplaceOp2, Layout, Result, Shape, Tensor, bail,
};
use candle_nn::ops::softmax_last_dim;
use half::f16;
use half::slice::HalfFloatSliceExt;
use rayon::prelude::*;

use crate::model::kernel::{Isa, Job, Processor};

/// `silu(gate) · up`, both `[tokens, width]`, of which a row is contiguous.
pub(super) fn gated(gate: &Tensor, up: &Tensor) -> Result<Tensor> {
    if gate.device().is_cpu() { gate.apply_op2_no_bwd(up, &Gated) } else { gate.silu()? * up }
}

/// Softmax over the last dimension of `[kv heads, groups · rows, columns]` scores, after `[rows, width]` of bias is
/// added to the last `width` columns. The scores' memory is used for the result where that can be.
pub(super) fn softmax(scores: Tensor, bias: Option<&Tensor>) -> Result<Tensor> {
    if scores.device().is_cpu() {
        match bias {
            Some(bias) => scores.inplace_op2(bias, &Softmax)?,
            None => scores.inplace_op1(&Softmax)?,
        }
        return Ok(scores);
    }
    let Some(bias) = bias else { return softmax_last_dim(&scores) };
    let (kv_heads, all, columns) = scores.dims3()?;
    let (rows, width) = bias.dims2()?;
    let free = columns - width;
    let by_row = scores.reshape((kv_heads * all / rows, rows, columns))?;
    let biased = by_row.narrow(2, free, width)?.broadcast_add(bias)?;
    let biased = if free == 0 { biased } else { Tensor::cat(&[&by_row.narrow(2, 0, free)?, &biased], 2)? };
    softmax_last_dim(&biased)?.reshape((kv_heads, all, columns))
}

/// These numbers in f16.
pub(super) fn halves(x: &Tensor) -> Result<Tensor> {
    if x.device().is_cpu() { x.contiguous()?.apply_op1_no_bwd(&Halves) } else { x.to_dtype(DType::F16) }
}

/// candle converts one number at a time.
struct Halves;

impl CustomOp1 for Halves {
    fn name(&self) -> &'static str {
        "halves"
    }

    fn cpu_fwd(&self, x: &CpuStorage, layout: &Layout) -> Result<(CpuStorage, Shape)> {
        let x = whole::<f32>(x, layout)?;
        let mut out = vec![f16::ZERO; x.len()];
        out.par_chunks_mut(TOGETHER)
            .zip(x.par_chunks(TOGETHER))
            .for_each(|(out, x)| out.convert_from_f32_slice(x));
        Ok((CpuStorage::F16(out), layout.shape().clone()))
    }
}

/// Numbers that a thread converts at a time.
const TOGETHER: usize = 1 << 14;

/// The numbers of a contiguous tensor.
fn whole<'a, T: candle_core::WithDType>(x: &'a CpuStorage, layout: &Layout) -> Result<&'a [T]> {
    let Some((start, end)) = layout.contiguous_offsets() else { bail!("numbers must be contiguous") };
    Ok(&x.as_slice()?[start..end])
}

/// `exp(x)` for `x` at most 0, within 2 units in the last place down to -87, and 0 below that.
///
/// By range reduction to `2ⁿ · eʳ` with the logarithm of 2 in two parts (Cody and Waite 1980) and a polynomial in `r`
/// with Taylor's coefficients, so that the compiler can compute many at once.
#[inline(always)]
fn exp(x: f32) -> f32 {
    /// Adding and taking it away rounds to a whole number.
    const ROUND: f32 = 12_582_912.0;
    let clamped = if x < -87.0 { -87.0 } else { x };
    let n = clamped * std::f32::consts::LOG2_E + ROUND;
    let bits = n.to_bits();
    let n = n - ROUND;
    let r = (clamped - n * 0.693_359_4) + n * 2.121_944_4e-4;
    let p = 1.0 / 5040.0;
    let p = p * r + 1.0 / 720.0;
    let p = p * r + 1.0 / 120.0;
    let p = p * r + 1.0 / 24.0;
    let p = p * r + 1.0 / 6.0;
    let p = p * r + 0.5;
    let p = (p * r) * r + r + 1.0;
    // the low bits of the rounded sum are `n`; shifted, they raise the exponent
    let y = f32::from_bits(p.to_bits().wrapping_add(bits << 23));
    // a NaN must stay one: it is how a broken weight shows
    if x < -87.0 {
        0.0
    } else if x.is_nan() {
        x
    } else {
        y
    }
}

struct Gated;

impl CustomOp2 for Gated {
    fn name(&self) -> &'static str {
        "gated"
    }

    fn cpu_fwd(
        &self,
        gate: &CpuStorage,
        gate_layout: &Layout,
        up: &CpuStorage,
        up_layout: &Layout,
    ) -> Result<(CpuStorage, Shape)> {
        let (rows, width) = gate_layout.shape().dims2()?;
        let (gate, up) = (rows_of(gate, gate_layout)?, rows_of(up, up_layout)?);
        let mut out = vec![0.0; rows * width];
        let one = |(i, out): (usize, &mut [f32])| {
            let (gate, up) = (&gate.0[i * gate.1..][..width], &up.0[i * up.1..][..width]);
            Processor::best().run(GatedRow { gate, up, out });
        };
        if rows == 1 {
            one((0, &mut out));
        } else {
            out.par_chunks_exact_mut(width).enumerate().for_each(one);
        }
        Ok((CpuStorage::F32(out), (rows, width).into()))
    }
}

struct GatedRow<'a> {
    gate: &'a [f32],
    up: &'a [f32],
    out: &'a mut [f32],
}

impl Job for GatedRow<'_> {
    #[inline(always)]
    fn run<I: Isa>(self, _: I) {
        for ((out, &g), &u) in self.out.iter_mut().zip(self.gate).zip(self.up) {
            // the exponential of a number at most 0 never overflows
            let e = exp(-g.abs());
            let top = if g < 0.0 { e } else { 1.0 };
            *out = g * u * top / (1.0 + e);
        }
    }
}

/// A matrix's values from its first on, and how far apart its rows are.
pub(super) fn rows_of<'a>(storage: &'a CpuStorage, layout: &Layout) -> Result<(&'a [f32], usize)> {
    match layout.stride() {
        &[stride, 1] => Ok((&storage.as_slice::<f32>()?[layout.start_offset()..], stride)),
        _ => bail!("rows must be contiguous"),
    }
}

struct Softmax;

impl Softmax {
    fn run(scores: &mut CpuStorage, layout: &Layout, bias: Option<(&[f32], usize, usize)>) -> Result<()> {
        let Some((start, end)) = layout.contiguous_offsets() else { bail!("scores must be contiguous") };
        let CpuStorage::F32(scores) = scores else { bail!("scores must be f32") };
        let (_, _, columns) = layout.shape().dims3()?;
        scores[start..end].par_chunks_exact_mut(columns).enumerate().for_each(|(i, row)| {
            if let Some((bias, rows, width)) = bias {
                let bias = &bias[i % rows * width..][..width];
                for (x, b) in row[columns - width..].iter_mut().zip(bias) {
                    *x += b;
                }
            }
            one(row);
        });
        Ok(())
    }
}

/// Softmax of one row.
fn one(row: &mut [f32]) {
    #[cfg(target_arch = "x86_64")]
    if is_x86_feature_detected!("avx2") {
        #[target_feature(enable = "avx2")]
        fn wide(row: &mut [f32]) {
            softmax_of(row);
        }
        #[expect(
            unsafe_code,
            reason = "the baseline's four lanes make this a tenth of a pass; the line above checks"
        )]
        // SAFETY: the processor has AVX2
        return unsafe { wide(row) };
    }
    softmax_of(row);
}

/// Sums in eight lanes, whose order depends on neither threads nor the width of the processor's registers.
#[inline(always)]
fn softmax_of(row: &mut [f32]) {
    let mut tops = [f32::NEG_INFINITY; 8];
    let chunks = row.chunks_exact(8);
    let rest = chunks.remainder().iter().copied().fold(f32::NEG_INFINITY, f32::max);
    for c in chunks {
        for (t, &x) in tops.iter_mut().zip(c) {
            *t = if x > *t { x } else { *t };
        }
    }
    let top = tops.iter().copied().fold(rest, f32::max);
    // a loop of its own: the compiler makes vectors of it only where nothing else is done
    for x in row.iter_mut() {
        *x = exp(*x - top);
    }
    let mut sums = [0.0_f32; 8];
    let chunks = row.chunks_exact(8);
    let sum: f32 = chunks.remainder().iter().sum();
    for c in chunks {
        for (s, x) in sums.iter_mut().zip(c) {
            *s += x;
        }
    }
    let by = 1.0 / (sum + sums.iter().sum::<f32>());
    row.iter_mut().for_each(|x| *x *= by);
}

impl InplaceOp1 for Softmax {
    fn name(&self) -> &'static str {
        "softmax"
    }

    fn cpu_fwd(&self, scores: &mut CpuStorage, layout: &Layout) -> Result<()> {
        Softmax::run(scores, layout, None)
    }
}

impl InplaceOp2 for Softmax {
    fn name(&self) -> &'static str {
        "softmax"
    }

    fn cpu_fwd(&self, scores: &mut CpuStorage, layout: &Layout, bias: &CpuStorage, l: &Layout) -> Result<()> {
        let (rows, width) = l.shape().dims2()?;
        let Some((start, end)) = l.contiguous_offsets() else { bail!("the bias must be contiguous") };
        Softmax::run(scores, layout, Some((&bias.as_slice::<f32>()?[start..end], rows, width)))
    }
}

#[cfg(test)]
mod tests {
    use candle_core::Device;

    use super::*;

    fn noise(n: usize, spread: f32) -> Vec<f32> {
        (0..n).map(|i| spread * (i as f32 * 1.7).sin() * (i as f32 * 0.013).cos()).collect()
    }

    fn near(a: &Tensor, b: &Tensor, within: f32) {
        let d = (a - b).unwrap().abs().unwrap().flatten_all().unwrap().max(0).unwrap();
        let d = d.to_scalar::<f32>().unwrap();
        assert!(d < within, "{d}");
    }

    #[test]
    fn the_exponential_is_right() {
        let mut x = 0.0_f32;
        while x > -87.0 {
            let (got, want) = (f64::from(exp(x)), f64::from(x).exp());
            assert!((got / want - 1.0).abs() < 2.5e-7, "{x}: {got} for {want}");
            x -= 0.00137;
        }
        assert_eq!(exp(0.0), 1.0);
        assert_eq!(exp(-90.0), 0.0);
        assert_eq!(exp(f32::NEG_INFINITY), 0.0);
        assert!(exp(f32::NAN).is_nan());
    }

    #[test]
    fn halves_are_those_of_candle() {
        let x = Tensor::from_vec(noise(3 * 20_001, 90.0), (3, 20_001), &Device::Cpu).unwrap();
        let part = x.narrow(1, 7, 19_000).unwrap();
        let halved = halves(&part).unwrap();
        let want = part.to_dtype(DType::F16).unwrap();
        assert_eq!(halved.to_vec2::<f16>().unwrap(), want.to_vec2::<f16>().unwrap());
    }

    #[test]
    fn the_gate_is_that_of_candle() {
        let both = Tensor::from_vec(noise(6 * 70, 30.0), (6, 70), &Device::Cpu).unwrap();
        let (gate, up) = (both.narrow(1, 0, 35).unwrap(), both.narrow(1, 35, 35).unwrap());
        let want = (gate.silu().unwrap() * &up).unwrap();
        near(&gated(&gate, &up).unwrap(), &want, 2e-4);
    }

    #[test]
    fn the_softmax_is_that_of_candle() {
        let scores = Tensor::from_vec(noise(2 * 6 * 21, 20.0), (2, 6, 21), &Device::Cpu).unwrap();
        near(&softmax(scores.copy().unwrap(), None).unwrap(), &softmax_last_dim(&scores).unwrap(), 1e-6);
        let mut bias = vec![0.0; 3 * 5];
        [1, 4, 7, 14].iter().for_each(|&i| bias[i] = f32::NEG_INFINITY);
        let bias = Tensor::from_vec(bias, (3, 5), &Device::Cpu).unwrap();
        let padded = Tensor::cat(&[&Tensor::zeros((3, 16), bias.dtype(), &Device::Cpu).unwrap(), &bias], 1);
        let by_row = scores.reshape((4, 3, 21)).unwrap().broadcast_add(&padded.unwrap()).unwrap();
        let want = softmax_last_dim(&by_row).unwrap().reshape((2, 6, 21)).unwrap();
        near(&softmax(scores.copy().unwrap(), Some(&bias)).unwrap(), &want, 1e-6);
    }

    #[test]
    fn what_is_no_number_stays_so() {
        let mut row = [1.0, f32::NAN, 2.0];
        one(&mut row);
        assert!(row.iter().all(|x| x.is_nan()), "{row:?}");
    }
}
