//! How many threads, for the commands that critique.
//!
//! A language model is run by candle, which takes their number from a variable of the environment and from nowhere else, and
//! none can be set in a running process: so where an option names another number, candor starts itself anew with it.

use std::env;

use anyhow::{Context as _, Result};

/// What candle reads, and rayon too.
const THREADS: &str = "RAYON_NUM_THREADS";

/// Who has the threads.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Share {
    /// Each story one of them.
    Stories,
    /// The one story that is read all of them: a language model reads at the speed of the memory, which stories would share.
    Model,
}

/// Sets their number: that of the option, else of the environment, else all cores.
pub(super) fn set(threads: Option<u16>, share: Share) -> Result<()> {
    let wanted = threads.map(|n| n.to_string());
    if let (Share::Model, Some(wanted)) = (share, &wanted)
        && env::var(THREADS).ok().as_ref() != Some(wanted)
    {
        start_anew(wanted);
    }
    // 0 stands for what the environment says, or all cores.
    let pool = rayon::ThreadPoolBuilder::new().num_threads(threads.map_or(0, usize::from));
    pool.build_global().context("cannot start threads")
}

/// Replaces this process by one with the variable; where that can't be done, it is only slower.
#[cfg(unix)]
fn start_anew(threads: &str) {
    use std::os::unix::process::CommandExt;
    let Ok(this) = env::current_exe() else { return };
    // Comes back only with an error.
    let _ = std::process::Command::new(this).args(env::args_os().skip(1)).env(THREADS, threads).exec();
}

/// No process can be replaced here.
#[cfg(not(unix))]
fn start_anew(_threads: &str) {}
