//! Where a text that runs on without stops is cut into sentences.
//!
//! Each gap between two words has a logit that a sentence ends there, by the tokens near it. The text is cut where these and the
//! lengths of sentences together are likeliest: a semi-Markov chain (Sarawagi and Cohen 2004). Source: `training/ends.py`.

use serde::Deserialize;

use super::forward::HIDDEN;
use super::weights::Weights;
use crate::model::ModelError;
use crate::model::kernel::Dense;
use crate::text::{Case, capitals};

/// Tokens that a gap is heard in: the last two before it and the first two after it.
const NEAR: usize = 4;
/// Width of the hidden layer over them.
const INNER: usize = 64;
/// Words of a sentence at most.
const LOOK: usize = 120;

/// The layer that hears gaps.
pub(super) struct Ends {
    /// What each token adds to the hidden layer in each of its places near a gap.
    pub(super) near: Dense,
    out: Vec<f32>,
    out_bias: f32,
}

impl Ends {
    /// Takes the layer from the weights, if the model has learned it.
    pub(super) fn load(w: &Weights<'_>) -> Result<Option<Ends>, ModelError> {
        if !w.has("ends.near") {
            return Ok(None);
        }
        // The bias goes with one of the four places.
        let bias = [w.floats("ends.bias", &[INNER])?, vec![0.0; (NEAR - 1) * INNER]].concat();
        let near = Dense::pack(&w.floats("ends.near", &[NEAR * INNER, HIDDEN])?, &bias);
        let out_bias = w.floats("ends.out_bias", &[1])?[0];
        Ok(Some(Ends { near, out: w.floats("ends.out", &[INNER])?, out_bias }))
    }

    /// The logit of a gap. `said` is what [`Ends::near`] makes of every token, `last` the last token before the gap: one stands
    /// before it, and two after it.
    pub(super) fn logit(&self, said: &[f32], last: usize) -> f32 {
        let tokens = [last - 1, last, last + 1, last + 2];
        let part = |place: usize| &said[(tokens[place] * NEAR + place) * INNER..][..INNER];
        let [a, b, c, d] = std::array::from_fn(part);
        let hidden = (0..INNER).map(|i| (a[i] + b[i] + c[i] + d[i]).max(0.0));
        self.out_bias + hidden.zip(&self.out).map(|(h, w)| h * w).sum::<f32>()
    }
}

/// How gaps become cuts.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Cutting {
    /// Taken from each gap's logit: how sure one is before hearing it.
    offset: f32,
    /// Log-probability of a sentence of one word, of two, and so on; longer ones are as likely as the last.
    lengths: Vec<f32>,
    /// The same for a text with capitals.
    #[serde(default)]
    cased: Option<Cased>,
}

/// How gaps become cuts in a text that has its capitals, which the network does not see.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Cased {
    /// In place of the other one.
    offset: f32,
    /// Added to the logit of a gap before a capital: the log of how much likelier it is where a sentence ends.
    capital: f32,
    /// And before a word without one.
    small: f32,
}

impl Cased {
    fn evidence(&self, case: Case) -> f32 {
        match case {
            Case::Capital => self.capital,
            Case::Small => self.small,
            Case::Any => 0.0,
        }
    }
}

impl Cutting {
    /// Whether there is a length to go by.
    pub(super) fn is_whole(&self) -> bool {
        !self.lengths.is_empty()
    }

    /// Of each gap of a text whether it is cut there.
    pub(super) fn cut(&self, logits: &[f32], text: &str) -> Vec<bool> {
        let cased = self.cased.as_ref().and_then(|cased| Some((cased, capitals(text)?)));
        let likely: Vec<f32> = match &cased {
            Some((by, case)) => {
                logits.iter().zip(case).map(|(logit, case)| logit + by.evidence(*case)).collect()
            }
            None => logits.to_vec(),
        };
        let offset = cased.map_or(self.offset, |(by, _)| by.offset);
        let words = likely.len() + 1;
        // of the first so many words the best cuts' likelihood, and where their last sentence begins
        let (mut best, mut begins) = (vec![0.0_f32], vec![0]);
        for end in 1..=words {
            let gap = likely.get(end - 1).map_or(0.0, |logit| logit - offset);
            let with = |begin: usize| {
                let length = self.lengths[(end - begin).min(self.lengths.len()) - 1];
                (best[begin] + length + gap, begin)
            };
            let first = with(end.saturating_sub(LOOK));
            let (likely, begin) = (end.saturating_sub(LOOK) + 1..end)
                .map(with)
                .fold(first, |a, b| if b.0 > a.0 { b } else { a });
            best.push(likely);
            begins.push(begin);
        }
        let mut cuts = vec![false; likely.len()];
        let mut at = words;
        while begins[at] > 0 {
            at = begins[at];
            cuts[at - 1] = true;
        }
        cuts
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn it_is_cut_where_gaps_and_lengths_are_likeliest() {
        // sentences of three words are the usual ones
        let cutting = Cutting { offset: -1.0, lengths: vec![-4.0, -2.0, -0.5, -2.0, -3.0], cased: None };
        let cuts = |logits: &[f32]| -> Vec<usize> {
            let cut = cutting.cut(logits, "");
            assert_eq!(cut.len(), logits.len());
            (0..cut.len()).filter(|i| cut[*i]).map(|i| i + 1).collect()
        };
        assert_eq!(cuts(&[]), Vec::<usize>::new(), "one word");
        assert_eq!(cuts(&[-9.0; 5]), Vec::<usize>::new(), "no gap sounds like an end");
        assert_eq!(cuts(&[-9.0, -9.0, 2.0, -9.0, -9.0]), [3]);
        assert_eq!(cuts(&[-9.0, 1.0, 1.2, -9.0, -9.0]), [3], "of two near each other the likelier");
        assert_eq!(
            cuts(&[-9.0, -9.0, -1.0, -9.0, -9.0]),
            [3],
            "the lengths decide where the gap says nothing"
        );
        let long = vec![-9.0; 3 * LOOK];
        assert!(cuts(&long).windows(2).all(|p| p[1] - p[0] <= LOOK) && !cuts(&long).is_empty());
    }

    #[test]
    fn a_capital_tells_more_where_sentences_begin_with_one() {
        let cased = Some(Cased { offset: 0.0, capital: 3.0, small: -3.0 });
        let cutting = Cutting { offset: 9.0, lengths: vec![-1.0; 5], cased };
        let cut = |text: &str| cutting.cut(&[0.0, 0.0, 0.0, -9.0, 0.0, 0.0], text);
        let (no, yes) = (false, true);
        assert_eq!(cut("we met Then she left They stayed"), [no, yes, no, no, yes, no]);
        assert_eq!(cut("we met then she left They stayed"), [no; 6], "one may be a name");
    }
}
