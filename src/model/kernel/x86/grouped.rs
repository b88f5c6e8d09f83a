//! Products with spread weights.

use std::arch::x86_64::{
    __m256i, _mm256_add_epi32, _mm256_cvtepi32_ps, _mm256_fmadd_ps, _mm256_loadu_ps, _mm256_loadu_si256,
    _mm256_madd_epi16, _mm256_maddubs_epi16, _mm256_mul_ps, _mm256_set1_epi16, _mm256_set1_epi32,
    _mm256_set1_ps, _mm256_setzero_si256, _mm256_storeu_ps, _mm512_cvtepi32_ps, _mm512_dpbusd_epi32,
    _mm512_fmadd_ps, _mm512_mul_ps, _mm512_set1_epi32, _mm512_set1_ps, _mm512_setzero_si512,
};

use super::super::kquants::{Part, Signed, fours};
use super::super::{BLOCK, Onto, Tile};
use super::{WIDE, begun, bytes, numbers, store};

#[target_feature(enable = "avx512f,avx512bw,avx512vnni")]
pub(super) fn avx512<const ROWS: usize, const GROUPS: usize>(
    rows: [&[Signed]; ROWS],
    weights: &[Part<GROUPS>],
    onto: Onto<'_>,
    mut out: Tile<'_>,
) {
    let mut all = begun::<ROWS>(onto, &mut out);
    for (b, weights) in weights.iter().enumerate() {
        for g in 0..GROUPS {
            let mut sums = [[_mm512_setzero_si512(); WIDE]; ROWS];
            for j in fours::<GROUPS>(g) {
                let weights = bytes(&weights.values[j]);
                for (sums, row) in sums.iter_mut().zip(rows) {
                    let x = _mm512_set1_epi32(number(row[b].values[j]));
                    for (sum, w) in sums.iter_mut().zip(weights) {
                        *sum = _mm512_dpbusd_epi32(*sum, w, x);
                    }
                }
            }
            let (scales, zeros) = (numbers(&weights.scales[g].0), numbers(&weights.zeros[g].0));
            for ((all, sums), row) in all.iter_mut().zip(sums).zip(rows) {
                let (scale, total) = (_mm512_set1_ps(row[b].scale), _mm512_set1_ps(row[b].sum::<GROUPS>(g)));
                for (((all, sum), column), zero) in all.iter_mut().zip(sums).zip(scales).zip(zeros) {
                    *all = _mm512_fmadd_ps(_mm512_cvtepi32_ps(sum), _mm512_mul_ps(column, scale), *all);
                    *all = _mm512_fmadd_ps(zero, total, *all);
                }
            }
        }
    }
    for (r, all) in all.into_iter().enumerate() {
        store(all, out.row(r));
    }
}

/// Two products of 6 bits with 8 fit into 16 bits, so that nothing is saturated.
#[target_feature(enable = "avx2,fma")]
pub(super) fn avx2<const ROWS: usize, const GROUPS: usize>(
    rows: [&[Signed]; ROWS],
    weights: &[Part<GROUPS>],
    onto: Onto<'_>,
    mut out: Tile<'_>,
) {
    /// Columns of a vector.
    const FEW: usize = 8;
    if let Onto::Columns(columns) = onto {
        (0..ROWS).for_each(|r| *out.row(r) = columns.0);
    }
    let ones = _mm256_set1_epi16(1);
    for (b, weights) in weights.iter().enumerate() {
        for c in (0..BLOCK).step_by(FEW) {
            for g in 0..GROUPS {
                let mut sums = [_mm256_setzero_si256(); ROWS];
                for j in fours::<GROUPS>(g) {
                    let from: &[[u8; 4]] = &weights.values[j][c..c + FEW];
                    // SAFETY: the slice holds the 32 bytes that are read.
                    let w: __m256i = unsafe { _mm256_loadu_si256(from.as_ptr().cast()) };
                    for (sum, row) in sums.iter_mut().zip(rows) {
                        let x = _mm256_set1_epi32(number(row[b].values[j]));
                        let four = _mm256_madd_epi16(_mm256_maddubs_epi16(w, x), ones);
                        *sum = _mm256_add_epi32(*sum, four);
                    }
                }
                let (scales, zeros) = (&weights.scales[g].0[c..c + FEW], &weights.zeros[g].0[c..c + FEW]);
                for (r, (sum, row)) in sums.into_iter().zip(rows).enumerate() {
                    let out = &mut out.row(r)[c..c + FEW];
                    let (scale, total) =
                        (_mm256_set1_ps(row[b].scale), _mm256_set1_ps(row[b].sum::<GROUPS>(g)));
                    let sum = _mm256_cvtepi32_ps(sum);
                    // SAFETY: the slices hold the 8 numbers that are read, and the last one has room for what is written.
                    unsafe {
                        let scale = _mm256_mul_ps(_mm256_loadu_ps(scales.as_ptr()), scale);
                        let all = _mm256_fmadd_ps(sum, scale, _mm256_loadu_ps(out.as_ptr()));
                        let all = _mm256_fmadd_ps(_mm256_loadu_ps(zeros.as_ptr()), total, all);
                        _mm256_storeu_ps(out.as_mut_ptr(), all);
                    }
                }
            }
        }
    }
}

/// Four values as the number that they are in memory.
#[inline(always)]
pub(super) fn number(four: [i8; 4]) -> i32 {
    i32::from_le_bytes(four.map(i8::cast_unsigned))
}
