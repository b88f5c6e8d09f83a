//! The critic: an answer in, what a model hears in it, and the report by a guide.
//!
//! May import: `model`, `detect`, `score`, `evidence`, `guide`, `report`, `text`.

mod assemble;
mod forms;
mod selection;

use crate::guide::{Form, Guide};
use crate::model::{Encoder, ModelError, ModelInfo};
use crate::report::Report;
use crate::text::Answer;

pub use assemble::{Options, report};
pub use selection::{Selection, UnknownMistake};

/// Answers in, reports out.
pub struct Critic {
    encoder: Box<dyn Encoder>,
    guide: Guide,
}

impl Critic {
    /// A critic that hears with `encoder` and judges by `guide`.
    #[must_use]
    pub fn new(encoder: Box<dyn Encoder>, guide: Guide) -> Critic {
        Critic { encoder, guide }
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
    /// When the model fails; never because of what the answer says.
    pub fn critique(&self, answer: &Answer, selection: &Selection) -> Result<Report, ModelError> {
        let evidence = self.encoder.hear(answer)?;
        let form = match &answer.question {
            Some(question) => self.form(question)?,
            None => None,
        };
        let select = |id: &str| selection.wants(id);
        Ok(report(answer, &evidence, &self.guide, &Options { form, select: &select }))
    }
}
