//! The operations for x86-64 with AVX-512 and its 8-bit products (VNNI), and for AVX2.

#![allow(unsafe_code, reason = "the instructions are only for processors that have them; see each call")]

use std::arch::x86_64::{
    __m512, __m512i, _mm512_fmadd_ps, _mm512_loadu_ps, _mm512_loadu_si512, _mm512_set1_ps, _mm512_setzero_ps,
    _mm512_storeu_ps,
};

mod ahead;
mod attention;
mod grouped;
mod products;
mod unspread;

use super::attention::Kept;
use super::kquants::{Four, Part, Signed, Six};
use super::portable::Portable;
use super::{BLOCK, Columns, Fours, Isa, Job, LANES, Onto, TILE, Tile, Values, Weights};

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
        unsafe { products::avx512(rows, weights, onto, out) }
    }

    #[inline(always)]
    fn quantize<const FOURS: usize>(
        self,
        rows: [&[[f32; 4]; FOURS]; TILE],
        out: &mut Values<FOURS>,
        low: Option<&mut Fours<FOURS>>,
    ) {
        // SAFETY: as above.
        unsafe { products::quantize(rows, out, low) }
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
    fn outer(self, rows: [&[f32]; TILE], panel: &[Columns], first: &Columns, out: Tile<'_>) {
        // SAFETY: as above.
        unsafe { outer_avx512(rows, panel, first, out) }
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

#[target_feature(enable = "avx512f")]
fn outer_avx512(rows: [&[f32]; TILE], panel: &[Columns], first: &Columns, mut out: Tile<'_>) {
    let n = panel.len();
    let [a, b, c, d, e, f] = rows;
    let rows = [&a[..n], &b[..n], &c[..n], &d[..n], &e[..n], &f[..n]];
    let mut all = begun::<TILE>(Onto::Columns(first), &mut out);
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

#[inline]
#[target_feature(enable = "avx512f")]
fn wide(from: &[f32; LANES]) -> __m512 {
    // SAFETY: there are the 16 numbers that are read.
    unsafe { _mm512_loadu_ps(from.as_ptr()) }
}

/// A type of one byte.
trait Byte {}
impl Byte for u8 {}
impl Byte for i8 {}

/// Four values of each column.
#[inline]
#[target_feature(enable = "avx512f")]
fn bytes<T: Byte>(from: &[[T; 4]; BLOCK]) -> [__m512i; WIDE] {
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
        unsafe { products::avx2(rows, weights, onto, out) }
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
    fn outer(self, rows: [&[f32]; TILE], panel: &[Columns], first: &Columns, out: Tile<'_>) {
        Portable.outer(rows, panel, first, out);
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
