//! What can go wrong with the store, each error with the way out.

use std::fmt;
use std::io;
use std::path::PathBuf;

use crate::model::digest::Digest;
use crate::model::manifest::{Manifest, Source};

/// A number of bytes, for reading: `1.11 GB`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Size(pub u64);

impl fmt::Display for Size {
    #[allow(clippy::cast_precision_loss, reason = "three digits are shown")]
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let text = match self.0 {
            n @ 0..1_000 => format!("{n} B"),
            n @ 1_000..1_000_000 => format!("{:.0} kB", n as f64 / 1e3),
            n @ 1_000_000..1_000_000_000 => format!("{:.0} MB", n as f64 / 1e6),
            n => format!("{:.2} GB", n as f64 / 1e9),
        };
        f.pad(&text)
    }
}

/// Size and digest of a file, as somebody states them.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Stated {
    /// The size, where it is stated.
    pub bytes: Option<u64>,
    /// The digest, where it is stated.
    pub sha256: Option<Digest>,
}

impl fmt::Display for Stated {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let bytes = self.bytes.map(|b| format!("{b} bytes"));
        let sha256 = self.sha256.as_ref().map(|d| format!("sha256 {d}"));
        let parts: Vec<String> = bytes.into_iter().chain(sha256).collect();
        f.write_str(&if parts.is_empty() { "nothing".to_owned() } else { parts.join(", ") })
    }
}

/// A file that is wanted: enough to find it by hand.
#[derive(Clone, Debug)]
pub struct Wanted {
    /// What `candor models` takes for its model.
    pub model: String,
    /// Where it comes from.
    pub source: Source,
    /// Its size, where the manifest has it.
    pub bytes: Option<u64>,
}

impl fmt::Display for Wanted {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Source { repo, revision, path } = &self.source;
        match self.bytes {
            Some(bytes) => write!(f, "{path} ({}) of {repo} at revision {revision}", Size(bytes)),
            None => write!(f, "{path} of {repo} at revision {revision}"),
        }
    }
}

/// Why the store can't give, take or check a model.
#[derive(Debug, thiserror::Error)]
pub enum StoreError {
    /// A file of the store can't be read or written.
    #[error("cannot {action} {}", path.display())]
    Io {
        /// What was tried, such as `write`.
        action: &'static str,
        /// The file.
        path: PathBuf,
        /// The cause.
        source: io::Error,
    },
    /// A record in `pulled/` is not valid.
    #[error("record {} is not valid; `candor models rm` and `pull` make it anew", path.display())]
    Record {
        /// The record.
        path: PathBuf,
        /// The cause.
        source: Box<toml::de::Error>,
    },
    /// A file of a model is not here.
    #[error("model {} is not here: {wanted} is missing; fetch it with `candor models pull {}`", wanted.model, wanted.model)]
    Missing {
        /// The file.
        wanted: Box<Wanted>,
    },
    /// A file would have to be fetched, and the user forbids it.
    #[error("offline: {wanted} is neither in candor's store nor in the Hub cache; without --offline and HF_HUB_OFFLINE, `candor models pull {}` fetches it", wanted.model)]
    Offline {
        /// The file.
        wanted: Box<Wanted>,
    },
    /// The Hub can't be used as it is set.
    // what was set may hold a secret
    #[error("HF_ENDPOINT {problem}")]
    Endpoint {
        /// What is wrong with it.
        problem: &'static str,
    },
    /// A file could not be fetched.
    #[error("cannot fetch {source_file} from {host}{}", next(cause))]
    Fetch {
        /// The file.
        source_file: Box<Source>,
        /// Who was asked last.
        host: String,
        /// The cause.
        #[source]
        cause: FetchError,
    },
    /// The Hub states another size or digest than the manifest.
    #[error(
        "{wanted}: {host} states {theirs}, the manifest {ours}; nothing was fetched. If you trust {host} more, \
         `candor models pull {} --accept-digest` goes on with what it states", wanted.model
    )]
    Disagree {
        /// The file.
        wanted: Box<Wanted>,
        /// Who states it.
        host: String,
        /// What the manifest states.
        ours: Stated,
        /// What the Hub states.
        theirs: Stated,
    },
    /// Nobody states what the file must be, so nothing could be verified.
    #[error(
        "{wanted}: neither the manifest nor {host} states size and digest; write bytes and sha256 into the manifest"
    )]
    Unstated {
        /// The file.
        wanted: Box<Wanted>,
        /// Who was asked.
        host: String,
    },
    /// The bytes that came are not the file.
    #[error(
        "{wanted}: the bytes from {host} are not this file (expected {expected}, got {got}); nothing was kept. \
         Run the command again; if it stays so, something between you and the hub changes them"
    )]
    WrongBytes {
        /// The file.
        wanted: Box<Wanted>,
        /// Who sent them.
        host: String,
        /// The digest that was expected.
        expected: String,
        /// The digest of what came.
        got: String,
    },
    /// The disk is too full. Nothing was fetched.
    #[error("{wanted}: {} more are needed in {}, {} are free; make room, or set CANDOR_MODELS to another folder", Size(*need), path.display(), Size(*free))]
    Space {
        /// The file.
        wanted: Box<Wanted>,
        /// The store's folder.
        path: PathBuf,
        /// Bytes that are needed.
        need: u64,
        /// Bytes that are free.
        free: u64,
    },
    /// A file in the store is not what its name says.
    #[error("{wanted}: {} is damaged (it is now {got}); delete that file, then `candor models pull {}` fetches it anew", path.display(), wanted.model)]
    Damaged {
        /// The file.
        wanted: Box<Wanted>,
        /// Where it is.
        path: PathBuf,
        /// What it is.
        got: Stated,
    },
    /// Another process is fetching it.
    #[error("{} is being fetched by another candor; end that one first", path.display())]
    Busy {
        /// The file in the making.
        path: PathBuf,
    },
}

impl StoreError {
    pub(super) fn io(action: &'static str, path: impl Into<PathBuf>) -> impl FnOnce(io::Error) -> StoreError {
        let path = path.into();
        move |source| StoreError::Io { action, path, source }
    }
}

impl Wanted {
    pub(super) fn new(manifest: &Manifest, source: Source, bytes: Option<u64>) -> Box<Wanted> {
        Box::new(Wanted { model: manifest.argument(), source, bytes })
    }
}

/// Why a request did not bring what it should.
#[derive(Debug, thiserror::Error)]
pub enum FetchError {
    /// No connection, or it broke. What came is kept.
    #[error("there is no connection")]
    Connection(#[source] Box<ureq::Error>),
    /// The body ended before its end, or stopped coming. What came is kept.
    #[error(
        "the connection broke after {got} of {expected} bytes; what came is kept, and the same command goes on from there"
    )]
    Cut {
        /// Bytes that are here.
        got: u64,
        /// Bytes of the whole file.
        expected: u64,
        /// The cause, unless the server just ended.
        #[source]
        cause: Option<io::Error>,
    },
    /// The answer is none to keep.
    #[error("the answer is {status} {}{}", reason(*status), way_out(*status))]
    Status {
        /// The HTTP status.
        status: u16,
    },
    /// The answer is of another size: an error page, or another file.
    #[error("the answer has {got} where {expected} bytes belong: an error page, or another file")]
    Length {
        /// What the answer says of itself.
        got: String,
        /// What belongs there.
        expected: u64,
    },
    /// The body is packed though that was not asked for.
    #[error("the answer is encoded as `{0}`, which was not asked for")]
    Encoding(String),
    /// The answer leads elsewhere, and not to where we may go.
    #[error("the answer leads to {target}: {problem}")]
    Redirect {
        /// Where to.
        target: String,
        /// Why we don't follow.
        problem: &'static str,
    },
    /// Our own disk failed or is full. What came is kept.
    #[error("cannot write {}; make room for it", path.display())]
    Write {
        /// The file in the making.
        path: PathBuf,
        /// The cause.
        source: io::Error,
    },
}

impl FetchError {
    /// Whether asking again may help.
    pub(super) fn is_passing(&self) -> bool {
        match self {
            FetchError::Connection(_) | FetchError::Cut { .. } => true,
            FetchError::Status { status } => matches!(status, 408 | 416 | 429 | 500..=599),
            _ => false,
        }
    }
}

/// What to do after it.
fn next(cause: &FetchError) -> &'static str {
    let keeps = cause.is_passing() || matches!(cause, FetchError::Write { .. });
    if keeps { "; what came is kept, and the same command goes on from there" } else { "" }
}

fn reason(status: u16) -> &'static str {
    ureq::http::StatusCode::from_u16(status).ok().and_then(|s| s.canonical_reason()).unwrap_or_default()
}

fn way_out(status: u16) -> &'static str {
    match status {
        401 | 403 => {
            "; if the repository asks for it, accept its terms on the hub and set HF_TOKEN to a token of yours"
        }
        404 | 410 => "; the repository, the revision or the file is not there",
        429 => "; wait some minutes",
        _ => "",
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sizes_are_short() {
        let said = [0, 999, 1_500, 11_422_654, 1_107_409_472].map(|n| Size(n).to_string());
        assert_eq!(said, ["0 B", "999 B", "2 kB", "11 MB", "1.11 GB"]);
    }
}
