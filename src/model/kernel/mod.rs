//! The models' arithmetic on this processor: for the encoder products of 8-bit weights with activations of 8 bits, attention in
//! 8 bits, and what stands between them; for the decoder products of matrices in GGML's formats, and attention in 8 and 15 bits.
//!
//! The steps of a group of activations go from its least value to its greatest: about 0, as those of the weights, a third of
//! them would stand for nothing, and a role's probability be off by half as much again (measured with groups of 32).
//!
//! Every processor gives the same bytes. The products of a group are whole numbers, and exact; what is computed in f32 has one
//! order of operations and of fused ones, which each version keeps. So the kind of processor only decides how many are done
//! at once.
//!
//! May import: nothing.

mod attention;
mod heads;
mod kquants;
mod math;
mod matrix;
mod portable;
#[cfg(target_arch = "x86_64")]
mod x86;

#[cfg(test)]
mod tests;

pub(in crate::model) use attention::{Few, Kept, Many, Pack, Packed, Pairs, Room, TOGETHER};
pub(in crate::model) use heads::{Desk, Fill, Head};
pub(in crate::model) use kquants::{KMatrix, KQuant};
pub(in crate::model) use math::{half_to_f32, norm_onto, softmax};
pub(in crate::model) use matrix::{Dense, Matrix, Quantized};

use kquants::{Four, Part, Signed, Six, spreading};
use portable::Portable;

/// Columns of a panel; width of an attention head; values of a row of the decoder's that share a scale.
pub(in crate::model) const BLOCK: usize = 32;
/// Values of a row of the encoder's that share a scale. With a scale for each 32 its products took 1.5 times as long.
pub(in crate::model) const GROUP: usize = 384;
/// Rows of a tile.
pub(in crate::model) const TILE: usize = 6;
/// Numbers that an instruction takes at most.
const LANES: usize = 16;

/// A number for each column of a panel.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
#[repr(C, align(64))]
struct Columns([f32; BLOCK]);

/// The numbers of a tile, as part of a larger matrix: its rows begin that many numbers apart.
struct Tile<'a> {
    numbers: &'a mut [f32],
    apart: usize,
}

impl Tile<'_> {
    #[inline(always)]
    fn row(&mut self, r: usize) -> &mut [f32; BLOCK] {
        &mut self.numbers[r * self.apart..].as_chunks_mut().0[0]
    }
}

/// Nothing is there yet.
const NOTHING: Onto<'_> = Onto::Columns(&Columns([0.0; BLOCK]));

/// What is already there when products are added up.
#[derive(Clone, Copy)]
enum Onto<'a> {
    /// A number for each column.
    Columns(&'a Columns),
    /// The tile as it is.
    Tile,
}

/// The weights of a panel in a group of values that share a scale: [`GROUP`] in the encoder's layers, [`BLOCK`] in attention, two
/// blocks for the encoder's values.
#[derive(Clone, Copy)]
#[repr(C, align(64))]
struct Weights<const FOURS: usize = { GROUP / 4 }> {
    /// Four of each column in turn.
    values: [[[i8; 4]; BLOCK]; FOURS],
    /// What those of a column are to be multiplied with.
    scales: Columns,
    /// The sum of those of a column, multiplied with its scale.
    sums: Columns,
}

/// The activations of a tile in a group: each stands for `scale × value + zero`.
#[derive(Clone, Copy)]
struct Values<const FOURS: usize> {
    /// The value, from 1 to 255; or, where it has 15 bits, what is left of it without the low ones.
    high: Fours<FOURS>,
    scales: [f32; TILE],
    zeros: [f32; TILE],
}

/// A byte for each value of a tile in a group, row by row.
type Fours<const FOURS: usize> = [[[u8; 4]; FOURS]; TILE];

/// The low bits of a value of 15.
const LOW: u32 = 7;

/// How many bits activations get.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(in crate::model) enum Bits {
    /// 8: a product takes half the time.
    Few,
    /// 15, in two numbers.
    Many,
}

impl Bits {
    /// The middle of the values, and the steps from there to either end.
    #[inline(always)]
    fn middle(self) -> (i32, f32) {
        match self {
            Bits::Few => (128, 127.0),
            Bits::Many => (128 * 128 + 64, 127.0 * 128.0 + 63.0),
        }
    }
}

/// The operations of which each kind of processor has its own version.
pub(in crate::model) trait Isa: Copy {
    /// Rows that are so few that weights had better be taken as they lie than spread for them.
    const FEW: usize = 1;

    /// Adds up the products of quantized rows with a panel of weights, group by group. With the rows go the low bits of their
    /// values, if they have any.
    #[allow(private_interfaces, reason = "rows and weights are made in this module")]
    fn products<const FOURS: usize>(
        self,
        rows: (&[Values<FOURS>], &[Fours<FOURS>]),
        weights: &[Weights<FOURS>],
        onto: Onto<'_>,
        out: Tile<'_>,
    );

    /// A group of each row in steps of their own, and the low bits if there is room for them.
    #[allow(private_interfaces, reason = "made in this module")]
    fn quantize<const FOURS: usize>(
        self,
        rows: [&[[f32; 4]; FOURS]; TILE],
        out: &mut Values<FOURS>,
        low: Option<&mut Fours<FOURS>>,
    );

    /// Adds up the products of signed rows with spread weights, block by block. All of one length. The groups are parts of a
    /// block that have a scale each.
    #[allow(private_interfaces, reason = "rows and weights are made in this module")]
    fn grouped<const ROWS: usize, const GROUPS: usize>(
        self,
        rows: [&[Signed]; ROWS],
        weights: &[Part<GROUPS>],
        onto: Onto<'_>,
        out: Tile<'_>,
    );

    /// The products of rows with a panel of Q4_K: the same bytes as by [`Isa::grouped`].
    #[allow(private_interfaces, reason = "rows and weights are made in this module")]
    #[inline(always)]
    fn four<const ROWS: usize>(self, rows: [&[Signed]; ROWS], panel: &[Four], out: Tile<'_>) {
        spreading(self, rows, panel, out);
    }

    /// The same of Q6_K.
    #[allow(private_interfaces, reason = "rows and weights are made in this module")]
    #[inline(always)]
    fn six<const ROWS: usize>(self, rows: [&[Signed]; ROWS], panel: &[Six], out: Tile<'_>) {
        spreading(self, rows, panel, out);
    }

    /// Adds the products of rows with a panel of numbers, value by value, to a number for each column. All of one length.
    #[allow(private_interfaces, reason = "panels are made in this module")]
    fn outer(self, rows: [&[f32]; TILE], panel: &[Columns], first: &Columns, out: Tile<'_>);

    /// Writes the products of queries, `[MANY × head]`, with keys, `[tokens × head]`: those of a query stand together, and
    /// begin so far from those of the one before it.
    #[inline(always)]
    fn scores<const MANY: usize, T: Kept>(self, queries: &[f32], keys: &[T], out: &mut [f32], apart: usize) {
        attention::scores::<MANY, T>(queries, keys, out, apart);
    }

    /// Adds values, `[tokens × head]`, to the mixtures `out`, `[MANY × head]`, each as often as its share says; shares stand as
    /// [`Isa::scores`] writes them.
    #[inline(always)]
    fn mix<const MANY: usize, T: Kept>(self, shares: &[f32], apart: usize, values: &[T], out: &mut [f32]) {
        attention::mix::<MANY, T>(shares, apart, values, out, 0);
    }
}

/// A computation that is compiled once for every kind of processor: for that, `run` must be `#[inline(always)]`, and what it
/// calls in its loops too.
pub(in crate::model) trait Job {
    /// Does it.
    fn run<I: Isa>(self, isa: I);
}

/// A kind of processor that this machine has.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(in crate::model) struct Processor(Kind);

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
    pub(in crate::model) fn all() -> Vec<Processor> {
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
    pub(in crate::model) fn best() -> Processor {
        Processor::all()[0]
    }

    /// Does a computation in the version for this kind.
    pub(in crate::model) fn run(self, job: impl Job) {
        match self.0 {
            #[cfg(target_arch = "x86_64")]
            Kind::Avx512 => x86::run_avx512(job),
            #[cfg(target_arch = "x86_64")]
            Kind::Avx2 => x86::run_avx2(job),
            Kind::Portable => job.run(Portable),
        }
    }
}
