//! Whether a line break inside a paragraph is a soft wrap or the end of a note.
//!
//! Notes are often kept one a line, without bullets, and a wrapped paragraph looks the same at
//! first sight. A wrapped text shows a right margin: almost every line that another follows would
//! not have had room for the next word.

use super::line::{Line, LineKind};
use super::split::{STOPS, holds_stop};

/// The narrowest and widest margin at which people and editors wrap.
const MARGINS: std::ops::RangeInclusive<usize> = 45..=130;

/// Of a hundred columns of the widest line, those that any full line has in a proportional font.
const SLACK: usize = 85;

/// Lines that are about as wide as each other are notes as often, where there are fewer.
const LEAST_ABOUT: usize = 3;

/// A line that is broken only once in an answer is no shorter than this, or it is a note.
const LEAST_SINGLE: usize = 60;

/// The right margin of an answer, if it has one.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Margin {
    /// Every line stands for itself.
    None,
    /// The only line break inside a paragraph comes after so many columns. It may be a wrap.
    Single(usize),
    /// Lines are wrapped at so many columns.
    At(usize),
    /// Sentences are wrapped as wide as so many columns of a proportional font are, more or less.
    About(usize),
}

impl Margin {
    /// Finds the margin of an answer.
    pub(super) fn in_lines(source: &str, lines: &[Line]) -> Self {
        let adjacent = lines.windows(2).map(|pair| (pair[0], pair[1]));
        let pairs: Vec<(Line, Line)> =
            adjacent.filter(|(line, next)| line.is_prose() && next.kind == LineKind::Text).collect();
        let widths = |pairs: &[(Line, Line)]| -> Vec<(usize, usize)> {
            pairs.iter().map(|(line, next)| (line.columns(source), next.first_word(source))).collect()
        };
        let open: Vec<_> =
            pairs.iter().copied().filter(|(line, _)| !line.text(source).ends_with(STOPS)).collect();
        if are_sentences(source, &pairs, &open)
            && let about @ Self::About(_) = Self::about(&widths(&open))
        {
            return about;
        }
        Self::of(&widths(&pairs))
    }

    /// Finds the margin in pairs of adjacent lines: the columns of the first, and of the first
    /// word of the second.
    fn of(pairs: &[(usize, usize)]) -> Self {
        let widest = pairs.iter().map(|(columns, _)| *columns).max();
        let Some(width) = widest.filter(|width| MARGINS.contains(width)) else {
            return Self::None;
        };
        let full = pairs.iter().filter(|(columns, word)| columns + 1 + word > width).count();
        // Four in five, and at least two: a long word or the end of a paragraph may be short.
        match pairs.len() {
            1 if width >= LEAST_SINGLE => Self::Single(width),
            all if full >= 2 && full * 5 >= all * 4 => Self::At(width),
            _ => Self::None,
        }
    }

    /// Finds the margin of sentences that were set in a proportional font, where lines of one width have more or fewer
    /// columns. That they are [`are_sentences`] the caller has to know.
    fn about(pairs: &[(usize, usize)]) -> Self {
        let widest = pairs.iter().map(|(columns, _)| *columns).max();
        let Some(width) = widest.filter(|width| MARGINS.contains(width)) else {
            return Self::None;
        };
        let margin = Self::About(width);
        let full = pairs.iter().filter(|(columns, word)| margin.breaks(*columns, *word, false)).count();
        if full >= LEAST_ABOUT && full * 5 >= pairs.len() * 4 { margin } else { Self::None }
    }

    /// Whether a line of so many columns was broken because the next word had no room. `small`:
    /// the next line begins with a small letter, which a single break must to be a wrap.
    pub(super) fn breaks(self, columns: usize, next_word: usize, small: bool) -> bool {
        match self {
            Self::None => false,
            Self::Single(_) => small,
            Self::At(width) => columns + 1 + next_word > width,
            // among sentences a small letter after a third of a line goes on, as in a question above them
            Self::About(width) => {
                (columns + 1 + next_word) * 100 > width * SLACK || small && columns * 3 > width
            }
        }
    }
}

/// Whether pairs of adjacent lines, of which those that are `open` have no stop between them, are sentences and no notes of about
/// one length.
fn are_sentences(source: &str, pairs: &[(Line, Line)], open: &[(Line, Line)]) -> bool {
    // notes begin with capitals, or their writer uses none
    let small = open.iter().filter(|(_, next)| !next.text(source).starts_with(char::is_uppercase)).count();
    let stopped = pairs.iter().any(|(line, next)| [line, next].iter().any(|l| holds_stop(l.text(source))));
    // of bullets without stops only those that go over two or three lines are surely wrapped
    let items = open.iter().filter(|(line, _)| line.kind == LineKind::Item).count();
    small * 3 >= open.len() * 2 && (stopped || items * 2 >= open.len())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_right_margin_is_seen() {
        let margin = Margin::of(&[(76, 6), (79, 3), (72, 9), (80, 2)]);
        assert!(margin.breaks(74, 7, false));
        assert!(!margin.breaks(40, 7, true));
    }

    #[test]
    fn notes_of_any_length_have_none() {
        assert_eq!(Margin::of(&[(76, 6), (30, 3), (52, 9), (61, 2)]), Margin::None);
        assert_eq!(Margin::of(&[(50, 6)]), Margin::None);
        assert_eq!(Margin::of(&[(20, 6), (22, 6), (21, 4)]), Margin::None);
        assert_eq!(Margin::of(&[]), Margin::None);
    }

    #[test]
    fn a_margin_of_a_proportional_font_is_seen() {
        let margin = Margin::about(&[(82, 9), (86, 3), (77, 5), (89, 4), (83, 6)]);
        assert!(margin.breaks(78, 7, false) && margin.breaks(46, 4, true));
        assert!(!margin.breaks(46, 4, false) && !margin.breaks(28, 4, true));
        for notes in [&[(76, 6), (30, 3), (52, 9), (61, 2)][..], &[(60, 6), (58, 4)], &[]] {
            assert_eq!(Margin::about(notes), Margin::None);
        }
    }

    #[test]
    fn a_single_break_is_a_wrap_if_the_next_line_begins_small() {
        let margin = Margin::of(&[(72, 4)]);
        assert!(margin.breaks(72, 4, true));
        assert!(!margin.breaks(72, 4, false));
    }
}
