//! CSV: a row a record, the columns named in the first row. A row is held while it is read, never the file.

use std::cell::{Cell, RefCell};
use std::io::{self, Chain, Cursor, Read};
use std::rc::Rc;

use csv::{ByteRecord, Position, ReaderBuilder};

use super::record::{Fields, MOST, Record, RecordError, Row, at};
use crate::text::{ReadError, is_wide};

/// Bytes that are looked at for the first row.
const FIRST_ROW: usize = 64 * 1024;
/// Columns that are listed at most where one is not found, and characters of each: without a first row they are a story.
const LISTED: usize = 12;
const LISTED_CHARS: usize = 40;

/// The rows of a reader.
pub(super) struct Table<'a, R> {
    file: String,
    reader: csv::Reader<Bounded<Chain<Cursor<Vec<u8>>, R>>>,
    /// Whether it begins as UTF-16 does.
    wide: bool,
    read: Rc<Progress>,
    fields: &'a Fields,
    /// Where text, id and question stand, once the first row is read.
    columns: Option<[Option<usize>; 3]>,
    over: bool,
}

/// A reader that fails when so much is read for one row: after a quote that nobody closes.
struct Bounded<R> {
    inner: R,
    read: Rc<Progress>,
}

/// What is known of the bytes that were read.
#[derive(Default)]
struct Progress {
    /// How many more may be read for this row.
    left: Cell<usize>,
    /// Whether a quote is open after them, by their number.
    open: Cell<bool>,
    /// Whether they are all.
    over: Cell<bool>,
    /// Those from this place on, as far as they were read: what comes before was asked for already.
    kept: RefCell<Vec<u8>>,
    from: Cell<u64>,
}

impl Progress {
    /// The line on which a row begins. The parser counts no line end that stands just before the row: the second half of `\r\n`,
    /// and empty lines.
    fn line(&self, at: &Position) -> u64 {
        let mut kept = self.kept.borrow_mut();
        let before = at.byte().saturating_sub(self.from.get()) as usize;
        let before = before.min(kept.len());
        kept.drain(..before);
        self.from.set(self.from.get() + before as u64);
        let ends = kept.iter().take_while(|b| matches!(b, b'\r' | b'\n'));
        at.line() + ends.filter(|b| **b == b'\n').count() as u64
    }
}

impl<R: Read> Read for Bounded<R> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        if self.read.left.get() == 0 {
            return Err(io::Error::new(
                io::ErrorKind::FileTooLarge,
                "a row of more than 8 MiB; a quote in it may be open, and the rest is not read",
            ));
        }
        let read = self.inner.read(buffer)?;
        self.read.left.set(self.read.left.get().saturating_sub(read));
        let quotes = buffer[..read].iter().filter(|b| **b == b'"').count();
        self.read.open.set(self.read.open.get() != (quotes % 2 == 1));
        self.read.over.set(read == 0);
        self.read.kept.borrow_mut().extend_from_slice(&buffer[..read]);
        Ok(read)
    }
}

impl<'a, R: Read> Table<'a, R> {
    pub(super) fn new(file: String, mut reader: R, delimiter: u8, fields: &'a Fields) -> Table<'a, R> {
        let read = Rc::new(Progress { left: Cell::new(MOST), ..Progress::default() });
        let mut begun = begin(&mut reader);
        let wide = is_wide(&begun);
        let delimiter = separator(&mut begun, delimiter);
        let inner = Cursor::new(begun).chain(reader);
        let bounded = Bounded { inner, read: Rc::clone(&read) };
        let reader = ReaderBuilder::new().delimiter(delimiter).from_reader(bounded);
        Table { file, reader, wide, read, fields, columns: None, over: false }
    }

    fn head(&mut self) -> Result<[Option<usize>; 3], RecordError> {
        if self.wide {
            return Err(ReadError::Utf16 { name: self.file.clone() }.into());
        }
        let fields = self.fields;
        let head = self
            .reader
            .byte_headers()
            .map_err(|source| RecordError::Row { name: self.file.clone(), source: Box::new(source) })?;
        let called = |same: fn(&[u8], &[u8]) -> bool, field: &str| {
            head.iter().position(|h| same(h.trim_ascii(), field.as_bytes()))
        };
        let place = |field: &str| {
            called(|a, b| a == b, field).or_else(|| called(<[u8]>::eq_ignore_ascii_case, field))
        };
        let usual = Fields::default();
        // a text is needed, the others only if somebody named them
        let wanted = [
            (&fields.text, true, "--text-field"),
            (&fields.id, fields.id != usual.id, "--id-field"),
            (&fields.question, fields.question != usual.question, "--question-field"),
        ];
        let missing = wanted.into_iter().find(|(field, needed, _)| *needed && place(field).is_none());
        let Some((field, _, option)) = missing else {
            return Ok(wanted.map(|(field, ..)| place(field)));
        };
        let known = if head.is_empty() { "no first row".to_owned() } else { listed(head) };
        Err(RecordError::Column { name: self.file.clone(), field: field.clone(), known, option })
    }

    fn row(&mut self, columns: [Option<usize>; 3]) -> Option<Result<Record, RecordError>> {
        let mut row = ByteRecord::new();
        let more = self.reader.read_byte_record(&mut row);
        self.read.left.set(MOST);
        match more {
            Ok(false) => None,
            Ok(true) => {
                let line = row.position().map_or(0, |at| self.read.line(at));
                // only such a row needs the end of the file to be read, and runs over several lines
                let open = self.read.over.get() && self.read.open.get() && row.as_slice().contains(&b'\n');
                if open {
                    return Some(Err(RecordError::Open { name: at(&self.file, line) }));
                }
                let [text, id, question] = columns.map(|c| c.and_then(|c| row.get(c)));
                let words = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
                let row = Row {
                    id: id.map(words),
                    text: text.map(<[u8]>::to_vec),
                    question: question.map(words),
                    bytes: row.as_slice().len() as u64,
                };
                Some(row.record(&self.file, line, self.fields))
            }
            Err(source) => {
                self.over = source.is_io_error();
                let line = self.read.line(source.position().unwrap_or(self.reader.position()));
                Some(Err(RecordError::Row { name: at(&self.file, line), source: Box::new(source) }))
            }
        }
    }
}

impl<R: Read> Iterator for Table<'_, R> {
    type Item = Result<Record, RecordError>;

    fn next(&mut self) -> Option<Self::Item> {
        if self.over {
            return None;
        }
        let columns = match self.columns {
            Some(columns) => columns,
            None => match self.head() {
                Ok(columns) => *self.columns.insert(columns),
                Err(error) => {
                    self.over = true;
                    return Some(Err(error));
                }
            },
        };
        let row = self.row(columns);
        self.over |= row.is_none();
        row
    }
}

/// What a reader begins with, up to the end of the first line that says anything.
fn begin(reader: &mut impl Read) -> Vec<u8> {
    let (mut begun, mut buffer) = (Vec::new(), [0; 1024]);
    while begun.len() < FIRST_ROW && !begun.trim_ascii_start().contains(&b'\n') {
        match reader.read(&mut buffer) {
            // what failed fails again where it is told
            Ok(0) => break,
            Ok(read) => begun.extend_from_slice(&buffer[..read]),
            Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
            Err(_) => break,
        }
    }
    begun
}

/// What stands between two fields: what a first line `sep=;` says, which spreadsheets write, and which is taken out but for its
/// end; else `usual`, unless the first row has none and other separators, as where the comma is that of numbers.
fn separator(begun: &mut Vec<u8>, usual: u8) -> u8 {
    let start = if begun.starts_with(b"\xef\xbb\xbf") { 3 } else { 0 };
    let line =
        begun[start..].trim_ascii_start().split(|b| matches!(b, b'\r' | b'\n')).next().unwrap_or_default();
    let bare = line.strip_prefix(b"\"").and_then(|line| line.strip_suffix(b"\"")).unwrap_or(line);
    if let [b's' | b'S', b'e' | b'E', b'p' | b'P', b'=', said] = *bare {
        let end = begun.iter().position(|b| matches!(b, b'\r' | b'\n')).unwrap_or(begun.len());
        begun.drain(..end);
        return said;
    }
    let other = [b';', b'\t'].into_iter().find(|b| line.contains(b));
    if usual != b',' || line.contains(&usual) { usual } else { other.unwrap_or(usual) }
}

/// The columns of a first row, for an error.
fn listed(head: &ByteRecord) -> String {
    let short = |column: &[u8]| {
        let column = String::from_utf8_lossy(column);
        match column.char_indices().nth(LISTED_CHARS) {
            Some((end, _)) => format!("{}...", &column[..end]),
            None => column.into_owned(),
        }
    };
    let known: Vec<String> = head.iter().take(LISTED).map(short).collect();
    let more = head.len() - known.len();
    let more = if more > 0 { format!(" and {more} more") } else { String::new() };
    known.join(", ") + &more
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(text: &[u8]) -> Vec<Result<Record, RecordError>> {
        Table::new("f.csv".to_owned(), text, b',', &Fields::default()).collect()
    }

    #[test]
    fn a_row_a_record() {
        let text = "\u{feff}id,question,text\na,Why?,\"I did.\nIt held, \"\"so\"\".\"\n,,So.\n";
        let found: Vec<Record> = read(text.as_bytes()).into_iter().map(Result::unwrap).collect();
        assert_eq!(found[0].name, "f.csv#a");
        assert_eq!(found[0].text, "I did.\nIt held, \"so\".");
        assert_eq!(found[0].question.as_deref(), Some("Why?"));
        assert_eq!((found[1].name.as_str(), found[1].question.as_deref()), ("f.csv:4", None));
    }

    #[test]
    fn a_row_is_called_by_the_line_on_which_it_begins() {
        for (text, lines) in [
            ("id,text\r\n,So.\r\n,\"I did.\r\nIt held.\"\r\n,So.\r\n", [2, 3, 5]),
            ("id,text\n,So.\n\n,So.\n\n\n,So.\n", [2, 4, 7]),
            ("\r\nid,text\r\n\r\n,So.\r\n,So.\r\nSo.\r\n", [4, 5, 6]),
        ] {
            let name = |found: &Result<Record, RecordError>| match found {
                Ok(record) => record.name.clone(),
                Err(error) => error.name().to_owned(),
            };
            let said: Vec<String> = read(text.as_bytes()).iter().map(name).collect();
            assert_eq!(said, lines.map(|line| format!("f.csv:{line}")), "{text}");
        }
    }

    #[test]
    fn a_bad_row_is_named_and_stops_nothing() {
        let found = read(b"text,id\nSo.\nSo.,a\n\xff\xfe.,b\n,c\nSo.,d\n");
        let said = |i: usize| found[i].as_ref().unwrap_err().whole();
        assert!(said(0).starts_with("f.csv:2 is not a row of this file: "), "{}", said(0));
        assert_eq!(found[1].as_ref().unwrap().name, "f.csv#a");
        assert!(
            said(2).contains("f.csv#b is UTF-16") || said(2).contains("f.csv#b is not valid"),
            "{}",
            said(2)
        );
        assert_eq!(said(3), "f.csv#c is empty");
        assert_eq!((found.len(), found[4].as_ref().unwrap().name.as_str()), (5, "f.csv#d"));
    }

    #[test]
    fn a_file_without_the_column_is_one_error() {
        let found = read(b"id,body\n1,So.\n");
        assert_eq!(found.len(), 1);
        let said = found[0].as_ref().unwrap_err().to_string();
        assert_eq!(said, "f.csv has no column `text`, only id, body; --text-field names another");
        assert!(read(b"")[0].as_ref().unwrap_err().to_string().contains("no first row"));
    }

    #[test]
    fn spreadsheets_write_other_separators() {
        for text in [
            "id;question;text\na;Why?;So, then.\n",
            "sep=;\r\nid;question;text\r\na;Why?;So, then.\r\n",
            "\u{feff}sep=;\nid;question;text\na;Why?;So, then.\n",
            "id\tquestion\ttext\na\tWhy?\tSo, then.\n",
            "sep=,\nID,Question,Text\na,Why?,\"So, then.\"\n",
        ] {
            let found = read(text.as_bytes());
            let record = found[0].as_ref().unwrap();
            assert_eq!((record.name.as_str(), record.text.as_str()), ("f.csv#a", "So, then."), "{text}");
            assert_eq!(record.question.as_deref(), Some("Why?"));
        }
        let found = read(b"sep=;\nid;text\n;So.\n;So.\n");
        assert_eq!(found[1].as_ref().unwrap().name, "f.csv:4", "the line counts");
        assert_eq!(read(b"text\nI did it; it held.\n")[0].as_ref().unwrap().text, "I did it; it held.");
        assert_eq!(read(b"text,a;b\nI did it; it held.,\n")[0].as_ref().unwrap().text, "I did it; it held.");
    }

    #[test]
    fn what_is_no_first_row_is_not_printed_whole() {
        let said =
            read(format!("a,\"{}\"\n", "I did it. ".repeat(200)).as_bytes())[0].as_ref().unwrap_err().whole();
        assert!(
            said.starts_with("f.csv has no column `text`, only a, I did it. ") && said.len() < 200,
            "{said}"
        );
        let said = read(["a"; 30].join(",").as_bytes())[0].as_ref().unwrap_err().whole();
        assert!(said.contains("a, a and 18 more;"), "{said}");
    }

    #[test]
    fn utf_16_is_called_so() {
        let wide: Vec<u8> = "\u{feff}id,text\n1,So.\n".encode_utf16().flat_map(u16::to_le_bytes).collect();
        let found = read(&wide);
        assert_eq!(found.len(), 1);
        assert_eq!(found[0].as_ref().unwrap_err().whole(), "f.csv is UTF-16 text; save it as UTF-8");
    }

    #[test]
    fn so_is_one_without_a_column_that_somebody_named() {
        let fields = Fields { id: "ident".to_owned(), ..Fields::default() };
        let mut found = Table::new("f.csv".to_owned(), &b"id,text\n1,So.\n"[..], b',', &fields);
        let said = found.next().unwrap().unwrap_err().to_string();
        assert_eq!(said, "f.csv has no column `ident`, only id, text; --id-field names another");
        assert!(found.next().is_none());
    }

    #[test]
    fn an_open_quote_takes_no_story_into_another() {
        let found = read(b"id,text\na,So.\nb,\"I did.\nc,It held.\nd,So.\n");
        assert_eq!(found.len(), 2);
        let said = found[1].as_ref().unwrap_err().to_string();
        assert!(said.starts_with("f.csv:3 ") && said.contains("never closed"), "{said}");
        for whole in
            ["id,text\na,\"So.\nIt held.\"", "id,text\na,5\" of it", "id,text\na,\"Two \"\"of\nthem\"\"\"\n"]
        {
            assert!(read(whole.as_bytes()).iter().all(Result::is_ok), "{whole}");
        }
    }

    #[test]
    fn an_open_quote_does_not_take_the_memory() {
        let mut text = b"text\nSo.\n\"".to_vec();
        text.resize(3 * MOST, b'x');
        let found = read(&text);
        assert_eq!(found.len(), 2);
        assert!(found[1].as_ref().unwrap_err().whole().contains("a quote in it may be open"));
    }
}
