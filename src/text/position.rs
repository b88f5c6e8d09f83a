//! Byte offsets as the lines and columns that an editor shows. Imports nothing of the crate.

/// Finds the line and column of byte offsets in one text. Lines end at LF, CRLF or a lone CR.
#[derive(Clone, Debug)]
pub struct LineIndex<'a> {
    text: &'a str,
    starts: Vec<usize>,
}

/// A place in a text; both numbers count from 1.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Position {
    /// The line.
    pub line: usize,
    /// The column in characters; a byte order mark takes none.
    pub column: usize,
}

impl<'a> LineIndex<'a> {
    /// Indexes `text` in one pass.
    pub fn new(text: &'a str) -> Self {
        let bytes = text.as_bytes();
        let mut starts = vec![0];
        for (at, byte) in bytes.iter().enumerate() {
            if *byte == b'\n' || (*byte == b'\r' && bytes.get(at + 1) != Some(&b'\n')) {
                starts.push(at + 1);
            }
        }
        Self { text, starts }
    }

    /// The position of a byte offset. One beyond the end, or inside a character, is taken as the
    /// nearest character boundary before it.
    pub fn position(&self, offset: usize) -> Position {
        let offset = super::boundary(self.text, offset);
        let line = self.starts.partition_point(|start| *start <= offset);
        let before = &self.text[self.starts[line - 1]..offset];
        let before = if line == 1 { before.trim_start_matches('\u{feff}') } else { before };
        Position { line, column: before.chars().count() + 1 }
    }

    /// How many lines the text has; a text that ends in a line break has an empty last one.
    pub fn line_count(&self) -> usize {
        self.starts.len()
    }

    /// The text of a line (counted from 1) without its line break; `None` beyond the last.
    pub fn line(&self, number: usize) -> Option<&'a str> {
        let start = *self.starts.get(number.checked_sub(1)?)?;
        let end = self.starts.get(number).copied().unwrap_or(self.text.len());
        Some(self.text[start..end].trim_end_matches(['\r', '\n']))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(text: &str, offset: usize) -> (usize, usize) {
        let p = LineIndex::new(text).position(offset);
        (p.line, p.column)
    }

    #[test]
    fn counts_from_one_and_in_characters() {
        assert_eq!(at("abc", 0), (1, 1));
        assert_eq!(at("äöü x", 6), (1, 4));
        assert_eq!(at("", 0), (1, 1));
    }

    #[test]
    fn ends_lines_at_lf_crlf_and_lone_cr() {
        let text = "a\nb\r\nc\rd";
        assert_eq!(at(text, 2), (2, 1));
        assert_eq!(at(text, 5), (3, 1));
        assert_eq!(at(text, 7), (4, 1));
        assert_eq!(at(text, 4), (2, 3), "the LF of a CRLF is still on its line");
        let index = LineIndex::new(text);
        assert_eq!(index.line_count(), 4);
        assert_eq!(index.line(2), Some("b"));
        assert_eq!(index.line(4), Some("d"));
        assert_eq!((index.line(0), index.line(5)), (None, None));
    }

    #[test]
    fn byte_order_mark_takes_no_column() {
        assert_eq!(at("\u{feff}abc\nx", 3), (1, 1));
        assert_eq!(at("\u{feff}abc\nx", 7), (2, 1));
    }

    #[test]
    fn offset_out_of_range_or_inside_a_character_is_clamped() {
        assert_eq!(at("ä", 1), (1, 1));
        assert_eq!(at("ab", 99), (1, 3));
    }
}
