//! Lines to blocks: headings, bullets, table rows, notes and paragraphs.
//!
//! A scanner of lines and not a Markdown parser: answers are rough notes, and CommonMark reads an
//! indented note as code, a note above a rule as a heading and two notes on two lines as one.

use super::headings::set_headings;
use super::inline::Rendered;
use super::line::{Line, LineKind, raw_lines, set_letter_bullets};
use super::question::{Asked, asked_in_heading};
use super::split::{self, STOPS};
use super::talk::{self, Part};
use super::wrap::Margin;
use super::{SourceKind, Span, assistant, cells, interviewer, is_blank, label, mail, stamp};

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
    /// Cells of a table's row that are read together.
    Row,
    /// A paragraph, or a note on its line.
    Text,
}

impl Block {
    fn new(kind: BlockKind, line: Span) -> Self {
        Self { kind, pieces: vec![line] }
    }

    /// Its words.
    pub(super) fn render(&self, source: &str, kind: SourceKind) -> Rendered {
        match self.kind {
            BlockKind::Row => Rendered::cells(source, &self.pieces, kind),
            _ => Rendered::lines(source, &self.pieces, kind),
        }
    }
}

/// The blocks of `source` from byte `from` on, and the question: for a story that an interviewer asks in a transcript, or of a
/// heading above it all.
pub(super) fn scan(source: &str, from: usize, kind: SourceKind) -> (Vec<Block>, Option<Asked>) {
    let (mut lines, asked) = lines(source, from, kind);
    let asked = asked.or_else(|| interviewer::turn_that_asks(source, kind, &lines));
    set_headings(source, kind, &mut lines, asked.is_some());
    let blocks = blocks(source, &lines);
    let above = blocks.iter().take_while(|block| block.kind == BlockKind::Heading);
    let heading = |block: &Block| asked_in_heading(&block.render(source, kind).text);
    let asked = asked.map(Asked::Spoken).or_else(|| above.filter_map(heading).last().map(Asked::Above));
    (blocks, asked)
}

/// The lines without their marks, and the question where the talk in which the story is told has one. What stands around the story
/// is no more than a heading.
fn lines(source: &str, from: usize, kind: SourceKind) -> (Vec<Line>, Option<String>) {
    let raw = raw_lines(source, from, kind);
    let texts: Vec<&str> = raw.iter().map(|line| line.text(source)).collect();
    let mail = mail::around(&texts);
    let talk = talk::read(&texts);
    let (assistant, named) = assistant::around(&texts);
    let mut lines = Vec::new();
    // what is written last above the line
    let mut above = "";
    for (i, part) in talk.parts.iter().enumerate() {
        let span = match part {
            Part::Gone => None,
            Part::Said(said) | Part::Cue(said) => {
                Some(Span { start: raw[i].start + said.start, end: raw[i].start + said.end })
            }
            Part::Whole | Part::Left => Some(raw[i]),
        };
        if let Some(span) = span {
            let mut line = Line::read(source, span);
            line.cue = matches!(part, Part::Cue(_));
            let is_around = mail[i] || assistant[i] || *part == Part::Left || is_stamp(source, line, above);
            if is_around && !line.is_blank() {
                line.kind = LineKind::Heading;
            }
            lines.push(line);
        }
        if !is_blank(texts[i]) {
            above = texts[i];
        }
    }
    set_letter_bullets(source, &mut lines);
    (lines, talk.asked.or(named))
}

/// Whether a line tells nothing but a time, a page or a count. A bullet with a figure is one of those that were counted.
fn is_stamp(source: &str, line: Line, above: &str) -> bool {
    match line.kind {
        LineKind::Text => stamp::tells_nothing(line.text(source), above),
        LineKind::Item => stamp::is_time(line.text(source)),
        _ => false,
    }
}

fn blocks(source: &str, lines: &[Line]) -> Vec<Block> {
    let margin = Margin::in_lines(source, lines);
    let mut blocks: Vec<Block> = Vec::new();
    // the line above, where nothing parts it from this one
    let mut before: Option<Line> = None;
    for (i, line) in lines.iter().enumerate() {
        match line.kind {
            LineKind::Blank | LineKind::Rule => {}
            LineKind::Row => blocks.extend(row(source, *line, lines.get(i + 1))),
            LineKind::Heading => blocks.push(Block::new(BlockKind::Heading, line.content)),
            LineKind::Item => blocks.push(Block::new(BlockKind::Item, line.content)),
            LineKind::Text => match (blocks.last_mut(), before) {
                (Some(block), Some(before)) if goes_on(source, block.kind, before, *line, margin) => {
                    block.pieces.push(line.content);
                }
                _ => blocks.push(Block::new(BlockKind::Text, line.content)),
            },
        }
        before = Some(*line).filter(|line| !matches!(line.kind, LineKind::Blank | LineKind::Rule));
    }
    blocks
}

/// The parts of a table's row; above a row of dashes it heads its columns, unless it tells something itself.
fn row(source: &str, line: Line, below: Option<&Line>) -> impl Iterator<Item = Block> {
    let dashes = |line: &Line| {
        let text = line.text(source);
        line.kind == LineKind::Row && text.contains('-') && text.chars().all(|c| "|-: ".contains(c))
    };
    let heads = below.is_some_and(dashes) && !cells::is_told(source, line.content);
    let kind = if heads { BlockKind::Heading } else { BlockKind::Row };
    cells::parts(source, line.content).into_iter().map(move |part| Block::new(kind, part))
}

/// Whether `line` goes on with the sentence of the line `before` it, which ends a block of this kind.
fn goes_on(source: &str, block: BlockKind, before: Line, line: Line, margin: Margin) -> bool {
    if !matches!(block, BlockKind::Text | BlockKind::Item) {
        return false;
    }
    let said = before.text(source).trim_end();
    let bare = said.trim_end_matches(['"', '\'', '”', '’', ')', ']', '*', '_', '`']);
    let abbreviated = split::ends_in_abbreviation(bare);
    if bare.ends_with(STOPS) && !abbreviated {
        // Nothing is lost: a sentence would end here also inside one paragraph.
        return false;
    }
    if line.cue {
        return true;
    }
    let words = Rendered::line(source, line.content, SourceKind::Markdown);
    if label::end(&words, 0) > 0 {
        return false;
    }
    let indented = block == BlockKind::Item && line.indent >= 2 && line.indent >= before.indent;
    let hanging = said.ends_with([',', '-', '–']);
    let small = words.text.starts_with(char::is_lowercase);
    let broken = margin.breaks(before.columns(source), line.first_word(source), small);
    indented || broken || abbreviated || (hanging && small)
}

#[cfg(test)]
#[path = "block_tests.rs"]
mod tests;
