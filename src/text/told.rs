//! Whether a short line that looks like a title tells something, and whether it counts the stories of a bank.

use super::{label, who};

/// Words that a title with the number of a story has.
const MAX_NUMBERED: usize = 10;

/// Whether a short line, however it is set, tells something and is no title: by who did it, or by what came of it. "How I cut costs by
/// 40%" and "The year I led nobody" are titles, and so are those with the number of a year, a part or a version.
pub(super) fn is_told(line: &str) -> bool {
    let words: Vec<&str> = line.split_whitespace().collect();
    if words.first().is_some_and(|word| label::ASKING.contains(&word.to_lowercase().as_str())) {
        return false;
    }
    let figure = |(at, word): (usize, &&str)| {
        let bare = word.trim_start_matches(['(', '~', '+', '-']);
        let year = bare.len() == 4 && bare.bytes().all(|b| b.is_ascii_digit());
        let amount = word.contains(['%', '€', '£']) || word.starts_with('$');
        let inner = at > 0 && at + 1 < words.len() && !year;
        amount
            || inner && bare.starts_with(|c: char| c.is_ascii_digit()) && !is_numbering(bare, words[at + 1])
    };
    who::is_narrated(line) || words.iter().enumerate().any(figure)
}

/// "Story 2: the outage", "Part 1 - the plan": the number counts titles.
fn is_numbering(number: &str, next: &str) -> bool {
    number.ends_with([':', ')', '.']) || matches!(next, "-" | "–" | "—" | "|")
}

/// "Story 2: the outage", "Example #3 – the move".
pub(super) fn is_numbered_story(line: &str) -> bool {
    let line = line.trim_start_matches(|c: char| !c.is_alphanumeric()).to_lowercase();
    let Some(rest) = ["story", "example", "answer"].iter().find_map(|word| line.strip_prefix(word)) else {
        return false;
    };
    let number = rest.trim_start_matches([' ', '#']);
    let after = number.trim_start_matches(|c: char| c.is_ascii_digit());
    let counts = rest.starts_with(' ') && after.len() < number.len();
    counts
        && (after.is_empty() || label::sign(after).is_some())
        && line.split_whitespace().count() <= MAX_NUMBERED
        && !line.ends_with(['.', '!', '?', ';', ','])
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_somebody_did_and_what_came_of_it_is_told() {
        for line in [
            "I led the billing migration",
            "We shipped in May and failures fell by 87%",
            "I sat down with both leads",
            "Then we moved it",
            "I've cut the queue by half",
            "The team and I shipped it",
            "Failures fell from 8 to 1",
            "Saved €40k in a year",
        ] {
            assert!(is_told(line), "{line}");
        }
    }

    #[test]
    fn titles_are_not_told() {
        for line in [
            "How I won back a customer",
            "How I cut costs by 40%",
            "What we did",
            "The day I broke it all",
            "My biggest failure",
            "Story 2: the outage",
            "Part 2 - the outage",
            "Outage of 2023 in May",
            "Moving to version 3",
            "3 depots in a week",
            "Failures fell sharply",
            "IT and Web move",
            "",
        ] {
            assert!(!is_told(line), "{line}");
        }
    }

    #[test]
    fn stories_are_counted_by_their_titles() {
        for line in ["Story 1: Billing export", "Story 2 - the move", "📌 Example #3: the gate", "Story 4"]
        {
            assert!(is_numbered_story(line), "{line}");
        }
        for line in [
            "Story: the move",
            "Story 2 was late",
            "Stories 3: x",
            "Story 2: it held, and I left.",
            "Storyline 2: x",
        ] {
            assert!(!is_numbered_story(line), "{line}");
        }
    }
}
