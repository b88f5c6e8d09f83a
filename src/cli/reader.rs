//! A critic put together with the models that it hears with, for each command that critiques.

use anyhow::Result;

use super::llm::Opened;
use crate::critic::Critic;
use crate::guide::Guide;
use crate::model::{Encoder, ModelInfo};
use crate::render::SecondModel;

/// A critic, and what is said of its models.
pub(super) struct Reader {
    pub(super) critic: Critic,
    pub(super) model: ModelInfo,
    /// The language model, if one is asked.
    pub(super) second: Option<SecondModel>,
}

impl Reader {
    /// A critic that hears with an encoder, and with a language model beside it where one is open.
    pub(super) fn new(encoder: Box<dyn Encoder>, guide: Guide, opened: Option<&Opened>) -> Result<Reader> {
        let critic = Critic::new(encoder, guide);
        let model = critic.model();
        let Some(opened) = opened else { return Ok(Reader { critic, model, second: None }) };
        let second = opened.beside(&model.sha256, critic.guide())?;
        let shown = SecondModel {
            model: second.judge.model(),
            engine: second.engine.id(),
            prompts: second.judge.prompts_version(),
            seed: opened.seed(),
        };
        Ok(Reader { critic: critic.with(second), model, second: Some(shown) })
    }
}
