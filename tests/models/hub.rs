//! A hub on loopback: HTTP/1.1 on a std listener, a thread a connection, with a record of what it was asked.

use std::collections::BTreeMap;
use std::io::{BufRead, BufReader, Write};
use std::net::{SocketAddr, TcpListener, TcpStream};
use std::sync::{Arc, Mutex};
use std::thread;
use std::time::Duration;

use sha2::{Digest, Sha256};

/// A request as it came.
#[derive(Clone, Debug)]
pub(crate) struct Request {
    pub(crate) method: String,
    pub(crate) path: String,
    /// By lower-case name.
    pub(crate) headers: BTreeMap<String, String>,
}

impl Request {
    /// Where the range that was asked for begins.
    pub(crate) fn from(&self) -> Option<usize> {
        self.headers.get("range")?.strip_prefix("bytes=")?.strip_suffix('-')?.parse().ok()
    }

    pub(crate) fn is_get(&self) -> bool {
        self.method == "GET"
    }
}

/// An answer.
#[derive(Clone, Debug, Default)]
pub(crate) struct Reply {
    pub(crate) status: u16,
    pub(crate) headers: Vec<(String, String)>,
    pub(crate) body: Vec<u8>,
    /// Bytes of the body after which the connection is closed.
    pub(crate) cut: Option<usize>,
    /// Bytes that are sent at a time, and the pause after each.
    pub(crate) slow: Option<(usize, Duration)>,
}

impl Reply {
    pub(crate) fn new(status: u16, body: &[u8]) -> Reply {
        Reply { status, body: body.to_vec(), ..Reply::default() }
    }

    pub(crate) fn html(status: u16) -> Reply {
        Reply::new(status, b"<html><body>denied</body></html>").with("content-type", "text/html")
    }

    pub(crate) fn with(mut self, name: &str, value: impl ToString) -> Reply {
        self.headers.push((name.to_owned(), value.to_string()));
        self
    }

    /// What a right hub answers for a file: its size and digest to HEAD, its bytes from the offset on to GET.
    pub(crate) fn file(request: &Request, bytes: &[u8]) -> Reply {
        if !request.is_get() {
            return Reply::new(200, b"").stating(&sha256(bytes), bytes.len());
        }
        match request.from() {
            Some(from) if from < bytes.len() => Reply::new(206, &bytes[from..])
                .with("content-range", format!("bytes {from}-{}/{}", bytes.len() - 1, bytes.len())),
            Some(_) => Reply::new(416, b""),
            None => Reply::new(200, bytes),
        }
    }

    /// With the headers in which the Hub states a file.
    pub(crate) fn stating(self, etag: &str, bytes: usize) -> Reply {
        self.with("x-linked-etag", format!("\"{etag}\""))
            .with("x-linked-size", bytes)
            .with("x-repo-commit", "0".repeat(40))
    }
}

pub(crate) struct Hub {
    pub(crate) address: SocketAddr,
    log: Arc<Mutex<Vec<Request>>>,
}

impl Hub {
    /// A hub that answers as `serve` says; the second argument counts the requests from 0.
    pub(crate) fn new(serve: impl Fn(&Request, usize) -> Reply + Send + Sync + 'static) -> Hub {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let address = listener.local_addr().unwrap();
        let log = Arc::new(Mutex::new(Vec::new()));
        let (shared, serve) = (Arc::clone(&log), Arc::new(serve));
        // Ends with the test's process.
        thread::spawn(move || {
            for stream in listener.incoming().flatten() {
                let (log, serve) = (Arc::clone(&shared), Arc::clone(&serve));
                thread::spawn(move || {
                    let Some(request) = read(&stream) else { return };
                    let number = {
                        let mut log = log.lock().unwrap();
                        log.push(request.clone());
                        log.len() - 1
                    };
                    // The client may be gone: that is its business.
                    let _ = write(&stream, &request, &serve(&request, number));
                });
            }
        });
        Hub { address, log }
    }

    pub(crate) fn url(&self) -> String {
        format!("http://{}", self.address)
    }

    pub(crate) fn log(&self) -> Vec<Request> {
        self.log.lock().unwrap().clone()
    }

    /// The requests for bytes of a file.
    pub(crate) fn gets(&self, name: &str) -> Vec<Request> {
        self.log().into_iter().filter(|r| r.is_get() && r.path.ends_with(name)).collect()
    }
}

fn read(stream: &TcpStream) -> Option<Request> {
    let mut lines = BufReader::new(stream).lines();
    let first = lines.next()?.ok()?;
    let mut words = first.split(' ');
    let (method, path) = (words.next()?.to_owned(), words.next()?.to_owned());
    let mut headers = BTreeMap::new();
    for line in lines {
        let line = line.ok()?;
        let Some((name, value)) = line.split_once(':') else { break };
        headers.insert(name.to_lowercase(), value.trim().to_owned());
    }
    Some(Request { method, path, headers })
}

fn write(mut stream: &TcpStream, request: &Request, reply: &Reply) -> std::io::Result<()> {
    let mut head = format!("HTTP/1.1 {} X\r\nconnection: close\r\n", reply.status);
    let has = |name: &str| reply.headers.iter().any(|(n, _)| n == name);
    if !has("content-length") && !has("transfer-encoding") {
        head.push_str(&format!("content-length: {}\r\n", reply.body.len()));
    }
    for (name, value) in &reply.headers {
        head.push_str(&format!("{name}: {value}\r\n"));
    }
    stream.write_all(format!("{head}\r\n").as_bytes())?;
    if request.method == "HEAD" {
        return Ok(());
    }
    let body = &reply.body[..reply.cut.unwrap_or(reply.body.len()).min(reply.body.len())];
    match reply.slow {
        None => stream.write_all(body)?,
        Some((at_a_time, pause)) => {
            for piece in body.chunks(at_a_time) {
                stream.write_all(piece)?;
                thread::sleep(pause);
            }
        }
    }
    stream.flush()
}

pub(crate) fn sha256(bytes: &[u8]) -> String {
    format!("{:x}", Sha256::digest(bytes))
}
