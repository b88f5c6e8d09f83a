//! The little of HTML that people leave in Markdown: comments, tags, entities.

use super::Span;

/// Tags that break the line: what stands on both sides belongs to different sentences.
const BREAKING: [&str; 29] = [
    "br",
    "p",
    "div",
    "ul",
    "ol",
    "li",
    "h1",
    "h2",
    "h3",
    "h4",
    "h5",
    "h6",
    "table",
    "tr",
    "td",
    "th",
    "hr",
    "details",
    "summary",
    "blockquote",
    "section",
    "center",
    "aside",
    "thead",
    "tbody",
    "tfoot",
    "pre",
    "article",
    "figure",
];

/// Tags inside a line, which go without a trace.
const INLINE: [&str; 15] =
    ["u", "s", "a", "span", "code", "sub", "sup", "small", "mark", "font", "kbd", "del", "ins", "img", "tt"];

const ENTITIES: [(&str, &str); 24] = [
    ("amp", "&"),
    ("lt", "<"),
    ("gt", ">"),
    ("quot", "\""),
    ("apos", "'"),
    ("nbsp", " "),
    ("ndash", "–"),
    ("mdash", "—"),
    ("hellip", "…"),
    ("rarr", "→"),
    ("larr", "←"),
    ("bull", "•"),
    ("middot", "·"),
    ("lsquo", "‘"),
    ("rsquo", "’"),
    ("ldquo", "“"),
    ("rdquo", "”"),
    ("times", "×"),
    ("deg", "°"),
    ("euro", "€"),
    ("pound", "£"),
    ("copy", "©"),
    ("le", "≤"),
    ("ge", "≥"),
];

/// A tag at the start of a text.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Tag {
    /// Its length in bytes.
    pub(super) len: usize,
    /// Whether it closes an element.
    pub(super) closing: bool,
    pub(super) effect: Effect,
}

/// What a tag does to what stands around it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Effect {
    /// It breaks the line.
    Breaks,
    /// It sets its text in bold or italics.
    Emphasis,
    /// Nothing that is heard.
    None,
}

/// The closed comments from byte `from` on, in order. An open one is no comment, so that a
/// forgotten `-->` does not swallow an answer.
pub(super) fn comments(source: &str, from: usize) -> Vec<Span> {
    let mut found = Vec::new();
    let mut at = from;
    while let Some(start) = source[at..].find("<!--").map(|i| at + i) {
        let Some(end) = source[start + 4..].find("-->").map(|i| start + 4 + i + 3) else {
            break;
        };
        found.push(Span { start, end });
        at = end;
    }
    found
}

/// The tag with which `text` begins, if it is one of those that people use; `<id>` is none.
pub(super) fn tag(text: &str) -> Option<Tag> {
    let inner = text.strip_prefix('<')?;
    let closing = inner.starts_with('/');
    let inner = inner.strip_prefix('/').unwrap_or(inner);
    let name_len = inner.find(|c: char| !c.is_ascii_alphanumeric()).unwrap_or(inner.len());
    let name = inner[..name_len].to_ascii_lowercase();
    let effect = match name.as_str() {
        name if BREAKING.contains(&name) => Effect::Breaks,
        "b" | "strong" | "i" | "em" => Effect::Emphasis,
        name if INLINE.contains(&name) => Effect::None,
        _ => return None,
    };
    let close = inner.find(['<', '>']).filter(|i| inner.as_bytes()[*i] == b'>')?;
    let attributes = &inner[name_len..close];
    if !attributes.is_empty() && !attributes.starts_with(|c: char| c.is_whitespace() || c == '/') {
        return None;
    }
    // "<a large bank>" stands for a name
    if attributes.contains(char::is_alphanumeric) && !attributes.contains('=') && attributes.trim() != "open"
    {
        return None;
    }
    Some(Tag { len: 1 + usize::from(closing) + close + 1, closing, effect })
}

/// The entity with which `text` begins: its length in bytes and what it stands for.
pub(super) fn entity(text: &str) -> Option<(usize, String)> {
    let end = text.bytes().take(12).position(|b| b == b';')?;
    let name = text.get(1..end)?;
    if let Some((_, value)) = ENTITIES.iter().find(|(known, _)| *known == name) {
        return Some((end + 1, (*value).to_owned()));
    }
    let number = name.strip_prefix('#')?;
    let code = match number.strip_prefix(['x', 'X']) {
        Some(hex) => u32::from_str_radix(hex, 16).ok()?,
        None => number.parse().ok()?,
    };
    let c = char::from_u32(code).filter(|c| !c.is_control())?;
    Some((end + 1, c.to_string()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn comments_are_found_and_open_ones_are_not() {
        let spans = comments("a <!-- b --> c <!----> d <!-- e", 0);
        assert_eq!(spans, [Span { start: 2, end: 12 }, Span { start: 15, end: 22 }]);
    }

    #[test]
    fn tags_are_known_ones_only() {
        assert!(tag("<br/>x").is_some_and(|t| t.effect == Effect::Breaks && t.len == 5));
        assert!(tag("</li>").is_some_and(|t| t.closing && t.effect == Effect::Breaks));
        assert!(tag("<B>x").is_some_and(|t| t.effect == Effect::Emphasis && t.len == 3));
        assert!(tag("<a href=\"x\">y").is_some_and(|t| t.len == 12));
        for breaking in ["<details open>", "<aside>"] {
            assert!(tag(breaking).is_some_and(|t| t.effect == Effect::Breaks), "{breaking}");
        }
        for none in ["<a large bank>", "<code name>", "<id>", "<100MB", "< b>", "<b", "<b <i>", "<bold>", "<"]
        {
            assert_eq!(tag(none), None, "{none}");
        }
    }

    #[test]
    fn entities_are_resolved_and_loose_ampersands_are_not() {
        assert_eq!(entity("&amp; b"), Some((5, "&".to_owned())));
        assert_eq!(entity("&#8212;x"), Some((7, "—".to_owned())));
        assert_eq!(entity("&#x2014;"), Some((8, "—".to_owned())));
        for none in ["& b;", "&nosuch;", "&#0;", "&#xD800;", "&", "&ä;"] {
            assert_eq!(entity(none), None, "{none}");
        }
    }
}
