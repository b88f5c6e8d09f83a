//! The operations for x86-64 with AVX-512 and its 8-bit products (VNNI), and for AVX2.

#![allow(unsafe_code, reason = "the instructions are only for processors that have them; see each call")]

use std::arch::x86_64::{
    __m256i, __m512, __m512i, _mm_storeu_si128, _mm256_abs_epi8, _mm256_add_epi32, _mm256_cvtepi32_ps,
    _mm256_fmadd_ps, _mm256_loadu_ps, _mm256_loadu_si256, _mm256_madd_epi16, _mm256_maddubs_epi16,
    _mm256_mul_ps, _mm256_set1_epi8, _mm256_set1_epi16, _mm256_set1_epi32, _mm256_set1_ps,
    _mm256_setzero_si256, _mm256_sign_epi8, _mm256_slli_epi32, _mm256_storeu_ps, _mm256_xor_si256,
    _mm512_add_epi32, _mm512_and_epi32, _mm512_cvtepi32_epi8, _mm512_cvtepi32_ps, _mm512_cvtps_epi32,
    _mm512_dpbusd_epi32, _mm512_fmadd_ps, _mm512_loadu_ps, _mm512_loadu_si512, _mm512_max_ps, _mm512_min_ps,
    _mm512_mul_ps, _mm512_reduce_max_ps, _mm512_reduce_min_ps, _mm512_set1_epi32, _mm512_set1_ps,
    _mm512_setzero_ps, _mm512_setzero_si512, _mm512_slli_epi32, _mm512_srli_epi32, _mm512_storeu_ps,
    _mm512_sub_ps,
};

mod ahead;
mod attention;
mod grouped;
mod unspread;

use super::attention::Kept;
use super::kquants::{Four, Part, Signed, Six};
use super::matrix::Steps;
use super::portable::Portable;
use super::{BLOCK, Bits, Columns, Fours, Isa, Job, LANES, LOW, Onto, TILE, Tile, Values, Weights};

/// Vectors of 16 numbers for the columns of a panel.
const WIDE: usize = BLOCK / LANES;

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
    is_x86_feature_detected!("avx2") && is_x86_feature_detected!("fma") && is_x86_feature_detected!("f16c")
}

/// Runs a job that is compiled for AVX-512.
pub(super) fn run_avx512(job: impl Job) {
    #[target_feature(enable = "avx512f,avx512bw,avx512dq,avx512vl,avx512vnni,avx2,fma,f16c")]
    fn run(job: impl Job) {
        job.run(Avx512(()));
    }
    assert!(has_avx512(), "a kind of processor that this machine has");
    // SAFETY: the processor has every feature, as was just asked; the answer is remembered and costs nothing.
    unsafe { run(job) }
}

/// Runs a job that is compiled for AVX2.
pub(super) fn run_avx2(job: impl Job) {
    #[target_feature(enable = "avx2,fma,f16c")]
    fn run(job: impl Job) {
        job.run(Avx2(()));
    }
    assert!(has_avx2(), "a kind of processor that this machine has");
    // SAFETY: as above.
    unsafe { run(job) }
}

impl Isa for Avx512 {
    const FEW: usize = 12;

    #[inline(always)]
    fn products<const FOURS: usize>(
        self,
        rows: (&[Values<FOURS>], &[Fours<FOURS>]),
        weights: &[Weights<FOURS>],
        onto: Onto<'_>,
        out: Tile<'_>,
    ) {
        // SAFETY: an `Avx512` is there only where the processor has these features.
        unsafe { products_avx512(rows, weights, onto, out) }
    }

    #[inline(always)]
    fn quantize<const FOURS: usize>(
        self,
        rows: [&[[f32; 4]; FOURS]; TILE],
        out: &mut Values<FOURS>,
        low: Option<&mut Fours<FOURS>>,
    ) {
        // SAFETY: as above.
        unsafe { quantize_avx512(rows, out, low) }
    }

    #[inline(always)]
    fn grouped<const ROWS: usize, const GROUPS: usize>(
        self,
        rows: [&[Signed]; ROWS],
        weights: &[Part<GROUPS>],
        onto: Onto<'_>,
        out: Tile<'_>,
    ) {
        // SAFETY: as above.
        unsafe { grouped::avx512(rows, weights, onto, out) }
    }

    #[inline(always)]
    fn four<const ROWS: usize>(self, rows: [&[Signed]; ROWS], panel: &[Four], out: Tile<'_>) {
        // SAFETY: as above.
        unsafe { unspread::four_avx512(rows, panel, out) }
    }

    #[inline(always)]
    fn six<const ROWS: usize>(self, rows: [&[Signed]; ROWS], panel: &[Six], out: Tile<'_>) {
        // SAFETY: as above.
        unsafe { unspread::six_avx512(rows, panel, out) }
    }

    #[inline(always)]
    fn outer(self, rows: [&[f32]; TILE], panel: &[Columns], onto: Onto<'_>, out: Tile<'_>) {
        // SAFETY: as above.
        unsafe { outer_avx512(rows, panel, onto, out) }
    }

    #[inline(always)]
    fn scores<const MANY: usize, T: Kept>(self, queries: &[f32], keys: &[T], out: &mut [f32], apart: usize) {
        // SAFETY: as above.
        unsafe { attention::scores_avx512::<MANY, T>(queries, keys, out, apart) }
    }

    #[inline(always)]
    fn mix<const MANY: usize, T: Kept>(self, shares: &[f32], apart: usize, values: &[T], out: &mut [f32]) {
        // SAFETY: as above.
        unsafe { attention::mix_avx512::<MANY, T>(shares, apart, values, out) }
    }
}

#[target_feature(enable = "avx512f,avx512bw,avx512vnni")]
fn products_avx512<const FOURS: usize>(
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
            let x = _mm512_set1_epi32(number(row[j]));
            for (sum, w) in sums.iter_mut().zip(weights) {
                *sum = _mm512_dpbusd_epi32(*sum, x, w);
            }
        }
    }
}

#[target_feature(enable = "avx512f,avx512bw,avx512vl")]
fn quantize_avx512<const FOURS: usize>(
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

#[target_feature(enable = "avx512f")]
fn outer_avx512(rows: [&[f32]; TILE], panel: &[Columns], onto: Onto<'_>, mut out: Tile<'_>) {
    let n = panel.len();
    let [a, b, c, d, e, f] = rows;
    let rows = [&a[..n], &b[..n], &c[..n], &d[..n], &e[..n], &f[..n]];
    let mut all = begun::<TILE>(onto, &mut out);
    for (i, columns) in panel.iter().enumerate() {
        let columns = numbers(&columns.0);
        for (all, row) in all.iter_mut().zip(rows) {
            let x = _mm512_set1_ps(row[i]);
            for (all, column) in all.iter_mut().zip(columns) {
                *all = _mm512_fmadd_ps(x, column, *all);
            }
        }
    }
    for (r, all) in all.into_iter().enumerate() {
        store(all, out.row(r));
    }
}

/// What is already there. Not by `map`: it is not compiled for these instructions, and would go through memory.
#[inline]
#[target_feature(enable = "avx512f")]
fn begun<const ROWS: usize>(onto: Onto<'_>, out: &mut Tile<'_>) -> [[__m512; WIDE]; ROWS] {
    match onto {
        Onto::Columns(columns) => [numbers(&columns.0); ROWS],
        Onto::Tile => {
            let mut all = [[_mm512_setzero_ps(); WIDE]; ROWS];
            for (r, all) in all.iter_mut().enumerate() {
                *all = numbers(out.row(r));
            }
            all
        }
    }
}

#[inline]
#[target_feature(enable = "avx512f")]
fn numbers(from: &[f32; BLOCK]) -> [__m512; WIDE] {
    let (chunks, _) = from.as_chunks();
    std::array::from_fn(|i| wide(&chunks[i]))
}

/// The numbers of a group, as vectors take them.
#[inline(always)]
fn sixteens<const FOURS: usize>(from: &[[f32; 4]; FOURS]) -> &[[f32; LANES]] {
    const { assert!((4 * FOURS).is_multiple_of(LANES)) };
    from.as_flattened().as_chunks().0
}

#[inline]
#[target_feature(enable = "avx512f")]
fn wide(from: &[f32; LANES]) -> __m512 {
    // SAFETY: there are the 16 numbers that are read.
    unsafe { _mm512_loadu_ps(from.as_ptr()) }
}

/// Four values as the number that they are in memory.
#[inline(always)]
fn number(four: [u8; 4]) -> i32 {
    i32::from_le_bytes(four)
}

#[inline]
#[target_feature(enable = "avx512f")]
fn bytes(from: &[[i8; 4]; BLOCK]) -> [__m512i; WIDE] {
    let (chunks, _) = from.as_chunks::<LANES>();
    // SAFETY: each chunk holds the 64 bytes that are read.
    std::array::from_fn(|i| unsafe { _mm512_loadu_si512(chunks[i].as_ptr().cast()) })
}

#[inline]
#[target_feature(enable = "avx512f")]
fn store(all: [__m512; WIDE], out: &mut [f32; BLOCK]) {
    let (chunks, _) = out.as_chunks_mut::<LANES>();
    for (chunk, all) in chunks.iter_mut().zip(all) {
        // SAFETY: each chunk has room for the 16 numbers that are written.
        unsafe { _mm512_storeu_ps(chunk.as_mut_ptr(), all) }
    }
}

impl Isa for Avx2 {
    #[inline(always)]
    fn products<const FOURS: usize>(
        self,
        rows: (&[Values<FOURS>], &[Fours<FOURS>]),
        weights: &[Weights<FOURS>],
        onto: Onto<'_>,
        out: Tile<'_>,
    ) {
        // SAFETY: an `Avx2` is there only where the processor has these features.
        unsafe { products_avx2(rows, weights, onto, out) }
    }

    #[inline(always)]
    fn quantize<const FOURS: usize>(
        self,
        rows: [&[[f32; 4]; FOURS]; TILE],
        out: &mut Values<FOURS>,
        low: Option<&mut Fours<FOURS>>,
    ) {
        Portable.quantize(rows, out, low);
    }

    #[inline(always)]
    fn grouped<const ROWS: usize, const GROUPS: usize>(
        self,
        rows: [&[Signed]; ROWS],
        weights: &[Part<GROUPS>],
        onto: Onto<'_>,
        out: Tile<'_>,
    ) {
        // SAFETY: as above.
        unsafe { grouped::avx2(rows, weights, onto, out) }
    }

    #[inline(always)]
    fn four<const ROWS: usize>(self, rows: [&[Signed]; ROWS], panel: &[Four], mut out: Tile<'_>) {
        for (r, row) in rows.into_iter().enumerate() {
            // SAFETY: as above.
            unsafe { unspread::four_avx2(row, panel, out.row(r)) }
        }
    }

    #[inline(always)]
    fn six<const ROWS: usize>(self, rows: [&[Signed]; ROWS], panel: &[Six], mut out: Tile<'_>) {
        for (r, row) in rows.into_iter().enumerate() {
            // SAFETY: as above.
            unsafe { unspread::six_avx2(row, panel, out.row(r)) }
        }
    }

    #[inline(always)]
    fn outer(self, rows: [&[f32]; TILE], panel: &[Columns], onto: Onto<'_>, out: Tile<'_>) {
        Portable.outer(rows, panel, onto, out);
    }

    #[inline(always)]
    fn scores<const MANY: usize, T: Kept>(self, queries: &[f32], keys: &[T], out: &mut [f32], apart: usize) {
        // SAFETY: as above.
        unsafe { attention::scores_avx2::<MANY, T>(queries, keys, out, apart) }
    }

    #[inline(always)]
    fn mix<const MANY: usize, T: Kept>(self, shares: &[f32], apart: usize, values: &[T], out: &mut [f32]) {
        // SAFETY: as above.
        unsafe { attention::mix_avx2::<MANY, T>(shares, apart, values, out) }
    }
}

/// Here the products are made of the weights' magnitudes and of the activations less 128 with the weights' signs: two of them
/// fit into 16 bits, so that nothing is saturated. What is taken off comes back with the sum of the weights. Low bits are so
/// few that they fit as they are.
#[target_feature(enable = "avx2,fma")]
fn products_avx2<const FOURS: usize>(
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
                    let x = _mm256_xor_si256(_mm256_set1_epi32(number(row[j])), middle);
                    *sum = _mm256_add_epi32(*sum, four(magnitude, _mm256_sign_epi8(x, w)));
                }
                for (sum, row) in lows.iter_mut().zip(low.get(b).into_iter().flatten()) {
                    *sum = _mm256_add_epi32(*sum, four(_mm256_set1_epi32(number(row[j])), w));
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
