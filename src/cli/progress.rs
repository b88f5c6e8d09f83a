//! The progress of a download: a bar on a terminal, a note a file elsewhere.

use indicatif::{ProgressBar, ProgressDrawTarget, ProgressStyle};

use super::output;
use crate::model::manifest::Source;
use crate::model::store::{Event, Size};

/// Path, share, bytes, rate and time left.
const BAR: &str =
    "{msg} {wide_bar} {decimal_bytes}/{decimal_total_bytes} {decimal_bytes_per_sec}, {eta} left";

/// Shows the events of a pull, on standard error.
pub(super) struct Progress {
    bar: Option<ProgressBar>,
    source: Option<Source>,
}

impl Progress {
    pub(super) fn new() -> Progress {
        Progress { bar: None, source: None }
    }

    pub(super) fn show(&mut self, event: &Event<'_>) {
        match event {
            Event::File { source } => self.source = Some((*source).clone()),
            Event::Begin { bytes, have } => self.begin(*bytes, *have),
            Event::At { bytes } => {
                // What comes again after a new beginning is no progress: the bar waits for it.
                if let Some(bar) = self.bar.as_ref().filter(|bar| *bytes > bar.position()) {
                    bar.set_position(*bytes);
                }
            }
            Event::Done => self.end(),
            Event::Present => {}
            other => self.note(&self.words(other)),
        }
    }

    /// Takes the bar away.
    pub(super) fn end(&mut self) {
        if let Some(bar) = self.bar.take() {
            bar.finish_and_clear();
        }
    }

    fn begin(&mut self, bytes: u64, have: u64) {
        self.end();
        let from = if have > 0 { format!(", {} are here", Size(have)) } else { String::new() };
        let source = self.source.as_ref().map(ToString::to_string).unwrap_or_default();
        output::note(&format!("fetching {source}: {}{from}", Size(bytes)));
        // Draws nothing where standard error is no terminal.
        let bar = ProgressBar::with_draw_target(Some(bytes), ProgressDrawTarget::stderr());
        if let Ok(style) = ProgressStyle::with_template(BAR) {
            bar.set_style(style);
        }
        bar.set_message(self.path());
        bar.set_position(have);
        // The rate is that of what comes now.
        bar.reset_eta();
        self.bar = Some(bar);
    }

    fn note(&self, text: &str) {
        match &self.bar {
            Some(bar) if !text.is_empty() => bar.suspend(|| output::note(text)),
            None if !text.is_empty() => output::note(text),
            _ => {}
        }
    }

    fn path(&self) -> String {
        self.source.as_ref().map(|s| s.path.clone()).unwrap_or_default()
    }

    fn words(&self, event: &Event<'_>) -> String {
        let path = self.path();
        match event {
            Event::TokenWithheld { host } => {
                format!("the token is not sent: {host} is asked without encryption")
            }
            Event::Cached { path: found } => {
                format!("{path} is taken from the Hub cache: {}, verified", found.display())
            }
            Event::CacheWrong { path: found } => {
                format!("{} is not the file that it should be; it is left alone", found.display())
            }
            Event::Waiting => format!("another candor is fetching {path}; waiting for it"),
            Event::Again { error, pause } => {
                let cause = std::error::Error::source(error).map(|c| format!(" ({c})")).unwrap_or_default();
                format!("{path}: {error}{cause}; asking again in {} s", pause.as_secs())
            }
            Event::Anew => format!("what was here of {path} is not right; it is fetched anew"),
            _ => String::new(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_bar_never_goes_back() {
        let mut progress = Progress::new();
        let bar = ProgressBar::hidden();
        bar.set_length(10);
        progress.bar = Some(bar.clone());
        let mut seen = Vec::new();
        for bytes in [2, 5, 0, 3, 6, 10] {
            progress.show(&Event::At { bytes });
            seen.push(bar.position());
        }
        assert_eq!(seen, [2, 5, 5, 5, 6, 10]);
        assert!(ProgressStyle::with_template(BAR).is_ok());
    }
}
