//! A file under way: fetched by its size and digest, gone on with where it was cut, verified, and only then named.

use std::fs::{self, File, OpenOptions, TryLockError};
use std::path::Path;

use super::error::{FetchError, StoreError, Wanted};
use super::hub::{Asked, Etag, Hub};
use super::part::Part;
use super::pull::{Event, Watch};
use super::record::{Pin, Pinned, Record};
use super::{Store, remove, wanted};
use crate::model::digest::{Sums, sums};
use crate::model::lasting::sync_folder;
use crate::model::manifest::{Manifest, ManifestFile, Source};

/// Bytes that make a request worth repeating however often it is cut off.
const WORTHWHILE: u64 = 1 << 20;

/// What is to be fetched: the size, and the digest that it is to have.
pub(super) struct Goal {
    pub(super) bytes: u64,
    pub(super) etag: Etag,
    /// Whether the user took the Hub's word against the manifest's.
    pub(super) accepted: bool,
}

/// A file under way.
pub(super) struct Job<'a> {
    pub(super) store: &'a Store,
    pub(super) manifest: &'a Manifest,
    pub(super) file: &'a ManifestFile,
    pub(super) source: Source,
}

impl Job<'_> {
    /// Whether the user took the Hub's word for a pin: the manifest still says otherwise.
    pub(super) fn accepted(&self, pin: &Pin) -> bool {
        self.file.sha256.as_ref().is_some_and(|d| *d != pin.sha256)
    }

    /// Fetches a file, going on from what is here, verifies it and gives it its name.
    pub(super) fn fetch_whole(
        &self,
        hub: &Hub,
        goal: &Goal,
        watch: &mut Watch<'_>,
    ) -> Result<(), StoreError> {
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
    pub(super) fn name(&self, from: &Path, pin: Pin, accepted: bool) -> Result<(), StoreError> {
        let to = self.store.blob(&pin.sha256);
        // Windows syncs only what is open for writing, which a file of the Hub cache need not allow.
        let open = if cfg!(windows) { OpenOptions::new().write(true).open(from) } else { File::open(from) };
        let synced = open.and_then(|f| f.sync_all());
        synced.map_err(StoreError::io("write", from))?;
        // First the record: a file that no record names would never be removed.
        self.record(pin, accepted)?;
        fs::rename(from, &to).and_then(|()| sync_folder(&to)).map_err(StoreError::io("write", &to))
    }

    pub(super) fn record(&self, pin: Pin, accepted: bool) -> Result<(), StoreError> {
        let path = self.store.record_path(&self.manifest.id);
        Record::add(&path, Pinned { source: self.source.clone(), pin, accepted })
    }

    /// Keeps other processes from the same file until it is dropped.
    pub(super) fn lock(&self, name: &str, watch: &mut Watch<'_>) -> Result<File, StoreError> {
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

    pub(super) fn room(&self, need: u64) -> Result<(), StoreError> {
        let path = self.store.root();
        let free = fs4::available_space(path).map_err(StoreError::io("measure", path))?;
        if free >= need {
            return Ok(());
        }
        Err(StoreError::Space { wanted: self.wanted(), path: path.to_path_buf(), need, free })
    }

    pub(super) fn wanted(&self) -> Box<Wanted> {
        wanted(self.manifest, self.file)
    }

    pub(super) fn fetch_error(&self, cause: FetchError, host: String) -> StoreError {
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
pub(super) fn patiently<T>(hub: &Hub, watch: &mut Watch<'_>, ask: impl Fn() -> Asked<T>) -> Asked<T> {
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
