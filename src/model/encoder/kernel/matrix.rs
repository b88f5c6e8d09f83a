//! Matrices as the operations want them, and what is multiplied with them.

use super::{BLOCK, Columns, Isa, MOST, PANEL, Row, TILE, Tile, Values, Weights};

/// The blocks of a panel that stay in the innermost cache while all rows pass: 18 KiB of weights.
const NEAR: usize = 12;

/// What a step of a value stands for, and how many of them a number takes, where the greatest magnitude is `most`.
#[inline(always)]
pub(super) fn steps(most: f32) -> (f32, f32) {
    const STEPS: f32 = MOST as f32;
    (most / STEPS, if most > 0.0 { STEPS / most } else { 0.0 })
}

/// A matrix of 8-bit weights with a scale for each block of a row, `[columns × width]`, and a bias: `y = W x + b`.
pub(in super::super) struct Matrix {
    blocks: usize,
    /// Panel by panel.
    weights: Vec<Weights>,
    scales: Vec<Columns>,
    bias: Vec<Columns>,
}

impl Matrix {
    /// Packs `values`, `[columns × width]`, their `scales`, `[columns × width / BLOCK]`, and `bias`, `[columns]`.
    ///
    /// # Panics
    /// When the sizes don't fit: columns are a multiple of [`PANEL`], the width is one of [`BLOCK`].
    pub(in super::super) fn pack(values: &[i8], scales: &[f32], bias: &[f32]) -> Matrix {
        let (columns, width) = (bias.len(), values.len() / bias.len());
        let blocks = width / BLOCK;
        assert!(columns % PANEL == 0 && width % BLOCK == 0 && scales.len() == columns * blocks);
        let mut packed = Matrix {
            blocks,
            weights: Vec::with_capacity(scales.len() / PANEL),
            scales: Vec::with_capacity(scales.len() / PANEL),
            bias: bias.as_chunks().0.iter().map(|b| Columns(*b)).collect(),
        };
        for first in (0..columns).step_by(PANEL) {
            for block in 0..blocks {
                let at = |c: usize| (first + c) * width + block * BLOCK;
                let weight = |j: usize, c: usize, i: usize| (values[at(c) + 4 * j + i] as u8) ^ 0x80;
                packed.weights.push(Weights(std::array::from_fn(|j| {
                    std::array::from_fn(|c| std::array::from_fn(|i| weight(j, c, i)))
                })));
                packed.scales.push(Columns(std::array::from_fn(|c| scales[(first + c) * blocks + block])));
            }
        }
        packed
    }

    /// Columns of what it gives.
    pub(in super::super) fn columns(&self) -> usize {
        self.bias.len() * PANEL
    }

    /// Writes the product with each row, `[rows × columns]`.
    #[inline(always)]
    pub(in super::super) fn multiply<I: Isa>(&self, isa: I, rows: &Quantized, out: &mut [f32]) {
        let columns = self.columns();
        let panels = self.weights.chunks(self.blocks).zip(self.scales.chunks(self.blocks)).zip(&self.bias);
        for (p, ((weights, scales), bias)) in panels.enumerate() {
            for from in (0..self.blocks).step_by(NEAR) {
                let blocks = from..self.blocks.min(from + NEAR);
                let (weights, scales) = (&weights[blocks.clone()], &scales[blocks.clone()]);
                for (t, out) in out.chunks_mut(TILE * columns).enumerate() {
                    let mut tile = [bias.0; TILE];
                    if from > 0 {
                        copy(out, columns, p, |old, r| tile[r] = *old);
                    }
                    let row = |r| rows.row(t * TILE + r, blocks.clone());
                    isa.products(&std::array::from_fn(row), weights, scales, &mut tile);
                    copy(out, columns, p, |new, r| *new = tile[r]);
                }
            }
        }
    }
}

/// Hands on a panel of each row of a tile.
#[inline(always)]
fn copy(rows: &mut [f32], columns: usize, panel: usize, mut each: impl FnMut(&mut [f32; PANEL], usize)) {
    for (r, row) in rows.chunks_mut(columns).enumerate() {
        if let Some(part) = row.as_chunks_mut::<PANEL>().0.get_mut(panel) {
            each(part, r);
        }
    }
}

/// Rows of activations as the products take them.
#[derive(Default)]
pub(in super::super) struct Quantized {
    blocks: usize,
    values: Vec<Values>,
    scales: Vec<f32>,
    offsets: Vec<i32>,
}

impl Quantized {
    /// Takes rows of a width, `[rows × width]`.
    #[inline(always)]
    pub(in super::super) fn fill<I: Isa>(&mut self, isa: I, rows: &[f32], width: usize) {
        self.blocks = width / BLOCK;
        let (blocks, _) = rows.as_chunks::<BLOCK>();
        self.values.resize(blocks.len(), Values::default());
        self.scales.resize(blocks.len(), 0.0);
        self.offsets.resize(blocks.len(), 0);
        let out = self.values.iter_mut().zip(&mut self.scales).zip(&mut self.offsets);
        for (block, ((values, scale), offset)) in blocks.iter().zip(out) {
            (*scale, *offset) = isa.quantize(block, values);
        }
    }

    #[inline(always)]
    fn row(&self, r: usize, blocks: std::ops::Range<usize>) -> Row<'_> {
        let at = r * self.blocks + blocks.start..r * self.blocks + blocks.end;
        Row { values: &self.values[at.clone()], scales: &self.scales[at.clone()], offsets: &self.offsets[at] }
    }
}

/// A small matrix of numbers, `[columns × width]`, and a bias: `y = W x + b`.
pub(in super::super) struct Dense {
    columns: usize,
    /// Panel by panel, for each value of a row.
    panels: Vec<Vec<Columns>>,
    bias: Vec<f32>,
}

impl Dense {
    /// Packs `values`, `[columns × width]`, and `bias`, `[columns]`; any number of columns.
    pub(in super::super) fn pack(values: &[f32], bias: &[f32]) -> Dense {
        let (columns, width) = (bias.len(), values.len() / bias.len());
        let value = |column: usize, i: usize| values.get(column * width + i).copied().unwrap_or_default();
        let panel = |first: usize| {
            let numbers = |i| Columns(std::array::from_fn(|c| value(first + c, i)));
            (0..width).map(numbers).collect()
        };
        let panels = (0..columns).step_by(PANEL).map(panel).collect();
        Dense { columns, panels, bias: bias.to_vec() }
    }

    /// Appends the product with each row, `[rows × columns]`; rows of the width stand one after another.
    #[inline(always)]
    pub(in super::super) fn multiply<I: Isa>(&self, isa: I, rows: &[f32], out: &mut Vec<f32>) {
        let width = self.panels[0].len();
        for tile in rows.chunks(TILE * width) {
            // The last tile reads its last row as often as it lacks rows.
            let row = |r: usize| &tile[(r * width).min(tile.len() - width)..][..width];
            let rows: [&[f32]; TILE] = std::array::from_fn(row);
            let from = out.len();
            let all = tile.len() / width;
            out.resize(from + all * self.columns, 0.0);
            for (p, panel) in self.panels.iter().enumerate() {
                let mut sums: Tile = [[0.0; PANEL]; TILE];
                isa.outer(rows, panel, &mut sums);
                for (row, sums) in out[from..].chunks_mut(self.columns).zip(&sums) {
                    let bias = &self.bias[p * PANEL..];
                    for ((y, sum), b) in row[p * PANEL..].iter_mut().zip(sums).zip(bias) {
                        *y = sum + b;
                    }
                }
            }
        }
    }
}
