//! Manifests: which files a model is made of, where they come from and what they must be. Data, in `models/*.toml`.
//!
//! May import: `model::digest`.

use std::collections::BTreeSet;
use std::fmt;
use std::path::{Path, PathBuf};

use serde::{Deserialize, Serialize};

use super::decoder::Architecture;
use super::digest::{Digest, is_hex};

/// The manifests in the binary, a line a model. The first is the default.
const BUILT_IN: &[&str] = &[
    include_str!("../../models/qwen3-1.7b.toml"),
    include_str!("../../models/qwen3-0.6b.toml"),
    include_str!("../../models/qwen2.5-1.5b.toml"),
    include_str!("../../models/smollm2-1.7b.toml"),
    include_str!("../../models/qwen3-4b-2507.toml"),
];

/// Why a manifest can't be used.
#[derive(Debug, thiserror::Error)]
pub enum ManifestError {
    /// The file can't be read.
    #[error("cannot read manifest {}", path.display())]
    Read {
        /// The file.
        path: PathBuf,
        /// The cause.
        source: std::io::Error,
    },
    /// It is no TOML of this shape; the source names line and key.
    #[error("manifest {name} is not valid")]
    Parse {
        /// The manifest's file or id.
        name: String,
        /// The cause.
        source: Box<toml::de::Error>,
    },
    /// A value is not what it must be.
    #[error("manifest {name}: {key}: {problem}")]
    Invalid {
        /// The manifest's file or id.
        name: String,
        /// The key at fault, such as `file.tokenizer.json.revision`.
        key: String,
        /// What is wrong with it.
        problem: String,
    },
    /// An id that names no model.
    #[error("unknown model `{id}`{}; candor knows {known}, and manifests by a path that ends in .toml", hint(near.as_deref()))]
    Unknown {
        /// As it was given.
        id: String,
        /// The nearest id, where one is near.
        near: Option<String>,
        /// Every id, comma-separated.
        known: String,
    },
}

fn hint(near: Option<&str>) -> String {
    near.map(|near| format!(" (did you mean `{near}`?)")).unwrap_or_default()
}

/// What a file is for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum FileRole {
    /// The weights, whole or one part of them.
    Weights,
    /// The `tokenizer.json`.
    Tokenizer,
}

/// A model. Unknown keys are errors.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Manifest {
    /// Short name, of a-z, 0-9, `.`, `_` and `-`.
    pub id: String,
    /// Shown to the reader.
    pub title: String,
    /// Repository on the Hub, `owner/name`.
    pub repo: String,
    /// Commit of the repository, 40 hex digits: branches move, commits don't.
    pub revision: String,
    /// SPDX id of the weights' licence.
    pub licence: String,
    /// The network's shape.
    pub architecture: Architecture,
    /// Id of the chat template.
    pub template: String,
    /// The most tokens that candor gives to the model, at most what it was made for.
    pub context: u32,
    /// Bytes of memory that it needs at most: an estimate, its weights, the keys and values of a full context in 16 bits,
    /// and half a gigabyte to work in.
    pub memory: u64,
    /// The files: weights, and one tokenizer.
    pub file: Vec<ManifestFile>,
    /// The user's file that it was read from; none for those in the binary.
    #[serde(skip)]
    pub path: Option<PathBuf>,
}

/// A file of a model.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ManifestFile {
    /// What it is for.
    pub role: FileRole,
    /// Its path in the repository.
    pub path: String,
    /// Its size. With `sha256`, or not at all.
    pub bytes: Option<u64>,
    /// Its digest. Left out, the one that the Hub states at the first pull counts from then on.
    pub sha256: Option<Digest>,
    /// Its repository, where it is another than the model's; with `revision`.
    pub repo: Option<String>,
    /// Commit of its own repository.
    pub revision: Option<String>,
}

/// Where a file comes from.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize, Serialize)]
pub struct Source {
    /// Repository, `owner/name`.
    pub repo: String,
    /// Commit, 40 hex digits.
    pub revision: String,
    /// Path in the repository.
    pub path: String,
}

impl fmt::Display for Source {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} of {} at revision {}", self.path, self.repo, self.revision)
    }
}

impl Manifest {
    /// The manifests in the binary, the default first.
    ///
    /// # Errors
    /// Never in a released binary: a test parses them.
    pub fn built_in() -> Result<Vec<Manifest>, ManifestError> {
        BUILT_IN.iter().map(|text| Manifest::parse("built in", text)).collect()
    }

    /// The model of an id; of the user's own file where the id is a path that ends in `.toml`.
    ///
    /// # Errors
    /// When no model has that id, or the file can't be used.
    pub fn find(id: &str) -> Result<Manifest, ManifestError> {
        if Manifest::is_path(id) {
            return Manifest::read(Path::new(id));
        }
        let mut known = Manifest::built_in()?;
        match known.iter().position(|m| m.id == id) {
            Some(at) => Ok(known.swap_remove(at)),
            None => Err(unknown(id, &known)),
        }
    }

    /// Whether a model is named by the path of a manifest, and not by an id.
    #[must_use]
    pub fn is_path(id: &str) -> bool {
        Path::new(id).extension().is_some_and(|e| e == "toml")
    }

    /// Reads the user's own manifest.
    ///
    /// # Errors
    /// When the file can't be read, is not valid, or takes the id of a model that is built in.
    pub fn read(path: &Path) -> Result<Manifest, ManifestError> {
        let text = std::fs::read_to_string(path)
            .map_err(|source| ManifestError::Read { path: path.to_path_buf(), source })?;
        let name = path.display().to_string();
        let mut manifest = Manifest::parse(&name, &text)?;
        if Manifest::built_in()?.iter().any(|m| m.id == manifest.id) {
            let problem = format!("`{}` is built in; take another", manifest.id);
            return Err(ManifestError::Invalid { name, key: "id".to_owned(), problem });
        }
        manifest.path = Some(path.to_path_buf());
        Ok(manifest)
    }

    /// Parses and checks a manifest; `name` stands for it in errors.
    ///
    /// # Errors
    /// Names the key that is unknown, missing or wrong.
    pub fn parse(name: &str, text: &str) -> Result<Manifest, ManifestError> {
        let manifest: Manifest = toml::from_str(text)
            .map_err(|source| ManifestError::Parse { name: name.to_owned(), source: Box::new(source) })?;
        match manifest.check() {
            Ok(()) => Ok(manifest),
            Err((key, problem)) => Err(ManifestError::Invalid { name: name.to_owned(), key, problem }),
        }
    }

    /// What a command takes for this model: its id, or the path of the user's file.
    #[must_use]
    pub fn argument(&self) -> String {
        let path = self.path.as_ref().map(|p| p.display().to_string());
        match path {
            Some(path) if path.contains(char::is_whitespace) => format!("'{path}'"),
            Some(path) => path,
            None => self.id.clone(),
        }
    }

    /// Where one of its files comes from.
    #[must_use]
    pub fn source(&self, file: &ManifestFile) -> Source {
        Source {
            repo: file.repo.as_ref().unwrap_or(&self.repo).clone(),
            revision: file.revision.as_ref().unwrap_or(&self.revision).clone(),
            path: file.path.clone(),
        }
    }

    /// The sizes of its files together, as far as they are known.
    #[must_use]
    pub fn bytes(&self) -> u64 {
        self.file.iter().filter_map(|f| f.bytes).sum()
    }

    fn check(&self) -> Result<(), Fault> {
        let id_ok = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit() || matches!(c, '.' | '_' | '-');
        let begins = self.id.starts_with(|c: char| c.is_ascii_lowercase() || c.is_ascii_digit());
        let ok = begins && self.id.chars().all(id_ok);
        require(ok, "id", "must be of a-z, 0-9, `.`, `_` and `-`, and begin with one of the first two")?;
        for (key, text) in [("title", &self.title), ("licence", &self.licence), ("template", &self.template)]
        {
            require(!text.trim().is_empty(), key, "must not be empty")?;
        }
        require(is_repo(&self.repo), "repo", "must be `owner/name`")?;
        require(is_hex(&self.revision, 40), "revision", COMMIT)?;
        require(self.context > 0, "context", "must be above 0")?;
        let count = |role| self.file.iter().filter(|f| f.role == role).count();
        require(count(FileRole::Weights) > 0, "file", "one with role `weights` is needed")?;
        require(count(FileRole::Tokenizer) == 1, "file", "exactly one with role `tokenizer` is needed")?;
        let mut seen = BTreeSet::new();
        for file in &self.file {
            file.check()?;
            require(seen.insert(&file.path), &format!("file.{}", file.path), "stands there twice")?;
        }
        Ok(())
    }
}

impl ManifestFile {
    fn check(&self) -> Result<(), Fault> {
        let key = |k: &str| format!("file.{}.{k}", self.path);
        require(is_path(&self.path), &key("path"), "must be a plain path inside the repository")?;
        let both = self.bytes.is_some() == self.sha256.is_some();
        require(both, &key("sha256"), "bytes and sha256 go together")?;
        require(self.bytes != Some(0), &key("bytes"), "must be above 0")?;
        let both = self.repo.is_some() == self.revision.is_some();
        require(both, &key("revision"), "repo and revision go together")?;
        require(self.repo.as_deref().is_none_or(is_repo), &key("repo"), "must be `owner/name`")?;
        require(self.revision.as_deref().is_none_or(|r| is_hex(r, 40)), &key("revision"), COMMIT)
    }
}

/// A key, and what is wrong with it.
type Fault = (String, String);

const COMMIT: &str = "must be a commit in 40 lower-case hex digits; branches move";

fn require(ok: bool, key: &str, problem: &str) -> Result<(), Fault> {
    if ok { Ok(()) } else { Err((key.to_owned(), problem.to_owned())) }
}

/// Whether a text is one segment of a path, safe in URLs and on every file system.
fn is_segment(text: &str) -> bool {
    let ok = |b: u8| b.is_ascii_alphanumeric() || matches!(b, b'.' | b'_' | b'-' | b'+' | b'=');
    !text.is_empty() && !text.starts_with('.') && text.bytes().all(ok)
}

fn is_path(text: &str) -> bool {
    text.split('/').all(is_segment)
}

fn is_repo(text: &str) -> bool {
    is_path(text) && text.split('/').count() == 2
}

fn unknown(id: &str, known: &[Manifest]) -> ManifestError {
    let plain = id.to_lowercase();
    let scored = known.iter().map(|m| (strsim::damerau_levenshtein(&plain, &m.id), &m.id));
    // Up to a third of the letters may be wrong: more is another word.
    let near = scored.filter(|(distance, name)| distance * 3 <= name.len()).min();
    ManifestError::Unknown {
        id: id.to_owned(),
        near: near.map(|(_, name)| name.clone()),
        known: known.iter().map(|m| m.id.as_str()).collect::<Vec<_>>().join(", "),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const WHOLE: &str = include_str!("../../models/smollm2-1.7b.toml");

    fn fault(from: &str, to: &str) -> String {
        assert!(WHOLE.contains(from), "{from}");
        let error = Manifest::parse("x", &WHOLE.replacen(from, to, 1)).unwrap_err();
        let source = std::error::Error::source(&error).map(ToString::to_string).unwrap_or_default();
        format!("{error} {source}")
    }

    #[test]
    fn every_file_of_the_folder_is_built_in_under_its_name() {
        let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("models");
        let entries =
            std::fs::read_dir(folder).unwrap().map(|e| e.unwrap().file_name().into_string().unwrap());
        let mut names: Vec<_> = entries.filter_map(|n| n.strip_suffix(".toml").map(str::to_owned)).collect();
        let mut ids: Vec<_> = Manifest::built_in().unwrap().into_iter().map(|m| m.id).collect();
        names.sort();
        ids.sort();
        assert_eq!(names, ids);
        for id in ids {
            assert_eq!(Manifest::find(&id).unwrap().id, id);
        }
    }

    #[test]
    fn errors_name_the_key() {
        assert!(fault("title =", "titel =").contains("titel"));
        assert!(fault("\"llama\"", "\"gpt\"").contains("unknown variant `gpt`"));
        assert!(fault("revision = \"2d4a", "revision = \"main").contains("x: revision: must be a commit"));
        assert!(fault("repo = \"H", "repo = \"../H").contains("x: repo: "));
        assert!(fault("id = \"", "id = \"../").contains("x: id: "));
        assert!(
            fault("bytes = 1055609536", "").contains("smollm2-1.7b-instruct-q4_k_m.gguf.sha256: bytes and")
        );
        assert!(fault("decd", "DECD").contains("is no sha256"));
        assert!(fault("path = \"tokenizer", "path = \"../tokenizer").contains("path: must be a plain path"));
        assert!(fault("path = \"tokenizer", "path = \"/tokenizer").contains("path: must be a plain path"));
        assert!(
            fault("role = \"tokenizer\"", "role = \"weights\"").contains("exactly one with role `tokenizer`")
        );
        assert!(fault("revision = \"31b7", "# \"").contains("repo and revision go together"));
    }

    #[test]
    fn an_unknown_id_is_told_with_the_nearest() {
        let said = Manifest::find("qwen3-1.8b").unwrap_err().to_string();
        assert!(said.contains("(did you mean `qwen3-1.7b`?)"), "{said}");
        assert!(!Manifest::find("zebra").unwrap_err().to_string().contains("did you mean"));
    }
}
