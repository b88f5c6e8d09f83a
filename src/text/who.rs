//! Who speaks: the narrator of a story, an interviewer, and names as people are called by in talks.

use super::label;

/// Titles of [`label`] that are speakers too.
const ROLES: [&str; 5] = ["interviewer", "candidate", "interviewee", "a", "c"];

/// What one is called, or begins to be, who asks.
const INTERVIEWERS: [&str; 5] = ["interviewer", "recruiter", "hiring manager", "speaker", "q"];

/// Words of a name that may begin small.
const SMALL: [&str; 8] = ["manager", "lead", "said", "de", "van", "von", "der", "bin"];

/// Lines that tell something within which a talk names those who speak, where nothing but a name says so. Who is quoted further
/// down is in a story.
pub(super) const OPENING: usize = 3;

/// No name has more words.
pub(super) const MOST_WORDS: usize = 3;

/// No name has more characters.
const MOST_CHARS: usize = 30;

/// Whether a word is the narrator, as one who did something.
pub(super) fn is_narrator(word: &str) -> bool {
    matches!(word, "I" | "we" | "We")
}

/// Whether the narrator does something in these words, other than in what "The day …" goes on with.
pub(super) fn is_narrated(line: &str) -> bool {
    let words: Vec<&str> = line.split_whitespace().collect();
    let who = words.iter().position(|word| word.split(['\'', '’']).next().is_some_and(is_narrator));
    let first = words.first().map(|word| word.to_lowercase()).unwrap_or_default();
    let named = matches!(first.as_str(), "the" | "a" | "an" | "when");
    who.is_some_and(|at| !named || words[at - 1].eq_ignore_ascii_case("and"))
}

/// Whether the narrator speaks, or of what is theirs, outside of quotation marks and brackets.
pub(super) fn narrates(line: &str) -> bool {
    let (mut open, mut quoted) = (false, false);
    let own: String = line
        .chars()
        .map(|c| {
            match c {
                '(' | ')' => open = c == '(',
                '"' => quoted = !quoted,
                '“' | '”' => quoted = c == '“',
                _ => {}
            }
            if open || quoted { ' ' } else { c }
        })
        .collect();
    let words = own.split(|c: char| !c.is_alphanumeric() && c != '\'' && c != '’');
    // "I've" and "We’d" are told by the same
    words
        .filter_map(|word| word.split(['\'', '’']).next())
        .any(|word| is_narrator(word) || matches!(word, "my" | "My" | "our" | "Our"))
}

/// Whether a speaker is called as one who asks is.
pub(super) fn is_interviewer(name: &str) -> bool {
    let name = name.to_lowercase();
    INTERVIEWERS.iter().any(|asker| name.starts_with(asker))
}

/// Whether a text is a name as people are called in chats: "Linh", "Linh Tran", "Speaker 2", "Hiring manager", "Candidate (me)", "me".
pub(super) fn is_name(text: &str) -> bool {
    let text = bare(text);
    if matches!(text, "me" | "you") {
        return true;
    }
    let name = text.split_once(" (").filter(|_| text.ends_with(')')).map_or(text, |(name, _)| name);
    let word = |(i, word): (usize, &str)| {
        let first = word.chars().next();
        let begins =
            first.is_some_and(|c| c.is_alphabetic() && !c.is_lowercase() || i > 0 && c.is_ascii_digit());
        (begins || i > 0 && SMALL.contains(&word))
            && word.chars().all(|c| c.is_alphanumeric() || ".-'’".contains(c))
    };
    let count = name.split_whitespace().count();
    let unnumbered = name.trim_end_matches(|c: char| c.is_ascii_digit() || c == ' ').to_lowercase();
    (1..=MOST_WORDS).contains(&count)
        && name.chars().count() <= MOST_CHARS
        && name.split_whitespace().enumerate().all(word)
        && (!label::is_title(name) || ROLES.contains(&unnumbered.as_str()))
}

/// A name without the marks around it.
pub(super) fn bare(name: &str) -> &str {
    name.trim_matches(|c: char| c.is_whitespace() || is_mark(c) || c == ',')
}

/// Marks around a line or a name: emphasis, and the direction of writing.
pub(super) fn is_mark(c: char) -> bool {
    matches!(c, '*' | '_' | '\u{200e}' | '\u{200f}')
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_narrator_is_heard_where_nobody_is_quoted() {
        for line in [
            "- Then I moved it",
            "- My team owns the gate",
            "- I've cut it",
            "- We’ve put it behind a flag",
            "(twice) we moved it",
        ] {
            assert!(narrates(line), "{line}");
        }
        for line in
            ["- Clear ownership (\"I sat down\")", "- \"We moved it\" is strong", "- Ends (as I said)"]
        {
            assert!(!narrates(line), "{line}");
        }
    }
}
