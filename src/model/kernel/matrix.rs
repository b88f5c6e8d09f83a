//! Matrices as the operations want them, and what is multiplied with them.

use super::math::gelu;
use super::{BLOCK, Bits, Columns, Fours, Isa, NOTHING, Onto, TILE, Tile, Values, Weights};

/// The blocks of a panel that stay in the innermost cache while all rows pass: 15 KiB of weights.
const NEAR: usize = 12;

/// How the numbers of a block become values.
#[derive(Clone, Copy, Default)]
pub(super) struct Steps {
    /// What a step of the value stands for.
    pub(super) scale: f32,
    /// What the value 0 stands for.
    pub(super) zero: f32,
    /// The number in the middle.
    pub(super) middle: f32,
    /// Steps that a number takes.
    pub(super) by: f32,
}

impl Steps {
    /// Between the least and the greatest number of a block.
    #[inline(always)]
    pub(super) fn between(least: f32, most: f32, bits: Bits) -> Steps {
        /// Below it all numbers of a block are as good as equal.
        const WIDE: f32 = 1e-30;
        let (at, steps) = bits.middle();
        let (middle, half) = (0.5 * (most + least), 0.5 * (most - least));
        let scale = half / steps;
        let by = if half > WIDE { steps / half } else { 0.0 };
        Steps { scale, zero: scale.mul_add(-at as f32, middle), middle, by }
    }
}

/// A matrix of 8-bit weights with a scale for each block of a row, `[columns × width]`, and a bias: `y = W x + b`.
#[derive(Default)]
pub(in crate::model) struct Matrix {
    /// Panel by panel, block by block.
    weights: Vec<Weights>,
    bias: Vec<Columns>,
}

impl Matrix {
    /// Packs signed `values`, `[columns × width]`, their `scales`, `[columns × width / BLOCK]`, and `bias`, `[columns]`, below
    /// what is already there.
    ///
    /// # Panics
    /// When the sizes don't fit: columns and the width are multiples of [`BLOCK`].
    pub(in crate::model) fn add(&mut self, values: &[u8], scales: &[f32], bias: &[f32]) {
        let (columns, width) = (bias.len(), values.len() / bias.len());
        let blocks = width / BLOCK;
        assert!(columns % BLOCK == 0 && width % BLOCK == 0 && scales.len() == columns * blocks);
        let (values, _) = values.as_chunks::<BLOCK>();
        self.weights.reserve_exact(scales.len() / BLOCK);
        // A panel stays in the innermost cache while its columns, each read from its first value to its last, are put into it.
        for (values, scales) in values.chunks_exact(BLOCK * blocks).zip(scales.chunks_exact(BLOCK * blocks)) {
            let first = self.weights.len();
            self.weights.resize(first + blocks, Weights::NOTHING);
            let panel = &mut self.weights[first..];
            let columns = values.chunks_exact(blocks).zip(scales.chunks_exact(blocks));
            for (c, (values, scales)) in columns.enumerate() {
                for ((weights, values), scale) in panel.iter_mut().zip(values).zip(scales) {
                    weights.put(c, values, *scale);
                }
            }
        }
        self.bias.extend(bias.as_chunks().0.iter().map(|b| Columns(*b)));
    }

    fn panels(&self) -> impl Iterator<Item = (&[Weights], &Columns)> {
        self.weights.chunks(self.weights.len() / self.bias.len()).zip(&self.bias)
    }

    /// Writes the product with each row, `[rows × columns]`.
    #[inline(always)]
    pub(in crate::model) fn multiply<I: Isa>(&self, isa: I, rows: &Quantized, out: &mut [f32]) {
        let columns = self.bias.len() * BLOCK;
        for (p, (weights, bias)) in self.panels().enumerate() {
            for (n, weights) in weights.chunks(NEAR).enumerate() {
                let onto = if n == 0 { Onto::Columns(bias) } else { Onto::Tile };
                for (t, out) in out.chunks_exact_mut(TILE * columns).enumerate() {
                    let out = Tile { numbers: &mut out[p * BLOCK..], apart: columns };
                    isa.products(rows.tile(t, n * NEAR), weights, onto, out);
                }
            }
        }
    }

    /// GELU of the product with each row, quantized in turn.
    #[inline(always)]
    pub(in crate::model) fn activate<I: Isa>(&self, isa: I, rows: &Quantized, out: &mut Quantized) {
        out.resize(rows.values.len() / rows.blocks, self.bias.len(), rows.bits());
        for (p, (weights, bias)) in self.panels().enumerate() {
            for t in 0..out.values.len() / out.blocks {
                let mut tile = [[0.0; BLOCK]; TILE];
                let to = Tile { numbers: tile.as_flattened_mut(), apart: BLOCK };
                isa.products(rows.tile(t, 0), weights, Onto::Columns(bias), to);
                gelu(tile.as_flattened_mut());
                let (values, low) = out.block(t * out.blocks + p);
                isa.quantize(tile.each_ref(), values, low);
            }
        }
    }
}

impl Weights {
    const NOTHING: Weights = Weights {
        values: [[[0; 4]; BLOCK]; BLOCK / 4],
        scales: Columns([0.0; BLOCK]),
        sums: Columns([0.0; BLOCK]),
    };

    /// Puts in the signed values of a column, and their scale.
    fn put(&mut self, c: usize, column: &[u8; BLOCK], scale: f32) {
        for (four, part) in self.values.iter_mut().zip(column.as_chunks().0) {
            four[c] = part.map(u8::cast_signed);
        }
        self.scales.0[c] = scale;
        self.sums.0[c] = scale * column.iter().map(|v| i32::from(v.cast_signed())).sum::<i32>() as f32;
    }
}

/// Rows of activations as the products take them.
#[derive(Default)]
pub(in crate::model) struct Quantized {
    /// In a row.
    blocks: usize,
    /// Tile by tile, block by block.
    values: Vec<Values>,
    /// The same, or empty where the values have none.
    low: Vec<Fours>,
}

impl Quantized {
    /// Takes rows of a width, `[rows × width]`: a multiple of [`TILE`] and one of [`BLOCK`].
    #[inline(always)]
    pub(in crate::model) fn fill<I: Isa>(&mut self, isa: I, rows: &[f32], width: usize, bits: Bits) {
        self.resize(rows.len() / (TILE * width), width / BLOCK, bits);
        for (t, tile) in rows.chunks_exact(TILE * width).enumerate() {
            let (blocks, _) = tile.as_chunks::<BLOCK>();
            for b in 0..self.blocks {
                let (values, low) = self.block(t * self.blocks + b);
                isa.quantize(std::array::from_fn(|r| &blocks[r * (width / BLOCK) + b]), values, low);
            }
        }
    }

    fn bits(&self) -> Bits {
        if self.low.is_empty() { Bits::Few } else { Bits::Many }
    }

    fn resize(&mut self, tiles: usize, blocks: usize, bits: Bits) {
        self.blocks = blocks;
        self.values.resize(tiles * blocks, Values::default());
        let low = if bits == Bits::Many { tiles * blocks } else { 0 };
        self.low.resize(low, Fours::default());
    }

    #[inline(always)]
    fn block(&mut self, i: usize) -> (&mut Values, Option<&mut Fours>) {
        (&mut self.values[i], self.low.get_mut(i))
    }

    /// A tile's values, and their low bits, from a block on.
    #[inline(always)]
    pub(super) fn tile(&self, t: usize, from: usize) -> (&[Values], &[Fours]) {
        let blocks = t * self.blocks + from..(t + 1) * self.blocks;
        (&self.values[blocks.clone()], self.low.get(blocks).unwrap_or_default())
    }
}

/// A small matrix of numbers, `[columns × width]`, and a bias: `y = W x + b`.
pub(in crate::model) struct Dense {
    columns: usize,
    /// Panel by panel, for each value of a row.
    panels: Vec<Vec<Columns>>,
    bias: Vec<f32>,
}

impl Dense {
    /// Packs `values`, `[columns × width]`, and `bias`, `[columns]`; any number of columns.
    pub(in crate::model) fn pack(values: &[f32], bias: &[f32]) -> Dense {
        let (columns, width) = (bias.len(), values.len() / bias.len());
        let value = |column: usize, i: usize| values.get(column * width + i).copied().unwrap_or_default();
        let panel = |first: usize| {
            let numbers = |i| Columns(std::array::from_fn(|c| value(first + c, i)));
            (0..width).map(numbers).collect()
        };
        let panels = (0..columns).step_by(BLOCK).map(panel).collect();
        Dense { columns, panels, bias: bias.to_vec() }
    }

    /// Appends the product with each row, `[rows × columns]`; rows of the width stand one after another.
    #[inline(always)]
    pub(in crate::model) fn multiply<I: Isa>(&self, isa: I, rows: &[f32], out: &mut Vec<f32>) {
        let width = self.panels[0].len();
        for tile in rows.chunks(TILE * width) {
            // The last tile reads its last row as often as it lacks rows.
            let row = |r: usize| &tile[(r * width).min(tile.len() - width)..][..width];
            let rows: [&[f32]; TILE] = std::array::from_fn(row);
            let from = out.len();
            let all = tile.len() / width;
            out.resize(from + all * self.columns, 0.0);
            for (p, panel) in self.panels.iter().enumerate() {
                let mut sums = [[0.0; BLOCK]; TILE];
                let to = Tile { numbers: sums.as_flattened_mut(), apart: BLOCK };
                isa.outer(rows, panel, NOTHING, to);
                for (row, sums) in out[from..].chunks_mut(self.columns).zip(&sums) {
                    let bias = &self.bias[p * BLOCK..];
                    for ((y, sum), b) in row[p * BLOCK..].iter_mut().zip(sums).zip(bias) {
                        *y = sum + b;
                    }
                }
            }
        }
    }
}
