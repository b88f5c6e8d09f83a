//! Tiny models of the real architectures. Their weights are made by the generator that `make_goldens.py` documents, so
//! that both sides have the same and none is stored.

use std::collections::HashMap;
use std::fs::File;
use std::path::{Path, PathBuf};

use candle_core::quantized::gguf_file::{self, Value};
use candle_core::quantized::{GgmlDType, QTensor};
use candle_core::{Device, Tensor};
use candor::model::decoder::Files;

pub(crate) const VOCABULARY: usize = 304;
const GOLDEN: u64 = 0x9E37_79B9_7F4A_7C15;

/// A model by its golden's name.
#[derive(Clone, Debug)]
pub(crate) struct Tiny {
    /// `llama`, `llama3`, `qwen2` or `qwen3`.
    pub(crate) name: &'static str,
    pub(crate) hidden: usize,
    pub(crate) inner: usize,
    pub(crate) layers: usize,
    /// What the frequencies are divided by, from the golden.
    pub(crate) rope_factors: Option<Vec<f32>>,
}

const HEADS: usize = 4;
const KV_HEADS: usize = 2;

/// 64-bit FNV-1a.
fn seed(name: &str) -> u64 {
    let mix = |h: u64, b: u8| (h ^ u64::from(b)).wrapping_mul(0x100_0000_01B3);
    name.bytes().fold(0xCBF2_9CE4_8422_2325, mix)
}

fn splitmix(seed: u64, i: usize) -> u64 {
    let mut z = seed.wrapping_add((i as u64 + 1).wrapping_mul(GOLDEN));
    z = (z ^ (z >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
    z = (z ^ (z >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
    z ^ (z >> 31)
}

fn weight(name: &str, shape: &[usize]) -> Vec<f32> {
    let (offset, scale) = if name.contains("norm") {
        (1.0, 0.3)
    } else if name.ends_with(".bias") {
        (0.0, 0.3)
    } else if name.contains("embed_tokens") {
        (0.0, 0.1)
    } else {
        let gain = if name.contains("q_proj") || name.contains("k_proj") { 2.0 } else { 1.5 };
        (0.0, gain / (shape[1] as f64).sqrt())
    };
    let seed = seed(name);
    let uniform = |i| (splitmix(seed, i) >> 40) as f32 / 8_388_608.0 - 1.0;
    (0..shape.iter().product()).map(|i| offset as f32 + scale as f32 * uniform(i)).collect()
}

pub(crate) fn tokens(n: usize) -> Vec<u32> {
    let seed = seed(&format!("tokens {n}"));
    (0..n).map(|i| (splitmix(seed, i) % VOCABULARY as u64) as u32).collect()
}

impl Tiny {
    pub(crate) fn new(name: &'static str, rope_factors: Option<Vec<f32>>) -> Tiny {
        Tiny { name, hidden: 256, inner: 512, layers: 3, rope_factors }
    }

    fn architecture(&self) -> &'static str {
        self.name.strip_suffix('3').filter(|n| *n == "llama").unwrap_or(self.name)
    }

    fn head(&self) -> usize {
        // not hidden / heads, as in Qwen3-0.6B
        if self.name == "qwen3" { self.hidden / 2 } else { self.hidden / HEADS }
    }

    fn tied(&self) -> bool {
        matches!(self.name, "llama3" | "qwen2")
    }

    fn theta(&self) -> f32 {
        if self.architecture() == "llama" { 1e4 } else { 1e6 }
    }

    /// Hugging Face names, GGUF names and shapes.
    fn shapes(&self) -> Vec<(String, String, Vec<usize>)> {
        let (h, inner) = (self.hidden, self.inner);
        let (q, kv) = (HEADS * self.head(), KV_HEADS * self.head());
        let mut out = vec![
            ("model.embed_tokens.weight".into(), "token_embd.weight".into(), vec![VOCABULARY, h]),
            ("model.norm.weight".into(), "output_norm.weight".into(), vec![h]),
        ];
        if !self.tied() {
            out.push(("lm_head.weight".into(), "output.weight".into(), vec![VOCABULARY, h]));
        }
        for i in 0..self.layers {
            let mut add = |theirs: &str, ours: &str, shape: &[usize]| {
                out.push((format!("model.layers.{i}.{theirs}"), format!("blk.{i}.{ours}"), shape.to_vec()));
            };
            add("input_layernorm.weight", "attn_norm.weight", &[h]);
            add("post_attention_layernorm.weight", "ffn_norm.weight", &[h]);
            for (theirs, ours, rows) in [("q", "q", q), ("k", "k", kv), ("v", "v", kv)] {
                add(&format!("self_attn.{theirs}_proj.weight"), &format!("attn_{ours}.weight"), &[rows, h]);
                if self.name == "qwen2" {
                    add(&format!("self_attn.{theirs}_proj.bias"), &format!("attn_{ours}.bias"), &[rows]);
                }
                if self.name == "qwen3" && ours != "v" {
                    add(
                        &format!("self_attn.{theirs}_norm.weight"),
                        &format!("attn_{ours}_norm.weight"),
                        &[self.head()],
                    );
                }
            }
            add("self_attn.o_proj.weight", "attn_output.weight", &[h, q]);
            add("mlp.gate_proj.weight", "ffn_gate.weight", &[inner, h]);
            add("mlp.up_proj.weight", "ffn_up.weight", &[inner, h]);
            add("mlp.down_proj.weight", "ffn_down.weight", &[h, inner]);
        }
        out
    }

    /// Writes a GGUF file whose matrices are of one kind. `change` may alter its tensors and metadata before.
    pub(crate) fn gguf(&self, path: &Path, kind: GgmlDType, change: impl FnOnce(&mut Parts)) -> Files {
        let mut parts = Parts { tensors: HashMap::new(), metadata: self.metadata() };
        for (theirs, ours, shape) in self.shapes() {
            let mut values = weight(&theirs, &shape);
            if self.architecture() == "llama" && (ours.contains("attn_q") || ours.contains("attn_k")) {
                values = neighbours(&values, &shape, self.head());
            }
            let kind = if shape.len() == 2 { kind } else { GgmlDType::F32 };
            parts.set(&ours, &values, &shape, kind);
        }
        if let Some(factors) = &self.rope_factors {
            parts.set("rope_freqs.weight", factors, &[factors.len()], GgmlDType::F32);
        }
        change(&mut parts);
        parts.write(path);
        Files::Gguf(path.to_owned())
    }

    fn metadata(&self) -> HashMap<String, Value> {
        let name = self.architecture();
        let mut out = HashMap::from([("general.architecture".into(), Value::String(name.into()))]);
        let mut whole = |key: &str, n: usize| out.insert(format!("{name}.{key}"), Value::U32(n as u32));
        whole("block_count", self.layers);
        whole("embedding_length", self.hidden);
        whole("feed_forward_length", self.inner);
        whole("attention.head_count", HEADS);
        whole("attention.head_count_kv", KV_HEADS);
        whole("context_length", 4096);
        if self.name == "qwen3" {
            whole("attention.key_length", self.head());
            whole("attention.value_length", self.head());
        }
        out.insert(format!("{name}.attention.layer_norm_rms_epsilon"), Value::F32(1e-5));
        out.insert(format!("{name}.rope.freq_base"), Value::F32(self.theta()));
        // as real files have them: arrays that are skipped
        let words = (0..VOCABULARY).map(|i| Value::String(format!("w{i}"))).collect();
        out.insert("tokenizer.ggml.tokens".into(), Value::Array(words));
        out.insert("tokenizer.ggml.token_type".into(), Value::Array(vec![Value::I32(1); VOCABULARY]));
        out
    }

    /// Writes two safetensors files and a `config.json` into a folder.
    pub(crate) fn safetensors(&self, folder: &Path) -> Files {
        std::fs::create_dir_all(folder).unwrap();
        let mut halves = [HashMap::new(), HashMap::new()];
        for (i, (theirs, _, shape)) in self.shapes().into_iter().enumerate() {
            let tensor = Tensor::from_vec(weight(&theirs, &shape), shape, &Device::Cpu).unwrap();
            halves[i % 2].insert(theirs, tensor);
        }
        let path = |i: usize| folder.join(format!("model-{i}.safetensors"));
        for (i, half) in halves.iter().enumerate() {
            candle_core::safetensors::save(half, path(i)).unwrap();
        }
        // the way of transformers 4 for one, that of 5 for the others
        let rope = match self.name {
            "llama3" => {
                r#""rope_theta": 10000.0, "rope_scaling": {"rope_type": "llama3", "factor": 8.0, "low_freq_factor": 1.0,
                "high_freq_factor": 4.0, "original_max_position_embeddings": 256}"#
                    .to_owned()
            }
            _ => format!(
                r#""rope_parameters": {{"rope_type": "default", "rope_theta": {:?}}}"#,
                self.theta()
            ),
        };
        let text = format!(
            r#"{{"model_type": "{}", "hidden_size": {}, "intermediate_size": {}, "num_hidden_layers": {},
            "num_attention_heads": {HEADS}, "num_key_value_heads": {KV_HEADS}, "head_dim": {}, "hidden_act": "silu",
            "max_position_embeddings": 4096, "rms_norm_eps": 1e-05, "tie_word_embeddings": {}, {rope}}}"#,
            self.architecture(),
            self.hidden,
            self.inner,
            self.layers,
            self.head(),
            self.tied(),
        );
        let config = folder.join("config.json");
        std::fs::write(&config, text).unwrap();
        Files::Safetensors { config, weights: vec![path(0), path(1)] }
    }
}

/// What goes into a GGUF file.
pub(crate) struct Parts {
    pub(crate) tensors: HashMap<String, QTensor>,
    pub(crate) metadata: HashMap<String, Value>,
}

impl Parts {
    pub(crate) fn set(&mut self, name: &str, values: &[f32], shape: &[usize], kind: GgmlDType) {
        let tensor = Tensor::from_slice(values, shape, &Device::Cpu).unwrap();
        self.tensors.insert(name.to_owned(), QTensor::quantize(&tensor, kind).unwrap());
    }

    fn write(&self, path: &Path) {
        let mut metadata: Vec<(&str, &Value)> = self.metadata.iter().map(|(k, v)| (k.as_str(), v)).collect();
        metadata.sort_by_key(|(k, _)| *k);
        let mut tensors: Vec<(&str, &QTensor)> = self.tensors.iter().map(|(k, v)| (k.as_str(), v)).collect();
        tensors.sort_by_key(|(k, _)| *k);
        gguf_file::write(&mut File::create(path).unwrap(), &metadata, &tensors).unwrap();
    }
}

/// The rows of a query or key matrix as GGUF files of Llama have them: value i of a head's first half and value i of its
/// second become neighbours. Source: `permute` in llama.cpp's `convert_hf_to_gguf.py`.
fn neighbours(values: &[f32], shape: &[usize], head: usize) -> Vec<f32> {
    let columns = shape[1];
    let mut out = Vec::with_capacity(values.len());
    for one in values.chunks_exact(head * columns) {
        for i in 0..head / 2 {
            for row in [i, i + head / 2] {
                out.extend_from_slice(&one[row * columns..][..columns]);
            }
        }
    }
    out
}

/// A place for a test's files.
pub(crate) fn place(name: &str) -> PathBuf {
    let folder = PathBuf::from(env!("CARGO_TARGET_TMPDIR")).join("decoder");
    std::fs::create_dir_all(&folder).unwrap();
    folder.join(name)
}
