//! What stands above an answer and may be the question, copied with it.

use super::{Answer, Sentence};

impl Answer {
    /// How many sentences the first paragraph has, then how many the first line, if something else follows and they are said to
    /// "you", by somebody who doesn't say "I".
    pub(crate) fn openings_to_you(&self) -> impl Iterator<Item = usize> {
        let breaks =
            |pair: &[Sentence]| self.source[pair[0].span.end..pair[1].span.start].matches('\n').count();
        let until = move |lines: usize| self.sentences.windows(2).position(|pair| breaks(pair) >= lines);
        let openings = [2, 1].into_iter().filter_map(until).map(|last| last + 1);
        openings.filter(|&n| is_to_you(&self.sentences[..n]))
    }

    /// Takes so many of the first sentences, which there must be, for the question.
    ///
    /// # Panics
    /// When there are fewer.
    pub fn begin_with_question(&mut self, sentences: usize) {
        let asked: Vec<String> = self.sentences.drain(..sentences).map(|s| s.text).collect();
        self.question = Some(asked.join(" "));
    }
}

fn is_to_you(sentences: &[Sentence]) -> bool {
    let says = |word: &str| sentences.iter().any(|s| words(&s.text).any(|w| w.eq_ignore_ascii_case(word)));
    (says("you") || says("your") || says("yourself")) && !says("I")
}

/// The words of a text, those that an apostrophe or a hyphen joins one by one.
fn words(text: &str) -> impl Iterator<Item = &str> {
    text.split(|c: char| !c.is_alphanumeric())
}
