//! The forward pass: token ids of sentences in, one reading a sentence out, and the heads on them.

use std::collections::HashMap;

use candle_core::{DType, Device, Tensor};
use candle_nn::{LayerNorm, Module, VarBuilder};
use candle_transformers::models::bert::{BertEncoder, Config};
use rayon::prelude::*;

use super::ends::Ends;
use super::layers::{Layer, Layers, Norm};
use super::weights::{Rows, Weights, numbers};
use super::{Raw, array};
use crate::evidence::{ROLES, TAGS};
use crate::model::ModelError;
use crate::model::kernel::{Dense, GROUP, Isa, Job, Matrix, Processor, softmax};
use crate::text::windows::cover;

/// Width of a vector.
pub(super) const HIDDEN: usize = 384;
/// Width between the two products of a layer.
pub(super) const INNER: usize = 1536;
/// Attention heads of a layer.
pub(super) const HEADS: usize = 12;
const LAYERS: usize = 6;
const VOCABULARY: usize = 30_522;
/// Tokens that are read at once.
const WINDOW: usize = 512;
/// Tokens that two neighbouring windows of a longer answer share, at least where sentences are short enough.
const OVERLAP: usize = 128;
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
    words: Rows<'static>,
    positions: Rows<'static>,
    body: Body,
    /// How much each label minds each token, then what each label makes of it.
    labels: Dense,
    /// How much each judgement on an answer minds each sentence, then what it makes of it.
    answer: Dense,
    similarity: Dense,
    /// None where the model has not learned it.
    ends: Option<Ends>,
    processor: Processor,
}

/// The layers, as the weights are stored.
enum Body {
    /// 8-bit weights, on the kernel.
    Packed(Norm, Layers),
    /// Numbers, such as training writes them, on candle: the reference for the other.
    Plain(LayerNorm, BertEncoder),
}

/// One sentence, read in the context of its window.
pub(super) struct Reading {
    /// The mean over its tokens, [`HIDDEN`] wide.
    mean: Vec<f32>,
    labels: [f32; LABELS],
}

impl Network {
    pub(super) fn load(words: &'static [u8], weights: &[u8]) -> Result<Network, ModelError> {
        let (w, processor) = (Weights::parse(weights)?, Processor::best());
        let parts = |names: &[(&str, &[usize])]| -> Result<Vec<f32>, ModelError> {
            let floats = names.iter().map(|(name, shape)| w.floats(name, shape));
            Ok(floats.collect::<Result<Vec<_>, _>>()?.concat())
        };
        let labels = parts(&[
            ("attend.weight", &[ROLES + TAGS, HIDDEN]),
            ("cue_attend", &[CUES, HIDDEN]),
            ("role.weight", &[ROLES, HIDDEN]),
            ("tag.weight", &[TAGS, HIDDEN]),
            ("cue", &[CUES, HIDDEN]),
        ])?;
        let biases = parts(&[("role.bias", &[ROLES]), ("tag.bias", &[TAGS]), ("cue_bias", &[CUES])])?;
        let biases = [vec![0.0; LABELS], biases].concat();
        let answer = parts(&[("answer_attend", &[ANSWER, HIDDEN]), ("answer.weight", &[ANSWER, HIDDEN])])?;
        let answer_biases = [vec![0.0; ANSWER], parts(&[("answer.bias", &[ANSWER])])?].concat();
        Ok(Network {
            words: Weights::parse(words)?.rows("words.weight", &[VOCABULARY, HIDDEN])?,
            positions: w.rows("positions.weight", &[WINDOW, HIDDEN])?.into_owned(),
            body: Body::load(&w, processor)?,
            labels: Dense::pack(&labels, &biases),
            answer: Dense::pack(&answer, &answer_biases),
            ends: Ends::load(&w)?,
            similarity: Dense::pack(&parts(&[("similarity.weight", &[HIDDEN, HIDDEN])])?, &[0.0; HIDDEN]),
            processor,
        })
    }

    /// One reading a sentence.
    pub(super) fn sentences(&self, tokens: &[Vec<u32>]) -> Result<Vec<Reading>, ModelError> {
        // a `[SEP]` after each sentence, and one `[CLS]`
        let lengths: Vec<usize> = tokens.iter().map(|t| t.len() + 1).collect();
        let mut out = Vec::with_capacity(tokens.len());
        for window in cover(&lengths, WINDOW - 1, OVERLAP) {
            let ids: Vec<u32> =
                tokens[window.reads.clone()].iter().flat_map(|s| s.iter().copied().chain([SEP])).collect();
            let hidden = self.window(&ids)?;
            let states: Vec<&[f32]> = hidden.chunks_exact(HIDDEN).collect();
            let said = self.apply(&self.labels, &hidden);
            let said = minded(&said);
            let mut at = 1 + lengths[window.reads.start..window.keeps.start].iter().sum::<usize>();
            for &n in &lengths[window.keeps.clone()] {
                let tokens = at..at + n - 1;
                out.push(Reading {
                    mean: mean(states[tokens.clone()].iter().copied()),
                    labels: attended(&said[tokens]),
                });
                at += n;
            }
        }
        Ok(out)
    }

    /// Of each word but the last, by their tokens, the logit that a sentence ends with it; nothing where the model has not learned
    /// it.
    pub(super) fn ends(&self, words: &[Vec<u32>]) -> Result<Vec<f32>, ModelError> {
        let Some(ends) = &self.ends else { return Ok(Vec::new()) };
        let lengths: Vec<usize> = words.iter().map(Vec::len).collect();
        let mut out = Vec::with_capacity(words.len());
        // one `[CLS]` and one `[SEP]` around them
        for window in cover(&lengths, WINDOW - 2, OVERLAP) {
            let ids: Vec<u32> = words[window.reads.clone()].iter().flatten().copied().chain([SEP]).collect();
            let said = self.apply(&ends.near, &self.window(&ids)?);
            let mut last = lengths[window.reads.start..window.keeps.start].iter().sum::<usize>();
            for k in window.keeps.clone() {
                last += lengths[k];
                if k + 1 < window.reads.end {
                    out.push(ends.logit(&said, last));
                } else if k + 1 < words.len() {
                    out.push(f32::NEG_INFINITY); // the next word is too long to be read with this one
                }
            }
        }
        Ok(out)
    }

    /// The unit vector of a text that was read alone.
    pub(super) fn likeness(&self, reading: &Reading) -> Vec<f32> {
        let v = self.apply(&self.similarity, &reading.mean);
        let norm = v.iter().map(|x| x * x).sum::<f32>().sqrt().max(f32::EPSILON);
        v.iter().map(|x| x / norm).collect()
    }

    /// The product of a head's matrix with each vector.
    fn apply(&self, head: &Dense, vectors: &[f32]) -> Vec<f32> {
        let mut out = Vec::new();
        self.processor.run(Apply { head, vectors, out: &mut out });
        out
    }

    /// The hidden states of one window, `[1 + tokens × HIDDEN]`: those of `[CLS]` first.
    fn window(&self, ids: &[u32]) -> Result<Vec<f32>, ModelError> {
        let mut x = vec![0.0; (1 + ids.len()) * HIDDEN];
        for (i, (row, id)) in x.chunks_exact_mut(HIDDEN).zip([&CLS].into_iter().chain(ids)).enumerate() {
            self.words.add_to(*id as usize, row);
            self.positions.add_to(i, row);
        }
        self.body.forward(x)
    }

    /// The heads on the readings of an answer's sentences (at least one).
    pub(super) fn heads(&self, readings: &[Reading]) -> Raw {
        let roles = |r: &Reading| {
            let mut p: [f32; ROLES] = array(&r.labels);
            let by = softmax(&mut p, 1.0);
            p.map(|p| p * by)
        };
        let sentences: Vec<f32> = readings.iter().flat_map(|r| r.mean.iter().copied()).collect();
        Raw {
            roles: readings.iter().map(roles).collect(),
            tags: readings.iter().map(|r| array(&r.labels[ROLES..])).collect(),
            cues: readings.iter().map(|r| array(&r.labels[ROLES + TAGS..])).collect(),
            answer: attended::<ANSWER>(minded(&self.apply(&self.answer, &sentences))).to_vec(),
        }
    }
}

struct Apply<'a> {
    head: &'a Dense,
    vectors: &'a [f32],
    out: &'a mut Vec<f32>,
}

impl Job for Apply<'_> {
    #[inline(always)]
    fn run<I: Isa>(self, isa: I) {
        self.head.multiply(isa, self.vectors, self.out);
    }
}

impl Body {
    fn load(w: &Weights<'_>, processor: Processor) -> Result<Body, ModelError> {
        let norm = |name: &str| -> Result<Norm, ModelError> {
            let part = |kind: &str| w.floats(&format!("{name}.{kind}"), &[HIDDEN]);
            Ok(Norm { weight: part("weight")?, bias: part("bias")? })
        };
        // 8 bits in groups of another size are read as numbers.
        let query = w.rows("layer.0.attention.self.query.weight", &[HIDDEN, HIDDEN])?;
        if !matches!(query, Rows::Bytes { block: GROUP, .. }) {
            return Body::plain(w);
        }
        let layer = |i: usize| {
            let name = |part: &str| format!("layer.{i}.{part}");
            let qkv = ["query", "key", "value"].map(|part| name(&format!("attention.self.{part}")));
            Ok(Layer {
                qkv: packed(w, &qkv, [HIDDEN, HIDDEN])?,
                mixed: packed(w, &[name("attention.output.dense")], [HIDDEN, HIDDEN])?,
                after_mixing: norm(&name("attention.output.LayerNorm"))?,
                up: packed(w, &[name("intermediate.dense")], [INNER, HIDDEN])?,
                down: packed(w, &[name("output.dense")], [HIDDEN, INNER])?,
                after_all: norm(&name("output.LayerNorm"))?,
            })
        };
        let layers = (0..LAYERS).into_par_iter().map(layer).collect::<Result<Vec<_>, ModelError>>()?;
        Ok(Body::Packed(norm("norm")?, Layers::new(layers, processor)))
    }

    fn plain(w: &Weights<'_>) -> Result<Body, ModelError> {
        let config = Config {
            hidden_size: HIDDEN,
            intermediate_size: INNER,
            num_hidden_layers: LAYERS,
            num_attention_heads: HEADS,
            layer_norm_eps: 1e-12,
            ..Config::default()
        };
        let vb = VarBuilder::from_tensors(layer_tensors(w)?, DType::F32, &Device::Cpu);
        let norm = |kind: &str| w.tensor(&format!("norm.{kind}"), &[HIDDEN]);
        let norm = LayerNorm::new(norm("weight")?, norm("bias")?, 1e-12);
        Ok(Body::Plain(norm, BertEncoder::load(vb, &config)?))
    }

    /// The hidden states that these become, `[tokens × HIDDEN]`.
    fn forward(&self, mut x: Vec<f32>) -> Result<Vec<f32>, ModelError> {
        match self {
            Body::Packed(norm, layers) => {
                layers.forward(&mut x, norm);
                Ok(x)
            }
            Body::Plain(norm, layers) => {
                let tokens = x.len() / HIDDEN;
                let x = Tensor::from_vec(x, (1, tokens, HIDDEN), &Device::Cpu)?;
                let mask = Tensor::zeros((1, 1, 1, tokens), DType::F32, &Device::Cpu)?;
                Ok(layers.forward(&norm.forward(&x)?, &mask)?.flatten_all()?.to_vec1()?)
            }
        }
    }
}

/// Matrices of one shape below each other, with their biases, in 8 bits.
fn packed(w: &Weights<'_>, names: &[String], shape: [usize; 2]) -> Result<Matrix, ModelError> {
    let mut matrix = Matrix::default();
    for name in names {
        let Rows::Bytes { values, scales, block: GROUP } = w.rows(&format!("{name}.weight"), &shape)? else {
            return Err(ModelError::Broken(format!("{name} is not stored as the others are")));
        };
        let (scales, bias) =
            (numbers(&scales).collect::<Vec<_>>(), w.floats(&format!("{name}.bias"), &shape[..1])?);
        matrix.add(&values, &scales, &bias);
    }
    Ok(matrix)
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

/// Of each token or sentence how much each label minds it, and each label's logit.
type Minded<const N: usize> = [[f32; N]; 2];

/// What a head with first the one and then the other gives.
fn minded<const N: usize>(said: &[f32]) -> &[Minded<N>] {
    said.as_chunks().0.as_chunks().0
}

/// Each label's mean of its logits over the tokens of a sentence, or the sentences of an answer (at least one), weighted by
/// the softmax of how much it minds each: label-wise attention (Mullenbach et al. 2018).
fn attended<const N: usize>(said: &[Minded<N>]) -> [f32; N] {
    std::array::from_fn(|k| {
        let top = said.iter().map(|[minds, _]| minds[k]).fold(f32::NEG_INFINITY, f32::max);
        let (mut sum, mut all) = (0.0, 0.0);
        for [minds, logits] in said {
            let weight = (minds[k] - top).exp();
            sum += weight * logits[k];
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
        let mut tokens = [1.0, 1.0, 4.0].map(|logit| [[0.0; 3], [logit; 3]]);
        tokens[2][0] = [0.0, 200.0, -200.0];
        let said = attended(&tokens);
        assert!((said[0] - 2.0).abs() < 1e-6, "the mean where no token stands out: {}", said[0]);
        assert!((said[1] - 4.0).abs() < 1e-6, "the token that it minds: {}", said[1]);
        assert!((said[2] - 1.0).abs() < 1e-6, "the others: {}", said[2]);
    }

    #[test]
    fn the_kernel_gives_what_candle_gives() {
        let w = Weights::parse(super::super::WEIGHTS).unwrap();
        let (packed, plain) = (Body::load(&w, Processor::best()).unwrap(), Body::plain(&w).unwrap());
        assert!(matches!(packed, Body::Packed(..)));
        for tokens in [1, 2, 31, 48, 49, 130, WINDOW] {
            let state = |i: usize| ((i * 7919 + 13) % 1009) as f32 / 504.5 - 1.0;
            let x: Vec<f32> = (0..tokens * HIDDEN).map(state).collect();
            let (a, b) = (packed.forward(x.clone()).unwrap(), plain.forward(x).unwrap());
            assert_eq!(a.len(), b.len());
            let length = |v: &mut dyn Iterator<Item = f32>| v.map(|x| x * x).sum::<f32>().sqrt();
            let off = length(&mut a.iter().zip(&b).map(|(a, b)| a - b)) / length(&mut b.iter().copied());
            assert!(off < 0.06, "{tokens} tokens: off by {off} of their length");
        }
    }
}
