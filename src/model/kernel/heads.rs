//! An encoder's attention, head by head, in products of 8 bits: every token of a window minds every other one.

use super::attention::{FOURS, TOGETHER, quantize, quantize_down};
use super::math::softmax;
use super::{BLOCK, Bits, Isa, Job, NOTHING, Quantized, TILE, Tile, Weights};

/// Tokens whose values share a scale in each column, and whose shares do.
const SPAN: usize = 2 * BLOCK;
/// Fours of a span.
const LONG: usize = SPAN / 4;

/// Keys and values of a window in one head, [`BLOCK`] wide, as products take them.
#[derive(Default)]
pub(in crate::model) struct Head {
    tokens: usize,
    /// Block by block of tokens.
    keys: Vec<Weights<FOURS>>,
    /// Span by span of tokens.
    values: Vec<Weights<LONG>>,
}

/// Quantizes the keys and values of a head.
pub(in crate::model) struct Fill<'a> {
    /// Rows of the tokens, `[tokens × apart]`.
    pub(in crate::model) rows: &'a [f32],
    /// The numbers of a row.
    pub(in crate::model) apart: usize,
    /// Where in a row the key begins.
    pub(in crate::model) key: usize,
    /// Where in a row the value begins.
    pub(in crate::model) value: usize,
    /// Where they are put; what was there is lost.
    pub(in crate::model) to: &'a mut Head,
}

impl Job for Fill<'_> {
    #[inline(always)]
    fn run<I: Isa>(self, _: I) {
        let Fill { rows, apart, key, value, to } = self;
        to.tokens = rows.len() / apart;
        // What stands beyond the last token in a block of keys is never looked at.
        to.keys.resize(to.tokens.div_ceil(BLOCK), Weights::NOTHING);
        for (rows, keys) in rows.chunks(BLOCK * apart).zip(&mut to.keys) {
            quantize(rows.chunks_exact(apart).map(|row| part(row, key)), keys);
        }
        to.values.resize(to.tokens.div_ceil(SPAN), Weights::NOTHING);
        for (rows, values) in rows.chunks(SPAN * apart).zip(&mut to.values) {
            quantize_down(rows.chunks_exact(apart).map(|row| part(row, value)), values);
        }
    }
}

/// A head's part of a row.
#[inline(always)]
fn part(row: &[f32], from: usize) -> &[f32; BLOCK] {
    &row[from..].as_chunks().0[0]
}

/// Room for the numbers of [`Head::attend`]: it is kept, since new memory costs time.
#[derive(Default)]
pub(in crate::model) struct Desk {
    queries: Quantized<FOURS>,
    /// How much each token minds each other one.
    minds: Vec<f32>,
    shares: Quantized<LONG>,
}

impl Head {
    /// Writes the values mixed by how much each query is like their keys: `out` begins in this head's columns of rows of the width
    /// `apart`, a multiple of [`TILE`] of them; `query` gives the query of each. In 8 bits a share of less than a 508th of the greatest
    /// one of its span is lost; on whole answers that moves roles by a thirtieth of what 8-bit activations do.
    #[inline(always)]
    pub(in crate::model) fn attend<'a, I: Isa>(
        &self,
        isa: I,
        query: impl Fn(usize) -> &'a [f32],
        desk: &mut Desk,
        (out, apart): (&mut [f32], usize),
    ) {
        let Desk { queries, minds, shares } = desk;
        let width = self.values.len() * SPAN;
        for (from, out) in (0..).step_by(TOGETHER).zip(out.chunks_mut(TOGETHER * apart)) {
            let tiles = out.len().div_ceil(apart) / TILE;
            queries.resize(tiles, 1, Bits::Few);
            for t in 0..tiles {
                queries.put(isa, (t, 0), std::array::from_fn(|r| query(from + t * TILE + r)));
            }
            minds.resize(tiles * TILE * width, 0.0);
            for (i, keys) in self.keys.chunks(1).enumerate() {
                for (t, minds) in minds.chunks_exact_mut(TILE * width).enumerate() {
                    let to = Tile { numbers: &mut minds[i * BLOCK..], apart: width };
                    isa.products(queries.tile(t, 0), keys, NOTHING, to);
                }
            }
            let mut by = [0.0; TOGETHER];
            for (by, minds) in by.iter_mut().zip(minds.chunks_exact_mut(width)) {
                let (there, beyond) = minds.split_at_mut(self.tokens);
                *by = softmax(there, 1.0 / (BLOCK as f32).sqrt());
                beyond.fill(0.0);
            }
            shares.fill(isa, minds, width, Bits::Few);
            for (t, out) in out.chunks_mut(TILE * apart).enumerate() {
                isa.products(shares.tile(t, 0), &self.values, NOTHING, Tile { numbers: out, apart });
            }
            for (out, by) in out.chunks_mut(apart).zip(by) {
                out[..BLOCK].iter_mut().for_each(|o| *o *= by);
            }
        }
    }
}
