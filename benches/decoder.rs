//! How fast the decoder reads and writes, with random weights at the shape of Qwen3-0.6B as Q4_K_M stores it.
//!
//!     DECODER_BENCH=<folder> cargo bench --bench decoder
//!
//! The folder keeps the model's file (about 400 MB) from one run to the next; without the variable nothing is run.

#![allow(clippy::unwrap_used, clippy::print_stdout)]

use std::fs::File;
use std::path::{Path, PathBuf};
use std::time::Instant;

use candle_core::Device as Handle;
use candle_core::quantized::gguf_file::{self, Value};
use candle_core::quantized::{GgmlDType, QStorage, QTensor};
use candor::model::decoder::{Decoder, Device, Files, Mask, Tree};

const LAYERS: usize = 28;
const HIDDEN: usize = 1024;
const INNER: usize = 3072;
const HEAD: usize = 128;
const HEADS: usize = 16;
const KV_HEADS: usize = 8;
const VOCABULARY: usize = 151_936;

/// A matrix of random blocks whose values are some hundredths.
fn matrix(kind: GgmlDType, rows: usize, columns: usize, seed: u64) -> QTensor {
    let size = kind.type_size();
    // as f16: where the scales are, and what makes the values small
    let scales: &[(usize, u16)] = match kind {
        GgmlDType::Q4K => &[(0, 0x0a8e), (2, 0x1625)],
        GgmlDType::Q6K => &[(208, 0x0171)],
        _ => unreachable!(),
    };
    let mut state = seed;
    let mut next = || {
        state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        (state >> 33) as u8
    };
    let mut data: Vec<u8> = (0..rows * columns / kind.block_size() * size).map(|_| next()).collect();
    for block in data.chunks_exact_mut(size) {
        scales.iter().for_each(|(at, bits)| block[*at..at + 2].copy_from_slice(&bits.to_le_bytes()));
    }
    let storage = QStorage::from_data(data.into(), &Handle::Cpu, kind).unwrap();
    QTensor::new(storage, (rows, columns)).unwrap()
}

fn ones(n: usize) -> QTensor {
    let ones = candle_core::Tensor::ones(n, candle_core::DType::F32, &Handle::Cpu).unwrap();
    QTensor::quantize(&ones, GgmlDType::F32).unwrap()
}

fn write(path: &Path) {
    let mut tensors = vec![
        ("token_embd.weight".to_owned(), matrix(GgmlDType::Q6K, VOCABULARY, HIDDEN, 1)),
        ("output_norm.weight".to_owned(), ones(HIDDEN)),
    ];
    for i in 0..LAYERS {
        // Q4_K_M keeps more of the values and of the way back in the first and last eighths and in every third layer
        let more = !(LAYERS / 8..7 * LAYERS / 8).contains(&i) || (i - LAYERS / 8) % 3 == 2;
        let fine = if more { GgmlDType::Q6K } else { GgmlDType::Q4K };
        let mut add = |name: &str, tensor: QTensor| tensors.push((format!("blk.{i}.{name}.weight"), tensor));
        let seed = i as u64 * 100;
        add("attn_norm", ones(HIDDEN));
        add("ffn_norm", ones(HIDDEN));
        add("attn_q_norm", ones(HEAD));
        add("attn_k_norm", ones(HEAD));
        add("attn_q", matrix(GgmlDType::Q4K, HEADS * HEAD, HIDDEN, seed));
        add("attn_k", matrix(GgmlDType::Q4K, KV_HEADS * HEAD, HIDDEN, seed + 1));
        add("attn_v", matrix(fine, KV_HEADS * HEAD, HIDDEN, seed + 2));
        add("attn_output", matrix(GgmlDType::Q4K, HIDDEN, HEADS * HEAD, seed + 3));
        add("ffn_gate", matrix(GgmlDType::Q4K, INNER, HIDDEN, seed + 4));
        add("ffn_up", matrix(GgmlDType::Q4K, INNER, HIDDEN, seed + 5));
        add("ffn_down", matrix(fine, HIDDEN, INNER, seed + 6));
    }
    let whole = |n: usize| Value::U32(n as u32);
    let metadata = [
        ("general.architecture", Value::String("qwen3".into())),
        ("qwen3.block_count", whole(LAYERS)),
        ("qwen3.embedding_length", whole(HIDDEN)),
        ("qwen3.feed_forward_length", whole(INNER)),
        ("qwen3.attention.head_count", whole(HEADS)),
        ("qwen3.attention.head_count_kv", whole(KV_HEADS)),
        ("qwen3.attention.key_length", whole(HEAD)),
        ("qwen3.context_length", whole(40_960)),
        ("qwen3.attention.layer_norm_rms_epsilon", Value::F32(1e-6)),
        ("qwen3.rope.freq_base", Value::F32(1e6)),
    ];
    let metadata: Vec<(&str, &Value)> = metadata.iter().map(|(k, v)| (*k, v)).collect();
    let tensors: Vec<(&str, &QTensor)> = tensors.iter().map(|(k, v)| (k.as_str(), v)).collect();
    gguf_file::write(&mut File::create(path).unwrap(), &metadata, &tensors).unwrap();
}

/// A line of the process's status, where the system has such.
fn memory(line: &str) -> String {
    let status = std::fs::read_to_string("/proc/self/status").unwrap_or_default();
    status.lines().find(|l| l.starts_with(line)).unwrap_or("unknown").to_owned()
}

/// Seconds that the processors have worked for this process, where the system says it: steadier than the clock on a
/// machine that does other work too.
fn worked() -> f64 {
    let stat = std::fs::read_to_string("/proc/self/stat").unwrap_or_default();
    let fields = stat.rsplit(") ").next().unwrap_or_default().split(' ').skip(11).take(2);
    fields.filter_map(|f| f.parse::<f64>().ok()).sum::<f64>() / 100.0
}

/// Runs a step and says how long it took.
fn timed<T>(what: &str, tokens: usize, step: impl FnOnce() -> T) -> T {
    let (start, before) = (Instant::now(), worked());
    let out = step();
    let took = start.elapsed().as_secs_f64();
    let rate = tokens as f64 / took;
    println!("{what}: {took:.2} s, {:.2} s of processors, {rate:.1} tokens/s", worked() - before);
    out
}

fn main() {
    let Some(folder) = std::env::var_os("DECODER_BENCH").map(PathBuf::from) else {
        println!("set DECODER_BENCH to a folder to run this");
        return;
    };
    let path = folder.join("qwen3-0.6b-random-q4_k_m.gguf");
    if !path.exists() {
        write(&path);
    }
    let start = Instant::now();
    let decoder = Decoder::read(&Files::Gguf(path), Device::Auto).unwrap();
    println!("read in {:?} on {}; {}", start.elapsed(), decoder.device(), memory("VmRSS"));
    let token = |i: usize| (i * 7919 % VOCABULARY) as u32;
    for n in [512, 512, 1500] {
        let (tokens, positions): (Vec<u32>, Vec<u32>) = (0..n).map(|i| (token(i), i as u32)).unzip();
        let mut cache = decoder.cache();
        let mut next = timed(&format!("prefill {n}"), n, || {
            let hidden = decoder.forward(&mut cache, &tokens, &positions, &Mask::Causal).unwrap();
            decoder.logits(&hidden, &[n - 1]).unwrap()
        });
        timed(&format!("decode after {n}"), 32, || {
            for i in 0..32 {
                let top = (0..VOCABULARY).max_by(|&a, &b| next[0][a].total_cmp(&next[0][b])).unwrap();
                let at = (n + i) as u32;
                let hidden = decoder.forward(&mut cache, &[top as u32], &[at], &Mask::Causal).unwrap();
                next = decoder.logits(&hidden, &[0]).unwrap();
            }
        });
        let tree = Tree::suffixes(&[20; 35]);
        let positions = tree.positions(cache.len() as u32);
        let tokens: Vec<u32> = (0..700).map(token).collect();
        let hidden = timed(&format!("35 suffixes of 20 after {n}"), 700, || {
            decoder.forward(&mut cache, &tokens, &positions, &Mask::Tree(tree)).unwrap()
        });
        let rows: Vec<usize> = (19..700).step_by(20).collect();
        timed("their logits", rows.len(), || decoder.logits(&hidden, &rows).unwrap());
    }
    println!("{}; {}", memory("VmHWM"), memory("VmRSS"));
}
