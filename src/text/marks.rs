//! The marks at the start of a line: rules, quotes, bullets, numbers.

use super::calendar;

/// `---`, `***`, `===`, `* * *`: nothing but one mark, three times or more.
pub(super) fn is_rule(text: &str) -> bool {
    let marks = || text.chars().filter(|c| !c.is_whitespace());
    let first = marks().next();
    first.is_some_and(|c| "-*_=—–".contains(c)) && marks().count() >= 3 && marks().all(|c| Some(c) == first)
}

/// A quote mark, and no comparison ("> 70 % were open").
pub(super) fn is_quote(text: &str) -> bool {
    !text.starts_with(">=") && !text.trim_start_matches(['>', ' ']).starts_with(|c: char| c.is_numeric())
        || text.starts_with("> ")
            && text[2..].trim_start_matches(|c: char| c.is_ascii_digit()).starts_with(['.', ')'])
}

/// The length of a bullet mark or number with the space after it, and of a box to tick.
pub(super) fn bullet(text: &str) -> Option<usize> {
    let first = text.chars().next()?;
    let mark = match first {
        '-' if text.starts_with("->") => 2,
        '-' | '*' | '+' | '•' | '‣' | '◦' | '▪' | '●' | '○' | '·' | '–' | '—' | '→' | '➜' | '✓' | '✔'
        | '✅' | '\u{f0b7}' | '■' | '➢' | '❖' | '►' | '◆' | '⁃' | '🔹' => first.len_utf8(),
        '0'..='9' if keycap(&text[1..]) > 0 => 1 + keycap(&text[1..]),
        '0'..='9' => {
            let digits = text.bytes().take_while(u8::is_ascii_digit).count();
            let rest = &text[digits..];
            let numbers = rest.starts_with(')') || rest.starts_with('.') && !is_date(rest);
            (digits <= 2 && numbers).then_some(digits + 1)?
        }
        'a'..='z' if text[1..].starts_with(')') => 2,
        'o' if text[1..].starts_with('\t') => 1,
        '(' | 'i' | 'v' if roman(text) > 0 => roman(text),
        '(' if text.len() > 3 && text.as_bytes()[2] == b')' => {
            let c = text.as_bytes()[1];
            (c.is_ascii_lowercase() || c.is_ascii_digit()).then_some(3)?
        }
        '[' if ["[ ]", "[x]", "[X]"].iter().any(|tick| text.starts_with(tick)) => 3,
        _ => return None,
    };
    let rest = &text[mark..];
    let glued = matches!(first, '•' | '‣' | '▪' | '●' | '✓' | '✔' | '✅') || text[..mark].ends_with(KEYCAP);
    let space = rest.len() - rest.trim_start().len();
    (space > 0 || rest.is_empty() || glued).then_some(mark + space)
}

/// The length of a letter that Word's bullets become, with the space after it. A single line may begin with one by chance.
pub(super) fn letter_bullet(text: &str) -> Option<usize> {
    let rest = text.strip_prefix("o ").or_else(|| text.strip_prefix("§ "))?.trim_start();
    rest.starts_with(char::is_alphabetic).then(|| text.len() - rest.len())
}

/// The length of a small roman number: `(ii)`, `iv.`. One letter alone in it is an `i`, for the others begin names.
fn roman(text: &str) -> usize {
    let inner = text.strip_prefix('(').unwrap_or(text);
    let len = inner.bytes().take_while(|b| matches!(b, b'i' | b'v')).count();
    let known = ["i", "ii", "iii", "iv", "vi", "vii", "viii"].contains(&&inner[..len]);
    let close = if inner.len() < text.len() { ')' } else { '.' };
    if known && inner[len..].starts_with(close) { text.len() - inner.len() + len + 1 } else { 0 }
}

/// Makes a key of the digit before it: "1️⃣".
const KEYCAP: char = '\u{20e3}';

/// The length of what makes a key of the digit before it.
fn keycap(rest: &str) -> usize {
    let bare = rest.trim_start_matches('\u{fe0f}');
    if bare.starts_with(KEYCAP) { rest.len() - bare.len() + KEYCAP.len_utf8() } else { 0 }
}

/// "30. June": after the number comes a month, so it is no list.
fn is_date(rest: &str) -> bool {
    let next = rest.get(1..).unwrap_or_default().trim_start_matches(' ');
    next.starts_with(char::is_uppercase) && calendar::begins_with_month(next)
}
