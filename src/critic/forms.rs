//! Which form of the guide a question is asked in: the one whose examples it is most like.

use crate::guide::{Form, Guide};
use crate::model::{Encoder, ModelError};

/// A form's likeness is the mean over so many of its nearest examples, so that one odd example decides nothing.
/// Source: `training/alike.py`, which chooses the thresholds; `candor eval training/texts/questions.jsonl` measures it.
const NEAREST: usize = 2;

/// The form of the guide that the question is asked in, if any.
pub(super) fn nearest<'g>(
    encoder: &dyn Encoder,
    guide: &'g Guide,
    question: &str,
) -> Result<Option<&'g Form>, ModelError> {
    let mut texts = vec![question];
    texts.extend(guide.form.iter().flat_map(|f| f.examples.iter().map(String::as_str)));
    let vectors = encoder.embed(&texts)?;
    let Some((asked, mut examples)) = vectors.split_first() else { return Ok(None) };
    let mut forms: Vec<(f32, &Form)> = Vec::with_capacity(guide.form.len());
    for form in &guide.form {
        let (own, rest) = examples.split_at(form.examples.len());
        examples = rest;
        let mut likeness: Vec<f32> = own.iter().map(|v| dot(asked, v)).collect();
        likeness.sort_by(|a, b| b.total_cmp(a));
        likeness.truncate(NEAREST);
        forms.push((likeness.iter().sum::<f32>() / likeness.len().max(1) as f32, form));
    }
    forms.sort_by(|a, b| b.0.total_cmp(&a.0));
    let next = forms.get(1).map_or(f32::NEG_INFINITY, |f| f.0);
    let alike = encoder.alike();
    Ok(forms.first().filter(|f| f.0 >= alike.like && f.0 - next >= alike.ahead).map(|f| f.1))
}

fn dot(a: &[f32], b: &[f32]) -> f32 {
    a.iter().zip(b).map(|(x, y)| x * y).sum()
}
