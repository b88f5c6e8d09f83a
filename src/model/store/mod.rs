//! The store: models on this disk, each file under its sha256, verified before it gets that name.
//!
//! May import: `model::manifest`, `model::digest`.
//!
//! ```text
//! blobs/<sha256>               a whole, verified file
//! blobs/<sha256>.part          what has come of one; `git-<id>.part` where the Hub states git's id only
//! blobs/<sha256>.cached.part   one from the Hub cache while it is verified
//! blobs/<sha256>.lock          held while it is fetched
//! pulled/<id>.toml             which files a model was pulled with
//! ```

mod error;
mod hub;
mod job;
mod part;
mod pull;
mod record;
mod settings;

use std::collections::BTreeSet;
use std::fs::{self, OpenOptions, TryLockError};
use std::io;
use std::path::{Path, PathBuf};

pub use error::{FetchError, Size, Stated, StoreError, Wanted};
pub use pull::{Event, Pull};
pub use settings::{HubSettings, Patience, Token, default_root};

use super::digest::{Digest, sums};
use super::manifest::{FileRole, Manifest, ManifestFile};
use record::{Pin, Pinned, Record};

/// Models on this disk.
#[derive(Clone, Debug)]
pub struct Store {
    root: PathBuf,
}

/// The files of a model that is here.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Files {
    /// The weights, in the manifest's order.
    pub weights: Vec<PathBuf>,
    /// The `tokenizer.json`.
    pub tokenizer: PathBuf,
    /// The digest of each file, in the manifest's order.
    pub sha256: Vec<Digest>,
}

/// How much of a model is here.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum State {
    /// All files.
    Here,
    /// Some bytes.
    Partly {
        /// Bytes that are here.
        have: u64,
        /// Bytes of all files, as far as they are known.
        of: u64,
    },
    /// Nothing.
    Missing,
}

impl Store {
    /// The store in a folder, which need not be there yet.
    #[must_use]
    pub fn new(root: PathBuf) -> Store {
        Store { root }
    }

    /// Its folder.
    #[must_use]
    pub fn root(&self) -> &Path {
        &self.root
    }

    /// The files of a model. Their names say what they were when they came; [`Store::verify`] reads them again.
    ///
    /// # Errors
    /// [`StoreError::Missing`] names the first file that is not here and the command that fetches it.
    pub fn locate(&self, manifest: &Manifest) -> Result<Files, StoreError> {
        let mut files = Files { weights: Vec::new(), tokenizer: PathBuf::new(), sha256: Vec::new() };
        for file in &manifest.file {
            let pin = self.pin(manifest, file)?.filter(|pin| self.has(pin));
            let Some(pin) = pin else {
                return Err(StoreError::Missing { wanted: wanted(manifest, file) });
            };
            let path = self.blob(&pin.sha256);
            match file.role {
                FileRole::Weights => files.weights.push(path),
                FileRole::Tokenizer => files.tokenizer = path,
            }
            files.sha256.push(pin.sha256);
        }
        Ok(files)
    }

    /// How much of a model is here.
    ///
    /// # Errors
    /// When the store can't be read.
    pub fn state(&self, manifest: &Manifest) -> Result<State, StoreError> {
        let (mut have, mut of, mut whole) = (0, 0, true);
        for file in &manifest.file {
            let Some(pin) = self.pin(manifest, file)? else {
                whole = false;
                continue;
            };
            of += pin.bytes;
            if self.has(&pin) {
                have += pin.bytes;
            } else {
                whole = false;
                have += fs::metadata(self.part(&pin.sha256.to_string())).map_or(0, |m| m.len());
            }
        }
        Ok(match (whole, have) {
            (true, _) => State::Here,
            (false, 0) => State::Missing,
            (false, _) => State::Partly { have, of },
        })
    }

    /// Reads every file of a model and compares it with its size and digest.
    ///
    /// # Errors
    /// [`StoreError::Missing`] or [`StoreError::Damaged`] for the first file that is not what it must be.
    pub fn verify(&self, manifest: &Manifest) -> Result<(), StoreError> {
        for file in &manifest.file {
            let wanted = wanted(manifest, file);
            match self.pin(manifest, file)? {
                Some(pin) => self.read_again(wanted, &pin)?,
                None => return Err(StoreError::Missing { wanted }),
            }
        }
        Ok(())
    }

    /// The same for every file that a model was pulled with, whatever its manifest says now, one result a file. `argument` is
    /// what `candor models pull` takes for it.
    ///
    /// # Errors
    /// When there is a record that can't be read.
    pub fn verify_pulled(&self, id: &str, argument: &str) -> Result<Vec<Result<(), StoreError>>, StoreError> {
        let record = Record::read(&self.record_path(id))?;
        let one = |Pinned { source, pin, .. }: Pinned| {
            let bytes = Some(pin.bytes);
            self.read_again(Box::new(Wanted { model: argument.to_owned(), source, bytes }), &pin)
        };
        Ok(record.file.into_iter().map(one).collect())
    }

    /// Compares a file with what it must be. One that is shorter than it was is damaged, and not missing.
    fn read_again(&self, wanted: Box<Wanted>, pin: &Pin) -> Result<(), StoreError> {
        let path = self.blob(&pin.sha256);
        if !path.is_file() {
            return Err(StoreError::Missing { wanted });
        }
        let found = sums(&path).map_err(StoreError::io("read", &path))?;
        if found.sha256 == pin.sha256 && found.bytes == pin.bytes {
            return Ok(());
        }
        let got = Stated { bytes: Some(found.bytes), sha256: Some(found.sha256) };
        Err(StoreError::Damaged { wanted, path, got })
    }

    /// The ids of the models that were pulled, in whole or in part.
    ///
    /// # Errors
    /// When the store can't be read.
    pub fn pulled(&self) -> Result<Vec<String>, StoreError> {
        Ok(record::all(&self.root.join("pulled"))?.into_iter().map(|(id, _)| id).collect())
    }

    /// Removes what is here of a model and no other pulled model needs; how many bytes that gives back.
    ///
    /// # Errors
    /// [`StoreError::Busy`] while another process fetches one of its files; when a file can't be removed.
    pub fn remove(&self, id: &str, manifest: Option<&Manifest>) -> Result<u64, StoreError> {
        let own = self.record_path(id);
        // A record that can't be read is removed, too: that is the way out of it.
        let record = Record::read(&own).unwrap_or_default();
        let mut digests: BTreeSet<Digest> = record.file.into_iter().map(|f| f.pin.sha256).collect();
        for file in manifest.iter().flat_map(|m| &m.file) {
            digests.extend(file.sha256.clone());
        }
        for (_, path) in record::all(&self.root.join("pulled"))?.iter().filter(|(other, _)| other != id) {
            for file in Record::read(path)?.file {
                digests.remove(&file.pin.sha256);
            }
        }
        let mut freed = 0;
        for digest in digests {
            let name = digest.to_string();
            // Where there is no store there is nothing to lock.
            // Opened for writing, without which NFS locks nothing.
            let Ok(lock) = OpenOptions::new().write(true).open(self.lock(&name)) else {
                freed += remove(&self.blob(&digest))?;
                continue;
            };
            match lock.try_lock() {
                Ok(()) => {}
                Err(TryLockError::WouldBlock) => return Err(StoreError::Busy { path: self.part(&name) }),
                Err(TryLockError::Error(error)) => {
                    return Err(StoreError::io("lock", self.lock(&name))(error));
                }
            }
            for path in [self.blob(&digest), self.part(&name), self.cached(&digest)] {
                freed += remove(&path)?;
            }
        }
        remove(&own)?;
        Ok(freed)
    }

    /// What a file must be: what the user accepted, else the manifest's word, else what its first pull recorded.
    fn pin(&self, manifest: &Manifest, file: &ManifestFile) -> Result<Option<Pin>, StoreError> {
        let record = Record::read(&self.record_path(&manifest.id))?;
        let recorded = record.find(&manifest.source(file)).cloned();
        let stated = file.bytes.zip(file.sha256.clone()).map(|(bytes, sha256)| Pin { bytes, sha256 });
        Ok(match (recorded, stated) {
            (Some(Pinned { pin, accepted: true, .. }), _) | (_, Some(pin)) => Some(pin),
            (Some(entry), None) => Some(entry.pin),
            (None, None) => None,
        })
    }

    /// Whether a file of this digest and size is here.
    fn has(&self, pin: &Pin) -> bool {
        fs::metadata(self.blob(&pin.sha256)).is_ok_and(|m| m.is_file() && m.len() == pin.bytes)
    }

    fn blob(&self, digest: &Digest) -> PathBuf {
        self.root.join("blobs").join(digest.to_string())
    }

    fn part(&self, name: &str) -> PathBuf {
        self.root.join("blobs").join(format!("{name}.part"))
    }

    /// A file of the Hub cache while it is being verified.
    fn cached(&self, digest: &Digest) -> PathBuf {
        self.part(&format!("{digest}.cached"))
    }

    fn lock(&self, name: &str) -> PathBuf {
        self.root.join("blobs").join(format!("{name}.lock"))
    }

    fn record_path(&self, id: &str) -> PathBuf {
        self.root.join("pulled").join(format!("{id}.toml"))
    }
}

fn wanted(manifest: &Manifest, file: &ManifestFile) -> Box<Wanted> {
    Wanted::new(manifest, manifest.source(file), file.bytes)
}

/// Removes a file; its size, or 0 where there is none.
fn remove(path: &Path) -> Result<u64, StoreError> {
    let bytes = fs::metadata(path).map_or(0, |m| m.len());
    match fs::remove_file(path) {
        Ok(()) => Ok(bytes),
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(0),
        Err(error) => Err(StoreError::io("remove", path)(error)),
    }
}
