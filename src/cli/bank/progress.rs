//! The progress of a bank: a bar on a terminal, nothing elsewhere.

use std::path::PathBuf;
use std::time::Instant;

use indicatif::{ProgressBar, ProgressDrawTarget, ProgressStyle};

use super::is_stdin;
use crate::bank;

/// How far, by bytes of the input: that is known of a file of records before it is read.
const BAR: &str = "{msg} {wide_bar} {percent}%, {eta} left";
const SPINNER: &str = "{spinner} {msg}";

/// Counts records.
pub(super) struct Progress {
    bar: ProgressBar,
    started: Instant,
    records: u64,
}

impl Progress {
    /// None is shown where standard error is no terminal, or nobody wants it.
    pub(super) fn new(paths: &[PathBuf], quiet: bool) -> Progress {
        let target = if quiet { ProgressDrawTarget::hidden() } else { ProgressDrawTarget::stderr() };
        // Sizes are only asked for where they are shown.
        let all = !target.is_hidden() && !paths.iter().any(|p| is_stdin(p));
        let total = all.then(|| paths.iter().map(|p| bank::size(p)).sum());
        let bar = ProgressBar::with_draw_target(total, target);
        if let Ok(style) = ProgressStyle::with_template(if total.is_some() { BAR } else { SPINNER }) {
            bar.set_style(style);
        }
        Progress { bar, started: Instant::now(), records: 0 }
    }

    /// So many bytes were taken by records that are done already.
    pub(super) fn skip(&self, bytes: u64) {
        self.bar.set_position(bytes);
        // The rate is that of what comes now.
        self.bar.reset_eta();
    }

    pub(super) fn add(&mut self, records: u64, bytes: u64) {
        self.records += records;
        let rate = self.records as f64 / self.started.elapsed().as_secs_f64().max(1e-3);
        self.bar.set_message(format!("{} stories, {rate:.1} a second", self.records));
        self.bar.inc(bytes);
    }

    /// Takes the bar away.
    pub(super) fn end(&self) {
        self.bar.finish_and_clear();
    }
}
