//! Keeps the words to what the answer says: a model that writes well invents well.
//!
//! Figures and names of a rewrite that the answer doesn't have become `[your figure]` and `[name]`; a part that quotes
//! what the answer doesn't say is left out and counted.

use std::collections::BTreeSet;

use unicode_segmentation::UnicodeSegmentation;

use crate::report::Words;
use crate::text::Answer;

const FIGURE: &str = "[your figure]";
const NAME: &str = "[name]";
/// Figures in words. "One" is left out: it is a pronoun more often.
const FIGURES: [&str; 34] = [
    "two",
    "three",
    "four",
    "five",
    "six",
    "seven",
    "eight",
    "nine",
    "ten",
    "eleven",
    "twelve",
    "thirteen",
    "fourteen",
    "fifteen",
    "sixteen",
    "seventeen",
    "eighteen",
    "nineteen",
    "twenty",
    "thirty",
    "forty",
    "fifty",
    "sixty",
    "seventy",
    "eighty",
    "ninety",
    "hundred",
    "thousand",
    "million",
    "billion",
    "half",
    "dozen",
    "twice",
    "percent",
];
/// Opening and closing quotation marks.
const QUOTES: [(char, char); 3] = [('"', '"'), ('\u{201c}', '\u{201d}'), ('\u{ab}', '\u{bb}')];
/// Those that are apostrophes, too: they open where no word ends, and close where none goes on.
const SINGLE_OPENS: [char; 2] = ['\'', '\u{2018}'];
const SINGLE_CLOSES: [char; 2] = ['\'', '\u{2019}'];

/// What of the words the answer bears out.
pub(super) fn keep(mut words: Words, answer: &Answer) -> Words {
    let said = Said::new(answer);
    let before = words.weaknesses.len() + words.strengths.len() + words.questions.len();
    words.weaknesses.retain(|w| said.quotes(&w.why) && said.quotes(&w.mend));
    words.strengths.retain(|s| said.quotes(&s.what));
    words.questions.retain(|q| said.quotes(q));
    words.dropped += before - words.weaknesses.len() - words.strengths.len() - words.questions.len();
    if !said.quotes(&words.summary) {
        words.summary.clear();
        words.dropped += 1;
    }
    for w in &mut words.weaknesses {
        let kept = w.rewrite.take_if(|r| said.quotes(r));
        words.dropped += usize::from(w.rewrite.take().is_some());
        w.rewrite = kept.map(|r| said.grounded(&r));
    }
    words
}

/// What an answer says, as far as it is asked for here.
struct Said {
    /// Lower case, white space as single blanks.
    text: String,
    /// Its words, lower case.
    words: BTreeSet<String>,
}

impl Said {
    fn new(answer: &Answer) -> Said {
        let question = answer.question.as_deref().unwrap_or_default();
        let sentences = answer.sentences.iter().map(|s| s.text.as_str());
        let all: Vec<&str> = sentences.chain([question]).collect();
        let text = plain(&all.join(" "));
        let words = text.unicode_words().map(str::to_owned).collect();
        Said { text, words }
    }

    /// Whether everything that a text puts in quotation marks stands in the answer.
    fn quotes(&self, text: &str) -> bool {
        quoted(text).iter().all(|q| {
            let q = plain(q);
            let bare = q.trim_matches(|c: char| c.is_ascii_punctuation() || c.is_whitespace() || c == '…');
            self.says(bare)
        })
    }

    /// Whether these words stand in the answer, as whole ones.
    fn says(&self, words: &str) -> bool {
        let inner = |c: Option<char>| c.is_some_and(char::is_alphanumeric);
        let (first, last) = (inner(words.chars().next()), inner(words.chars().next_back()));
        let whole = |at: usize| {
            let (before, after) = (&self.text[..at], &self.text[at + words.len()..]);
            let goes_on = first && inner(before.chars().next_back()) || last && inner(after.chars().next());
            !goes_on
        };
        words.is_empty() || self.text.match_indices(words).any(|(at, _)| whole(at))
    }

    /// The text with placeholders for figures and names that the answer doesn't have.
    fn grounded(&self, text: &str) -> String {
        let mut out = String::with_capacity(text.len());
        let (mut rest, mut opens) = (text, true);
        // what stands in brackets is a placeholder already, unless it has figures or names in turn; a number alone is a sentence's
        while let Some((before, (inside, after))) =
            rest.split_once('[').and_then(|(before, bracket)| Some((before, bracket.split_once(']')?)))
        {
            self.ground(before, &mut opens, &mut out);
            rest = after;
            if !inside.is_empty() && inside.chars().all(|c| c.is_ascii_digit()) {
                rest = rest.trim_start();
                continue;
            }
            let known = [FIGURE, NAME].contains(&format!("[{}]", inside.to_lowercase()).as_str());
            let mut grounded = String::new();
            self.ground(inside, &mut inside.contains(char::is_whitespace), &mut grounded);
            match known || grounded == inside {
                true => out.extend(["[", inside, "]"]),
                false => out.push_str(if grounded.contains(FIGURE) { FIGURE } else { NAME }),
            }
            opens = false;
        }
        self.ground(rest, &mut opens, &mut out);
        for mark in [FIGURE, NAME] {
            for between in [" ", "-"] {
                let twice = format!("{mark}{between}{mark}");
                while out.contains(&twice) {
                    out = out.replace(&twice, mark);
                }
            }
        }
        out
    }

    /// `opens`: whether the next word begins a sentence, where a capital is no sign of a name.
    fn ground(&self, text: &str, opens: &mut bool, out: &mut String) {
        for piece in text.split_word_bounds() {
            if !piece.chars().any(char::is_alphanumeric) {
                *opens |= piece.contains(['.', '!', '?', ':', '\n']);
                out.push_str(piece);
                continue;
            }
            let lower = plain(piece);
            let known = self.words.contains(&lower) || self.words.contains(lower.trim_end_matches("'s"));
            let figure = piece.contains(|c: char| c.is_numeric()) || FIGURES.contains(&lower.as_str());
            let capital = piece.starts_with(char::is_uppercase) && lower != "i" && !lower.starts_with("i'");
            let mark = match (known, figure) {
                (false, true) => FIGURE,
                (false, false) if capital && !*opens => NAME,
                _ => piece,
            };
            out.push_str(mark);
            *opens = false;
        }
    }
}

fn plain(text: &str) -> String {
    let text = text.to_lowercase().replace(['\u{2018}', '\u{2019}'], "'");
    text.split_whitespace().collect::<Vec<_>>().join(" ")
}

/// What stands in quotation marks. An opening mark without a closing one quotes the rest, but for single ones.
fn quoted(text: &str) -> Vec<&str> {
    let mut out = singly_quoted(text);
    let mut rest = text;
    while let Some((at, (open, close))) =
        rest.char_indices().find_map(|(i, c)| QUOTES.iter().find(|q| q.0 == c).map(|q| (i, *q)))
    {
        let inside = &rest[at + open.len_utf8()..];
        let end = inside.find(close).unwrap_or(inside.len());
        out.push(&inside[..end]);
        rest = inside.get(end + close.len_utf8()..).unwrap_or_default();
    }
    out
}

fn singly_quoted(text: &str) -> Vec<&str> {
    let word = |c: Option<char>| c.is_some_and(char::is_alphanumeric);
    let mut out = Vec::new();
    for (at, mark) in text.match_indices(SINGLE_OPENS) {
        let inside = &text[at + mark.len()..];
        if word(text[..at].chars().next_back()) || inside.starts_with(char::is_whitespace) {
            continue;
        }
        let closes = |(i, c): &(usize, &str)| *i > 0 && !word(inside[i + c.len()..].chars().next());
        out.extend(inside.match_indices(SINGLE_CLOSES).find(closes).map(|(end, _)| &inside[..end]));
    }
    out
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::report::{Praise, Weakness};
    use crate::text::SourceKind;

    const TEXT: &str = "I moved 14 depots to the new plan with Ada. It didn\u{2019}t hold in May.";

    fn answer() -> Answer {
        Answer::parse("a.md", TEXT.to_owned(), SourceKind::Plain)
    }

    fn said() -> Said {
        Said::new(&answer())
    }

    #[test]
    fn what_the_answer_says_stays() {
        for text in [
            "I moved 14 depots with Ada in May.",
            "I'd say: It held. Then Ada left.",
            "By [date] I moved [your figure].",
            "By [Your Figure] [Name] held.",
            "In Ada's plan, and Ada\u{2019}s, but I\u{2019}d go.",
        ] {
            assert_eq!(said().grounded(text), text);
        }
    }

    #[test]
    fn invented_figures_and_names_are_the_writers_to_fill_in() {
        for (text, want) in [
            ("I moved 20 depots.", "I moved [your figure] depots."),
            ("I cut it by 37%.", "I cut it by [your figure]%."),
            ("It took twenty two days.", "It took [your figure] days."),
            ("I asked Bob Miller for it.", "I asked [name] for it."),
            ("Depots moved; then Zurich did.", "Depots moved; then [name] did."),
            ("I moved [37% in Zurich] with Ada.", "I moved [your figure] with Ada."),
            ("I asked [the lead in Zurich].", "I asked [name]."),
            ("I asked [Zurich].", "I asked [name]."),
            ("[2] I moved 14 depots.", "I moved 14 depots."),
            ("I asked Bob Maria Miller.", "I asked [name]."),
            ("It took two hundred fifty-two days.", "It took [your figure] days."),
            ("I moved [37% and Bob.", "I moved [[your figure]% and [name]."),
        ] {
            assert_eq!(said().grounded(text), want);
        }
    }

    #[test]
    fn a_quotation_must_be_one() {
        assert!(said().quotes("You say \"moved 14 depots\" and \u{201c}didn't  hold\u{201d}."));
        assert!(said().quotes("You don't say who."), "an apostrophe quotes nothing");
        assert!(!said().quotes("You say \"moved 20 depots\"."));
        assert!(!said().quotes("You say \"never, ever"), "unclosed");
        assert!(said().quotes("'14 depots' and \u{2018}didn\u{2019}t hold\u{2019} aren't the teams' words."));
        for text in [
            "You say 'moved 20 depots'.",
            "The \u{2018}15 depots\u{2019} are many.",
            "You say '$40k was saved' and more.",
            "You say \u{2018}20 depots' twice.",
            "You say \"4 depots\".",
            "You say \"ove\".",
        ] {
            assert!(!said().quotes(text), "{text}");
        }
    }

    #[test]
    fn what_misquotes_is_left_out_and_counted() {
        let weakness = |why: &str| Weakness {
            id: "vague".to_owned(),
            sentences: vec![0],
            why: why.to_owned(),
            mend: "m".to_owned(),
            rewrite: Some("I moved 99.".to_owned()),
        };
        let words = Words {
            summary: "It says \"no\".".to_owned(),
            weaknesses: vec![weakness("\"14 depots\" is good"), weakness("\"15 depots\" is bad")],
            strengths: vec![Praise { sentences: vec![], what: "\"Ada\"".to_owned() }],
            questions: vec!["Why \"never\"?".to_owned()],
            dropped: 0,
            unfinished: 0,
        };
        let kept = keep(words, &answer());
        assert_eq!((kept.weaknesses.len(), kept.strengths.len(), kept.questions.len()), (1, 1, 0));
        assert_eq!((kept.summary.as_str(), kept.dropped), ("", 3));
        assert_eq!(kept.weaknesses[0].rewrite.as_deref(), Some("I moved [your figure]."));
        let mut misquoting = weakness("w");
        misquoting.rewrite = Some("I told Ada \"ship it\".".to_owned());
        let kept = keep(Words { weaknesses: vec![misquoting], dropped: 0, ..kept }, &answer());
        assert_eq!((kept.weaknesses[0].rewrite.as_ref(), kept.dropped), (None, 1));
    }

    proptest! {
        #[test]
        fn any_text_is_taken(text in "\\PC*") {
            let once = said().grounded(&text);
            let _ = said().quotes(&text);
            let digits = |s: &str| s.chars().filter(char::is_ascii_digit).count();
            prop_assert!(digits(&once) <= digits(&text));
        }
    }
}
