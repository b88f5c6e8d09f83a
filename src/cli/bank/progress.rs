//! The progress of a bank: a bar on a terminal, nothing elsewhere.

use std::cell::{Cell, RefCell};
use std::collections::HashSet;
use std::path::PathBuf;
use std::time::Instant;

use indicatif::{ProgressBar, ProgressDrawTarget, ProgressStyle};

use super::is_stdin;
use crate::bank;
use crate::cli::output;

/// How far, by bytes of the input: that is known of a file of records before it is read.
const BAR: &str = "{msg} {wide_bar} {percent}%, {eta} left";
const SPINNER: &str = "{spinner} {msg}";

/// Counts records.
pub(in crate::cli) struct Progress {
    bar: ProgressBar,
    started: Instant,
    records: Cell<u64>,
    quiet: bool,
    said: RefCell<HashSet<String>>,
}

impl Progress {
    /// No bar is shown where standard error is no terminal; nothing at all where nobody wants it.
    pub(in crate::cli) fn new(paths: &[PathBuf], quiet: bool) -> Progress {
        let target = if quiet { ProgressDrawTarget::hidden() } else { ProgressDrawTarget::stderr() };
        // Sizes are only asked for where they are shown.
        let all = !target.is_hidden() && !paths.iter().any(|p| is_stdin(p));
        let total = all.then(|| paths.iter().map(|p| bank::size(p)).sum());
        let bar = ProgressBar::with_draw_target(total, target);
        if let Ok(style) = ProgressStyle::with_template(if total.is_some() { BAR } else { SPINNER }) {
            bar.set_style(style);
        }
        Progress { bar, started: Instant::now(), records: Cell::new(0), quiet, said: RefCell::default() }
    }

    /// So many bytes were taken by records that are done already.
    pub(super) fn skip(&self, bytes: u64) {
        self.bar.set_position(bytes);
        // The rate is that of what comes now.
        self.bar.reset_eta();
    }

    /// Counts a record, which took so many bytes of input.
    pub(super) fn add(&self, bytes: u64) {
        self.records.set(self.records.get() + 1);
        let seconds = self.started.elapsed().as_secs_f64().max(1e-3);
        let rate = self.records.get() as f64 / seconds;
        let rate =
            if rate < 1.0 { format!("{:.0} s each", 1.0 / rate) } else { format!("{rate:.1} a second") };
        self.bar.set_message(format!("{} stories, {rate}", self.records.get()));
        self.bar.inc(bytes);
    }

    /// Says something once, and shows the bar again below it.
    pub(super) fn note(&self, text: &str) {
        if !self.quiet && self.said.borrow_mut().insert(text.to_owned()) {
            self.bar.suspend(|| output::note(text));
        }
    }

    /// Takes the bar away.
    pub(in crate::cli) fn end(&self) {
        self.bar.finish_and_clear();
    }
}
