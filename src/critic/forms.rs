//! Which form of the guide a question is asked in: the one whose examples it is most like.

use std::collections::HashMap;
use std::sync::{Mutex, PoisonError};

use crate::guide::{Form, Guide};
use crate::model::{Encoder, ModelError};

/// A form's likeness is the mean over so many of its nearest examples, so that one odd example decides nothing.
/// Source: `training/alike.py`, which chooses the thresholds; `candor eval training/texts/questions.jsonl` measures it.
const NEAREST: usize = 2;

/// Questions whose forms are remembered.
const MOST: usize = 1_000;

/// The forms of the questions that were asked already: thousands of stories are often told for a few questions.
#[derive(Default)]
pub(super) struct Known(Mutex<HashMap<String, Option<usize>>>);

impl Known {
    /// The form of the guide, always the same one, that the question is asked in, if any.
    pub(super) fn nearest<'g>(
        &self,
        encoder: &dyn Encoder,
        guide: &'g Guide,
        question: &str,
    ) -> Result<Option<&'g Form>, ModelError> {
        let known = || self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let before = known().get(question).copied();
        if let Some(place) = before {
            return Ok(place.map(|i| &guide.form[i]));
        }
        let place = nearest(encoder, guide, question)?;
        let mut known = known();
        if known.len() < MOST {
            known.insert(question.to_owned(), place);
        }
        Ok(place.map(|i| &guide.form[i]))
    }
}

/// The place of the form in the guide.
fn nearest(encoder: &dyn Encoder, guide: &Guide, question: &str) -> Result<Option<usize>, ModelError> {
    let mut texts = vec![question];
    texts.extend(guide.form.iter().flat_map(|f| f.examples.iter().map(String::as_str)));
    let vectors = encoder.embed(&texts)?;
    let Some((asked, mut examples)) = vectors.split_first() else { return Ok(None) };
    let mut forms: Vec<(f32, usize)> = Vec::with_capacity(guide.form.len());
    for (place, form) in guide.form.iter().enumerate() {
        let (own, rest) = examples.split_at(form.examples.len());
        examples = rest;
        let mut likeness: Vec<f32> = own.iter().map(|v| dot(asked, v)).collect();
        likeness.sort_by(|a, b| b.total_cmp(a));
        likeness.truncate(NEAREST);
        forms.push((likeness.iter().sum::<f32>() / likeness.len().max(1) as f32, place));
    }
    forms.sort_by(|a, b| b.0.total_cmp(&a.0));
    let next = forms.get(1).map_or(f32::NEG_INFINITY, |f| f.0);
    let alike = encoder.alike();
    Ok(forms.first().filter(|f| f.0 >= alike.like && f.0 - next >= alike.ahead).map(|f| f.1))
}

fn dot(a: &[f32], b: &[f32]) -> f32 {
    a.iter().zip(b).map(|(x, y)| x * y).sum()
}
