//! The lines of a text, and what each is without its marks.

use super::{SourceKind, Span, fences, html, label, marks};

/// No line has more quote marks and bullets one after the other.
const MAX_MARKS: usize = 16;

/// More words are no property of a note.
const PROPERTY_WORDS: usize = 3;

/// A line without its marks.
#[derive(Clone, Copy, Debug)]
pub(super) struct Line {
    pub(super) kind: LineKind,
    pub(super) content: Span,
    /// Columns before the content; a tab takes four.
    pub(super) indent: usize,
    /// Whether it is a caption that goes on with the line before it where no sentence ends.
    pub(super) cue: bool,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum LineKind {
    Blank,
    Rule,
    Heading,
    Item,
    Row,
    Text,
}

impl Line {
    /// Takes the marks off a line and says what it is.
    pub(super) fn read(source: &str, line: Span) -> Self {
        let marked = line.text(source).trim();
        let (kind, text) = if marks::is_rule(marked) {
            (LineKind::Rule, marked)
        } else if marked.starts_with('|') && marked.len() > 1 {
            (LineKind::Row, marked)
        } else {
            without_marks(marked)
        };
        let content = Span::of(text, source);
        let lead = source[line.start..content.start].chars();
        let indent = lead.map(|c| if c == '\t' { 4 } else { 1 }).sum();
        let kind = if text.is_empty() { LineKind::Blank } else { kind };
        Self { kind, content, indent, cue: false }
    }

    /// Its content.
    pub(super) fn text(self, source: &str) -> &str {
        self.content.text(source)
    }

    /// How wide it is.
    pub(super) fn columns(self, source: &str) -> usize {
        self.indent + self.text(source).chars().count()
    }

    /// The columns of its first word.
    pub(super) fn first_word(self, source: &str) -> usize {
        self.text(source).split_whitespace().next().map_or(0, |word| word.chars().count())
    }

    /// Whether it is a bullet, or text without marks.
    pub(super) fn is_prose(self) -> bool {
        matches!(self.kind, LineKind::Text | LineKind::Item)
    }

    pub(super) fn is_blank(self) -> bool {
        self.kind == LineKind::Blank
    }
}

/// A line, which is neither a rule nor a row, without quote marks, bullets, and what programs for notes put around it.
fn without_marks(line: &str) -> (LineKind, &str) {
    let (mut kind, mut text) = (LineKind::Text, line);
    for _ in 0..MAX_MARKS {
        if let Some((_, rest)) = text.strip_prefix("<!--").and_then(|rest| rest.split_once("-->")) {
            text = rest.trim_start();
        } else if let Some(rest) = text.strip_prefix('>').filter(|_| marks::is_quote(text)) {
            text = rest.trim_start();
        } else if marks::is_rule(text) {
            kind = LineKind::Rule;
            break;
        } else if let Some(len) = marks::bullet(text) {
            kind = LineKind::Item;
            text = &text[len..];
        } else if let Some(len) = callout(text) {
            text = &text[len..];
        } else {
            break;
        }
    }
    // the rest of a cell that a tag cuts
    text = text.strip_suffix('|').filter(|rest| rest.ends_with(' ')).map_or(text, str::trim_end);
    if let Some(level) = heading_level(text) {
        kind = LineKind::Heading;
        text = text[level..].trim();
    }
    text = without_id(text);
    if is_property(text) {
        kind = LineKind::Heading;
    }
    (kind, text)
}

/// The level of the heading that a line is by its marks: 1 for `#`, up to 6, which is also how many bytes they are.
pub(super) fn heading_level(line: &str) -> Option<usize> {
    let level = line.len() - line.trim_start_matches('#').len();
    ((1..=6).contains(&level) && line[level..].starts_with([' ', '\t'])).then_some(level)
}

/// The length of the mark of a callout, as Obsidian and GitHub have them: `[!question]`, `[!tip]-`.
fn callout(text: &str) -> Option<usize> {
    let end = text.strip_prefix("[!")?.find(']')? + 2;
    let named = end > 2 && text[2..end].bytes().all(|b| b.is_ascii_alphanumeric() || b == b'-');
    let rest = text[end + 1..].trim_start_matches(['-', '+']);
    named.then(|| text.len() - rest.trim_start().len())
}

/// The line without the id that Obsidian puts behind a block: ` ^abc123`.
fn without_id(text: &str) -> &str {
    let is_id = |id: &str| {
        id.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'-') && id.contains(|c: char| c.is_alphabetic())
    };
    text.rsplit_once(" ^").filter(|(_, id)| is_id(id)).map_or(text, |(line, _)| line.trim_end())
}

/// `tags:: interview`, as Logseq keeps what belongs to a note.
fn is_property(text: &str) -> bool {
    let named = |name: &str| {
        name.starts_with(|c: char| c.is_ascii_lowercase())
            && name.bytes().all(|b| b.is_ascii_lowercase() || b.is_ascii_digit() || b == b'-' || b == b'_')
    };
    let short = |rest: &str| {
        (rest.is_empty() || rest.starts_with(' ')) && rest.split_whitespace().count() <= PROPERTY_WORDS
    };
    // "result:: it held" is told
    let part = |name: &str| label::is_title(name) && !label::is_tagged(name);
    text.split_once("::").is_some_and(|(name, rest)| named(name) && short(rest) && !part(name))
}

/// Lines as the writer meant them: cut also at tags that break the line, not cut inside comments,
/// and without fenced code.
pub(super) fn raw_lines(source: &str, from: usize, kind: SourceKind) -> Vec<Span> {
    let comments = html::comments(source, from);
    let mut lines = Vec::new();
    let mut start = from;
    let mut at = from;
    while let Some(c) = source[at..].chars().next() {
        if let Ok(i) = comments.binary_search_by_key(&at, |comment| comment.start) {
            at = comments[i].end;
        } else if let Some(len) = line_break(&source[at..], kind) {
            lines.push(Span { start, end: at });
            start = at + len;
            at = start;
        } else {
            at += c.len_utf8();
        }
    }
    lines.push(Span { start, end: source.len() });
    if kind == SourceKind::Markdown { fences::without_code(source, lines) } else { lines }
}

/// The length of the line break, or of the tag that breaks the line, with which `rest` begins.
fn line_break(rest: &str, kind: SourceKind) -> Option<usize> {
    if rest.starts_with("\r\n") {
        return Some(2);
    }
    if rest.starts_with(['\r', '\n']) {
        return Some(1);
    }
    let tag = html::tag(rest).filter(|_| kind == SourceKind::Markdown)?;
    (tag.effect == html::Effect::Breaks).then_some(tag.len)
}

/// Takes the letters off the lines that Word's bullets become when they are copied: one line alone may begin so by chance.
pub(super) fn set_letter_bullets(source: &str, lines: &mut [Line]) {
    let mark = |line: &Line| marks::letter_bullet(line.text(source)).filter(|_| line.kind == LineKind::Text);
    let bullets = lines.iter().filter(|line| line.kind == LineKind::Item || mark(line).is_some());
    if bullets.count() > 1 {
        for line in lines {
            if let Some(len) = mark(line) {
                line.kind = LineKind::Item;
                line.content.start += len;
            }
        }
    }
}
