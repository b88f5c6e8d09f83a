//! Scores and mixtures of a few queries, by the operations, and in the order, that the version for every processor has.

use std::arch::x86_64::{
    __m128i, __m256, __m512, _mm_add_ps, _mm_cvtss_f32, _mm_loadu_si128, _mm_movehl_ps, _mm_shuffle_ps,
    _mm256_add_ps, _mm256_castps256_ps128, _mm256_cvtph_ps, _mm256_extractf128_ps, _mm256_fmadd_ps,
    _mm256_loadu_ps, _mm256_loadu_si256, _mm256_set1_ps, _mm256_setzero_ps, _mm256_storeu_ps,
    _mm512_cvtph_ps, _mm512_fmadd_ps, _mm512_loadu_ps, _mm512_reduce_add_ps, _mm512_set1_ps,
    _mm512_setzero_ps, _mm512_storeu_ps,
};

use super::super::LANES;
use super::super::attention::{Kept, mix};
use super::ahead::ahead;

/// Columns of a vector of AVX2.
const FEW: usize = 8;

#[target_feature(enable = "avx512f")]
pub(super) fn scores_avx512<const MANY: usize, T: Kept>(
    queries: &[f32],
    keys: &[T],
    out: &mut [f32],
    apart: usize,
) {
    let head = queries.len() / MANY;
    let many: [&[[f32; LANES]]; MANY] = std::array::from_fn(|q| queries[q * head..][..head].as_chunks().0);
    for (t, key) in keys.chunks_exact(head).enumerate() {
        lines(key).iter().for_each(ahead);
        let mut sums = [_mm512_setzero_ps(); MANY];
        let (chunks, rest) = key.as_chunks::<LANES>();
        // of one length, so that it is looked at once
        let many = many.map(|query| &query[..chunks.len()]);
        for (i, chunk) in chunks.iter().enumerate() {
            let y = kept(chunk);
            for (sum, query) in sums.iter_mut().zip(many) {
                *sum = _mm512_fmadd_ps(sixteen(&query[i]), y, *sum);
            }
        }
        if !rest.is_empty() {
            let y = kept(&filled(rest));
            for (sum, query) in sums.iter_mut().zip(queries.chunks_exact(head)) {
                *sum = _mm512_fmadd_ps(sixteen(&filled(&query[head - rest.len()..])), y, *sum);
            }
        }
        for (q, sum) in sums.into_iter().enumerate() {
            // it adds one half to the other, until one number is left
            out[q * apart + t] = _mm512_reduce_add_ps(sum);
        }
    }
}

#[target_feature(enable = "avx512f")]
pub(super) fn mix_avx512<const MANY: usize, T: Kept>(
    shares: &[f32],
    apart: usize,
    values: &[T],
    out: &mut [f32],
) {
    /// Vectors whose sums are in registers while all tokens pass.
    const WIDE: usize = 4;
    let head = out.len() / MANY;
    for (at, wide) in runs(head, WIDE) {
        if wide {
            columns_avx512::<MANY, WIDE, T>((shares, apart), values, out, at);
        } else {
            columns_avx512::<MANY, 1, T>((shares, apart), values, out, at);
        }
    }
    mix::<MANY, T>(shares, apart, values, out, head / LANES * LANES);
}

/// Some columns of [`mix_avx512`].
#[inline]
#[target_feature(enable = "avx512f")]
fn columns_avx512<const MANY: usize, const WIDE: usize, T: Kept>(
    (shares, apart): (&[f32], usize),
    values: &[T],
    out: &mut [f32],
    at: usize,
) {
    let head = out.len() / MANY;
    let mut all = [[_mm512_setzero_ps(); WIDE]; MANY];
    for (all, out) in all.iter_mut().zip(out.chunks_exact(head)) {
        for (all, out) in all.iter_mut().zip(out[at..].as_chunks().0) {
            *all = sixteen(out);
        }
    }
    let many: [&[f32]; MANY] = std::array::from_fn(|q| &shares[q * apart..][..values.len() / head]);
    for (t, row) in values.chunks_exact(head).enumerate() {
        let (row, _) = row[at..at + WIDE * LANES].as_chunks::<LANES>();
        lines(row.as_flattened()).iter().for_each(ahead);
        for (w, value) in row.iter().enumerate() {
            let value = kept(value);
            for (all, shares) in all.iter_mut().zip(many) {
                all[w] = _mm512_fmadd_ps(_mm512_set1_ps(shares[t]), value, all[w]);
            }
        }
    }
    for (all, out) in all.into_iter().zip(out.chunks_exact_mut(head)) {
        for (all, out) in all.into_iter().zip(out[at..].as_chunks_mut::<LANES>().0) {
            // SAFETY: there is room for the 16 numbers that are written.
            unsafe { _mm512_storeu_ps(out.as_mut_ptr(), all) }
        }
    }
}

#[target_feature(enable = "avx2,fma,f16c")]
pub(super) fn scores_avx2<const MANY: usize, T: Kept>(
    queries: &[f32],
    keys: &[T],
    out: &mut [f32],
    apart: usize,
) {
    let head = queries.len() / MANY;
    for (t, key) in keys.chunks_exact(head).enumerate() {
        lines(key).iter().for_each(ahead);
        let mut sums = [[_mm256_setzero_ps(); 2]; MANY];
        let (chunks, rest) = key.as_chunks::<LANES>();
        let last = filled(rest);
        let last = if rest.is_empty() { &[][..] } else { std::slice::from_ref(&last) };
        for (i, chunk) in chunks.iter().chain(last).enumerate() {
            let y = kept_halves(chunk);
            for (sums, query) in sums.iter_mut().zip(queries.chunks_exact(head)) {
                let query = &query[i * LANES..];
                let x = match query.first_chunk::<LANES>() {
                    Some(query) => *query,
                    None => filled(query),
                };
                let (x, _) = x.as_chunks::<FEW>();
                for ((sum, x), y) in sums.iter_mut().zip(x).zip(y) {
                    *sum = _mm256_fmadd_ps(eight(x), y, *sum);
                }
            }
        }
        for (q, [a, b]) in sums.into_iter().enumerate() {
            // one half to the other, until one number is left
            let sum = _mm256_add_ps(a, b);
            let sum = _mm_add_ps(_mm256_castps256_ps128(sum), _mm256_extractf128_ps::<1>(sum));
            let sum = _mm_add_ps(sum, _mm_movehl_ps(sum, sum));
            out[q * apart + t] = _mm_cvtss_f32(_mm_add_ps(sum, _mm_shuffle_ps::<1>(sum, sum)));
        }
    }
}

#[target_feature(enable = "avx2,fma,f16c")]
pub(super) fn mix_avx2<const MANY: usize, T: Kept>(
    shares: &[f32],
    apart: usize,
    values: &[T],
    out: &mut [f32],
) {
    /// Sixteens whose sums are in registers while all tokens pass.
    const WIDE: usize = 2;
    let head = out.len() / MANY;
    for (at, wide) in runs(head, WIDE) {
        if wide {
            columns_avx2::<MANY, WIDE, T>((shares, apart), values, out, at);
        } else {
            columns_avx2::<MANY, 1, T>((shares, apart), values, out, at);
        }
    }
    mix::<MANY, T>(shares, apart, values, out, head / LANES * LANES);
}

/// Some columns of [`mix_avx2`].
#[inline]
#[target_feature(enable = "avx2,fma,f16c")]
fn columns_avx2<const MANY: usize, const WIDE: usize, T: Kept>(
    (shares, apart): (&[f32], usize),
    values: &[T],
    out: &mut [f32],
    at: usize,
) {
    let head = out.len() / MANY;
    let mut all = [[[_mm256_setzero_ps(); 2]; WIDE]; MANY];
    for (all, out) in all.iter_mut().zip(out.chunks_exact(head)) {
        for (all, out) in all.as_flattened_mut().iter_mut().zip(out[at..].as_chunks::<FEW>().0) {
            *all = eight(out);
        }
    }
    for (t, row) in values.chunks_exact(head).enumerate() {
        let (row, _) = row[at..at + WIDE * LANES].as_chunks::<LANES>();
        lines(row.as_flattened()).iter().for_each(ahead);
        for w in 0..WIDE {
            let value = kept_halves(&row[w]);
            for (q, all) in all.iter_mut().enumerate() {
                let share = _mm256_set1_ps(shares[q * apart + t]);
                for (all, value) in all[w].iter_mut().zip(value) {
                    *all = _mm256_fmadd_ps(share, value, *all);
                }
            }
        }
    }
    for (all, out) in all.iter().zip(out.chunks_exact_mut(head)) {
        for (all, out) in all.as_flattened().iter().zip(out[at..].as_chunks_mut::<FEW>().0) {
            // SAFETY: there is room for the 8 numbers that are written.
            unsafe { _mm256_storeu_ps(out.as_mut_ptr(), *all) }
        }
    }
}

/// Where runs of a head's columns begin, and whether they are of `wide` sixteens, as long as there are so many, or of one.
fn runs(head: usize, wide: usize) -> impl Iterator<Item = (usize, bool)> {
    let sixteens = head / LANES;
    let long = sixteens / wide * wide;
    let runs = (0..long).step_by(wide).map(|i| (i, true)).chain((long..sixteens).map(|i| (i, false)));
    runs.map(|(i, wide)| (i * LANES, wide))
}

#[inline]
#[target_feature(enable = "avx512f")]
fn sixteen(from: &[f32; LANES]) -> __m512 {
    // SAFETY: there are the 16 numbers that are read.
    unsafe { _mm512_loadu_ps(from.as_ptr()) }
}

#[inline]
#[target_feature(enable = "avx2")]
fn eight(from: &[f32; FEW]) -> __m256 {
    // SAFETY: there are the 8 numbers that are read.
    unsafe { _mm256_loadu_ps(from.as_ptr()) }
}

#[inline]
#[target_feature(enable = "avx512f")]
fn kept<T: Kept>(from: &[T; LANES]) -> __m512 {
    // SAFETY: a `T` is an f16 where it says so and an f32 else, and there are 16 of them.
    unsafe {
        if T::HALF {
            _mm512_cvtph_ps(_mm256_loadu_si256(from.as_ptr().cast()))
        } else {
            _mm512_loadu_ps(from.as_ptr().cast())
        }
    }
}

/// The same in two vectors.
#[inline]
#[target_feature(enable = "avx2,f16c")]
fn kept_halves<T: Kept>(from: &[T; LANES]) -> [__m256; 2] {
    let at = from.as_ptr();
    // SAFETY: as above; the second half begins at the eighth of them.
    unsafe {
        if T::HALF {
            let at: *const __m128i = at.cast();
            [_mm256_cvtph_ps(_mm_loadu_si128(at)), _mm256_cvtph_ps(_mm_loadu_si128(at.add(1)))]
        } else {
            let at: *const f32 = at.cast();
            [_mm256_loadu_ps(at), _mm256_loadu_ps(at.add(FEW))]
        }
    }
}

/// Sixteens two by two, which take a whole line or more of a cache.
#[inline(always)]
fn lines<T>(from: &[T]) -> &[[T; 2 * LANES]] {
    from.as_chunks().0
}

/// These, and zeros.
#[inline(always)]
fn filled<T: Copy + Default>(from: &[T]) -> [T; LANES] {
    std::array::from_fn(|i| from.get(i).copied().unwrap_or_default())
}
