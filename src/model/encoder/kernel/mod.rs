//! The arithmetic of the encoder's layers on this processor: products of 8-bit weights and 15-bit activations, attention, and
//! what stands between them.
//!
//! Activations of 8 bits would halve the products' time; with them two of the 265 sentences of the goldens are off by more
//! than 0.02 in a role's probability. With 15 bits, as two numbers of 8, none is off by two ten-thousandths.
//!
//! Every processor gives the same bytes. The products of a block are whole numbers, and exact; what is computed in f32 has one
//! order of operations and of fused ones, which each version keeps. So the kind of processor only decides how many are done
//! at once.
//!
//! May import: nothing.

mod math;
mod matrix;
mod portable;
#[cfg(target_arch = "x86_64")]
mod x86;

#[cfg(test)]
mod tests;

pub(super) use math::{gelu, norm_onto, softmax};
pub(super) use matrix::{Dense, Matrix, Quantized};

use portable::Portable;

/// Values of a row that share a scale.
pub(super) const BLOCK: usize = 32;
/// Rows of a tile.
pub(super) const TILE: usize = 4;
/// Columns of a tile.
pub(super) const PANEL: usize = 48;
/// Width of an attention head.
pub(super) const HEAD: usize = 32;
/// Numbers that an instruction takes at most.
const LANES: usize = 16;

/// The numbers of a tile.
pub(super) type Tile = [[f32; PANEL]; TILE];

/// A number for each column of a panel.
#[derive(Clone, Copy, Debug, PartialEq)]
#[repr(C, align(64))]
pub(super) struct Columns([f32; PANEL]);

impl Columns {
    pub(super) fn set(&mut self, column: usize, value: f32) {
        self.0[column] = value;
    }
}

impl Default for Columns {
    fn default() -> Columns {
        Columns([0.0; PANEL])
    }
}

/// The weights of a panel in a block: four of each column in turn. 128 is added to each, since the instruction for these
/// products takes one operand with a sign and one without.
#[derive(Clone, Copy)]
#[repr(C, align(64))]
struct Weights([[[u8; 4]; PANEL]; BLOCK / 4]);

/// A block of activations, in fours: each is [`HIGH`] times a number of 8 bits and another one.
#[derive(Clone, Copy, Default)]
pub(super) struct Values {
    high: [[i8; 4]; BLOCK / 4],
    low: [[i8; 4]; BLOCK / 4],
}

/// What the high part of a value counts, as a power of 2.
const HIGH: u32 = 7;
/// The greatest magnitude of a value.
const MOST: i32 = 127 << HIGH;

/// A row of activations, block by block.
#[derive(Clone, Copy)]
struct Row<'a> {
    values: &'a [Values],
    /// What they are to be multiplied with.
    scales: &'a [f32],
    /// The sums of the values, less than nothing: what takes off again that 128 is added to each weight.
    offsets: &'a [i32],
}

/// The operations of which each kind of processor has its own version.
pub(super) trait Isa: Copy {
    /// Adds the products of quantized rows with a panel of weights, block by block.
    #[allow(private_interfaces, reason = "rows and weights are made in this module")]
    fn products(self, rows: &[Row<'_>; TILE], weights: &[Weights], scales: &[Columns], out: &mut Tile);

    /// A block as a [`Row`] has it, with its scale and offset.
    fn quantize(self, block: &[f32; BLOCK], out: &mut Values) -> (f32, i32);

    /// Adds the products of rows with a panel of numbers, value by value. All of one length.
    fn outer(self, rows: [&[f32]; TILE], panel: &[Columns], out: &mut Tile);

    /// Adds vectors, as often as each row says, vector by vector. Rows are as long as there are vectors.
    fn mix(self, rows: [&[f32]; TILE], vectors: &[[f32; HEAD]], out: &mut [[f32; HEAD]; TILE]);
}

/// A computation that is compiled once for every kind of processor: for that, `run` must be `#[inline(always)]`, and what it
/// calls in its loops too.
pub(super) trait Job {
    /// Does it.
    fn run<I: Isa>(self, isa: I);
}

/// A kind of processor that this machine has.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Processor(Kind);

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Kind {
    #[cfg(target_arch = "x86_64")]
    Avx512,
    #[cfg(target_arch = "x86_64")]
    Avx2,
    Portable,
}

impl Processor {
    /// The kinds that this machine has, the fastest first.
    pub(super) fn all() -> Vec<Processor> {
        let mut all = Vec::new();
        #[cfg(target_arch = "x86_64")]
        {
            if x86::has_avx512() {
                all.push(Processor(Kind::Avx512));
            }
            if x86::has_avx2() {
                all.push(Processor(Kind::Avx2));
            }
        }
        all.push(Processor(Kind::Portable));
        all
    }

    /// The fastest kind that this machine has.
    pub(super) fn best() -> Processor {
        Processor::all()[0]
    }

    /// Does a computation in the version for this kind.
    pub(super) fn run(self, job: impl Job) {
        match self.0 {
            #[cfg(target_arch = "x86_64")]
            Kind::Avx512 => x86::run_avx512(job),
            #[cfg(target_arch = "x86_64")]
            Kind::Avx2 => x86::run_avx2(job),
            Kind::Portable => job.run(Portable),
        }
    }
}
