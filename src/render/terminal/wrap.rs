//! A part of the source on lines of a width, with the place of a span in it: what a snippet is made of.

use std::ops::Range;

use unicode_segmentation::UnicodeSegmentation;
use unicode_width::UnicodeWidthStr;

use crate::render::escape::shown;
use crate::text::Span;

/// Lines of text joined by line breaks, and the bytes of it that a span of the source became.
#[derive(Debug, PartialEq)]
pub(super) struct Wrapped {
    pub(super) text: String,
    pub(super) marked: Range<usize>,
}

/// Puts `whole` of the source on lines of at most `width` columns and follows `mark` into them. Whitespace is
/// collapsed and unprintable characters are shown, so the text is like the source only to the eye.
pub(super) fn wrap(source: &str, whole: Span, mark: Span, width: usize) -> Wrapped {
    let (flat, marked) = flatten(source, whole, mark);
    let lines = break_lines(&flat, width);
    let mut text = String::with_capacity(flat.len() + lines.len());
    let (mut start, mut end) = (None, 0);
    for line in lines {
        if !text.is_empty() {
            text.push('\n');
        }
        let (from, to) = (marked.start.max(line.start), marked.end.min(line.end));
        if from < to {
            start.get_or_insert(text.len() + from - line.start);
            end = text.len() + to - line.start;
        }
        text.push_str(&flat[line]);
    }
    let start = start.unwrap_or(0);
    Wrapped { text, marked: start..end.max(start) }
}

/// The text on one line, and where the mark came to stand.
fn flatten(source: &str, whole: Span, mark: Span) -> (String, Range<usize>) {
    let mut flat = String::new();
    let (mut start, mut end) = (None, 0);
    for (i, c) in source[whole.start..whole.end].char_indices() {
        let at = whole.start + i;
        let seen = shown(c);
        let space = c == ' ' || seen.as_deref() == Some(" ");
        if space && (flat.is_empty() || flat.ends_with(' ')) {
            continue;
        }
        if at >= mark.start && at < mark.end {
            start.get_or_insert(flat.len());
        }
        match seen {
            Some(seen) => flat.push_str(&seen),
            None => flat.push(c),
        }
        if at < mark.end && !space {
            end = flat.len();
        }
    }
    flat.truncate(flat.trim_end().len());
    let start = start.unwrap_or(0).min(flat.len());
    (flat, start..end.max(start))
}

/// Greedy lines; a break takes the space it stands at, or cuts a word that is longer than a line.
fn break_lines(flat: &str, width: usize) -> Vec<Range<usize>> {
    let mut lines = Vec::new();
    let (mut start, mut used, mut space) = (0, 0, None);
    for (at, grapheme) in flat.grapheme_indices(true) {
        let columns = columns(grapheme);
        if used + columns > width && at > start {
            let (end, next) = match space {
                Some(space) => (space, space + 1),
                None if grapheme == " " => (at, at + 1),
                None => (at, at),
            };
            lines.push(start..end);
            (start, space) = (next, None);
            used = if next > at { 0 } else { columns_of(&flat[next..at]) };
        }
        if at >= start {
            used += columns;
            if grapheme == " " {
                space = Some(at);
            }
        }
    }
    if start < flat.len() {
        lines.push(start..flat.len());
    }
    lines
}

/// Never less than the snippets' library counts, which goes by characters.
fn columns(grapheme: &str) -> usize {
    let by_character = grapheme.chars().map(|c| unicode_width::UnicodeWidthChar::width(c).unwrap_or(1)).sum();
    grapheme.width().max(by_character)
}

fn columns_of(text: &str) -> usize {
    text.graphemes(true).map(columns).sum()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn wrapped(source: &str, mark: &str, width: usize) -> Wrapped {
        let start = source.find(mark).unwrap();
        let mark = Span { start, end: start + mark.len() };
        wrap(source, Span { start: 0, end: source.len() }, mark, width)
    }

    #[test]
    fn the_mark_follows_its_words() {
        let w = wrapped("We kind of\n  helped\tcoordinate it.", "helped\tcoordinate", 12);
        assert_eq!(w.text, "We kind of\nhelped\ncoordinate\nit.");
        assert_eq!(&w.text[w.marked], "helped\ncoordinate");
    }

    #[test]
    fn a_mark_that_ends_at_a_space_ends_at_its_last_word() {
        let w = wrapped("one two  three", "two  ", 40);
        assert_eq!((w.text.as_str(), &w.text[w.marked.clone()]), ("one two three", "two"));
    }

    #[test]
    fn escapes_are_seen_and_marked_whole() {
        let w = wrapped("a \u{1b}[31m\u{202e}b c", "\u{1b}[31m\u{202e}b", 40);
        assert_eq!(&w.text[w.marked], "␛[31m\\u{202e}b");
    }

    #[test]
    fn long_words_are_cut_and_wide_ones_counted() {
        let w = wrapped("abcdefghij kl", "abcdefghij", 4);
        assert_eq!(w.text, "abcd\nefgh\nij\nkl");
        assert_eq!(&w.text[w.marked], "abcd\nefgh\nij");
        assert_eq!(wrapped("日本語", "本", 4).text, "日本\n語");
    }

    #[test]
    fn lines_are_within_the_width_and_nothing_is_lost() {
        let source = "Two of the three teams had never met, and I wrote down who owned what.";
        for width in 1..40 {
            let w = wrapped(source, "never met", width);
            assert!(w.text.lines().all(|l| l.width() <= width), "{width}: {}", w.text);
            assert_eq!(w.text.replace(['\n', ' '], ""), source.replace(' ', ""));
            assert_eq!(w.text[w.marked].replace(['\n', ' '], ""), "nevermet", "{width}");
        }
    }

    proptest::proptest! {
        #[test]
        fn any_text_and_any_mark(source in ".{0,80}", a in 0usize..80, b in 0usize..80, width in 8usize..60) {
            let at = |n: usize| source.char_indices().nth(n).map_or(source.len(), |(i, _)| i);
            let mark = Span { start: at(a.min(b)), end: at(a.max(b)) };
            let w = wrap(&source, Span { start: 0, end: source.len() }, mark, width);
            proptest::prop_assert!(w.text.get(w.marked.clone()).is_some());
            proptest::prop_assert!(!w.text.chars().any(|c| c != '\n' && shown(c).is_some()));
            proptest::prop_assert!(w.text.lines().all(|l| l.width() <= width));
        }
    }
}
