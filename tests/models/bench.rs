//! What each test stands on: a store, a Hub cache, and a model that was never anywhere else.

use std::fs;
use std::path::PathBuf;
use std::time::{Duration, SystemTime};

use candor::model::manifest::Manifest;
use candor::model::store::{Files, HubSettings, Patience, Pull, State, Store, StoreError, Token};

use crate::hub::{Hub, Reply, Request, sha256};

pub(crate) const REVISION: &str = "0123456789abcdef0123456789abcdef01234567";
pub(crate) const OTHER: &str = "89abcdef0123456789abcdef0123456789abcdef";

/// A folder with a store, a Hub cache and a manifest of a model that was never anywhere else.
pub(crate) struct Bench {
    pub(crate) folder: PathBuf,
    pub(crate) store: Store,
    pub(crate) manifest: Manifest,
    pub(crate) weights: Vec<u8>,
    pub(crate) tokenizer: Vec<u8>,
    pub(crate) settings: HubSettings,
    pub(crate) accept: bool,
}

impl Bench {
    pub(crate) fn new(name: &str) -> Bench {
        let folder = std::env::temp_dir().join(format!("candor-models-{name}-{}", std::process::id()));
        let _ = fs::remove_dir_all(&folder);
        fs::create_dir_all(&folder).unwrap();
        let weights = noise(300_000);
        let tokenizer = b"{\"model\": {}}\n".to_vec();
        let path = folder.join("m.toml");
        fs::write(&path, text(&weights, Some(&tokenizer))).unwrap();
        let patience =
            Patience { silence: Duration::from_millis(400), tries: 2, pause: Duration::from_millis(1) };
        let settings = HubSettings {
            endpoint: String::new(),
            cache: Some(folder.join("cache")),
            token: Token::new("hf_secret"),
            offline: false,
            patience,
        };
        let store = Store::new(folder.join("store"));
        let manifest = Manifest::read(&path).unwrap();
        Bench { folder, store, manifest, weights, tokenizer, settings, accept: false }
    }

    /// A hub that answers rightly, but for what `change` makes of its answers.
    pub(crate) fn hub(
        &self,
        change: impl Fn(&Request, usize, Reply) -> Reply + Send + Sync + 'static,
    ) -> Hub {
        let (weights, tokenizer) = (self.weights.clone(), self.tokenizer.clone());
        Hub::new(move |request, number| {
            let bytes = if request.path.ends_with("tokenizer.json") { &tokenizer } else { &weights };
            change(request, number, Reply::file(request, bytes))
        })
    }

    pub(crate) fn pull(&mut self, hub: &Hub) -> Result<Files, StoreError> {
        self.settings.endpoint = hub.url();
        self.pull_as_set(false)
    }

    pub(crate) fn pull_as_set(&self, offline: bool) -> Result<Files, StoreError> {
        let pull = Pull { settings: &self.settings, offline, accept_digest: self.accept };
        let result = pull.run(&self.store, &self.manifest, &mut |_| {});
        self.assert_honest();
        result
    }

    /// The right files are here.
    pub(crate) fn assert_right(&self, files: &Files) {
        assert!(fs::read(&files.weights[0]).unwrap() == self.weights);
        assert!(fs::read(&files.tokenizer).unwrap() == self.tokenizer);
        assert_eq!(self.store.state(&self.manifest).unwrap(), State::Here);
        assert!(self.names().iter().all(|n| !n.contains("part")), "{:?}", self.names());
    }

    /// Every name in the store tells the truth.
    pub(crate) fn assert_honest(&self) {
        for name in self.names().iter().filter(|n| n.len() == 64) {
            let bytes = fs::read(self.store.root().join("blobs").join(name)).unwrap();
            assert_eq!(sha256(&bytes), *name);
        }
    }

    pub(crate) fn names(&self) -> Vec<String> {
        let Ok(entries) = fs::read_dir(self.store.root().join("blobs")) else { return Vec::new() };
        entries.map(|e| e.unwrap().file_name().into_string().unwrap()).collect()
    }

    pub(crate) fn part(&self) -> PathBuf {
        self.store.root().join("blobs").join(format!("{}.part", sha256(&self.weights)))
    }

    pub(crate) fn blobs(&self) -> usize {
        self.names().iter().filter(|n| n.len() == 64).count()
    }
}

impl Drop for Bench {
    fn drop(&mut self) {
        let _ = fs::remove_dir_all(&self.folder);
    }
}

pub(crate) fn text(weights: &[u8], tokenizer: Option<&[u8]>) -> String {
    let pin = |bytes: &[u8]| format!("bytes = {}\nsha256 = \"{}\"", bytes.len(), sha256(bytes));
    let tokenizer = tokenizer.map(pin).unwrap_or_default();
    format!(
        "id = \"tiny\"\ntitle = \"Tiny\"\nrepo = \"o/n\"\nrevision = \"{REVISION}\"\nlicence = \"MIT\"\n\
         architecture = \"llama\"\ntemplate = \"chatml\"\ncontext = 128\nmemory = 1\n\
         [[file]]\nrole = \"weights\"\npath = \"w.gguf\"\n{}\n\
         [[file]]\nrole = \"tokenizer\"\nrepo = \"o/base\"\nrevision = \"{OTHER}\"\npath = \"tokenizer.json\"\n{tokenizer}\n",
        pin(weights),
    )
}

/// Bytes without a pattern, always the same.
pub(crate) fn noise(count: usize) -> Vec<u8> {
    let mut state = 0x9e37_79b9_7f4a_7c15_u64;
    let mut next = || {
        state ^= state << 13;
        state ^= state >> 7;
        state ^= state << 17;
        state.to_le_bytes()[0]
    };
    (0..count).map(|_| next()).collect()
}

/// Another number at each run.
pub(crate) fn random(below: usize) -> usize {
    let nanos = SystemTime::UNIX_EPOCH.elapsed().unwrap().subsec_nanos();
    nanos as usize % below
}

/// An error and its causes.
pub(crate) fn said(error: &StoreError) -> String {
    let mut text = error.to_string();
    let mut cause = std::error::Error::source(error);
    while let Some(error) = cause {
        text.push_str(&format!(": {error}"));
        cause = error.source();
    }
    text
}

#[track_caller]
pub(crate) fn assert_names_the_file(said: &str, hub: &Hub) {
    for part in ["w.gguf", "o/n", REVISION, &hub.address.to_string()] {
        assert!(said.contains(part), "{part}: {said}");
    }
}
