//! The forward pass: token ids of sentences in, one vector a sentence out, and the heads on them.

use std::collections::HashMap;

use candle_core::{DType, Device, Tensor};
use candle_nn::ops::softmax_last_dim;
use candle_nn::{LayerNorm, Linear, Module, VarBuilder};
use candle_transformers::models::bert::{BertEncoder, Config};

use super::Raw;
use super::weights::{Rows, Weights};
use super::windows;
use crate::evidence::{ROLES, TAGS};
use crate::model::ModelError;

/// Width of a vector.
pub(super) const HIDDEN: usize = 384;
const INNER: usize = 1536;
const LAYERS: usize = 6;
const VOCABULARY: usize = 30_522;
const CLS: u32 = 101;
const SEP: u32 = 102;
/// Logits of an answer: ten mistakes, six categories, four level thresholds, answered.
const ANSWER: usize = 21;

/// The network with its weights.
pub(super) struct Network {
    words: Rows,
    positions: Rows,
    norm: LayerNorm,
    layers: BertEncoder,
    role: Linear,
    tag: Linear,
    answer: Linear,
    similarity: Linear,
}

impl Network {
    pub(super) fn load(words: &[u8], weights: &[u8]) -> Result<Network, ModelError> {
        let w = Weights::parse(weights)?;
        let linear = |name: &str, out: usize| -> Result<Linear, ModelError> {
            let weight = w.tensor(&format!("{name}.weight"), &[out, HIDDEN])?;
            Ok(Linear::new(weight, Some(w.tensor(&format!("{name}.bias"), &[out])?)))
        };
        let config = Config {
            hidden_size: HIDDEN,
            intermediate_size: INNER,
            num_hidden_layers: LAYERS,
            num_attention_heads: 12,
            layer_norm_eps: 1e-12,
            ..Config::default()
        };
        let vb = VarBuilder::from_tensors(layer_tensors(&w)?, DType::F32, &Device::Cpu);
        let norm = |kind: &str| w.tensor(&format!("norm.{kind}"), &[HIDDEN]);
        Ok(Network {
            words: Weights::parse(words)?.rows("words.weight", &[VOCABULARY, HIDDEN])?,
            positions: w.rows("positions.weight", &[windows::WINDOW, HIDDEN])?,
            norm: LayerNorm::new(norm("weight")?, norm("bias")?, 1e-12),
            layers: BertEncoder::load(vb, &config)?,
            role: linear("role", ROLES)?,
            tag: linear("tag", TAGS)?,
            answer: linear("answer", ANSWER)?,
            similarity: Linear::new(w.tensor("similarity.weight", &[HIDDEN, HIDDEN])?, None),
        })
    }

    /// One vector of [`HIDDEN`] a sentence: the mean over its tokens, read in the context of its window.
    pub(super) fn sentences(&self, tokens: &[Vec<u32>]) -> Result<Vec<Vec<f32>>, ModelError> {
        let lengths: Vec<usize> = tokens.iter().map(Vec::len).collect();
        let mut out = Vec::with_capacity(tokens.len());
        for window in windows::cover(&lengths) {
            let hidden = self.window(&tokens[window.reads.clone()])?;
            let mut at =
                1 + lengths[window.reads.start..window.keeps.start].iter().map(|n| n + 1).sum::<usize>();
            for &n in &lengths[window.keeps.clone()] {
                out.push(mean(&hidden[at..at + n]));
                at += n + 1;
            }
        }
        Ok(out)
    }

    /// The unit vector of a text that was read alone, from its [`Network::sentences`] vector.
    pub(super) fn likeness(&self, vector: &[f32]) -> Result<Vec<f32>, ModelError> {
        let x = Tensor::from_slice(vector, (1, HIDDEN), &Device::Cpu)?;
        let v: Vec<f32> = self.similarity.forward(&x)?.squeeze(0)?.to_vec1()?;
        let norm = v.iter().map(|x| x * x).sum::<f32>().sqrt().max(f32::EPSILON);
        Ok(v.iter().map(|x| x / norm).collect())
    }

    /// The hidden states of one window, `[tokens][HIDDEN]`.
    fn window(&self, sentences: &[Vec<u32>]) -> Result<Vec<Vec<f32>>, ModelError> {
        let mut ids = vec![CLS];
        for s in sentences {
            ids.extend_from_slice(s);
            ids.push(SEP);
        }
        let mut x = vec![0.0; ids.len() * HIDDEN];
        for (i, (row, &id)) in x.chunks_exact_mut(HIDDEN).zip(&ids).enumerate() {
            self.words.add_to(id as usize, row);
            self.positions.add_to(i, row);
        }
        let x = Tensor::from_vec(x, (1, ids.len(), HIDDEN), &Device::Cpu)?;
        let mask = Tensor::zeros((1, 1, 1, ids.len()), DType::F32, &Device::Cpu)?;
        let y = self.layers.forward(&self.norm.forward(&x)?, &mask)?;
        Ok(y.squeeze(0)?.to_vec2()?)
    }

    /// The heads on the vectors of an answer's sentences (at least one).
    pub(super) fn heads(&self, vectors: &[Vec<f32>]) -> Result<Raw, ModelError> {
        let flat: Vec<f32> = vectors.iter().flatten().copied().collect();
        let s = Tensor::from_vec(flat, (vectors.len(), HIDDEN), &Device::Cpu)?;
        let roles: Vec<Vec<f32>> = softmax_last_dim(&self.role.forward(&s)?)?.to_vec2()?;
        let tags: Vec<Vec<f32>> = self.tag.forward(&s)?.to_vec2()?;
        let answer = Tensor::from_vec(mean(vectors), (1, HIDDEN), &Device::Cpu)?;
        Ok(Raw {
            roles: roles.iter().map(|r| array(r)).collect(),
            tags: tags.iter().map(|t| array(t)).collect(),
            answer: self.answer.forward(&answer)?.squeeze(0)?.to_vec1()?,
        })
    }
}

/// The tensors of the layers by the names of the checkpoint, for candle's encoder.
fn layer_tensors(w: &Weights<'_>) -> Result<HashMap<String, Tensor>, ModelError> {
    let square = [HIDDEN, HIDDEN];
    let mut names: Vec<(String, Vec<usize>)> = Vec::new();
    for i in 0..LAYERS {
        let parts: [(&str, &[usize]); 8] = [
            ("attention.self.query", &square),
            ("attention.self.key", &square),
            ("attention.self.value", &square),
            ("attention.output.dense", &square),
            ("attention.output.LayerNorm", &[HIDDEN]),
            ("intermediate.dense", &[INNER, HIDDEN]),
            ("output.dense", &[HIDDEN, INNER]),
            ("output.LayerNorm", &[HIDDEN]),
        ];
        for (part, shape) in parts {
            names.push((format!("layer.{i}.{part}.weight"), shape.to_vec()));
            names.push((format!("layer.{i}.{part}.bias"), vec![shape[0]]));
        }
    }
    names
        .into_iter()
        .map(|(name, shape)| {
            let tensor = w.tensor(&name, &shape)?;
            Ok((name, tensor))
        })
        .collect()
}

/// The mean of vectors of equal length; at least one.
fn mean(vectors: &[Vec<f32>]) -> Vec<f32> {
    let mut sum = vec![0.0f32; vectors.first().map_or(0, Vec::len)];
    for v in vectors {
        for (s, x) in sum.iter_mut().zip(v) {
            *s += x;
        }
    }
    let n = vectors.len() as f32;
    sum.iter().map(|s| s / n).collect()
}

fn array<const N: usize>(v: &[f32]) -> [f32; N] {
    std::array::from_fn(|i| v.get(i).copied().unwrap_or_default())
}
