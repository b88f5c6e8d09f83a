//! JSON Lines: an object a line. A line is held while it is read, never the file.

use std::cell::Cell;
use std::io::{BufRead, BufReader, Read};
use std::rc::Rc;

use serde_json::{Map, Value};

use super::record::{Fields, LineError, MOST, Record, RecordError, Row, at};
use crate::text::{ReadError, is_wide};

/// The records of a reader. Blank lines are none.
pub(super) struct Lines<'a, R> {
    file: String,
    reader: BufReader<R>,
    /// Whether the next record was read already, with the last one.
    at_hand: Rc<Cell<bool>>,
    fields: &'a Fields,
    line: u64,
    over: bool,
}

impl<'a, R: Read> Lines<'a, R> {
    pub(super) fn new(file: String, reader: R, fields: &'a Fields) -> Lines<'a, R> {
        let reader = BufReader::with_capacity(1 << 20, reader);
        Lines { file, reader, at_hand: Rc::new(Cell::new(true)), fields, line: 0, over: false }
    }

    /// Whether the next record is at hand, after each.
    pub(super) fn at_hand(&self) -> Rc<Cell<bool>> {
        Rc::clone(&self.at_hand)
    }

    /// Sees whether the next record was read already.
    fn look_ahead(&self) {
        let mut lines = self.reader.buffer().split_inclusive(|b| *b == b'\n');
        self.at_hand.set(lines.any(|line| line.ends_with(b"\n") && !line.trim_ascii().is_empty()));
    }

    /// The next line; whether it is whole. Of one that is too long the rest is passed over.
    fn read(&mut self) -> std::io::Result<Option<(Vec<u8>, bool)>> {
        let mut line = Vec::new();
        let most = MOST as u64 + 1;
        if self.reader.by_ref().take(most).read_until(b'\n', &mut line)? == 0 {
            return Ok(None);
        }
        let whole = line.len() <= MOST || line.ends_with(b"\n");
        if !whole {
            line.clear();
            self.reader.skip_until(b'\n')?;
        }
        Ok(Some((line, whole)))
    }
}

impl<R: Read> Iterator for Lines<'_, R> {
    type Item = Result<Record, RecordError>;

    fn next(&mut self) -> Option<Self::Item> {
        while !self.over {
            self.line += 1;
            match self.read() {
                Ok(None) => break,
                Ok(Some((line, _))) if self.line == 1 && is_wide(&line) => {
                    self.over = true;
                    return Some(Err(ReadError::Utf16 { name: self.file.clone() }.into()));
                }
                Ok(Some((line, true))) => {
                    let bare = if self.line == 1 { line.strip_prefix(b"\xef\xbb\xbf") } else { None };
                    let bare = bare.unwrap_or(&line);
                    if !bare.trim_ascii().is_empty() {
                        self.look_ahead();
                        return Some(record(&self.file, self.line, bare, self.fields));
                    }
                }
                Ok(Some((_, false))) => {
                    self.look_ahead();
                    return Some(Err(RecordError::Long { name: at(&self.file, self.line) }));
                }
                Err(source) => {
                    self.over = true;
                    return Some(Err(RecordError::Io { name: self.file.clone(), source }));
                }
            }
        }
        self.over = true;
        None
    }
}

fn record(file: &str, line: u64, bytes: &[u8], fields: &Fields) -> Result<Record, RecordError> {
    // without the end of the line, behind which the parser would count another
    let object: Map<String, Value> = serde_json::from_slice(bytes.trim_ascii_end())
        .map_err(|source| RecordError::Json { name: at(file, line), source: LineError(source) })?;
    let string = |field: &str| object.get(field).and_then(Value::as_str);
    let row = Row {
        id: match object.get(&fields.id) {
            Some(Value::String(id)) => Some(id.clone()),
            Some(Value::Number(id)) => Some(id.to_string()),
            _ => None,
        },
        text: string(&fields.text).map(|text| text.as_bytes().to_vec()),
        question: string(&fields.question).map(str::to_owned),
        bytes: bytes.len() as u64,
    };
    row.record(file, line, fields)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(text: &[u8]) -> Vec<Result<Record, RecordError>> {
        Lines::new("f.jsonl".to_owned(), text, &Fields::default()).collect()
    }

    #[test]
    fn an_object_a_line() {
        let text = "\u{feff}{\"id\":\"a\",\"text\":\"I did.\",\"question\":\" Why? \"}\n\n{\"id\":7,\"text\":\"It held.\"}\r\n\
                    {\"text\":\"So.\"}";
        let found: Vec<Record> = read(text.as_bytes()).into_iter().map(Result::unwrap).collect();
        let names: Vec<&str> = found.iter().map(|r| r.name.as_str()).collect();
        assert_eq!(names, ["f.jsonl#a", "f.jsonl#7", "f.jsonl:4"]);
        assert_eq!((found[0].question.as_deref(), found[1].question.as_deref()), (Some("Why?"), None));
        assert_eq!(found[2].text, "So.");
    }

    #[test]
    fn a_bad_line_is_named_and_stops_nothing() {
        let text = b"{\"text\":\n[1]\n{\"text\":1}\n{\"id\":\"x\",\"text\":\" \"}\n\xff\n{\"text\":\"a\\u0000b\"}\n{\"text\":\"So.\"}\n";
        let found = read(text);
        let said = |i: usize| found[i].as_ref().unwrap_err().whole();
        assert!(said(0).starts_with("f.jsonl:1 is not a JSON object: EOF"), "{}", said(0));
        assert!(said(1).starts_with("f.jsonl:2 is not a JSON object: "), "{}", said(1));
        assert!(
            said(0).ends_with(" at column 8") && !said(1).contains(" line "),
            "the line is the one named"
        );
        assert_eq!(said(2), "f.jsonl:3 has no text in the field `text`; --text-field names another");
        assert_eq!(said(3), "f.jsonl#x is empty");
        assert!(said(4).starts_with("f.jsonl:5 is not a JSON object"), "{}", said(4));
        assert_eq!(said(5), "f.jsonl:6 is not text: NUL at byte 1");
        assert_eq!((found.len(), found[6].as_ref().unwrap().name.as_str()), (7, "f.jsonl:7"));
    }

    #[test]
    fn utf_16_is_called_so() {
        let wide: Vec<u8> =
            "\u{feff}{\"text\":\"So.\"}\n{}\n".encode_utf16().flat_map(u16::to_le_bytes).collect();
        let found = read(&wide);
        assert_eq!(found.len(), 1);
        assert_eq!(found[0].as_ref().unwrap_err().whole(), "f.jsonl is UTF-16 text; save it as UTF-8");
    }

    #[test]
    fn what_was_read_already_is_at_hand() {
        let fields = Fields::default();
        let line = "{\"text\":\"So.\"}\n";
        let after_first = |rest: &str| {
            let text = format!("{line}{rest}");
            let mut lines = Lines::new("f".to_owned(), text.as_bytes(), &fields);
            lines.next().unwrap().unwrap();
            lines.at_hand().get()
        };
        assert!(after_first(line) && after_first(&format!("\n \n{line}")));
        assert!(!after_first("") && !after_first(" \n\n"), "a blank line is no record");
        assert!(!after_first(line.trim_end()), "nobody knows whether a line without end is whole");
    }

    #[test]
    fn a_line_without_end_is_passed_over() {
        let mut text = vec![b'x'; 2 * MOST];
        text.extend_from_slice(b"\n{\"text\":\"So.\"}\n");
        let found = read(&text);
        assert!(matches!(&found[0], Err(RecordError::Long { name }) if name == "f.jsonl:1"));
        assert_eq!(found[1].as_ref().unwrap().name, "f.jsonl:2");
    }

    #[test]
    fn other_fields_may_be_named() {
        let fields = Fields { text: "body".into(), id: "key".into(), question: "q".into() };
        let text: &[u8] = b"{\"key\":\"k\",\"body\":\"So.\",\"q\":\"Why?\",\"text\":\"no\"}";
        let found = Lines::new("f".to_owned(), text, &fields).next().unwrap().unwrap();
        assert_eq!((found.name.as_str(), found.text.as_str()), ("f#k", "So."));
        assert_eq!(found.question.as_deref(), Some("Why?"));
    }
}
