//! Which form of the guide a question is asked in: the one whose examples it is most like.

use crate::guide::{Form, Guide};
use crate::model::{Encoder, ModelError};

/// Likeness (cosine) below which a question is of no form. `candor eval --questions` measures what it does.
const LIKE: f32 = 0.52;

/// The form of the guide that the question is asked in, if any.
///
/// A form's likeness is the mean over its two nearest examples, so that one odd example decides nothing.
pub(super) fn nearest<'g>(
    encoder: &dyn Encoder,
    guide: &'g Guide,
    question: &str,
) -> Result<Option<&'g Form>, ModelError> {
    let mut texts = vec![question];
    texts.extend(guide.form.iter().flat_map(|f| f.examples.iter().map(String::as_str)));
    let vectors = encoder.embed(&texts)?;
    let Some((asked, examples)) = vectors.split_first() else { return Ok(None) };
    let (mut best, mut at) = (None, 0);
    for form in &guide.form {
        let of_form = &examples[at..at + form.examples.len()];
        at += form.examples.len();
        let mut likeness: Vec<f32> = of_form.iter().map(|v| dot(asked, v)).collect();
        likeness.sort_by(|a, b| b.total_cmp(a));
        likeness.truncate(2);
        let mean = likeness.iter().sum::<f32>() / likeness.len().max(1) as f32;
        if mean >= LIKE && best.is_none_or(|(_, b)| mean > b) {
            best = Some((form, mean));
        }
    }
    Ok(best.map(|(form, _)| form))
}

fn dot(a: &[f32], b: &[f32]) -> f32 {
    a.iter().zip(b).map(|(x, y)| x * y).sum()
}
