//! With what a turn begins where a talk was written down or copied: who speaks, and when.

use super::stamp;
use super::who::{self, is_mark, is_name};

/// The begin of a turn.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Head<'a> {
    pub(super) name: &'a str,
    /// What is said on the same line.
    pub(super) said: &'a str,
    pub(super) sign: Sign,
    /// Whether it has a time.
    pub(super) timed: bool,
}

/// How surely a line begins a turn.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Sign {
    /// Only where one of those who speak asks for a story.
    Asked,
    /// Also where somebody speaks twice.
    Likely,
    /// By its form alone.
    Sure,
}

/// The head with which a line begins.
pub(super) fn head(line: &str) -> Option<Head<'_>> {
    let body = line.trim_matches(|c: char| c.is_whitespace() || is_mark(c));
    if stamp::is_bare(body) {
        return None;
    }
    let found = voice(body).or_else(|| bracketed(body)).or_else(|| stamped(body)).or_else(|| dated(body));
    let (name, said, sign) = found.or_else(|| named(body))?;
    let (name, said) = (who::bare(name), said.trim_matches(|c: char| c.is_whitespace() || is_mark(c)));
    Some(Head { name, said, sign, timed: found.is_some() })
}

type Found<'a> = (&'a str, &'a str, Sign);

/// `<v Linh Tran>It held.</v>`
fn voice(body: &str) -> Option<Found<'_>> {
    let (name, said) = body.strip_prefix("<v ")?.split_once('>')?;
    Some((name, said.strip_suffix("</v>").unwrap_or(said), Sign::Sure))
}

/// `[10:03, 3/5/2025] Linh: It held.`, `[3/5/2025 10:03 AM] Linh Tran`, `[Linh Tran] 10:00:15`
fn bracketed(body: &str) -> Option<Found<'_>> {
    let (inner, after) = body.strip_prefix('[')?.split_once(']')?;
    let nothing = &after[after.len()..];
    if !stamp::is_time(inner) {
        return (is_name(inner) && stamp::is_time(after)).then_some((inner, nothing, Sign::Sure));
    }
    match after.split_once(':').filter(|(name, _)| is_name(name)) {
        Some((name, said)) => Some((name, said, sign(inner, Sign::Likely))),
        None => is_name(after).then_some((after, nothing, Sign::Sure)),
    }
}

/// `3/5/25, 10:03 - Linh: It held.`, `00:01:12 Linh Tran:`, `10:00:15 From Linh Tran to Everyone:`. A time alone begins the lines of a
/// story too.
fn stamped(body: &str) -> Option<Found<'_>> {
    let time = stamp::leading_time(body)?;
    let rest = body[time..].trim_start();
    let (name, said) = rest.strip_prefix("From ").unwrap_or(rest).split_once(':')?;
    let name = name.split_once(" to ").map_or(name, |(name, _)| name);
    is_name(name).then_some((name, said, sign(&body[..time], Sign::Asked)))
}

/// Sure with a date or with seconds.
fn sign(time: &str, otherwise: Sign) -> Sign {
    if time.contains(['/', ',']) || time.matches(':').count() > 1 { Sign::Sure } else { otherwise }
}

/// `Linh  10:03 AM`, `Linh Tran, 10:03 AM`, `Linh [10:03 AM]`, `Speaker 1 00:03`
fn dated(body: &str) -> Option<Found<'_>> {
    let (name, time) = body
        .match_indices(char::is_whitespace)
        .take(2 * who::MOST_WORDS)
        .map(|(at, _)| body.split_at(at))
        .filter(|(name, time)| is_name(name) && stamp::is_time(time) && !time.trim_start().starts_with("at "))
        .last()?;
    let apart = name.ends_with(|c: char| c == ',' || c.is_whitespace()) || time.contains(['[', '\t']);
    let sign = if apart { Sign::Sure } else { Sign::Likely };
    Some((name, &time[time.len()..], sign))
}

/// `Linh: It held.`, `**Recruiter:**`
fn named(body: &str) -> Option<Found<'_>> {
    let (name, said) = body.split_once(':')?;
    let apart = said.chars().next().is_none_or(|c| c.is_whitespace() || is_mark(c));
    (apart && is_name(name)).then_some((name, said, Sign::Asked))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn who_speaks_is_known_by_form() {
        for (line, name, said) in [
            ("Linh  10:03 AM", "Linh", ""),
            ("Speaker 1  00:03", "Speaker 1", ""),
            ("Linh Tran, 10:00 AM", "Linh Tran", ""),
            ("Linh [10:00 AM]", "Linh", ""),
            ("[3/5/2025 10:00 AM] Linh Tran", "Linh Tran", ""),
            ("[Linh Tran] 10:00:15", "Linh Tran", ""),
            ("\u{200e}[10:03, 3/5/2025] Linh: It held.", "Linh", "It held."),
            ("3/5/25, 10:03 - Linh: It held.", "Linh", "It held."),
            ("3/5/25, 10:03\u{202f}AM - Linh: It held.", "Linh", "It held."),
            ("00:01:12 Linh Tran:", "Linh Tran", ""),
            ("10:00:15\t From Linh Tran to Everyone:", "Linh Tran", ""),
            ("<v Linh Tran>It held.</v>", "Linh Tran", "It held."),
        ] {
            let found = head(line).unwrap_or_else(|| panic!("{line}"));
            assert_eq!((found.name, found.said, found.sign), (name, said, Sign::Sure), "{line}");
        }
        for (line, sign) in [
            ("Linh 10:03 AM", Sign::Likely),
            ("[10:03] Linh: It held.", Sign::Likely),
            ("10:03 Linh: It held.", Sign::Asked),
            ("**Hiring manager:** It held.", Sign::Asked),
            ("Interviewer (Sarah): And then?", Sign::Asked),
        ] {
            assert_eq!(head(line).map(|head| head.sign), Some(sign), "{line}");
        }
    }

    #[test]
    fn what_a_story_says_is_no_head() {
        for line in [
            "10:03 AM: the pager went off and I looked",
            "[10:03] I paged the team.",
            "Paged at 10:03",
            "3/5/25, 10:03 - it failed",
            "The ratio was 3:1",
            "Result: it held.",
            "https://example.com",
            "Mar 5 10:03",
            "It held.",
            "",
        ] {
            assert_eq!(head(line), None, "{line}");
        }
    }
}
