//! The attention of a single token on the CPU: each key and value is read once from memory, which is what writing a
//! text waits for. A matmul of so few rows spends more time on arranging the keys than on reading them.

use std::ops::Deref;

use candle_core::{CpuStorage, Device, Layout, Storage, Tensor};
use half::f16;
use rayon::prelude::*;

use super::DecoderError;
use super::cache::Pair;
use super::ops;
use crate::model::kernel::half_to_f32;

/// Sums are made in so many lanes, whatever the processor's registers: the order of a sum is part of its result.
const LANES: usize = 16;

/// Keys or values of one part: `[kv heads, tokens, head]`, with this between one head and the next.
struct Rows<'a> {
    values: Values<'a>,
    apart: usize,
    tokens: usize,
    head: usize,
}

enum Values<'a> {
    Floats(&'a [f32]),
    Halves(&'a [f16]),
}

/// Turns halves into as many numbers.
trait Convert: Fn(&[f16], &mut [f32]) + Copy {}
impl<F: Fn(&[f16], &mut [f32]) + Copy> Convert for F {}

impl Rows<'_> {
    /// Row `t` of head `i`; with room for as many numbers, if it has to be converted.
    #[inline(always)]
    fn row<'a>(&'a self, i: usize, t: usize, room: &'a mut [f32], convert: impl Convert) -> &'a [f32] {
        let at = i * self.apart + t * room.len();
        match self.values {
            Values::Floats(values) => &values[at..][..room.len()],
            Values::Halves(values) => {
                convert(&values[at..][..room.len()], room);
                room
            }
        }
    }
}

/// Softmax attention of `[heads, 1, head]` scaled queries over all of the parts; gives `[1, heads · head]`.
pub(super) fn attend(q: &Tensor, parts: &[Pair]) -> Result<Tensor, DecoderError> {
    let (heads, _, head) = q.dims3()?;
    let queries = q.flatten_all()?.to_vec1::<f32>()?;
    let Some((keys, _)) = parts.first() else {
        return Err(DecoderError::Input("a token sees nothing".to_owned()));
    };
    let kv_heads = keys.dim(0)?;
    let guards: Vec<_> =
        parts.iter().map(|(k, v)| (k.storage_and_layout(), v.storage_and_layout())).collect();
    let parts: Vec<(Rows<'_>, Rows<'_>)> = guards
        .iter()
        .map(|(k, v)| Ok((rows(&k.0, k.1)?, rows(&v.0, v.1)?)))
        .collect::<Result<_, DecoderError>>()?;
    let mut out = vec![0.0; heads * head];
    let group = heads / kv_heads * head;
    out.par_chunks_mut(group).zip(queries.par_chunks(group)).enumerate().for_each(|(i, (out, queries))| {
        attend_group(i, queries, &parts, out);
    });
    Ok(Tensor::from_vec(out, (1, heads * head), &Device::Cpu)?)
}

fn rows<'a>(storage: &'a impl Deref<Target = Storage>, layout: &Layout) -> Result<Rows<'a>, DecoderError> {
    let (&[_, tokens, head], &[apart, row, 1]) = (layout.dims(), layout.stride()) else {
        return Err(unlike());
    };
    let values = match &**storage {
        Storage::Cpu(CpuStorage::F32(values)) => Values::Floats(&values[layout.start_offset()..]),
        Storage::Cpu(CpuStorage::F16(values)) => Values::Halves(&values[layout.start_offset()..]),
        _ => return Err(unlike()),
    };
    if row == head { Ok(Rows { values, apart, tokens, head }) } else { Err(unlike()) }
}

fn unlike() -> DecoderError {
    DecoderError::Input("a cache is not laid out as it should be".to_owned())
}

/// The heads of queries that share the keys and values of head `i`; of one part at least.
fn attend_group(i: usize, queries: &[f32], parts: &[(Rows<'_>, Rows<'_>)], out: &mut [f32]) {
    #[cfg(target_arch = "x86_64")]
    if is_x86_feature_detected!("avx2") && is_x86_feature_detected!("f16c") {
        #[target_feature(enable = "avx2,f16c")]
        fn wide(i: usize, queries: &[f32], parts: &[(Rows<'_>, Rows<'_>)], out: &mut [f32]) {
            group(i, queries, parts, out, |halves: &[f16], out: &mut [f32]| eight_at_once(halves, out));
        }
        #[expect(
            unsafe_code,
            reason = "twice the lanes of the baseline; the line above checks that they are there"
        )]
        // SAFETY: the processor has AVX2 and F16C
        return unsafe { wide(i, queries, parts, out) };
    }
    group(i, queries, parts, out, one_at_a_time);
}

fn one_at_a_time(halves: &[f16], out: &mut [f32]) {
    out.iter_mut().zip(halves).for_each(|(x, h)| *x = half_to_f32(h.to_bits()));
}

#[cfg(target_arch = "x86_64")]
#[inline]
#[target_feature(enable = "avx2,f16c")]
fn eight_at_once(halves: &[f16], out: &mut [f32]) {
    use std::arch::x86_64::{_mm_loadu_si128, _mm256_cvtph_ps, _mm256_storeu_ps};
    let (rows, rest) = halves.as_chunks::<8>();
    let (outs, last) = out.as_chunks_mut::<8>();
    for (halves, out) in rows.iter().zip(outs) {
        #[expect(unsafe_code, reason = "loads and stores of vectors take pointers")]
        // SAFETY: there are eight halves to read, and room for eight numbers.
        unsafe {
            _mm256_storeu_ps(out.as_mut_ptr(), _mm256_cvtph_ps(_mm_loadu_si128(halves.as_ptr().cast())));
        }
    }
    one_at_a_time(rest, last);
}

#[inline(always)]
fn group(i: usize, queries: &[f32], parts: &[(Rows<'_>, Rows<'_>)], out: &mut [f32], convert: impl Convert) {
    let tokens: usize = parts.iter().map(|(k, _)| k.tokens).sum();
    let head = parts[0].0.head;
    let (mut shares, mut room) = (vec![0.0; queries.len() / head * tokens], vec![0.0; head]);
    let mut at = 0;
    for (keys, _) in parts {
        for t in 0..keys.tokens {
            let key = keys.row(i, t, &mut room, convert);
            for (share, query) in shares.chunks_exact_mut(tokens).zip(queries.chunks_exact(head)) {
                share[at] = dot(query, key);
            }
            at += 1;
        }
    }
    shares.chunks_exact_mut(tokens).for_each(ops::one);
    let mut at = 0;
    for (_, values) in parts {
        for t in 0..values.tokens {
            let value = values.row(i, t, &mut room, convert);
            for (share, out) in shares.chunks_exact(tokens).zip(out.chunks_exact_mut(head)) {
                for (o, v) in out.iter_mut().zip(value) {
                    *o += share[at] * v;
                }
            }
            at += 1;
        }
    }
}

#[inline(always)]
fn dot(a: &[f32], b: &[f32]) -> f32 {
    let mut sums = [0.0; LANES];
    let (x, y) = (a.chunks_exact(LANES), b.chunks_exact(LANES));
    let mut sum = x.remainder().iter().zip(y.remainder()).map(|(a, b)| a * b).sum::<f32>();
    for (x, y) in x.zip(y) {
        for ((s, a), b) in sums.iter_mut().zip(x).zip(y) {
            *s += a * b;
        }
    }
    // in pairs, as registers are added up
    let mut width = LANES / 2;
    while width > 0 {
        for l in 0..width {
            sums[l] += sums[l + width];
        }
        width /= 2;
    }
    sum += sums[0];
    sum
}

#[cfg(test)]
mod tests {
    use candle_core::DType;

    use super::*;

    #[test]
    fn it_is_softmax_attention() {
        attention(DType::F32, 1e-5);
        attention(DType::F16, 2e-3);
    }

    fn attention(kind: DType, within: f32) {
        let noise = |n: usize, f: f32| (0..n).map(|i| (i as f32 * f).sin()).collect::<Vec<f32>>();
        let (heads, kv_heads, head) = (6, 2, 20);
        let q = Tensor::from_vec(noise(heads * head, 0.7), (heads, 1, head), &Device::Cpu).unwrap();
        let part = |len: usize, f: f32| {
            let whole = (kv_heads, len + 3, head);
            let x = Tensor::from_vec(noise(kv_heads * (len + 3) * head, f), whole, &Device::Cpu).unwrap();
            // as a cache has it: the first tokens of a larger buffer
            x.narrow(1, 0, len).unwrap()
        };
        let parts = [(part(5, 0.31), part(5, 0.17)), (part(1, 0.5), part(1, 0.9))];
        let kept = parts.each_ref().map(|(k, v)| (k.to_dtype(kind).unwrap(), v.to_dtype(kind).unwrap()));
        let got: Vec<f32> = attend(&q, &kept).unwrap().flatten_all().unwrap().to_vec1().unwrap();
        let whole = |pick: fn(&Pair) -> &Tensor| {
            let both = Tensor::cat(&[pick(&parts[0]), pick(&parts[1])], 1).unwrap();
            both.to_vec3::<f32>().unwrap()
        };
        let (keys, values) = (whole(|p| &p.0), whole(|p| &p.1));
        let queries: Vec<Vec<Vec<f32>>> = q.to_vec3().unwrap();
        for h in 0..heads {
            let kv = h / (heads / kv_heads);
            let score =
                |key: &Vec<f32>| key.iter().zip(&queries[h][0]).map(|(a, b)| a * b).sum::<f32>().exp();
            let weights: Vec<f32> = keys[kv].iter().map(score).collect();
            let sum: f32 = weights.iter().sum();
            for d in 0..head {
                let want = weights.iter().zip(&values[kv]).map(|(w, v)| w * v[d]).sum::<f32>() / sum;
                assert!((got[h * head + d] - want).abs() < within, "head {h} value {d}");
            }
        }
    }
}
