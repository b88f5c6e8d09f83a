//! Answers and banks as they were at a revision of the git repository that they are in, by the program `git`. Nothing in the
//! repository or its working tree changes, nothing is written elsewhere, and no network is used.

use std::io::{self, Read};
use std::path::{Path, PathBuf};
use std::process::{Child, ChildStdout, Command, Output, Stdio};

use anyhow::{Context as _, Result, bail};

use super::blobs::Blobs;
use super::left_out::LeftOut;
use crate::bank::{self, Fields, Named, Reading, Records};
use crate::render::quoted;
use crate::text::{self, Answer, SourceKind};

/// A revision, as it is seen from a folder of its repository.
pub(super) struct Revision {
    folder: PathBuf,
    /// As it was asked for.
    asked: String,
    id: String,
}

impl Revision {
    /// The revision of the repository that a file or a folder is in.
    pub(super) fn find(asked: &str, path: &Path) -> Result<Revision> {
        let parent = || path.parent().filter(|p| !p.as_os_str().is_empty()).unwrap_or(Path::new("."));
        let folder = if path.is_dir() { path } else { parent() };
        if !folder.is_dir() {
            bail!("{}: no such folder", folder.display());
        }
        let inside = answered(folder, &["rev-parse", "--git-dir"])?;
        if !inside.status.success() {
            let why = String::from_utf8_lossy(&inside.stderr);
            if why.contains("not a git repository") {
                bail!("{} is in no git repository; give two files or two banks", path.display());
            }
            bail!("git does not read the repository of {}: {}", path.display(), why.trim());
        }
        let Some(id) = ask(folder, &["rev-parse", "--quiet", "--verify", "--end-of-options", asked])? else {
            bail!("the repository of {} has no revision `{asked}`; see `git log`", path.display());
        };
        Ok(Revision { folder: folder.to_path_buf(), asked: asked.to_owned(), id: id.trim().to_owned() })
    }

    /// What something is called as it was then.
    pub(super) fn label(&self, path: &Path) -> String {
        format!("{}:{}", self.asked, path.display())
    }

    /// The answer in a file, or the story that had this name in it.
    pub(super) fn answer(&self, file: &Path, fields: &Fields) -> Result<Answer> {
        let label = self.label(file);
        if let Some(holder) = bank::holder(file) {
            let (how, holding) = (bank::by_name(fields), self.label(holder));
            let records = bank::read(self.contents(holder)?, Path::new(&holding), &how);
            let story = bank::pick(records, &holding, &label)?;
            if story.named == Named::Line {
                bail!("{label} may be another story than {}: give it an id", file.display());
            }
            if story.name != label {
                bail!("{} was not there at `{}`; see `git log`", file.display(), self.asked);
            }
            return Ok(story.answer());
        }
        let bytes =
            text::bytes_of(self.contents(file)?).with_context(|| format!("git cannot read {label}"))?;
        let source = text::decode(&label, bytes)?;
        Ok(Answer::parse(&label, source, SourceKind::from_path(file)))
    }

    /// The records of a bank, a file or a folder. In a folder those files are stories that would be today: what ignore
    /// files name now is left out here too, so that the two banks are read alike.
    pub(super) fn records<'a>(&self, path: &Path, how: &'a Reading) -> Result<Records<'a>> {
        if !path.is_dir() {
            let label = PathBuf::from(self.label(path));
            return Ok(bank::read(self.contents(path)?, &label, how));
        }
        let stories = self.stories()?;
        if stories.is_empty() {
            bail!(
                "no story of {} was there at `{}`; see `git log -- {0}`, and whether a .gitignore keeps them out",
                path.display(),
                self.asked
            );
        }
        let root = PathBuf::from(self.label(path));
        let blobs = Blobs::new(git(&self.folder, &["cat-file", "--batch"]).spawn().map_err(unreachable)?);
        Ok(Records::chain(
            stories
                .into_iter()
                .scan(blobs, move |blobs, story| Some(blobs.records(&story.id, &root.join(story.path), how))),
        ))
    }

    /// The stories below the folder, in the order of their paths.
    fn stories(&self) -> Result<Vec<Blob>> {
        let Some(listed) = ask(&self.folder, &["ls-tree", "-r", "-z", &self.id, "."])? else {
            bail!("git cannot list {} at `{}`", self.folder.display(), self.asked);
        };
        let mut left_out = LeftOut::of(&self.folder);
        let blobs = listed.split('\0').filter_map(Blob::parse);
        let mut stories: Vec<Blob> =
            blobs.filter(|b| bank::is_called_story(&b.path) && !left_out.names(&b.path)).collect();
        stories.sort_by(|a, b| a.path.cmp(&b.path));
        Ok(stories)
    }

    fn contents(&self, file: &Path) -> Result<Contents> {
        let Some(name) = file.file_name().and_then(|n| n.to_str()) else {
            bail!("{} is no file whose name git can be asked for; give two files", file.display());
        };
        // of the tree alone: what it names may not be here
        let Some(listed) = ask(&self.folder, &["ls-tree", "-z", &self.id, "--", name])? else {
            bail!(
                "git cannot read the folder of {} at `{}`; in a partial clone it may not be here",
                file.display(),
                self.asked
            );
        };
        if listed.is_empty() {
            let name = file.display();
            bail!("{name} was not there at `{}`; see `git log -- {}`", self.asked, quoted(&name.to_string()));
        }
        let Some(Blob { id, .. }) = Blob::parse(listed.trim_end_matches('\0')) else {
            bail!("{} was no plain file at `{}`; name the file that it leads to", file.display(), self.asked);
        };
        let mut child = git(&self.folder, &["cat-file", "blob", &id]).spawn().map_err(unreachable)?;
        let out = child.stdout.take();
        Ok(Contents { child, out })
    }
}

/// A file of a revision.
struct Blob {
    id: String,
    path: PathBuf,
}

impl Blob {
    /// A line of `git ls-tree`; none of what is no plain file.
    fn parse(line: &str) -> Option<Blob> {
        let (about, path) = line.split_once('\t')?;
        let mut about = about.split(' ');
        let (mode, kind, id) = (about.next()?, about.next()?, about.next()?);
        let plain = kind == "blob" && mode.starts_with("100");
        plain.then(|| Blob { id: id.to_owned(), path: PathBuf::from(path) })
    }
}

/// What a file of a revision holds, as git writes it. A failure of git is one of reading.
struct Contents {
    child: Child,
    out: Option<ChildStdout>,
}

impl Read for Contents {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let Some(out) = &mut self.out else { return Ok(0) };
        let read = out.read(buffer)?;
        if read == 0 && !buffer.is_empty() {
            self.out = None;
            if !self.child.wait()?.success() {
                return Err(io::Error::other("git stopped in the middle of it"));
            }
        }
        Ok(read)
    }
}

impl Drop for Contents {
    /// git ends at the closed pipe, and is waited for so that nothing of it is left.
    fn drop(&mut self) {
        self.out = None;
        let _ = self.child.wait();
    }
}

/// git in a folder; of a repository that lacks objects it fetches none.
fn git(folder: &Path, args: &[&str]) -> Command {
    let mut command = Command::new("git");
    command.arg("-C").arg(folder).args(args).env("GIT_NO_LAZY_FETCH", "1");
    // In a hook git names its repository so, and would not look for that of the folder.
    for name in ["GIT_DIR", "GIT_WORK_TREE", "GIT_INDEX_FILE", "GIT_PREFIX", "GIT_COMMON_DIR"] {
        command.env_remove(name);
    }
    command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::null());
    command
}

/// How git answers a question, in words that don't depend on the user's language.
fn answered(folder: &Path, args: &[&str]) -> Result<Output> {
    let mut git = git(folder, args);
    git.stdin(Stdio::null()).stderr(Stdio::piped()).env("LC_ALL", "C").output().map_err(unreachable)
}

/// What git says to a question, unless it says no.
fn ask(folder: &Path, args: &[&str]) -> Result<Option<String>> {
    let output = answered(folder, args)?;
    Ok(output.status.success().then(|| String::from_utf8_lossy(&output.stdout).into_owned()))
}

fn unreachable(error: io::Error) -> anyhow::Error {
    let context = match error.kind() {
        io::ErrorKind::NotFound => {
            "--git needs the program git, which is not there; install it or give two files or two banks"
        }
        _ => "cannot start git",
    };
    anyhow::Error::new(error).context(context)
}
