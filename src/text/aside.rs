//! Sentences that are no part of the story: they stay where they stand, and nothing counts them.

use std::collections::HashSet;

use super::{Answer, Sentence};

/// From so many words on nobody says the same sentence twice on purpose.
const SAID_ONCE: usize = 5;

/// A sentence that is not judged.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Aside {
    /// The sentence.
    pub sentence: Sentence,
    /// Why it is not.
    pub why: Why,
}

/// Why a sentence is not judged.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Why {
    /// It speaks to whoever grades the answer. Only a model hears that.
    Addressed,
    /// It stands above already, word for word.
    Repeated,
}

impl Answer {
    /// Sets aside the sentences for which `leaves`, one entry a sentence, is true.
    pub fn set_aside(&mut self, leaves: &[bool], why: Why) {
        let mut leaves = leaves.iter();
        let left = self.sentences.extract_if(.., |_| leaves.next().is_some_and(|l| *l));
        self.aside.extend(left.map(|sentence| Aside { sentence, why }));
        self.aside.sort_by_key(|a| a.sentence.span);
    }

    /// Sets aside the sentences that stand above already, word for word, as where a text was pasted twice: a thing that is said
    /// again is not a second thing.
    pub(crate) fn set_repeats_aside(&mut self) {
        let mut said = HashSet::new();
        let repeats = |s: &Sentence| {
            let long = s.text.split(' ').count() >= SAID_ONCE;
            long && !said.insert(s.text.to_lowercase())
        };
        let repeats: Vec<bool> = self.sentences.iter().map(repeats).collect();
        self.set_aside(&repeats, Why::Repeated);
    }
}

#[cfg(test)]
mod tests {
    use crate::text::SourceKind;

    use super::*;

    fn parsed(source: &str) -> Answer {
        Answer::parse("-", source.to_owned(), SourceKind::Markdown)
    }

    fn aside(answer: &Answer) -> Vec<&str> {
        answer.aside.iter().map(|a| a.sentence.text.as_str()).collect()
    }

    #[test]
    fn what_is_set_aside_keeps_its_place() {
        let mut answer = parsed("One is told. Two is not. Three is told. Four is not.");
        answer.set_aside(&[false, false, false, true], Why::Addressed);
        answer.set_aside(&[false, true, false], Why::Repeated);
        let told: Vec<&str> = answer.sentences.iter().map(|s| s.text.as_str()).collect();
        assert_eq!(told, ["One is told.", "Three is told."]);
        assert_eq!(aside(&answer), ["Two is not.", "Four is not."]);
        assert_eq!([answer.aside[0].why, answer.aside[1].why], [Why::Repeated, Why::Addressed]);
    }

    #[test]
    fn what_stands_above_already_is_set_aside() {
        let mut answer = parsed(
            "It held. I moved the date by a week. It held. Then I asked both leads.\n\n\
             - **I moved the date** by a week.\n- I MOVED THE DATE BY A WEEK.\n- I moved the date by a day.",
        );
        answer.set_repeats_aside();
        assert_eq!(aside(&answer), ["I moved the date by a week.", "I MOVED THE DATE BY A WEEK."]);
        assert_eq!(answer.sentences.len(), 5, "short ones may be said twice");
    }
}
