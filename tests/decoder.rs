//! The decoder against Hugging Face transformers: `tests/decoder/goldens.json`, written by
//! `tests/decoder/make_goldens.py`. And against itself: however a text is cut into passes, it says the same.

#![allow(clippy::unwrap_used)]

#[path = "decoder/files.rs"]
mod files;
#[path = "decoder/passes.rs"]
mod passes;
#[path = "decoder/tiny.rs"]
mod tiny;

use std::collections::BTreeMap;
use std::sync::LazyLock;

use candle_core::quantized::GgmlDType;
use candor::model::decoder::{Cache, Decoder, Device, Hidden, Input, Mask};
use serde::Deserialize;

use tiny::{Tiny, VOCABULARY, place, tokens};

/// How far a logit may be from that of transformers.
const TOLERANCE: f32 = 1e-3;

#[derive(Deserialize)]
struct Golden {
    model: String,
    /// Every 19th logit of the last position, in ten-thousandths, by length.
    ends: BTreeMap<usize, Vec<i32>>,
    /// One logit at positions of the longest text.
    every: Vec<(usize, i32)>,
    /// Every fourth logit at positions of the longest text.
    whole: BTreeMap<usize, Vec<i32>>,
    rope_factors: Option<Vec<f32>>,
}

static GOLDENS: LazyLock<Vec<Golden>> =
    LazyLock::new(|| serde_json::from_str(include_str!("decoder/goldens.json")).unwrap());

const NAMES: [&str; 4] = ["llama", "llama3", "qwen2", "qwen3"];

fn golden(name: &str) -> &'static Golden {
    GOLDENS.iter().find(|g| g.model == name).unwrap()
}

fn model(name: &'static str) -> Tiny {
    Tiny::new(name, golden(name).rope_factors.clone())
}

/// A decoder from a GGUF file with matrices of a kind; `tag` keeps tests that run at once apart.
fn decoder(name: &'static str, kind: GgmlDType, tag: &str) -> Decoder {
    let files = model(name).gguf(&place(&format!("{name}-{kind:?}-{tag}.gguf")), kind, |_| ());
    Decoder::read(&files, Device::Cpu).unwrap()
}

fn every(rows: usize) -> Vec<usize> {
    (0..rows).collect()
}

/// Reads tokens after what is in the cache.
fn go_on(decoder: &Decoder, cache: &mut Cache, tokens: &[u32]) -> Hidden {
    let at = cache.len() as u32;
    let positions: Vec<u32> = (at..at + tokens.len() as u32).collect();
    let hidden = decoder
        .forward(
            cache,
            Input { tokens, positions: &positions, mask: &Mask::Causal, wanted: &every(tokens.len()) },
        )
        .unwrap();
    assert_eq!((hidden.len(), cache.len()), (tokens.len(), at as usize + tokens.len()));
    hidden
}

/// The logits at all positions of a text that is read at once.
fn all(decoder: &Decoder, tokens: &[u32]) -> Vec<Vec<f32>> {
    let hidden = go_on(decoder, &mut decoder.cache(), tokens);
    decoder.logits(&hidden, 0..tokens.len()).unwrap()
}

fn off(a: &[f32], b: &[f32]) -> f32 {
    assert_eq!(a.len(), b.len());
    a.iter().zip(b).map(|(a, b)| (a - b).abs()).fold(0.0, f32::max)
}

/// The largest difference from a golden's logits.
fn difference(decoder: &Decoder, golden: &Golden) -> f32 {
    let real = |v: &[i32]| v.iter().map(|&x| x as f32 / 1e4).collect::<Vec<f32>>();
    let mut worst = 0.0_f32;
    for (&n, want) in &golden.ends {
        let hidden = go_on(decoder, &mut decoder.cache(), &tokens(n));
        let got = decoder.logits(&hidden, n - 1..n).unwrap();
        let got: Vec<f32> = got[0].iter().step_by(19).copied().collect();
        worst = worst.max(off(&got, &real(want)));
    }
    let got = all(decoder, &tokens(3000));
    for &(p, want) in &golden.every {
        worst = worst.max(off(&[got[p][p * 37 % VOCABULARY]], &real(&[want])));
    }
    for (&p, want) in &golden.whole {
        let got: Vec<f32> = got[p].iter().step_by(4).copied().collect();
        worst = worst.max(off(&got, &real(want)));
    }
    worst
}

#[test]
fn the_goldens_are_of_all_lengths() {
    assert_eq!(GOLDENS.iter().map(|g| g.model.as_str()).collect::<Vec<_>>(), NAMES);
    for g in GOLDENS.iter() {
        assert_eq!(g.ends.keys().copied().collect::<Vec<_>>(), [2, 3, 17, 64, 129, 511, 1000]);
        assert!(g.every.len() > 550 && g.whole.contains_key(&2999));
        assert!(g.whole.values().flatten().any(|x| x.abs() > 10_000), "the logits are not all alike");
    }
    assert!(golden("llama3").rope_factors.as_ref().unwrap().contains(&8.0));
}

#[test]
fn gguf_says_what_transformers_says() {
    for name in NAMES {
        let worst = difference(&decoder(name, GgmlDType::F32, "parity"), golden(name));
        assert!(worst < TOLERANCE, "{name}: off by {worst}");
    }
}

#[test]
fn safetensors_say_what_transformers_says() {
    for name in NAMES {
        let files = model(name).safetensors(&place(&format!("{name}-parity")));
        let worst = difference(&Decoder::read(&files, Device::Cpu).unwrap(), golden(name));
        assert!(worst < TOLERANCE, "{name}: off by {worst}");
    }
}

/// Kullback and Leibler's divergence of `q` from `p`, in nats, both as logits.
fn divergence(p: &[f32], q: &[f32]) -> f64 {
    let shares = |x: &[f32]| {
        let top = x.iter().copied().fold(f32::NEG_INFINITY, f32::max);
        let sum: f64 = x.iter().map(|x| f64::from(x - top).exp()).sum();
        x.iter().map(|x| f64::from(x - top) - sum.ln()).collect::<Vec<f64>>()
    };
    let (p, q) = (shares(p), shares(q));
    p.iter().zip(&q).map(|(p, q)| p.exp() * (p - q)).sum()
}

/// The divergence from f32 weights, as a mean over 511 positions. Measured on the four models: Q8_0 up to 0.0007, Q6_K up
/// to 0.0033, Q4_K up to 0.045. Random weights are the worst case: they are all needed.
#[test]
fn quantized_weights_say_nearly_the_same() {
    let text = tokens(511);
    for name in NAMES {
        let exact = all(&decoder(name, GgmlDType::F32, "exact"), &text);
        for (kind, most) in [(GgmlDType::Q8_0, 1e-3), (GgmlDType::Q6K, 5e-3), (GgmlDType::Q4K, 6e-2)] {
            let got = all(&decoder(name, kind, "near"), &text);
            let mean = exact.iter().zip(&got).map(|(p, q)| divergence(p, q)).sum::<f64>() / 511.0;
            assert!(mean < most, "{name} {kind:?}: {mean}");
        }
    }
}
