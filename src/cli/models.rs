//! `candor models`: what there is, what is here, fetching, checking, removing.

use std::io::Write;

use anyhow::{Context as _, Result, anyhow};

use super::Outcome;
use super::args::{ModelsArgs, ModelsCommand, PathArgs, PullArgs};
use super::output::{self, Sink};
use super::progress::Progress;
use crate::model::manifest::{Manifest, ManifestError};
use crate::model::store::{HubSettings, Pull, Size, State, Store, StoreError, default_root};
use crate::render::escape;

/// Runs the command.
pub(super) fn run(args: &ModelsArgs) -> Result<Outcome> {
    let store = store()?;
    match &args.command {
        ModelsCommand::List => list(&store),
        ModelsCommand::Pull(pull) => fetch(&store, pull, args.offline),
        ModelsCommand::Verify(verify) => check(&store, verify.id.as_deref()),
        ModelsCommand::Path(path) => print_path(&store, path),
        ModelsCommand::Rm(rm) => remove(&store, &rm.id),
    }
}

fn list(store: &Store) -> Result<Outcome> {
    let manifests = Manifest::built_in()?;
    let mut out = Sink::standard();
    let row = |id: &str, cells: [&str; 4]| {
        let [size, memory, licence, state] = cells;
        format!("{id:<16}  {size:>8}  {memory:>8}  {licence:<10}  {state}")
    };
    writeln!(out, "{}", row("model", ["download", "memory", "licence", "state"]))?;
    for (n, manifest) in manifests.iter().enumerate() {
        let state = store.state(manifest)?;
        let default = if n == 0 { " (default)" } else { "" };
        let (size, memory) = (Size(manifest.bytes()).to_string(), Size(manifest.memory).to_string());
        let state = format!("{}{default}", words(state));
        writeln!(out, "{}", row(&manifest.id, [&size, &memory, &manifest.licence, &state]))?;
    }
    // Of the user's own manifests only what was pulled is known.
    for id in store.pulled()?.iter().filter(|id| manifests.iter().all(|m| m.id != **id)) {
        writeln!(out, "{}", row(&escape(id), ["", "", "", "pulled by a manifest of yours"]))?;
    }
    writeln!(out, "\nThey are kept in {}", escape(&store.root().display().to_string()))?;
    out.finish()?;
    Ok(Outcome::Clean)
}

fn words(state: State) -> String {
    match state {
        State::Here => "here".to_owned(),
        State::Missing => "not here".to_owned(),
        // Of bytes that are here less than all: never 100.
        State::Partly { have, of } => format!("{}% here", (have.saturating_mul(100) / of.max(1)).min(99)),
    }
}

/// The store of this user.
pub(super) fn store() -> Result<Store> {
    default_root().map(Store::new).context("no folder for models: set CANDOR_MODELS, or HOME")
}

/// The model of an id, or the default one.
pub(super) fn find(id: Option<&str>) -> Result<Manifest> {
    match id {
        Some(id) => Ok(Manifest::find(id)?),
        None => Manifest::built_in()?.into_iter().next().context("no model is built in"),
    }
}

fn fetch(store: &Store, args: &PullArgs, offline: bool) -> Result<Outcome> {
    let manifest = find(args.id.as_deref())?;
    let settings = HubSettings::from_env();
    let pull =
        Pull { settings: &settings, offline: offline || settings.offline, accept_digest: args.accept_digest };
    let mut progress = Progress::new();
    let result = pull.run(store, &manifest, &mut |event| progress.show(&event));
    progress.end();
    result?;
    say(&format!("{} is here", manifest.id))
}

fn check(store: &Store, id: Option<&str>) -> Result<Outcome> {
    let Some(id) = id else { return check_all(store) };
    let manifest = Manifest::find(id)?;
    store.verify(&manifest)?;
    say(&all_right(&manifest.id, manifest.file.len()))
}

/// Checks all that was pulled, by whatever manifest, and says what is not here to be checked.
fn check_all(store: &Store) -> Result<Outcome> {
    let (built_in, pulled) = (Manifest::built_in()?, store.pulled()?);
    if pulled.is_empty() {
        output::note("no model is here; `candor models pull` fetches one");
    }
    let mut out = Sink::standard();
    let mut outcome = Outcome::Clean;
    for id in &pulled {
        // where the user's own manifest is nobody knows
        let own = format!("<the manifest of {id}>");
        let argument = if built_in.iter().any(|m| m.id == *id) { id } else { &own };
        let files = store.verify_pulled(id, argument).unwrap_or_else(|error| vec![Err(error)]);
        let count = files.len();
        let mut right = 0;
        for file in files {
            match file {
                Ok(()) => right += 1,
                Err(error @ StoreError::Missing { .. }) => output::note(&format!("not checked: {error}")),
                Err(error) => {
                    output::error(&error.into());
                    outcome = Outcome::Failed;
                }
            }
        }
        if right == count {
            writeln!(out, "{}", escape(&all_right(id, count)))?;
        }
    }
    out.finish()?;
    Ok(outcome)
}

fn all_right(id: &str, files: usize) -> String {
    format!("{id}: {files} files, all right")
}

fn print_path(store: &Store, args: &PathArgs) -> Result<Outcome> {
    let files = store.locate(&find(args.id.as_deref())?)?;
    let paths = if args.tokenizer { vec![files.tokenizer] } else { files.weights };
    let mut out = Sink::standard();
    for path in paths {
        writeln!(out, "{}", path.display())?;
    }
    out.finish()?;
    Ok(Outcome::Clean)
}

fn remove(store: &Store, id: &str) -> Result<Outcome> {
    let (id, manifest) = match Manifest::find(id) {
        Ok(manifest) => (manifest.id.clone(), Some(manifest)),
        // The user's manifest may be gone while what it fetched is still here.
        Err(ManifestError::Unknown { .. }) if store.pulled()?.iter().any(|p| p == id) => {
            (id.to_owned(), None)
        }
        Err(error) => return Err(error.into()),
    };
    let here = store.pulled()?.contains(&id);
    match store.remove(&id, manifest.as_ref())? {
        0 if !here => Err(anyhow!("model {id} is not here")),
        freed => say(&format!("{id} is removed, {} are free again", Size(freed))),
    }
}

fn say(text: &str) -> Result<Outcome> {
    let mut out = Sink::standard();
    writeln!(out, "{text}")?;
    out.finish()?;
    Ok(Outcome::Clean)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_part_is_never_the_whole() {
        assert_eq!(words(State::Partly { have: 999, of: 1000 }), "99% here");
        assert_eq!(words(State::Partly { have: 1, of: 0 }), "99% here");
        assert_eq!(words(State::Partly { have: 1, of: 1000 }), "0% here");
    }
}
