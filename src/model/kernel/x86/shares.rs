//! How much each row of scores minds each token, quantized at once.

use std::arch::x86_64::{
    _mm512_add_epi32, _mm512_cvtepi32_ps, _mm512_cvtps_epi32, _mm512_fmadd_ps, _mm512_max_ps,
    _mm512_reduce_add_ps, _mm512_reduce_max_ps, _mm512_roundscale_ps, _mm512_scalef_ps, _mm512_set1_epi32,
    _mm512_set1_ps, _mm512_setzero_ps, _mm512_setzero_si512, _mm512_sub_ps,
};

use super::super::math::{NO_SHARE, SHARES, steps_of_shares};
use super::super::{LANES, TILE, Values};
use super::products::put;
use super::wide;

/// `Isa::shares`, by the operations, and in the order, that the version for every processor has.
#[target_feature(enable = "avx512f,avx512bw,avx512vl")]
pub(super) fn avx512<const FOURS: usize>(
    rows: [&[f32]; TILE],
    scale: f32,
    out: &mut [Values<FOURS>],
) -> [f32; TILE] {
    /// Rounds to the nearest, of two the even one, and reports nothing.
    const NEAREST: i32 = 8;
    let mut top = [f32::NEG_INFINITY; TILE];
    for (r, row) in rows.into_iter().enumerate() {
        for (group, out) in row.chunks_exact(4 * FOURS).zip(&mut *out) {
            let mut most = _mm512_set1_ps(f32::NEG_INFINITY);
            for x in group.as_chunks::<LANES>().0 {
                most = _mm512_max_ps(wide(x), most);
            }
            out.zeros[r] = _mm512_reduce_max_ps(most);
            top[r] = top[r].max(out.zeros[r]);
        }
    }
    steps_of_shares(out, &top, scale);
    let (wide_scale, none, one) = (_mm512_set1_ps(scale), _mm512_set1_ps(NO_SHARE), _mm512_set1_epi32(1));
    let [c3, c2, c1, c0] = SHARES.map(|c| _mm512_set1_ps(c));
    let mut by = [0.0; TILE];
    for (r, (by, row)) in by.iter_mut().zip(rows).enumerate() {
        let mut sums = _mm512_setzero_ps();
        for (group, out) in row.chunks_exact(4 * FOURS).zip(&mut *out) {
            let begin = _mm512_set1_ps(-(out.zeros[r] * scale));
            let mut counts = _mm512_setzero_si512();
            for (i, x) in group.as_chunks::<LANES>().0.iter().enumerate() {
                let x = _mm512_max_ps(_mm512_fmadd_ps(wide(x), wide_scale, begin), none);
                let whole = _mm512_roundscale_ps::<NEAREST>(x);
                let rest = _mm512_sub_ps(x, whole);
                let y = _mm512_fmadd_ps(_mm512_fmadd_ps(_mm512_fmadd_ps(c3, rest, c2), rest, c1), rest, c0);
                let steps = _mm512_cvtps_epi32(_mm512_scalef_ps(y, whole));
                counts = _mm512_add_epi32(counts, steps);
                put(_mm512_add_epi32(steps, one), &mut out.high[r], i);
            }
            sums = _mm512_fmadd_ps(_mm512_cvtepi32_ps(counts), _mm512_set1_ps(out.scales[r]), sums);
            out.zeros[r] = -out.scales[r];
        }
        *by = 1.0 / _mm512_reduce_add_ps(sums);
    }
    by
}
