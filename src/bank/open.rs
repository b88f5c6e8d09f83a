//! From a path to its records: which of the readers it takes.

use std::cell::Cell;
use std::collections::{HashMap, HashSet};
use std::fs::File;
use std::io::Read;
use std::iter::{empty, once};
use std::path::Path;
use std::rc::Rc;

use super::folder;
use super::lines::Lines;
use super::record::{Fields, Named, Reading, Record, RecordError};
use super::table::Table;
use crate::text::{self, SourceKind};

/// Names of stories that are listed at most where one is not found.
const LISTED: usize = 12;

/// Records in the order of their source. None is read before it is asked for.
pub struct Records<'a> {
    each: Box<dyn Iterator<Item = Result<Record, RecordError>> + 'a>,
    at_hand: Rc<Cell<bool>>,
}

impl<'a> Records<'a> {
    /// Records of which none is ever waited for, as far as is known.
    pub(super) fn new(each: impl Iterator<Item = Result<Record, RecordError>> + 'a) -> Records<'a> {
        Records { each: Box::new(each), at_hand: Rc::new(Cell::new(true)) }
    }

    /// One record.
    pub(crate) fn one(record: Result<Record, RecordError>) -> Records<'a> {
        Records::new(once(record))
    }

    /// Those of some sources, one source after the other. Of the next source nothing is known before it is begun.
    pub(crate) fn chain(sources: impl Iterator<Item = Records<'a>> + 'a) -> Records<'a> {
        let at_hand = Rc::new(Cell::new(true));
        let of_all = Rc::clone(&at_hand);
        let each = sources.flat_map(move |source| {
            let of_all = Rc::clone(&of_all);
            source.each.inspect(move |_| of_all.set(source.at_hand.get()))
        });
        Records { each: Box::new(each), at_hand }
    }

    /// The same, each looked at as it comes.
    pub(crate) fn watched(self, mut look: impl FnMut(&Result<Record, RecordError>) + 'a) -> Records<'a> {
        Records { each: Box::new(self.each.inspect(move |found| look(found))), ..self }
    }

    /// Whether the next record can be had without waiting for whoever is writing them.
    pub(super) fn at_hand(&self) -> bool {
        self.at_hand.get()
    }
}

impl Iterator for Records<'_> {
    type Item = Result<Record, RecordError>;

    fn next(&mut self) -> Option<Self::Item> {
        self.each.next()
    }
}

/// How a file is read, by the ending of its name.
enum Kind {
    /// `.jsonl`, `.ndjson`.
    Lines,
    /// `.csv`, and `.tsv`; with what stands between two fields.
    Table(u8),
    /// `.json`: nothing that can be read as a stream.
    Document,
    /// Anything else: one story, or several under headings.
    Story,
}

impl Kind {
    fn of(path: &Path) -> Kind {
        let ending = path.extension().unwrap_or_default().to_string_lossy().to_lowercase();
        match ending.as_str() {
            "jsonl" | "ndjson" => Kind::Lines,
            "csv" => Kind::Table(b','),
            "tsv" => Kind::Table(b'\t'),
            "json" => Kind::Document,
            _ => Kind::Story,
        }
    }
}

/// The records of a folder or a file, or the one of a file that has this name.
#[must_use]
pub fn open<'a>(path: &Path, how: &'a Reading) -> Records<'a> {
    open_those(path, how, |_| true)
}

/// The same, of those files alone that are wanted; each is asked about when its turn comes.
#[must_use]
pub fn open_those<'a>(
    path: &Path,
    how: &'a Reading,
    mut wanted: impl FnMut(&Path) -> bool + 'a,
) -> Records<'a> {
    if let Some(found) = find(path, &how.fields) {
        return Records::one(found);
    }
    let whole = |file: &Path| story(text::read_source(file).map_err(RecordError::from), file, how);
    if path.is_dir() {
        let files =
            folder::stories(path).filter(move |found| found.as_ref().map_or(true, |file| wanted(file)));
        return Records::new(files.flat_map(move |found| match found {
            Ok(file) => whole(&file),
            Err(error) => Records::one(Err(error)),
        }));
    }
    if !wanted(path) {
        return Records::new(empty());
    }
    if let Kind::Story = Kind::of(path) {
        return whole(path);
    }
    match File::open(path) {
        Ok(file) => read(file, path, how),
        Err(source) => {
            let name = path.display().to_string();
            let missing = source.kind() == std::io::ErrorKind::NotFound;
            let error = if missing {
                text::ReadError::Missing { name }.into()
            } else {
                RecordError::Io { name, source }
            };
            Records::one(Err(error))
        }
    }
}

/// Of the name of a story in a file (`FILE#ID`, `FILE:LINE`, `FILE#HEADING`) the file; `None` where a file or a folder itself is
/// called so, or none that is there.
#[must_use]
pub fn holder(name: &Path) -> Option<&Path> {
    let whole = name.to_str().filter(|_| !name.exists())?;
    whole.match_indices(['#', ':']).map(|(at, _)| Path::new(&whole[..at])).find(|file| file.is_file())
}

/// The story of a name in its file; `None` where [`holder`] knows no such file.
#[must_use]
pub fn find(name: &Path, fields: &Fields) -> Option<Result<Record, RecordError>> {
    let (file, wanted) = (holder(name)?, name.to_str()?);
    let how = by_name(fields);
    Some(pick(open(file, &how), &file.display().to_string(), wanted))
}

/// How a file is read of which a story is wanted: who names a heading wants what stands under it.
#[must_use]
pub fn by_name(fields: &Fields) -> Reading {
    Reading { fields: fields.clone(), split: true }
}

/// The one of a file's records that has this name; else the only one that has it in another case of letters; else the only
/// one whose name goes on after it with another word, as "3. The outage" does after "3".
pub fn pick(records: Records<'_>, file: &str, wanted: &str) -> Result<Record, RecordError> {
    let (mut known, mut more) = (Vec::new(), 0);
    // of each kind two are as many as are told apart from one
    let (mut exact, mut same, mut begun) = (None, Vec::new(), Vec::new());
    for found in records {
        let record = match found {
            Ok(record) => record,
            Err(error) if error.name() == wanted || error.name() == file => return Err(error),
            Err(_) => continue,
        };
        if record.name == wanted {
            if exact.replace(record).is_some() {
                return Err(RecordError::Twice { name: wanted.to_owned() });
            }
            continue;
        }
        if known.len() < LISTED {
            known.push(record.name.clone());
        } else {
            more += 1;
        }
        match rest(&record.name, wanted) {
            Some(None) if same.len() < 2 => same.push(record),
            Some(Some(next)) if begun.len() < 2 && !next.is_alphanumeric() => begun.push(record),
            _ => {}
        }
    }
    let near = if same.is_empty() { &mut begun } else { &mut same };
    if let Some(record) = exact.or_else(|| if near.len() == 1 { near.pop() } else { None }) {
        return Ok(record);
    }
    if let [first, second] = &near[..] {
        let (first, second) = (first.name.clone(), second.name.clone());
        return Err(RecordError::Ambiguous { name: wanted.to_owned(), first, second });
    }
    let mut known = if known.is_empty() { "no story".to_owned() } else { known.join(", ") };
    if more > 0 {
        known.push_str(&format!(" and {more} more"));
    }
    Err(RecordError::Unknown { name: wanted.to_owned(), file: file.to_owned(), known })
}

/// What comes in a name after these words, in any case of letters; `None` where it does not begin with them, or they name no
/// story at all.
fn rest(name: &str, begun: &str) -> Option<Option<char>> {
    let mut rest = name.chars().flat_map(char::to_lowercase);
    let same = begun.chars().flat_map(char::to_lowercase).all(|c| rest.next() == Some(c));
    (same && !begun.ends_with(['#', ':'])).then(|| rest.next())
}

/// Whether a path is a bank by what it is called: a folder, or a file of records. A Markdown file may be one too, by what is
/// in it: [`is_several`].
#[must_use]
pub fn is_bank(path: &Path) -> bool {
    path.is_dir() || matches!(Kind::of(path), Kind::Lines | Kind::Table(_))
}

/// Whether the text of a file of this name is cut into a story under each heading. One that has a [`holder`] was cut already.
#[must_use]
pub fn is_several(source: &str, path: &Path, how: &Reading) -> bool {
    several(source, path, how).is_ok() && holder(path).is_none()
}

fn several(source: &str, path: &Path, how: &Reading) -> Result<text::Sections, Option<usize>> {
    text::sections(source, SourceKind::from_path(path), how.split)
}

/// Bytes that a path holds: of a folder those of its stories; 0 where it can't be read.
#[must_use]
pub fn size(path: &Path) -> u64 {
    let bytes = |file: &Path| std::fs::metadata(file).map_or(0, |m| m.len());
    if path.is_dir() { folder::stories(path).flatten().map(|file| bytes(&file)).sum() } else { bytes(path) }
}

/// The records of a reader that stands for a file of this name, and of this kind by its ending; `-` is JSON Lines.
#[must_use]
pub fn read<'a>(reader: impl Read + 'a, path: &Path, how: &'a Reading) -> Records<'a> {
    Records::new(piped(reader, path, how))
}

/// The same of a reader behind which somebody may still be writing: of JSON Lines it is known whether the next is at hand.
#[must_use]
pub fn piped<'a>(reader: impl Read + 'a, path: &Path, how: &'a Reading) -> Records<'a> {
    let name = path.display().to_string();
    let kind = if name == "-" { Kind::Lines } else { Kind::of(path) };
    match kind {
        Kind::Lines => {
            let lines = Lines::new(name, reader, &how.fields);
            Records { at_hand: lines.at_hand(), each: Box::new(lines) }
        }
        Kind::Table(delimiter) => Records::new(Table::new(name, reader, delimiter, &how.fields)),
        Kind::Document => Records::one(Err(RecordError::Document { name })),
        Kind::Story => {
            let source = match text::bytes_of(reader) {
                Ok(bytes) => text::decode(&name, bytes).map_err(RecordError::from),
                Err(source) => Err(RecordError::Io { name, source }),
            };
            story(source, path, how)
        }
    }
}

/// The story of a file, or those under its headings.
fn story<'a>(source: Result<String, RecordError>, path: &Path, how: &Reading) -> Records<'a> {
    let source = match source {
        Ok(source) => source,
        Err(error) => return Records::one(Err(error)),
    };
    let (name, kind) = (path.display().to_string(), SourceKind::from_path(path));
    let several = match several(&source, path, how) {
        Ok(several) => several,
        Err(headings) => {
            let bytes = source.len() as u64;
            let (named, text, question) = (Named::File, source, None);
            return Records::one(Ok(Record { name, named, text, kind, question, bytes, headings }));
        }
    };
    let titles = told_apart(several.stories.iter().map(|s| s.title.as_str()));
    Records::new(titles.into_iter().enumerate().map(move |(i, title)| {
        let section = &several.stories[i];
        Ok(Record {
            name: format!("{name}#{title}"),
            named: Named::Part,
            text: several.alone(&source, section),
            kind,
            question: several.question.clone(),
            bytes: (section.span.end - section.span.start) as u64,
            headings: None,
        })
    }))
}

/// Titles, a number behind each that stood before: so each can be asked for, and is compared with its own earlier form.
fn told_apart<'a>(titles: impl Iterator<Item = &'a str> + Clone) -> Vec<String> {
    let all: HashSet<&str> = titles.clone().collect();
    let mut times: HashMap<&str, usize> = HashMap::new();
    let apart = |title| {
        let nth = times.entry(title).or_default();
        *nth += 1;
        if *nth == 1 {
            return title.to_owned();
        }
        loop {
            let numbered = format!("{title} ({nth})");
            if !all.contains(numbered.as_str()) {
                return numbered;
            }
            *nth += 1;
        }
    };
    titles.map(apart).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn names(text: &str, path: &str, split: bool) -> Vec<String> {
        let how = Reading { split, ..Reading::default() };
        let found: Vec<_> = read(text.as_bytes(), Path::new(path), &how).collect();
        found.into_iter().map(|r| r.map_or_else(|e| e.to_string(), |r| r.name)).collect()
    }

    #[test]
    fn the_ending_tells_the_kind() {
        assert_eq!(names("{\"text\":\"So.\"}", "-", false), ["-:1"]);
        assert_eq!(names("{\"text\":\"So.\"}", "a.NDJSON", false), ["a.NDJSON:1"]);
        assert_eq!(names("id\ttext\n4\tSo.", "a.tsv", false), ["a.tsv#4"]);
        assert_eq!(names("# One\nSo.\n# Two\nSo.", "a.md", true), ["a.md#One", "a.md#Two"]);
        assert_eq!(names("# One\nSo.\n# Two\nSo.", "a.md", false), ["a.md"]);
        let twice = "# One\nSo.\n# One (2)\nSo.\n# One\nSo.\n# One\nSo.";
        let told_apart = ["a.md#One", "a.md#One (2)", "a.md#One (3)", "a.md#One (4)"];
        assert_eq!(names(twice, "a.md", true), told_apart);
        assert_eq!(names("# One\nSo.\n# Two\nSo.", "a.txt", true), ["a.txt"], "no headings in plain text");
        assert!(names("[]", "a.json", false)[0].contains("one object a line"));
        assert_eq!(names(" ", "a.md", false), ["a.md is empty"]);
    }

    #[test]
    fn a_story_is_found_by_its_name() {
        let folder = std::env::temp_dir().join(format!("candor-named-{}", std::process::id()));
        std::fs::create_dir_all(&folder).unwrap();
        let records = "{\"id\":\"x:1\",\"text\":\"So.\"}\n{\"text\":\"Two.\"}\n{\"id\":\"3\"}\n";
        let twice = "{\"id\":\"x\",\"text\":\"So.\"}\n{\"id\":\"x\",\"text\":\"Two.\"}\n";
        for (name, text) in [
            ("a.jsonl", records),
            ("b.md", "# One\nSo.\n# C: a start\nTwo."),
            ("c#1.md", "Three."),
            ("f.md", "# A day\nSo.\n# A night\nTwo."),
            ("e.md", "# One two\nSo.\n# One\nTwo."),
            ("d.jsonl", twice),
        ] {
            std::fs::write(folder.join(name), text).unwrap();
        }
        let inside = format!("{}{}", folder.display(), std::path::MAIN_SEPARATOR);
        let text = |name: &str| match find(&folder.join(name), &Fields::default()) {
            None => "a path".to_owned(),
            Some(Ok(record)) => record.text.lines().last().unwrap_or_default().to_owned(),
            Some(Err(error)) => error.to_string().replace(&inside, ""),
        };
        assert_eq!([text("a.jsonl#x:1"), text("a.jsonl:2")], ["So.", "Two."]);
        assert_eq!([text("b.md#One"), text("b.md#C: a start")], ["So.", "Two."]);
        assert_eq!([text("b.md#c"), text("a.jsonl#X")], ["Two.", "So."], "the only one that goes on so");
        assert_eq!([text("b.md#ONE"), text("b.md#c: A START")], ["So.", "Two."]);
        assert_eq!(text("f.md#a"), "f.md#a may be f.md#A day or f.md#A night; write more of the name");
        assert_eq!(
            [text("e.md#ONE"), text("e.md#one")],
            ["Two.", "Two."],
            "it is not the beginning of another"
        );
        assert_eq!(
            text("a.jsonl#3"),
            "a.jsonl#3 has no text in the field `text`; --text-field names another"
        );
        assert_eq!(text("d.jsonl#x"), "there is more than one d.jsonl#x; give each story an id of its own");
        assert_eq!(text("a.jsonl#9"), "there is no a.jsonl#9 in a.jsonl; it holds a.jsonl#x:1, a.jsonl:2");
        for plain in ["a.jsonl", "c#1.md", "none.jsonl#1", "none"] {
            assert_eq!(text(plain), "a path");
        }
        std::fs::remove_dir_all(folder).unwrap();
    }

    #[test]
    fn what_is_not_there_is_one_error() {
        for name in ["none.md", "none.jsonl", "none.csv"] {
            let how = Reading::default();
            let found: Vec<_> = open(Path::new(name), &how).collect();
            assert_eq!(found.len(), 1);
            assert_eq!(found[0].as_ref().unwrap_err().to_string(), format!("{name}: no such file"));
        }
    }
}
