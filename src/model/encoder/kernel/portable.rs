//! The operations for every processor, in the order that the other versions keep.

use super::math::nearest;
use super::matrix::steps;
use super::{BLOCK, Columns, HEAD, HIGH, Isa, PANEL, Row, TILE, Tile, Values, Weights};

#[derive(Clone, Copy)]
pub(super) struct Portable;

impl Isa for Portable {
    #[inline(always)]
    fn products(self, rows: &[Row<'_>; TILE], weights: &[Weights], scales: &[Columns], out: &mut Tile) {
        for (row, out) in rows.iter().zip(out) {
            for (b, (weights, columns)) in weights.iter().zip(scales).enumerate() {
                let [high, low] = [row.values[b].high, row.values[b].low].map(|v| products(weights, &v));
                let sums = high.iter().zip(low).map(|(high, low)| (high << HIGH) + low);
                for ((out, sum), scale) in out.iter_mut().zip(sums).zip(&columns.0) {
                    *out = (sum as f32).mul_add(scale * row.scales[b], *out);
                }
            }
        }
    }

    #[inline(always)]
    fn quantize(self, block: &[f32; BLOCK], out: &mut Values) -> (f32, i32) {
        let (scale, by) = steps(block.iter().fold(0.0, |most: f32, x| most.max(x.abs())));
        let values = block.map(|x| nearest(x * by).1);
        let high = values.map(|v| (v + (1 << (HIGH - 1))) >> HIGH);
        for (out, v) in out.high.as_flattened_mut().iter_mut().zip(high) {
            *out = v as i8;
        }
        for (out, (v, high)) in out.low.as_flattened_mut().iter_mut().zip(values.iter().zip(high)) {
            *out = (v - (high << HIGH)) as i8;
        }
        (scale, -values.iter().sum::<i32>())
    }

    #[inline(always)]
    fn outer(self, rows: [&[f32]; TILE], panel: &[Columns], out: &mut Tile) {
        for (row, out) in rows.iter().zip(out) {
            for (x, columns) in row.iter().zip(panel) {
                for (o, c) in out.iter_mut().zip(&columns.0) {
                    *o = x.mul_add(*c, *o);
                }
            }
        }
    }

    #[inline(always)]
    fn mix(self, rows: [&[f32]; TILE], vectors: &[[f32; HEAD]], out: &mut [[f32; HEAD]; TILE]) {
        for (row, out) in rows.iter().zip(out) {
            for (x, vector) in row.iter().zip(vectors) {
                for (o, v) in out.iter_mut().zip(vector) {
                    *o = x.mul_add(*v, *o);
                }
            }
        }
    }
}

/// The sums of a block's products with those of the panel's columns.
#[inline(always)]
fn products(weights: &Weights, quads: &[[i8; 4]; BLOCK / 4]) -> [i32; PANEL] {
    let mut sums = [0; PANEL];
    for (weights, quad) in weights.0.iter().zip(quads) {
        let values = quad.map(i32::from);
        for (sum, weights) in sums.iter_mut().zip(weights) {
            for (w, x) in weights.iter().zip(values) {
                *sum += (i32::from(*w) - 128) * x;
            }
        }
    }
    sums
}
