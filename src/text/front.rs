//! Front matter: a block between `---` (YAML) or `+++` (TOML) at the very start, of which only the
//! key `question` is read. A whole YAML parser would be a large dependency for one key.

use super::{is_blank, label, who};

/// More words of a property that nobody knows tell something.
const VALUE_WORDS: usize = 4;

/// Properties of notes, whatever they hold.
const KNOWN: [&str; 9] =
    ["title", "tags", "aliases", "created", "updated", "date created", "date modified", "related", "source"];

#[derive(Clone, Copy, PartialEq, Eq)]
enum Syntax {
    Yaml,
    Toml,
}

/// What stands before the answer.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Front {
    /// The value of `question`, never empty.
    pub(super) question: Option<String>,
    /// The byte at which the answer begins.
    pub(super) body: usize,
}

/// Reads the front matter of `source`; without one the answer begins after a byte order mark.
pub(super) fn read(source: &str) -> Front {
    let start = if source.starts_with('\u{feff}') { '\u{feff}'.len_utf8() } else { 0 };
    let none = Front { question: None, body: start };
    let mut lines = lines(source, start);
    let Some((fence, _)) = lines.next() else {
        return none;
    };
    let syntax = match fence.trim_end() {
        "---" => Syntax::Yaml,
        "+++" => Syntax::Toml,
        _ => return none,
    };
    let mut inner = Vec::new();
    for (line, next) in lines {
        let bare = line.trim_end();
        if bare == fence.trim_end() || (syntax == Syntax::Yaml && bare == "...") {
            return if syntax == Syntax::Toml || is_front(&inner) {
                Front { question: question(&inner, syntax), body: next }
            } else {
                none
            };
        }
        inner.push(line);
    }
    none
}

/// Lines with the byte at which the next one starts.
fn lines(source: &str, from: usize) -> impl Iterator<Item = (&str, usize)> {
    let mut at = from;
    std::iter::from_fn(move || {
        let rest = source.get(at..).filter(|rest| !rest.is_empty())?;
        let len = rest.find(['\n', '\r']).unwrap_or(rest.len());
        let stop = if rest[len..].starts_with("\r\n") { len + 2 } else { (len + 1).min(rest.len()) };
        at += stop;
        Some((&rest[..len], at))
    })
}

/// Two rules around prose are no front matter: here every line at the margin is a key, a table
/// head, a list item or a remark, and keys are written small, or name a property as Obsidian and Notion do.
fn is_front(inner: &[&str]) -> bool {
    let key = |line: &str| {
        let end = line.find([':', '=']).unwrap_or(0);
        let name = line[..end].trim_end();
        name.starts_with(|c: char| c.is_ascii_lowercase() || c == '_')
            && name.chars().all(|c| c.is_ascii_alphanumeric() || "_-.".contains(c))
    };
    inner.iter().filter(|line| !is_blank(line)).all(|line| {
        line.starts_with([' ', '\t', '#', '-', '[', ']', '"', '\'']) || key(line) || is_property(line)
    })
}

/// "Date created: 2025-03-05". A part of the answer between two rules is none, nor what tells something.
fn is_property(line: &str) -> bool {
    let Some((name, value)) = line.split_once(':') else { return false };
    let named = name.starts_with(|c: char| c.is_ascii_alphabetic())
        && name.chars().all(|c| c.is_ascii_alphanumeric() || " _-".contains(c))
        && name.split_whitespace().count() <= 3;
    let part = label::is_title(name) && !label::is_tagged(name) && !is_question(name);
    let told = who::is_narrated(line) || value.trim_end().ends_with(['.', '!', ';', ',']);
    let apart = value.is_empty() || value.starts_with([' ', '\t']);
    let short = value.split_whitespace().count() <= VALUE_WORDS || value.contains([',', '[', '/', '"']);
    let known = KNOWN.iter().any(|known| name.eq_ignore_ascii_case(known));
    named && !part && apart && (is_question(name) || !told && (known || short))
}

/// Whether this key holds the question.
fn is_question(name: &str) -> bool {
    let name = name.trim().trim_matches(['"', '\'']);
    ["question", "interview question"].iter().any(|known| name.eq_ignore_ascii_case(known))
}

fn question(inner: &[&str], syntax: Syntax) -> Option<String> {
    let sign = match syntax {
        Syntax::Yaml => ':',
        Syntax::Toml => '=',
    };
    let (at, value) = inner.iter().enumerate().find_map(|(at, line)| {
        let (key, value) = line.split_once(sign)?;
        is_question(key).then_some((at, value.trim()))
    })?;
    let following = &inner[at + 1..];
    let text = if value.starts_with("\"\"\"") || value.starts_with("'''") {
        until(value, following, &value[..3])
    } else if value.starts_with('"') {
        double_quoted(value)
    } else if let Some(rest) = value.strip_prefix('\'') {
        single_quoted(rest)
    } else if value.is_empty() || value.starts_with(['>', '|']) {
        indented("", following)
    } else {
        indented(value.split(" #").next().unwrap_or(value), following)
    };
    let text = text.split_whitespace().collect::<Vec<_>>().join(" ");
    (!text.is_empty()).then_some(text)
}

/// A value that goes on over the indented lines that follow.
fn indented(first: &str, following: &[&str]) -> String {
    let more = following.iter().take_while(|line| line.starts_with([' ', '\t']));
    std::iter::once(first).chain(more.copied()).collect::<Vec<_>>().join(" ")
}

/// A TOML string between three quotes, over lines.
fn until(value: &str, following: &[&str], quotes: &str) -> String {
    let all = std::iter::once(&value[3..]).chain(following.iter().copied());
    let all = all.collect::<Vec<_>>().join(" ");
    all.split(quotes).next().unwrap_or_default().to_owned()
}

fn double_quoted(value: &str) -> String {
    let mut out = String::new();
    let mut chars = value.chars().skip(1);
    while let Some(c) = chars.next() {
        match c {
            '"' => break,
            '\\' => match chars.next() {
                Some('n' | 't' | 'r') => out.push(' '),
                Some(escaped) => out.push(escaped),
                None => break,
            },
            _ => out.push(c),
        }
    }
    out
}

fn single_quoted(rest: &str) -> String {
    let mut out = String::new();
    let mut chars = rest.chars().peekable();
    while let Some(c) = chars.next() {
        if c == '\'' && chars.next_if_eq(&'\'').is_none() {
            break;
        }
        out.push(c);
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    fn asked(source: &str) -> (Option<String>, &str) {
        let front = read(source);
        (front.question, &source[front.body..])
    }

    #[test]
    fn question_is_read_plain_and_quoted() {
        for written in [
            "question: Tell me: when?",
            "question: \"Tell me: when?\"",
            "question: 'Tell me: when?'  # asked often",
            "title: x\nquestion:   Tell me: when? # asked often\ntags: [a, b]",
            "question: >\n  Tell me:\n  when?\nlevel: 3",
            "question: Tell me:\n  when?",
        ] {
            let source = format!("---\n{written}\n---\nBody.");
            assert_eq!(asked(&source), (Some("Tell me: when?".to_owned()), "Body."), "{written}");
        }
    }

    #[test]
    fn quotes_inside_quotes_are_kept() {
        assert_eq!(asked("---\nquestion: \"a \\\"b\\\" c\"\n---\n").0.unwrap(), "a \"b\" c");
        assert_eq!(asked("---\nquestion: 'it''s'\n---\n").0.unwrap(), "it's");
    }

    #[test]
    fn toml_is_read_too() {
        assert_eq!(asked("+++\nquestion = \"When?\"\n+++\nB"), (Some("When?".to_owned()), "B"));
        assert_eq!(asked("+++\nquestion = \"\"\"\nWhen\nso?\"\"\"\n+++\nB").0.unwrap(), "When so?");
    }

    #[test]
    fn byte_order_mark_crlf_and_missing_last_line_break_do_no_harm() {
        assert_eq!(asked("\u{feff}---\r\nquestion: A?\r\n---\r\nB"), (Some("A?".to_owned()), "B"));
        assert_eq!(asked("---\nquestion: A?\n---"), (Some("A?".to_owned()), ""));
        assert_eq!(asked("\u{feff}B"), (None, "B"));
    }

    #[test]
    fn properties_of_notes_are_front_matter() {
        for written in [
            "title: Export\nTags: x",
            "Created: 2025-03-05 10:03\nTags: [a, b]\nStatus: in progress",
            "date created: 2025-03-05\ntags:\n  - x",
        ] {
            assert_eq!(asked(&format!("---\n{written}\n---\nB.")), (None, "B."), "{written}");
        }
        for key in ["Question", "interview question", "Interview Question"] {
            let found = asked(&format!("---\n{key}: Tell me when?\nTags: x\n---\nB.")).0.unwrap_or_default();
            assert_eq!(found, "Tell me when?", "{key}");
        }
        for told in [
            "Situation: the export failed\nAction: fixed it within a week",
            "Last spring: it failed twice a week.",
            "Result: 40% fewer tickets",
            "My move: I asked both leads",
        ] {
            let prose = format!("---\n{told}\n---\nB.");
            assert_eq!(asked(&prose), (None, prose.as_str()), "{told}");
        }
    }

    #[test]
    fn other_keys_are_no_question_and_prose_between_rules_is_no_front_matter() {
        assert_eq!(asked("---\ntitle: A\nquestions: 3\n---\nB"), (None, "B"));
        assert_eq!(asked("---\nquestion:\n---\nB"), (None, "B"));
        for prose in ["---\nI led it: alone.\n---\nB", "---\nquestion: A", "--- x\nB", ""] {
            assert_eq!(asked(prose), (None, prose));
        }
    }
}
