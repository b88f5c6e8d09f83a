//! What the words of a sentence show without a model: whose deed it tells, how long it is, whether it names a
//! figure or anything by name.
//!
//! May import: `evidence` (its labels).

use crate::evidence::Voice;

/// The narrator. Forms without an apostrophe are how hurried notes spell them.
const NARRATOR: &[&str] = &["i", "i'm", "i've", "i'd", "i'll", "im", "ive", "my", "me", "mine", "myself"];

/// After "I" these only muse: "we got it down to one form, I think".
const MUSING: &[&str] = &["think", "guess", "mean", "suppose", "believe", "reckon"];

/// A collective that includes the narrator, as one who does something.
const COLLECTIVE: &[&str] = &["we", "we're", "we've", "we'd", "we'll", "weve", "ourselves"];

/// After "my" or "our", these are a collective or somebody else and not the narrator: "my team built it".
const COMPANY: &str = "team team's teams teammate teammates squad group department crew colleague colleagues coworker \
                       coworkers engineers developers people company company's";

/// Before a capital "I", these make it a numeral: "phase I".
const NUMBERED: &[&str] = &["phase", "part", "tier", "type", "level", "stage", "class", "volume", "grade"];

/// Number words. "One", "once", "first", "second" and "double" are left out: mostly they count nothing.
const NUMBERS: &str = "zero two three four five six seven eight nine ten eleven twelve thirteen fourteen fifteen sixteen \
                       seventeen eighteen nineteen twenty thirty forty fifty sixty seventy eighty ninety hundred \
                       hundreds thousand thousands million millions billion dozen dozens half halved third thirds \
                       quarter quarters tenth twice doubled tripled percent";

/// Whose deed the sentence tells; `team` says that a model hears a team's deed in it.
///
/// The narrator's pronouns win over the collective's, so "the team and I" is the narrator's. Without either it is
/// the collective's where `team` holds; else nobody's: a note without a subject is not told as anybody's, whatever in it is
/// "ours". Text in double quotes is other people's and doesn't count, nor does "I think" said in passing.
#[must_use]
pub fn voice(text: &str, team: bool) -> Voice {
    let said = unquoted(text);
    let words: Vec<(&str, String)> = words(&said).map(|w| (w, folded(w))).collect();
    let mut collective = false;
    for (i, (word, low)) in words.iter().enumerate() {
        let before = i.checked_sub(1).map_or("", |j| words[j].1.as_str());
        let after = words.get(i + 1).map_or("", |w| w.1.as_str());
        if (low == "my" || low == "our") && lists(COMPANY, after) {
            collective = true;
        } else if NARRATOR.contains(&low.as_str()) {
            let numeral = *word == "I" && NUMBERED.contains(&before);
            let passing = low == "i" && MUSING.contains(&after);
            if !numeral && !passing {
                return Voice::I;
            }
        }
        collective |= COLLECTIVE.contains(&low.as_str());
    }
    if collective || team { Voice::We } else { Voice::Other }
}

/// How many words it has: runs between spaces that hold a letter or a digit.
#[must_use]
pub fn count(text: &str) -> usize {
    text.split_whitespace().filter(|w| w.chars().any(char::is_alphanumeric)).count()
}

/// Whether it names a figure, in digits or in words. Digits within a name ("S3", "k8s") are none.
#[must_use]
pub fn has_number(text: &str) -> bool {
    words(text).any(|w| {
        let low = folded(w);
        let counts = low.split('-').any(|part| lists(NUMBERS, part)) && !low.starts_with("third-");
        counts || w.starts_with(|c: char| c.is_ascii_digit())
    })
}

/// Whether it names something: a figure, or a word with a capital after the first.
#[must_use]
pub fn is_specific(text: &str) -> bool {
    let named = |w: &str| {
        let low = folded(w);
        w.chars().any(char::is_uppercase)
            && !NARRATOR.contains(&low.as_str())
            && !COLLECTIVE.contains(&low.as_str())
    };
    has_number(text) || words(body(text)).skip(1).any(named)
}

/// The text after a heading such as "Result:" or "(R)", whose capital names nothing.
fn body(text: &str) -> &str {
    let text = text.trim_start_matches(|c: char| !c.is_alphanumeric());
    match text.split_once([':', ')']) {
        Some((head, rest)) if count(head) <= 2 => rest,
        _ => text,
    }
}

/// The words of a text, bare of punctuation around them.
fn words(text: &str) -> impl Iterator<Item = &str> {
    text.split(|c: char| c.is_whitespace() || matches!(c, '—' | '–' | '…' | ',' | ';' | ':' | '(' | ')'))
        .map(|w| w.trim_matches(|c: char| !c.is_alphanumeric()))
        .filter(|w| !w.is_empty())
}

fn lists(list: &str, word: &str) -> bool {
    list.split(' ').any(|w| w == word)
}

/// Lower case, with straight apostrophes.
fn folded(word: &str) -> String {
    word.to_lowercase().replace(['’', 'ʼ', '`'], "'")
}

/// The text without what stands in double quotes; a quote that is never closed quotes nothing.
fn unquoted(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    let mut rest = text;
    while let Some(open) = rest.find(['"', '“', '„', '«']) {
        let mark = rest[open..].chars().next().map_or(1, char::len_utf8);
        let inside = &rest[open + mark..];
        let Some(close) = inside.find(['"', '”', '“', '»']) else { break };
        out.push_str(&rest[..open]);
        out.push(' ');
        let end = inside[close..].chars().next().map_or(1, char::len_utf8);
        rest = &inside[close + end..];
    }
    out + rest
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_narrator_speaks() {
        for text in [
            "I redrew the plan.",
            "In the end it was my call.",
            "They asked me to run it.",
            "I’ve moved the gate and we shipped.",
            "i'm the one who closed it",
            "The team and I shipped it.",
            "My team and I shipped it.",
            "It fell to the team, so—I called them.",
            "I told them \"we need this by Friday\".",
            "myself and we all",
            "A - I checked the logs",
        ] {
            assert_eq!(voice(text, false), Voice::I, "{text}");
        }
    }

    #[test]
    fn a_collective_speaks() {
        for text in [
            "We redrew the plan.",
            "Our plan was late, so we’d moved it.",
            "My team built the exporter.",
            "In the end our engineers found it.",
            "“I want it now,” she said, and we did it.",
            "We got it down to one form with, I think, seven questions.",
        ] {
            assert_eq!(voice(text, false), Voice::We, "{text}");
        }
        assert_eq!(voice("The engineers fixed it.", true), Voice::We);
    }

    #[test]
    fn nobody_speaks() {
        for text in [
            "",
            "Redrew the plan around the two late services.",
            "The US store launched, i.e. the page went live.",
            "Phase I of the I/O rework went live.",
            "She said \"I can't\" and “we won’t”.",
            "were the users",
            "Partnered with the vendor on our image; this let us see the fault.",
            "Finally the vendor met us.",
        ] {
            assert_eq!(voice(text, false), Voice::Other, "{text}");
        }
    }

    #[test]
    fn an_open_quote_quotes_nothing() {
        assert_eq!(voice("The 19\" rack was one I ordered", false), Voice::I);
        assert_eq!(voice("\"", false), Voice::Other);
    }

    #[test]
    fn the_flag_does_not_take_the_deed_from_the_narrator() {
        assert_eq!(voice("I closed it.", true), Voice::I);
    }

    #[test]
    fn numbers() {
        for text in
            ["down from 31 hours", "~40%", "$1,200 saved", "by a third", "twenty-two tickets", "3x", "(2)"]
        {
            assert!(has_number(text), "{text}");
        }
        for text in [
            "moved to S3 on k8s",
            "the first one",
            "no figure",
            "",
            "Q3",
            "a third-party tool",
            "double-checked it",
        ] {
            assert!(!has_number(text), "{text}");
        }
    }

    #[test]
    fn specifics() {
        for text in ["asked Dilan every week", "cut it to 4", "moved it to Jenkins", "Result: the SLA held"] {
            assert!(is_specific(text), "{text}");
        }
        for text in ["We did various things.", "Then I helped", "Result: It was better.", "(R) All good", ""]
        {
            assert!(!is_specific(text), "{text}");
        }
    }

    #[test]
    fn words_are_counted() {
        assert_eq!(count("I - as ever - was late, 2 days."), 7);
        assert_eq!(count(" — "), 0);
    }
}
