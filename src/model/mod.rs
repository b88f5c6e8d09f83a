//! The models that hear what is in an answer. No tensor crosses this boundary.
//!
//! May import: `evidence`, `text`, `wording`.

pub mod cache;
pub mod decoder;
pub mod digest;
pub mod encoder;
mod home;
mod kernel;
pub(crate) mod lasting;
pub mod llm;
pub mod manifest;
pub mod store;
mod workers;

use std::ops::ControlFlow;
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
    /// A local language model can't be read or run.
    #[error(transparent)]
    Decoder(#[from] decoder::DecoderError),
    /// The tokenizer failed: a fault of ours.
    #[error("the tokenizer failed")]
    Tokenizer(#[source] tokenizers::Error),
    /// A language model can't be put together, asked, or held to its grammar.
    #[error(transparent)]
    Llm(#[from] llm::LlmError),
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

    /// Of each space in a text that runs on without stops whether a sentence ends there; nothing from a model that can't tell.
    /// Between its words stands one space.
    ///
    /// # Errors
    /// [`ModelError`], as for [`Encoder::hear`].
    fn ends(&self, text: &str) -> Result<Vec<bool>, ModelError>;

    /// One unit vector a text; the nearer two are (dot product), the more alike the texts.
    ///
    /// # Errors
    /// [`ModelError`], as for [`Encoder::hear`].
    fn embed(&self, texts: &[&str]) -> Result<Vec<Vec<f32>>, ModelError>;

    /// How far the score of a question's form must be ahead of all others, where scores are learned from the vectors of
    /// [`Encoder::embed`] (`src/critic/ridge.rs`).
    fn form_ahead(&self) -> f32;
}

/// The tokens that stand around the texts of a chat of one system text and one user text, thinking off.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Frame {
    /// Before the system text.
    pub head: Vec<u32>,
    /// Between the system text and the user's.
    pub middle: Vec<u32>,
    /// After the user's text, up to where the assistant speaks.
    pub tail: Vec<u32>,
}

/// What a language model wrote.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Written {
    /// The text.
    pub text: String,
    /// Whether it came to its end; what was cut may end anywhere.
    pub complete: bool,
}

/// A language model: tokens in, probabilities and constrained text out.
///
/// A call remembers what the last one read, and reads only what follows the beginning that both share. What it gives
/// does not depend on what was asked before, unless its text goes on where the last one's ended: a prompt after the prefix
/// of branches does, and another answer doesn't, where the prefix has a mark at its end. After an error it is as usable
/// as before.
pub trait Generator: Send {
    /// What is known of the model.
    fn info(&self) -> ModelInfo;

    /// What stands around the texts of a chat.
    fn frame(&self) -> &Frame;

    /// The tokens of a text. What looks like a control token in it is text.
    ///
    /// # Errors
    /// [`ModelError::Tokenizer`]; never because of what the text says.
    fn encode(&self, text: &str) -> Result<Vec<u32>, ModelError>;

    /// The token of a text that is exactly one.
    fn single(&self, text: &str) -> Option<u32>;

    /// The most tokens that fit: prompt, and what is written after it.
    fn context(&self) -> usize;

    /// Tokens that the model has read since it was opened, its own words among them. What is remembered isn't read again.
    fn tokens_read(&self) -> u64;

    /// Reads the beginning of texts ahead, so that none of them has to wait for it.
    ///
    /// # Errors
    /// When it does not fit into the context; when the model fails.
    fn read(&mut self, beginning: &[u32]) -> Result<(), ModelError>;

    /// Reads each branch after `prefix` by itself, all in one forward, and gives the probabilities (softmax over the
    /// whole vocabulary) of the `wanted` tokens as the next one: `[branches][wanted]`. Branches that begin alike are
    /// read once up to where they part.
    ///
    /// # Errors
    /// When a branch is empty or a token is none of the vocabulary: a fault of the caller; when prefix and longest
    /// branch do not fit into the context; when the model fails.
    fn branch(
        &mut self,
        prefix: &[u32],
        branches: &[Vec<u32>],
        wanted: &[u32],
    ) -> Result<Vec<Vec<f32>>, ModelError>;

    /// Writes JSON of each schema after the prompt, at most `most` tokens a text and all together no more than the context has
    /// left, the likeliest that the schema allows one after the other. The texts are written side by side, a token of each in a
    /// pass, and know nothing of one another.
    ///
    /// `each` is given the first text that was not complete, so far, whenever there is more, and before each part of the prompt
    /// is read (nothing is written then); it may stop the writing. A complete text is JSON that its schema allows.
    ///
    /// # Errors
    /// When the prompt leaves no room in the context; when a schema can't be made a grammar; when the model fails.
    fn write(
        &mut self,
        prompt: &[u32],
        schemas: &[serde_json::Value],
        most: usize,
        each: &mut dyn FnMut(&str) -> ControlFlow<()>,
    ) -> Result<Vec<Written>, ModelError>;
}
