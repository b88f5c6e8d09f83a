//! Pulling a model: from the store, else from the user's Hub cache, else from the Hub. A file gets its name when its
//! size and digest are right, and not before.

use std::fs::{self, File};
use std::path::Path;
use std::time::Duration;

use hf_hub::{Cache, Repo, RepoType};

use super::error::{FetchError, Stated, StoreError};
use super::hub::{Etag, Head, Hub};
use super::job::{Goal, Job, patiently};
use super::record::Pin;
use super::settings::HubSettings;
use super::{Files, Store, remove};
use crate::model::digest::sums;
use crate::model::manifest::{Manifest, Source};

/// What happens while a model is pulled, for whoever shows it.
#[derive(Debug)]
pub enum Event<'a> {
    /// A token is set and kept back, because this host is asked without encryption.
    TokenWithheld {
        /// The host.
        host: &'a str,
    },
    /// The next file.
    File {
        /// Where it comes from.
        source: &'a Source,
    },
    /// It is in the store already.
    Present,
    /// It is taken from the user's Hub cache.
    Cached {
        /// Where it was found.
        path: &'a Path,
    },
    /// It is in the user's Hub cache, and not what it must be.
    CacheWrong {
        /// Where it was found.
        path: &'a Path,
    },
    /// Another process fetches it; we wait.
    Waiting,
    /// The download begins.
    Begin {
        /// Bytes of the whole file.
        bytes: u64,
        /// Bytes that were here before.
        have: u64,
    },
    /// So many bytes are here. May fall when a server makes us begin anew.
    At {
        /// Bytes of the file.
        bytes: u64,
    },
    /// A request failed; it is repeated.
    Again {
        /// Why.
        error: &'a FetchError,
        /// After this pause.
        pause: Duration,
    },
    /// What resumed was wrong in its earlier part; it begins anew.
    Anew,
    /// The bytes are being read again and summed up.
    Verifying,
    /// The file is here and verified.
    Done,
}

/// A pull: which hub, and how.
#[derive(Debug)]
pub struct Pull<'a> {
    /// The hub and the user's cache of it.
    pub settings: &'a HubSettings,
    /// Ask nobody.
    pub offline: bool,
    /// Take the Hub's word where it differs from the manifest's.
    pub accept_digest: bool,
}

/// Is told what happens.
pub(super) type Watch<'w> = dyn FnMut(Event<'_>) + 'w;

impl Pull<'_> {
    /// Makes all files of a model be in the store, whole and verified.
    ///
    /// # Errors
    /// [`StoreError`]; what has come of a file is kept, and the next pull goes on from there.
    pub fn run(
        &self,
        store: &Store,
        manifest: &Manifest,
        watch: &mut dyn FnMut(Event<'_>),
    ) -> Result<Files, StoreError> {
        for folder in ["blobs", "pulled"] {
            let path = store.root().join(folder);
            fs::create_dir_all(&path).map_err(StoreError::io("make", &path))?;
        }
        // Offline there is no client at all.
        let hub = if self.offline { None } else { Some(Hub::new(self.settings)?) };
        if let Some(hub) = hub.as_ref().filter(|h| h.withholds_token()) {
            watch(Event::TokenWithheld { host: &hub.host() });
        }
        for file in &manifest.file {
            let source = manifest.source(file);
            watch(Event::File { source: &source });
            self.file(&Job { store, manifest, file, source }, hub.as_ref(), watch)?;
        }
        store.locate(manifest)
    }

    fn file(&self, job: &Job<'_>, hub: Option<&Hub>, watch: &mut Watch<'_>) -> Result<(), StoreError> {
        let pin = job.store.pin(job.manifest, job.file)?;
        if let Some(pin) = &pin
            && self.have(job, pin, job.accepted(pin), watch)?
        {
            return Ok(());
        }
        let Some(hub) = hub else {
            return Err(StoreError::Offline { wanted: job.wanted() });
        };
        let head = patiently(hub, watch, || hub.head(&job.source))
            .map_err(|(cause, host)| job.fetch_error(cause, host))?;
        let goal = self.goal(job, hub, pin, head)?;
        if let Etag::Sha256(sha256) = &goal.etag {
            let pin = Pin { bytes: goal.bytes, sha256: sha256.clone() };
            if self.have(job, &pin, goal.accepted, watch)? {
                return Ok(());
            }
        }
        job.fetch_whole(hub, &goal, watch)
    }

    /// Whether a file is in the store, or could be taken from the Hub cache.
    fn have(
        &self,
        job: &Job<'_>,
        pin: &Pin,
        accepted: bool,
        watch: &mut Watch<'_>,
    ) -> Result<bool, StoreError> {
        let present = job.store.has(pin);
        if present {
            job.record(pin.clone(), accepted)?;
            watch(Event::Present);
        }
        Ok(present || self.adopt(job, pin, accepted, watch)?)
    }

    /// Takes a file from the user's Hub cache, if it is there and right: as a second name of the same bytes where the
    /// disk allows that, else as a copy. The cache may go afterwards.
    fn adopt(
        &self,
        job: &Job<'_>,
        pin: &Pin,
        accepted: bool,
        watch: &mut Watch<'_>,
    ) -> Result<bool, StoreError> {
        let Some(cache) = self.settings.cache.clone() else { return Ok(false) };
        let Source { repo, revision, path } = &job.source;
        let repo = Repo::with_revision(repo.clone(), RepoType::Model, revision.clone());
        let found = Cache::new(cache).repo(repo).pointer_path(revision).join(path);
        // The snapshot's name is a link to the blob.
        let Ok(blob) = fs::canonicalize(&found) else { return Ok(false) };
        if fs::metadata(&blob).map_or(0, |m| m.len()) != pin.bytes || File::open(&blob).is_err() {
            watch(Event::CacheWrong { path: &found });
            return Ok(false);
        }
        let _lock = job.lock(&pin.sha256.to_string(), watch)?;
        let beside = job.store.cached(&pin.sha256);
        remove(&beside)?;
        if fs::hard_link(&blob, &beside).is_err() {
            job.room(pin.bytes)?;
            fs::copy(&blob, &beside).map_err(StoreError::io("write", &beside))?;
        }
        watch(Event::Verifying);
        // one that can't be read to its end is as good as none
        let right = sums(&beside).is_ok_and(|found| found.sha256 == pin.sha256);
        if right {
            job.name(&beside, pin.clone(), accepted)?;
            watch(Event::Cached { path: &found });
        } else {
            remove(&beside)?;
            watch(Event::CacheWrong { path: &found });
        }
        Ok(right)
    }

    /// Compares what the hub states with the manifest.
    fn goal(&self, job: &Job<'_>, hub: &Hub, pin: Option<Pin>, head: Head) -> Result<Goal, StoreError> {
        let stated = match &head.etag {
            Some(Etag::Sha256(sha256)) => Some(sha256.clone()),
            _ => None,
        };
        let Some(pin) = pin else {
            return match (head.bytes, head.etag) {
                (Some(bytes), Some(etag)) if bytes > 0 => Ok(Goal { bytes, etag, accepted: false }),
                _ => Err(StoreError::Unstated { wanted: job.wanted(), host: hub.host() }),
            };
        };
        let same = stated.as_ref().is_none_or(|s| *s == pin.sha256)
            && head.bytes.is_none_or(|bytes| bytes == pin.bytes);
        match (same, head.bytes, head.etag) {
            (true, _, _) => {
                let accepted = job.accepted(&pin);
                Ok(Goal { bytes: pin.bytes, etag: Etag::Sha256(pin.sha256), accepted })
            }
            (false, Some(bytes), Some(etag)) if self.accept_digest && bytes > 0 => {
                Ok(Goal { bytes, etag, accepted: true })
            }
            (false, bytes, _) => Err(StoreError::Disagree {
                wanted: job.wanted(),
                host: hub.host(),
                ours: Stated { bytes: Some(pin.bytes), sha256: Some(pin.sha256) },
                theirs: Stated { bytes, sha256: stated },
            }),
        }
    }
}
