//! The formats: how a file has their super-blocks, how a panel has them, and what they stand for.

use super::super::math::half_to_f32;
use super::super::{BLOCK, Columns, Isa, Tile};
use super::{Format, Multiply, PARTS, Part, Signed, Spread, products};

/// Outputs whose values are the low halves of bytes; those of the others are the high ones.
const HALF: usize = BLOCK / 2;
/// A byte for each of four inputs of half of the outputs.
pub(in crate::model::kernel) type Bytes = [u8; 4 * HALF];
/// No bits.
const EMPTY: Bytes = [0; 4 * HALF];

/// Adds bits to the four bytes of an output.
fn add(bits: u32, c: usize, bytes: &mut Bytes) {
    let four = &mut bytes.as_chunks_mut().0[c % HALF];
    *four = (u32::from_le_bytes(*four) | bits).to_le_bytes();
}

/// Q4_K: values of 4 bits; the scale and the least value of each block have 6 bits, and f32 scales of their own.
#[derive(Clone)]
#[repr(C, align(64))]
pub(in crate::model::kernel) struct Four {
    pub(in crate::model::kernel) scale: Columns,
    pub(in crate::model::kernel) least: Columns,
    pub(in crate::model::kernel) parts: [FourPart; PARTS],
}

#[derive(Clone, Copy)]
#[repr(C, align(64))]
pub(in crate::model::kernel) struct FourPart {
    pub(in crate::model::kernel) values: [Bytes; BLOCK / 4],
    pub(in crate::model::kernel) scales: [u8; BLOCK],
    pub(in crate::model::kernel) least: [u8; BLOCK],
}

impl Format for Four {
    const SIZE: usize = 144;
    const NOTHING: Four = Four {
        scale: Columns([0.0; BLOCK]),
        least: Columns([0.0; BLOCK]),
        parts: [FourPart { values: [EMPTY; BLOCK / 4], scales: [0; BLOCK], least: [0; BLOCK] }; PARTS],
    };

    /// Source: `block_q4_K` in `ggml-common.h`, and `get_scale_min_k4`.
    fn pack(outputs: [&[u8]; BLOCK]) -> Four {
        let mut out = Four::NOTHING;
        for (c, block) in outputs.into_iter().enumerate() {
            (out.scale.0[c], out.least.0[c]) = (half([block[0], block[1]]), half([block[2], block[3]]));
            let (scales, values) = (&block[4..16], &block[16..]);
            for (p, part) in out.parts.iter_mut().enumerate() {
                (part.scales[c], part.least[c]) = match p {
                    0..4 => (scales[p] & 63, scales[p + 4] & 63),
                    _ => (
                        scales[p + 4] & 15 | scales[p - 4] >> 6 << 4,
                        scales[p + 4] >> 4 | scales[p] >> 6 << 4,
                    ),
                };
                // a byte has the values of two blocks
                let bytes = values[p / 2 * BLOCK..][..BLOCK].as_chunks().0;
                for (values, four) in part.values.iter_mut().zip(bytes) {
                    let four = u32::from_le_bytes(*four) >> (p % 2 * 4) & 0x0f0f_0f0f;
                    add(four << (c / HALF * 4), c, values);
                }
            }
        }
        out
    }

    #[inline(always)]
    fn products<I: Isa>(isa: I, all: Multiply<'_, Four>) {
        products(isa, all);
    }

    #[inline(always)]
    fn few<const ROWS: usize, I: Isa>(isa: I, rows: [&[Signed]; ROWS], panel: &[Four], out: Tile<'_>) {
        isa.four(rows, panel, out);
    }
}

impl Spread<1> for Four {
    #[inline(always)]
    fn spread(&self, out: &mut [Part<1>; PARTS]) {
        for (part, out) in self.parts.iter().zip(out) {
            for (bytes, out) in part.values.iter().zip(&mut out.values) {
                let (low, high) = out.as_flattened_mut().split_at_mut(4 * HALF);
                for ((low, high), both) in low.iter_mut().zip(high).zip(bytes) {
                    (*low, *high) = (both & 15, both >> 4);
                }
            }
            for c in 0..BLOCK {
                out.scales[0].0[c] = f32::from(part.scales[c]) * self.scale.0[c];
                out.zeros[0].0[c] = -f32::from(part.least[c]) * self.least.0[c];
            }
        }
    }
}

/// What the values of Q6_K are less by than those that are stored.
pub(in crate::model::kernel) const MIDDLE: f32 = 32.0;

/// Q6_K: values of 6 bits, less [`MIDDLE`]; the scale of each half block has 8 bits, and an f32 scale of its own.
#[derive(Clone)]
#[repr(C, align(64))]
pub(in crate::model::kernel) struct Six {
    pub(in crate::model::kernel) scale: Columns,
    pub(in crate::model::kernel) parts: [SixPart; PARTS],
}

#[derive(Clone, Copy)]
#[repr(C, align(64))]
pub(in crate::model::kernel) struct SixPart {
    pub(in crate::model::kernel) low: [Bytes; BLOCK / 4],
    /// Two bits each of a four's low and high halves, then of the next four's.
    pub(in crate::model::kernel) high: [Bytes; BLOCK / 8],
    pub(in crate::model::kernel) scales: [[i8; BLOCK]; 2],
}

impl Format for Six {
    const SIZE: usize = 210;
    const NOTHING: Six = Six {
        scale: Columns([0.0; BLOCK]),
        parts: [SixPart { low: [EMPTY; BLOCK / 4], high: [EMPTY; BLOCK / 8], scales: [[0; BLOCK]; 2] };
            PARTS],
    };

    /// Source: `block_q6_K` in `ggml-common.h`, and `dequantize_row_q6_K`.
    fn pack(outputs: [&[u8]; BLOCK]) -> Six {
        let mut out = Six::NOTHING;
        for (c, block) in outputs.into_iter().enumerate() {
            let (low, high, scales) = (&block[..128], &block[128..192], &block[192..208]);
            out.scale.0[c] = half([block[208], block[209]]);
            for (p, part) in out.parts.iter_mut().enumerate() {
                part.scales = std::array::from_fn(|g| {
                    let mut all = part.scales[g];
                    all[c] = scales[2 * p + g].cast_signed();
                    all
                });
                // either half of the super-block: two bytes of low bits for four values, one of high ones
                let (at, quarter) = (p / 4, p % 4);
                let lows = low[at * 64 + quarter % 2 * BLOCK..][..BLOCK].as_chunks().0;
                let highs = high[at * BLOCK..][..BLOCK].as_chunks().0;
                for (j, (low, high)) in lows.iter().zip(highs).enumerate() {
                    let low = u32::from_le_bytes(*low) >> (quarter / 2 * 4) & 0x0f0f_0f0f;
                    let high = u32::from_le_bytes(*high) >> (2 * quarter) & 0x0303_0303;
                    add(low << (c / HALF * 4), c, &mut part.low[j]);
                    add(high << (j % 2 * 4 + c / HALF * 2), c, &mut part.high[j / 2]);
                }
            }
        }
        out
    }

    #[inline(always)]
    fn products<I: Isa>(isa: I, all: Multiply<'_, Six>) {
        products(isa, all);
    }

    #[inline(always)]
    fn few<const ROWS: usize, I: Isa>(isa: I, rows: [&[Signed]; ROWS], panel: &[Six], out: Tile<'_>) {
        isa.six(rows, panel, out);
    }
}

impl Spread<2> for Six {
    #[inline(always)]
    fn spread(&self, out: &mut [Part<2>; PARTS]) {
        for (part, out) in self.parts.iter().zip(out) {
            let pairs = part.low.as_chunks::<2>().0.iter().zip(out.values.as_chunks_mut::<2>().0);
            for ((lows, outs), twos) in pairs.zip(&part.high) {
                for (k, (bytes, out)) in lows.iter().zip(outs).enumerate() {
                    let (low, high) = out.as_flattened_mut().split_at_mut(4 * HALF);
                    for (((low, high), four), two) in low.iter_mut().zip(high).zip(bytes).zip(twos) {
                        let two = two >> (4 * k);
                        (*low, *high) = (four & 15 | (two & 3) << 4, four >> 4 | (two & 12) << 2);
                    }
                }
            }
            for g in 0..part.scales.len() {
                for c in 0..BLOCK {
                    out.scales[g].0[c] = f32::from(part.scales[g][c]) * self.scale.0[c];
                    out.zeros[g].0[c] = -MIDDLE * out.scales[g].0[c];
                }
            }
        }
    }
}

fn half(bytes: [u8; 2]) -> f32 {
    half_to_f32(u16::from_le_bytes(bytes))
}
