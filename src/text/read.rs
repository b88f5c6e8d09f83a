//! Bytes and files to text, and what can be wrong with them.

use std::fs::{self, File};
use std::io::{self, Read};
use std::path::Path;

use super::{Answer, SourceKind};

/// No written answer is longer: 1 MiB is some 170,000 words.
pub const MAX_BYTES: usize = 1024 * 1024;

/// Why an answer could not be read. All of them are about the input, none about candor.
#[derive(Debug, thiserror::Error)]
pub enum ReadError {
    /// Nothing stands at the path.
    #[error("{name}: no such file")]
    Missing {
        /// The path as it was given.
        name: String,
    },
    /// The path is a directory.
    #[error(
        "{name} is a directory; `candor bank {name}` reads the answers in it, and `candor critique` those that are named"
    )]
    Directory {
        /// The path as it was given.
        name: String,
    },
    /// The file may not be read.
    #[error("{name}: permission denied")]
    Permission {
        /// The path as it was given.
        name: String,
        /// What the system said.
        source: io::Error,
    },
    /// Reading failed in another way.
    #[error("{name} could not be read")]
    Io {
        /// The path as it was given.
        name: String,
        /// What the system said.
        source: io::Error,
    },
    /// Longer than [`MAX_BYTES`].
    #[error("{name} is larger than 1 MiB, too large for one answer")]
    TooLarge {
        /// The path or the record.
        name: String,
    },
    /// Starts with the byte order mark of UTF-16.
    #[error("{name} is UTF-16 text; save it as UTF-8")]
    Utf16 {
        /// The path or the record.
        name: String,
    },
    /// Begins as the documents of another program do.
    #[error("{name} is {format} and not text; save it as .txt, or paste what it says")]
    Document {
        /// The path or the record.
        name: String,
        /// With its article: "a PDF document".
        format: &'static str,
    },
    /// Holds a NUL byte, so it is no text.
    #[error("{name} is not text: NUL at byte {offset}")]
    Binary {
        /// The path or the record.
        name: String,
        /// Of the first NUL, from 0.
        offset: usize,
    },
    /// Not UTF-8.
    #[error("{name} is not valid UTF-8 at byte {offset}; save it as UTF-8")]
    NotUtf8 {
        /// The path or the record.
        name: String,
        /// Of the first byte that is wrong, from 0.
        offset: usize,
        /// What the decoder said.
        source: std::str::Utf8Error,
    },
    /// Nothing but whitespace.
    #[error("{name} is empty")]
    Empty {
        /// The path or the record.
        name: String,
    },
}

/// What documents begin with that people write answers in.
const SIGNATURES: [(&[u8], &str); 4] = [
    (b"{\\rtf", "an RTF document"),
    (b"%PDF-", "a PDF document"),
    (b"PK\x03\x04", "a Word document or another zip file"),
    (b"\xd0\xcf\x11\xe0", "an old Word document"),
];

/// All that a reader gives, or one byte more than [`decode`] takes: that tells what is too long, also of pipes, which have no
/// length.
pub fn bytes_of(reader: impl Read) -> io::Result<Vec<u8>> {
    let mut bytes = Vec::new();
    reader.take(MAX_BYTES as u64 + 1).read_to_end(&mut bytes)?;
    Ok(bytes)
}

/// The text of `bytes`. A byte order mark stays in it, so that offsets are those of the file.
pub fn decode(name: &str, bytes: Vec<u8>) -> Result<String, ReadError> {
    let name = || name.to_owned();
    if bytes.len() > MAX_BYTES {
        return Err(ReadError::TooLarge { name: name() });
    }
    if is_wide(&bytes) {
        return Err(ReadError::Utf16 { name: name() });
    }
    if let Some((_, format)) = SIGNATURES.iter().find(|(signature, _)| bytes.starts_with(signature)) {
        return Err(ReadError::Document { name: name(), format });
    }
    if let Some(offset) = bytes.iter().position(|byte| *byte == 0) {
        return Err(ReadError::Binary { name: name(), offset });
    }
    let text = String::from_utf8(bytes).map_err(|error| {
        let source = error.utf8_error();
        ReadError::NotUtf8 { name: name(), offset: source.valid_up_to(), source }
    })?;
    if text.trim_start_matches('\u{feff}').trim().is_empty() {
        return Err(ReadError::Empty { name: name() });
    }
    Ok(text)
}

/// Whether bytes begin with the byte order mark of UTF-16.
pub(crate) fn is_wide(bytes: &[u8]) -> bool {
    bytes.starts_with(&[0xff, 0xfe]) || bytes.starts_with(&[0xfe, 0xff])
}

impl ReadError {
    /// The path or the record that it is about.
    #[must_use]
    pub fn name(&self) -> &str {
        match self {
            ReadError::Missing { name }
            | ReadError::Directory { name }
            | ReadError::Permission { name, .. }
            | ReadError::Io { name, .. }
            | ReadError::TooLarge { name }
            | ReadError::Utf16 { name }
            | ReadError::Document { name, .. }
            | ReadError::Binary { name, .. }
            | ReadError::NotUtf8 { name, .. }
            | ReadError::Empty { name } => name,
        }
    }
}

/// Reads and parses the answer in a file; the extension says of which kind it is.
pub fn read_file(path: &Path) -> Result<Answer, ReadError> {
    let source = read_source(path)?;
    Ok(Answer::parse(&path.display().to_string(), source, SourceKind::from_path(path)))
}

/// The text of a file.
pub fn read_source(path: &Path) -> Result<String, ReadError> {
    let name = path.display().to_string();
    let failed = |source: io::Error| {
        let name = name.clone();
        match source.kind() {
            io::ErrorKind::NotFound => ReadError::Missing { name },
            io::ErrorKind::PermissionDenied => ReadError::Permission { name, source },
            io::ErrorKind::IsADirectory => ReadError::Directory { name },
            _ => ReadError::Io { name, source },
        }
    };
    if fs::metadata(path).map_err(failed)?.is_dir() {
        return Err(ReadError::Directory { name });
    }
    let bytes = File::open(path).and_then(bytes_of).map_err(failed)?;
    decode(&name, bytes)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn text_with_and_without_byte_order_mark_is_decoded_as_it_is() {
        assert_eq!(decode("a", b"Hi.".to_vec()).unwrap(), "Hi.");
        assert_eq!(decode("a", "\u{feff}Hi.".into()).unwrap(), "\u{feff}Hi.");
    }

    #[test]
    fn faults_are_named_with_their_place() {
        let said = |bytes: &[u8]| decode("a.md", bytes.to_vec()).unwrap_err().to_string();
        assert_eq!(said(b"ab\xffcd"), "a.md is not valid UTF-8 at byte 2; save it as UTF-8");
        let document = "and not text; save it as .txt, or paste what it says";
        assert_eq!(said(b"{\\rtf1\\ansi I did it.}"), format!("a.md is an RTF document {document}"));
        assert_eq!(said(b"%PDF-1.7\n%\xe2\xe3"), format!("a.md is a PDF document {document}"));
        assert_eq!(
            said(b"PK\x03\x04\x14\0"),
            format!("a.md is a Word document or another zip file {document}")
        );
        assert!(decode("a", b"PK and I met. It held.".to_vec()).is_ok());
        assert_eq!(said(b"ab\0cd"), "a.md is not text: NUL at byte 2");
        assert_eq!(said(b"\xff\xfea\0"), "a.md is UTF-16 text; save it as UTF-8");
        assert_eq!(said(b" \r\n\t"), "a.md is empty");
        assert_eq!(said(b""), "a.md is empty");
        assert_eq!(said("\u{feff}\n".as_bytes()), "a.md is empty");
        assert!(said(&vec![b'a'; MAX_BYTES + 1]).contains("1 MiB"));
        assert!(decode("a", vec![b'a'; MAX_BYTES]).is_ok());
    }

    #[test]
    fn files_that_cannot_be_read_are_told_apart() {
        let dir = std::env::temp_dir().join(format!("candor-text-{}", std::process::id()));
        fs::create_dir_all(&dir).unwrap();
        let said = |p: &Path| read_file(p).unwrap_err();
        assert!(matches!(said(&dir.join("none.md")), ReadError::Missing { .. }));
        assert!(matches!(said(&dir), ReadError::Directory { .. }));
        assert!(said(&dir).to_string().contains("candor bank"));
        let file = dir.join("a.txt");
        fs::write(&file, "I did it. It *held*.").unwrap();
        let answer = read_file(&file).unwrap();
        assert_eq!(answer.sentences.len(), 2);
        assert_eq!(answer.sentences[1].text, "It *held*.");
        fs::remove_dir_all(&dir).unwrap();
    }

    #[test]
    fn kind_is_told_by_extension() {
        assert_eq!(SourceKind::from_path(Path::new("a.TXT")), SourceKind::Plain);
        assert_eq!(SourceKind::from_path(Path::new("a.md")), SourceKind::Markdown);
        assert_eq!(SourceKind::from_path(Path::new("txt")), SourceKind::Markdown);
    }
}
