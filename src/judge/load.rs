//! What a run asks of a language model, in tokens, before any answer is asked about.

use super::JudgeError;
use super::ask::{self, Replies};
use super::prompts::Prompts;
use crate::guide::{Guide, Mistake};
use crate::model::Generator;

/// Sentences between two answers whose questions are compared; of two digits each, as most numbers of sentences have.
const BETWEEN: usize = 8;

/// Questions that are asked for a trial: a third of what is asked of an answer, about.
const TRIED: usize = 16;

/// The tokens of what is read.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Load {
    /// The guide, as far as it had not been read before.
    pub guide: u64,
    /// A byte of text, as it is in the guide.
    pub byte: f64,
    /// What is asked of each sentence.
    pub sentence: f64,
    /// What is asked of each answer, at most.
    pub answer: f64,
}

impl Load {
    /// What the questions by a guide take; nothing is read yet.
    pub(super) fn of(
        generator: &dyn Generator,
        prompts: &Prompts,
        guide: &Guide,
    ) -> Result<Load, JudgeError> {
        // a model that can't be asked is told of before anything is read
        Replies::of(generator)?;
        let tokens = |questions: &[String]| Ok::<_, JudgeError>(read(ask::branches(generator, questions)?));
        let few = ask::of_sentences(prompts, BETWEEN)?;
        let many = ask::of_sentences(prompts, 2 * BETWEEN)?;
        let sentence = (tokens(&many)? - tokens(&few)?) / BETWEEN as f64;
        let answer = tokens(&questions(prompts, guide)?)?;
        let text = prompts.system(guide)?;
        let byte = generator.encode(&text)?.len() as f64 / text.len().max(1) as f64;
        Ok(Load { guide: 0, byte, sentence, answer })
    }
}

/// All that is asked of an answer, but for the roles of its sentences.
fn questions(prompts: &Prompts, guide: &Guide) -> Result<Vec<String>, JudgeError> {
    let mistakes: Vec<&Mistake> = guide.mistake.iter().collect();
    ask::of_answer(prompts, &mistakes, guide)
}

/// Asks some of the questions behind a text, and nobody is interested in the replies.
pub(super) fn try_asking(
    generator: &mut dyn Generator,
    prompts: &Prompts,
    guide: &Guide,
    text: &[u32],
) -> Result<(), JudgeError> {
    let mut some = questions(prompts, guide)?;
    some.truncate(TRIED);
    let branches = ask::branches(generator, &some)?;
    generator.branch(text, &branches, &[])?;
    Ok(())
}

/// Tokens that are read of branches, each beginning that several share once.
fn read(mut branches: Vec<Vec<u32>>) -> f64 {
    branches.sort();
    let shared = |pair: &[Vec<u32>]| pair[0].iter().zip(&pair[1]).take_while(|(a, b)| a == b).count();
    let all: usize = branches.iter().map(Vec::len).sum();
    (all - branches.windows(2).map(shared).sum::<usize>()) as f64
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_shared_beginning_is_read_once() {
        assert_eq!(read(vec![vec![1, 2, 3], vec![5], vec![1, 2, 4], vec![1, 2]]), 5.0);
        assert_eq!(read(vec![vec![7, 8], vec![7, 8]]), 2.0);
        assert_eq!(read(Vec::new()), 0.0);
    }
}
