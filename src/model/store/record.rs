//! Records of what was pulled: `pulled/<id>.toml`, a digest a file. They pin what manifests leave open and what the
//! user accepted, and say which files are still needed when a model is removed.

use std::fs::{self, File};
use std::io;
use std::path::{Path, PathBuf};

use serde::{Deserialize, Serialize};

use super::error::StoreError;
use crate::model::digest::Digest;
use crate::model::lasting::replace;
use crate::model::manifest::Source;

/// What was pulled of one model.
#[derive(Clone, Debug, Default, PartialEq, Eq, Deserialize, Serialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Record {
    #[serde(default)]
    pub(super) file: Vec<Pinned>,
}

/// A file, and what it must be.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize, Serialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Pinned {
    pub(super) source: Source,
    pub(super) pin: Pin,
    /// Whether the user took the Hub's word against the manifest's.
    pub(super) accepted: bool,
}

/// What a file must be.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize, Serialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Pin {
    pub(super) bytes: u64,
    pub(super) sha256: Digest,
}

impl Record {
    /// The record in a file; an empty one where there is none.
    pub(super) fn read(path: &Path) -> Result<Record, StoreError> {
        match fs::read_to_string(path) {
            Ok(text) => toml::from_str(&text)
                .map_err(|source| StoreError::Record { path: path.to_path_buf(), source: Box::new(source) }),
            Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(Record::default()),
            Err(error) => Err(StoreError::io("read", path)(error)),
        }
    }

    /// The entry of a file.
    pub(super) fn find(&self, source: &Source) -> Option<&Pinned> {
        self.file.iter().find(|f| f.source == *source)
    }

    /// Adds or replaces an entry in a model's record, under a lock against other processes.
    pub(super) fn add(path: &Path, entry: Pinned) -> Result<(), StoreError> {
        let lock = path.with_extension("lock");
        let guard = File::create(&lock).map_err(StoreError::io("write", &lock))?;
        guard.lock().map_err(StoreError::io("lock", &lock))?;
        let mut record = Record::read(path)?;
        if record.find(&entry.source) == Some(&entry) {
            return Ok(());
        }
        // Another revision of the same file is no longer wanted.
        let same = |s: &Source| s.repo == entry.source.repo && s.path == entry.source.path;
        record.file.retain(|f| !same(&f.source));
        record.file.push(entry);
        let text = toml::to_string(&record).map_err(io::Error::other);
        text.and_then(|text| replace(path, text.as_bytes())).map_err(StoreError::io("write", path))
    }
}

/// The records of a store: their files, by model.
pub(super) fn all(folder: &Path) -> Result<Vec<(String, PathBuf)>, StoreError> {
    let entries = match fs::read_dir(folder) {
        Ok(entries) => entries,
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(Vec::new()),
        Err(error) => return Err(StoreError::io("read", folder)(error)),
    };
    let mut found = Vec::new();
    for entry in entries {
        let path = entry.map_err(StoreError::io("read", folder))?.path();
        if path.extension().is_some_and(|e| e == "toml")
            && let Some(id) = path.file_stem().and_then(|s| s.to_str())
        {
            found.push((id.to_owned(), path.clone()));
        }
    }
    found.sort();
    Ok(found)
}
