//! The models that hear what is in an answer. No tensor crosses this boundary.
//!
//! May import: `evidence`, `text`, `wording`.

pub mod encoder;

use std::path::PathBuf;

use crate::evidence::Evidence;
use crate::text::Answer;

/// Why a model can't be used.
#[derive(Debug, thiserror::Error)]
pub enum ModelError {
    /// A model's file can't be read.
    #[error("cannot read {}", path.display())]
    Read {
        /// The file.
        path: PathBuf,
        /// The cause.
        source: std::io::Error,
    },
    /// The files of a model do not fit together; of the embedded one: a fault of ours.
    #[error("the model is broken: {0}")]
    Broken(String),
    /// The tensor library failed: a fault of ours or of the machine.
    #[error("the encoder failed")]
    Tensor(#[from] candle_core::Error),
    /// The tokenizer failed: a fault of ours.
    #[error("the tokenizer failed")]
    Tokenizer(#[source] tokenizers::Error),
}

/// What is known of a model without running it.
#[derive(Clone, Debug, PartialEq, Eq, serde::Serialize)]
pub struct ModelInfo {
    /// Its id, such as `candor-minilm-2`.
    pub id: String,
    /// sha256 of its weights, in hex.
    pub sha256: String,
    /// Where it runs, such as `cpu`.
    pub device: String,
}

/// Gives the evidence of an answer.
pub trait Encoder: Send + Sync {
    /// What is known of the model.
    fn info(&self) -> ModelInfo;

    /// Hears one answer, whatever its length. The same answer gives the same evidence to the bit.
    ///
    /// # Errors
    /// [`ModelError`]; never because of what the answer says.
    fn hear(&self, answer: &Answer) -> Result<Evidence, ModelError>;

    /// One unit vector a text; the nearer two are (dot product), the more alike the texts.
    ///
    /// # Errors
    /// [`ModelError`], as for [`Encoder::hear`].
    fn embed(&self, texts: &[&str]) -> Result<Vec<Vec<f32>>, ModelError>;
}
