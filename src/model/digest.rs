//! sha256 digests: of what is stored, and as manifests and the Hub write them.
//!
//! May import: nothing.

use std::fmt;
use std::fs::File;
use std::io::{self, Read};
use std::path::Path;

use serde::{Deserialize, Serialize};
use sha1::Sha1;
use sha2::{Digest as _, Sha256};

/// A sha256 digest, as 64 lower-case hex digits.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Deserialize, Serialize)]
#[serde(try_from = "String")]
pub struct Digest(String);

impl TryFrom<String> for Digest {
    type Error = String;

    fn try_from(text: String) -> Result<Digest, String> {
        if is_hex(&text, 64) {
            Ok(Digest(text))
        } else {
            Err(format!("`{text}` is no sha256 in 64 lower-case hex digits"))
        }
    }
}

impl Digest {
    /// The digest of a file's bytes.
    ///
    /// # Errors
    /// When it can't be read, or changes its size meanwhile.
    pub fn of_file(path: &Path) -> io::Result<Digest> {
        Ok(sums(path)?.sha256)
    }
}

impl fmt::Display for Digest {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// Whether a text is so many lower-case hex digits.
pub(crate) fn is_hex(text: &str, digits: usize) -> bool {
    text.len() == digits && text.bytes().all(|b| b.is_ascii_digit() || (b'a'..=b'f').contains(&b))
}

/// What a file's bytes are.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Sums {
    pub(super) bytes: u64,
    pub(super) sha256: Digest,
    /// The id that git gives such a file: sha1 of a header with the size, and the bytes.
    pub(super) git: String,
}

/// Reads a whole file and sums it up.
///
/// # Errors
/// When it can't be read, or changes its size meanwhile.
pub(super) fn sums(path: &Path) -> io::Result<Sums> {
    let mut file = File::open(path)?;
    let bytes = file.metadata()?.len();
    let mut sha256 = Sha256::new();
    let mut git = Sha1::new_with_prefix(format!("blob {bytes}\0"));
    let mut buffer = vec![0; 1 << 20];
    let mut read = 0;
    loop {
        let n = file.read(&mut buffer)?;
        if n == 0 {
            break;
        }
        read += n as u64;
        sha256.update(&buffer[..n]);
        git.update(&buffer[..n]);
    }
    if read != bytes {
        return Err(io::Error::other("the file changes while it is read"));
    }
    Ok(Sums {
        bytes,
        sha256: Digest(format!("{:x}", sha256.finalize())),
        git: format!("{:x}", git.finalize()),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sums_are_those_of_the_known_tools() {
        let path = std::env::temp_dir().join(format!("candor-digest-{}", std::process::id()));
        std::fs::write(&path, "what is up, doc?").unwrap();
        let sums = sums(&path).unwrap();
        std::fs::remove_file(&path).unwrap();
        assert_eq!(sums.bytes, 16);
        // `git hash-object` of these words, as in the book "Pro Git".
        assert_eq!(sums.git, "bd9dbf5aae1a3862dd1526723246b20206e5fc37");
        let sha256 = "c99b0b2de0a37ab7ea6b3ee0d3fd3d9c4e4e6f2a5b7b0a6f";
        assert!(Digest::try_from(sha256.to_owned()).is_err());
        assert!(Digest::try_from(sums.sha256.to_string()).is_ok());
    }
}
