//! Pulling a model: from the store, else from the user's Hub cache, else from the Hub. A file gets its name when its
//! size and digest are right, and not before.

use std::fs::{self, File, OpenOptions, TryLockError};
use std::path::Path;
use std::time::Duration;

use hf_hub::{Cache, Repo, RepoType};

use super::error::{FetchError, Stated, StoreError, Wanted};
use super::hub::{Asked, Etag, Head, Hub};
use super::part::Part;
use super::record::{Pin, Pinned, Record};
use super::settings::HubSettings;
use super::{Files, Store, remove, wanted};
use crate::model::digest::{Sums, sums};
use crate::model::lasting::sync_folder;
use crate::model::manifest::{Manifest, ManifestFile, Source};

/// Bytes that make a request worth repeating however often it is cut off.
const WORTHWHILE: u64 = 1 << 20;

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

/// What is to be fetched: the size, and the digest that it is to have.
struct Goal {
    bytes: u64,
    etag: Etag,
    /// Whether the user took the Hub's word against the manifest's.
    accepted: bool,
}

/// A file under way.
struct Job<'a> {
    store: &'a Store,
    manifest: &'a Manifest,
    file: &'a ManifestFile,
    source: Source,
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

impl Job<'_> {
    /// Whether the user took the Hub's word for a pin: the manifest still says otherwise.
    fn accepted(&self, pin: &Pin) -> bool {
        self.file.sha256.as_ref().is_some_and(|d| *d != pin.sha256)
    }

    /// Fetches a file, going on from what is here, verifies it and gives it its name.
    fn fetch_whole(&self, hub: &Hub, goal: &Goal, watch: &mut Watch<'_>) -> Result<(), StoreError> {
        let name = match &goal.etag {
            Etag::Sha256(sha256) => sha256.to_string(),
            Etag::Git(id) => format!("git-{id}"),
        };
        let _lock = self.lock(&name, watch)?;
        if let Etag::Sha256(sha256) = &goal.etag {
            let pin = Pin { bytes: goal.bytes, sha256: sha256.clone() };
            // Already now, so that a part of it can be found and removed.
            self.record(pin.clone(), goal.accepted)?;
            // Another process may have brought it while we waited.
            if self.store.has(&pin) {
                watch(Event::Present);
                return Ok(());
            }
        }
        let part = self.store.part(&name);
        let mut resumed = fs::metadata(&part).is_ok_and(|m| m.len() > 0);
        loop {
            let host = self.fetch(hub, goal, &part, watch)?;
            watch(Event::Verifying);
            let found = sums(&part).map_err(StoreError::io("read", &part))?;
            if goal.is(&found) {
                let pin = Pin { bytes: found.bytes, sha256: found.sha256 };
                self.name(&part, pin, goal.accepted)?;
                watch(Event::Done);
                return Ok(());
            }
            remove(&part)?;
            if !resumed {
                let (expected, got) = goal.against(&found);
                return Err(StoreError::WrongBytes { wanted: self.wanted(), host, expected, got });
            }
            // The part may be at fault, and not the hub: once from the beginning.
            resumed = false;
            watch(Event::Anew);
        }
    }

    /// Brings the part to its full size; the host that answered last.
    fn fetch(
        &self,
        hub: &Hub,
        goal: &Goal,
        path: &Path,
        watch: &mut Watch<'_>,
    ) -> Result<String, StoreError> {
        let mut part = Part::open(path)?;
        if part.len > goal.bytes {
            part.empty().map_err(|error| self.fetch_error(error, hub.host()))?;
        }
        self.room(goal.bytes - part.len)?;
        watch(Event::Begin { bytes: goal.bytes, have: part.len });
        let mut host = hub.host();
        let mut best = part.len;
        let mut failed = 0;
        while part.len < goal.bytes {
            let asked = hub.bytes(&self.source, part.len, goal.bytes);
            let result = asked.and_then(|(stream, from)| {
                host.clone_from(&from);
                part.take(stream, goal.bytes, watch).map_err(|error| (error, from))
            });
            let Err((error, from)) = result else { continue };
            if part.len >= best + WORTHWHILE {
                (best, failed) = (part.len, 0);
            } else {
                failed += 1;
            }
            if !error.is_passing() || failed > hub.patience.tries {
                part.keep();
                return Err(self.fetch_error(error, from));
            }
            // What is here is longer than what the server has of it.
            if matches!(error, FetchError::Status { status: 416 }) {
                part.empty().map_err(|error| self.fetch_error(error, from))?;
            }
            wait(hub, failed, &error, watch);
        }
        Ok(host)
    }

    /// Gives a verified file its name, for good.
    fn name(&self, from: &Path, pin: Pin, accepted: bool) -> Result<(), StoreError> {
        let to = self.store.blob(&pin.sha256);
        // Windows syncs only what is open for writing, which a file of the Hub cache need not allow.
        let open = if cfg!(windows) { OpenOptions::new().write(true).open(from) } else { File::open(from) };
        let synced = open.and_then(|f| f.sync_all());
        synced.map_err(StoreError::io("write", from))?;
        // First the record: a file that no record names would never be removed.
        self.record(pin, accepted)?;
        fs::rename(from, &to).and_then(|()| sync_folder(&to)).map_err(StoreError::io("write", &to))
    }

    fn record(&self, pin: Pin, accepted: bool) -> Result<(), StoreError> {
        let path = self.store.record_path(&self.manifest.id);
        Record::add(&path, Pinned { source: self.source.clone(), pin, accepted })
    }

    /// Keeps other processes from the same file until it is dropped.
    fn lock(&self, name: &str, watch: &mut Watch<'_>) -> Result<File, StoreError> {
        let path = self.store.lock(name);
        let file = File::create(&path).map_err(StoreError::io("write", &path))?;
        match file.try_lock() {
            Ok(()) => {}
            Err(TryLockError::WouldBlock) => {
                watch(Event::Waiting);
                file.lock().map_err(StoreError::io("lock", &path))?;
            }
            Err(TryLockError::Error(error)) => return Err(StoreError::io("lock", &path)(error)),
        }
        Ok(file)
    }

    fn room(&self, need: u64) -> Result<(), StoreError> {
        let path = self.store.root();
        let free = fs4::available_space(path).map_err(StoreError::io("measure", path))?;
        if free >= need {
            return Ok(());
        }
        Err(StoreError::Space { wanted: self.wanted(), path: path.to_path_buf(), need, free })
    }

    fn wanted(&self) -> Box<Wanted> {
        wanted(self.manifest, self.file)
    }

    fn fetch_error(&self, cause: FetchError, host: String) -> StoreError {
        StoreError::Fetch { source_file: Box::new(self.source.clone()), host, cause }
    }
}

impl Goal {
    fn is(&self, found: &Sums) -> bool {
        let right = match &self.etag {
            Etag::Sha256(sha256) => *sha256 == found.sha256,
            Etag::Git(id) => *id == found.git,
        };
        right && found.bytes == self.bytes
    }

    /// Expected and found, in words.
    fn against(&self, found: &Sums) -> (String, String) {
        match &self.etag {
            Etag::Sha256(sha256) => (format!("sha256 {sha256}"), format!("sha256 {}", found.sha256)),
            Etag::Git(id) => (format!("git id {id}"), format!("git id {}", found.git)),
        }
    }
}

/// Asks until there is an answer, or asking makes no sense any more.
fn patiently<T>(hub: &Hub, watch: &mut Watch<'_>, ask: impl Fn() -> Asked<T>) -> Asked<T> {
    let mut failed = 0;
    loop {
        match ask() {
            Err((error, _)) if error.is_passing() && failed < hub.patience.tries => {
                failed += 1;
                wait(hub, failed, &error, watch);
            }
            answer => return answer,
        }
    }
}

fn wait(hub: &Hub, failed: u32, error: &FetchError, watch: &mut Watch<'_>) {
    let pause = hub.patience.pause * 2_u32.saturating_pow(failed.saturating_sub(1)).min(32);
    watch(Event::Again { error, pause });
    std::thread::sleep(pause);
}
