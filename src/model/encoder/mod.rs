//! The embedded encoder: all-MiniLM-L6-v2 fine-tuned on annotated answers, in the binary.
//!
//! May import: `evidence`, `model`, `text`.

mod forward;
mod known;
mod readout;
mod weights;
mod windows;

use std::path::Path;

use sha2::{Digest, Sha256};
use tokenizers::Tokenizer;

use self::forward::{CUES, HIDDEN, Network};
use self::known::Known;
use self::readout::Readout;
use crate::evidence::Evidence;
use crate::model::{Alike, Encoder, ModelError, ModelInfo};
use crate::text::Answer;

static WEIGHTS: &[u8] = include_bytes!("../../../models/encoder/model.safetensors");
/// The base's word vectors; training leaves them as they are.
static WORDS: &[u8] = include_bytes!("../../../models/encoder/words.safetensors");
static TOKENIZER: &[u8] = include_bytes!("../../../models/encoder/tokenizer.json");
static KNOWN: &[u8] = include_bytes!("../../../models/encoder/known.safetensors");
static READOUT: &[u8] = include_bytes!("../../../models/encoder/readout.json");

/// Tokens of one sentence that are read; the rest of a longer one is not. Source: `training/data.py`.
const SENTENCE_TOKENS: usize = 250;
const UNKNOWN: u32 = 100;

/// The encoder in the binary.
pub struct Embedded {
    tokenizer: Tokenizer,
    network: Network,
    readout: Readout,
    known: Known,
}

/// What the network says before calibration; what the goldens compare.
#[derive(Clone, Debug)]
pub struct Raw {
    /// Role probabilities a sentence.
    pub roles: Vec<[f32; crate::evidence::ROLES]>,
    /// Tag logits a sentence.
    pub tags: Vec<[f32; crate::evidence::TAGS]>,
    /// Logits a sentence of what is heard for a judgement's sake alone: something after the delivery, words to the
    /// grader.
    pub cues: Vec<[f32; CUES]>,
    /// Logits of the answer: mistakes, categories, levels, answered.
    pub answer: Vec<f32>,
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
        let (network, (tokenizer, readout)) = rayon::join(
            || Network::load(WORDS, weights),
            || (Tokenizer::from_bytes(TOKENIZER).map_err(ModelError::Tokenizer), Readout::parse(readout)),
        );
        Ok(Embedded { tokenizer: tokenizer?, network: network?, readout: readout?, known: Known::nothing() })
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
        let tokens = self.tokens(sentences)?;
        let vectors = self.network.sentences(&tokens)?;
        self.network.heads(&vectors)
    }

    fn tokens(&self, sentences: &[&str]) -> Result<Vec<Vec<u32>>, ModelError> {
        sentences
            .iter()
            .map(|s| {
                let encoding = self.tokenizer.encode_fast(*s, false).map_err(ModelError::Tokenizer)?;
                let ids = encoding.get_ids();
                let ids = &ids[..ids.len().min(SENTENCE_TOKENS)];
                Ok(if ids.is_empty() { vec![UNKNOWN] } else { ids.to_vec() })
            })
            .collect()
    }
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

    fn embed(&self, texts: &[&str]) -> Result<Vec<Vec<f32>>, ModelError> {
        texts
            .iter()
            .map(|text| match self.known.get(text) {
                Some(vector) => Ok(vector.clone()),
                None => self.network.likeness(&self.network.sentences(&self.tokens(&[text])?)?[0]),
            })
            .collect()
    }

    fn alike(&self) -> Alike {
        self.readout.alike
    }
}
