//! What a GGUF file says of chats.

use std::path::Path;

use super::DecoderError;
use super::gguf::{Gguf, Value};

/// How a model's file has it that chats are written.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Chat {
    /// Jinja.
    pub template: Option<String>,
    /// The token at the beginning of a text.
    pub bos: Option<u32>,
    /// The token at its end.
    pub eos: Option<u32>,
}

impl Chat {
    /// Reads it from a GGUF file.
    ///
    /// # Errors
    /// When the file can't be read or is damaged.
    pub fn read(path: &Path) -> Result<Chat, DecoderError> {
        let file = Gguf::open(path)?;
        let token = |key: &str| match file.value(key) {
            Some(Value::Whole(id)) => u32::try_from(*id).ok(),
            _ => None,
        };
        let template = match file.value("tokenizer.chat_template") {
            Some(Value::Text(text)) => Some(text.clone()),
            _ => None,
        };
        let (bos, eos) = (token("tokenizer.ggml.bos_token_id"), token("tokenizer.ggml.eos_token_id"));
        Ok(Chat { template, bos, eos })
    }
}
