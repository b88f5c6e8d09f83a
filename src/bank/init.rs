//! A bank to fill in: a file for each category of the guide, with its notes where candor doesn't read them.

use std::fs::{self, OpenOptions};
use std::io::{self, Write};
use std::path::{Path, PathBuf};

use crate::guide::{Category, Guide};

/// Keeps the stories out of a repository, and itself and the README in.
const IGNORED: &str = "\
# Stories name people and customers: git leaves them out. To share one, add a line such as `!launch.md`.
*
!.gitignore
!README.md
";

/// Why a bank can't be begun. What was written before stays.
#[derive(Debug, thiserror::Error)]
pub enum InitError {
    /// The folder can't be made.
    #[error("cannot make the folder {}", path.display())]
    Folder {
        /// It.
        path: PathBuf,
        /// What the system said.
        source: io::Error,
    },
    /// A file can't be written.
    #[error("cannot write {}", path.display())]
    File {
        /// It.
        path: PathBuf,
        /// What the system said.
        source: io::Error,
    },
}

/// Writes the files of a bank into a folder, which is made where it is missing. Nothing that is there is touched:
/// each path comes with whether it was written.
///
/// # Errors
/// When the folder can't be made or a file can't be written.
pub fn init(folder: &Path, guide: &Guide) -> Result<Vec<(PathBuf, bool)>, InitError> {
    fs::create_dir_all(folder).map_err(|source| InitError::Folder { path: folder.to_path_buf(), source })?;
    let mut files =
        vec![(".gitignore".to_owned(), IGNORED.to_owned()), ("README.md".to_owned(), readme(guide))];
    files.extend(guide.category.iter().map(|c| (format!("{}.md", c.id), page(c, guide))));
    files
        .into_iter()
        .map(|(name, text)| {
            let path = folder.join(name);
            match write_new(&path, &text) {
                Ok(()) => Ok((path, true)),
                Err(error) if error.kind() == io::ErrorKind::AlreadyExists => Ok((path, false)),
                Err(source) => Err(InitError::File { path, source }),
            }
        })
        .collect()
}

fn write_new(path: &Path, text: &str) -> io::Result<()> {
    OpenOptions::new().write(true).create_new(true).open(path)?.write_all(text.as_bytes())
}

/// A story to be written. All that stands in it is a comment.
fn page(category: &Category, guide: &Guide) -> String {
    let mut out = format!(
        "---\nquestion:\n---\n\n<!-- {}: one thing that happened, told as you would tell it, 150 to 300 words.\n     \
         candor reads nothing that stands between these marks. Write below each of them, or take them out. -->\n\n",
        comment(&sentence(&category.title))
    );
    for (i, note) in guide.note.iter().enumerate() {
        out.push_str(&format!("<!-- {}. {} -->\n\n\n", i + 1, comment(&sentence(&note.title))));
    }
    if !guide.pressure.is_empty() {
        out.push_str("<!-- Before you keep it:\n");
        guide.pressure.iter().for_each(|p| out.push_str(&format!("     {}\n", comment(&p.title))));
        out.push_str("-->\n");
    }
    out
}

fn readme(guide: &Guide) -> String {
    let mut out =
        format!("# Story bank\n\nStories for interviews by the guide \"{}\", a file each:\n\n", guide.title);
    guide.category.iter().for_each(|c| out.push_str(&format!("- `{}.md`: {}\n", c.id, c.title)));
    out.push_str(
        "\nRename the files and add others as you like; a folder in this one is read too. `candor bank .` here says what \
         each story tells, which kinds are missing, and which story serves which question. It reads every `.md` and `.txt` \
         but READMEs and what `.ignore` or `.candorignore` names.\n\nThe `.gitignore` keeps the stories out of a repository.\n",
    );
    out
}

/// With a capital letter.
fn sentence(words: &str) -> String {
    let mut chars = words.chars();
    chars.next().map_or_else(String::new, |first| first.to_uppercase().chain(chars).collect())
}

/// Nothing in it ends a comment.
fn comment(words: &str) -> String {
    words.split_whitespace().collect::<Vec<_>>().join(" ").replace("--", "-")
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::text::{Answer, SourceKind};

    #[test]
    fn a_bank_to_fill_in_says_nothing_yet() {
        let root = std::env::temp_dir().join(format!("candor-init-{}", std::process::id()));
        let guide = Guide::ownership().unwrap();
        let written = init(&root, &guide).unwrap();
        assert_eq!(written.len(), guide.category.len() + 2);
        assert!(written.iter().all(|w| w.1));
        for category in &guide.category {
            let text = fs::read_to_string(root.join(format!("{}.md", category.id))).unwrap();
            let answer = Answer::parse("a", text.clone(), SourceKind::Markdown);
            assert_eq!((answer.sentences.len(), answer.question), (0, None), "{text}");
            let told = text.replacen("The scene -->\n", "The scene -->\nTwo teams owned it.\n", 1);
            assert_eq!(Answer::parse("a", told, SourceKind::Markdown).sentences.len(), 1);
            assert!(guide.note.iter().all(|n| text.contains(&sentence(&n.title))));
        }
        fs::remove_dir_all(&root).unwrap();
    }

    #[test]
    fn nothing_is_written_over() {
        let root = std::env::temp_dir().join(format!("candor-init-over-{}", std::process::id()));
        fs::create_dir_all(&root).unwrap();
        let mine = root.join("production_issue.md");
        fs::write(&mine, "mine").unwrap();
        let written = init(&root, &Guide::ownership().unwrap()).unwrap();
        assert!(written.iter().all(|w| w.1 == (w.0 != mine)), "{written:?}");
        assert_eq!(fs::read_to_string(mine).unwrap(), "mine");
        let again = init(&root, &Guide::ownership().unwrap()).unwrap();
        assert!(again.iter().all(|w| !w.1));
        fs::remove_dir_all(&root).unwrap();
    }

    #[test]
    fn words_of_a_guide_end_no_comment() {
        assert_eq!(comment("a --> b\nc"), "a -> b c");
    }
}
