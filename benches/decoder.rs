//! How fast the decoder reads and writes, with random weights at the shapes of Qwen3-0.6B and 1.7B as Q4_K_M stores
//! them, and the whole job: the roles of 15 sentences and 20 questions, one pass for either, each a branch of 20 tokens
//! behind the same 1,100, and 250 tokens of critique, which candor writes part by part beside each other.
//!
//!     DECODER_BENCH=<folder> cargo bench --bench decoder
//!
//! The folder keeps the models' files (400 MB and 1.1 GB) from one run to the next; without the variable nothing is run.
//! `LLAMA_CPP=<python>` names a Python that has llama-cpp-python: `benches/peer.py` then does the same on the same
//! files with as many threads, and how many times faster candor is stands beside each figure. There the questions are
//! asked one by one, each behind what is kept of the prefix.

#![allow(clippy::unwrap_used, clippy::print_stdout)]

use std::collections::BTreeMap;
use std::fs::File;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::Instant;

use candle_core::Device as Handle;
use candle_core::quantized::gguf_file::{self, Value};
use candle_core::quantized::{GgmlDType, QStorage, QTensor};
use candor::model::decoder::{Cache, Decoder, Device, Files, Input, Mask, Onward, Tree};

const LAYERS: usize = 28;
const HEAD: usize = 128;
const HEADS: usize = 16;
const KV_HEADS: usize = 8;
const VOCABULARY: usize = 151_936;

/// The whole job: tokens of the guide and the answer, of a question, how many questions.
const PREFIX: usize = 1100;
const QUESTION: usize = 20;
const ROLES_AND_OTHERS: [usize; 2] = [15, 20];
/// Tokens of each part of the critique: the summary, what is said of four findings, the strengths, the questions.
const WORDS: [usize; 7] = [30, 40, 40, 40, 40, 24, 36];

/// What differs between the two models.
struct Shape {
    name: &'static str,
    hidden: usize,
    inner: usize,
}

const SHAPES: [Shape; 2] =
    [Shape { name: "0.6b", hidden: 1024, inner: 3072 }, Shape { name: "1.7b", hidden: 2048, inner: 6144 }];

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

fn write(path: &Path, shape: &Shape) {
    let (hidden, inner) = (shape.hidden, shape.inner);
    let mut tensors = vec![
        ("token_embd.weight".to_owned(), matrix(GgmlDType::Q6K, VOCABULARY, hidden, 1)),
        ("output_norm.weight".to_owned(), ones(hidden)),
    ];
    for i in 0..LAYERS {
        // Q4_K_M keeps more of the values and of the way back in the first and last eighths and in every third layer
        let more = !(LAYERS / 8..7 * LAYERS / 8).contains(&i) || (i - LAYERS / 8) % 3 == 2;
        let fine = if more { GgmlDType::Q6K } else { GgmlDType::Q4K };
        let mut add = |name: &str, tensor: QTensor| tensors.push((format!("blk.{i}.{name}.weight"), tensor));
        let seed = i as u64 * 100;
        add("attn_norm", ones(hidden));
        add("ffn_norm", ones(hidden));
        add("attn_q_norm", ones(HEAD));
        add("attn_k_norm", ones(HEAD));
        add("attn_q", matrix(GgmlDType::Q4K, HEADS * HEAD, hidden, seed));
        add("attn_k", matrix(GgmlDType::Q4K, KV_HEADS * HEAD, hidden, seed + 1));
        add("attn_v", matrix(fine, KV_HEADS * HEAD, hidden, seed + 2));
        add("attn_output", matrix(GgmlDType::Q4K, hidden, HEADS * HEAD, seed + 3));
        add("ffn_gate", matrix(GgmlDType::Q4K, inner, hidden, seed + 4));
        add("ffn_up", matrix(GgmlDType::Q4K, inner, hidden, seed + 5));
        add("ffn_down", matrix(fine, hidden, inner, seed + 6));
    }
    let whole = |n: usize| Value::U32(n as u32);
    let metadata = [
        ("general.architecture", Value::String("qwen3".into())),
        ("tokenizer.ggml.model", Value::String("no_vocab".into())),
        ("qwen3.vocab_size", whole(VOCABULARY)),
        ("qwen3.block_count", whole(LAYERS)),
        ("qwen3.embedding_length", whole(hidden)),
        ("qwen3.feed_forward_length", whole(inner)),
        ("qwen3.attention.head_count", whole(HEADS)),
        ("qwen3.attention.head_count_kv", whole(KV_HEADS)),
        ("qwen3.attention.key_length", whole(HEAD)),
        ("qwen3.attention.value_length", whole(HEAD)),
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

fn token(i: usize) -> u32 {
    (i * 7919 % VOCABULARY) as u32
}

fn best(logits: &[f32]) -> u32 {
    (0..logits.len()).max_by(|&a, &b| logits[a].total_cmp(&logits[b])).unwrap() as u32
}

/// Reads `n` tokens in passes as candor's are and llama.cpp's; the likeliest next one.
fn read(decoder: &Decoder, cache: &mut Cache, n: usize) -> u32 {
    const PASS: usize = 512;
    let mut next = 0;
    for from in (0..n).step_by(PASS) {
        let (tokens, positions): (Vec<u32>, Vec<u32>) =
            (from..n.min(from + PASS)).map(|i| (token(i), i as u32)).unzip();
        let hidden = decoder
            .forward(
                cache,
                Input {
                    tokens: &tokens,
                    positions: &positions,
                    mask: &Mask::Causal,
                    wanted: &[tokens.len() - 1],
                },
            )
            .unwrap();
        next = best(&decoder.logits(&hidden, 0..1).unwrap()[0]);
    }
    next
}

/// Greedily, one token after the other.
fn decode(decoder: &Decoder, cache: &mut Cache, mut next: u32, count: usize) {
    for _ in 0..count {
        let at = cache.len() as u32;
        let hidden = decoder
            .forward(cache, Input { tokens: &[next], positions: &[at], mask: &Mask::Causal, wanted: &[0] })
            .unwrap();
        next = best(&decoder.logits(&hidden, 0..1).unwrap()[0]);
    }
}

/// Greedily, a token of each part after the other, as candor writes its critiques.
fn parts(decoder: &Decoder, prompt: &Cache) {
    let mut caches = WORDS.map(|_| prompt.fork());
    let mut next: Vec<u32> = (0..WORDS.len()).map(token).collect();
    for step in 0..*WORDS.iter().max().unwrap() {
        let going: Vec<usize> = (0..WORDS.len()).filter(|&i| step < WORDS[i]).collect();
        let open = caches.iter_mut().zip(&next).zip(WORDS).filter(|(_, words)| step < *words);
        let mut texts: Vec<Onward<'_>> =
            open.map(|((cache, next), _)| Onward { cache, tokens: std::slice::from_ref(next) }).collect();
        let hidden = decoder.forward_each(&mut texts).unwrap();
        for (i, logits) in going.into_iter().zip(decoder.logits(&hidden, 0..hidden.len()).unwrap()) {
            next[i] = best(&logits);
        }
    }
}

/// Reads questions as the branches of a tree, which leaves the cache as it is.
fn ask(decoder: &Decoder, cache: &mut Cache, questions: usize) {
    let tree = Tree::suffixes(&vec![QUESTION; questions]);
    let tokens: Vec<u32> = (0..QUESTION * questions).map(token).collect();
    let positions = tree.positions(cache.len() as u32);
    let wanted: Vec<usize> = (QUESTION - 1..tokens.len()).step_by(QUESTION).collect();
    let input = Input { tokens: &tokens, positions: &positions, mask: &Mask::Tree(tree), wanted: &wanted };
    let hidden = decoder.forward(cache, input).unwrap();
    decoder.logits(&hidden, 0..questions).unwrap();
}

fn job(decoder: &Decoder) {
    let mut cache = decoder.cache();
    read(decoder, &mut cache, PREFIX);
    ROLES_AND_OTHERS.into_iter().for_each(|questions| ask(decoder, &mut cache, questions));
    let (tokens, positions): (Vec<u32>, Vec<u32>) =
        (0..QUESTION).map(|i| (token(i), (PREFIX + i) as u32)).unzip();
    decoder
        .forward(
            &mut cache,
            Input { tokens: &tokens, positions: &positions, mask: &Mask::Causal, wanted: &[QUESTION - 1] },
        )
        .unwrap();
    parts(decoder, &cache);
}

fn seconds(step: impl FnOnce()) -> f64 {
    let start = Instant::now();
    step();
    start.elapsed().as_secs_f64()
}

/// What the peer needs for the same, by name.
fn peer(path: &Path, threads: usize) -> BTreeMap<String, f64> {
    let Some(python) = std::env::var_os("LLAMA_CPP") else { return BTreeMap::new() };
    let script = Path::new(env!("CARGO_MANIFEST_DIR")).join("benches/peer.py");
    let run = Command::new(python).arg(script).arg(path).arg(threads.to_string()).output().unwrap();
    assert!(run.status.success(), "{}", String::from_utf8_lossy(&run.stderr));
    let said = String::from_utf8(run.stdout).unwrap();
    serde_json::from_str(said.lines().last().unwrap()).unwrap()
}

fn bench(path: &Path, name: &str, threads: usize) {
    let decoder = Decoder::read(&Files::Gguf(path.to_owned()), Device::Auto).unwrap();
    println!("{name}, {threads} threads, {}", decoder.device());
    read(&decoder, &mut decoder.cache(), 64); // once to warm up
    let mut ours = BTreeMap::new();
    for n in [512, 1500] {
        let mut cache = decoder.cache();
        ours.insert(format!("prefill {n}"), seconds(|| _ = read(&decoder, &mut cache, n)));
        ours.insert(format!("decode 128 after {n}"), seconds(|| decode(&decoder, &mut cache, 1, 128)));
    }
    ours.insert("whole job".to_owned(), seconds(|| job(&decoder)));
    let used = format!(
        "{}; {}; file {} kB",
        memory("VmHWM"),
        memory("VmRSS"),
        path.metadata().unwrap().len() / 1024
    );
    drop(decoder);
    let theirs = peer(path, threads);
    for (what, s) in &ours {
        let beside = theirs
            .get(what)
            .map_or(String::new(), |t| format!(", llama.cpp {t:.2} s: {:.2} times as fast", t / s));
        println!("  {what:<24} {s:.2} s{beside}");
    }
    println!("  {used}");
}

fn main() {
    let Some(folder) = std::env::var_os("DECODER_BENCH").map(PathBuf::from) else {
        println!("set DECODER_BENCH to a folder to run this");
        return;
    };
    let threads = std::thread::available_parallelism().map_or(1, usize::from);
    let named = std::env::args().find_map(|arg| SHAPES.iter().find(|shape| shape.name == arg));
    let Some(shape) = named else {
        // each in a process of its own, so that no memory of one is left to the other
        let one =
            |shape: &Shape| Command::new(std::env::current_exe().unwrap()).arg(shape.name).status().unwrap();
        assert!(SHAPES.iter().all(|shape| one(shape).success()));
        return;
    };
    let path = folder.join(format!("qwen3-{}-random-q4_k_m.gguf", shape.name));
    if !path.exists() {
        write(&path, shape);
    }
    bench(&path, shape.name, threads);
}
