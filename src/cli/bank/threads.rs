//! A core for each story.
//!
//! candle spreads each product of matrices over all cores; where they all have stories of their own, that takes twice
//! the work (40 stories: 3.0 s of processor time alone, 6.9 s so). It takes the number from a variable of the environment
//! and from nowhere else, and none can be set in a running process: so candor starts itself anew with it.

use std::env;
use std::thread::available_parallelism;

use anyhow::{Context as _, Result};

/// What candle reads.
const INNER: &str = "RAYON_NUM_THREADS";
/// The cores for the stories; that it is set says that candor was started anew.
const CORES: &str = "CANDOR_BANK_CORES";

/// Sets the number of threads: that of the option, else of the environment, else all cores.
pub(super) fn set(threads: Option<u16>) -> Result<()> {
    let given = |name| env::var(name).ok().and_then(|v: String| v.parse().ok()).filter(|n: &usize| *n > 0);
    let anew = given(CORES);
    let all = || available_parallelism().map_or(1, usize::from);
    let cores = threads.map(usize::from).or(anew).or(given(INNER)).unwrap_or_else(all);
    if anew.is_none() && given(INNER) != Some(1) {
        start_anew(cores);
    }
    rayon::ThreadPoolBuilder::new().num_threads(cores).build_global().context("cannot start threads")
}

/// Replaces this process by one with the variables; where that can't be done, it is only slower.
#[cfg(unix)]
fn start_anew(cores: usize) {
    use std::os::unix::process::CommandExt;
    let Ok(this) = env::current_exe() else { return };
    // Comes back only with an error.
    let _ = std::process::Command::new(this)
        .args(env::args_os().skip(1))
        .env(INNER, "1")
        .env(CORES, cores.to_string())
        .exec();
}

/// No process can be replaced here.
#[cfg(not(unix))]
fn start_anew(_cores: usize) {}
