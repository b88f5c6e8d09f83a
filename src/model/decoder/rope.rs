//! Rotary position embeddings (Su et al. 2021), in f32 whatever the weights are stored in: with an angle in f16, a
//! thousand tokens are enough to change what is read.

use candle_core::{Device, Tensor};

use super::DecoderError;

/// How positions turn the queries and keys.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Rope {
    /// Radians a position, one a pair of a head's values.
    frequencies: Vec<f32>,
    /// Whether a pair is two neighbours (GGUF files of Llama, whose rows are permuted for it) or a value of each half.
    interleaved: bool,
}

/// What Llama 3.1 does to the low frequencies; source: `_compute_llama3_parameters` of transformers.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) struct Llama3 {
    pub(super) factor: f64,
    pub(super) low: f64,
    pub(super) high: f64,
    /// Positions that the model was first trained on.
    pub(super) original: f64,
}

/// The cosines and sines of a run of tokens, `[tokens, pairs]`.
pub(super) struct Angles {
    cos: Tensor,
    sin: Tensor,
}

impl Rope {
    pub(super) fn new(theta: f64, head: usize, interleaved: bool) -> Rope {
        // in f64 and rounded once; transformers' f32 power is within an ulp of it
        let frequency = |i: usize| theta.powf(-((2 * i) as f64) / head as f64) as f32;
        Rope { frequencies: (0..head / 2).map(frequency).collect(), interleaved }
    }

    /// Divides each frequency by a factor, such as `rope_freqs.weight` of a GGUF file.
    pub(super) fn divided(mut self, factors: &[f32]) -> Rope {
        for (f, by) in self.frequencies.iter_mut().zip(factors) {
            *f /= by;
        }
        self
    }

    /// Llama 3.1's scaling: wavelengths longer than `original / low` are stretched by `factor`, those shorter than
    /// `original / high` are not, and those between in part.
    pub(super) fn stretched(mut self, by: Llama3) -> Rope {
        for f in &mut self.frequencies {
            let turns = by.original * f64::from(*f) / std::f64::consts::TAU;
            let whole = ((turns - by.low) / (by.high - by.low)).clamp(0.0, 1.0);
            *f = ((1.0 - whole) * f64::from(*f) / by.factor + whole * f64::from(*f)) as f32;
        }
        self
    }

    pub(super) fn pairs(&self) -> usize {
        self.frequencies.len()
    }

    pub(super) fn angles(&self, positions: &[u32], device: &Device) -> Result<Angles, DecoderError> {
        let shape = (positions.len(), self.pairs());
        let turn = |f: fn(f32) -> f32| {
            let each = |&p: &u32| self.frequencies.iter().map(move |w| f(p as f32 * w));
            Tensor::from_vec(positions.iter().flat_map(each).collect::<Vec<f32>>(), shape, device)
        };
        Ok(Angles { cos: turn(f32::cos)?, sin: turn(f32::sin)? })
    }

    /// Turns `[heads, tokens, head]`, contiguous.
    pub(super) fn turn(&self, x: &Tensor, angles: &Angles) -> Result<Tensor, DecoderError> {
        let x = x.unsqueeze(0)?;
        let y = if self.interleaved {
            candle_nn::rotary_emb::rope_i(&x, &angles.cos, &angles.sin)?
        } else {
            candle_nn::rotary_emb::rope(&x, &angles.cos, &angles.sin)?
        };
        Ok(y.squeeze(0)?)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn llama3_stretches_only_long_waves() {
        let plain = Rope::new(10_000.0, 64, false);
        let by = Llama3 { factor: 8.0, low: 1.0, high: 4.0, original: 256.0 };
        let scaled = plain.clone().stretched(by);
        let ratios: Vec<f32> =
            plain.frequencies.iter().zip(&scaled.frequencies).map(|(a, b)| a / b).collect();
        assert_eq!(ratios[0], 1.0);
        assert!((ratios[31] - 8.0).abs() < 1e-4, "{ratios:?}");
        assert!(ratios.is_sorted(), "{ratios:?}");
        assert!(ratios.iter().any(|r| (1.1..7.9).contains(r)), "some lie between: {ratios:?}");
    }

    #[test]
    fn neighbours_and_halves_turn_alike() {
        let values: Vec<f32> = (0..3 * 8).map(|i| (i as f32 * 0.7).sin()).collect();
        let halves = Tensor::from_vec(values, (1, 3, 8), &Device::Cpu).unwrap();
        // value i of one half and value i of the other become neighbours
        let swap = |x: &Tensor, dims: [usize; 2]| {
            let x = x.reshape((1, 3, dims[0], dims[1])).unwrap().transpose(2, 3).unwrap();
            x.contiguous().unwrap().reshape((1, 3, 8)).unwrap()
        };
        let (a, b) = (Rope::new(100.0, 8, false), Rope::new(100.0, 8, true));
        let angles = a.angles(&[0, 5, 11], &Device::Cpu).unwrap();
        let x = a.turn(&halves, &angles).unwrap();
        let y = swap(&b.turn(&swap(&halves, [2, 4]), &angles).unwrap(), [4, 2]);
        let d = (x - y).unwrap().abs().unwrap().flatten_all().unwrap().max(0).unwrap();
        assert!(d.to_scalar::<f32>().unwrap() < 1e-6);
    }
}
