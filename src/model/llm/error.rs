//! What can go wrong between a language model's files and its words.

use std::path::PathBuf;

use crate::model::decoder::Architecture;

/// Why a language model can't be put together or asked.
#[derive(Debug, thiserror::Error)]
pub enum LlmError {
    /// A file can't be read.
    #[error("cannot read {}", path.display())]
    Read {
        /// The file.
        path: PathBuf,
        /// The cause.
        source: std::io::Error,
    },
    /// A `tokenizer.json` that can't be understood.
    #[error("{} is no tokenizer", path.display())]
    Vocabulary {
        /// The file.
        path: PathBuf,
        /// The cause.
        source: Box<dyn std::error::Error + Send + Sync>,
    },
    /// The tokenizer has more tokens than the weights know.
    #[error(
        "the tokenizer and the weights are not of one model: {tokens} tokens, {logits} known to the weights"
    )]
    Mismatch {
        /// Tokens of the tokenizer.
        tokens: usize,
        /// Tokens of the weights.
        logits: usize,
    },
    /// The weights are of another architecture than they are said to be.
    #[error("the weights are of the architecture {found}, the manifest says {said}")]
    Architecture {
        /// As it was said.
        said: Architecture,
        /// As it is in the file.
        found: Architecture,
    },
    /// There is no chat template of that id in the binary.
    #[error("unknown chat template `{id}`; known are {known}")]
    NoTemplate {
        /// As it was given.
        id: String,
        /// Every id, comma-separated.
        known: String,
    },
    /// The model's file has no chat template.
    #[error("{} has no chat template of 64 KiB at most; take a model that is tuned to follow instructions, or name it in a manifest with `template = \"chatml\"`", path.display())]
    Untemplated {
        /// The file.
        path: PathBuf,
    },
    /// The chat template can't be rendered.
    #[error("the chat template cannot be used")]
    Template(#[source] Box<minijinja::Error>),
    /// The chat template does something to a chat that candor can't follow.
    #[error("the chat template cannot be used: {0}")]
    Frame(&'static str),
    /// What is to be read and written is more than the model takes.
    #[error(
        "{tokens} tokens are more than fit into the context of {context}; a shorter guide or a model of a longer context helps"
    )]
    Long {
        /// Tokens of the prompt, and at least one to be written.
        tokens: usize,
        /// Tokens that fit.
        context: usize,
    },
    /// The caller's tokens or branches make no question: a fault of ours.
    #[error("cannot ask the model: {0}")]
    Input(String),
    /// The schema can't be made a grammar, or the grammar failed: a fault of ours.
    #[error("the grammar of the text failed")]
    Grammar(#[source] Box<dyn std::error::Error + Send + Sync>),
    /// What was written is no text although the grammar held the model to that: a fault of ours.
    #[error("the model wrote bytes that are no text")]
    NotText(#[from] std::str::Utf8Error),
}
