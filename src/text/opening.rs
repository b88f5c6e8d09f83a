//! What stands above an answer and may be the question, copied with it.

use super::{Answer, Sentence, label};

impl Answer {
    /// How many sentences the first paragraph has, then how many the first line, if something else follows and they ask: they
    /// say "you", end with a question mark, or tell somebody to tell, and don't say "I".
    pub(crate) fn openings_that_ask(&self) -> impl Iterator<Item = usize> {
        let breaks =
            |pair: &[Sentence]| self.source[pair[0].span.end..pair[1].span.start].matches('\n').count();
        let until = move |lines: usize| self.sentences.windows(2).position(|pair| breaks(pair) >= lines);
        let openings = [2, 1].into_iter().filter_map(until).map(|last| last + 1);
        openings.filter(|&n| asks(&self.sentences[..n]))
    }

    /// Takes so many of the first sentences, which there must be, for the question.
    ///
    /// # Panics
    /// When there are fewer.
    pub fn begin_with_question(&mut self, sentences: usize) {
        let asked: Vec<String> = self.sentences.drain(..sentences).map(|s| s.text).collect();
        let asked = asked.join(" ");
        // "💡 Q: Tell me about …"
        let bare = asked.trim_start_matches(|c: char| !c.is_alphanumeric() && !"\"'“‘([¿".contains(c));
        let signed = ["Q:", "Question:"].iter().find_map(|sign| bare.strip_prefix(sign));
        self.question = Some(signed.unwrap_or(bare).trim_start().to_owned());
    }
}

/// What a question begins with that is none by its form.
const TELL: [&str; 8] = ["tell", "describe", "give", "share", "walk", "talk", "explain", "name"];

fn asks(sentences: &[Sentence]) -> bool {
    let says = |word: &str| sentences.iter().any(|s| words(&s.text).any(|w| w.eq_ignore_ascii_case(word)));
    let told = |s: &Sentence| {
        words(&s.text).find(|w| !w.is_empty()).is_some_and(|w| TELL.contains(&w.to_lowercase().as_str()))
    };
    let asked =
        sentences.last().is_some_and(|s| s.text.ends_with('?')) || sentences.first().is_some_and(told);
    // "Here's a refined version of your story:"
    let leads_in = sentences.last().is_some_and(|s| s.text.ends_with(':'))
        && !sentences.iter().any(|s| label::asks_to_tell(&s.text));
    (asked || (says("you") || says("your") || says("yourself")) && !leads_in) && !says("I")
}

/// The words of a text, those that an apostrophe or a hyphen joins one by one.
fn words(text: &str) -> impl Iterator<Item = &str> {
    text.split(|c: char| !c.is_alphanumeric())
}

#[cfg(test)]
mod tests {
    use crate::text::{Answer, SourceKind};

    fn openings(source: &str) -> Vec<usize> {
        Answer::parse("a.md", source.to_owned(), SourceKind::Markdown).openings_that_ask().collect()
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
        for sign in ["", "💡 Q: ", "Question: ", "- "] {
            let source = format!("{sign}Tell me about a launch.\n\nI moved the date.");
            let mut answer = Answer::parse("a.md", source, SourceKind::Markdown);
            answer.begin_with_question(1);
            assert_eq!(answer.question.as_deref(), Some("Tell me about a launch."), "{sign}");
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
