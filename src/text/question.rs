//! How a question is known in what was pasted: words that ask for a story, signs before them, and headings that ask.

use super::Sentence;

/// With such words a story is asked for.
const STORY: &str = "tell me about|tell us about|describe a|describe your|give me an example|give us an example|\
give me one example|a time you|a time when|walk me through a|talk me through a|think of a time|share an example|\
share a time";

/// What a question begins with that is none by its form.
pub(super) const TELL: [&str; 8] = ["tell", "describe", "give", "share", "walk", "talk", "explain", "name"];

/// What is written before a question, with a number or without.
const SIGNS: [&str; 15] = [
    "q",
    "question",
    "interview question",
    "behavioral question",
    "behavioural question",
    "sample question",
    "prompt",
    "interview prompt",
    "interviewer",
    "recruiter",
    "hiring manager",
    "question asked",
    "interviewer asked",
    "they asked",
    "the question was",
];

/// The longest of them, with a number.
const MAX_SIGN: usize = 28;

/// What who asks says of themselves.
const CURIOUS: [&str; 6] = [
    "i'd like to",
    "i would like to",
    "i want to hear",
    "i want to know",
    "i want to understand",
    "i'm curious",
];

/// Fewer words in a heading ask for a part of the story, as in "What did you do?".
const LEAST_ASKED: usize = 5;

/// A question that stands in the text, and is no sentence.
#[derive(Debug)]
pub(super) enum Asked {
    /// By an interviewer in a transcript, or named by an assistant.
    Spoken(String),
    /// In a heading above what is told.
    Above(String),
}

impl Asked {
    /// The question.
    pub(super) fn into_words(self) -> String {
        let (Asked::Spoken(asked) | Asked::Above(asked)) = self;
        asked
    }
}

/// Whether these words, which may be those of an interviewer, ask for a story: what is asked before and in between does not.
pub(super) fn asks_to_tell(words: &str) -> bool {
    let words = words.to_lowercase();
    let other =
        ["yourself", "your background", "your role", "the role"].iter().any(|asks| words.contains(asks));
    !other && STORY.split('|').any(|asks| words.contains(asks))
}

/// A question without its sign: "💡 Q: Tell me about …", "Question 3. Tell …".
pub(super) fn unsigned(asked: &str) -> &str {
    let bare = asked.trim_start_matches(|c: char| !c.is_alphanumeric() && !"\"'“‘([¿".contains(c));
    let end = bare.char_indices().take(MAX_SIGN).find_map(|(at, c)| {
        let rest = &bare[at + c.len_utf8()..];
        let apart = rest.is_empty() || rest.starts_with(char::is_whitespace);
        let dash = matches!(c, '-' | '–' | '—') && bare[..at].ends_with(' ');
        (apart && (matches!(c, ':' | '.' | ')') || dash)).then_some((at, rest))
    });
    let is_sign = |words: &str| {
        let name = words.trim_end_matches(|c: char| c.is_ascii_digit() || matches!(c, ' ' | '#'));
        name.is_empty() && !words.is_empty() || SIGNS.contains(&name.to_lowercase().as_str())
    };
    end.filter(|(at, _)| is_sign(bare[..*at].trim_end())).map_or(bare, |(_, rest)| rest.trim_start())
}

/// Whether words begin with the sign of a question.
pub(super) fn is_signed(words: &str) -> bool {
    unsigned(words).len() < words.trim_start_matches(|c: char| !c.is_alphanumeric()).len()
}

/// Whether a sign and a number or none, and then a question for a story, stand on this line.
pub(super) fn is_signed_question(line: &str) -> bool {
    let bare = line.trim_start_matches(|c: char| !c.is_alphanumeric());
    is_signed(line) && bare.starts_with(char::is_alphabetic) && is_asked_for(unsigned(line))
}

/// Whether these words ask for a story, and are none of the narrator's.
pub(super) fn is_asked_for(words: &str) -> bool {
    asks_to_tell(words) && !has_word(words, "I")
}

/// The question that a heading is, if it is one: it asks for a story, or asks "you" for more than a part of one.
pub(super) fn asked_in_heading(words: &str) -> Option<String> {
    let asked = unsigned(words).trim_end_matches(['#', ' ']);
    let whole =
        asked.ends_with('?') && speaks_to_you(asked) && asked.split_whitespace().count() >= LEAST_ASKED;
    (is_asked_for(asked) || whole && !has_word(asked, "I")).then(|| asked.to_owned())
}

pub(super) fn joined(sentences: &[Sentence]) -> String {
    sentences.iter().map(|s| s.text.as_str()).collect::<Vec<_>>().join(" ")
}

/// Whether a word is one of the text's; the "i" of "i.e." is none.
pub(super) fn has_word(text: &str, word: &str) -> bool {
    let text = text.replace("i.e.", "");
    words(&text).any(|w| w.eq_ignore_ascii_case(word))
}

pub(super) fn speaks_to_you(text: &str) -> bool {
    ["you", "your", "yourself"].iter().any(|word| has_word(text, word))
}

/// Whether it ends with a question mark, inside of quotation marks or not.
pub(super) fn ends_asking(text: &str) -> bool {
    text.trim_end_matches(['"', '”', '’', '\'']).ends_with('?')
}

/// Whether one of these is its first word.
pub(super) fn begins_with(text: &str, first: &[&str]) -> bool {
    let word = words(text).find(|word| !word.is_empty());
    word.is_some_and(|word| first.iter().any(|known| word.eq_ignore_ascii_case(known)))
}

/// Whether sentences ask, by their form or by whom they speak to, and are none of the narrator's.
pub(super) fn asks(sentences: &[Sentence]) -> bool {
    let asked = joined(sentences);
    let asked = unsigned(&asked);
    let by_form = ends_asking(asked) || begins_with(asked, &TELL);
    // "Here's a refined version of your story:"
    let leads_in = sentences.last().is_some_and(|s| s.text.ends_with(':'))
        && !sentences.iter().any(|s| asks_to_tell(&s.text));
    (by_form || speaks_to_you(asked) && !leads_in) && !has_word(&without_curiosity(asked), "I")
}

/// Without what who asks says of themselves.
fn without_curiosity(asked: &str) -> String {
    let asked = asked.to_lowercase().replace('’', "'");
    CURIOUS.iter().fold(asked, |asked, said| asked.replace(said, ""))
}

/// The words of a text, those that an apostrophe or a hyphen joins one by one.
fn words(text: &str) -> impl Iterator<Item = &str> {
    text.split(|c: char| !c.is_alphanumeric())
}

#[cfg(test)]
mod tests {
    use crate::text::{Answer, SourceKind};

    #[test]
    fn a_heading_may_be_the_question() {
        let told = "Our export failed. I moved it.";
        let asked = |source: &str| Answer::parse("a.md", source.to_owned(), SourceKind::Markdown).question;
        for heading in [
            "## Tell me about a time you failed.",
            "### **Tell me about a time you failed.**",
            "# Q3: Tell me about a time you failed.",
            "# Stories\n\n## 2. Tell me about a time you failed.",
            "**Tell me about a time you failed**",
        ] {
            let found = asked(&format!("{heading}\n\n{told}")).unwrap_or_default();
            assert_eq!(found.trim_end_matches('.'), "Tell me about a time you failed", "{heading}");
        }
        assert!(asked(&format!("# What was your hardest conflict?\n\n{told}")).is_some());
        for heading in [
            "# The export",
            "# How I describe a launch",
            "## What did you do?",
            "## What was your role?",
            "# Why did it fail?",
        ] {
            assert_eq!(asked(&format!("{heading}\n\n{told}")), None, "{heading}");
        }
        let below = format!("{told}\n\n## Tell me about a time you failed.\n\n{told}");
        assert_eq!(asked(&below), None, "something is told above it");
        let both = format!("# Tell me about a time you failed.\n\nDescribe a conflict.\n\n{told}");
        assert_eq!(asked(&both), None, "what stands nearer is taken as the question");
        let front = format!("---\nquestion: Why?\n---\n# Tell me about a time you failed.\n\n{told}");
        assert_eq!(asked(&front).as_deref(), Some("Why?"));
    }
}
