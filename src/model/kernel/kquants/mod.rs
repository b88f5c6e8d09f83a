//! Matrices in two of GGML's formats, Q4_K and Q6_K, as the operations want them: in panels of 32 outputs, as small as they are
//! in the file. For a product a part of a panel is spread out into bytes that stay in the innermost cache while all rows pass;
//! a few rows take them as they are.
//!
//! The weights are taken as they are. Activations get 8 bits, with a scale for each 32 of them.

mod formats;

use std::ops::Range;

use rayon::prelude::*;

use super::math::{nearest, steps_about_zero};
use super::{BLOCK, Columns, Isa, Job, NOTHING, Onto, Processor, TILE, Tile};

pub(super) use formats::{Bytes, Four, MIDDLE, Six};

/// Inputs of a super-block: those whose scales have a scale in turn. Source: `QK_K` in `ggml-common.h`.
const SUPER: usize = 256;
/// Blocks in it.
pub(super) const PARTS: usize = SUPER / BLOCK;
/// Super-blocks of a panel that are spread out at a time: 20 or 24 KiB.
const NEAR: usize = 2;

/// The weights of a panel in a block, spread out: a value stands for `scale × value + zero` of its group.
#[derive(Clone, Copy)]
#[repr(C, align(64))]
pub(super) struct Part<const GROUPS: usize> {
    /// Four of each output in turn, 6 bits at most.
    pub(super) values: [[[u8; 4]; BLOCK]; BLOCK / 4],
    pub(super) scales: [Columns; GROUPS],
    pub(super) zeros: [Columns; GROUPS],
}

/// A block of a row of activations.
#[derive(Clone, Copy, Default)]
pub(super) struct Signed {
    pub(super) values: [[i8; 4]; BLOCK / 4],
    /// What a value is to be multiplied with.
    pub(super) scale: f32,
    /// The sum of what the values stand for: of all, and of either half.
    pub(super) whole: f32,
    pub(super) halves: [f32; 2],
}

impl Signed {
    #[inline(always)]
    pub(super) fn of(block: &[f32; BLOCK]) -> Signed {
        let (scale, by) = steps_about_zero(block.iter().map(|x| x.abs().to_bits()).fold(0, u32::max));
        let values = block.map(|x| nearest(x * by).1 as i8);
        let sums =
            [0, 1].map(|h| values[h * BLOCK / 2..][..BLOCK / 2].iter().map(|v| i32::from(*v)).sum::<i32>());
        let mut fours = [[0; 4]; BLOCK / 4];
        fours.as_flattened_mut().copy_from_slice(&values);
        Signed {
            values: fours,
            scale,
            whole: scale * (sums[0] + sums[1]) as f32,
            halves: sums.map(|s| scale * s as f32),
        }
    }

    /// The sum of what the values of a group stand for.
    #[inline(always)]
    pub(super) fn sum<const GROUPS: usize>(&self, group: usize) -> f32 {
        if GROUPS == 1 { self.whole } else { self.halves[group] }
    }
}

/// The fours of inputs in a group of a block.
#[inline(always)]
pub(super) fn fours<const GROUPS: usize>(group: usize) -> Range<usize> {
    let each = BLOCK / 4 / GROUPS;
    group * each..(group + 1) * each
}

/// A format of a panel's super-blocks.
pub(super) trait Format: Send + Sync + Sized {
    /// Bytes that a super-block of one output has in a file.
    const SIZE: usize;

    /// Zeros.
    const NOTHING: Self;

    /// Puts those of a panel's outputs together, each of [`Self::SIZE`].
    fn pack(outputs: [&[u8]; BLOCK]) -> Self;

    /// [`products`] with as many groups as it has.
    fn products<I: Isa>(isa: I, all: Multiply<'_, Self>);

    /// The products of a few rows with a panel.
    fn few<const ROWS: usize, I: Isa>(isa: I, rows: [&[Signed]; ROWS], panel: &[Self], out: Tile<'_>);
}

/// A format with so many groups in a block.
pub(super) trait Spread<const GROUPS: usize>: Format {
    fn spread(&self, out: &mut [Part<GROUPS>; PARTS]);
}

/// The formats of which there are panels.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(in crate::model) enum KQuant {
    /// 4.5 bits a weight.
    Q4K,
    /// 6.56 bits a weight.
    Q6K,
}

/// A matrix `[outputs × inputs]` in panels.
pub(in crate::model) struct KMatrix {
    inputs: usize,
    panels: Panels,
}

/// Panel by panel, super-block by super-block.
enum Panels {
    Four(Vec<Four>),
    Six(Vec<Six>),
}

impl KMatrix {
    /// Whether there are panels for a matrix of this shape.
    pub(in crate::model) fn fits(outputs: usize, inputs: usize) -> bool {
        outputs > 0 && inputs > 0 && outputs.is_multiple_of(BLOCK) && inputs.is_multiple_of(SUPER)
    }

    /// A matrix that [fits](Self::fits) and whose rows are still to be [filled](Self::fill) in.
    pub(in crate::model) fn new(kind: KQuant, outputs: usize, inputs: usize) -> KMatrix {
        let count = outputs / BLOCK * (inputs / SUPER);
        let panels = match kind {
            KQuant::Q4K => Panels::Four(vec![Four::NOTHING; count]),
            KQuant::Q6K => Panels::Six(vec![Six::NOTHING; count]),
        };
        KMatrix { inputs, panels }
    }

    /// Packs the weights of some outputs, those of whole panels. `read` gives the bytes of a range of them, counted from the
    /// first, as they are in a file: so no more than a few panels are in memory twice.
    ///
    /// # Errors
    /// Those of `read`.
    pub(in crate::model) fn fill<E: Send>(
        &mut self,
        outputs: Range<usize>,
        read: impl Fn(Range<usize>) -> Result<Vec<u8>, E> + Sync,
    ) -> Result<(), E> {
        match &mut self.panels {
            Panels::Four(all) => fill(all, self.inputs, outputs, read),
            Panels::Six(all) => fill(all, self.inputs, outputs, read),
        }
    }

    /// How many inputs there are.
    pub(in crate::model) fn inputs(&self) -> usize {
        self.inputs
    }

    /// How many outputs there are.
    pub(in crate::model) fn outputs(&self) -> usize {
        let blocks = match &self.panels {
            Panels::Four(all) => all.len(),
            Panels::Six(all) => all.len(),
        };
        blocks / (self.inputs / SUPER) * BLOCK
    }

    /// The weights of an output, `[inputs]`.
    ///
    /// # Panics
    /// When there is no such output.
    pub(in crate::model) fn output(&self, i: usize) -> Vec<f32> {
        match &self.panels {
            Panels::Four(all) => output(all, self.inputs, i),
            Panels::Six(all) => output(all, self.inputs, i),
        }
    }

    /// The products with rows, `[rows × inputs]` to `[rows × outputs]`. Each is computed by itself, so neither the number of
    /// threads nor the other rows change a byte of it.
    pub(in crate::model) fn multiply(&self, rows: &[f32]) -> Vec<f32> {
        self.multiply_on(Processor::best(), rows)
    }

    /// The same in the version for a kind of processor.
    pub(super) fn multiply_on(&self, processor: Processor, rows: &[f32]) -> Vec<f32> {
        match &self.panels {
            Panels::Four(all) => multiply(all, self.inputs, rows, processor),
            Panels::Six(all) => multiply(all, self.inputs, rows, processor),
        }
    }
}

fn fill<F: Format, E: Send>(
    all: &mut [F],
    inputs: usize,
    outputs: Range<usize>,
    read: impl Fn(Range<usize>) -> Result<Vec<u8>, E> + Sync,
) -> Result<(), E> {
    /// Panels that are read at once: a megabyte, or a few.
    const TOGETHER: usize = 32;
    let supers = inputs / SUPER;
    let panels = &mut all[outputs.start / BLOCK * supers..outputs.end / BLOCK * supers];
    panels.par_chunks_mut(TOGETHER * supers).enumerate().try_for_each(|(i, panels)| {
        let first = i * TOGETHER * BLOCK;
        let bytes = read(first..first + panels.len() / supers * BLOCK)?;
        let block = |output: usize, at: usize| &bytes[(output * supers + at) * F::SIZE..][..F::SIZE];
        for (p, panel) in panels.chunks_exact_mut(supers).enumerate() {
            for (at, out) in panel.iter_mut().enumerate() {
                *out = F::pack(std::array::from_fn(|c| block(p * BLOCK + c, at)));
            }
        }
        Ok(())
    })
}

fn output<const GROUPS: usize, F: Spread<GROUPS>>(all: &[F], inputs: usize, i: usize) -> Vec<f32> {
    let (supers, c) = (inputs / SUPER, i % BLOCK);
    let mut out = Vec::with_capacity(inputs);
    let mut parts = [Part::<GROUPS>::NOTHING; PARTS];
    for block in &all[i / BLOCK * supers..][..supers] {
        block.spread(&mut parts);
        for part in &parts {
            for g in 0..GROUPS {
                let (scale, zero) = (part.scales[g].0[c], part.zeros[g].0[c]);
                let values = part.values[fours::<GROUPS>(g)].iter().flat_map(|four| four[c]);
                out.extend(values.map(|v| f32::from(v).mul_add(scale, zero)));
            }
        }
    }
    out
}

fn multiply<F: Format>(all: &[F], inputs: usize, rows: &[f32], processor: Processor) -> Vec<f32> {
    /// Panels that a thread takes at least: what they cost is more than what it costs to wake it.
    const FEW: usize = 4;
    /// Rows of a thread for which it spreads all panels.
    const ALL: usize = 4 * TILE;
    let supers = inputs / SUPER;
    let (panels, count, threads) =
        (all.len() / supers, rows.len() / inputs, rayon::current_num_threads().max(1));
    let each = count.div_ceil(threads).next_multiple_of(TILE);
    let mut out = vec![0.0; count * panels * BLOCK];
    if count < threads * ALL {
        // too few rows to spread all panels for those of each thread: each takes some of the panels
        let mut quantized = Vec::new();
        processor.run(Quantize(rows, &mut quantized));
        let each = panels.div_ceil(threads).max(FEW);
        let some = all.par_chunks(each * supers).map(|panels| {
            let mut out = vec![0.0; count * (panels.len() / supers) * BLOCK];
            processor.run(Multiply { panels, inputs, rows: &quantized, out: &mut out });
            out
        });
        let some: Vec<Vec<f32>> = some.collect();
        for (r, out) in out.chunks_exact_mut(panels * BLOCK).enumerate() {
            for (out, some) in out.chunks_mut(each * BLOCK).zip(&some) {
                let width = out.len();
                out.copy_from_slice(&some[r * width..][..width]);
            }
        }
    } else {
        let parts = out.par_chunks_mut(each * panels * BLOCK).zip(rows.par_chunks(each * inputs));
        parts.for_each(|(out, rows)| {
            let mut quantized = Vec::new();
            processor.run(Quantize(rows, &mut quantized));
            processor.run(Multiply { panels: all, inputs, rows: &quantized, out });
        });
    }
    out
}

impl<const GROUPS: usize> Part<GROUPS> {
    const NOTHING: Part<GROUPS> = Part {
        values: [[[0; 4]; BLOCK]; BLOCK / 4],
        scales: [Columns([0.0; BLOCK]); GROUPS],
        zeros: [Columns([0.0; BLOCK]); GROUPS],
    };
}

struct Quantize<'a>(&'a [f32], &'a mut Vec<Signed>);

impl Job for Quantize<'_> {
    #[inline(always)]
    fn run<I: Isa>(self, _: I) {
        let (blocks, _) = self.0.as_chunks();
        self.1.reserve_exact(blocks.len());
        for block in blocks {
            self.1.push(Signed::of(block));
        }
    }
}

/// The products of some rows with some panels, `[rows × outputs]`.
pub(super) struct Multiply<'a, F> {
    panels: &'a [F],
    inputs: usize,
    rows: &'a [Signed],
    out: &'a mut [f32],
}

impl<F: Format> Job for Multiply<'_, F> {
    #[inline(always)]
    fn run<I: Isa>(self, isa: I) {
        F::products(isa, self);
    }
}

#[inline(always)]
fn products<const GROUPS: usize, F: Spread<GROUPS>, I: Isa>(isa: I, all: Multiply<'_, F>) {
    let Multiply { panels, inputs, rows, out } = all;
    let (supers, blocks) = (inputs / SUPER, inputs / BLOCK);
    let outputs = panels.len() / supers * BLOCK;
    let count = rows.len() / blocks;
    if count <= I::FEW {
        for (p, panel) in panels.chunks_exact(supers).enumerate() {
            few(isa, rows, panel, Tile { numbers: &mut out[p * BLOCK..], apart: outputs });
        }
        return;
    }
    let mut spread = [[Part::<GROUPS>::NOTHING; PARTS]; NEAR];
    for (p, panel) in panels.chunks_exact(supers).enumerate() {
        for (n, near) in panel.chunks(NEAR).enumerate() {
            let spread = &mut spread[..near.len()];
            near.iter().zip(spread.iter_mut()).for_each(|(block, out)| block.spread(out));
            let weights = spread.as_flattened();
            let onto = if n == 0 { NOTHING } else { Onto::Tile };
            let row = |r: usize| &rows[r * blocks + n * NEAR * PARTS..][..weights.len()];
            let tiles = count / TILE * TILE;
            for r in (0..tiles).step_by(TILE) {
                let to = Tile { numbers: &mut out[r * outputs + p * BLOCK..], apart: outputs };
                let rows: [&[Signed]; TILE] =
                    [row(r), row(r + 1), row(r + 2), row(r + 3), row(r + 4), row(r + 5)];
                isa.grouped(rows, weights, onto, to);
            }
            for r in tiles..count {
                let to = Tile { numbers: &mut out[r * outputs + p * BLOCK..], apart: outputs };
                isa.grouped([row(r)], weights, onto, to);
            }
        }
    }
}

/// The products of a few rows with a panel, of four at most at once: as many as there are registers for their sums.
#[inline(always)]
fn few<F: Format, I: Isa>(isa: I, rows: &[Signed], panel: &[F], out: Tile<'_>) {
    const MOST: usize = 4;
    let blocks = panel.len() * PARTS;
    let row = |r: usize| &rows[r * blocks..][..blocks];
    let count = rows.len() / blocks;
    let mut r = 0;
    while r < count {
        let left = count - r;
        // 7 are 4 and 3, 5 are 3 and 2
        let together = left.div_ceil(left.div_ceil(MOST));
        let to = Tile { numbers: &mut out.numbers[r * out.apart..], apart: out.apart };
        match together {
            1 => F::few(isa, [row(r)], panel, to),
            2 => F::few(isa, [row(r), row(r + 1)], panel, to),
            3 => F::few(isa, [row(r), row(r + 1), row(r + 2)], panel, to),
            _ => F::few(isa, [row(r), row(r + 1), row(r + 2), row(r + 3)], panel, to),
        }
        r += together;
    }
}

/// The products of rows with a panel whose super-blocks are spread out one by one.
#[inline(always)]
pub(super) fn spreading<const ROWS: usize, const GROUPS: usize, F: Spread<GROUPS>, I: Isa>(
    isa: I,
    rows: [&[Signed]; ROWS],
    panel: &[F],
    out: Tile<'_>,
) {
    let mut spread = [Part::<GROUPS>::NOTHING; PARTS];
    for (n, block) in panel.iter().enumerate() {
        block.spread(&mut spread);
        let onto = if n == 0 { NOTHING } else { Onto::Tile };
        let rows = rows.map(|row| &row[n * PARTS..][..PARTS]);
        isa.grouped(rows, &spread, onto, Tile { numbers: &mut *out.numbers, apart: out.apart });
    }
}
