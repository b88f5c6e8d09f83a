//! Holds what a model writes to a JSON schema, by llguidance.

use std::sync::Arc;

use candle_core::{Device, Tensor};
use candle_transformers::generation::LogitsProcessor;
use llguidance::api::{StopReason, TopLevelGrammar};
use llguidance::earley::SlicedBiasComputer;
use llguidance::toktrie::{
    InferenceCapabilities, SimpleVob, TokEnv, TokRxInfo, TokTrie, TokenId, TokenizerEnv,
};
use llguidance::{Matcher, ParserFactory};
use serde_json::{Value, json};

use super::LlmError;
use super::vocabulary::Vocabulary;

/// What is the same for all schemas: made once a process, in about a second for 150,000 tokens.
pub(super) struct Grammar(ParserFactory);

/// A text that is being written under a schema.
pub(super) struct Pen(Matcher);

impl Grammar {
    /// `end` is the token that ends a turn.
    pub(super) fn new(vocabulary: Arc<Vocabulary>, end: u32) -> Result<Grammar, LlmError> {
        let words = vocabulary.all_bytes();
        let trie = TokTrie::from(&TokRxInfo::new(words.len() as u32, end), words);
        let env: TokEnv = Arc::new(Env { vocabulary, trie });
        let can = InferenceCapabilities { ff_tokens: true, ..InferenceCapabilities::default() };
        let slices = SlicedBiasComputer::general_slices();
        let mut factory = ParserFactory::new(&env, can, &slices).map_err(|e| LlmError::Grammar(e.into()))?;
        factory.quiet();
        factory.limits_mut().verbose_errors = false;
        Ok(Grammar(factory))
    }

    /// Begins a text of a schema. Without a word of the schema on it, no white space is written between its parts: a
    /// model that is not good at JSON writes it without end.
    pub(super) fn start(&self, schema: &Value) -> Result<Pen, LlmError> {
        let mut schema = schema.clone();
        if let Some(root) = schema.as_object_mut() {
            root.entry("x-guidance").or_insert_with(|| json!({ "whitespace_flexible": false }));
        }
        let parser = self.0.create_parser(TopLevelGrammar::from_json_schema(schema));
        Ok(Pen(Matcher::new(Ok(parser.map_err(|e| LlmError::Grammar(e.into()))?))))
    }
}

impl Pen {
    /// Takes the tokens that must come next, if only one way is open.
    pub(super) fn forced(&mut self) -> Result<Vec<u32>, LlmError> {
        let tokens = self.0.consume_ff_tokens();
        if self.0.is_error() {
            return Err(self.broken());
        }
        Ok(tokens)
    }

    /// The token with the highest logit among those that may come next; of equals, the one with the lowest id.
    pub(super) fn likeliest(&mut self, logits: &[f32]) -> Result<u32, LlmError> {
        let mask = self.mask()?;
        likeliest(&mask, logits).ok_or_else(|| LlmError::Grammar("no token may come next".into()))
    }

    /// One of the tokens that may come next, by chance and as likely as the sampler makes it.
    pub(super) fn drawn(&mut self, logits: &[f32], sampler: &mut LogitsProcessor) -> Result<u32, LlmError> {
        let mask = self.mask()?;
        let mut allowed = vec![f32::NEG_INFINITY; logits.len()];
        mask.iter_set_entries(|token| {
            if let (Some(to), Some(logit)) = (allowed.get_mut(token), logits.get(token)) {
                *to = *logit;
            }
        });
        let failed = |e: candle_core::Error| LlmError::Grammar(e.into());
        let allowed = Tensor::new(allowed, &Device::Cpu).map_err(failed)?;
        sampler.sample(&allowed).map_err(failed)
    }

    fn mask(&mut self) -> Result<SimpleVob, LlmError> {
        self.0.compute_mask_or_eos().map_err(|e| LlmError::Grammar(e.into()))
    }

    /// Writes a token.
    pub(super) fn take(&mut self, token: u32) -> Result<(), LlmError> {
        self.0.consume_token(token).map_err(|e| LlmError::Grammar(e.into()))
    }

    /// Whether the text has come to its end.
    pub(super) fn is_done(&self) -> Result<bool, LlmError> {
        match self.0.stop_reason() {
            StopReason::NotStopped => Ok(false),
            StopReason::NoExtension | StopReason::EndOfSentence | StopReason::NoExtensionBias => Ok(true),
            _ => Err(self.broken()),
        }
    }

    fn broken(&self) -> LlmError {
        let why = self.0.get_error().unwrap_or_else(|| format!("{:?}", self.0.stop_reason()));
        LlmError::Grammar(why.into())
    }
}

fn likeliest(mask: &SimpleVob, logits: &[f32]) -> Option<u32> {
    let mut best: Option<(usize, f32)> = None;
    mask.iter_set_entries(|token| {
        if let Some(&logit) = logits.get(token)
            && best.is_none_or(|(_, highest)| logit > highest)
        {
            best = Some((token, logit));
        }
    });
    best.map(|(token, _)| token as u32)
}

/// What llguidance knows of the tokens.
struct Env {
    vocabulary: Arc<Vocabulary>,
    trie: TokTrie,
}

impl TokenizerEnv for Env {
    fn tok_trie(&self) -> &TokTrie {
        &self.trie
    }

    fn tokenize_bytes(&self, bytes: &[u8]) -> Vec<TokenId> {
        let text = std::str::from_utf8(bytes).ok();
        let tokens = text.and_then(|text| self.vocabulary.encode(text).ok());
        // a normalizer may have changed the text, and then its tokens are of another one
        let same = |tokens: &Vec<u32>| tokens.iter().flat_map(|&t| self.vocabulary.text(t)).eq(bytes);
        tokens.filter(same).unwrap_or_else(|| self.trie.greedy_tokenize(bytes))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn of_equals_the_lowest_id_is_taken_and_padding_never() {
        let mut mask = SimpleVob::alloc(200);
        for token in [3, 70, 71, 150] {
            mask.allow_token(token);
        }
        let mut logits = vec![5.0; 150];
        assert_eq!(likeliest(&mask, &logits), Some(3));
        logits[71] = 6.0;
        assert_eq!(likeliest(&mask, &logits), Some(71));
        logits[..72].fill(-1e9);
        assert_eq!(likeliest(&mask, &logits), Some(3));
        assert_eq!(likeliest(&mask, &[0.0; 3]), None);
    }
}
