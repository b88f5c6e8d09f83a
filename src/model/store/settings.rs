//! The variables that Hub tools share, and where the store is.
//!
//! Source: `huggingface_hub`'s documentation of its environment variables.

use std::env;
use std::fmt;
use std::path::PathBuf;
use std::time::Duration;

use hf_hub::Cache;

use crate::model::home::{self, Variable, set};

/// The Hub itself.
const ENDPOINT: &str = "https://huggingface.co";

/// A secret that is shown nowhere.
#[derive(Clone, PartialEq, Eq)]
pub struct Token(String);

impl Token {
    /// A token, without the spaces around it; none where nothing is left.
    #[must_use]
    pub fn new(text: &str) -> Option<Token> {
        let text = text.trim();
        (!text.is_empty()).then(|| Token(text.to_owned()))
    }

    pub(super) fn secret(&self) -> &str {
        &self.0
    }
}

impl fmt::Debug for Token {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Token(..)")
    }
}

/// How patient to be with a server.
#[derive(Clone, Copy, Debug)]
pub struct Patience {
    /// The longest silence that is borne. A slow stream is no silence.
    pub silence: Duration,
    /// How often to ask again while little comes: below a megabyte.
    pub tries: u32,
    /// The pause before the first of these; doubled each time.
    pub pause: Duration,
}

impl Default for Patience {
    fn default() -> Patience {
        Patience { silence: Duration::from_secs(60), tries: 3, pause: Duration::from_secs(1) }
    }
}

/// Where the Hub is, and what it is asked with.
#[derive(Clone, Debug)]
pub struct HubSettings {
    /// `HF_ENDPOINT`, else the Hub itself.
    pub endpoint: String,
    /// `HF_HUB_CACHE`, else `hub` in `HF_HOME`, else in the user's cache folder; none without a home.
    pub cache: Option<PathBuf>,
    /// `HF_TOKEN`, else the file of `HF_TOKEN_PATH`, else `token` in `HF_HOME`.
    pub token: Option<Token>,
    /// `HF_HUB_OFFLINE`.
    pub offline: bool,
    /// Its silence is `HF_HUB_DOWNLOAD_TIMEOUT` in seconds, else a minute.
    pub patience: Patience,
}

impl HubSettings {
    /// Reads the environment, and the token's file if there is one.
    #[must_use]
    pub fn from_env() -> HubSettings {
        HubSettings::from_variables(&|name| env::var_os(name))
    }

    fn from_variables(variable: &Variable<'_>) -> HubSettings {
        let text = |name: &str| set(variable, name).and_then(|v| v.into_string().ok());
        let path = |name: &str| set(variable, name).map(PathBuf::from);
        let hf_home = path("HF_HOME").or_else(|| Some(home::cache(variable)?.join("huggingface")));
        let switched_on = |name: &str| {
            text(name).is_some_and(|v| matches!(v.to_uppercase().as_str(), "1" | "ON" | "YES" | "TRUE"))
        };
        let file = || match path("HF_TOKEN_PATH") {
            Some(path) => std::fs::read_to_string(path).ok(),
            None => Cache::new(hf_home.as_ref()?.join("hub")).token(),
        };
        let given = || text("HF_TOKEN").or_else(file).as_deref().and_then(Token::new);
        let mut patience = Patience::default();
        if let Some(seconds) = text("HF_HUB_DOWNLOAD_TIMEOUT").and_then(|v| v.parse().ok()).filter(|s| *s > 0)
        {
            patience.silence = Duration::from_secs(seconds);
        }
        HubSettings {
            endpoint: text("HF_ENDPOINT").unwrap_or_else(|| ENDPOINT.to_owned()),
            cache: path("HF_HUB_CACHE").or_else(|| Some(hf_home.as_ref()?.join("hub"))),
            token: if switched_on("HF_HUB_DISABLE_IMPLICIT_TOKEN") { None } else { given() },
            offline: switched_on("HF_HUB_OFFLINE"),
            patience,
        }
    }
}

/// Where models are kept: `$CANDOR_MODELS`, else `candor/models` in `$XDG_DATA_HOME`, else in `.local/share` at home;
/// none without a home.
#[must_use]
pub fn default_root() -> Option<PathBuf> {
    root(&|name| env::var_os(name))
}

fn root(variable: &Variable<'_>) -> Option<PathBuf> {
    if let Some(given) = set(variable, "CANDOR_MODELS") {
        return Some(given.into());
    }
    Some(home::data(variable)?.join("candor").join("models"))
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::path::Path;

    fn with<T>(pairs: &[(&str, &str)], read: impl Fn(&Variable<'_>) -> T) -> T {
        read(&|name| pairs.iter().find(|(n, _)| *n == name).map(|(_, v)| v.into()))
    }

    #[test]
    fn the_variables_count_in_their_order() {
        let cache = |pairs: &[(&str, &str)]| with(pairs, |v| HubSettings::from_variables(v).cache);
        assert_eq!(cache(&[]), None);
        let home = ("HOME", "/h");
        assert_eq!(cache(&[home]).as_deref(), Some(Path::new("/h/.cache/huggingface/hub")));
        let xdg = ("XDG_CACHE_HOME", "/x");
        assert_eq!(cache(&[home, xdg]).as_deref(), Some(Path::new("/x/huggingface/hub")));
        let hf = ("HF_HOME", "/f");
        assert_eq!(cache(&[home, xdg, hf]).as_deref(), Some(Path::new("/f/hub")));
        let own = ("HF_HUB_CACHE", "/c");
        assert_eq!(cache(&[home, xdg, hf, own]).as_deref(), Some(Path::new("/c")));
        assert_eq!(with(&[home], root).as_deref(), Some(Path::new("/h/.local/share/candor/models")));
        assert_eq!(
            with(&[home, ("XDG_DATA_HOME", "/d")], root).as_deref(),
            Some(Path::new("/d/candor/models"))
        );
        assert_eq!(with(&[home, ("CANDOR_MODELS", "m")], root).as_deref(), Some(Path::new("m")));
    }

    #[test]
    fn the_token_is_read_and_never_shown() {
        let settings = |pairs: &[(&str, &str)]| with(pairs, HubSettings::from_variables);
        let found = settings(&[("HF_TOKEN", " hf_secret\n")]);
        assert_eq!(found.token.as_ref().map(Token::secret), Some("hf_secret"));
        assert!(!format!("{found:?}").contains("secret"));
        assert_eq!(settings(&[("HF_TOKEN", "x"), ("HF_HUB_DISABLE_IMPLICIT_TOKEN", "1")]).token, None);
        let folder = env::temp_dir().join(format!("candor-token-{}", std::process::id()));
        std::fs::create_dir_all(&folder).unwrap();
        std::fs::write(folder.join("token"), "from_file\n").unwrap();
        let found = settings(&[("HF_HOME", folder.to_str().unwrap())]);
        std::fs::remove_dir_all(&folder).unwrap();
        assert_eq!(found.token.as_ref().map(Token::secret), Some("from_file"));
    }

    #[test]
    fn offline_and_silence_are_read() {
        for (value, offline) in [("1", true), ("true", true), ("ON", true), ("0", false), ("", false)] {
            let found = with(&[("HF_HUB_OFFLINE", value)], HubSettings::from_variables);
            assert_eq!(found.offline, offline, "{value}");
        }
        let found = with(&[("HF_HUB_DOWNLOAD_TIMEOUT", "7")], HubSettings::from_variables);
        assert_eq!(found.patience.silence, Duration::from_secs(7));
    }
}
