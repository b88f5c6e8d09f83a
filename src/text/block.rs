//! Lines to blocks: headings, bullets, table rows, notes and paragraphs.
//!
//! A scanner of lines and not a Markdown parser: answers are rough notes, and CommonMark reads an
//! indented note as code, a note above a rule as a heading and two notes on two lines as one.

use super::headings::{set_headings, turn_that_asks};
use super::inline::Rendered;
use super::marks::{bullet, is_quote, is_rule};
use super::question::Asked;
use super::split::STOPS;
use super::talk::{self, Part};
use super::wrap::Margin;
use super::{SourceKind, Span, assistant, cells, fences, html, label, mail, marks, question, split, stamp};

/// No line has more quote marks and bullets one after the other.
const MAX_MARKS: usize = 16;

/// More words are no property of a note.
const PROPERTY_WORDS: usize = 3;

/// What stands together: one paragraph, bullet, row or note, or a heading.
#[derive(Debug)]
pub(super) struct Block {
    pub(super) kind: BlockKind,
    /// Its lines without bullet and quote marks, in order.
    pub(super) pieces: Vec<Span>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum BlockKind {
    /// Names what follows; no sentence.
    Heading,
    /// A bullet.
    Item,
    /// A row of a table.
    Row,
    /// A paragraph, or a note on its line.
    Text,
}

/// A line without its marks.
#[derive(Clone, Copy, Debug)]
pub(super) struct Line {
    pub(super) kind: LineKind,
    pub(super) content: Span,
    /// Columns before the content.
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

/// The blocks of `source` from byte `from` on, and the question: for a story that an interviewer asks in a transcript, or of a
/// heading above it all.
pub(super) fn scan(source: &str, from: usize, kind: SourceKind) -> (Vec<Block>, Option<Asked>) {
    let (mut lines, asked) = lines(source, from, kind);
    let question = asked.or_else(|| turn_that_asks(source, kind, &lines));
    set_headings(source, kind, &mut lines, question.is_some());
    let margin = margin(source, &lines);
    let mut blocks: Vec<Block> = Vec::new();
    let mut last: Option<Line> = None;
    for (i, line) in lines.iter().enumerate() {
        let kind = match line.kind {
            LineKind::Blank | LineKind::Rule => {
                last = None;
                continue;
            }
            LineKind::Heading => BlockKind::Heading,
            LineKind::Row => {
                let head =
                    is_row_of_dashes(source, lines.get(i + 1)) && !cells::is_told(source, line.content);
                let kind = if head { BlockKind::Heading } else { BlockKind::Row };
                let parts = cells::parts(source, line.content).into_iter();
                blocks.extend(parts.map(|part| Block { kind, pieces: vec![part] }));
                last = Some(*line);
                continue;
            }
            LineKind::Item => BlockKind::Item,
            LineKind::Text => BlockKind::Text,
        };
        match (blocks.last_mut(), last) {
            (Some(block), Some(before))
                if kind == BlockKind::Text
                    && matches!(block.kind, BlockKind::Text | BlockKind::Item)
                    && goes_on(source, before, *line, block.kind, margin) =>
            {
                block.pieces.push(line.content);
            }
            _ => blocks.push(Block { kind, pieces: vec![line.content] }),
        }
        last = Some(*line);
    }
    let above = blocks.iter().take_while(|block| block.kind == BlockKind::Heading);
    let heading =
        |block: &Block| question::asked_in_heading(&Rendered::new(source, &block.pieces, kind, false).text);
    let question = question.map(Asked::Spoken).or_else(|| above.filter_map(heading).last().map(Asked::Above));
    (blocks, question)
}

/// The lines without their marks, and the question where the talk in which the story is told has one. What stands around the story
/// is no more than a heading.
fn lines(source: &str, from: usize, kind: SourceKind) -> (Vec<Line>, Option<String>) {
    let raw = raw_lines(source, from, kind);
    let texts: Vec<&str> = raw.iter().map(|line| line.text(source)).collect();
    let mail = mail::around(&texts);
    let talk = talk::read(&texts);
    let (assistant, named) = assistant::around(&texts);
    // what is written last above each line
    let mut last = "";
    let above = texts
        .iter()
        .map(|text| if text.trim().is_empty() { last } else { std::mem::replace(&mut last, text) });
    let above: Vec<&str> = above.collect();
    let line = |(i, part): (usize, &Part)| {
        let whole = raw[i];
        let span = match part {
            Part::Gone => return None,
            Part::Said(said) | Part::Cue(said) => {
                Span { start: whole.start + said.start, end: whole.start + said.end }
            }
            Part::Whole | Part::Left => whole,
        };
        let line = Line { cue: matches!(part, Part::Cue(_)), ..read(source, span) };
        let text = line.content.text(source);
        // a bullet with a figure is one of those that were counted
        let stamp = match line.kind {
            LineKind::Text => stamp::tells_nothing(text, above[i]),
            LineKind::Item => stamp::is_time(text),
            _ => false,
        };
        let around = mail[i] || assistant[i] || *part == Part::Left || stamp;
        Some(if around && line.kind != LineKind::Blank {
            Line { kind: LineKind::Heading, ..line }
        } else {
            line
        })
    };
    let mut lines: Vec<Line> = talk.parts.iter().enumerate().filter_map(line).collect();
    set_letter_bullets(source, &mut lines);
    (lines, talk.asked.or(named))
}

/// Takes the letters off the lines that Word's bullets become when they are copied: one line alone may begin so by chance.
fn set_letter_bullets(source: &str, lines: &mut [Line]) {
    let mark = |line: &Line| {
        let text = line.content.text(source);
        marks::letter_bullet(text).filter(|_| line.kind == LineKind::Text)
    };
    let bullets = lines.iter().filter(|line| line.kind == LineKind::Item || mark(line).is_some());
    if bullets.count() > 1 && lines.iter().any(|line| mark(line).is_some()) {
        for line in lines {
            if let Some(len) = mark(line) {
                line.kind = LineKind::Item;
                line.content.start += len;
            }
        }
    }
}

/// Lines as the writer meant them: cut also at tags that break the line, not cut inside comments,
/// and without fenced code.
pub(super) fn raw_lines(source: &str, from: usize, kind: SourceKind) -> Vec<Span> {
    let comments = html::comments(source, from);
    let mut lines = Vec::new();
    let mut start = from;
    let mut at = from;
    while at < source.len() {
        let rest = &source[at..];
        if let Ok(i) = comments.binary_search_by_key(&at, |comment| comment.start) {
            at = comments[i].end;
            continue;
        }
        let tag = if kind == SourceKind::Markdown { html::tag(rest) } else { None };
        let cut = match rest.as_bytes()[0] {
            b'\r' if rest.starts_with("\r\n") => Some(2),
            b'\r' | b'\n' => Some(1),
            _ => tag.filter(|tag| tag.effect == html::Effect::Breaks).map(|tag| tag.len),
        };
        if let Some(len) = cut {
            lines.push(Span { start, end: at });
            start = at + len;
            at = start;
        } else {
            at += rest.chars().next().map_or(1, char::len_utf8);
        }
    }
    lines.push(Span { start, end: source.len() });
    if kind == SourceKind::Markdown { fences::without_code(source, lines) } else { lines }
}

/// Takes the marks off a line and says what it is.
pub(super) fn read(source: &str, line: Span) -> Line {
    let mut kind = LineKind::Text;
    let mut text = line.text(source).trim();
    let is_row = text.starts_with('|') && text.len() > 1;
    if is_rule(text) {
        kind = LineKind::Rule;
    } else if is_row {
        kind = LineKind::Row;
    } else {
        for _ in 0..MAX_MARKS {
            if let Some(rest) = text.strip_prefix("<!--").and_then(|rest| rest.split_once("-->")) {
                text = rest.1.trim_start();
            } else if let Some(rest) = text.strip_prefix('>').filter(|_| is_quote(text)) {
                text = rest.trim_start();
            } else if is_rule(text) {
                kind = LineKind::Rule;
                break;
            } else if let Some(len) = bullet(text) {
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
        let hashes = text.len() - text.trim_start_matches('#').len();
        if (1..=6).contains(&hashes) && text[hashes..].starts_with([' ', '\t']) {
            kind = LineKind::Heading;
            text = text[hashes..].trim();
        }
        text = without_id(text);
        if is_property(text) {
            kind = LineKind::Heading;
        }
    }
    if text.is_empty() {
        kind = LineKind::Blank;
    }
    let content = Span::of(text, source);
    let lead = source[line.start..content.start].chars();
    let indent = lead.map(|c| if c == '\t' { 4 } else { 1 }).sum();
    Line { kind, content, indent, cue: false }
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

fn is_row_of_dashes(source: &str, line: Option<&Line>) -> bool {
    line.is_some_and(|line| {
        let text = line.content.text(source);
        line.kind == LineKind::Row && text.contains('-') && text.chars().all(|c| "|-: ".contains(c))
    })
}

fn margin(source: &str, lines: &[Line]) -> Margin {
    let pairs: Vec<(Line, Line)> = lines
        .windows(2)
        .filter(|pair| matches!(pair[0].kind, LineKind::Text | LineKind::Item))
        .filter(|pair| pair[1].kind == LineKind::Text)
        .map(|pair| (pair[0], pair[1]))
        .collect();
    let widths = |pairs: &[(Line, Line)]| -> Vec<(usize, usize)> {
        pairs.iter().map(|(line, next)| (columns(source, *line), first_word(source, *next))).collect()
    };
    let text = |line: &Line| line.content.text(source);
    let open: Vec<_> = pairs.iter().copied().filter(|(line, _)| !text(line).ends_with(STOPS)).collect();
    // notes of about one length begin with capitals, or their writer uses none
    let small = open.iter().filter(|(_, next)| !text(next).starts_with(char::is_uppercase)).count();
    let stopped =
        |(line, next): &(Line, Line)| split::holds_stop(text(line)) || split::holds_stop(text(next));
    // of bullets without stops only those that go over two or three lines are surely wrapped
    let items = open.iter().filter(|(line, _)| line.kind == LineKind::Item).count();
    let told = pairs.iter().any(stopped) || items * 2 >= open.len();
    let sentences = small * 3 >= open.len() * 2 && told;
    match Margin::about(&widths(&open)) {
        about @ Margin::About(_) if sentences => about,
        _ => Margin::of(&widths(&pairs)),
    }
}

fn columns(source: &str, line: Line) -> usize {
    line.indent + line.content.text(source).chars().count()
}

fn first_word(source: &str, line: Line) -> usize {
    let text = line.content.text(source);
    text.split_whitespace().next().map_or(0, |word| word.chars().count())
}

/// Whether `line` goes on with the sentence of the line before it.
fn goes_on(source: &str, before: Line, line: Line, kind: BlockKind, margin: Margin) -> bool {
    let said = before.content.text(source).trim_end();
    let bare = said.trim_end_matches(['"', '\'', '”', '’', ')', ']', '*', '_', '`']);
    let abbreviated = split::ends_in_abbreviation(bare);
    if bare.ends_with(STOPS) && !abbreviated {
        // Nothing is lost: a sentence would end here also inside one paragraph.
        return false;
    }
    if line.cue {
        return true;
    }
    let words = Rendered::new(source, &[line.content], SourceKind::Markdown, false);
    if label::end(&words, 0) > 0 {
        return false;
    }
    let indented = kind == BlockKind::Item && line.indent >= 2 && line.indent >= before.indent;
    let hanging = said.ends_with(',') || said.ends_with('-') || said.ends_with('–');
    let small = words.text.starts_with(char::is_lowercase);
    let broken = margin.breaks(columns(source, before), first_word(source, line), small);
    indented || broken || abbreviated || (hanging && small)
}

#[cfg(test)]
#[path = "block_tests.rs"]
mod tests;
