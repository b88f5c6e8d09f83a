//! A block's text as it is read: emphasis, links, code marks, tags and comments away, entities
//! resolved, whitespace collapsed, and for each character the bytes of the source it came from.

use std::ops::Range;

use super::emphasis::{Glyph, Mark, escaped, pair};
use super::{SourceKind, Span, html, stage};

/// Escapes that Markdown knows and people use.
const ESCAPABLE: &str = "\\`*_{}[]()#+.!>~|-&<";

/// No address of a link is longer; what comes after is not searched.
const MAX_TARGET: usize = 2000;

/// The words of a block, with their way back to the source.
#[derive(Debug, Default)]
pub(super) struct Rendered {
    /// The words, with single spaces.
    pub(super) text: String,
    /// What was set in bold or italics, as byte ranges of `text`, in order.
    pub(super) emphasis: Vec<Range<usize>>,
    /// For each character of `text`: its first byte there, and its bytes in the source.
    at: Vec<(usize, Span)>,
}

impl Rendered {
    /// Renders what stands on one line, or on a part of it.
    pub(super) fn line(source: &str, line: Span, kind: SourceKind) -> Self {
        Self::lines(source, &[line], kind)
    }

    /// Renders lines that belong together, joined by spaces.
    pub(super) fn lines(source: &str, lines: &[Span], kind: SourceKind) -> Self {
        Self::show(glyphs(source, lines, kind), kind)
    }

    /// Renders cells of a table's row: the bars between them become colons.
    pub(super) fn cells(source: &str, cells: &[Span], kind: SourceKind) -> Self {
        let mut glyphs = glyphs(source, cells, kind);
        bars(&mut glyphs);
        Self::show(glyphs, kind)
    }

    fn show(mut glyphs: Vec<Glyph>, kind: SourceKind) -> Self {
        if kind == SourceKind::Markdown {
            pair(&mut glyphs);
        }
        let mut rendered = Self::default();
        rendered.push_all(glyphs);
        rendered
    }

    /// The source of a range of `text`, without whitespace at its ends; `None` if that is empty.
    pub(super) fn span(&self, range: Range<usize>) -> Option<Span> {
        let words = &self.text[range.clone()];
        let start = range.start + (words.len() - words.trim_start().len());
        let end = range.start + words.trim_end().len();
        let first = self.at.partition_point(|(at, _)| *at < start);
        let last = self.at.partition_point(|(at, _)| *at < end);
        let inside = self.at.get(first..last)?;
        Some(Span { start: inside.first()?.1.start, end: inside.last()?.1.end })
    }

    /// Where the emphasis that begins at byte `from` ends.
    pub(super) fn emphasis_at(&self, from: usize) -> Option<usize> {
        let near = self.emphasis.partition_point(|range| range.start <= from);
        let range = self.emphasis[..near].last()?;
        (range.start == from).then_some(range.end)
    }

    fn push_all(&mut self, glyphs: Vec<Glyph>) {
        let mut opened: Option<usize> = None;
        let mut starts = Vec::new();
        for glyph in glyphs {
            match glyph.mark {
                Mark::Opens | Mark::Starts => {
                    opened.get_or_insert(glyph.span.start);
                    if glyph.mark == Mark::Starts {
                        starts.push(self.text.len());
                    }
                }
                Mark::Closes | Mark::Ends => {
                    if let (None, Some((_, span))) = (opened, self.at.last_mut()) {
                        span.end = glyph.span.end;
                    }
                    if glyph.mark == Mark::Ends
                        && let Some(start) = starts.pop()
                    {
                        self.emphasis.push(start..self.text.len());
                    }
                }
                Mark::None if glyph.c.is_whitespace() => {
                    opened = None;
                    if !self.text.is_empty() && !self.text.ends_with(' ') {
                        self.push(' ', glyph.span);
                    }
                }
                Mark::None => {
                    let start = opened.take().unwrap_or(glyph.span.start);
                    self.push(glyph.c, Span { start, end: glyph.span.end });
                }
            }
        }
        while self.text.ends_with(' ') {
            self.text.pop();
            self.at.pop();
        }
        let len = self.text.len();
        self.emphasis.iter_mut().for_each(|range| range.end = range.end.min(len));
        self.emphasis.retain(|range| range.start < range.end);
        self.emphasis.sort_by_key(|range| (range.start, range.end));
    }

    fn push(&mut self, c: char, span: Span) {
        self.at.push((self.text.len(), span));
        self.text.push(c);
    }
}

fn glyphs(source: &str, lines: &[Span], kind: SourceKind) -> Vec<Glyph> {
    let mut glyphs = Vec::new();
    for line in lines {
        if !glyphs.is_empty() {
            let before = Span { start: line.start, end: line.start };
            glyphs.push(Glyph { c: ' ', span: before, mark: Mark::None });
        }
        scan(source, *line, kind, &mut glyphs);
    }
    glyphs
}

/// Appends the glyphs of one line; runs of emphasis marks are left for [`pair`].
fn scan(source: &str, line: Span, kind: SourceKind, out: &mut Vec<Glyph>) {
    let mut at = line.start;
    let last_comment = line.text(source).rfind("-->").map_or(0, |i| line.start + i);
    while let Some(c) = source[at..line.end].chars().next() {
        let rest = &source[at..line.end];
        let heard = stage::remark(rest).map(|len| Markup::Shown(len, " ".to_owned()));
        let markup = match kind {
            _ if heard.is_some() => heard,
            _ if rest.starts_with("<!--") && at < last_comment => comment(rest),
            SourceKind::Markdown => markup(rest),
            SourceKind::Plain => None,
        };
        let mut push = |c: char, start: usize, end: usize, mark: Mark| {
            out.push(Glyph { c, span: Span { start, end }, mark });
        };
        match markup {
            Some(Markup::Shown(len, text)) => {
                // An entity of several characters would share its bytes; all known have one.
                text.chars().for_each(|c| push(c, at, at + len, Mark::None));
                at += len;
            }
            Some(Markup::Gone(len, mark)) => {
                push(' ', at, at + len, mark);
                at += len;
            }
            Some(Markup::Code(ticks, len)) => {
                push('`', at, at + ticks, Mark::Opens);
                for (i, c) in rest[ticks..ticks + len].char_indices() {
                    let start = at + ticks + i;
                    // Stars in code are no emphasis: `pair` looks at unescaped marks only.
                    push(escaped(c), start, start + c.len_utf8(), Mark::None);
                }
                push('`', at + ticks + len, at + 2 * ticks + len, Mark::Closes);
                at += 2 * ticks + len;
            }
            None => {
                let hidden = matches!(c, '\u{feff}' | '\u{200b}'..='\u{200d}' | '\u{2060}');
                let c = if c.is_control() { ' ' } else { c };
                if !hidden || c == '\u{200d}' {
                    push(c, at, at + rest.chars().next().map_or(1, char::len_utf8), Mark::None);
                }
                at += rest.chars().next().map_or(1, char::len_utf8);
            }
        }
    }
}

enum Markup {
    /// So many bytes are shown as this text.
    Shown(usize, String),
    /// So many bytes are not shown.
    Gone(usize, Mark),
    /// So many backticks, then so many bytes of code, then the same backticks.
    Code(usize, usize),
}

/// The comment with which `rest` begins, if somebody closed it.
fn comment(rest: &str) -> Option<Markup> {
    // Shown as a space: what stands on both sides stays apart.
    rest[4..].find("-->").map(|end| Markup::Shown(end + 7, " ".to_owned()))
}

/// The markup, other than emphasis, with which `rest` begins.
fn markup(rest: &str) -> Option<Markup> {
    match rest.as_bytes().first()? {
        b'\\' => {
            let next = rest[1..].chars().next().filter(|c| ESCAPABLE.contains(*c))?;
            Some(Markup::Shown(2, escaped(next).to_string()))
        }
        b'`' => {
            let ticks = rest.len() - rest.trim_start_matches('`').len();
            let code = &rest[ticks..];
            let len = code.find(&rest[..ticks]).filter(|len| *len > 0)?;
            (!code[len + ticks..].starts_with('`')).then_some(Markup::Code(ticks, len))
        }
        b'<' => html::tag(rest).map(|tag| {
            let emphasis = tag.effect == html::Effect::Emphasis;
            let mark = match (tag.closing, emphasis) {
                (false, true) => Mark::Starts,
                (false, false) => Mark::Opens,
                (true, true) => Mark::Ends,
                (true, false) => Mark::Closes,
            };
            Markup::Gone(tag.len, mark)
        }),
        b'&' => html::entity(rest).map(|(len, text)| Markup::Shown(len, text)),
        b'!' if rest[1..].starts_with("[[") => {
            wiki_link(&rest[1..]).map(|(len, _)| Markup::Shown(len + 1, " ".to_owned()))
        }
        b'[' if rest.starts_with("[[") => {
            wiki_link(rest).map(|(len, shown)| Markup::Shown(len, shown.to_owned()))
        }
        b'!' if rest[1..].starts_with('[') => link_text(&rest[1..]).map(|_| Markup::Gone(2, Mark::Opens)),
        b'[' => link_text(rest).map(|_| Markup::Gone(1, Mark::Opens)),
        b']' => target(rest).map(|len| Markup::Gone(len, Mark::Closes)),
        _ => None,
    }
}

/// A link of a wiki with which `rest` begins, `[[note]]` or `[[note|words]]`: its length and the words that are shown.
fn wiki_link(rest: &str) -> Option<(usize, &str)> {
    let inner = rest.strip_prefix("[[")?;
    let end = inner.find(['[', ']']).filter(|end| *end < MAX_TARGET && inner[*end..].starts_with("]]"))?;
    let shown = inner[..end].rsplit('|').next().unwrap_or_default().trim();
    (!shown.is_empty()).then_some((end + 4, shown))
}

/// The length of the text of a link `[text](target)` with which `rest` begins.
fn link_text(rest: &str) -> Option<usize> {
    let end = rest[1..].find(['[', ']'])? + 1;
    target(&rest[end..]).map(|_| end)
}

/// The length of `](target)`; a target holds no whitespace but before a title in quotes.
fn target(rest: &str) -> Option<usize> {
    let inner = rest.strip_prefix("](")?;
    let end = inner.bytes().take(MAX_TARGET).position(|b| b == b')')?;
    let (address, title) = inner[..end].split_once(' ').unwrap_or((&inner[..end], "\""));
    let linked = address.contains(['/', '.', '#', ':']) || address.is_empty();
    (linked && title.trim_start().starts_with(['"', '\''])).then_some(end + 3)
}

/// The bars of a table row: the outer ones go, and so do those after a sentence; the other inner ones become a colon.
fn bars(glyphs: &mut Vec<Glyph>) {
    let shown = |g: &Glyph| g.c != '|' && !g.c.is_whitespace();
    let first = glyphs.iter().position(shown).unwrap_or(glyphs.len());
    let last = glyphs.iter().rposition(shown).map_or(0, |i| i + 1);
    glyphs.truncate(last);
    glyphs.drain(..first.min(last));
    let mut ended = false;
    for i in 0..glyphs.len() {
        let c = glyphs[i].c;
        if c == '|' && ended {
            glyphs[i].mark = Mark::Closes;
        } else if c == '|' {
            glyphs[i].c = ':';
            if i > 0 && glyphs[i - 1].c == ' ' {
                glyphs[i - 1].mark = Mark::Closes;
            }
        } else if glyphs[i].mark == Mark::None && !c.is_whitespace() {
            ended = ".!?…".contains(c) || ended && "*_\"'”’)".contains(c);
        }
    }
}

#[cfg(test)]
#[path = "inline_tests.rs"]
mod tests;
