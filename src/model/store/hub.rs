//! Requests to the Hub: what it states of a file, and bytes from an offset on.
//!
//! hf-hub gives the repository's URL. Its transfer is not used: it checks neither status nor size of a range, has no
//! verification and no timeout, and its metadata request sends the token on to the host of a redirect (0.5.0,
//! `Api::metadata`). So redirects are followed here, hop by hop.

use std::io::Read;
use std::net::IpAddr;
use std::path::Path;
use std::time::Duration;

use hf_hub::api::sync::{Api, ApiBuilder};
use hf_hub::{Cache, Repo, RepoType};
use ureq::http::{HeaderMap, Response, StatusCode, Uri};
use ureq::tls::{TlsConfig, TlsProvider};
use ureq::{Agent, Body};

use super::error::{FetchError, StoreError};
use super::settings::{HubSettings, Patience, Token};
use crate::model::digest::{Digest, is_hex};
use crate::model::manifest::Source;

/// More hops than any hub needs.
const MOST_HOPS: usize = 6;

/// A client of one hub. Nothing is sent before it is asked for something.
pub(super) struct Hub {
    agent: Agent,
    api: Api,
    origin: Origin,
    token: Option<Token>,
    pub(super) patience: Patience,
}

/// Scheme, host and port: who answers.
#[derive(Clone, Debug, PartialEq, Eq)]
struct Origin {
    scheme: String,
    host: String,
    port: u16,
}

/// The digest that a hub states for a file.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Etag {
    /// Of the bytes: large files.
    Sha256(Digest),
    /// The id that git gives the file: small ones.
    Git(String),
}

/// What a hub states of a file.
#[derive(Debug)]
pub(super) struct Head {
    pub(super) bytes: Option<u64>,
    pub(super) etag: Option<Etag>,
}

/// Bytes of a file on their way.
pub(super) struct Stream {
    /// Where the bytes begin in the file; 0 where the server ignores ranges.
    pub(super) start: u64,
    /// Where they end; before the file's end where the server gives less at a time.
    pub(super) end: u64,
    pub(super) body: Box<dyn Read>,
}

/// An error, and the host that it came from.
pub(super) type Asked<T> = Result<T, (FetchError, String)>;

impl Hub {
    /// A client for the endpoint of the settings.
    pub(super) fn new(settings: &HubSettings) -> Result<Hub, StoreError> {
        let endpoint = settings.endpoint.trim_end_matches('/');
        let wrong = |problem| StoreError::Endpoint { problem };
        let origin = endpoint
            .parse::<Uri>()
            .ok()
            .filter(|uri| uri.query().is_none())
            .and_then(|uri| Origin::of(&uri))
            .ok_or_else(|| wrong("must be an http or https URL of a host, without a user and a query"))?;
        let cache = Cache::new(settings.cache.as_deref().unwrap_or(Path::new("")).to_path_buf());
        let api = ApiBuilder::from_cache(cache)
            .with_endpoint(endpoint.to_owned())
            .with_token(None)
            .with_progress(false)
            .build()
            .map_err(|_| wrong("is no host for which a client can be built"))?;
        let token = settings.token.clone();
        Ok(Hub { agent: agent(settings.patience, &origin), api, origin, token, patience: settings.patience })
    }

    pub(super) fn host(&self) -> String {
        self.origin.to_string()
    }

    /// Whether there is a token that is kept back because the endpoint is not encrypted.
    pub(super) fn withholds_token(&self) -> bool {
        self.token.is_some() && !self.origin.is_private()
    }

    /// Asks what a file is. Its first answer states that, not the storage to which it leads.
    pub(super) fn head(&self, file: &Source) -> Asked<Head> {
        let mut at = self.start(file)?;
        for _ in 0..MOST_HOPS {
            let request = self.agent.head(&at.url);
            let response = at.send(request, self, None)?;
            let headers = response.headers();
            let linked = text(headers, "x-linked-etag");
            let status = response.status();
            if !status.is_success() && !status.is_redirection() {
                return at.fail(FetchError::Status { status: status.as_u16() });
            }
            if status.is_success() || linked.is_some() {
                let etag = linked.or_else(|| text(headers, "etag")).and_then(|e| Etag::parse(&e));
                let own = || text(headers, "content-length").filter(|_| status.is_success());
                let bytes = text(headers, "x-linked-size").or_else(own).and_then(|b| b.parse().ok());
                // The size is known for what it is only beside a digest: a page has a length, too.
                return Ok(Head { bytes: bytes.filter(|_| etag.is_some()), etag });
            }
            let next = at.follow(response.headers())?;
            if next.origin != self.origin {
                return Ok(Head { bytes: None, etag: None });
            }
            at = next;
        }
        at.fail(too_many(&at.url))
    }

    /// Asks for the bytes from `from` on, of a file that has `size` bytes.
    pub(super) fn bytes(&self, file: &Source, from: u64, size: u64) -> Asked<(Stream, String)> {
        let mut at = self.start(file)?;
        for _ in 0..MOST_HOPS {
            let request = self.agent.get(&at.url);
            let response = at.send(request, self, Some(from))?;
            if !response.status().is_redirection() {
                return match accept(response, from, size) {
                    Ok(stream) => Ok((stream, at.origin.to_string())),
                    Err(error) => at.fail(error),
                };
            }
            at = at.follow(response.headers())?;
        }
        at.fail(too_many(&at.url))
    }

    fn start(&self, file: &Source) -> Asked<Hop> {
        let Source { repo, revision, path } = file;
        let repo = Repo::with_revision(repo.clone(), RepoType::Model, revision.clone());
        Ok(Hop { url: self.api.repo(repo).url(path), origin: self.origin.clone(), trusted: true })
    }
}

/// A request on its way through redirects.
struct Hop {
    url: String,
    origin: Origin,
    /// Whether every hop so far was at the endpoint's own origin.
    trusted: bool,
}

impl Hop {
    fn send(
        &self,
        request: ureq::RequestBuilder<ureq::typestate::WithoutBody>,
        hub: &Hub,
        from: Option<u64>,
    ) -> Asked<Response<Body>> {
        let mut request = request;
        if let Some(from) = from {
            request = request.header("range", format!("bytes={from}-"));
        }
        // The token is for the endpoint alone, and only where nobody else can read it.
        if let Some(token) = hub.token.as_ref().filter(|_| self.trusted && self.origin.is_private()) {
            request = request.header("authorization", format!("Bearer {}", token.secret()));
        }
        request.call().or_else(|error| self.fail(FetchError::Connection(Box::new(error))))
    }

    /// The next hop. Once another origin is met, the token stays behind for good.
    fn follow(&self, headers: &HeaderMap) -> Asked<Hop> {
        let wrong = |target: &str, problem| {
            self.fail(FetchError::Redirect { target: without_query(target), problem })
        };
        let Some(location) = text(headers, "location") else {
            return wrong("nowhere", "a redirect without a location");
        };
        let url = match location.as_str() {
            l if l.starts_with("//") => format!("{}:{l}", self.origin.scheme),
            l if l.starts_with('/') => {
                let base = self.url.split('/').take(3).collect::<Vec<_>>().join("/");
                format!("{base}{l}")
            }
            l => l.to_owned(),
        };
        let Some(origin) = url.parse::<Uri>().ok().and_then(|uri| Origin::of(&uri)) else {
            return wrong(&url, "no http or https URL of a host");
        };
        if self.origin.scheme == "https" && origin.scheme != "https" {
            return wrong(&url, "from an encrypted connection to a plain one");
        }
        let trusted = self.trusted && origin == self.origin;
        Ok(Hop { url, origin, trusted })
    }

    fn fail<T>(&self, error: FetchError) -> Asked<T> {
        Err((error, self.origin.to_string()))
    }
}

impl Origin {
    fn of(uri: &Uri) -> Option<Origin> {
        let authority = uri.authority().filter(|a| !a.as_str().contains('@'))?;
        let (scheme, port) = match uri.scheme_str()? {
            "https" => ("https", 443),
            "http" => ("http", 80),
            _ => return None,
        };
        let host = authority.host().to_lowercase();
        let port = authority.port_u16().unwrap_or(port);
        (!host.is_empty()).then(|| Origin { scheme: scheme.to_owned(), host, port })
    }

    fn is_loopback(&self) -> bool {
        let bare = self.host.trim_start_matches('[').trim_end_matches(']');
        self.host == "localhost" || bare.parse::<IpAddr>().is_ok_and(|ip| ip.is_loopback())
    }

    /// Whether nobody on the way can read what is sent.
    fn is_private(&self) -> bool {
        self.scheme == "https" || self.is_loopback()
    }
}

impl std::fmt::Display for Origin {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let usual = if self.scheme == "https" { 443 } else { 80 };
        f.write_str(&self.host)?;
        if self.port == usual { Ok(()) } else { write!(f, ":{}", self.port) }
    }
}

impl Etag {
    /// Reads a header such as `"<sha256>"` or `W/"<git id>"`; none for digests of another kind.
    fn parse(header: &str) -> Option<Etag> {
        let plain = header.trim().trim_start_matches("W/").trim_matches('"').to_lowercase();
        if is_hex(&plain, 40) {
            return Some(Etag::Git(plain));
        }
        Digest::try_from(plain).ok().map(Etag::Sha256)
    }
}

fn agent(patience: Patience, origin: &Origin) -> Agent {
    let quick = Duration::from_secs(30).min(patience.silence);
    let mut config = Agent::config_builder()
        .http_status_as_error(false)
        .max_redirects(0)
        .user_agent(concat!("candor/", env!("CARGO_PKG_VERSION")))
        // Ranges and digests are of the bytes as they are stored.
        .accept_encoding("identity")
        .tls_config(TlsConfig::builder().provider(TlsProvider::Rustls).build())
        .timeout_resolve(Some(quick))
        .timeout_connect(Some(quick))
        // Of each read, not of the whole: slow streams are welcome.
        .timeout_per_read(Some(patience.silence))
        .timeout_per_write(Some(patience.silence));
    if origin.is_loopback() {
        // A proxy would carry the token off the machine.
        config = config.proxy(None);
    }
    config.build().new_agent()
}

/// Takes an answer to a request for the bytes from `from` on, if its head fits.
fn accept(response: Response<Body>, from: u64, size: u64) -> Result<Stream, FetchError> {
    let headers = response.headers();
    if let Some(encoding) = text(headers, "content-encoding").filter(|e| e != "identity") {
        return Err(FetchError::Encoding(encoding));
    }
    let (start, end) = match response.status() {
        StatusCode::PARTIAL_CONTENT => {
            let range = text(headers, "content-range").unwrap_or_default();
            match range_end(&range, from, size) {
                Some(end) => (from, end),
                None => return Err(FetchError::Length { got: format!("`{range}`"), expected: size }),
            }
        }
        StatusCode::OK => (0, size),
        status => return Err(FetchError::Status { status: status.as_u16() }),
    };
    if let Some(length) = text(headers, "content-length")
        && length.parse() != Ok(end - start)
    {
        return Err(FetchError::Length { got: format!("{length} bytes"), expected: end - start });
    }
    Ok(Stream { start, end, body: Box::new(response.into_body().into_reader()) })
}

/// Where the bytes of a `content-range` header end, if they begin at `from` and the file has `size` bytes. A server may
/// send less than it was asked for.
fn range_end(header: &str, from: u64, size: u64) -> Option<u64> {
    let (range, total) = header.trim().strip_prefix("bytes ")?.split_once('/')?;
    let (first, last) = range.split_once('-')?;
    let end = last.parse::<u64>().ok()?.checked_add(1)?;
    let fits = first.parse() == Ok(from) && from < end && end <= size;
    (fits && (total == "*" || total.parse() == Ok(size))).then_some(end)
}

fn text(headers: &HeaderMap, name: &str) -> Option<String> {
    headers.get(name)?.to_str().ok().map(str::to_owned)
}

fn too_many(url: &str) -> FetchError {
    FetchError::Redirect { target: without_query(url), problem: "too many redirects" }
}

/// A URL for errors: signatures and keys stand in the query.
fn without_query(url: &str) -> String {
    url.split('?').next().unwrap_or_default().to_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn origin(url: &str) -> Option<Origin> {
        Origin::of(&url.parse().unwrap())
    }

    #[test]
    fn only_loopback_and_encrypted_hosts_are_private() {
        let private = |url| origin(url).unwrap().is_private();
        assert!(private("https://hub.example") && private("http://127.0.0.1:8000"));
        assert!(private("http://localhost:1") && private("http://[::1]:1"));
        assert!(!private("http://hub.example") && !private("http://localhost.example"));
        assert!(!private("http://10.0.0.1") && !private("http://127.0.0.1.example"));
        assert_eq!(origin("https://user:secret@hub.example"), None);
        assert_eq!(origin("ftp://hub.example"), None);
        assert_eq!(origin("https://Hub.Example:443"), origin("https://hub.example"));
    }

    #[test]
    fn a_redirect_never_takes_the_token_along() {
        let hop = Hop {
            url: "https://hub.example/a/b?c".to_owned(),
            origin: origin("https://hub.example").unwrap(),
            trusted: true,
        };
        let follow = |hop: &Hop, to: &str| {
            let mut headers = HeaderMap::new();
            headers.insert("location", to.parse().unwrap());
            hop.follow(&headers)
        };
        let next = follow(&hop, "/d?e").unwrap();
        assert_eq!((next.url.as_str(), next.trusted), ("https://hub.example/d?e", true));
        let away = follow(&hop, "https://hub.example:8443/d").unwrap();
        assert!(!away.trusted, "another port is another origin");
        assert!(!follow(&away, "https://hub.example/d").unwrap().trusted, "not even back home");
        assert!(!follow(&hop, "//cdn.example/d").unwrap().trusted);
        assert!(follow(&hop, "http://hub.example/d").is_err(), "never from https to http");
        assert!(follow(&hop, "file:///etc/passwd").is_err());
    }

    #[test]
    fn etags_and_ranges_are_read() {
        let sha = "ac".repeat(32);
        assert!(matches!(Etag::parse(&format!("\"{sha}\"")), Some(Etag::Sha256(_))));
        assert!(matches!(Etag::parse(&format!("W/\"{}\"", "ab".repeat(20))), Some(Etag::Git(_))));
        assert_eq!(Etag::parse("\"5d41402a-7\""), None);
        assert_eq!(range_end("bytes 3-9/10", 3, 10), Some(10));
        assert_eq!(range_end("bytes 3-9/*", 3, 10), Some(10));
        assert_eq!(range_end("bytes 3-5/10", 3, 10), Some(6));
        for wrong in ["bytes 0-9/10", "bytes 3-9/11", "bytes 3-10/10", "bytes 3-2/10", "bytes", ""] {
            assert_eq!(range_end(wrong, 3, 10), None, "{wrong}");
        }
    }
}
