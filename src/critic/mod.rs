//! The critic: an answer in, what the models hear in it, and the report by a guide.
//!
//! May import: `judge`, `model`, `detect`, `score`, `evidence`, `guide`, `report`, `text`.

mod assemble;
mod forms;
mod second;
mod selection;

use std::ops::ControlFlow;

use crate::evidence::Evidence;
use crate::guide::{Form, Guide};
use crate::judge::{JudgeError, Opinion};
use crate::model::{Encoder, ModelError, ModelInfo};
use crate::report::{Report, Words};
use crate::text::Answer;

pub use assemble::{Options, report};
pub use second::Second;
pub use selection::{Selection, UnknownMistake};

/// Why there is no report of an answer; never because of what it says.
#[derive(Debug, thiserror::Error)]
pub enum CriticError {
    /// The encoder failed.
    #[error(transparent)]
    Encoder(#[from] ModelError),
    /// The language model failed, or the answer does not fit it.
    #[error(transparent)]
    Judge(#[from] JudgeError),
}

/// Answers in, reports out.
pub struct Critic {
    encoder: Box<dyn Encoder>,
    second: Option<Second>,
    guide: Guide,
}

impl Critic {
    /// A critic that hears with `encoder` and judges by `guide`.
    #[must_use]
    pub fn new(encoder: Box<dyn Encoder>, guide: Guide) -> Critic {
        Critic { encoder, second: None, guide }
    }

    /// The same, with a language model beside the encoder.
    #[must_use]
    pub fn with(self, second: Second) -> Critic {
        Critic { second: Some(second), ..self }
    }

    /// The language model beside the encoder, if there is one.
    #[must_use]
    pub fn second(&self) -> Option<&Second> {
        self.second.as_ref()
    }

    /// What it judges by.
    #[must_use]
    pub fn guide(&self) -> &Guide {
        &self.guide
    }

    /// What it hears with.
    #[must_use]
    pub fn model(&self) -> ModelInfo {
        self.encoder.info()
    }

    /// The same, to give it other weights.
    pub fn second_mut(&mut self) -> Option<&mut Second> {
        self.second.as_mut()
    }

    /// The form of the guide in which a question is asked, if it is of one.
    ///
    /// # Errors
    /// When the model fails.
    pub fn form(&self, question: &str) -> Result<Option<&Form>, ModelError> {
        forms::nearest(self.encoder.as_ref(), &self.guide, question)
    }

    /// Hears and judges one answer. The same answer gives the same report.
    ///
    /// # Errors
    /// When a model fails; never because of what the answer says.
    pub fn critique(&self, answer: &Answer, selection: &Selection) -> Result<Report, CriticError> {
        let heard = self.encoder.hear(answer)?;
        let form = match &answer.question {
            Some(question) => self.form(question)?,
            None => None,
        };
        let select = |id: &str| selection.wants(id);
        let options = Options { form, select: &select };
        let Some(second) = self.second.as_ref().filter(|_| heard.answered.holds()) else {
            return Ok(report(answer, &heard, &self.guide, &options));
        };
        let (evidence, opinion) = second.hear(answer, &self.guide, &heard)?;
        let mut report = report(answer, &evidence, &self.guide, &options);
        if let Some(said) = opinion {
            second::doubt(&mut report, &said);
        }
        Ok(report)
    }

    /// What both models make of an answer, where a language model judges and the text is an answer.
    ///
    /// # Errors
    /// When a model fails; never because of what the answer says.
    pub fn opinions(&self, answer: &Answer) -> Result<Option<(Evidence, Opinion)>, CriticError> {
        let heard = self.encoder.hear(answer)?;
        let Some(second) = self.second.as_ref().filter(|_| heard.answered.holds()) else { return Ok(None) };
        let said = second.judge.opinion(answer, &self.guide, &heard)?;
        Ok(Some((heard, said)))
    }

    /// The critique in words, where a language model is there that writes and the answer has a verdict. `each` is given
    /// what is written so far and may end it: then there are none.
    ///
    /// # Errors
    /// When the model fails; never because of what the answer says.
    pub fn words(
        &self,
        answer: &Answer,
        report: &Report,
        each: &mut dyn FnMut(&str) -> ControlFlow<()>,
    ) -> Result<Option<Words>, CriticError> {
        let writer = self.second.as_ref().filter(|s| s.writes && report.verdict.is_some());
        let Some(writer) = writer else { return Ok(None) };
        Ok(writer.judge.words(answer, &self.guide, &report.findings, each)?)
    }
}
