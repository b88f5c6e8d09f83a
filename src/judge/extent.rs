//! How much of an answer a model reads at once: all of it, unless that is longer than the context.

use std::ops::Range;

use super::JudgeError;
use super::prompts::Prompts;
use crate::model::Generator;
use crate::text::Answer;
use crate::text::windows::cover;

/// Neighbouring windows share at most this part of one.
const SHARED: usize = 8;

/// An answer as it is read at once, all of it or a window.
pub(super) struct Part {
    /// Its tokens.
    pub(super) text: Vec<u32>,
    /// The sentences that are asked about behind it.
    pub(super) keeps: Range<usize>,
}

/// The whole answer where it has `room` tokens at most; else overlapping windows of it. A sentence that is longer by itself is a
/// window that does not fit.
pub(super) fn windows(
    generator: &dyn Generator,
    prompts: &Prompts,
    answer: &Answer,
    room: usize,
) -> Result<Vec<Part>, JudgeError> {
    let part = |reads: Range<usize>, keeps| {
        let reads: Vec<usize> = reads.collect();
        Ok(Part { text: generator.encode(&prompts.answer(answer, &reads)?)?, keeps })
    };
    let all = 0..answer.sentences.len();
    let whole = part(all.clone(), all)?;
    if whole.text.len() <= room {
        return Ok(vec![whole]);
    }
    let (frame, lengths) = lengths(generator, prompts, answer)?;
    let room = room.saturating_sub(frame);
    cover(&lengths, room, room / SHARED).into_iter().map(|w| part(w.reads, w.keeps)).collect()
}

/// The sentences that are read where one text about the whole answer is to be written: all of them, or as many as have `room`
/// tokens, first those that are `wanted`, then the ones around them.
pub(super) fn chosen(
    generator: &dyn Generator,
    prompts: &Prompts,
    answer: &Answer,
    wanted: &[usize],
    room: usize,
) -> Result<Vec<usize>, JudgeError> {
    let all: Vec<usize> = (0..answer.sentences.len()).collect();
    if generator.encode(&prompts.answer(answer, &all)?)?.len() <= room {
        return Ok(all);
    }
    let (frame, lengths) = lengths(generator, prompts, answer)?;
    Ok(nearest(&lengths, wanted, room.saturating_sub(frame)))
}

fn nearest(lengths: &[usize], wanted: &[usize], mut room: usize) -> Vec<usize> {
    let away = |i: usize| wanted.iter().map(|w| w.abs_diff(i)).min().unwrap_or_default();
    let mut order: Vec<usize> = (0..lengths.len()).collect();
    order.sort_by_key(|&i| (away(i), i));
    order.retain(|&i| {
        let fits = lengths[i] <= room;
        room -= if fits { lengths[i] } else { 0 };
        fits
    });
    order.sort_unstable();
    order
}

/// The tokens of an answer without sentences, and what each sentence adds to them at most, with what says that others were left
/// out around it.
fn lengths(
    generator: &dyn Generator,
    prompts: &Prompts,
    answer: &Answer,
) -> Result<(usize, Vec<usize>), JudgeError> {
    let tokens = |sentences: &[usize]| {
        Ok::<_, JudgeError>(generator.encode(&prompts.answer(answer, sentences)?)?.len())
    };
    let frame = tokens(&[])?;
    let each = |i| Ok(tokens(&[i])?.saturating_sub(frame));
    Ok((frame, (0..answer.sentences.len()).map(each).collect::<Result<_, JudgeError>>()?))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_wanted_come_first_then_those_around_them() {
        assert_eq!(nearest(&[10; 6], &[4], 30), [3, 4, 5]);
        assert_eq!(nearest(&[10; 6], &[0, 5], 45), [0, 1, 4, 5]);
        assert_eq!(nearest(&[10; 6], &[], 25), [0, 1], "from the beginning where none is");
        assert_eq!(nearest(&[10, 50, 10], &[1], 30), [0, 2], "one that is too long is left out");
        assert_eq!(nearest(&[10; 3], &[1], 5), [0; 0]);
    }
}
