//! Where sentences end. The Unicode default (UAX #29, by `unicode-segmentation`) proposes, and
//! the corrections here are for what it does not know: abbreviations, initials, numbered points,
//! and people who write without capitals. A run-on without any stop stays whole here: cutting it at
//! "and then" and its like was measured and found no more true ends than false ones. A model cuts it (`run_on`).

use std::ops::Range;

use unicode_segmentation::UnicodeSegmentation;

use super::{calendar, has_words, is_blank, label};

/// Abbreviations that no sentence ends with.
const NEVER_LAST: [&str; 24] = [
    "e.g", "eg", "i.e", "ie", "vs", "cf", "approx", "ca", "dr", "mr", "mrs", "ms", "prof", "nr", "incl",
    "excl", "resp", "viz", "dept", "fig", "gen", "esp", "st", "sr",
];

/// Abbreviations that a sentence may end with: it does where a capital follows.
const MAYBE_LAST: [&str; 22] = [
    "etc", "am", "inc", "ltd", "co", "corp", "jr", "min", "max", "avg", "est", "sec", "hrs", "mins", "wk",
    "wks", "yr", "yrs", "mgr", "mio", "rec", "temp",
];

/// Words that begin sentences, and no names in code.
const STARTS: [&str; 24] = [
    "I", "We", "It", "The", "This", "That", "They", "He", "She", "My", "Our", "But", "And", "So", "Then",
    "After", "When", "There", "Since", "One", "Two", "First", "Now", "Nobody",
];

/// With what a sentence ends.
pub(super) const STOPS: [char; 4] = ['.', '!', '?', '…'];

/// What may stand between a stop and the space after it.
const CLOSERS: [char; 10] = ['"', '\'', '”', '’', ')', ']', '»', '*', '_', '›'];

/// The sentences of one block as byte ranges that cover it wholly. No sentence ends inside the
/// ranges `held` or where one ends (they are in order): a label belongs to what follows it. Every range found holds a
/// letter or a digit, unless the block has none.
pub(super) fn sentences(text: &str, held: &[Range<usize>]) -> Vec<Range<usize>> {
    let mut cuts: Vec<usize> = text.split_sentence_bound_indices().map(|(at, _)| at).collect();
    let glued = glued_starts(text);
    cuts.extend(small_starts(text).chain(glued.iter().copied()));
    cuts.sort_unstable();
    cuts.dedup();
    let free = |cut: &usize| {
        let end = text[..*cut].trim_end().len();
        let near = held.partition_point(|range| range.start < *cut);
        held[..near].last().is_none_or(|range| end > range.end)
    };
    let mut found: Vec<Range<usize>> = Vec::new();
    let (mut start, mut seen, mut any) = (0, 0, false);
    let ends: Vec<usize> = cuts.into_iter().filter(free).collect();
    for cut in ends.into_iter().chain([text.len()]) {
        any |= has_words(&text[seen..cut]);
        seen = cut;
        let goes_on = || glued.binary_search(&cut).is_err() && is_false_stop(&text[start..cut], &text[cut..]);
        if cut < text.len() && (!any || goes_on()) {
            continue;
        }
        match found.last_mut() {
            Some(last) if !any => last.end = cut,
            _ if start < cut => found.push(start..cut),
            _ => {}
        }
        (start, any) = (cut, false);
    }
    found
}

/// The places after a full stop and a space where a small letter follows. UAX #29 never ends a
/// sentence there, people who type as they speak do.
fn small_starts(text: &str) -> impl Iterator<Item = usize> {
    text.match_indices(' ').filter_map(|(at, _)| {
        let stopped = text[..at].ends_with(STOPS);
        let next = text[at + 1..].chars().next()?;
        (stopped && (next.is_alphanumeric() || "\"'“‘(".contains(next))).then_some(at + 1)
    })
}

/// The places after a stop where a sentence begins without a space, in order: "within a week.It held". A word that begins one, or
/// any name in a text that has no space after any stop; "Node.js" and "System.Text" are no sentences.
fn glued_starts(text: &str) -> Vec<usize> {
    let stops = || text.match_indices(['.', '!', '?']).map(|(at, _)| at + 1);
    let begins = |at: &usize| {
        let word: &str = text[..at - 1].rsplit(|c: char| !c.is_alphabetic()).next().unwrap_or_default();
        let before = text[..at - 1 - word.len()].chars().next_back();
        let next = &text[*at..];
        let name = next.len() - next.trim_start_matches(char::is_alphabetic).len();
        let small = word.bytes().all(|b| b.is_ascii_lowercase()) && word.len() > 2;
        small
            && before.is_none_or(|c| c.is_whitespace() || matches!(c, '\'' | '’' | '-'))
            && next.starts_with(|c: char| c.is_ascii_uppercase())
            && !next[1..name.max(1)].contains(char::is_uppercase)
            && next[name..].starts_with([' ', ',', '\'', '’'])
            && !NEVER_LAST.contains(&word)
            && !calendar::is_short_month(word)
    };
    let found: Vec<usize> = stops().filter(begins).collect();
    let spaced = || stops().any(|at| text[at..].starts_with(' '));
    if found.len() > 1 && !spaced() {
        return found;
    }
    let starts = |at: &usize| {
        let word = text[*at..].split(|c: char| !c.is_alphabetic()).next().unwrap_or_default();
        STARTS.contains(&word)
    };
    found.into_iter().filter(starts).collect()
}

/// Whether a small letter, a stop, a space and a capital follow each other: a sentence ends there, and another begins.
pub(super) fn holds_stop(text: &str) -> bool {
    text.match_indices(". ").any(|(at, _)| {
        text[..at].ends_with(char::is_lowercase)
            && text[at + 2..].starts_with(char::is_uppercase)
            && !ends_in_abbreviation(&text[..=at])
    })
}

/// Whether the sentence goes on after what `said` ends with.
fn is_false_stop(said: &str, next: &str) -> bool {
    let trimmed = said.trim_end();
    let remark = next.strip_prefix('(').is_some_and(|rest| rest.starts_with(char::is_lowercase));
    let titled = trimmed.len() <= 40 && trimmed.strip_suffix('.').is_some_and(label::is_title);
    // without a space it is a version, an address or a name
    let glued = trimmed.len() == said.len()
        && said.ends_with(|c: char| c.is_ascii())
        && next.starts_with(|c: char| c.is_ascii());
    if remark || titled || glued {
        return true;
    }
    let open = trimmed.trim_end_matches(CLOSERS);
    let closed = open.len() < trimmed.len();
    if next.starts_with(['-', '–', '—', '→', '=', '+', '/', '&', ',', ';', ':', ')']) {
        return !closed && small_after_sign(next);
    }
    let ellipsis = open.ends_with("..") || open.ends_with('…');
    if ellipsis || closed {
        return first(next).is_some_and(char::is_lowercase);
    }
    open.ends_with('.') && is_of_last_word(open, next)
}

/// The first character after quotation marks and brackets.
fn first(text: &str) -> Option<char> {
    text.trim_start_matches(['"', '\'', '“', '‘', '(']).chars().next()
}

/// After a stop a dash or a sign goes on with the sentence, unless a capital comes after it.
fn small_after_sign(next: &str) -> bool {
    next.chars().find(|c| c.is_alphanumeric()).is_none_or(|c| !c.is_uppercase())
}

/// The last word without its full stop.
fn last_word(text: &str) -> &str {
    let text = text.trim_end_matches('.');
    let apart = |c: char| c.is_whitespace() || "(\"'“‘/[".contains(c);
    text.rsplit(apart).next().unwrap_or(text).trim_start_matches(['”', '’'])
}

/// Whether the full stop with which `said` ends is that of its last word, so that it need not end the sentence.
fn is_of_last_word(said: &str, next: &str) -> bool {
    let word = last_word(said);
    let before = said.trim_end_matches('.').strip_suffix(word).unwrap_or_default();
    is_unit(before, word, next)
        || is_abbreviation(said, word, next)
        || is_time_of_day(said, word, next)
        || is_number_or_initial(before, word, next)
}

/// "after 2 hr. of work", "at 5 pm. sharp".
fn is_unit(before: &str, word: &str, next: &str) -> bool {
    matches!(word, "hr" | "pm")
        && before.trim_end().ends_with(|c: char| c.is_ascii_digit())
        && first(next).is_some_and(char::is_lowercase)
}

/// Whether a text ends in an abbreviation, so that its full stop need not end the sentence.
pub(super) fn ends_in_abbreviation(text: &str) -> bool {
    let word = last_word(text.trim_end());
    text.trim_end().ends_with('.')
        && !is_acronym(word, text)
        && NEVER_LAST.contains(&word.to_lowercase().as_str())
}

/// "an MR.", "to Oakland, CA.": written so in a text that is not all in capitals, it is no title and no shortened word.
fn is_acronym(word: &str, said: &str) -> bool {
    matches!(word, "MR" | "DR" | "CA" | "IE") && said.contains(char::is_lowercase)
}

/// "e.g. on latency", "etc. and", "No. 5", "N.H.S. trust": an abbreviation that what comes next goes on after.
fn is_abbreviation(said: &str, word: &str, next: &str) -> bool {
    let lower = word.to_lowercase();
    let first = first(next);
    let (small, digit) = (first.is_some_and(char::is_lowercase), first.is_some_and(char::is_numeric));
    // "ms." and "st." after a figure are units and streets, "Ms." is a title.
    let never = NEVER_LAST.contains(&lower.as_str())
        && (small || !is_acronym(word, said))
        && (!matches!(lower.as_str(), "ms" | "st" | "gen") || word.starts_with(char::is_uppercase));
    let month = calendar::is_short_month(&lower) && lower != "may" || lower == "sept";
    let counted = matches!(lower.as_str(), "no" | "vol" | "p" | "max" | "min" | "ver" | "est")
        || calendar::is_short_weekday(&lower)
        || month;
    // "N.H.S. trust", "Ph.D. students", "5 p.m. sharp"
    let part = |part: &str| part.chars().all(char::is_alphabetic) && (1..=2).contains(&part.chars().count());
    let letters = lower.contains('.') && lower.split('.').all(part);
    let maybe = (MAYBE_LAST.contains(&lower.as_str()) && word != "am") || month || letters;
    never || (maybe && small) || (counted && digit)
}

/// "On Monday at 5 a.m. I looked", "at 2 a.m. Sunday", "at 2 a.m. PST": the time of day only sets the scene.
fn is_time_of_day(said: &str, word: &str, next: &str) -> bool {
    if !matches!(word.to_lowercase().as_str(), "a.m" | "p.m") {
        return false;
    }
    let opens = ["On ", "At ", "By ", "In ", "Around ", "Until "].iter().any(|w| said.starts_with(w));
    let day = next.split_whitespace().next().is_some_and(|w| w.trim_end_matches(['.', ',']).ends_with("day"));
    let zone = next.split(|c: char| !c.is_alphanumeric()).next().is_some_and(calendar::is_zone);
    day || zone || opens && said.split_whitespace().count() <= 6
}

/// "1. Foo" at the start of a point, "30. June", "J. Smith", "asked K. from billing".
fn is_number_or_initial(before: &str, word: &str, next: &str) -> bool {
    let alone = is_blank(before);
    let mut chars = word.chars();
    let initial = chars.next().is_some_and(|c| c.is_uppercase() && c != 'I') && chars.next().is_none();
    if word.len() <= 2 && word.bytes().all(|b| b.is_ascii_digit()) && !word.is_empty() {
        return alone || word == "1" && before.trim_end().ends_with(':') || calendar::begins_with_month(next);
    }
    initial && (alone || next.starts_with(char::is_lowercase))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn cut(text: &str) -> Vec<&str> {
        sentences(text, &[]).into_iter().map(|range| text[range].trim()).collect()
    }

    #[test]
    fn sentences_end_where_a_reader_stops() {
        for parts in [
            &["It fell over.", "I fixed it."][..],
            &["so i was the tpm.", "and then it broke.", "no one knew why"],
            &["Who owned it?", "Nobody!", "So I did."],
            &["Really?!", "Yes."],
            &["He said \"no.\"", "I asked why."],
            &["(It did once.)", "Then it held."],
            &["It took 4.5 h.", "12 teams moved."],
            &["We shipped in 2021.", "Then came v2.1 of it."],
            &["we moved to v2.1.", "then it broke at 5.30.", "we slept"],
            &["We had logs, alarms, etc.", "None fired."],
            &["I waited...", "Nothing came."],
            &["It went live at 5 p.m.", "Nobody noticed."],
            &["That was plan B.", "It held."],
            &["We stopped.", "\"Why?\" he asked."],
            &["It was late.", "(Nobody knew.)"],
            &["On Monday at 5 a.m. I looked.", "July was flat: 80.", "Then it rose."],
            &["I opened an MR.", "The team read it.", "We moved to Oakland, CA.", "It held."],
            &["i was the pm.", "we went to hr.", "they said no"],
            &["Tickets fell to 5.", "Marketing noticed.", "Maybe they fell to 4.", "Decided to stop."],
        ] {
            assert_eq!(cut(&parts.join(" ")), parts);
        }
    }

    #[test]
    fn sentences_go_on_where_a_reader_goes_on() {
        for text in [
            "We had alarms, e.g. on latency, i.e. p99, vs. none before.",
            "It took approx. 200k EUR and ca. 5 weeks.",
            "Dr. Weber and Ms. Lee asked for No. 5 at 5 a.m. sharp.",
            "We moved to v2.1 at 5.30 and 12.5 % left.",
            "I asked J. from billing at Foo Inc. about it.",
            "The deadline was 30. June for everyone.",
            "It began in Dec. 2016 and cost 2 % p.a. for years.",
            "On Fri. 3 May an N.H.S. trust sent two Ph.D. students.",
            "I waited... and waited… until it came.",
            "\"Who owns it?\" she asked.",
            "The cut (really?) was late.",
            "One thing; then another; then a third.",
            "See big.LITTLE, config.yaml and Node.js there.",
            "Two points: 1. speed and cost.",
            "They call it “approx. right” and ‘ca. right’.",
            "J. Smith agreed.",
            "We kept it. - for now",
            "Who owns it? (look it up)",
            "Result. It held.",
            "It failed at 2 a.m. Sunday.",
            "We were called at 2 a.m. PST on Friday.",
            "The team in CA. was not told.",
            "I MET MR. SMITH AND DR. LEE.",
            "It fell from 9 to 2 hr. on average, and we met at 5 pm. on Fridays.",
            "As a Sr. Product Manager I owned it from 3. March on.",
        ] {
            assert_eq!(cut(text), [text]);
        }
    }

    #[test]
    fn a_sentence_may_begin_without_a_space() {
        for parts in [
            &["I fixed it within a week.", "It held for two months."][..],
            &["They failed!", "I fixed it."],
            &["Finance called.", "Customers had noticed.", "I fixed it."],
        ] {
            assert_eq!(cut(&parts.concat()), parts);
        }
        for text in [
            "We read big.LITTLE, Node.js and Booking.com there.",
            "The user.Name field of System.Text was empty, e.g.The one of a guest.",
            "We set config.Value in all of them",
        ] {
            assert_eq!(cut(text), [text]);
        }
    }

    #[test]
    fn labels_are_held_together_with_their_sentence() {
        let text = "Did it. Well. We went on.";
        let label = 0..8;
        assert_eq!(sentences(text, std::slice::from_ref(&label)).len(), 2);
        assert_eq!(sentences(text, &[]).len(), 3);
    }

    #[test]
    fn wordless_bits_join_their_neighbours() {
        assert_eq!(cut("It held. :) !!! And more."), ["It held. :) !!!", "And more."]);
        assert_eq!(cut("!!! It held."), ["!!! It held."]);
        assert_eq!(cut("..."), ["..."]);
        assert!(cut("").is_empty());
    }
}
