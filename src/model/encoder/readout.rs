//! From what is heard in the sentences to judgements on the whole answer: calibration, thresholds, and a
//! logistic regression a judgement over named inputs. Fitted by `training/readout.py`, which computes the same.

use std::collections::BTreeMap;

use serde::Deserialize;

use super::Raw;
use super::ends::Cutting;
use crate::evidence::{Evidence, Heard, Judgement, ROLES, Role, TAGS, Tag, Voice};
use crate::model::ModelError;
use crate::wording::voice;

/// `models/encoder/readout.json`.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Readout {
    pub(super) id: String,
    /// Of the weights that it was fitted with, `model.safetensors`.
    pub(super) sha256: String,
    /// Of the word vectors, `words.safetensors`.
    pub(super) words_sha256: String,
    pub(super) form_ahead: f32,
    /// From which probability on a sentence speaks to the grader.
    addressed: f32,
    /// How a text without stops is cut, if the network has learned where sentences end.
    #[serde(default)]
    pub(super) ends: Option<Cutting>,
    inputs: Vec<String>,
    tags: BTreeMap<Tag, Calibration>,
    mistakes: Vec<Named>,
    categories: Vec<Named>,
    levels: Vec<Regression>,
    answered_inputs: Vec<String>,
    answered: Named,
}

/// Platt's scaling of a tag's logit, and the threshold of the probability.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Calibration {
    scale: f32,
    shift: f32,
    threshold: f32,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Regression {
    weights: Vec<f32>,
    bias: f32,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Named {
    id: String,
    threshold: f32,
    weights: Vec<f32>,
    bias: f32,
}

impl Named {
    fn judge(&self, inputs: &[f32]) -> Judgement {
        Judgement { p: logistic(&self.weights, self.bias, inputs), threshold: self.threshold }
    }
}

impl Readout {
    /// Parses it, and checks that it asks for the inputs that this code computes.
    pub(super) fn parse(bytes: &[u8]) -> Result<Readout, ModelError> {
        let readout: Readout =
            serde_json::from_slice(bytes).map_err(|e| ModelError::Broken(format!("readout.json: {e}")))?;
        let names = input_names(&readout);
        let answered: Vec<&str> = ANSWERED_INPUTS.to_vec();
        if !readout.ends.as_ref().is_none_or(Cutting::is_whole) {
            return Err(ModelError::Broken("readout.json knows no lengths of sentences".to_owned()));
        }
        if readout.inputs != names || readout.answered_inputs != answered {
            return Err(ModelError::Broken(
                "readout.json asks for other inputs than are computed".to_owned(),
            ));
        }
        let regressions = readout.levels.iter().map(|l| l.weights.len());
        let named = readout.mistakes.iter().chain(&readout.categories).map(|n| n.weights.len());
        let whole = regressions.chain(named).all(|n| n == names.len());
        if !whole || readout.levels.len() != 4 || Tag::ALL.iter().any(|t| !readout.tags.contains_key(t)) {
            return Err(ModelError::Broken("readout.json is not complete".to_owned()));
        }
        Ok(readout)
    }

    /// The evidence of a text without any sentence.
    pub(super) fn silence(&self) -> Evidence {
        Evidence {
            sentences: Vec::new(),
            thresholds: self.thresholds(),
            mistakes: BTreeMap::new(),
            categories: BTreeMap::new(),
            levels: [0.2; 5],
            answered: Judgement { p: 0.0, threshold: self.answered.threshold },
        }
    }

    /// The evidence of an answer; `sentences` and `raw` are of the same, non-zero length.
    pub(super) fn judge(&self, sentences: &[&str], raw: &Raw) -> Evidence {
        let tags: Vec<[f32; TAGS]> = raw.tags.iter().map(|t| self.calibrate(t)).collect();
        let inputs = inputs(sentences, raw, &tags);
        let named = |list: &[Named]| list.iter().map(|n| (n.id.clone(), n.judge(&inputs))).collect();
        let thresholds = self.thresholds();
        Evidence {
            mistakes: named(&self.mistakes),
            categories: named(&self.categories),
            levels: self.levels(&inputs, sentences.len()),
            answered: self.answered.judge(&answered_inputs(sentences, raw)),
            sentences: sentences
                .iter()
                .zip(raw.roles.iter().zip(&tags))
                .zip(&raw.cues)
                .map(|((text, (&roles, &tags)), cues)| {
                    let team = tags[Tag::Team.index()] >= thresholds[Tag::Team.index()];
                    let addressed = sigmoid(cues[ADDRESSED]) >= self.addressed;
                    Heard { roles, tags, voice: voice(text, team), addressed }
                })
                .collect(),
            thresholds,
        }
    }

    fn calibrate(&self, logits: &[f32; TAGS]) -> [f32; TAGS] {
        std::array::from_fn(|i| {
            let c = &self.tags[&Tag::ALL[i]];
            sigmoid(logits[i] * c.scale + c.shift)
        })
    }

    fn thresholds(&self) -> [f32; TAGS] {
        std::array::from_fn(|i| self.tags[&Tag::ALL[i]].threshold)
    }

    /// P(level > k) made monotone, then the probability of each level. A text that is shorter than every answer on which the
    /// regressions were fitted is unlike all of them, and mostly holds too few of an answer's parts for more than a 2.
    fn levels(&self, inputs: &[f32], sentences: usize) -> [f32; 5] {
        let known = if sentences < SHORTEST { 1 } else { self.levels.len() };
        let mut above = [1.0, 0.0, 0.0, 0.0, 0.0, 0.0];
        for (k, l) in self.levels.iter().take(known).enumerate() {
            above[k + 1] = logistic(&l.weights, l.bias, inputs).min(above[k]);
        }
        std::array::from_fn(|k| above[k] - above[k + 1])
    }
}

/// Sentences of the shortest answer of the folds; source: `training/readout.py`.
const SHORTEST: usize = 3;

/// The cues' places; source: `CUES` in `training/labels.py`.
const AFTERWARDS: usize = 0;
const ADDRESSED: usize = 1;

const ANSWERED_INPUTS: [&str; 6] =
    ["head_answered", "share_other", "max_role", "log_words", "sum_context", "sum_action"];

fn input_names(readout: &Readout) -> Vec<String> {
    let mut names = Vec::new();
    for kind in ["sum", "share", "last"] {
        names.extend(Role::ALL.iter().map(|r| format!("{kind}_{r}")));
    }
    for kind in ["sum", "max"] {
        names.extend(Tag::ALL.iter().map(|t| format!("{kind}_{t}")));
    }
    for kind in ["none", "two"] {
        names.extend(Role::ALL.iter().map(|r| format!("{kind}_{r}")));
        names.extend(Tag::ALL.iter().map(|t| format!("{kind}_{t}")));
    }
    names.extend(["max_afterwards", "none_afterwards"].map(str::to_owned));
    let counted = [
        "deeds_i",
        "deeds_we",
        "share_i",
        "results_with_figure",
        "log_sentences",
        "log_words",
        "context_words",
    ];
    names.extend(counted.map(str::to_owned));
    let heads = readout.mistakes.iter().chain(&readout.categories);
    names.extend(heads.map(|n| format!("head_{}", n.id)));
    names.extend((2..=5).map(|k| format!("head_level_{k}")));
    names
}

/// The named inputs, in the order of [`input_names`].
fn inputs(sentences: &[&str], raw: &Raw, tags: &[[f32; TAGS]]) -> Vec<f32> {
    let n = sentences.len() as f32;
    let words: Vec<f32> = sentences.iter().map(|s| s.split_whitespace().count() as f32).collect();
    let total: f32 = words.iter().sum();
    let sum = |r: usize| raw.roles.iter().map(|p| p[r]).sum::<f32>();
    let mut out = Vec::new();
    out.extend((0..ROLES).map(sum));
    out.extend((0..ROLES).map(|r| sum(r) / n));
    out.extend((0..ROLES).map(|r| raw.roles.last().map_or(0.0, |p| p[r])));
    out.extend((0..TAGS).map(|t| tags.iter().map(|p| p[t]).sum::<f32>()));
    out.extend((0..TAGS).map(|t| tags.iter().map(|p| p[t]).fold(0.0, f32::max)));
    out.extend(occurrence(raw, tags));
    let afterwards: Vec<f32> = raw.cues.iter().map(|c| sigmoid(c[AFTERWARDS])).collect();
    out.push(afterwards.iter().copied().fold(0.0, f32::max));
    out.push(log_odds(afterwards.iter().map(|p| 1.0 - p.clamp(0.0, 0.9999)).product()));
    let (mut i, mut we, mut figures, mut context) = (0.0, 0.0, 0.0, 0.0);
    for ((text, p), w) in sentences.iter().zip(&raw.roles).zip(&words) {
        let result = p[Role::Result.index()];
        let deed = p[Role::Action.index()] + result;
        match voice(text, false) {
            Voice::I => i += deed,
            Voice::We => we += deed,
            Voice::Other => {}
        }
        if text.chars().any(|c| c.is_ascii_digit()) {
            figures += result;
        }
        context += p[Role::Context.index()] * w;
    }
    out.extend([i, we, i / (i + we + 0.5), figures, n.ln(), (total + 1.0).ln(), context / total.max(1.0)]);
    out.extend(raw.answer.iter().take(20));
    out
}

/// Log-odds that a label occurs in no sentence, for each role and tag; then that it occurs in two at least.
fn occurrence(raw: &Raw, tags: &[[f32; TAGS]]) -> Vec<f32> {
    let label = |k: usize| {
        let p = raw.roles.iter().zip(tags).map(move |(r, t)| if k < ROLES { r[k] } else { t[k - ROLES] });
        let (mut none, mut odds) = (1.0, 0.0);
        for p in p.map(|p| p.clamp(0.0, 0.9999)) {
            none *= 1.0 - p;
            odds += p / (1.0 - p);
        }
        (none, 1.0 - none - none * odds)
    };
    let both: Vec<(f32, f32)> = (0..ROLES + TAGS).map(label).collect();
    both.iter().map(|b| log_odds(b.0)).chain(both.iter().map(|b| log_odds(b.1))).collect()
}

fn log_odds(p: f32) -> f32 {
    let p = p.clamp(1e-3, 1.0 - 1e-3);
    (p / (1.0 - p)).ln()
}

/// The inputs of the judgement whether a text is an answer, in the order of [`ANSWERED_INPUTS`].
fn answered_inputs(sentences: &[&str], raw: &Raw) -> [f32; 6] {
    let n = sentences.len() as f32;
    let words: usize = sentences.iter().map(|s| s.split_whitespace().count()).sum();
    let sum = |r: Role| raw.roles.iter().map(|p| p[r.index()]).sum::<f32>();
    let surest = raw.roles.iter().map(|p| p.iter().copied().fold(0.0, f32::max)).sum::<f32>();
    [
        raw.answer.get(20).copied().unwrap_or_default(),
        sum(Role::Other) / n,
        surest / n,
        (words as f32 + 1.0).ln(),
        sum(Role::Context),
        sum(Role::Action),
    ]
}

fn logistic(weights: &[f32], bias: f32, inputs: &[f32]) -> f32 {
    sigmoid(bias + weights.iter().zip(inputs).map(|(w, x)| w * x).sum::<f32>())
}

fn sigmoid(x: f32) -> f32 {
    1.0 / (1.0 + (-x).exp())
}
