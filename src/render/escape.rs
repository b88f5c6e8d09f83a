//! Makes text from an answer safe to print: no byte of it reaches a terminal as a command.

use std::borrow::Cow;

/// The text on one line: tabs and line breaks become spaces, control characters, bidirectional overrides and
/// invisible characters become something that can be seen and does nothing.
#[must_use]
pub fn escape(text: &str) -> Cow<'_, str> {
    if !text.chars().any(|c| shown(c).is_some()) {
        return Cow::Borrowed(text);
    }
    let mut out = String::with_capacity(text.len() + 8);
    for c in text.chars() {
        match shown(c) {
            Some(seen) => out.push_str(&seen),
            None => out.push(c),
        }
    }
    Cow::Owned(out)
}

/// As [`escape`], with the line breaks left as they are.
#[must_use]
pub fn escape_lines(text: &str) -> String {
    text.lines().map(escape).collect::<Vec<_>>().join("\n")
}

/// What stands for a character that must not be printed; `None` where it may be.
pub(super) fn shown(c: char) -> Option<String> {
    let n = u32::from(c);
    match c {
        '\t' | '\n' | '\r' | '\u{b}' | '\u{c}' | '\u{85}' | '\u{2028}' | '\u{2029}' => Some(" ".to_owned()),
        // Unicode has a picture of each C0 control and of DEL.
        '\0'..='\u{1f}' => char::from_u32(0x2400 + n).map(String::from),
        '\u{7f}' => Some("\u{2421}".to_owned()),
        _ if unseen(n) => Some(format!("\\u{{{n:x}}}")),
        _ => None,
    }
}

/// C1 controls, directional marks and overrides, zero-width characters, tags. The zero-width joiner stays: emoji
/// are made with it, and it moves nothing.
fn unseen(n: u32) -> bool {
    matches!(n, 0x80..=0x9f | 0xad | 0x61c | 0x180e | 0x200b | 0x200e | 0x200f | 0x202a..=0x202e
        | 0x2060..=0x206f | 0xfeff | 0xfff9..=0xfffb | 0xe0000..=0xe007f)
}

/// JSON in which the characters that [`escape`] would replace stand as `\uXXXX`. Only strings can hold them, so
/// the value stays the same.
pub(super) fn escape_json(json: &str) -> Cow<'_, str> {
    let risky = |c: char| c != '\n' && shown(c).is_some();
    if !json.chars().any(risky) {
        return Cow::Borrowed(json);
    }
    let mut out = String::with_capacity(json.len() + 16);
    for c in json.chars() {
        if risky(c) {
            let mut units = [0; 2];
            for unit in c.encode_utf16(&mut units) {
                out.push_str(&format!("\\u{unit:04x}"));
            }
        } else {
            out.push(c);
        }
    }
    Cow::Owned(out)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn control_characters_are_seen_and_do_nothing() {
        assert_eq!(escape("\u{1b}[31mred\u{7}"), "␛[31mred␇");
        assert_eq!(escape("a\u{9b}31m\u{7f}"), "a\\u{9b}31m␡");
        assert_eq!(escape("\u{202e}evil\u{2066}"), "\\u{202e}evil\\u{2066}");
        assert_eq!(escape("\u{e0041}"), "\\u{e0041}");
    }

    #[test]
    fn tabs_and_line_breaks_are_spaces() {
        assert_eq!(escape("a\tb\r\nc\u{2028}d"), "a b  c d");
        assert_eq!(escape_lines("a\u{1b}\nb"), "a␛\nb");
    }

    #[test]
    fn ordinary_text_is_left_alone() {
        for text in ["plain", "naïve café", "日本語", "👩‍👩‍👧 ok", "a\u{a0}b"] {
            assert!(matches!(escape(text), Cow::Borrowed(t) if t == text), "{text}");
        }
    }

    #[test]
    fn json_keeps_its_value() {
        let value = serde_json::json!({ "a": "\u{1b}\u{9b}\u{202e}\u{e0041}\u{7f}é\n" });
        let text = serde_json::to_string_pretty(&value).unwrap();
        let safe = escape_json(&text);
        assert!(!safe.chars().any(|c| c != '\n' && shown(c).is_some()));
        assert_eq!(serde_json::from_str::<serde_json::Value>(&safe).unwrap(), value);
    }
}
