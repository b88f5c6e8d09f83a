//! What stands in front of an answer and may be its question.

use std::ops::Range;

use super::question::{
    TELL, asks, asks_to_tell, begins_with, ends_asking, has_word, is_signed, joined, speaks_to_you, unsigned,
};
use super::{Answer, Sentence, has_words, label};

/// By these a story is known; who asks speaks of others.
const NARRATORS: [&str; 7] = ["I", "me", "my", "we", "our", "ours", "us"];

/// A scene that is set for a question has no more words.
const SCENE: usize = 40;

/// What stands at the beginning of an answer and may be its question.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Opening {
    /// How many sentences it has, from the first on.
    pub(crate) sentences: usize,
    /// Of these the ones that tell nothing if it is the question. What stands before them sets the scene of the question, as in "Two
    /// groups compete for one resource. What do you do?"; what stands behind says how to answer.
    pub(crate) asking: Range<usize>,
}

impl Answer {
    /// What stands in front, if something else follows and it asks: it says "you", ends with a question mark, or tells somebody to
    /// tell, and doesn't say "I". First the first paragraph with a second one that only asks, then the first paragraph, a quote,
    /// the first line, and what stands before "Answer:". Last, what asks before the answer in its own line, where the first sentence
    /// asks for a story.
    pub(crate) fn openings_that_ask(&self) -> impl Iterator<Item = Opening> {
        let end = |lines: usize, from: usize| {
            let mut pairs = self.sentences.windows(2).enumerate().skip(from);
            let breaks =
                |pair: &[Sentence]| self.source[pair[0].span.end..pair[1].span.start].matches('\n').count();
            pairs.find(|(_, pair)| breaks(pair) >= lines).map(|(last, _)| last + 1)
        };
        let first = end(2, 0);
        let second = first.and_then(|first| {
            let second = end(2, first)?;
            self.sentences[first..second].chunks(1).all(asks).then_some(second)
        });
        let quote = self.sentences.iter().position(|s| !self.is_quoted(s)).filter(|&quote| quote > 0);
        let answer = self.sentences.iter().position(|s| label::answer_end(&s.text) > 0).filter(|&n| n > 0);
        let ends = [second, first, quote, end(1, 0), answer].into_iter().flatten();
        let in_line = self.asking_in_line().map(|sentences| Opening { sentences, asking: 0..sentences });
        let mut openings: Vec<Opening> = Vec::new();
        for opening in ends.filter_map(|n| self.opening(n)).chain(in_line) {
            // what is found twice asks in no more sentences where it is found first
            if openings.iter().all(|known| known.sentences != opening.sentences) {
                openings.push(opening);
            }
        }
        openings.into_iter()
    }

    /// So many of the first sentences, which end a line, if they ask.
    fn opening(&self, sentences: usize) -> Option<Opening> {
        let all = &self.sentences[..sentences];
        let asks_until = all.iter().rposition(|s| !begins_with(&s.text, &["please"]))? + 1;
        let (scene, last) = (&all[..asks_until - 1], &all[asks_until - 1].text);
        let asks_you = speaks_to_you(last) && (ends_asking(last) || begins_with(last, &TELL));
        if asks_you && self.sets_scene(scene, sentences) {
            return Some(Opening { sentences, asking: asks_until - 1..asks_until });
        }
        asks(all).then_some(Opening { sentences, asking: 0..asks_until })
    }

    /// Whether what stands before the sentence that asks belongs to the question: what has its sign, or a few words without a figure
    /// and without a narrator, who in a quote is the one that asks. A story that begins by asking its reader has its figures there.
    fn sets_scene(&self, scene: &[Sentence], sentences: usize) -> bool {
        let words = &self.source[self.sentences[0].span.start..self.sentences[sentences - 1].span.end];
        let told: Vec<&Sentence> = scene.iter().filter(|s| !asks(std::slice::from_ref(*s))).collect();
        let narrated = told.iter().any(|s| NARRATORS.iter().any(|word| has_word(&s.text, word)));
        let short = told.iter().map(|s| s.text.split_whitespace().count()).sum::<usize>() <= SCENE;
        let figure = told.iter().any(|s| s.text.contains(|c: char| c.is_ascii_digit()));
        let quoted = self.sentences[..=sentences].iter().position(|s| !self.is_quoted(s)) == Some(sentences);
        is_signed(words) || short && !figure && (quoted || !narrated)
    }

    /// Whether it stands in a block quote.
    fn is_quoted(&self, sentence: &Sentence) -> bool {
        let line = self.source[..sentence.span.start].rfind('\n').map_or(0, |end| end + 1);
        self.source[line..].trim_start().starts_with('>')
    }

    /// How many sentences ask for a story in the line in which it is told.
    fn asking_in_line(&self) -> Option<usize> {
        // "Q1." may stand before the first as a sentence
        let sign = self.sentences.first().is_some_and(|s| unsigned(&s.text).is_empty());
        let first = usize::from(sign) + 1;
        let begins = self.sentences.get(..first).is_some_and(|s| asks(s) && asks_to_tell(&joined(s)));
        let rest = self.sentences.iter().skip(first);
        let asking = first + rest.take_while(|s| asks(std::slice::from_ref(*s))).count();
        (begins && asking < self.sentences.len()).then_some(asking)
    }

    /// Takes so many of the first sentences, which there must be, for the question.
    ///
    /// # Panics
    /// When there are fewer.
    pub fn begin_with_question(&mut self, sentences: usize) {
        let asked: Vec<Sentence> = self.sentences.drain(..sentences).collect();
        self.question = Some(unsigned(&joined(&asked)).to_owned());
        if let Some(first) = self.sentences.first_mut() {
            let answer = label::answer_end(&first.text);
            if has_words(&first.text[answer..]) {
                first.text.drain(..answer);
            }
        }
    }

    /// Whether the first paragraph is a question itself, whatever stands above it.
    pub(super) fn begins_with_question(&self) -> bool {
        let asks = |opening: Opening| {
            let asked = joined(&self.sentences[..opening.sentences]);
            asked.ends_with('?') || asks_to_tell(&asked)
        };
        self.openings_that_ask().any(asks)
    }
}

#[cfg(test)]
mod tests {
    use crate::text::{Answer, SourceKind};

    fn openings(source: &str) -> Vec<usize> {
        let answer = Answer::parse("a.md", source.to_owned(), SourceKind::Markdown);
        answer.openings_that_ask().map(|opening| opening.sentences).collect()
    }

    #[test]
    fn a_question_may_set_its_scene() {
        let told = "The export failed. I moved it.";
        let first = |source: String| {
            let answer = Answer::parse("a.md", source, SourceKind::Markdown);
            answer.openings_that_ask().next().map(|opening| (opening.sentences, opening.asking))
        };
        for asked in [
            "Your program slips. What do you do?",
            "Two groups compete for one resource. Tell me what you did.",
            "> Two groups compete for one resource. What did you do?",
            "> Two groups compete for one resource.\n> What did you do?",
            "> I meet many who decide alone. What did you do?",
            "Question: In 2 of 3 programs groups compete. What did you do?",
            "Question - Our groups compete. What did you do?",
            "Two groups compete for one resource.\n\nWhat did you do?",
            "I'd like to hear how you decide. Can you share an example?",
            "\"Two groups compete for one resource. What did you do?\"",
        ] {
            assert_eq!(first(format!("{asked}\n\n{told}")), Some((2, 1..2)), "{asked}");
        }
        let lazy = "> Two groups compete for one resource.\n> What did you do?";
        assert_eq!(first(format!("{lazy}\n{told}")), Some((2, 1..2)), "the answer in the next line");
        let bullets = "Tell me about a program at risk.\n- What was the risk?\n- What did you do?";
        assert_eq!(first(format!("{bullets}\n\n{told}")), Some((3, 2..3)));
        let short = "Question: Two groups compete. What did you do? Please answer in 300 words.";
        assert_eq!(first(format!("{short}\n\n{told}")), Some((3, 1..2)));
        for asked in [
            "Tell me about a launch. It should be recent.",
            "Our two groups competed for one resource. What would you have done?",
            "Two groups wanted 4 weeks of one person. What would you have done?",
            "> The board called at 2 am. What are you going to do?",
        ] {
            let (n, asking) = first(format!("{asked}\n\n{told}")).unwrap();
            assert_eq!((n, asking.start), (2, 0), "{asked}");
        }
        let mine = "I had two groups. What would you have done?";
        assert_eq!(first(format!("{mine}\n\nI moved it.")), None);
    }

    #[test]
    fn what_asks_may_be_the_question() {
        let asking = [
            "Tell me about a program at risk.",
            "Was there ever a program at risk?",
            "We look for owners. What would your last team say?",
            "Describe a launch that slipped by more than a week.",
        ];
        for question in asking {
            assert_ne!(
                openings(&format!("{question}\n\nThe launch slipped. I moved the date.")),
                [0usize; 0],
                "{question}"
            );
        }
    }

    #[test]
    fn a_question_goes_without_its_sign() {
        let signs = [
            "",
            "💡 Q: ",
            "Question: ",
            "- ",
            "Q1: ",
            "Q1. ",
            "Interview question: ",
            "Prompt: ",
            "Behavioral Question #3: ",
            "Recruiter: ",
            "Question 2 - ",
            "Interviewer asked: ",
        ];
        for sign in signs {
            let source = format!("{sign}Tell me about a launch.\n\nI moved the date.");
            let mut answer = Answer::parse("a.md", source, SourceKind::Markdown);
            let asked = answer.openings_that_ask().next().unwrap();
            answer.begin_with_question(asked.sentences);
            assert_eq!(answer.question.as_deref(), Some("Tell me about a launch."), "{sign}");
        }
    }

    #[test]
    fn a_question_may_stand_in_the_line_of_its_answer() {
        let told = "Our export failed. I moved it.";
        for (asked, n) in [
            ("Tell me about a time you failed.", 1),
            ("Q: Tell me about a time you failed. A:", 1),
            ("Question: Tell me about a conflict. Answer:", 1),
            ("Describe a time you failed. What did you learn?", 2),
            ("Question: Two groups compete. What did you do? Answer:", 2),
        ] {
            let mut answer = Answer::parse("a.md", format!("{asked} {told}"), SourceKind::Markdown);
            let asking: Vec<_> = answer.openings_that_ask().map(|opening| opening.sentences).collect();
            assert_eq!(asking, [n], "{asked}");
            answer.begin_with_question(n);
            let left: Vec<_> = answer.sentences.iter().map(|s| s.text.as_str()).collect();
            assert_eq!(left.join(" "), told);
        }
        for told in [
            "You get nothing done here, I was told. I moved it.",
            "The board said: tell me about a launch, and I did. It held.",
            "What would you do? I moved it.",
        ] {
            assert_eq!(openings(told), [0usize; 0], "{told}");
        }
    }

    #[test]
    fn what_tells_is_the_answer() {
        for told in [
            "The launch slipped.",
            "Why me? I asked that too.",
            "I was told to share a desk.",
            "Improved, as you like it, for your interview:",
        ] {
            assert_eq!(openings(&format!("{told}\n\nI moved the date.")), [0usize; 0], "{told}");
        }
        assert_eq!(openings("Tell me about a launch."), [0usize; 0], "nothing follows");
    }
}
