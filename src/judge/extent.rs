//! How much of an answer a model reads at once: all of it, unless that is longer than the context.

use std::ops::Range;

use super::JudgeError;
use super::prompts::{Prompts, Told};
use crate::model::Generator;
use crate::text::Answer;
use crate::text::windows::{Window, cover};

/// Neighbouring windows share at most this part of one.
const SHARED: usize = 8;
/// Tokens of a sentence, and of the question, that are read: twice what the encoder reads of one. Nothing that is told has a
/// longer one; what was pasted may, and would else fit into no window.
const LONGEST: usize = 512;

/// An answer that a model is to read.
pub(super) struct Extent<'a> {
    generator: &'a dyn Generator,
    prompts: &'a Prompts,
    told: Told,
}

/// An answer as it is read at once, all of it or a window.
pub(super) struct Part {
    /// Its tokens.
    pub(super) text: Vec<u32>,
    /// The sentences that are asked about behind it.
    pub(super) keeps: Range<usize>,
}

impl<'a> Extent<'a> {
    /// An answer, its question and each of its sentences cut to what is read of them.
    pub(super) fn of(
        generator: &'a dyn Generator,
        prompts: &'a Prompts,
        answer: &Answer,
    ) -> Result<Extent<'a>, JudgeError> {
        let told = Told::of(answer).cut(&|text| cut(generator, text))?;
        Ok(Extent { generator, prompts, told })
    }

    /// The whole answer where it has `room` tokens at most; else overlapping windows of it.
    pub(super) fn windows(&self, room: usize) -> Result<Vec<Part>, JudgeError> {
        let all = self.all();
        let text = self.text(&all)?;
        if text.len() <= room {
            return Ok(vec![Part { text, keeps: 0..all.len() }]);
        }
        let (frame, lengths) = self.lengths()?;
        let room = room.saturating_sub(frame);
        let part = |w: Window| Ok(Part { text: self.text(&all[w.reads])?, keeps: w.keeps });
        cover(&lengths, room, room / SHARED).into_iter().map(part).collect()
    }

    /// The sentences that are read where one text about the whole answer is to be written, and their tokens: all of them, or as
    /// many as have `room` tokens, first those that are `wanted`, then the ones around them.
    pub(super) fn chosen(&self, wanted: &[usize], room: usize) -> Result<(Vec<usize>, Vec<u32>), JudgeError> {
        let all = self.all();
        let text = self.text(&all)?;
        if text.len() <= room {
            return Ok((all, text));
        }
        let (frame, lengths) = self.lengths()?;
        let some = nearest(&lengths, wanted, room.saturating_sub(frame));
        let text = self.text(&some)?;
        Ok((some, text))
    }

    fn all(&self) -> Vec<usize> {
        (0..self.told.sentences.len()).collect()
    }

    fn text(&self, sentences: &[usize]) -> Result<Vec<u32>, JudgeError> {
        Ok(self.generator.encode(&self.prompts.answer(&self.told, sentences)?)?)
    }

    /// The tokens of the answer without sentences, and what each sentence adds to them at most, with what says that others were
    /// left out around it.
    fn lengths(&self) -> Result<(usize, Vec<usize>), JudgeError> {
        let frame = self.text(&[])?.len();
        let each = |i| Ok(self.text(&[i])?.len().saturating_sub(frame));
        let lengths = self.all().into_iter().map(each).collect::<Result<_, JudgeError>>()?;
        Ok((frame, lengths))
    }
}

/// The beginning of a text that has too many tokens, with an ellipsis; the text itself where it has not.
fn cut(generator: &dyn Generator, text: String) -> Result<String, JudgeError> {
    // no vocabulary at hand has a token of less than a byte
    if text.len() <= LONGEST {
        return Ok(text);
    }
    let mut tokens = generator.encode(&text)?.len();
    if tokens <= LONGEST {
        return Ok(text);
    }
    let mut kept = text.len();
    while tokens > LONGEST {
        // in proportion: tokens are about equally long
        kept = text.floor_char_boundary((kept * LONGEST / tokens).min(kept - 1));
        tokens = generator.encode(&text[..kept])?.len();
    }
    Ok(format!("{}…", text[..kept].trim_end()))
}

fn nearest(lengths: &[usize], wanted: &[usize], mut room: usize) -> Vec<usize> {
    let away = |i: usize| wanted.iter().map(|w| w.abs_diff(i)).min().unwrap_or_default();
    let mut order: Vec<usize> = (0..lengths.len()).collect();
    order.sort_by_key(|&i| (away(i), i));
    let mut full = false;
    order.retain(|&i| {
        let fits = !full && lengths[i] <= room;
        // one from far off that is a little shorter would tell nothing of those that are wanted
        full |= !fits && !wanted.contains(&i);
        room -= if fits { lengths[i] } else { 0 };
        fits
    });
    order.sort_unstable();
    order
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::judge::scripted::Script;

    #[test]
    fn what_is_too_long_is_cut_and_says_so() {
        let script = Script::new();
        let cut = |text: String| super::cut(&script, text).unwrap();
        let whole = "über ".repeat(LONGEST);
        assert_eq!(cut(whole.clone()), whole, "a long one is read to its end");
        let text = cut("über ".repeat(20 * LONGEST));
        assert!(text.starts_with("über über ") && text.ends_with('…'), "{text}");
        let tokens = script.encode(&text).unwrap().len();
        assert!((LONGEST / 2..=LONGEST).contains(&tokens), "{tokens}");
        assert_eq!(cut("über ".repeat(20 * LONGEST)), text);
    }

    #[test]
    fn the_wanted_come_first_then_those_around_them() {
        assert_eq!(nearest(&[10; 6], &[4], 30), [3, 4, 5]);
        assert_eq!(nearest(&[10; 6], &[0, 5], 45), [0, 1, 4, 5]);
        assert_eq!(nearest(&[10; 6], &[], 25), [0, 1], "from the beginning where none is");
        assert_eq!(nearest(&[10, 50, 10], &[1], 30), [0, 2], "one that is too long is left out");
        assert_eq!(nearest(&[10, 10, 50, 10], &[], 35), [0, 1], "and without a hole");
        assert_eq!(nearest(&[10; 3], &[1], 5), [0; 0]);
        assert_eq!(nearest(&[10, 10, 10, 10, 5], &[1], 38), [0, 1, 2], "none from far off fills it up");
    }
}
