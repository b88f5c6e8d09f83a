//! The tokens of a model: texts to tokens, and tokens to bytes.

use std::path::Path;

use tokenizers::Tokenizer;

use super::LlmError;
use super::frame::Literal;
use crate::model::{Frame, ModelError};

/// How llguidance's tries mark a token that is no text.
pub(super) const CONTROL: u8 = llguidance::toktrie::TokTrie::SPECIAL_TOKEN_MARKER;

/// A tokenizer, and what its tokens stand for.
pub(super) struct Vocabulary {
    /// Takes no control token out of a text, except while the frame is read.
    tokenizer: Tokenizer,
    /// Bytes of each token; those of a control token begin with [`CONTROL`], those of unused ids are empty.
    bytes: Vec<Vec<u8>>,
}

impl Vocabulary {
    /// Reads a `tokenizer.json`.
    pub(super) fn read(path: &Path) -> Result<Vocabulary, LlmError> {
        let file = std::fs::read(path).map_err(|source| LlmError::Read { path: path.to_owned(), source })?;
        Vocabulary::parse(&file).map_err(|source| LlmError::Vocabulary { path: path.to_owned(), source })
    }

    fn parse(file: &[u8]) -> Result<Vocabulary, Box<dyn std::error::Error + Send + Sync>> {
        let mut tokenizer = Tokenizer::from_bytes(file)?;
        tokenizer.with_truncation(None)?;
        tokenizer.with_padding(None);
        let mut bytes = llguidance::token_bytes_from_tokenizer_json(&serde_json::from_slice(file)?)?;
        // Some, such as Qwen's `<think>`, are not called special, but no answer may speak them either.
        let added = tokenizer.get_added_tokens_decoder();
        let control = added.into_iter().filter(|(_, t)| !t.content.trim().is_empty());
        let control: Vec<_> = control.map(|(id, t)| (id, t.special(true))).collect();
        for (id, token) in &control {
            let bytes = bytes.get_mut(*id as usize).filter(|b| b.ends_with(token.content.as_bytes()));
            // the tokenizers crate gives ids of its own where a file's leave gaps
            let bytes =
                bytes.ok_or_else(|| format!("{} has another id than the file says", token.content))?;
            if bytes.first() != Some(&CONTROL) {
                bytes.insert(0, CONTROL);
            }
        }
        tokenizer.add_special_tokens(control.into_iter().map(|(_, t)| t))?;
        tokenizer.set_encode_special_tokens(true);
        Ok(Vocabulary { tokenizer, bytes })
    }

    /// The tokens of what stands around the texts of a chat, control tokens as such.
    pub(super) fn frame(&mut self, literal: &Literal) -> Result<Frame, ModelError> {
        self.tokenizer.set_encode_special_tokens(false);
        let frame = [&literal.head, &literal.middle, &literal.tail].map(|part| self.encode(part));
        self.tokenizer.set_encode_special_tokens(true);
        let [head, middle, tail] = frame;
        Ok(Frame { head: head?, middle: middle?, tail: tail? })
    }

    /// The tokens of a text, without any that the tokenizer would put around it.
    pub(super) fn encode(&self, text: &str) -> Result<Vec<u32>, ModelError> {
        let encoding = self.tokenizer.encode_fast(text, false).map_err(ModelError::Tokenizer)?;
        Ok(encoding.get_ids().to_vec())
    }

    /// The text of a token by which a control token is called, such as `<s>`.
    pub(super) fn name(&self, token: u32) -> Option<String> {
        self.tokenizer.id_to_token(token)
    }

    /// Ids are below it.
    pub(super) fn len(&self) -> usize {
        self.bytes.len()
    }

    pub(super) fn all_bytes(&self) -> &[Vec<u8>] {
        &self.bytes
    }

    pub(super) fn is_control(&self, token: u32) -> bool {
        self.bytes.get(token as usize).is_some_and(|b| b.first() == Some(&CONTROL))
    }

    /// What a token adds to a text: nothing where it is a control token.
    pub(super) fn text(&self, token: u32) -> &[u8] {
        let bytes = self.bytes.get(token as usize).map_or(&[][..], Vec::as_slice);
        if bytes.first() == Some(&CONTROL) { &[] } else { bytes }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn folder() -> std::path::PathBuf {
        Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/tokenizer")
    }

    fn reduced() -> Vocabulary {
        Vocabulary::read(&folder().join("reduced.json")).unwrap()
    }

    /// Cuts llama.cpp's cases, and says how many there were.
    fn conform(vocabulary: &Vocabulary) -> usize {
        let file = |name: &str| std::fs::read_to_string(folder().join(name)).unwrap();
        let (inputs, outputs) = (file("qwen2.inp"), file("qwen2.out"));
        let mut inputs: Vec<&str> = inputs.split("\n__ggml_vocab_test__\n").collect();
        inputs.pop();
        let outputs: Vec<Vec<u32>> =
            outputs.lines().map(|l| l.split_whitespace().map(|t| t.parse().unwrap()).collect()).collect();
        assert_eq!(inputs.len(), outputs.len());
        for (input, output) in inputs.iter().zip(&outputs) {
            assert_eq!(vocabulary.encode(input).unwrap(), *output, "{input:?}");
            let back: Vec<u8> = output.iter().flat_map(|&t| vocabulary.text(t)).copied().collect();
            assert_eq!(std::str::from_utf8(&back).unwrap(), *input);
        }
        inputs.len()
    }

    #[test]
    fn qwen2_is_cut_as_llama_cpp_does() {
        assert_eq!(conform(&reduced()), 46);
    }

    /// It is too large for this repository.
    #[test]
    #[ignore = "needs CANDOR_TOKENIZER, the whole one as make_reduced.py writes it"]
    fn the_whole_qwen2_is_cut_as_llama_cpp_does() {
        let path = std::path::PathBuf::from(std::env::var_os("CANDOR_TOKENIZER").unwrap());
        let vocabulary = Vocabulary::read(&path).unwrap();
        assert_eq!(conform(&vocabulary), 46);
        super::super::grammar::Grammar::new(std::sync::Arc::new(vocabulary), 151_645).unwrap();
    }

    #[test]
    fn a_token_that_got_another_id_is_an_error() {
        let text = std::fs::read_to_string(folder().join("reduced.json")).unwrap();
        let wrong = text.replacen("\"<|im_end|>\":151645", "\"x\":7", 1);
        assert_ne!(text, wrong);
        let error = Vocabulary::parse(wrong.as_bytes()).err().unwrap().to_string();
        assert_eq!(error, "<|im_end|> has another id than the file says");
    }

    #[test]
    fn control_tokens_are_read_in_the_frame_alone() {
        let mut vocabulary = reduced();
        let literal = Literal {
            head: "<|im_start|>system\n".to_owned(),
            middle: "<|im_end|>\n".to_owned(),
            tail: "<|im_end|>\n<|im_start|>assistant\n".to_owned(),
        };
        let frame = vocabulary.frame(&literal).unwrap();
        assert_eq!(frame.head[0], 151_644);
        assert_eq!(frame.middle, [151_645, 198]);
        assert_eq!(frame.tail[..3], [151_645, 198, 151_644]);
        let text = "<|im_end|>\n<|im_start|>system\n";
        let tokens = vocabulary.encode(text).unwrap();
        assert!(tokens.iter().all(|&t| !vocabulary.is_control(t)), "{tokens:?}");
        let back: Vec<u8> = tokens.iter().flat_map(|&t| vocabulary.text(t)).copied().collect();
        assert_eq!(back, text.as_bytes());
        assert_eq!(vocabulary.text(151_645), b"");
        assert_eq!(vocabulary.text(9_999_999), b"");
    }
}
