//! What a run reads: the records of the paths that it was given, and what is to be known of those paths at the end.

use std::cell::RefCell;
use std::collections::HashSet;
use std::io;
use std::path::{Path, PathBuf};
use std::rc::Rc;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};

use super::BankArgs;
use crate::bank::{self, Reading, Records};
use crate::cli::input::is_stdin;

/// The paths of a run.
pub(super) struct Sources<'a> {
    paths: &'a [PathBuf],
    /// What standard input is called.
    stdin: &'a Path,
    reading: Reading,
    /// Whether something that an argument names could not be read.
    unread: AtomicBool,
    /// Files that several arguments name, each as often as it was passed over.
    twice: AtomicU64,
}

impl<'a> Sources<'a> {
    pub(super) fn of(args: &'a BankArgs) -> Sources<'a> {
        Sources {
            paths: &args.paths,
            stdin: args.stdin_filename.as_deref().unwrap_or(Path::new("-")),
            reading: args.records.reading(),
            unread: AtomicBool::new(false),
            twice: AtomicU64::new(0),
        }
    }

    /// All records, in the order of the paths. A file that several of them name is read once.
    pub(super) fn records(&self) -> Records<'_> {
        let seen = Rc::new(RefCell::new(HashSet::new()));
        Records::chain(self.paths.iter().map(move |path| {
            let (records, called) = if is_stdin(path) {
                (bank::piped(io::stdin().lock(), self.stdin, &self.reading), self.stdin)
            } else {
                let seen = Rc::clone(&seen);
                let new = move |file: &Path| {
                    let new = file.canonicalize().map_or(true, |whole| seen.borrow_mut().insert(whole));
                    self.twice.fetch_add(u64::from(!new), Ordering::SeqCst);
                    new
                };
                // one path names no file twice
                let all = self.paths.len() == 1;
                (bank::open_those(path, &self.reading, move |file| all || new(file)), path.as_path())
            };
            let names = [Some(called), bank::holder(called)].map(|p| p.map(|p| p.display().to_string()));
            records.watched(move |found| {
                // about what an argument names, not about something in it
                if found.as_ref().is_err_and(|e| names.iter().flatten().any(|name| name == e.name())) {
                    self.unread.store(true, Ordering::SeqCst);
                }
            })
        }))
    }

    /// What standard input was called, where it was read.
    pub(super) fn piped(&self) -> Option<String> {
        self.paths.iter().any(|path| is_stdin(path)).then(|| self.stdin.display().to_string())
    }

    /// Whether something that an argument names could not be read.
    pub(super) fn lacks_one(&self) -> bool {
        self.unread.load(Ordering::SeqCst)
    }

    /// That files were named more than once, where some were.
    pub(super) fn named_twice(&self) -> Option<String> {
        let twice = self.twice.load(Ordering::SeqCst);
        let files = if twice == 1 { "a file was" } else { "files were" };
        (twice > 0).then(|| format!("{files} named more than once and read once (left out: {twice})"))
    }

    /// The paths, to be named in a message.
    pub(super) fn names(&self) -> String {
        let names: Vec<String> = self.paths.iter().map(|p| p.display().to_string()).collect();
        names.join(", ")
    }
}
