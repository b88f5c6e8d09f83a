//! `candor explain`: a mistake in the guide's words, and how its detector decides.

use std::cmp::Reverse;
use std::io::Write;
use std::path::Path;

use anyhow::Result;

use super::Outcome;
use super::args::{ConfigArgs, ExplainArgs, LlmArgs};
use super::output::Sink;
use super::settings::{Settings, load_guide};
use crate::critic::UnknownMistake;
use crate::detect;
use crate::guide::{Guide, Mistake};
use crate::render::{self, escape, fold};

/// Runs the command.
pub(super) fn run(args: &ExplainArgs) -> Result<Outcome> {
    let guide = guide(args.guide.as_deref(), &args.config)?;
    let mut out = Sink::standard();
    match &args.mistake {
        None => list(&guide, args.guide.as_deref(), &mut out)?,
        Some(id) => {
            let mistake = guide.find_mistake(bare(id)).ok_or_else(|| UnknownMistake::new(&guide, id))?;
            explain(mistake, &mut out)?;
        }
    }
    out.finish()?;
    Ok(Outcome::Clean)
}

/// The id in what a critique shows, such as `warning[no_result]` or `[no_result]`.
fn bare(id: &str) -> &str {
    id.split_once('[').and_then(|(_, rest)| rest.split_once(']')).map_or(id, |(id, _)| id)
}

/// That of the option, else of the config for an answer in the current folder, else the built-in one.
fn guide(option: Option<&Path>, config: &ConfigArgs) -> Result<Guide> {
    if option.is_some() {
        return Ok(load_guide(option)?);
    }
    let settings = Settings::find(config, &LlmArgs::default(), Path::new("-"))?;
    Ok(load_guide(settings.guide.as_deref())?)
}

/// In the order in which a critique names them: by severity, and of the same by the guide.
fn list(guide: &Guide, file: Option<&Path>, out: &mut Sink) -> Result<()> {
    let title = format!("What the guide \"{}\" warns of, the first to mend first:", guide.title);
    for line in fold(&escape(&title), out.width()) {
        writeln!(out, "{line}")?;
    }
    writeln!(out)?;
    let id = guide.mistake.iter().map(|m| m.id.len()).max().unwrap_or(0);
    let mut mistakes: Vec<&Mistake> = guide.mistake.iter().collect();
    mistakes.sort_by_key(|m| Reverse(m.severity));
    for mistake in &mistakes {
        let severity = severity(mistake);
        writeln!(out, "  {:<id$}  {severity:<10}  {}", mistake.id, escape(&mistake.title))?;
    }
    let example = mistakes.first().map_or("MISTAKE", |m| m.id.as_str());
    writeln!(out, "\n`{}` says more of one.", escape(&render::explain(file, example)))?;
    Ok(())
}

fn severity(mistake: &Mistake) -> String {
    format!("{:?}", mistake.severity).to_lowercase()
}

fn explain(mistake: &Mistake, out: &mut Sink) -> Result<()> {
    writeln!(out, "{} [{}], {}", escape(&mistake.title), mistake.id, severity(mistake))?;
    if !mistake.aliases.is_empty() {
        writeln!(out, "Also known as {}", mistake.aliases.join(", "))?;
    }
    let rule = detect::by_id(&mistake.id).map(|d| d.rule);
    let parts = [
        ("What", Some(mistake.message.as_str())),
        ("Why it matters", Some(&mistake.why)),
        ("What to do", Some(&mistake.help)),
        ("What you will be asked", Some(&mistake.follow_up)),
        ("Weak", Some(&mistake.weak)),
        ("Mended", Some(&mistake.mended)),
        ("How candor decides", rule),
    ];
    for (title, text) in parts {
        if let Some(text) = text {
            writeln!(out, "\n{title}")?;
            for line in fold(&escape(text.trim()), out.width() - 2) {
                writeln!(out, "  {line}")?;
            }
        }
    }
    Ok(())
}
