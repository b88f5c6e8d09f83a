//! The words of dates and times of day.

/// Short names of months, which a full stop may follow. "may" is no shorter in full.
const SHORT_MONTHS: [&str; 12] =
    ["jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec"];

const LONG_MONTHS: [&str; 12] = [
    "january",
    "february",
    "march",
    "april",
    "june",
    "july",
    "august",
    "sept",
    "september",
    "october",
    "november",
    "december",
];

const WEEKDAYS: [&str; 7] = ["monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday"];

/// Short names of weekdays. "sat" and "sun" are missing: outside of dates they are other words.
const SHORT_WEEKDAYS: [&str; 8] = ["mon", "tue", "tues", "wed", "thu", "thur", "thurs", "fri"];

/// Zones that are named after a time of day.
const ZONES: [&str; 18] = [
    "UTC", "GMT", "CET", "CEST", "BST", "IST", "PT", "PST", "PDT", "ET", "EST", "EDT", "CT", "CST", "CDT",
    "MT", "MST", "MDT",
];

/// Whether a text begins with the name of a month, long or short.
pub(super) fn begins_with_month(text: &str) -> bool {
    let word: String = text.chars().take_while(|c| c.is_alphabetic()).collect();
    let word = word.to_lowercase();
    SHORT_MONTHS.iter().chain(&LONG_MONTHS).any(|month| *month == word)
}

/// Whether a word in small letters is the short name of a month.
pub(super) fn is_short_month(word: &str) -> bool {
    SHORT_MONTHS.contains(&word)
}

/// Whether a word in small letters is the short name of a weekday, and nothing else.
pub(super) fn is_short_weekday(word: &str) -> bool {
    SHORT_WEEKDAYS.contains(&word)
}

/// Whether a word in small letters stands in a date or a time, besides figures and months.
pub(super) fn is_of_date(word: &str) -> bool {
    let named = WEEKDAYS.contains(&word) || is_short_weekday(word) || matches!(word, "sat" | "sun");
    named || matches!(word, "am" | "pm" | "a.m" | "p.m" | "at" | "today" | "yesterday" | "utc" | "gmt")
}

/// Whether a word, which keeps its capitals, is a time zone.
pub(super) fn is_zone(word: &str) -> bool {
    ZONES.contains(&word)
}
