//! `candor.toml`: which one counts, and what it says.
//!
//! One file counts: that of `--config`, else of `$CANDOR_CONFIG`, else the nearest `candor.toml` in the answer's
//! folder or above it, else the user's.

use std::env;
use std::fs;
use std::io;
use std::path::{Path, PathBuf};

use serde::{Deserialize, Deserializer};

use super::args::{Color, ConfigArgs};
use super::llm::is_path;
use crate::judge::Engine;
use crate::render::Renderer;
use crate::report::Severity;

/// Name of the file, in folders of answers and in the user's config folder.
const NAME: &str = "candor.toml";
/// Variable that names a config file.
pub(super) const VARIABLE: &str = "CANDOR_CONFIG";

/// Why a config can't be used.
#[derive(Debug, thiserror::Error)]
pub(super) enum ConfigError {
    #[error("cannot read config {}", path.display())]
    Read { path: PathBuf, source: io::Error },
    /// The source names line and key.
    #[error("config {} is not valid", path.display())]
    Parse { path: PathBuf, source: Box<toml::de::Error> },
}

/// How a config came to count.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Origin {
    Flag,
    Variable,
    Nearest,
    User,
}

impl Origin {
    /// In words, for `doctor`.
    pub(super) fn words(self) -> &'static str {
        match self {
            Origin::Flag => "named by --config",
            Origin::Variable => "named by $CANDOR_CONFIG",
            Origin::Nearest => "the nearest candor.toml",
            Origin::User => "the user's",
        }
    }
}

/// The keys of `candor.toml`. Unknown keys are errors.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
pub(super) struct Config {
    /// Relative to the config's folder.
    pub(super) guide: Option<PathBuf>,
    #[serde(default, deserialize_with = "format")]
    pub(super) format: Option<&'static Renderer>,
    #[serde(default)]
    pub(super) select: Vec<String>,
    #[serde(default)]
    pub(super) ignore: Vec<String>,
    pub(super) min_level: Option<Severity>,
    pub(super) fail_on: Option<Severity>,
    pub(super) color: Option<Color>,
    pub(super) engine: Option<Engine>,
    /// A path is relative to the config's folder.
    pub(super) llm: Option<String>,
}

fn format<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Option<&'static Renderer>, D::Error> {
    let id = String::deserialize(deserializer)?;
    let known = || crate::render::ALL.iter().map(|r| r.id).collect::<Vec<_>>().join(", ");
    let unknown = || serde::de::Error::custom(format!("unknown format `{id}`, expected one of {}", known()));
    Renderer::find(&id).map(Some).ok_or_else(unknown)
}

impl Config {
    /// Reads a config; its guide and its language model are resolved against its folder.
    pub(super) fn read(path: &Path) -> Result<Config, ConfigError> {
        let text = fs::read_to_string(path)
            .map_err(|source| ConfigError::Read { path: path.to_path_buf(), source })?;
        let mut config: Config = toml::from_str(&text)
            .map_err(|source| ConfigError::Parse { path: path.to_path_buf(), source: Box::new(source) })?;
        if let Some(folder) = path.parent() {
            config.guide = config.guide.map(|guide| folder.join(guide));
            let place =
                |llm: String| if is_path(&llm) { folder.join(llm).display().to_string() } else { llm };
            config.llm = config.llm.map(place);
        }
        Ok(config)
    }
}

/// The config that counts for an answer, if there is one, and how it came to count.
pub(super) fn find(args: &ConfigArgs, answer: &Path) -> Option<(PathBuf, Origin)> {
    if args.no_config {
        return None;
    }
    if let Some(path) = &args.config {
        return Some((path.clone(), Origin::Flag));
    }
    if let Some(path) = env::var_os(VARIABLE).filter(|v| !v.is_empty()) {
        return Some((path.into(), Origin::Variable));
    }
    nearest(answer).map(|p| (p, Origin::Nearest)).or_else(|| users().map(|p| (p, Origin::User)))
}

/// The nearest config in the answer's folder or above it; the answer itself need not be there.
fn nearest(answer: &Path) -> Option<PathBuf> {
    let folder = answer.parent().filter(|p| !p.as_os_str().is_empty()).unwrap_or(Path::new("."));
    let absolute = fs::canonicalize(folder).or_else(|_| std::path::absolute(folder)).ok()?;
    absolute.ancestors().map(|a| a.join(NAME)).find(|p| p.is_file())
}

/// The config in the user's folder: `$XDG_CONFIG_HOME`, or `.config` at home.
fn users() -> Option<PathBuf> {
    let set = |name| env::var_os(name).map(PathBuf::from).filter(|p| p.is_absolute());
    let folder = set("XDG_CONFIG_HOME").or_else(|| set("HOME").map(|home| home.join(".config")))?;
    Some(folder.join("candor").join(NAME)).filter(|p| p.is_file())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parse(text: &str) -> Result<Config, toml::de::Error> {
        toml::from_str(text)
    }

    #[test]
    fn every_key_is_read() {
        let text = "guide = 'g.toml'\nformat = 'compact'\nselect = ['a']\nignore = ['b']\n\
                    min-level = 'warning'\nfail-on = 'error'\ncolor = 'never'\nengine = 'both'\nllm = 'x'";
        let config = parse(text).unwrap();
        assert_eq!(config.guide.as_deref(), Some(Path::new("g.toml")));
        assert_eq!(config.format.unwrap().id, "compact");
        assert_eq!((config.select.len(), config.ignore.len()), (1, 1));
        assert_eq!((config.min_level, config.fail_on), (Some(Severity::Warning), Some(Severity::Error)));
        assert_eq!(config.color, Some(Color::Never));
        assert_eq!((config.engine, config.llm.as_deref()), (Some(Engine::Both), Some("x")));
        assert!(parse("").unwrap().format.is_none());
    }

    #[test]
    fn unknown_keys_and_values_are_named() {
        let said = |text| parse(text).unwrap_err().to_string();
        assert!(said("formt = 'json'").contains("formt"));
        assert!(said("format = 'xml'").contains("unknown format `xml`, expected one of terminal"));
        assert!(said("min-level = 'bad'").contains("bad"));
    }

    #[test]
    fn paths_count_from_the_folder_of_the_config() {
        let root = env::temp_dir().join(format!("candor-config-paths-{}", std::process::id()));
        fs::create_dir_all(&root).unwrap();
        let path = root.join(NAME);
        let llm = |id: &str| {
            fs::write(&path, format!("guide = 'g.toml'\nllm = '{id}'")).unwrap();
            let config = Config::read(&path).unwrap();
            assert_eq!(config.guide, Some(root.join("g.toml")));
            config.llm.unwrap()
        };
        let inside = |name: &str| root.join(name).display().to_string();
        assert_eq!([llm("m/own.gguf"), llm("own.toml")], [inside("m/own.gguf"), inside("own.toml")]);
        assert_eq!([llm("qwen2.5-1.5b"), llm(""), llm("/m.gguf")], ["qwen2.5-1.5b", "", "/m.gguf"]);
        fs::remove_dir_all(&root).unwrap();
    }

    #[test]
    fn the_nearest_file_above_the_answer_counts() {
        let root = env::temp_dir().join(format!("candor-config-{}", std::process::id()));
        let deep = root.join("a/b");
        fs::create_dir_all(&deep).unwrap();
        fs::write(root.join(NAME), "guide = 'g.toml'").unwrap();
        let found = nearest(&deep.join("answer.md")).unwrap();
        assert_eq!(found, fs::canonicalize(&root).unwrap().join(NAME));
        fs::write(root.join("a").join(NAME), "").unwrap();
        assert_eq!(
            nearest(&deep.join("answer.md")).unwrap(),
            fs::canonicalize(root.join("a")).unwrap().join(NAME)
        );
        fs::remove_dir_all(&root).unwrap();
    }
}
