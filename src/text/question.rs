//! The question, where it stands in what was pasted: words that ask for a story, signs before them, headings that ask, and what
//! stands above an answer or begins it.

use std::ops::Range;

use super::{Answer, Sentence, has_words, label};

/// With such words a story is asked for.
const STORY: &str = "tell me about|tell us about|describe a|describe your|give me an example|give us an example|\
give me one example|a time you|a time when|walk me through a|talk me through a|think of a time|share an example|\
share a time";

/// What a question begins with that is none by its form.
const TELL: [&str; 8] = ["tell", "describe", "give", "share", "walk", "talk", "explain", "name"];

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

/// By these a story is known; who asks speaks of others.
const NARRATORS: [&str; 7] = ["I", "me", "my", "we", "our", "ours", "us"];

/// What who asks says of themselves.
const CURIOUS: [&str; 6] = [
    "i'd like to",
    "i would like to",
    "i want to hear",
    "i want to know",
    "i want to understand",
    "i'm curious",
];

/// A scene that is set for a question has no more words.
const SCENE: usize = 40;

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

/// What stands at the beginning of an answer and may be its question.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Opening {
    /// How many sentences it has, from the first on.
    pub(crate) sentences: usize,
    /// From which sentence on it asks. What stands before may set the scene of the question, as in "Two groups compete for one
    /// resource. What do you do?".
    asks_from: usize,
    /// Behind which sentence it no longer asks but says how to answer.
    asks_until: usize,
}

impl Opening {
    /// So many sentences that all ask.
    fn of(sentences: usize) -> Opening {
        Opening { sentences, asks_from: 0, asks_until: sentences }
    }

    /// Of its sentences those that tell nothing if it is the question.
    pub(crate) fn asking(self) -> Range<usize> {
        self.asks_from..self.asks_until
    }
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
        let openings = [second, first, quote, end(1, 0), answer].into_iter().flatten();
        openings.filter_map(|n| self.opening(n)).chain(self.asking_in_line().map(Opening::of))
    }

    /// So many of the first sentences, which end a line, if they ask.
    fn opening(&self, sentences: usize) -> Option<Opening> {
        let all = &self.sentences[..sentences];
        let asks_until = all.iter().rposition(|s| !begins_with(&s.text, &["please"]))? + 1;
        let (scene, last) = (&all[..asks_until - 1], &all[asks_until - 1].text);
        let asks_you = speaks_to_you(last) && (ends_asking(last) || begins_with(last, &TELL));
        if asks_you && self.sets_scene(scene, sentences) {
            return Some(Opening { sentences, asks_from: asks_until - 1, asks_until });
        }
        asks(all).then_some(Opening { sentences, asks_from: 0, asks_until })
    }

    /// Whether what stands before the sentence that asks belongs to the question: what has its sign, or a few words without a figure
    /// and without a narrator, who in a quote is the one that asks. A story that begins by asking its reader has its figures there.
    fn sets_scene(&self, scene: &[Sentence], sentences: usize) -> bool {
        let words = &self.source[self.sentences[0].span.start..self.sentences[sentences - 1].span.end];
        let signed = unsigned(words).len() < words.trim_start_matches(|c: char| !c.is_alphanumeric()).len();
        let told: Vec<&Sentence> = scene.iter().filter(|s| !asks(std::slice::from_ref(*s))).collect();
        let narrated = told.iter().any(|s| NARRATORS.iter().any(|word| has_word(&s.text, word)));
        let short = told.iter().map(|s| s.text.split_whitespace().count()).sum::<usize>() <= SCENE;
        let figure = told.iter().any(|s| s.text.contains(|c: char| c.is_ascii_digit()));
        let quoted = self.sentences[..=sentences].iter().position(|s| !self.is_quoted(s)) == Some(sentences);
        signed || short && !figure && (quoted || !narrated)
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

/// Whether a sign and a number or none, and then a question for a story, stand on this line.
pub(super) fn is_signed_question(line: &str) -> bool {
    let asked = unsigned(line);
    let bare = line.trim_start_matches(|c: char| !c.is_alphanumeric());
    asked.len() < bare.len() && bare.starts_with(char::is_alphabetic) && is_asked_for(asked)
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

fn joined(sentences: &[Sentence]) -> String {
    sentences.iter().map(|s| s.text.as_str()).collect::<Vec<_>>().join(" ")
}

/// Whether a word is one of the text's; the "i" of "i.e." is none.
fn has_word(text: &str, word: &str) -> bool {
    let text = text.replace("i.e.", "");
    words(&text).any(|w| w.eq_ignore_ascii_case(word))
}

fn speaks_to_you(text: &str) -> bool {
    ["you", "your", "yourself"].iter().any(|word| has_word(text, word))
}

/// Whether it ends with a question mark, inside of quotation marks or not.
fn ends_asking(text: &str) -> bool {
    text.trim_end_matches(['"', '”', '’', '\'']).ends_with('?')
}

/// Whether one of these is its first word.
fn begins_with(text: &str, first: &[&str]) -> bool {
    let word = words(text).find(|word| !word.is_empty());
    word.is_some_and(|word| first.iter().any(|known| word.eq_ignore_ascii_case(known)))
}

/// Whether sentences ask, by their form or by whom they speak to, and are none of the narrator's.
fn asks(sentences: &[Sentence]) -> bool {
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

    fn openings(source: &str) -> Vec<usize> {
        let answer = Answer::parse("a.md", source.to_owned(), SourceKind::Markdown);
        answer.openings_that_ask().map(|opening| opening.sentences).collect()
    }

    #[test]
    fn a_question_may_set_its_scene() {
        let told = "The export failed. I moved it.";
        let first = |source: String| {
            let answer = Answer::parse("a.md", source, SourceKind::Markdown);
            answer.openings_that_ask().next().map(|opening| (opening.sentences, opening.asking()))
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
            assert_eq!(asking[0], n, "{asked}");
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
