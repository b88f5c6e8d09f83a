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
    cos: Vec<f32>,
    sin: Vec<f32>,
    /// The same on the device.
    there: [Tensor; 2],
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
        let turn = |f: fn(f32) -> f32| -> Vec<f32> {
            let each = |&p: &u32| self.frequencies.iter().map(move |w| f(p as f32 * w));
            positions.iter().flat_map(each).collect()
        };
        let (cos, sin) = (turn(f32::cos), turn(f32::sin));
        let put = |numbers: &[f32]| Tensor::from_slice(numbers, (positions.len(), self.pairs()), device);
        let there = [put(&cos)?, put(&sin)?];
        Ok(Angles { cos, sin, there })
    }

    /// Turns a head of a token of the run, on the CPU.
    pub(super) fn turn_one(&self, x: &mut [f32], angles: &Angles, token: usize) {
        let pairs = self.pairs();
        let (cos, sin) = (&angles.cos[token * pairs..][..pairs], &angles.sin[token * pairs..][..pairs]);
        let turned = |a: f32, b: f32, i: usize| (a * cos[i] - b * sin[i], a * sin[i] + b * cos[i]);
        if self.interleaved {
            for (i, [a, b]) in x.as_chunks_mut().0.iter_mut().enumerate() {
                (*a, *b) = turned(*a, *b, i);
            }
        } else {
            let (left, right) = x.split_at_mut(pairs);
            for (i, (a, b)) in left.iter_mut().zip(right).enumerate() {
                (*a, *b) = turned(*a, *b, i);
            }
        }
    }

    /// Turns `[heads, tokens, head]`, contiguous, on any device.
    pub(super) fn turn(&self, x: &Tensor, angles: &Angles) -> candle_core::Result<Tensor> {
        let [cos, sin] = &angles.there;
        let x = x.unsqueeze(0)?;
        let y = if self.interleaved {
            candle_nn::rotary_emb::rope_i(&x, cos, sin)?
        } else {
            candle_nn::rotary_emb::rope(&x, cos, sin)?
        };
        y.squeeze(0)
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
        let halves: Vec<f32> = (0..8).map(|i| (i as f32 * 0.7).sin()).collect();
        // value i of one half and value i of the other become neighbours
        let mut neighbours: Vec<f32> = (0..8).map(|i| halves[i % 2 * 4 + i / 2]).collect();
        let (a, b) = (Rope::new(100.0, 8, false), Rope::new(100.0, 8, true));
        let angles = a.angles(&[0, 5, 11], &Device::Cpu).unwrap();
        let mut turned = halves.clone();
        a.turn_one(&mut turned, &angles, 2);
        b.turn_one(&mut neighbours, &angles, 2);
        for i in 0..8 {
            assert_eq!(neighbours[i], turned[i % 2 * 4 + i / 2]);
        }
        let norm = |x: &[f32]| x.iter().map(|x| x * x).sum::<f32>();
        assert!((norm(&turned) - norm(&halves)).abs() < 1e-5 && (turned[0] - halves[0]).abs() > 0.1);
        a.turn_one(&mut turned, &angles, 0);
        assert!((turned[0] - neighbours[0]).abs() < 1e-6, "position 0 turns nothing");
    }
}
