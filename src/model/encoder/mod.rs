//! The embedded encoder: all-MiniLM-L6-v2 fine-tuned on annotated answers, in the binary.
//!
//! May import: `evidence`, `model`, `text`.

mod ends;
mod forward;
mod known;
mod layers;
mod readout;
mod weights;
mod wordpiece;

use std::path::Path;

use sha2::{Digest, Sha256};

use self::forward::{ANSWER, CUES, HIDDEN, LABELS, Network};
use self::known::Known;
use self::readout::Readout;
use crate::evidence::{Evidence, ROLES, TAGS};
use crate::model::cache::{Cache, Key};
use crate::model::{Encoder, ModelError, ModelInfo};
use crate::text::Answer;

static WEIGHTS: &[u8] = include_bytes!("../../../models/encoder/model.safetensors");
/// The base's word vectors; training leaves them as they are.
static WORDS: &[u8] = include_bytes!("../../../models/encoder/words.safetensors");
static KNOWN: &[u8] = include_bytes!("../../../models/encoder/known.safetensors");
static READOUT: &[u8] = include_bytes!("../../../models/encoder/readout.json");

/// Tokens of one sentence that are read; the rest of a longer one is not. Source: `training/data.py`.
const SENTENCE_TOKENS: usize = 250;
/// What keys of the cache begin with. Its number changes with every change of the network's arithmetic.
const ASKED: &[u8] = b"candor encoder raw 4";
/// The same where it is asked for the ends of sentences.
const ENDS_ASKED: &[u8] = b"candor encoder ends 3";
/// The same where it is asked for the vector of a text.
const LIKENESS_ASKED: &[u8] = b"candor encoder likeness 1";

/// The encoder in the binary.
pub struct Embedded {
    network: Network,
    readout: Readout,
    known: Known,
    cache: Option<Cache>,
}

/// What the network says before calibration; what the goldens compare.
#[derive(Clone, Debug, PartialEq)]
pub struct Raw {
    /// Role probabilities a sentence.
    pub roles: Vec<[f32; ROLES]>,
    /// Tag logits a sentence.
    pub tags: Vec<[f32; TAGS]>,
    /// Logits a sentence of what is heard for a judgement's sake alone: something after the delivery, words to the
    /// grader.
    pub cues: Vec<[f32; CUES]>,
    /// Logits of the answer: mistakes, categories, levels, answered.
    pub answer: Vec<f32>,
}

impl Raw {
    /// All of it in a row: each sentence's roles, tags and cues, then the answer.
    fn numbers(&self) -> Vec<f32> {
        let sentence = |i: usize| self.roles[i].iter().chain(&self.tags[i]).chain(&self.cues[i]);
        (0..self.roles.len()).flat_map(sentence).chain(&self.answer).copied().collect()
    }

    /// What [`Raw::numbers`] made of so many sentences.
    fn from_numbers(numbers: &[f32], sentences: usize) -> Raw {
        let (heard, answer) = numbers.split_at(sentences * LABELS);
        let heard = heard.as_chunks::<LABELS>().0;
        let part = |from: usize| heard.iter().map(move |h| &h[from..]);
        Raw {
            roles: part(0).map(array).collect(),
            tags: part(ROLES).map(array).collect(),
            cues: part(ROLES + TAGS).map(array).collect(),
            answer: answer.to_vec(),
        }
    }
}

/// The first numbers; as many must be there.
fn array<const N: usize>(numbers: &[f32]) -> [f32; N] {
    std::array::from_fn(|i| numbers.get(i).copied().unwrap_or_default())
}

impl Embedded {
    /// Takes the model out of the binary. Nothing is read from disk or network.
    ///
    /// # Errors
    /// [`ModelError::Broken`] when the embedded files do not fit together: a fault of ours.
    pub fn load() -> Result<Embedded, ModelError> {
        let known = Known::parse(KNOWN, HIDDEN)?;
        Ok(Embedded { known, ..Embedded::from_bytes(WEIGHTS, READOUT)? })
    }

    /// Takes another model of the same shape from a folder with `model.safetensors` and `readout.json`.
    ///
    /// # Errors
    /// When a file can't be read, a tensor is missing or of another shape, or the two are not of one training.
    pub fn read(folder: &Path) -> Result<Embedded, ModelError> {
        let file = |name: &str| {
            let path = folder.join(name);
            std::fs::read(&path).map_err(|source| ModelError::Read { path, source })
        };
        let weights = file("model.safetensors")?;
        let model = Embedded::from_bytes(&weights, &file("readout.json")?)?;
        if model.was_fitted_for(&weights) {
            Ok(model)
        } else {
            Err(ModelError::Broken("readout.json was fitted for other weights".to_owned()))
        }
    }

    fn from_bytes(weights: &[u8], readout: &[u8]) -> Result<Embedded, ModelError> {
        let (network, readout) = rayon::join(|| Network::load(WORDS, weights), || Readout::parse(readout));
        Ok(Embedded { network: network?, readout: readout?, known: Known::nothing(), cache: None })
    }

    /// The same, with what it says of answers kept in a cache.
    #[must_use]
    pub fn remembering(self, cache: Option<Cache>) -> Embedded {
        Embedded { cache, ..self }
    }

    /// Whether the weights in the binary, hashed now, are those for which its readout was fitted: the fine-tuned ones
    /// and the word vectors.
    #[must_use]
    pub fn is_whole(&self) -> bool {
        self.was_fitted_for(WEIGHTS)
    }

    fn was_fitted_for(&self, weights: &[u8]) -> bool {
        hex_digest(weights) == self.readout.sha256 && hex_digest(WORDS) == self.readout.words_sha256
    }

    /// What the network says of sentences, before calibration.
    ///
    /// # Errors
    /// [`ModelError`]; never because of what the sentences say.
    pub fn raw(&self, sentences: &[&str]) -> Result<Raw, ModelError> {
        let compute = || Ok(self.computed(sentences)?.numbers());
        let numbers = self.remembered(ASKED, sentences, sentences.len() * LABELS + ANSWER, compute)?;
        Ok(Raw::from_numbers(&numbers, sentences.len()))
    }

    /// So many numbers: from the cache if it has them, else computed and kept there.
    fn remembered(
        &self,
        asked: &[u8],
        texts: &[&str],
        count: usize,
        compute: impl FnOnce() -> Result<Vec<f32>, ModelError>,
    ) -> Result<Vec<f32>, ModelError> {
        let Some(cache) = &self.cache else { return compute() };
        let key = self.key(asked, texts);
        match cache.get(&key).filter(|kept| kept.len() == count) {
            Some(kept) => Ok(kept),
            None => compute().inspect(|numbers| cache.put(&key, numbers)),
        }
    }

    fn key(&self, asked: &[u8], texts: &[&str]) -> Key {
        let asked = [asked, self.readout.sha256.as_bytes(), self.readout.words_sha256.as_bytes()];
        Key::of(asked.into_iter().chain(texts.iter().map(|s| s.as_bytes())))
    }

    fn computed(&self, sentences: &[&str]) -> Result<Raw, ModelError> {
        self.raw_of(&tokens(sentences)?)
    }

    /// How sure the network is of each space in a text that a sentence ends there: logits, none if it has not learned it.
    ///
    /// # Errors
    /// [`ModelError`]; never because of what the text says.
    pub fn end_logits(&self, text: &str) -> Result<Vec<f32>, ModelError> {
        let words: Vec<&str> = text.split(' ').collect();
        self.remembered(ENDS_ASKED, &[text], words.len() - 1, || self.network.ends(&tokens(&words)?))
    }

    /// What the network says of one sentence at least, by the tokens, one at least and 250 at most of each: what is measured apart
    /// from reading the text.
    ///
    /// # Errors
    /// [`ModelError`]; never because of what the sentences say.
    ///
    /// # Panics
    /// When a token is none of the vocabulary: a fault of the caller.
    pub fn raw_of(&self, tokens: &[Vec<u32>]) -> Result<Raw, ModelError> {
        let vectors = self.network.sentences(tokens)?;
        Ok(self.network.heads(&vectors))
    }
}

fn tokens(sentences: &[&str]) -> Result<Vec<Vec<u32>>, ModelError> {
    sentences
        .iter()
        .map(|s| {
            let mut ids = wordpiece::tokens(s)?;
            ids.truncate(SENTENCE_TOKENS);
            Ok(if ids.is_empty() { vec![wordpiece::UNKNOWN] } else { ids })
        })
        .collect()
}

fn hex_digest(bytes: &[u8]) -> String {
    Sha256::digest(bytes).iter().map(|b| format!("{b:02x}")).collect()
}

impl Encoder for Embedded {
    fn info(&self) -> ModelInfo {
        ModelInfo {
            id: self.readout.id.clone(),
            sha256: self.readout.sha256.clone(),
            device: "cpu".to_owned(),
        }
    }

    fn hear(&self, answer: &Answer) -> Result<Evidence, ModelError> {
        let sentences: Vec<&str> = answer.sentences.iter().map(|s| s.text.as_str()).collect();
        if sentences.is_empty() {
            return Ok(self.readout.silence());
        }
        let raw = self.raw(&sentences)?;
        Ok(self.readout.judge(&sentences, &raw))
    }

    fn ends(&self, text: &str) -> Result<Vec<bool>, ModelError> {
        let Some(cutting) = &self.readout.ends else { return Ok(Vec::new()) };
        Ok(cutting.cut(&self.end_logits(text)?, text))
    }

    fn embed(&self, texts: &[&str]) -> Result<Vec<Vec<f32>>, ModelError> {
        texts
            .iter()
            .map(|text| match self.known.get(text) {
                Some(vector) => Ok(vector.clone()),
                None => self.remembered(LIKENESS_ASKED, &[text], HIDDEN, || {
                    Ok(self.network.likeness(&self.network.sentences(&tokens(&[text])?)?[0]))
                }),
            })
            .collect()
    }

    fn form_ahead(&self) -> f32 {
        self.readout.form_ahead
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_in_the_cache_is_not_computed_again() {
        let folder = std::env::temp_dir().join(format!("candor-encoder-cache-{}", std::process::id()));
        let plain = Embedded::load().unwrap();
        let model = Embedded::load().unwrap().remembering(Some(Cache::new(folder.clone())));
        let sentences = ["The export was late.", "I asked both leads for a date."];
        let computed = plain.raw(&sentences).unwrap();
        assert_eq!(model.raw(&sentences).unwrap(), computed);
        let cache = model.cache.as_ref().unwrap();
        let mut kept = cache.get(&model.key(ASKED, &sentences)).expect("an entry");
        assert_eq!(Raw::from_numbers(&kept, 2), computed);
        cache.put(&model.key(ASKED, &sentences), &kept[1..]);
        assert_eq!(model.raw(&sentences).unwrap(), computed, "too few numbers are not believed");
        kept[0] = 0.125;
        cache.put(&model.key(ASKED, &sentences), &kept);
        assert_eq!(model.raw(&sentences).unwrap().roles[0][0], 0.125, "read, and not computed");
        assert_ne!(model.raw(&sentences[..1]).unwrap().roles[0][0], 0.125, "another text");
        let question = "Tell me about a day on which you asked.";
        assert_eq!(model.embed(&[question]).unwrap(), plain.embed(&[question]).unwrap());
        assert!(cache.get(&model.key(LIKENESS_ASKED, &[question])).is_some());
        std::fs::remove_dir_all(folder).unwrap();
    }
}
