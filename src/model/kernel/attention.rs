//! A decoder's attention: many queries in products of 8 and 15 bits with keys and values that are quantized for them, a few
//! in f32 with the kept ones as they are, each read once.

use half::f16;

use super::kquants::Signed;
use super::math::{nearest, softmax, steps_about_zero};
use super::{BLOCK, Bits, Isa, Job, LANES, NOTHING, Onto, Quantized, TILE, Tile, Weights};

/// Queries that look at the same keys in turn, while these are in an inner cache.
pub(in crate::model) const TOGETHER: usize = 3 * TILE;
/// How exact queries are: a score is the exponent of a share.
const QUERIES: Bits = Bits::Few;
/// How exact shares are: beside a token that takes nearly all, the others of its block still count.
const SHARES: Bits = Bits::Many;
/// Fours of a block.
pub(super) const FOURS: usize = BLOCK / 4;
/// Blocks of values that stay in the innermost cache while all tiles pass.
const NEAR: usize = 12;

/// A type in which keys and values are kept.
pub(in crate::model) trait Kept: Copy + Default + Send + Sync {
    /// Whether it is f16; else it is f32.
    const HALF: bool;

    /// The number.
    fn number(self) -> f32;
}

impl Kept for f32 {
    const HALF: bool = false;

    #[inline(always)]
    fn number(self) -> f32 {
        self
    }
}

impl Kept for f16 {
    const HALF: bool = true;

    #[inline(always)]
    fn number(self) -> f32 {
        super::half_to_f32(self.to_bits())
    }
}

/// Keys and values of some tokens in one head, `[tokens × head]` each.
#[derive(Clone, Copy)]
pub(in crate::model) struct Pairs<'a, T> {
    /// The keys.
    pub(in crate::model) keys: &'a [T],
    /// The values.
    pub(in crate::model) values: &'a [T],
}

/// Attention of a token's queries that share keys and values.
pub(in crate::model) struct Few<'a, T> {
    /// `[queries × head]`, scaled.
    pub(in crate::model) queries: &'a [f32],
    /// Width of a head.
    pub(in crate::model) head: usize,
    /// All that the token sees; one token at least.
    pub(in crate::model) seen: &'a [Pairs<'a, T>],
    /// `[queries × head]`.
    pub(in crate::model) out: &'a mut [f32],
}

impl<T: Kept> Job for Few<'_, T> {
    #[inline(always)]
    fn run<I: Isa>(self, isa: I) {
        let Few { queries, head, seen, out } = self;
        let tokens: usize = seen.iter().map(|s| s.keys.len() / head).sum();
        let mut shares = vec![0.0; 2 * tokens];
        for (queries, out) in queries.chunks(2 * head).zip(out.chunks_mut(2 * head)) {
            if queries.len() == head {
                few::<1, T, I>(isa, queries, seen, &mut shares[..tokens], out);
            } else {
                few::<2, T, I>(isa, queries, seen, &mut shares, out);
            }
        }
    }
}

/// The same for so many queries.
#[inline(always)]
fn few<const MANY: usize, T: Kept, I: Isa>(
    isa: I,
    queries: &[f32],
    seen: &[Pairs<'_, T>],
    shares: &mut [f32],
    out: &mut [f32],
) {
    let (head, tokens) = (queries.len() / MANY, shares.len() / MANY);
    let mut at = 0;
    for part in seen {
        isa.scores::<MANY, T>(queries, part.keys, &mut shares[at..], tokens);
        at += part.keys.len() / head;
    }
    let mut by = [0.0; MANY];
    for (by, shares) in by.iter_mut().zip(shares.chunks_exact_mut(tokens)) {
        *by = softmax(shares, 1.0);
    }
    out.fill(0.0);
    let mut at = 0;
    for part in seen {
        isa.mix::<MANY, T>(&shares[at..], tokens, part.values, out);
        at += part.keys.len() / head;
    }
    for (out, by) in out.chunks_exact_mut(head).zip(by) {
        out.iter_mut().for_each(|x| *x *= by);
    }
}

/// [`Isa::scores`] for every processor: 16 sums of a query's products with a key, then theirs.
#[inline(always)]
pub(super) fn scores<const MANY: usize, T: Kept>(queries: &[f32], keys: &[T], out: &mut [f32], apart: usize) {
    let head = queries.len() / MANY;
    for (t, key) in keys.chunks_exact(head).enumerate() {
        for (q, query) in queries.chunks_exact(head).enumerate() {
            let mut sums = [0.0; LANES];
            for (x, y) in query.chunks(LANES).zip(key.chunks(LANES)) {
                for ((s, x), y) in sums.iter_mut().zip(x).zip(y) {
                    *s = x.mul_add(y.number(), *s);
                }
            }
            out[q * apart + t] = super::math::joined(sums, |a, b| a + b);
        }
    }
}

/// [`Isa::mix`] for every processor, of the columns from `from` on.
#[inline(always)]
pub(super) fn mix<const MANY: usize, T: Kept>(
    shares: &[f32],
    apart: usize,
    values: &[T],
    out: &mut [f32],
    from: usize,
) {
    let head = out.len() / MANY;
    for (t, row) in values.chunks_exact(head).enumerate() {
        for (q, out) in out.chunks_exact_mut(head).enumerate() {
            let share = shares[q * apart + t];
            for (o, v) in out[from..].iter_mut().zip(&row[from..]) {
                *o = share.mul_add(v.number(), *o);
            }
        }
    }
}

/// Keys and values of some tokens in one head as products take them, with a scale for each block of 32: of a key for the
/// parts of the head, of a column of the values for the tokens.
#[derive(Default)]
pub(in crate::model) struct Packed {
    tokens: usize,
    /// For each block of tokens those of the head's parts.
    keys: Vec<Weights<FOURS>>,
    /// For each part of the head the blocks of tokens.
    values: Vec<Weights<FOURS>>,
}

/// Quantizes keys and values.
pub(in crate::model) struct Pack<'a, T> {
    /// Width of a head.
    pub(in crate::model) head: usize,
    /// What is quantized.
    pub(in crate::model) pairs: Pairs<'a, T>,
    /// Where it is put; what was there is lost.
    pub(in crate::model) to: &'a mut Packed,
}

impl<T: Kept> Job for Pack<'_, T> {
    #[inline(always)]
    fn run<I: Isa>(self, _: I) {
        let Pack { head, pairs, to } = self;
        to.tokens = pairs.keys.len() / head;
        let (parts, blocks) = (head.div_ceil(BLOCK), to.tokens.div_ceil(BLOCK));
        to.keys.resize(parts * blocks, Weights::NOTHING);
        for (i, keys) in to.keys.iter_mut().enumerate() {
            quantize(square(pairs.keys, head, i / parts, i % parts).iter(), keys);
        }
        to.values.resize(parts * blocks, Weights::NOTHING);
        for (i, values) in to.values.iter_mut().enumerate() {
            quantize_down(square(pairs.values, head, i % blocks, i / blocks).iter(), values);
        }
    }
}

/// A part of the head of a block of tokens, and zeros where there are no more of either.
#[inline(always)]
fn square<T: Kept>(from: &[T], head: usize, block: usize, part: usize) -> [[f32; BLOCK]; BLOCK] {
    let mut out = [[0.0; BLOCK]; BLOCK];
    let rows = from[block * BLOCK * head..].chunks_exact(head);
    for (out, row) in out.iter_mut().zip(rows) {
        for (out, x) in out.iter_mut().zip(&row[part * BLOCK..]) {
            *out = x.number();
        }
    }
    out
}

/// Quantizes columns that are given one after the other, each about 0.
#[inline(always)]
pub(super) fn quantize<'a>(columns: impl Iterator<Item = &'a [f32; BLOCK]>, out: &mut Weights<FOURS>) {
    for (c, column) in columns.enumerate() {
        let column = Signed::of(column);
        for (four, part) in out.values.iter_mut().zip(column.values) {
            four[c] = part;
        }
        (out.scales.0[c], out.sums.0[c]) = (column.scale, column.whole);
    }
}

/// Quantizes what stands below each other in rows, each column about 0; where there are no more rows it is 0.
#[inline(always)]
pub(super) fn quantize_down<'a, const FOURS: usize>(
    mut rows: impl Iterator<Item = &'a [f32; BLOCK]> + Clone,
    out: &mut Weights<FOURS>,
) {
    let mut most = [0; BLOCK];
    for row in rows.clone() {
        for (most, x) in most.iter_mut().zip(row) {
            *most = x.abs().to_bits().max(*most);
        }
    }
    let steps = most.map(steps_about_zero);
    let by = steps.map(|(_, by)| by);
    let mut sums = [0; BLOCK];
    for out in &mut out.values {
        let mut bytes = [0; BLOCK];
        for (i, row) in rows.by_ref().take(4).enumerate() {
            for (((byte, sum), x), by) in bytes.iter_mut().zip(&mut sums).zip(row).zip(by) {
                let value = nearest(x * by).1 as i8;
                *sum += i32::from(value);
                *byte |= u32::from(value.cast_unsigned()) << (8 * i);
            }
        }
        *out = bytes.map(|bytes| bytes.to_le_bytes().map(u8::cast_signed));
    }
    for (c, ((scale, _), sum)) in steps.into_iter().zip(sums).enumerate() {
        (out.scales.0[c], out.sums.0[c]) = (scale, scale * sum as f32);
    }
}

/// Attention of some queries, [`TOGETHER`] at most, over keys and values that they share.
pub(in crate::model) struct Many<'a> {
    /// `[queries × head]`, scaled.
    pub(in crate::model) queries: &'a [f32],
    /// Width of a head.
    pub(in crate::model) head: usize,
    /// What they see, and how many of its tokens.
    pub(in crate::model) seen: &'a [(&'a Packed, usize)],
    /// For each query what is added to its scores of the last tokens; all of one length, not more than the last part has.
    pub(in crate::model) bias: &'a [&'a [f32]],
    /// Where the work is done.
    pub(in crate::model) room: &'a mut Room,
    /// `[queries × head]`.
    pub(in crate::model) out: &'a mut [f32],
}

/// Room for the numbers of [`Many`]: it is kept, since new memory costs time.
#[derive(Default)]
pub(in crate::model) struct Room {
    queries: Vec<f32>,
    quantized: Quantized<FOURS>,
    shares: Vec<f32>,
    mixed: Vec<f32>,
}

impl Job for Many<'_> {
    #[inline(always)]
    fn run<I: Isa>(self, isa: I) {
        let Many { queries, head, seen, bias, room, out } = self;
        let (rows, parts) = (queries.len() / head, head.div_ceil(BLOCK));
        let (tiles, whole) = (rows.div_ceil(TILE), parts * BLOCK);
        let blocks: usize = seen.iter().map(|s| s.1.div_ceil(BLOCK)).sum();
        let width = blocks * BLOCK;
        let Room { queries: padded, quantized, shares, mixed } = room;

        padded.clear();
        padded.resize(tiles * TILE * whole, 0.0);
        for (to, query) in padded.chunks_exact_mut(whole).zip(queries.chunks_exact(head)) {
            to[..head].copy_from_slice(query);
        }
        quantized.fill(isa, padded, whole, QUERIES);

        shares.resize(tiles * TILE * width, 0.0);
        let mut at = 0;
        for (packed, tokens) in seen {
            for keys in packed.keys.chunks_exact(parts).take(tokens.div_ceil(BLOCK)) {
                for (t, shares) in shares.chunks_exact_mut(TILE * width).enumerate() {
                    let to = Tile { numbers: &mut shares[at..], apart: width };
                    isa.products(quantized.tile(t, 0), keys, NOTHING, to);
                }
                at += BLOCK;
            }
        }

        let mut by = [0.0; TOGETHER];
        for (r, (by, shares)) in by.iter_mut().zip(shares.chunks_exact_mut(width)).enumerate() {
            // what is computed beyond the last query is cut off in the end
            *by = softmax(hide(shares, seen, bias.get(r).copied().unwrap_or_default()), 1.0);
        }
        quantized.fill(isa, shares, width, SHARES);

        mixed.resize(tiles * TILE * whole, 0.0);
        for p in 0..parts {
            let mut from = 0;
            for (packed, tokens) in seen {
                let each = packed.tokens.div_ceil(BLOCK);
                let values = &packed.values[p * each..][..tokens.div_ceil(BLOCK)];
                for near in values.chunks(NEAR) {
                    let onto = if from == 0 { NOTHING } else { Onto::Tile };
                    for (t, mixed) in mixed.chunks_exact_mut(TILE * whole).enumerate() {
                        let to = Tile { numbers: &mut mixed[p * BLOCK..], apart: whole };
                        isa.products(quantized.tile(t, from), near, onto, to);
                    }
                    from += near.len();
                }
            }
        }
        let mixed = mixed.chunks_exact(whole).zip(by);
        for (out, (mixed, by)) in out.chunks_exact_mut(head).zip(mixed) {
            for (o, m) in out.iter_mut().zip(mixed) {
                *o = m * by;
            }
        }
    }
}

/// Adds the bias to a row of scores, and hides those of no token.
#[inline(always)]
fn hide<'a>(row: &'a mut [f32], seen: &[(&Packed, usize)], bias: &[f32]) -> &'a mut [f32] {
    let mut end = 0;
    for (_, tokens) in seen {
        let start = end;
        end += tokens.next_multiple_of(BLOCK);
        row[start + tokens..end].fill(f32::NEG_INFINITY);
    }
    if let Some((_, tokens)) = seen.last() {
        let last = end - tokens.next_multiple_of(BLOCK) + tokens;
        for (x, b) in row[last - bias.len()..last].iter_mut().zip(bias) {
            *x += b;
        }
    }
    row
}
