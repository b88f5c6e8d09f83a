//! From the projections of queries, keys and values to their heads: on the CPU in one step, since each of candle's writes the
//! numbers anew, most of them on one thread.

use candle_core::{CpuStorage, CustomOp1, Layout, Result, Shape, Tensor};
use candle_nn::ops::rms_norm;
use rayon::prelude::*;

use super::ops::rows_of;
use super::rope::{Angles, Rope};

/// Heads that a thread takes at least.
const TOGETHER: usize = 64;
/// Sums that run beside each other, so that the compiler can compute them at once.
const LANES: usize = 16;

/// What becomes of a projection.
pub(super) struct Heads<'a> {
    /// How many there are.
    pub(super) heads: usize,
    /// The width of each.
    pub(super) head: usize,
    /// The factors of each head's RMS norm, and what is added to its mean square.
    pub(super) norm: Option<(&'a Tensor, f32)>,
    /// How each token's are turned.
    pub(super) turn: Option<(&'a Rope, &'a Angles)>,
    /// What they are multiplied with.
    pub(super) scale: Option<f64>,
}

impl Heads<'_> {
    /// `[tokens, heads · head]`, of which a row is contiguous, to `[heads, tokens, head]`.
    pub(super) fn of(&self, x: &Tensor) -> Result<Tensor> {
        if x.device().is_cpu() {
            let norm = self.norm.map(|(norm, _)| norm.to_vec1()).transpose()?;
            x.apply_op1_no_bwd(&OnCpu { heads: self, norm })
        } else {
            self.step_by_step(x)
        }
    }

    fn step_by_step(&self, x: &Tensor) -> Result<Tensor> {
        let mut x = x.contiguous()?.reshape((x.dim(0)?, self.heads, self.head))?;
        if let Some((norm, epsilon)) = self.norm {
            x = rms_norm(&x, norm, epsilon)?;
        }
        x = x.transpose(0, 1)?.contiguous()?;
        if let Some((rope, angles)) = self.turn {
            x = rope.turn(&x, angles)?;
        }
        self.scale.map_or(Ok(x.clone()), |scale| x * scale)
    }
}

struct OnCpu<'a> {
    heads: &'a Heads<'a>,
    norm: Option<Vec<f32>>,
}

impl OnCpu<'_> {
    fn one(&self, token: usize, x: &[f32], out: &mut [f32]) {
        let scale = self.heads.scale.map_or(1.0, |scale| scale as f32);
        let by = self.heads.norm.map_or(scale, |(_, epsilon)| {
            let mut sums = [0.0; LANES];
            for x in x.chunks(LANES) {
                sums.iter_mut().zip(x).for_each(|(s, x)| *s += x * x);
            }
            scale / (sums.iter().sum::<f32>() / x.len() as f32 + epsilon).sqrt()
        });
        match &self.norm {
            Some(norm) => {
                out.iter_mut().zip(x).zip(norm).for_each(|((out, x), norm)| *out = x * by * norm);
            }
            None => out.iter_mut().zip(x).for_each(|(out, x)| *out = x * by),
        }
        if let Some((rope, angles)) = self.heads.turn {
            rope.turn_one(out, angles, token);
        }
    }
}

impl CustomOp1 for OnCpu<'_> {
    fn name(&self) -> &'static str {
        "heads"
    }

    fn cpu_fwd(&self, x: &CpuStorage, layout: &Layout) -> Result<(CpuStorage, Shape)> {
        let Heads { heads, head, .. } = *self.heads;
        let tokens = layout.shape().dims2()?.0;
        let (x, apart) = rows_of(x, layout)?;
        let mut out = vec![0.0; heads * tokens * head];
        out.par_chunks_mut(TOGETHER * head).enumerate().for_each(|(i, out)| {
            for (j, out) in out.chunks_exact_mut(head).enumerate() {
                let (kind, token) = ((i * TOGETHER + j) / tokens, (i * TOGETHER + j) % tokens);
                self.one(token, &x[token * apart + kind * head..][..head], out);
            }
        });
        Ok((CpuStorage::F32(out), (heads, tokens, head).into()))
    }
}

#[cfg(test)]
mod tests {
    use candle_core::Device;

    use super::*;

    #[test]
    fn in_one_step_as_in_several() {
        let (tokens, heads, head) = (37, 3, 8);
        let numbers = |n: usize| (0..n).map(|i| (i as f32 * 0.37).sin() * 3.0).collect::<Vec<_>>();
        // the middle of a wider projection
        let all = Tensor::from_vec(numbers(tokens * 40), (tokens, 40), &Device::Cpu).unwrap();
        let x = all.narrow(1, 8, heads * head).unwrap();
        let norm = Tensor::from_vec(numbers(head), head, &Device::Cpu).unwrap();
        let positions: Vec<u32> = (100..100 + tokens as u32).collect();
        for interleaved in [false, true] {
            let rope = Rope::new(10_000.0, head, interleaved);
            let angles = rope.angles(&positions, &Device::Cpu).unwrap();
            for (norm, turn, scale) in [
                (None, None, None),
                (Some((&norm, 1e-6)), Some((&rope, &angles)), Some(0.25)),
                (None, Some((&rope, &angles)), None),
            ] {
                let heads = Heads { heads, head, norm, turn, scale };
                let (one, several) = (heads.of(&x).unwrap(), heads.step_by_step(&x).unwrap());
                assert_eq!(one.dims(), [heads.heads, tokens, head]);
                let off = (one - several).unwrap().abs().unwrap().flatten_all().unwrap().max(0).unwrap();
                assert!(off.to_scalar::<f32>().unwrap() < 1e-5);
            }
        }
    }
}
