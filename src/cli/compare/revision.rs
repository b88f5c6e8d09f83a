//! An answer as it was at a revision of the git repository that it is in, by the program `git`.

use std::io::{self, Read};
use std::path::Path;
use std::process::{Command, Stdio};

use anyhow::{Context as _, Result, bail};

use crate::text::{self, Answer, SourceKind};

/// Reads the file as it was at a revision; nothing in the repository or its working tree changes, and no network is used.
pub(super) fn read(revision: &str, file: &Path) -> Result<Answer> {
    let folder = file.parent().filter(|p| !p.as_os_str().is_empty()).unwrap_or(Path::new("."));
    if !folder.is_dir() {
        bail!("{}: no such folder", folder.display());
    }
    let Some(name) = file.file_name().and_then(|n| n.to_str()) else {
        bail!("{} is no file whose name git can be asked for; give two files", file.display());
    };
    if ask(folder, &["rev-parse", "--git-dir"])?.is_none() {
        bail!("{} is in no git repository; give two files", file.display());
    }
    let Some(id) = ask(folder, &["rev-parse", "--quiet", "--verify", "--end-of-options", revision])? else {
        bail!("the repository of {} has no revision `{revision}`; see `git log`", file.display());
    };
    let blob = format!("{}:./{name}", id.trim());
    if ask(folder, &["cat-file", "-e", &blob])?.is_none() {
        bail!("{} was not there at `{revision}`; see `git log -- {name}`", file.display());
    }
    let label = format!("{revision}:{}", file.display());
    let source = text::decode(&label, contents(folder, &blob, &label)?)?;
    Ok(Answer::parse(&label, source, SourceKind::from_path(file)))
}

/// git in a folder; of a repository that lacks objects it fetches none.
fn git(folder: &Path, args: &[&str]) -> Command {
    let mut command = Command::new("git");
    command.arg("-C").arg(folder).args(args).env("GIT_NO_LAZY_FETCH", "1");
    command.stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::null());
    command
}

/// What git says to a question, unless it says no.
fn ask(folder: &Path, args: &[&str]) -> Result<Option<String>> {
    let output = git(folder, args).output().map_err(unreachable)?;
    Ok(output.status.success().then(|| String::from_utf8_lossy(&output.stdout).into_owned()))
}

/// The bytes of a file of a revision; one more than is allowed tells what is too long.
fn contents(folder: &Path, blob: &str, label: &str) -> Result<Vec<u8>> {
    let cannot = || format!("git cannot read {label}");
    let mut child = git(folder, &["cat-file", "blob", blob]).spawn().map_err(unreachable)?;
    let mut bytes = Vec::new();
    if let Some(out) = child.stdout.take() {
        out.take(text::MAX_BYTES as u64 + 1).read_to_end(&mut bytes).with_context(cannot)?;
    }
    // Of what is too long the rest is not read, and git ends at the closed pipe.
    let ended = child.wait().with_context(cannot)?;
    if !ended.success() && bytes.len() <= text::MAX_BYTES {
        bail!(cannot());
    }
    Ok(bytes)
}

fn unreachable(error: io::Error) -> anyhow::Error {
    let context = match error.kind() {
        io::ErrorKind::NotFound => {
            "--git needs the program git, which is not there; install it or give two files"
        }
        _ => "cannot start git",
    };
    anyhow::Error::new(error).context(context)
}
