//! What stands between the products: norms, softmax, GELU. Polynomials in place of the library's functions, which are
//! computed one number at a time and differ between systems.

use super::LANES;

/// The sum, in an order that doesn't depend on the processor: 16 sums, then theirs.
#[inline(always)]
fn sum(values: &[f32], each: impl Fn(f32) -> f32) -> f32 {
    let (chunks, rest) = values.as_chunks::<LANES>();
    let mut sums = [0.0; LANES];
    for chunk in chunks {
        for (s, x) in sums.iter_mut().zip(chunk) {
            *s += each(*x);
        }
    }
    for (s, x) in sums.iter_mut().zip(rest) {
        *s += each(*x);
    }
    joined(sums, |a, b| a + b)
}

/// One of all lanes: those of the one half with those of the other, until one is left.
#[inline(always)]
pub(super) fn joined(mut lanes: [f32; LANES], join: impl Fn(f32, f32) -> f32) -> f32 {
    let mut half = LANES / 2;
    while half > 0 {
        for i in 0..half {
            lanes[i] = join(lanes[i], lanes[i + half]);
        }
        half /= 2;
    }
    lanes[0]
}

/// Adds `more` to each row of `rows` and norms it: mean 0 and variance 1, then a factor and a term for each column.
#[inline(always)]
pub(in crate::model) fn norm_onto(rows: &mut [f32], more: &[f32], (factor, term): (&[f32], &[f32])) {
    /// Source: the configuration of all-MiniLM-L6-v2.
    const EPSILON: f32 = 1e-12;
    let width = factor.len();
    for (row, more) in rows.chunks_exact_mut(width).zip(more.chunks_exact(width)) {
        for (x, m) in row.iter_mut().zip(more) {
            *x += m;
        }
        let n = width as f32;
        let mean = sum(row, |x| x) / n;
        let variance = sum(row, |x| (x - mean) * (x - mean)) / n;
        let by = 1.0 / (variance + EPSILON).sqrt();
        for ((x, f), t) in row.iter_mut().zip(factor).zip(term) {
            *x = ((*x - mean) * by).mul_add(*f, *t);
        }
    }
}

/// Puts the exponentials of `scale` times each value, less the greatest, in their place, and gives what they must be
/// multiplied with to add up to 1.
#[inline(always)]
pub(in crate::model) fn softmax(values: &mut [f32], scale: f32) -> f32 {
    let greater = |a: f32, b: f32| if a > b { a } else { b };
    let mut most = [f32::NEG_INFINITY; LANES];
    let (chunks, rest) = values.as_chunks::<LANES>();
    for chunk in chunks {
        for (m, x) in most.iter_mut().zip(chunk) {
            *m = greater(*x, *m);
        }
    }
    for (m, x) in most.iter_mut().zip(rest) {
        *m = greater(*x, *m);
    }
    let most = joined(most, greater);
    let scale = scale * std::f32::consts::LOG2_E;
    let power = |x: f32| power((x - most) * scale);
    let mut sums = [0.0; LANES];
    let (chunks, rest) = values.as_chunks_mut::<LANES>();
    for chunk in chunks {
        for (s, x) in sums.iter_mut().zip(chunk) {
            *x = power(*x);
            *s += *x;
        }
    }
    for (s, x) in sums.iter_mut().zip(rest) {
        *x = power(*x);
        *s += *x;
    }
    1.0 / joined(sums, |a, b| a + b)
}

/// `x Φ(x)` of each value, with Φ the normal distribution.
#[inline(always)]
pub(in crate::model) fn gelu(values: &mut [f32]) {
    for x in values {
        let half = 0.5 * *x;
        *x = half.mul_add(erf(*x * std::f32::consts::FRAC_1_SQRT_2), half);
    }
}

/// The nearest whole number, the even one of two, of what is less than four million: as a number and as an integer. In the sum
/// with 1.5 times 2^23 the last bit stands for 1, so it is rounded there; a conversion would be done one number at a time.
#[inline(always)]
pub(super) fn nearest(x: f32) -> (f32, i32) {
    const MIDDLE: f32 = 12_582_912.0;
    let sum = x + MIDDLE;
    (sum - MIDDLE, sum.to_bits().wrapping_sub(MIDDLE.to_bits()).cast_signed())
}

/// What a step of numbers about 0 stands for, and how many a number takes, by the bits of their greatest magnitude: these have the
/// order of the numbers, and what is no number comes last and shows in what a step stands for.
#[inline(always)]
pub(super) fn steps_about_zero(most: u32) -> (f32, f32) {
    /// To either end.
    const STEPS: f32 = 127.0;
    /// Below it all numbers are as good as 0.
    const TINY: f32 = 1e-30;
    let most = f32::from_bits(most);
    (most / STEPS + most * 0.0, if most > TINY { STEPS / most } else { 0.0 })
}

/// 2 to the power of 0 and less. Of the polynomials of its degree this one has the least greatest relative error on half a
/// step to either side, 2e-7; what it gives is then moved by whole steps, in the exponent.
#[allow(clippy::approx_constant, reason = "it is the polynomial's own")]
#[inline(always)]
fn power(x: f32) -> f32 {
    /// Below it the power is less than the least normal number.
    const LEAST: f32 = -125.0;
    let x = if x > LEAST { x } else { LEAST };
    let (whole, steps) = nearest(x);
    let r = x - whole;
    let mut y = 1.326_472_7e-3f32;
    for c in [9.671_513e-3, 5.550_733_6e-2, 2.402_224_2e-1, 6.931_47e-1, 1.0] {
        y = y.mul_add(r, c);
    }
    f32::from_bits(y.to_bits().wrapping_add(steps.cast_unsigned() << 23))
}

/// The error function. Source: Eigen, `generic_fast_erf_float`: a quotient of two polynomials of the square.
#[inline(always)]
#[allow(clippy::excessive_precision, reason = "as published")]
fn erf(x: f32) -> f32 {
    /// Beyond it the function is 1 to the last bit.
    const MOST: f32 = 4.0;
    let x = x.clamp(-MOST, MOST);
    let square = x * x;
    let mut above = -2.726_142_258_013_06e-10f32;
    for c in [
        2.770_681_424_959_02e-8,
        -2.101_024_020_825_08e-6,
        -5.692_506_394_623_46e-5,
        -7.349_906_303_268_55e-4,
        -2.954_599_808_540_25e-3,
        -1.609_603_332_624_15e-2,
    ] {
        above = above.mul_add(square, c);
    }
    let mut below = -1.456_607_184_649_96e-5f32;
    for c in [
        -2.133_740_552_789_05e-4,
        -1.682_826_974_382_03e-3,
        -7.373_329_167_204_68e-3,
        -1.426_473_905_141_89e-2,
    ] {
        below = below.mul_add(square, c);
    }
    x * above / below
}

/// IEEE 754 binary16 to binary32. Without a branch, so that many are converted at once.
#[inline(always)]
pub(in crate::model) fn half_to_f32(h: u16) -> f32 {
    let h = u32::from(h);
    let (exponent, mantissa) = (h >> 10 & 0x1f, h & 0x3ff);
    // a subnormal is its mantissa in units of 2⁻²⁴; of what is infinite or not a number all bits of the exponent stay set
    let more = if exponent == 31 { 224 << 23 } else { 112 << 23 };
    let normal = ((h & 0x7fff) << 13) + more;
    let small = (mantissa as f32 / 16_777_216.0).to_bits();
    let magnitude = if exponent == 0 { small } else { normal };
    f32::from_bits((h & 0x8000) << 16 | magnitude)
}
