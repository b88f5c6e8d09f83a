//! What can go wrong between a model's files and its logits.

use std::path::PathBuf;

/// Why a decoder can't be read or run.
#[derive(Debug, thiserror::Error)]
pub enum DecoderError {
    /// A file can't be read.
    #[error("cannot read {}", path.display())]
    Read {
        /// The file.
        path: PathBuf,
        /// The cause.
        source: std::io::Error,
    },
    /// A file ends before what it announces, or announces what cannot be.
    #[error("{} is damaged or no model: {what}", path.display())]
    Malformed {
        /// The file.
        path: PathBuf,
        /// What is wrong with it.
        what: String,
    },
    /// A `config.json`, or the header of a safetensors file, that can't be understood.
    #[error("{} is damaged or no model", path.display())]
    Json {
        /// The file.
        path: PathBuf,
        /// The cause.
        source: serde_json::Error,
    },
    /// A model of another architecture than the three that are known.
    #[error("unsupported architecture `{0}`: llama, qwen2 and qwen3 are supported")]
    Architecture(String),
    /// A configuration value is missing, impossible, or of a kind that is not supported.
    #[error("unsupported model: {key} {what}")]
    Config {
        /// The value's name, as the file has it.
        key: String,
        /// What is wrong with it.
        what: String,
    },
    /// A tensor that the architecture needs is not there.
    #[error("the model has no tensor {0}")]
    MissingTensor(String),
    /// A tensor does not have the shape that the configuration asks for.
    #[error("tensor {name} has shape {found:?}, not {expected:?}")]
    Shape {
        /// The tensor.
        name: String,
        /// Its shape.
        found: Vec<usize>,
        /// The shape that it should have.
        expected: Vec<usize>,
    },
    /// A tensor is stored in a way that can't be read.
    #[error("tensor {name} is stored as {kind}, which is not supported")]
    Storage {
        /// The tensor.
        name: String,
        /// How it is stored.
        kind: String,
    },
    /// A weight is infinite or not a number.
    #[error("tensor {0} has a weight that is not finite")]
    Weight(String),
    /// What the model computed is infinite or not a number.
    #[error("the model computed {0} that are not finite")]
    NotFinite(&'static str),
    /// The caller's tokens, positions, mask or rows do not fit together or the model: a fault of ours.
    #[error("cannot run the decoder: {0}")]
    Input(String),
    /// The text is longer than the model was made for.
    #[error("{tokens} tokens are more than the model's context of {context}")]
    Context {
        /// Tokens up to the highest position.
        tokens: usize,
        /// The most that the model reads.
        context: usize,
    },
    /// A device that this build or this machine does not have.
    #[error("no device {device}: {what}")]
    Device {
        /// As `--device` names it.
        device: String,
        /// Why not.
        what: String,
    },
    /// The device computes something else than the CPU.
    #[error(
        "{device} computes wrongly: a fixed probe differs by {difference} of its spread from the CPU's; `--device cpu` \
         does without it"
    )]
    Probe {
        /// As `--device` names it.
        device: String,
        /// The largest difference of two logits over the standard deviation of all.
        difference: f32,
    },
    /// The tensor library failed: a fault of ours or of the machine.
    #[error("the decoder failed; where it runs on a graphics card, `--device cpu` does without it")]
    Tensor(#[from] candle_core::Error),
}

impl DecoderError {
    /// Whether the same model may run on another device: it is not its files that are at fault, or not for sure.
    pub(super) fn may_be_of_device(&self) -> bool {
        matches!(self, DecoderError::Probe { .. } | DecoderError::NotFinite(_) | DecoderError::Tensor(_))
    }
}
