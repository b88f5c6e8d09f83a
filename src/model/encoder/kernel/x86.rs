//! The operations for x86-64 with AVX-512 and its 8-bit products (VNNI), and for AVX2.

#![allow(unsafe_code, reason = "the instructions are only for processors that have them; see each call")]

use std::arch::x86_64::{
    __m256i, __m512, __m512i, _mm_storeu_si128, _mm256_abs_epi8, _mm256_add_epi32, _mm256_cvtepi32_ps,
    _mm256_fmadd_ps, _mm256_loadu_ps, _mm256_loadu_si256, _mm256_madd_epi16, _mm256_maddubs_epi16,
    _mm256_mul_ps, _mm256_set1_epi8, _mm256_set1_epi16, _mm256_set1_epi32, _mm256_set1_ps,
    _mm256_setzero_si256, _mm256_sign_epi8, _mm256_slli_epi32, _mm256_storeu_ps, _mm256_xor_si256,
    _mm512_abs_ps, _mm512_add_epi32, _mm512_cvtepi32_epi8, _mm512_cvtepi32_ps, _mm512_cvtps_epi32,
    _mm512_dpbusd_epi32, _mm512_fmadd_ps, _mm512_loadu_ps, _mm512_loadu_si512, _mm512_max_ps, _mm512_mul_ps,
    _mm512_reduce_add_epi32, _mm512_reduce_max_ps, _mm512_set1_epi32, _mm512_set1_ps, _mm512_slli_epi32,
    _mm512_srai_epi32, _mm512_storeu_ps, _mm512_sub_epi32,
};

use super::matrix::steps;
use super::portable::Portable;
use super::{BLOCK, Columns, HEAD, HIGH, Isa, Job, LANES, PANEL, Row, TILE, Tile, Values, Weights};

/// Vectors of 16 numbers in a panel.
const WIDE: usize = PANEL / LANES;
/// Vectors of 16 numbers in a head.
const DEEP: usize = HEAD / LANES;

/// Only made where the processor has what [`has_avx512`] asks for.
#[derive(Clone, Copy)]
struct Avx512(());

/// Only made where the processor has what [`has_avx2`] asks for.
#[derive(Clone, Copy)]
struct Avx2(());

pub(super) fn has_avx512() -> bool {
    is_x86_feature_detected!("avx512f")
        && is_x86_feature_detected!("avx512bw")
        && is_x86_feature_detected!("avx512dq")
        && is_x86_feature_detected!("avx512vl")
        && is_x86_feature_detected!("avx512vnni")
        && has_avx2()
}

pub(super) fn has_avx2() -> bool {
    is_x86_feature_detected!("avx2") && is_x86_feature_detected!("fma")
}

/// Runs a job that is compiled for AVX-512.
pub(super) fn run_avx512(job: impl Job) {
    #[target_feature(enable = "avx512f,avx512bw,avx512dq,avx512vl,avx512vnni,avx2,fma")]
    fn run(job: impl Job) {
        job.run(Avx512(()));
    }
    assert!(has_avx512(), "a kind of processor that this machine has");
    // SAFETY: the processor has every feature, as was just asked; the answer is remembered and costs nothing.
    unsafe { run(job) }
}

/// Runs a job that is compiled for AVX2.
pub(super) fn run_avx2(job: impl Job) {
    #[target_feature(enable = "avx2,fma")]
    fn run(job: impl Job) {
        job.run(Avx2(()));
    }
    assert!(has_avx2(), "a kind of processor that this machine has");
    // SAFETY: as above.
    unsafe { run(job) }
}

impl Isa for Avx512 {
    #[inline(always)]
    fn products(self, rows: &[Row<'_>; TILE], weights: &[Weights], scales: &[Columns], out: &mut Tile) {
        // SAFETY: an `Avx512` is there only where the processor has these features.
        unsafe { products_avx512(rows, weights, scales, out) }
    }

    #[inline(always)]
    fn quantize(self, block: &[f32; BLOCK], out: &mut Values) -> (f32, i32) {
        // SAFETY: as above.
        unsafe { quantize_avx512(block, out) }
    }

    #[inline(always)]
    fn outer(self, rows: [&[f32]; TILE], panel: &[Columns], out: &mut Tile) {
        // SAFETY: as above.
        unsafe { outer_avx512(rows, panel, out) }
    }

    #[inline(always)]
    fn mix(self, rows: [&[f32]; TILE], vectors: &[[f32; HEAD]], out: &mut [[f32; HEAD]; TILE]) {
        // SAFETY: as above.
        unsafe { mix_avx512(rows, vectors, out) }
    }
}

#[target_feature(enable = "avx512f,avx512bw,avx512vnni")]
fn products_avx512(rows: &[Row<'_>; TILE], weights: &[Weights], scales: &[Columns], out: &mut Tile) {
    let n = weights.len();
    let scales = &scales[..n];
    let values = rows.each_ref().map(|row| &row.values[..n]);
    let factors = rows.each_ref().map(|row| &row.scales[..n]);
    let offsets = rows.each_ref().map(|row| &row.offsets[..n]);
    let mut all = out.each_ref().map(|row| numbers::<PANEL, WIDE>(row));
    for b in 0..n {
        let mut sums = offsets.map(|row| [_mm512_set1_epi32(row[b]); WIDE]);
        add(&mut sums, &weights[b], values.map(|row| &row[b].high));
        for sum in sums.as_flattened_mut() {
            *sum = _mm512_slli_epi32::<HIGH>(*sum);
        }
        add(&mut sums, &weights[b], values.map(|row| &row[b].low));
        let scales = numbers::<PANEL, WIDE>(&scales[b].0);
        for ((all, sums), row) in all.iter_mut().zip(sums).zip(factors) {
            let factor = _mm512_set1_ps(row[b]);
            for ((all, sum), column) in all.iter_mut().zip(sums).zip(scales) {
                *all = _mm512_fmadd_ps(_mm512_cvtepi32_ps(sum), _mm512_mul_ps(column, factor), *all);
            }
        }
    }
    for (out, all) in out.iter_mut().zip(all) {
        store(all, out);
    }
}

/// Adds the products of a block.
#[inline]
#[target_feature(enable = "avx512f,avx512bw,avx512vnni")]
fn add(sums: &mut [[__m512i; WIDE]; TILE], weights: &Weights, rows: [&[[i8; 4]; BLOCK / 4]; TILE]) {
    for (j, weights) in weights.0.iter().enumerate() {
        let weights = bytes(weights);
        for (sums, row) in sums.iter_mut().zip(rows) {
            let x = _mm512_set1_epi32(number(row[j]));
            for (sum, w) in sums.iter_mut().zip(weights) {
                *sum = _mm512_dpbusd_epi32(*sum, w, x);
            }
        }
    }
}

#[target_feature(enable = "avx512f,avx512bw,avx512vl")]
fn quantize_avx512(block: &[f32; BLOCK], out: &mut Values) -> (f32, i32) {
    let [a, b] = numbers::<BLOCK, 2>(block);
    let most = _mm512_reduce_max_ps(_mm512_max_ps(_mm512_abs_ps(a), _mm512_abs_ps(b)));
    let (scale, by) = steps(most);
    let by = _mm512_set1_ps(by);
    // To the nearest, of two the even one.
    let (a, b) = (_mm512_cvtps_epi32(_mm512_mul_ps(a, by)), _mm512_cvtps_epi32(_mm512_mul_ps(b, by)));
    let half = _mm512_set1_epi32(1 << (HIGH - 1));
    for (i, v) in [a, b].into_iter().enumerate() {
        let high = _mm512_srai_epi32::<HIGH>(_mm512_add_epi32(v, half));
        let low = _mm512_sub_epi32(v, _mm512_slli_epi32::<HIGH>(high));
        for (out, v) in [(&mut out.high, high), (&mut out.low, low)] {
            let out: &mut [i8] = &mut out.as_flattened_mut()[i * LANES..][..LANES];
            // SAFETY: the slice has room for the 16 bytes that are written.
            unsafe { _mm_storeu_si128(out.as_mut_ptr().cast(), _mm512_cvtepi32_epi8(v)) }
        }
    }
    (scale, -_mm512_reduce_add_epi32(_mm512_add_epi32(a, b)))
}

#[target_feature(enable = "avx512f")]
fn outer_avx512(rows: [&[f32]; TILE], panel: &[Columns], out: &mut Tile) {
    let rows = rows.map(|row| &row[..panel.len()]);
    let mut all = out.each_ref().map(|row| numbers::<PANEL, WIDE>(row));
    for (i, columns) in panel.iter().enumerate() {
        let columns = numbers::<PANEL, WIDE>(&columns.0);
        for (all, row) in all.iter_mut().zip(rows) {
            let x = _mm512_set1_ps(row[i]);
            for (all, column) in all.iter_mut().zip(columns) {
                *all = _mm512_fmadd_ps(x, column, *all);
            }
        }
    }
    for (out, all) in out.iter_mut().zip(all) {
        store(all, out);
    }
}

#[target_feature(enable = "avx512f")]
fn mix_avx512(rows: [&[f32]; TILE], vectors: &[[f32; HEAD]], out: &mut [[f32; HEAD]; TILE]) {
    let rows = rows.map(|row| &row[..vectors.len()]);
    let mut all = out.each_ref().map(|row| numbers::<HEAD, DEEP>(row));
    for (i, vector) in vectors.iter().enumerate() {
        let vector = numbers::<HEAD, DEEP>(vector);
        for (all, row) in all.iter_mut().zip(rows) {
            let x = _mm512_set1_ps(row[i]);
            for (all, v) in all.iter_mut().zip(vector) {
                *all = _mm512_fmadd_ps(x, v, *all);
            }
        }
    }
    for (out, all) in out.iter_mut().zip(all) {
        store(all, out);
    }
}

#[inline]
#[target_feature(enable = "avx512f")]
fn numbers<const N: usize, const VECTORS: usize>(from: &[f32; N]) -> [__m512; VECTORS] {
    const { assert!(VECTORS * LANES == N) };
    let (chunks, _) = from.as_chunks::<LANES>();
    // SAFETY: each chunk holds the 16 numbers that are read.
    std::array::from_fn(|i| unsafe { _mm512_loadu_ps(chunks[i].as_ptr()) })
}

/// Four values as the number that they are in memory.
#[inline(always)]
fn number(quad: [i8; 4]) -> i32 {
    i32::from_le_bytes(quad.map(i8::cast_unsigned))
}

#[inline]
#[target_feature(enable = "avx512f")]
fn bytes(from: &[[u8; 4]; PANEL]) -> [__m512i; WIDE] {
    let (chunks, _) = from.as_chunks::<LANES>();
    // SAFETY: each chunk holds the 64 bytes that are read.
    std::array::from_fn(|i| unsafe { _mm512_loadu_si512(chunks[i].as_ptr().cast()) })
}

#[inline]
#[target_feature(enable = "avx512f")]
fn store<const N: usize, const VECTORS: usize>(all: [__m512; VECTORS], out: &mut [f32; N]) {
    const { assert!(VECTORS * LANES == N) };
    let (chunks, _) = out.as_chunks_mut::<LANES>();
    for (chunk, all) in chunks.iter_mut().zip(all) {
        // SAFETY: each chunk has room for the 16 numbers that are written.
        unsafe { _mm512_storeu_ps(chunk.as_mut_ptr(), all) }
    }
}

impl Isa for Avx2 {
    #[inline(always)]
    fn products(self, rows: &[Row<'_>; TILE], weights: &[Weights], scales: &[Columns], out: &mut Tile) {
        // SAFETY: an `Avx2` is there only where the processor has these features.
        unsafe { products_avx2(rows, weights, scales, out) }
    }

    #[inline(always)]
    fn quantize(self, block: &[f32; BLOCK], out: &mut Values) -> (f32, i32) {
        Portable.quantize(block, out)
    }

    #[inline(always)]
    fn outer(self, rows: [&[f32]; TILE], panel: &[Columns], out: &mut Tile) {
        Portable.outer(rows, panel, out);
    }

    #[inline(always)]
    fn mix(self, rows: [&[f32]; TILE], vectors: &[[f32; HEAD]], out: &mut [[f32; HEAD]; TILE]) {
        Portable.mix(rows, vectors, out);
    }
}

/// Here the products are made of the weights' magnitudes and of the activations with the weights' signs: two of them fit into
/// 16 bits, so that nothing is saturated.
#[target_feature(enable = "avx2,fma")]
fn products_avx2(rows: &[Row<'_>; TILE], weights: &[Weights], scales: &[Columns], out: &mut Tile) {
    /// Columns of a vector.
    const FEW: usize = 8;
    let (middle, ones) = (_mm256_set1_epi8(i8::MIN), _mm256_set1_epi16(1));
    for (b, (weights, scales)) in weights.iter().zip(scales).enumerate() {
        let values = rows.each_ref().map(|row| &row.values[b]);
        for c in (0..PANEL).step_by(FEW) {
            let mut sums = [(_mm256_setzero_si256(), _mm256_setzero_si256()); TILE];
            for j in 0..BLOCK / 4 {
                let from: &[[u8; 4]] = &weights.0[j][c..c + FEW];
                // SAFETY: the slice holds the 32 bytes that are read.
                let w: __m256i = unsafe { _mm256_loadu_si256(from.as_ptr().cast()) };
                let w = _mm256_xor_si256(w, middle);
                let magnitude = _mm256_abs_epi8(w);
                let products = |quad| {
                    let x = _mm256_sign_epi8(_mm256_set1_epi32(number(quad)), w);
                    _mm256_madd_epi16(_mm256_maddubs_epi16(magnitude, x), ones)
                };
                for ((high, low), values) in sums.iter_mut().zip(values) {
                    *high = _mm256_add_epi32(*high, products(values.high[j]));
                    *low = _mm256_add_epi32(*low, products(values.low[j]));
                }
            }
            let column = &scales.0[c..c + FEW];
            for ((out, (high, low)), row) in out.iter_mut().zip(sums).zip(rows) {
                let out = &mut out[c..c + FEW];
                let sum = _mm256_add_epi32(_mm256_slli_epi32::<{ HIGH as i32 }>(high), low);
                // SAFETY: both slices hold the 8 numbers that are read, and the second one has room for what is written.
                unsafe {
                    let scale =
                        _mm256_mul_ps(_mm256_loadu_ps(column.as_ptr()), _mm256_set1_ps(row.scales[b]));
                    let all = _mm256_fmadd_ps(_mm256_cvtepi32_ps(sum), scale, _mm256_loadu_ps(out.as_ptr()));
                    _mm256_storeu_ps(out.as_mut_ptr(), all);
                }
            }
        }
    }
}
