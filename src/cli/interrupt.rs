//! Ctrl-C: asks for an end that loses nothing; the second one ends candor.

use std::ops::ControlFlow;
use std::sync::atomic::{AtomicBool, Ordering};

use anyhow::{Context as _, Result};

/// Exit code of a program that Ctrl-C ended, as shells have it.
const INTERRUPTED: i32 = 130;

/// Whether Ctrl-C was pressed: nothing more is begun, and what is done is kept.
pub(super) static STOP: AtomicBool = AtomicBool::new(false);

/// Whether Ctrl-C was pressed.
pub(super) fn stopped() -> bool {
    STOP.load(Ordering::SeqCst)
}

/// Whether what takes long is to go on.
pub(super) fn goes_on() -> ControlFlow<()> {
    if stopped() { ControlFlow::Break(()) } else { ControlFlow::Continue(()) }
}

/// Makes the first Ctrl-C set [`STOP`], if `comes_to_an_end` says that candor does so by itself then; asked before it is set.
pub(super) fn listen(comes_to_an_end: impl Fn() -> bool + Send + 'static) -> Result<()> {
    let set = ctrlc::set_handler(move || {
        let kept = comes_to_an_end();
        if STOP.swap(true, Ordering::SeqCst) || !kept {
            std::process::exit(INTERRUPTED);
        }
    });
    set.context("cannot listen for Ctrl-C")
}
