//! The text of both versions, sentence by sentence, what was taken out and what was put in within each.
//!
//! `[-out-]` and `{+in+}` mark it as `git diff --word-diff` does, so that it can be read without colour.

use std::io;

use anstyle::{AnsiColor, Style};
use textwrap::core::display_width;
use textwrap::{Options, WordSeparator, WordSplitter, WrapAlgorithm};

use super::{Compared, Context, said, words};
use crate::compare::{Change, Kind, Piece};
use crate::render::escape;
use crate::render::terminal::page::{DIM, PLAIN, Page};

const OUT: Style = AnsiColor::Red.on_default().strikethrough();
const IN: Style = AnsiColor::Green.on_default();

/// Every sentence; one that is as it was on one line.
pub(super) fn all(compared: &Compared<'_>, context: &Context<'_>, page: &mut Page<'_>) -> io::Result<()> {
    if compared.delta.sentences.is_empty() {
        return Ok(());
    }
    page.heading("The text")?;
    page.para("", "(= as it was, ~ rewritten, - out, + in; number before, number now)", DIM)?;
    let most = compared.old.answer.sentences.len().max(compared.new.answer.sentences.len());
    let digits = most.to_string().len().max(2);
    for change in &compared.delta.sentences {
        let number = |n: Option<usize>| n.map_or(String::new(), |n| (n + 1).to_string());
        let sign = sign(change.kind);
        let gutter = format!("{sign} {:>digits$} {:>digits$} | ", number(change.old), number(change.new));
        let label = said::label(change, compared, context.guide);
        let room = page.width.saturating_sub(display_width(&gutter)).max(10);
        let mut segments = segments(change, compared);
        if change.kind == Kind::Kept && label.is_empty() {
            segments = segments.iter().map(|(_, t)| (DIM, cut_to(t, room))).collect();
        }
        if !label.is_empty() {
            segments.push((DIM, format!("({})", escape(&label))));
        }
        flow(&gutter, room, &segments, page)?;
    }
    Ok(())
}

fn sign(kind: Kind) -> char {
    match kind {
        Kind::Kept => '=',
        Kind::Rewritten => '~',
        Kind::Added => '+',
        Kind::Removed => '-',
    }
}

/// The words of a sentence with the style of each run; escaped, and marked where they were taken out or put in.
fn segments(change: &Change, compared: &Compared<'_>) -> Vec<(Style, String)> {
    let segment = |piece: Piece| match piece {
        Piece::Same(text) => (PLAIN, escape(&text).into_owned()),
        Piece::Old(text) => (OUT, format!("[-{}-]", escape(&text))),
        Piece::New(text) => (IN, format!("{{+{}+}}", escape(&text))),
    };
    words(change, compared).into_iter().map(segment).collect()
}

/// At most so many characters, cut after a word and with the sign of a cut; whitespace is collapsed.
pub(super) fn cut(text: &str, most: usize) -> String {
    let flat = text.split_whitespace().collect::<Vec<_>>().join(" ");
    if flat.chars().count() <= most {
        return flat;
    }
    let kept: String = flat.chars().take(most.saturating_sub(1)).collect();
    let words = kept.rsplit_once(' ').map_or(kept.as_str(), |(words, _)| words);
    format!("{words} \u{2026}")
}

/// The same by columns.
fn cut_to(text: &str, columns: usize) -> String {
    if display_width(text) <= columns {
        return text.to_owned();
    }
    let mut kept = String::new();
    for c in text.chars() {
        kept.push(c);
        if display_width(&kept) >= columns {
            kept.pop();
            break;
        }
    }
    format!("{}\u{2026}", kept.trim_end())
}

/// Runs of words, one after the other, on lines of `room` columns after the gutter, each in its style.
fn flow(gutter: &str, room: usize, segments: &[(Style, String)], page: &mut Page<'_>) -> io::Result<()> {
    let whole = segments.iter().map(|s| s.1.as_str()).collect::<Vec<_>>().join(" ");
    // The marks would be torn apart at their hyphens by the rules of Unicode.
    let options = Options::new(room)
        .word_separator(WordSeparator::AsciiSpace)
        .word_splitter(WordSplitter::NoHyphenation)
        .wrap_algorithm(WrapAlgorithm::FirstFit);
    let later = format!("{}| ", " ".repeat(display_width(gutter).saturating_sub(2)));
    // A style lasts for so many characters that are no spaces, on whatever line they are.
    let mut left =
        segments.iter().map(|(style, t)| (*style, t.chars().filter(|c| !c.is_whitespace()).count()));
    let (mut style, mut count) = (PLAIN, 0);
    for (n, line) in textwrap::wrap(&whole, options).iter().enumerate() {
        let mut painted = if n == 0 { gutter.to_owned() } else { later.clone() };
        let mut run = String::new();
        for c in line.trim_end().chars() {
            while count == 0 && !c.is_whitespace() {
                painted.push_str(&page.paint(style, &std::mem::take(&mut run)));
                let Some(next) = left.next() else { break };
                (style, count) = next;
            }
            count -= usize::from(!c.is_whitespace() && count > 0);
            run.push(c);
        }
        painted.push_str(&page.paint(style, &run));
        page.line(&painted)?;
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn flown(segments: &[(Style, &str)], width: usize, color: bool) -> String {
        let mut out = Vec::new();
        let segments: Vec<_> = segments.iter().map(|(s, t)| (*s, (*t).to_owned())).collect();
        flow("~ | ", width, &segments, &mut Page::new(&mut out, 80, color)).unwrap();
        String::from_utf8(out).unwrap()
    }

    #[test]
    fn styles_follow_their_words_over_the_lines() {
        let segments = [(OUT, "[-two words-]"), (PLAIN, "stay"), (IN, "{+here+}")];
        assert_eq!(flown(&segments, 12, false), "~ | [-two\n  | words-] stay\n  | {+here+}\n");
        let painted = flown(&segments, 12, true);
        let each = |style: Style, text: &str| format!("{style}{text}{style:#}");
        for part in [each(OUT, "[-two"), each(OUT, "words-] ") + "stay", each(IN, "{+here+}")] {
            assert!(painted.contains(&part), "{part:?} in {painted:?}");
        }
    }

    #[test]
    fn what_is_too_long_is_cut() {
        assert_eq!(
            (cut("a  bc\nd", 6), cut("a bc def", 7)),
            ("a bc d".to_owned(), "a bc \u{2026}".to_owned())
        );
        assert_eq!(
            (cut_to("日本語", 6), cut_to("日本語", 5)),
            ("日本語".to_owned(), "日本\u{2026}".to_owned())
        );
    }
}
