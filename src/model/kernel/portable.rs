//! The operations for every processor, in the order that the other versions keep.

use super::kquants::{Part, Signed, fours};
use super::math::nearest;
use super::matrix::Steps;
use super::{BLOCK, Bits, Columns, Fours, Isa, LOW, Onto, TILE, Tile, Values, Weights};

#[derive(Clone, Copy)]
pub(super) struct Portable;

impl Isa for Portable {
    #[inline(always)]
    fn products<const FOURS: usize>(
        self,
        (rows, low): (&[Values<FOURS>], &[Fours<FOURS>]),
        weights: &[Weights<FOURS>],
        onto: Onto<'_>,
        mut out: Tile<'_>,
    ) {
        for r in 0..TILE {
            let out = begun(onto, &mut out, r);
            for (b, (rows, weights)) in rows.iter().zip(weights).enumerate() {
                let mut sums = products(weights, &rows.high[r]);
                if let Some(low) = low.get(b) {
                    let low = products(weights, &low[r]);
                    sums.iter_mut().zip(low).for_each(|(sum, low)| *sum = (*sum << LOW) + low);
                }
                let columns = sums.iter().zip(&weights.scales.0).zip(&weights.sums.0);
                for (out, ((&products, scale), sum)) in out.iter_mut().zip(columns) {
                    *out = (products as f32).mul_add(scale * rows.scales[r], *out);
                    *out = rows.zeros[r].mul_add(*sum, *out);
                }
            }
        }
    }

    #[inline(always)]
    fn quantize<const FOURS: usize>(
        self,
        rows: [&[[f32; 4]; FOURS]; TILE],
        out: &mut Values<FOURS>,
        mut low: Option<&mut Fours<FOURS>>,
    ) {
        let bits = if low.is_some() { Bits::Many } else { Bits::Few };
        let (at, _) = bits.middle();
        for (r, row) in rows.into_iter().enumerate() {
            let row = row.as_flattened();
            let least = row.iter().copied().fold(f32::INFINITY, f32::min);
            let most = row.iter().copied().fold(f32::NEG_INFINITY, f32::max);
            let steps = Steps::between(least, most, bits);
            (out.scales[r], out.zeros[r]) = (steps.scale, steps.zero);
            let values = row.iter().map(|x| nearest((x - steps.middle) * steps.by).1 + at);
            let high = out.high[r].as_flattened_mut().iter_mut().zip(values);
            match &mut low {
                None => high.for_each(|(high, v)| *high = v as u8),
                Some(low) => {
                    let low = low[r].as_flattened_mut();
                    for ((high, v), low) in high.zip(low) {
                        (*high, *low) = ((v >> LOW) as u8, (v & ((1 << LOW) - 1)) as u8);
                    }
                }
            }
        }
    }

    #[inline(always)]
    fn grouped<const ROWS: usize, const GROUPS: usize>(
        self,
        rows: [&[Signed]; ROWS],
        weights: &[Part<GROUPS>],
        onto: Onto<'_>,
        mut out: Tile<'_>,
    ) {
        for (r, row) in rows.into_iter().enumerate() {
            let out = begun(onto, &mut out, r);
            for (row, weights) in row.iter().zip(weights) {
                for g in 0..GROUPS {
                    let mut sums = [0; BLOCK];
                    for j in fours::<GROUPS>(g) {
                        for (sum, weights) in sums.iter_mut().zip(&weights.values[j]) {
                            for (w, x) in weights.iter().zip(&row.values[j]) {
                                *sum += i32::from(*w) * i32::from(*x);
                            }
                        }
                    }
                    let columns = sums.iter().zip(&weights.scales[g].0).zip(&weights.zeros[g].0);
                    for (out, ((&products, scale), zero)) in out.iter_mut().zip(columns) {
                        *out = (products as f32).mul_add(scale * row.scale, *out);
                        *out = zero.mul_add(row.sum::<GROUPS>(g), *out);
                    }
                }
            }
        }
    }

    #[inline(always)]
    fn outer(self, rows: [&[f32]; TILE], panel: &[Columns], first: &Columns, mut out: Tile<'_>) {
        for (r, row) in rows.into_iter().enumerate() {
            let out = begun(Onto::Columns(first), &mut out, r);
            for (x, columns) in row.iter().zip(panel) {
                for (o, c) in out.iter_mut().zip(&columns.0) {
                    *o = x.mul_add(*c, *o);
                }
            }
        }
    }
}

/// A row with what is already there.
#[inline(always)]
fn begun<'a>(onto: Onto<'_>, out: &'a mut Tile<'_>, r: usize) -> &'a mut [f32; BLOCK] {
    let row = out.row(r);
    if let Onto::Columns(columns) = onto {
        *row = columns.0;
    }
    row
}

/// The sums of a group's products with those of the panel's columns.
#[inline(always)]
fn products<const FOURS: usize>(weights: &Weights<FOURS>, fours: &[[u8; 4]; FOURS]) -> [i32; BLOCK] {
    let mut sums = [0; BLOCK];
    for (weights, four) in weights.values.iter().zip(fours) {
        for (sum, weights) in sums.iter_mut().zip(weights) {
            for (w, x) in weights.iter().zip(four) {
                *sum += i32::from(*w) * i32::from(*x);
            }
        }
    }
    sums
}
