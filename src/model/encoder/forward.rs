//! The forward pass: token ids of sentences in, one reading a sentence out, and the heads on them.

use std::collections::HashMap;

use candle_core::{DType, Device, Tensor};
use candle_nn::ops::softmax_last_dim;
use candle_nn::{LayerNorm, Linear, Module, VarBuilder};
use candle_transformers::models::bert::{BertEncoder, Config};

use super::weights::{Rows, Weights};
use super::windows;
use super::{Raw, array};
use crate::evidence::{ROLES, TAGS};
use crate::model::ModelError;

/// Width of a vector.
pub(super) const HIDDEN: usize = 384;
const INNER: usize = 1536;
const LAYERS: usize = 6;
const VOCABULARY: usize = 30_522;
const CLS: u32 = 101;
const SEP: u32 = 102;
/// Labels heard for a judgement's sake alone: whether a sentence shows something after the delivery, and whether it
/// speaks to whoever grades the answer. Source: `CUES` in `training/labels.py`.
pub(super) const CUES: usize = 2;
/// Logits of a sentence: the roles, the tags, the cues.
pub(super) const LABELS: usize = ROLES + TAGS + CUES;
/// Logits of an answer: ten mistakes, six categories, four level thresholds, answered.
pub(super) const ANSWER: usize = 21;

/// The network with its weights.
pub(super) struct Network {
    words: Rows,
    positions: Rows,
    norm: LayerNorm,
    layers: BertEncoder,
    /// How much each label minds each token.
    attend: Linear,
    /// What each label makes of a token.
    label: Linear,
    answer: Linear,
    similarity: Linear,
}

/// One sentence, read in the context of its window.
pub(super) struct Reading {
    /// The mean over its tokens, [`HIDDEN`] wide.
    mean: Vec<f32>,
    labels: [f32; LABELS],
}

impl Network {
    pub(super) fn load(words: &[u8], weights: &[u8]) -> Result<Network, ModelError> {
        let w = Weights::parse(weights)?;
        let matrix = |name: &str, out: usize| w.tensor(&format!("{name}.weight"), &[out, HIDDEN]);
        let bias = |name: &str, out: usize| w.tensor(&format!("{name}.bias"), &[out]);
        let cue = |name: &str| w.tensor(name, &[CUES, HIDDEN]);
        let attend = [matrix("attend", ROLES + TAGS)?, cue("cue_attend")?];
        let matrices = [matrix("role", ROLES)?, matrix("tag", TAGS)?, cue("cue")?];
        let biases = [bias("role", ROLES)?, bias("tag", TAGS)?, w.tensor("cue_bias", &[CUES])?];
        let label = Linear::new(Tensor::cat(&matrices, 0)?, Some(Tensor::cat(&biases, 0)?));
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
            attend: Linear::new(Tensor::cat(&attend, 0)?, None),
            label,
            answer: Linear::new(matrix("answer", ANSWER)?, Some(bias("answer", ANSWER)?)),
            similarity: Linear::new(matrix("similarity", HIDDEN)?, None),
        })
    }

    /// One reading a sentence.
    pub(super) fn sentences(&self, tokens: &[Vec<u32>]) -> Result<Vec<Reading>, ModelError> {
        let lengths: Vec<usize> = tokens.iter().map(Vec::len).collect();
        let mut out = Vec::with_capacity(tokens.len());
        for window in windows::cover(&lengths) {
            let hidden = self.window(&tokens[window.reads.clone()])?;
            let states: Vec<Vec<f32>> = hidden.to_vec2()?;
            let weights: Vec<Vec<f32>> = self.attend.forward(&hidden)?.to_vec2()?;
            let logits: Vec<Vec<f32>> = self.label.forward(&hidden)?.to_vec2()?;
            let mut at =
                1 + lengths[window.reads.start..window.keeps.start].iter().map(|n| n + 1).sum::<usize>();
            for &n in &lengths[window.keeps.clone()] {
                let tokens = at..at + n;
                out.push(Reading {
                    mean: mean(states[tokens.clone()].iter().map(Vec::as_slice)),
                    labels: attended(&weights[tokens.clone()], &logits[tokens]),
                });
                at += n + 1;
            }
        }
        Ok(out)
    }

    /// The unit vector of a text that was read alone.
    pub(super) fn likeness(&self, reading: &Reading) -> Result<Vec<f32>, ModelError> {
        let x = Tensor::from_slice(&reading.mean, (1, HIDDEN), &Device::Cpu)?;
        let v: Vec<f32> = self.similarity.forward(&x)?.squeeze(0)?.to_vec1()?;
        let norm = v.iter().map(|x| x * x).sum::<f32>().sqrt().max(f32::EPSILON);
        Ok(v.iter().map(|x| x / norm).collect())
    }

    /// The hidden states of one window, `[tokens, HIDDEN]`.
    fn window(&self, sentences: &[Vec<u32>]) -> Result<Tensor, ModelError> {
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
        Ok(y.squeeze(0)?)
    }

    /// The heads on the readings of an answer's sentences (at least one).
    pub(super) fn heads(&self, readings: &[Reading]) -> Result<Raw, ModelError> {
        let roles = readings.iter().flat_map(|r| r.labels[..ROLES].to_vec()).collect();
        let roles = Tensor::from_vec(roles, (readings.len(), ROLES), &Device::Cpu)?;
        let roles: Vec<Vec<f32>> = softmax_last_dim(&roles)?.to_vec2()?;
        let whole = mean(readings.iter().map(|r| r.mean.as_slice()));
        let whole = Tensor::from_vec(whole, (1, HIDDEN), &Device::Cpu)?;
        Ok(Raw {
            roles: roles.iter().map(|r| array(r)).collect(),
            tags: readings.iter().map(|r| array(&r.labels[ROLES..])).collect(),
            cues: readings.iter().map(|r| array(&r.labels[ROLES + TAGS..])).collect(),
            answer: self.answer.forward(&whole)?.squeeze(0)?.to_vec1()?,
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

/// Each label's mean of its logits over the tokens of a sentence (at least one), weighted by the softmax of how much it
/// minds each: label-wise attention (Mullenbach et al. 2018). Both `[tokens][LABELS]`.
fn attended(weights: &[Vec<f32>], logits: &[Vec<f32>]) -> [f32; LABELS] {
    std::array::from_fn(|k| {
        let top = weights.iter().map(|w| w[k]).fold(f32::NEG_INFINITY, f32::max);
        let (mut sum, mut all) = (0.0, 0.0);
        for (w, logit) in weights.iter().zip(logits) {
            let weight = (w[k] - top).exp();
            sum += weight * logit[k];
            all += weight;
        }
        sum / all
    })
}

/// The mean of vectors of equal length; at least one.
fn mean<'a>(vectors: impl Iterator<Item = &'a [f32]>) -> Vec<f32> {
    let (mut sum, mut n) = (Vec::new(), 0.0);
    for v in vectors {
        sum.resize(v.len(), 0.0);
        for (s, x) in sum.iter_mut().zip(v) {
            *s += x;
        }
        n += 1.0;
    }
    sum.iter().map(|s: &f32| s / n).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_label_attends_by_itself() {
        let mut weights = vec![vec![0.0; LABELS]; 3];
        let mut logits = vec![vec![1.0; LABELS]; 3];
        logits[2] = vec![4.0; LABELS];
        weights[2][1] = 200.0;
        weights[2][2] = -200.0;
        let said = attended(&weights, &logits);
        assert!((said[0] - 2.0).abs() < 1e-6, "the mean where no token stands out: {}", said[0]);
        assert!((said[1] - 4.0).abs() < 1e-6, "the token that it minds: {}", said[1]);
        assert!((said[2] - 1.0).abs() < 1e-6, "the others: {}", said[2]);
    }
}
