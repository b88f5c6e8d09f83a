//! What a language model says of an answer by a guide: the roles of its sentences and its mistakes as probabilities,
//! read from logits, and the critique in words, written under a schema and kept to what the answer says.
//!
//! The words never change a level, a score or a finding.
//!
//! May import: `model`, `evidence`, `guide`, `report`, `text`.

mod ask;
mod calibration;
mod extent;
mod ground;
mod load;
mod pool;
mod prompts;
mod words;

use std::ops::ControlFlow;
use std::sync::{Mutex, PoisonError};

use crate::evidence::Evidence;
use crate::guide::Guide;
use crate::model::{Generator, ModelError, ModelInfo};
use crate::report::{Finding, Words};
use crate::text::Answer;

pub use ask::Opinion;
pub use calibration::{Calibration, CalibrationError};
pub use load::Load;
pub(crate) use pool::odds;
pub use pool::{Engine, Pooling, Scaling};

use extent::Extent;
use prompts::Prompts;

/// Why a language model gives no judgement.
#[derive(Debug, thiserror::Error)]
pub enum JudgeError {
    /// The model failed, or the guide does not fit it.
    #[error(transparent)]
    Model(#[from] ModelError),
    /// The prompts in the binary can't be read: a fault of ours.
    #[error("prompts/judge.toml is not valid")]
    Prompts(#[source] Box<toml::de::Error>),
    /// A prompt can't be filled: a fault of ours.
    #[error("a prompt cannot be filled")]
    Fill(#[from] minijinja::Error),
    /// The model's vocabulary lacks a token that the questions need.
    #[error(
        "model {model} has no single token for {text:?}, so it can't be asked; choose another (`candor models list`)"
    )]
    Vocabulary {
        /// The model's id.
        model: String,
        /// What is no token of it.
        text: &'static str,
    },
    /// What the model wrote is no JSON of the schema although the grammar held it to that: a fault of ours.
    #[error("the critique in words is not what the schema asks for")]
    Words(#[source] serde_json::Error),
}

/// A language model that judges and writes.
pub struct Judge {
    generator: Mutex<Box<dyn Generator>>,
    prompts: Prompts,
}

impl Judge {
    /// A judge that asks `generator`.
    ///
    /// # Errors
    /// [`JudgeError::Prompts`] when the prompts in the binary are broken.
    pub fn new(generator: Box<dyn Generator>) -> Result<Judge, JudgeError> {
        Ok(Judge { generator: Mutex::new(generator), prompts: Prompts::built_in()? })
    }

    /// What is known of the model.
    #[must_use]
    pub fn model(&self) -> ModelInfo {
        self.lock().info()
    }

    /// The version of the prompts.
    #[must_use]
    pub fn prompts_version(&self) -> u32 {
        self.prompts.version
    }

    /// Tokens that the model has read since it was opened.
    #[must_use]
    pub fn tokens_read(&self) -> u64 {
        self.lock().tokens_read()
    }

    /// Reads the guide, which all answers by it begin with, and says what is asked of them. Where that is not done it
    /// is read with the first answer.
    ///
    /// # Errors
    /// When the model fails or can't be asked, or the guide does not fit into its context.
    pub fn begin(&self, guide: &Guide) -> Result<Load, JudgeError> {
        let mut generator = self.lock();
        let load = Load::of(generator.as_ref(), &self.prompts, guide)?;
        let text = self.guide(generator.as_ref(), guide)?;
        let before = generator.tokens_read();
        generator.read(&text)?;
        Ok(Load { guide: generator.tokens_read() - before, ..load })
    }

    /// Asks a few of the questions about nothing, to show how long that takes: each of their tokens looks back on more
    /// than those of the guide do. Gives how many it were.
    ///
    /// # Errors
    /// When the model fails or can't be asked, or the guide and the questions do not fit into its context.
    pub fn try_asking(&self, guide: &Guide) -> Result<u64, JudgeError> {
        let mut generator = self.lock();
        let text = self.guide(generator.as_ref(), guide)?;
        let before = generator.tokens_read();
        load::try_asking(generator.as_mut(), &self.prompts, guide, &text)?;
        Ok(generator.tokens_read() - before)
    }

    /// Writes a little about nothing, to show how fast the model writes; `each` is called as for [`Judge::words`].
    ///
    /// # Errors
    /// When the model fails, or the guide does not fit into its context.
    pub fn try_writing(
        &self,
        guide: &Guide,
        each: &mut dyn FnMut(&str) -> ControlFlow<()>,
    ) -> Result<(), JudgeError> {
        let mut generator = self.lock();
        let mut prompt = self.guide(generator.as_ref(), guide)?;
        prompt.extend_from_slice(&generator.frame().tail);
        generator.write(&prompt, &words::trial(), words::TRIED, each)?;
        Ok(())
    }

    /// A generator that panicked while it was asked is asked again: it holds no half-made state over a call.
    fn lock(&self) -> std::sync::MutexGuard<'_, Box<dyn Generator>> {
        self.generator.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// The roles of the sentences and the mistakes of the answer, as the model has them. Mistakes are those that
    /// `evidence` has a judgement on. An answer that is longer than the context is read in overlapping windows.
    ///
    /// # Errors
    /// When the model fails, or the guide and the beginning of a sentence do not fit into its context.
    pub fn opinion(
        &self,
        answer: &Answer,
        guide: &Guide,
        evidence: &Evidence,
    ) -> Result<Opinion, JudgeError> {
        let mut generator = self.lock();
        let begun = self.guide(generator.as_ref(), guide)?;
        ask::opinion(generator.as_mut(), &self.prompts, &begun, &ask::Asked { answer, guide, evidence })
    }

    /// The critique in words: the parts that came to their end, or none where none did. `each` is given what is written so far and
    /// may end it. Of an answer that is longer than the
    /// context the sentences of the findings are read, and those around them.
    ///
    /// # Errors
    /// When the model fails, or the guide and the findings do not fit into its context.
    pub fn words(
        &self,
        answer: &Answer,
        guide: &Guide,
        findings: &[Finding],
        each: &mut dyn FnMut(&str) -> ControlFlow<()>,
    ) -> Result<Option<Words>, JudgeError> {
        let mut generator = self.lock();
        let told: Vec<&Finding> = findings.iter().take(words::MOST_WEAKNESSES).collect();
        let asked = generator.encode(&self.prompts.critique(&told)?)?;
        let mut prompt = self.guide(generator.as_ref(), guide)?;
        let free = (words::PARTS + told.len()) * words::USUAL_TOKENS;
        let free = free.min(generator.context() / 4);
        let taken = prompt.len() + asked.len() + generator.frame().tail.len() + free;
        let room = generator.context().saturating_sub(taken);
        let named: Vec<usize> = told.iter().flat_map(|f| f.sentences.iter().copied()).collect();
        let extent = Extent::of(generator.as_ref(), &self.prompts, answer)?;
        let (reads, text) = extent.chosen(&named, room)?;
        prompt.extend(text);
        prompt.extend(asked);
        prompt.extend_from_slice(&generator.frame().tail);
        let schemas = words::schemas(&told, &reads);
        let written = generator.write(&prompt, &schemas, words::MOST_TOKENS, each)?;
        if written.iter().all(|part| !part.complete) {
            return Ok(None);
        }
        Ok(Some(ground::keep(words::parse(&written)?, answer)))
    }

    /// The tokens of the chat up to where the answer begins: the same for all answers.
    fn guide(&self, generator: &dyn Generator, guide: &Guide) -> Result<Vec<u32>, JudgeError> {
        let frame = generator.frame();
        let mut text = frame.head.clone();
        text.extend(generator.encode(&self.prompts.system(guide)?)?);
        text.extend_from_slice(&frame.middle);
        Ok(text)
    }
}

#[cfg(test)]
pub(crate) mod scripted;
#[cfg(test)]
mod tests;
