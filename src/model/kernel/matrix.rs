//! Matrices as the operations want them, and what is multiplied with them.

use super::math::gelu;
use super::{BLOCK, Bits, Columns, Fours, GROUP, Isa, Onto, TILE, Tile, Values, Weights};

/// Tiles of which a group of columns is at hand before it is quantized: 36 KiB of numbers.
const SOME: usize = 4;

/// How the numbers of a group become values.
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
    /// Between the least and the greatest number of a group.
    #[inline(always)]
    pub(super) fn between(least: f32, most: f32, bits: Bits) -> Steps {
        /// Below it all numbers of a group are as good as equal.
        const WIDE: f32 = 1e-30;
        let (at, steps) = bits.middle();
        let (middle, half) = (0.5 * (most + least), 0.5 * (most - least));
        let scale = half / steps;
        let by = if half > WIDE { steps / half } else { 0.0 };
        Steps { scale, zero: scale.mul_add(-at as f32, middle), middle, by }
    }
}

/// A matrix of 8-bit weights with a scale for each group of a row, `[columns × width]`, and a bias: `y = W x + b`.
#[derive(Default)]
pub(in crate::model) struct Matrix {
    /// Panel by panel, group by group.
    weights: Vec<Weights>,
    bias: Vec<Columns>,
}

impl Matrix {
    /// Packs signed `values`, `[columns × width]`, their `scales`, `[columns × width / GROUP]`, and `bias`, `[columns]`, below
    /// what is already there.
    ///
    /// # Panics
    /// When the sizes don't fit: columns are a multiple of [`BLOCK`], the width is one of [`GROUP`].
    pub(in crate::model) fn add(&mut self, values: &[u8], scales: &[f32], bias: &[f32]) {
        let (columns, width) = (bias.len(), values.len() / bias.len());
        let groups = width / GROUP;
        assert!(columns % BLOCK == 0 && width % GROUP == 0 && scales.len() == columns * groups);
        let (values, _) = values.as_chunks::<GROUP>();
        self.weights.reserve_exact(scales.len() / BLOCK);
        // A panel stays in the innermost cache while its columns, each read from its first value to its last, are put into it.
        for (values, scales) in values.chunks_exact(BLOCK * groups).zip(scales.chunks_exact(BLOCK * groups)) {
            let first = self.weights.len();
            self.weights.resize(first + groups, Weights::NOTHING);
            let panel = &mut self.weights[first..];
            let columns = values.chunks_exact(groups).zip(scales.chunks_exact(groups));
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
            // A group stays in the innermost cache while all rows pass.
            for (g, weights) in weights.chunks(1).enumerate() {
                let onto = if g == 0 { Onto::Columns(bias) } else { Onto::Tile };
                for (t, out) in out.chunks_exact_mut(TILE * columns).enumerate() {
                    let out = Tile { numbers: &mut out[p * BLOCK..], apart: columns };
                    isa.products(rows.tile(t, g), weights, onto, out);
                }
            }
        }
    }

    /// GELU of the product with each row, quantized in turn.
    ///
    /// # Panics
    /// When columns are no multiple of [`GROUP`], or the rows of another width.
    #[inline(always)]
    pub(in crate::model) fn activate<I: Isa>(&self, isa: I, rows: &Quantized, out: &mut Quantized) {
        const PANELS: usize = GROUP / BLOCK;
        assert!(
            self.bias.len().is_multiple_of(PANELS) && self.weights.len() == self.bias.len() * rows.groups
        );
        let (tiles, groups) = (rows.values.len() / rows.groups, self.bias.len() / PANELS);
        out.resize(tiles, groups, rows.bits());
        let panels = self.weights.chunks(PANELS * rows.groups).zip(self.bias.chunks(PANELS));
        let mut some = [[[0.0; GROUP]; TILE]; SOME];
        for (g, (weights, bias)) in panels.enumerate() {
            for first in (0..tiles).step_by(SOME) {
                let some = &mut some[..SOME.min(tiles - first)];
                for (p, (weights, bias)) in weights.chunks(rows.groups).zip(bias).enumerate() {
                    for (t, tile) in some.iter_mut().enumerate() {
                        let to = Tile { numbers: &mut tile.as_flattened_mut()[p * BLOCK..], apart: GROUP };
                        isa.products(rows.tile(first + t, 0), weights, Onto::Columns(bias), to);
                    }
                }
                for (t, tile) in some.iter_mut().enumerate() {
                    gelu(tile.as_flattened_mut());
                    out.put(isa, (first + t, g), tile.each_ref().map(|row| row.as_slice()));
                }
            }
        }
    }
}

impl<const FOURS: usize> Weights<FOURS> {
    pub(super) const NOTHING: Weights<FOURS> = Weights {
        values: [[[0; 4]; BLOCK]; FOURS],
        scales: Columns([0.0; BLOCK]),
        sums: Columns([0.0; BLOCK]),
    };

    /// Puts in the signed values of a column, and their scale.
    fn put(&mut self, c: usize, column: &[u8], scale: f32) {
        for (four, part) in self.values.iter_mut().zip(column.as_chunks().0) {
            four[c] = part.map(u8::cast_signed);
        }
        self.scales.0[c] = scale;
        self.sums.0[c] = scale * column.iter().map(|v| i32::from(v.cast_signed())).sum::<i32>() as f32;
    }
}

/// Rows of activations as the products take them.
#[derive(Default)]
pub(in crate::model) struct Quantized<const FOURS: usize = { GROUP / 4 }> {
    /// In a row.
    groups: usize,
    /// Tile by tile, group by group.
    values: Vec<Values<FOURS>>,
    /// The same, or empty where the values have none.
    low: Vec<Fours<FOURS>>,
}

impl<const FOURS: usize> Quantized<FOURS> {
    /// Takes rows of a width, `[rows × width]`: a multiple of [`TILE`] and one of a group.
    #[inline(always)]
    pub(in crate::model) fn fill<I: Isa>(&mut self, isa: I, rows: &[f32], width: usize, bits: Bits) {
        let group = 4 * FOURS;
        self.resize(rows.len() / (TILE * width), width / group, bits);
        for (t, tile) in rows.chunks_exact(TILE * width).enumerate() {
            for g in 0..self.groups {
                self.put(isa, (t, g), std::array::from_fn(|r| &tile[r * width + g * group..][..group]));
            }
        }
    }

    fn bits(&self) -> Bits {
        if self.low.is_empty() { Bits::Few } else { Bits::Many }
    }

    /// Makes room for so many tiles of rows of so many groups.
    pub(super) fn resize(&mut self, tiles: usize, groups: usize, bits: Bits) {
        let none = [[[0; 4]; FOURS]; TILE];
        self.groups = groups;
        self.values.resize(tiles * groups, Values { high: none, scales: [0.0; TILE], zeros: [0.0; TILE] });
        let low = if bits == Bits::Many { tiles * groups } else { 0 };
        self.low.resize(low, none);
    }

    /// Quantizes a group of the rows of a tile.
    #[inline(always)]
    pub(super) fn put<I: Isa>(&mut self, isa: I, (tile, group): (usize, usize), rows: [&[f32]; TILE]) {
        let i = tile * self.groups + group;
        let rows = std::array::from_fn(|r| &rows[r].as_chunks().0.as_chunks().0[0]);
        isa.quantize(rows, &mut self.values[i], self.low.get_mut(i));
    }

    /// A tile's values, and their low bits, from a group on.
    #[inline(always)]
    pub(super) fn tile(&self, t: usize, from: usize) -> (&[Values<FOURS>], &[Fours<FOURS>]) {
        let groups = t * self.groups + from..(t + 1) * self.groups;
        (&self.values[groups.clone()], self.low.get(groups).unwrap_or_default())
    }
}

/// A small matrix of numbers, `[columns × width]`, and a bias: `y = W x + b`.
pub(in crate::model) struct Dense {
    columns: usize,
    /// Panel by panel, for each value of a row.
    panels: Vec<Vec<Columns>>,
    bias: Vec<Columns>,
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
        let bias = bias.chunks(BLOCK).map(|some| {
            let mut columns = Columns::default();
            columns.0[..some.len()].copy_from_slice(some);
            columns
        });
        Dense { columns, panels, bias: bias.collect() }
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
            for (p, (panel, bias)) in self.panels.iter().zip(&self.bias).enumerate() {
                let mut sums = [[0.0; BLOCK]; TILE];
                let to = Tile { numbers: sums.as_flattened_mut(), apart: BLOCK };
                isa.outer(rows, panel, bias, to);
                for (row, sums) in out[from..].chunks_mut(self.columns).zip(&sums) {
                    row[p * BLOCK..].iter_mut().zip(sums).for_each(|(y, sum)| *y = *sum);
                }
            }
        }
    }
}
