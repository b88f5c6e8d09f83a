//! `candor doctor`: what this binary is made of, where it runs, which settings are in force.

use std::io::Write;
use std::path::Path;

use anyhow::{Context as _, Result};

use super::Outcome;
use super::args::{DoctorArgs, LlmArgs};
use super::output::Sink;
use super::settings::{Settings, load_guide};
use crate::critic::Selection;
use crate::model::Encoder;
use crate::model::cache;
use crate::model::encoder::Embedded;
use crate::model::store;
use crate::render::escape;

/// Runs the command.
pub(super) fn run(args: &DoctorArgs) -> Result<Outcome> {
    let settings =
        Settings::find(&args.config, &LlmArgs::default(), args.file.as_deref().unwrap_or(Path::new("-")))?;
    let guide = load_guide(settings.guide.as_deref())?;
    let encoder = Embedded::load()?;
    let model = encoder.info();
    let state = if encoder.is_whole() { "verified" } else { "not the weights in this binary" };
    let digest = format!("{} ({state})", model.sha256);
    let from = match &settings.guide {
        Some(path) => path.display().to_string(),
        None => "built in".to_owned(),
    };
    let config = match &settings.source {
        Some((path, origin)) => format!("{} ({})", path.display(), origin.words()),
        None => "none".to_owned(),
    };
    Selection::new(&guide, &settings.select, &settings.ignore)
        .with_context(|| format!("in the config {config}"))?;
    let store = match store::default_root() {
        Some(root) => root.display().to_string(),
        None => "none: no home, and CANDOR_MODELS is not set".to_owned(),
    };
    let cache = match cache::default_root() {
        Some(root) => format!("{} (used for banks)", root.display()),
        None => "none: no home, and CANDOR_CACHE is not set".to_owned(),
    };
    let engine = settings.ask.as_ref().map_or("encoder", |a| a.engine.id());
    let llm = match &settings.ask {
        Some(ask) if ask.model.is_empty() => "the default one of `candor models list`".to_owned(),
        Some(ask) => ask.model.clone(),
        None => "none".to_owned(),
    };
    let rows = [
        ("version", env!("CARGO_PKG_VERSION").to_owned()),
        ("platform", format!("{}-{}", std::env::consts::ARCH, std::env::consts::OS)),
        ("device", model.device),
        ("simd", simd()),
        ("threads", rayon::current_num_threads().to_string()),
        ("model", model.id),
        ("sha256", digest),
        ("store", store),
        ("cache", cache),
        ("guide", format!("{} {} ({from})", guide.id, guide.version)),
        ("config", config),
        ("format", settings.format.id.to_owned()),
        ("select", list(&settings.select, "all")),
        ("ignore", list(&settings.ignore, "none")),
        ("min-level", format!("{:?}", settings.min_level).to_lowercase()),
        ("fail-on", format!("{:?}", settings.fail_on).to_lowercase()),
        ("color", format!("{:?}", settings.color).to_lowercase()),
        ("engine", engine.to_owned()),
        ("llm", llm),
        ("network", "only by `candor models pull`".to_owned()),
    ];
    let mut out = Sink::standard();
    for (key, value) in rows {
        writeln!(out, "{key:<9}  {}", escape(&value))?;
    }
    out.finish()?;
    Ok(Outcome::Clean)
}

fn list(ids: &[String], none: &str) -> String {
    if ids.is_empty() { none.to_owned() } else { ids.join(", ") }
}

/// The vector instructions of this machine, as found now.
fn simd() -> String {
    let mut found: Vec<&str> = Vec::new();
    #[cfg(target_arch = "x86_64")]
    {
        macro_rules! probe {
            ($($name:tt),+) => { $(if std::arch::is_x86_feature_detected!($name) { found.push($name); })+ };
        }
        probe!("sse4.2", "avx", "f16c", "fma", "avx2", "avx512f", "avx512bw", "avx512vnni");
    }
    #[cfg(target_arch = "aarch64")]
    {
        macro_rules! probe {
            ($($name:tt),+) => { $(if std::arch::is_aarch64_feature_detected!($name) { found.push($name); })+ };
        }
        probe!("neon", "fp16", "dotprod", "i8mm", "sve");
    }
    if found.is_empty() { "none known".to_owned() } else { found.join(" ") }
}
