//! Which form of the guide a question is asked in: the one whose examples it is most like.

use std::collections::HashMap;
use std::sync::{Mutex, OnceLock, PoisonError};

use super::ridge::Ridge;
use crate::guide::{Form, Guide};
use crate::model::{Encoder, ModelError};

/// Questions whose forms are remembered.
const MOST: usize = 1_000;

/// What was learned from the guide's examples, always the same ones, and the forms of the questions that were asked already:
/// thousands of stories are often told for a few questions.
#[derive(Default)]
pub(super) struct Forms {
    learned: OnceLock<Ridge>,
    known: Mutex<HashMap<String, Option<usize>>>,
}

impl Forms {
    /// The form of the guide that the question is asked in, if any.
    pub(super) fn nearest<'g>(
        &self,
        encoder: &dyn Encoder,
        guide: &'g Guide,
        question: &str,
    ) -> Result<Option<&'g Form>, ModelError> {
        let known = || self.known.lock().unwrap_or_else(PoisonError::into_inner);
        let before = known().get(question).copied();
        if let Some(place) = before {
            return Ok(place.map(|i| &guide.form[i]));
        }
        let place = self.place(encoder, guide, question)?;
        let mut known = known();
        if known.len() < MOST {
            known.insert(question.to_owned(), place);
        }
        Ok(place.map(|i| &guide.form[i]))
    }

    /// The place of the form in the guide.
    fn place(
        &self,
        encoder: &dyn Encoder,
        guide: &Guide,
        question: &str,
    ) -> Result<Option<usize>, ModelError> {
        let Some(asked) = encoder.embed(&[question])?.pop() else { return Ok(None) };
        let ridge = match self.learned.get() {
            Some(ridge) => ridge,
            None => {
                let ridge = learn(encoder, guide)?;
                self.learned.get_or_init(|| ridge)
            }
        };
        let mut scores: Vec<(usize, f32)> = ridge.scores(&asked).into_iter().enumerate().collect();
        scores.sort_by(|a, b| b.1.total_cmp(&a.1));
        let next = scores.get(1).map_or(f32::NEG_INFINITY, |next| next.1);
        let sure = |(place, score): &&(usize, f32)| {
            *place < guide.form.len() && score - next >= encoder.form_ahead()
        };
        Ok(scores.first().filter(sure).map(|first| first.0))
    }
}

/// A class a form of the guide, and one more of the questions of none.
fn learn(encoder: &dyn Encoder, guide: &Guide) -> Result<Ridge, ModelError> {
    let classes = guide.form.iter().map(|form| &form.examples).chain([&guide.no_form.examples]);
    let (mut texts, mut of) = (Vec::new(), Vec::new());
    for (class, examples) in classes.enumerate() {
        texts.extend(examples.iter().map(String::as_str));
        of.extend(examples.iter().map(|_| class));
    }
    Ok(Ridge::fit(&encoder.embed(&texts)?, &of, guide.form.len() + 1))
}
