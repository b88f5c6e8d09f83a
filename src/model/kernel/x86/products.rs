//! Products of 8-bit weights with quantized rows, and how rows are quantized for them.

use std::arch::x86_64::{
    __m256i, __m512i, _mm_storeu_si128, _mm256_abs_epi8, _mm256_add_epi32, _mm256_cvtepi32_ps,
    _mm256_fmadd_ps, _mm256_loadu_ps, _mm256_loadu_si256, _mm256_madd_epi16, _mm256_maddubs_epi16,
    _mm256_mul_ps, _mm256_set1_epi8, _mm256_set1_epi16, _mm256_set1_epi32, _mm256_set1_ps,
    _mm256_setzero_si256, _mm256_sign_epi8, _mm256_slli_epi32, _mm256_storeu_ps, _mm256_xor_si256,
    _mm512_add_epi32, _mm512_and_epi32, _mm512_cvtepi32_epi8, _mm512_cvtepi32_ps, _mm512_cvtps_epi32,
    _mm512_dpbusd_epi32, _mm512_fmadd_ps, _mm512_max_ps, _mm512_min_ps, _mm512_mul_ps, _mm512_reduce_max_ps,
    _mm512_reduce_min_ps, _mm512_set1_epi32, _mm512_set1_ps, _mm512_setzero_si512, _mm512_slli_epi32,
    _mm512_srli_epi32, _mm512_sub_ps,
};

use super::super::matrix::Steps;
use super::super::{BLOCK, Bits, Fours, LANES, LOW, Onto, TILE, Tile, Values, Weights};
use super::{WIDE, begun, bytes, numbers, store, wide};

#[target_feature(enable = "avx512f,avx512bw,avx512vnni")]
pub(super) fn avx512<const FOURS: usize>(
    (rows, low): (&[Values<FOURS>], &[Fours<FOURS>]),
    weights: &[Weights<FOURS>],
    onto: Onto<'_>,
    mut out: Tile<'_>,
) {
    let mut all = begun::<TILE>(onto, &mut out);
    for (b, (rows, weights)) in rows.iter().zip(weights).enumerate() {
        let mut sums = [[_mm512_setzero_si512(); WIDE]; TILE];
        add(&mut sums, weights, &rows.high);
        if let Some(low) = low.get(b) {
            for sum in sums.as_flattened_mut() {
                *sum = _mm512_slli_epi32::<LOW>(*sum);
            }
            add(&mut sums, weights, low);
        }
        let (scales, totals) = (numbers(&weights.scales.0), numbers(&weights.sums.0));
        for (r, (all, sums)) in all.iter_mut().zip(sums).enumerate() {
            let (scale, zero) = (_mm512_set1_ps(rows.scales[r]), _mm512_set1_ps(rows.zeros[r]));
            for (((all, sum), column), total) in all.iter_mut().zip(sums).zip(scales).zip(totals) {
                *all = _mm512_fmadd_ps(_mm512_cvtepi32_ps(sum), _mm512_mul_ps(column, scale), *all);
                *all = _mm512_fmadd_ps(zero, total, *all);
            }
        }
    }
    for (r, all) in all.into_iter().enumerate() {
        store(all, out.row(r));
    }
}

/// Adds the products of a group.
#[inline]
#[target_feature(enable = "avx512f,avx512bw,avx512vnni")]
fn add<const FOURS: usize>(
    sums: &mut [[__m512i; WIDE]; TILE],
    weights: &Weights<FOURS>,
    rows: &Fours<FOURS>,
) {
    for (j, weights) in weights.values.iter().enumerate() {
        let weights = bytes(weights);
        for (sums, row) in sums.iter_mut().zip(rows) {
            let x = _mm512_set1_epi32(i32::from_le_bytes(row[j]));
            for (sum, w) in sums.iter_mut().zip(weights) {
                *sum = _mm512_dpbusd_epi32(*sum, x, w);
            }
        }
    }
}

#[target_feature(enable = "avx512f,avx512bw,avx512vl")]
pub(super) fn quantize<const FOURS: usize>(
    rows: [&[[f32; 4]; FOURS]; TILE],
    out: &mut Values<FOURS>,
    mut low: Option<&mut Fours<FOURS>>,
) {
    let bits = if low.is_some() { Bits::Many } else { Bits::Few };
    let mut all = [Steps::default(); TILE];
    for (steps, row) in all.iter_mut().zip(rows) {
        let (mut least, mut most) = (_mm512_set1_ps(f32::INFINITY), _mm512_set1_ps(f32::NEG_INFINITY));
        for x in sixteens(row) {
            let x = wide(x);
            (least, most) = (_mm512_min_ps(x, least), _mm512_max_ps(x, most));
        }
        *steps = Steps::between(_mm512_reduce_min_ps(least), _mm512_reduce_max_ps(most), bits);
    }
    let at = _mm512_set1_epi32(bits.middle().0);
    for (r, (row, steps)) in rows.into_iter().zip(all).enumerate() {
        (out.scales[r], out.zeros[r]) = (steps.scale, steps.zero);
        let (middle, by) = (_mm512_set1_ps(steps.middle), _mm512_set1_ps(steps.by));
        for (i, x) in sixteens(row).iter().enumerate() {
            let x = wide(x);
            // To the nearest, of two the even one.
            let v = _mm512_cvtps_epi32(_mm512_mul_ps(_mm512_sub_ps(x, middle), by));
            let v = _mm512_add_epi32(v, at);
            match &mut low {
                None => put(v, &mut out.high[r], i),
                Some(low) => {
                    put(_mm512_srli_epi32::<LOW>(v), &mut out.high[r], i);
                    put(_mm512_and_epi32(v, _mm512_set1_epi32((1 << LOW) - 1)), &mut low[r], i);
                }
            }
        }
    }
}

/// Writes the last byte of each number.
#[inline]
#[target_feature(enable = "avx512f")]
fn put(v: __m512i, row: &mut [[u8; 4]], i: usize) {
    let out: &mut [u8] = &mut row.as_flattened_mut()[i * LANES..][..LANES];
    // SAFETY: the slice has room for the 16 bytes that are written.
    unsafe { _mm_storeu_si128(out.as_mut_ptr().cast(), _mm512_cvtepi32_epi8(v)) }
}

/// The numbers of a group, as vectors take them.
#[inline(always)]
fn sixteens<const FOURS: usize>(from: &[[f32; 4]; FOURS]) -> &[[f32; LANES]] {
    const { assert!((4 * FOURS).is_multiple_of(LANES)) };
    from.as_flattened().as_chunks().0
}

/// Here the products are made of the weights' magnitudes and of the activations less 128 with the weights' signs: two of them
/// fit into 16 bits, so that nothing is saturated. What is taken off comes back with the sum of the weights. Low bits are so
/// few that they fit as they are.
#[target_feature(enable = "avx2,fma")]
pub(super) fn avx2<const FOURS: usize>(
    (rows, low): (&[Values<FOURS>], &[Fours<FOURS>]),
    weights: &[Weights<FOURS>],
    onto: Onto<'_>,
    mut out: Tile<'_>,
) {
    /// Columns of a vector.
    const FEW: usize = 8;
    if let Onto::Columns(columns) = onto {
        (0..TILE).for_each(|r| *out.row(r) = columns.0);
    }
    let (middle, ones) = (_mm256_set1_epi8(i8::MIN), _mm256_set1_epi16(1));
    let four = |a, b| _mm256_madd_epi16(_mm256_maddubs_epi16(a, b), ones);
    for (b, (rows, weights)) in rows.iter().zip(weights).enumerate() {
        for c in (0..BLOCK).step_by(FEW) {
            let (mut sums, mut lows) = ([_mm256_setzero_si256(); TILE], [_mm256_setzero_si256(); TILE]);
            let mut total = _mm256_setzero_si256();
            for (j, weights) in weights.values.iter().enumerate() {
                let from: &[[i8; 4]] = &weights[c..c + FEW];
                // SAFETY: the slice holds the 32 bytes that are read.
                let w: __m256i = unsafe { _mm256_loadu_si256(from.as_ptr().cast()) };
                total = _mm256_add_epi32(total, four(_mm256_set1_epi8(1), w));
                let magnitude = _mm256_abs_epi8(w);
                for (sum, row) in sums.iter_mut().zip(&rows.high) {
                    let x = _mm256_xor_si256(_mm256_set1_epi32(i32::from_le_bytes(row[j])), middle);
                    *sum = _mm256_add_epi32(*sum, four(magnitude, _mm256_sign_epi8(x, w)));
                }
                for (sum, row) in lows.iter_mut().zip(low.get(b).into_iter().flatten()) {
                    *sum = _mm256_add_epi32(*sum, four(_mm256_set1_epi32(i32::from_le_bytes(row[j])), w));
                }
            }
            let more = _mm256_slli_epi32::<7>(total);
            for (sum, few) in sums.iter_mut().zip(lows) {
                *sum = _mm256_add_epi32(*sum, more);
                if b < low.len() {
                    *sum = _mm256_add_epi32(_mm256_slli_epi32::<{ LOW as i32 }>(*sum), few);
                }
            }
            let (scales, totals) = (&weights.scales.0[c..c + FEW], &weights.sums.0[c..c + FEW]);
            for (r, sum) in sums.into_iter().enumerate() {
                let out = &mut out.row(r)[c..c + FEW];
                let (scale, zero) = (_mm256_set1_ps(rows.scales[r]), _mm256_set1_ps(rows.zeros[r]));
                let sum = _mm256_cvtepi32_ps(sum);
                // SAFETY: the slices hold the 8 numbers that are read, and the last one has room for what is written.
                unsafe {
                    let scale = _mm256_mul_ps(_mm256_loadu_ps(scales.as_ptr()), scale);
                    let all = _mm256_fmadd_ps(sum, scale, _mm256_loadu_ps(out.as_ptr()));
                    let all = _mm256_fmadd_ps(zero, _mm256_loadu_ps(totals.as_ptr()), all);
                    _mm256_storeu_ps(out.as_mut_ptr(), all);
                }
            }
        }
    }
}
