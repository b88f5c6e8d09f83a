//! Lines that tell nothing: a number, a time, a date or a page alone, a count of words, what a program writes around a text.

use super::{calendar, place, split};

/// What a figure or a date stands behind.
const LABELS: &str = "word count|words|character count|speaking time|spoken time|reading time|read time|last edited|\
last edit|last updated|last modified|created|edited|updated|modified|page|thought for|reasoned for";

/// What a program counts under a text.
const COUNTED: [&str; 9] =
    ["words", "characters", "reply", "replies", "comment", "comments", "likes", "views", "reactions"];

const UNITS: [&str; 14] = [
    "s",
    "sec",
    "secs",
    "second",
    "seconds",
    "m",
    "min",
    "mins",
    "minute",
    "minutes",
    "h",
    "words",
    "characters",
    "of",
];

/// Whole lines that stand on buttons around a text, or name who wrote it.
const BUTTONS: &str = "Copy|Copy code|Share|Regenerate|Edit|Retry|Reply|Read aloud|Good response|Bad response|4o|You said:|ChatGPT said:|\
Claude said:|Gemini said:|Copilot said:";

/// Whether a line, of which the marks have been taken off, tells nothing. `above`: what is written last over it.
pub(super) fn tells_nothing(line: &str, above: &str) -> bool {
    let above = above.trim_end().trim_end_matches(['"', '”', ')', '*', '_']);
    // the last figure of a paragraph that is wrapped: "fell from nine to⏎1."
    let hangs = !above.is_empty() && !above.ends_with(split::STOPS) && !above.ends_with(':');
    let told = hangs && is_bare(line) && (line.ends_with(['.', ',']) || !has_clock(line));
    // pages are counted in whole numbers; one that is asked for, or that has parts, is what came of it
    let number = !line.is_empty() && line.bytes().all(|b| b.is_ascii_digit() || b == b'.');
    let counted = number && (line.contains('.') || above.ends_with([':', '?']));
    !told && !counted && (is_stamp(line) || is_program(line))
}

/// Whether a text is a time of day or a timestamp, with or without a date.
pub(super) fn is_time(text: &str) -> bool {
    has_clock(text) && is_bare(text)
}

/// The length of the time, with or without a date, with which a text begins.
pub(super) fn leading_time(text: &str) -> Option<usize> {
    let mut end = 0;
    for word in text.split_whitespace() {
        if !words(word).all(is_figure) {
            break;
        }
        end = place(word, text).end;
    }
    has_clock(&text[..end]).then_some(end)
}

/// Nothing but figures, or the words of a date.
pub(super) fn is_bare(text: &str) -> bool {
    text.contains(|c: char| c.is_ascii_digit()) && words(text).all(is_figure)
}

/// "10:03".
fn has_clock(text: &str) -> bool {
    text.as_bytes().windows(3).any(|w| w[0].is_ascii_digit() && w[1] == b':' && w[2].is_ascii_digit())
}

/// Words and figures without the signs that join those of dates. A sign that says something of a figure, as in "8 → 1" or "87%",
/// stays in its word.
fn words(text: &str) -> impl Iterator<Item = &str> {
    let parts = text.split(|c: char| c.is_whitespace() || ",;:/-–—()[]~≈|\u{200e}".contains(c));
    parts.map(|word| word.trim_matches('.')).filter(|word| !word.is_empty())
}

fn is_figure(word: &str) -> bool {
    let lower = word.to_lowercase();
    let rest = lower.trim_start_matches(|c: char| c.is_ascii_digit() || c == '.');
    if rest.len() < lower.len() {
        matches!(rest, "" | "am" | "pm" | "st" | "nd" | "rd" | "th")
    } else {
        calendar::begins_with_month(word) || calendar::is_of_date(&lower)
    }
}

/// "75", "75s", "seconds".
fn is_measure(word: &str) -> bool {
    let lower = word.to_lowercase();
    let unit = lower.trim_start_matches(|c: char| c.is_ascii_digit());
    is_figure(word) || is_about(&lower) || UNITS.contains(&unit)
}

fn is_about(word: &str) -> bool {
    matches!(word, "about" | "approx" | "around" | "roughly")
}

/// "212", "Word count: 112 | Speaking time: ~75 seconds", "14m 12s", "2 | P a g e".
fn is_stamp(line: &str) -> bool {
    let line = line.trim_matches(|c: char| c.is_whitespace() || "*_()[]".contains(c));
    let mut parts = line.split(['|', '·', '•', ',']);
    let all =
        |part: &str| words(part).all(is_figure) || is_labelled(part) || is_counted(part) || is_length(part);
    line.contains(|c: char| c.is_ascii_digit()) && parts.all(all)
}

fn is_labelled(part: &str) -> bool {
    let lower = part.trim().to_lowercase();
    let spaced = lower.strip_prefix("p a g e").map(|_| "");
    let rest = || LABELS.split('|').find_map(|label| lower.strip_prefix(label));
    let ago = |rest: &str| {
        !lower.starts_with("created") && rest.ends_with(" ago") && rest.split_whitespace().count() <= 4
    };
    spaced.or_else(rest).is_some_and(|rest| {
        !rest.starts_with(char::is_alphabetic) && (words(rest).all(is_measure) || ago(rest))
    })
}

/// "2 replies", "≈ 110 words", "about 50 seconds spoken", "3 min read".
fn is_counted(part: &str) -> bool {
    let lower = part.to_lowercase();
    let mut words = words(&lower).skip_while(|word| is_about(word));
    let figure = words.next().is_some_and(|word| word.bytes().all(|b| b.is_ascii_digit()));
    match (figure, words.next(), words.next(), words.next()) {
        (true, Some(noun), None, _) => COUNTED.contains(&noun),
        (true, Some(unit), Some("read" | "spoken"), None) => UNITS.contains(&unit),
        _ => false,
    }
}

/// "14m 12s": one alone may be millions.
fn is_length(part: &str) -> bool {
    let glued =
        |word: &str| word.starts_with(|c: char| c.is_ascii_digit()) && !is_figure(word) && is_measure(word);
    words(part).count() > 1 && words(part).all(glued)
}

fn is_program(line: &str) -> bool {
    let line = line.trim();
    let from = ["Sent from my ", "Get Outlook for "].iter().any(|begin| line.starts_with(begin));
    BUTTONS.split('|').any(|button| button == line)
        || from && line.split_whitespace().count() <= 6 && !line.ends_with('.')
        || line.ends_with(" stopped transcription")
        || line.ends_with(" started transcription")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn figures_alone_tell_nothing() {
        for line in [
            "2",
            "2 / 3",
            "10:03 AM",
            "[10:03]",
            "3/5/2025",
            "Wed, Mar 5, 2025 at 10:03 a.m.",
            "Word count: 212",
            "*(Word count: 112 | Speaking time: ~75 seconds)*",
            "(≈ 110 words, about 50 seconds spoken)",
            "Last edited 3/5/2025",
            "Last edited 2 days ago",
            "Created March 5, 2025",
            "Page 1 of 2",
            "Page 2/2",
            "2 | P a g e",
            "2 replies",
            "14m 12s",
            "Thought for 12 seconds",
            "Sent from my iPhone",
            "Minh Tran stopped transcription",
            "Copy",
        ] {
            assert!(tells_nothing(line, ""), "{line}");
        }
    }

    #[test]
    fn what_figures_tell_stays() {
        for line in [
            "",
            "...",
            "87% fewer failures",
            "8 → 1 failures",
            "8 → 1",
            "40%",
            "$40k saved",
            "$40",
            "9 of 14",
            "14 minutes",
            "3 months",
            "4x",
            "14m",
            "Duration: 2 min instead of 40",
            "Duration: 40 minutes",
            "0.79.",
            "0.79",
            "Created 3 years ago",
            "Duration: 3 months",
            "Created: a checklist that both teams sign",
            "Created 3 dashboards",
            "Page load fell from 9 to 2",
            "Updated 14 runbooks",
            "10:03 AM: the pager went off and I looked",
            "Sent from my team was a list of 40 faults, and I read each.",
            "Copy went out late",
            "May I add one",
        ] {
            assert!(!tells_nothing(line, ""), "{line}");
        }
        assert!(!tells_nothing("1.", "failures fell from nine a month to"));
        assert!(!tells_nothing("2023", "It was in the spring of"));
        assert!(!tells_nothing("2", "How many failures were left?"));
        assert!(!tells_nothing("1", "Failures a week, after:"));
        assert!(tells_nothing("2", "It held."));
    }

    #[test]
    fn a_time_at_the_start_is_measured() {
        assert_eq!(leading_time("3/5/25, 10:03 AM - Linh: It held."), Some("3/5/25, 10:03 AM -".len()));
        assert_eq!(leading_time("00:01:12 Linh"), Some(8));
        assert_eq!(leading_time("40 alarms at 10:03"), None);
    }
}
