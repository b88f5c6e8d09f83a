//! Products of a row, or a few, with weights as they lie in a panel. Each number is made by the operations, and in the order, in
//! which spread weights give it.

use std::arch::x86_64::{
    __m128i, __m256, __m256i, __m512, __m512i, _mm_loadl_epi64, _mm_loadu_si128, _mm256_add_epi32,
    _mm256_and_si256, _mm256_cvtepi8_epi32, _mm256_cvtepi32_ps, _mm256_cvtepu8_epi32, _mm256_fmadd_ps,
    _mm256_fnmadd_ps, _mm256_loadu_ps, _mm256_loadu_si256, _mm256_madd_epi16, _mm256_maddubs_epi16,
    _mm256_mul_ps, _mm256_or_si256, _mm256_set1_epi8, _mm256_set1_epi16, _mm256_set1_epi32, _mm256_set1_ps,
    _mm256_setzero_ps, _mm256_setzero_si256, _mm256_slli_epi16, _mm256_srli_epi16, _mm256_storeu_ps,
    _mm512_and_si512, _mm512_cvtepi8_epi32, _mm512_cvtepi32_ps, _mm512_cvtepu8_epi32, _mm512_dpbusd_epi32,
    _mm512_fmadd_ps, _mm512_fnmadd_ps, _mm512_loadu_si512, _mm512_mul_ps, _mm512_or_si512, _mm512_set1_epi8,
    _mm512_set1_epi32, _mm512_set1_ps, _mm512_setzero_ps, _mm512_setzero_si512, _mm512_slli_epi16,
    _mm512_srli_epi16,
};

use super::super::kquants::{Bytes, Four, MIDDLE, PARTS, Signed, Six, fours};
use super::super::{BLOCK, LANES, Tile};
use super::ahead::ahead;
use super::grouped::number;
use super::{Byte, WIDE, numbers, store};

#[target_feature(enable = "avx512f,avx512bw,avx512vnni")]
pub(super) fn four_avx512<const ROWS: usize>(rows: [&[Signed]; ROWS], panel: &[Four], mut out: Tile<'_>) {
    let low = _mm512_set1_epi8(15);
    let mut all = [[_mm512_setzero_ps(); WIDE]; ROWS];
    for (b, block) in panel.iter().enumerate() {
        let (scales, least) = (numbers(&block.scale.0), numbers(&block.least.0));
        for (p, part) in block.parts.iter().enumerate() {
            ahead(part);
            let row = |r: usize| &rows[r][b * PARTS + p];
            let mut sums = [[_mm512_setzero_si512(); WIDE]; ROWS];
            for (j, bytes) in part.values.iter().enumerate() {
                let bytes = wide(bytes);
                let halves = [bytes, _mm512_srli_epi16::<4>(bytes)].map(|half| _mm512_and_si512(half, low));
                for (r, sums) in sums.iter_mut().enumerate() {
                    let four = _mm512_set1_epi32(number(row(r).values[j]));
                    for (sum, half) in sums.iter_mut().zip(halves) {
                        *sum = _mm512_dpbusd_epi32(*sum, half, four);
                    }
                }
            }
            for i in 0..WIDE {
                let column = _mm512_cvtepi32_ps(_mm512_cvtepu8_epi32(few(&part.scales, i)));
                let zero = _mm512_cvtepi32_ps(_mm512_cvtepu8_epi32(few(&part.least, i)));
                let columns = (_mm512_mul_ps(column, scales[i]), _mm512_mul_ps(zero, least[i]));
                for (r, (all, sums)) in all.iter_mut().zip(&sums).enumerate() {
                    all[i] = plus_avx512(all[i], sums[i], columns, (row(r).scale, row(r).whole));
                }
            }
        }
    }
    all.into_iter().enumerate().for_each(|(r, all)| store(all, out.row(r)));
}

#[target_feature(enable = "avx512f,avx512bw,avx512vnni")]
pub(super) fn six_avx512<const ROWS: usize>(rows: [&[Signed]; ROWS], panel: &[Six], mut out: Tile<'_>) {
    let (low, two) = (_mm512_set1_epi8(15), _mm512_set1_epi8(3 << 4));
    let mut all = [[_mm512_setzero_ps(); WIDE]; ROWS];
    for (b, block) in panel.iter().enumerate() {
        let scales = numbers(&block.scale.0);
        for (p, part) in block.parts.iter().enumerate() {
            ahead(part);
            let row = |r: usize| &rows[r][b * PARTS + p];
            for g in 0..part.scales.len() {
                let mut sums = [[_mm512_setzero_si512(); WIDE]; ROWS];
                for j in fours::<2>(g) {
                    let (bytes, more) = (wide(&part.low[j]), wide(&part.high[j / 2]));
                    let more = if j % 2 == 0 {
                        [_mm512_slli_epi16::<4>(more), _mm512_slli_epi16::<2>(more)]
                    } else {
                        [more, _mm512_srli_epi16::<2>(more)]
                    };
                    let halves = [bytes, _mm512_srli_epi16::<4>(bytes)];
                    let values: [__m512i; WIDE] = std::array::from_fn(|i| {
                        _mm512_or_si512(_mm512_and_si512(halves[i], low), _mm512_and_si512(more[i], two))
                    });
                    for (r, sums) in sums.iter_mut().enumerate() {
                        let four = _mm512_set1_epi32(number(row(r).values[j]));
                        for (sum, values) in sums.iter_mut().zip(values) {
                            *sum = _mm512_dpbusd_epi32(*sum, values, four);
                        }
                    }
                }
                for i in 0..WIDE {
                    let column = _mm512_cvtepi32_ps(_mm512_cvtepi8_epi32(few(&part.scales[g], i)));
                    let column = _mm512_mul_ps(column, scales[i]);
                    let columns = (column, _mm512_mul_ps(_mm512_set1_ps(MIDDLE), column));
                    for (r, (all, sums)) in all.iter_mut().zip(&sums).enumerate() {
                        all[i] = plus_avx512(all[i], sums[i], columns, (row(r).scale, row(r).halves[g]));
                    }
                }
            }
        }
    }
    all.into_iter().enumerate().for_each(|(r, all)| store(all, out.row(r)));
}

/// Outputs of a vector of AVX2.
const FEW: usize = 8;
/// Vectors of a panel's outputs.
const MANY: usize = BLOCK / FEW;

/// Two products of 4 bits with 8 fit into 16 bits, so that nothing is saturated.
#[target_feature(enable = "avx2,fma")]
pub(super) fn four_avx2(row: &[Signed], panel: &[Four], out: &mut [f32; BLOCK]) {
    let mut all = [_mm256_setzero_ps(); MANY];
    for (block, row) in panel.iter().zip(row.chunks_exact(PARTS)) {
        for (part, x) in block.parts.iter().zip(row) {
            ahead(part);
            let mut sums = [_mm256_setzero_si256(); MANY];
            for (bytes, four) in part.values.iter().zip(x.values) {
                let four = _mm256_set1_epi32(number(four));
                for (i, sum) in sums.iter_mut().enumerate() {
                    *sum = plus_products(*sum, four_bits(bytes, i), four);
                }
            }
            for (i, (all, sum)) in all.iter_mut().zip(sums).enumerate() {
                let column = _mm256_cvtepi32_ps(_mm256_cvtepu8_epi32(fewer(&part.scales, i)));
                let zero = _mm256_cvtepi32_ps(_mm256_cvtepu8_epi32(fewer(&part.least, i)));
                let column = _mm256_mul_ps(column, eight(&block.scale.0, i));
                let zero = _mm256_mul_ps(zero, eight(&block.least.0, i));
                *all = plus_avx2(*all, sum, (column, zero), (x.scale, x.whole));
            }
        }
    }
    store_eights(all, out);
}

/// As [`four_avx2`], with 6 bits.
#[target_feature(enable = "avx2,fma")]
pub(super) fn six_avx2(row: &[Signed], panel: &[Six], out: &mut [f32; BLOCK]) {
    let two = _mm256_set1_epi8(3 << 4);
    let mut all = [_mm256_setzero_ps(); MANY];
    for (block, row) in panel.iter().zip(row.chunks_exact(PARTS)) {
        for (part, x) in block.parts.iter().zip(row) {
            ahead(part);
            for g in 0..part.scales.len() {
                let mut sums = [_mm256_setzero_si256(); MANY];
                for j in fours::<2>(g) {
                    let four = _mm256_set1_epi32(number(x.values[j]));
                    for (i, sum) in sums.iter_mut().enumerate() {
                        let more = narrow(&part.high[j / 2], i % 2);
                        let more = match (j % 2, i < 2) {
                            (0, true) => _mm256_slli_epi16::<4>(more),
                            (0, false) => _mm256_slli_epi16::<2>(more),
                            (_, true) => more,
                            (_, false) => _mm256_srli_epi16::<2>(more),
                        };
                        let values = _mm256_or_si256(four_bits(&part.low[j], i), _mm256_and_si256(more, two));
                        *sum = plus_products(*sum, values, four);
                    }
                }
                for (i, (all, sum)) in all.iter_mut().zip(sums).enumerate() {
                    let column = _mm256_cvtepi32_ps(_mm256_cvtepi8_epi32(fewer(&part.scales[g], i)));
                    let column = _mm256_mul_ps(column, eight(&block.scale.0, i));
                    let zero = _mm256_mul_ps(_mm256_set1_ps(MIDDLE), column);
                    *all = plus_avx2(*all, sum, (column, zero), (x.scale, x.halves[g]));
                }
            }
        }
    }
    store_eights(all, out);
}

/// What is there and the products of a group: of its scales and zeros with a row's scale and total.
#[inline]
#[target_feature(enable = "avx512f")]
fn plus_avx512(
    all: __m512,
    sum: __m512i,
    (column, zero): (__m512, __m512),
    (scale, total): (f32, f32),
) -> __m512 {
    let column = _mm512_mul_ps(column, _mm512_set1_ps(scale));
    let all = _mm512_fmadd_ps(_mm512_cvtepi32_ps(sum), column, all);
    _mm512_fnmadd_ps(zero, _mm512_set1_ps(total), all)
}

/// The same for AVX2.
#[inline]
#[target_feature(enable = "avx2,fma")]
fn plus_avx2(
    all: __m256,
    sum: __m256i,
    (column, zero): (__m256, __m256),
    (scale, total): (f32, f32),
) -> __m256 {
    let column = _mm256_mul_ps(column, _mm256_set1_ps(scale));
    let all = _mm256_fmadd_ps(_mm256_cvtepi32_ps(sum), column, all);
    _mm256_fnmadd_ps(zero, _mm256_set1_ps(total), all)
}

#[inline]
#[target_feature(enable = "avx2")]
fn plus_products(sum: __m256i, weights: __m256i, four: __m256i) -> __m256i {
    let pairs = _mm256_maddubs_epi16(weights, four);
    _mm256_add_epi32(sum, _mm256_madd_epi16(pairs, _mm256_set1_epi16(1)))
}

#[inline]
#[target_feature(enable = "avx512f")]
fn wide(bytes: &Bytes) -> __m512i {
    // SAFETY: there are the 64 bytes that are read.
    unsafe { _mm512_loadu_si512(bytes.as_ptr().cast()) }
}

/// The half bytes of a vector's outputs.
#[inline]
#[target_feature(enable = "avx2")]
fn four_bits(bytes: &Bytes, i: usize) -> __m256i {
    let both = narrow(bytes, i % 2);
    let both = if i < MANY / 2 { both } else { _mm256_srli_epi16::<4>(both) };
    _mm256_and_si256(both, _mm256_set1_epi8(15))
}

/// One of the halves of the bytes.
#[inline]
#[target_feature(enable = "avx2")]
fn narrow(bytes: &Bytes, i: usize) -> __m256i {
    let half: &[u8] = &bytes[i * 4 * FEW..][..4 * FEW];
    // SAFETY: the slice holds the 32 bytes that are read.
    unsafe { _mm256_loadu_si256(half.as_ptr().cast()) }
}

/// Bytes of the outputs of a vector.
#[inline]
#[target_feature(enable = "avx512f")]
fn few<T: Byte>(bytes: &[T; BLOCK], i: usize) -> __m128i {
    let few: &[T] = &bytes[i * LANES..][..LANES];
    // SAFETY: the slice holds the 16 bytes that are read.
    unsafe { _mm_loadu_si128(few.as_ptr().cast()) }
}

/// The same for AVX2.
#[inline]
#[target_feature(enable = "avx2")]
fn fewer<T: Byte>(bytes: &[T; BLOCK], i: usize) -> __m128i {
    let few: &[T] = &bytes[i * FEW..][..FEW];
    // SAFETY: the slice holds the 8 bytes that are read.
    unsafe { _mm_loadl_epi64(few.as_ptr().cast()) }
}

#[inline]
#[target_feature(enable = "avx2")]
fn eight(from: &[f32; BLOCK], i: usize) -> __m256 {
    let eight: &[f32] = &from[i * FEW..][..FEW];
    // SAFETY: the slice holds the 8 numbers that are read.
    unsafe { _mm256_loadu_ps(eight.as_ptr()) }
}

#[inline]
#[target_feature(enable = "avx2")]
fn store_eights(all: [__m256; MANY], out: &mut [f32; BLOCK]) {
    for (chunk, all) in out.as_chunks_mut::<FEW>().0.iter_mut().zip(all) {
        // SAFETY: the chunk has room for the 8 numbers that are written.
        unsafe { _mm256_storeu_ps(chunk.as_mut_ptr(), all) }
    }
}
