//! The stories in a folder: Markdown and plain text, in the order of their paths.
//!
//! `.ignore` and `.candorignore` are honoured, `.gitignore` is not: a bank's own keeps stories out of a repository, and
//! they would all be left out here too.

use std::path::{Path, PathBuf};

use ignore::{DirEntry, WalkBuilder};

use super::record::RecordError;

/// File names' endings that are read.
const ENDINGS: [&str; 4] = ["md", "markdown", "txt", "text"];

/// The files, one after the other as they are found; an error where there is none.
pub(super) fn stories(folder: &Path) -> impl Iterator<Item = Result<PathBuf, RecordError>> + use<> {
    let name = folder.display().to_string();
    let mut walk = WalkBuilder::new(folder)
        .git_ignore(false)
        .git_global(false)
        .git_exclude(false)
        .add_custom_ignore_filename(".candorignore")
        .sort_by_file_path(Path::cmp)
        .build();
    let mut any = false;
    let mut over = false;
    std::iter::from_fn(move || {
        while !over {
            match walk.next() {
                Some(Ok(entry)) if is_story(&entry) => {
                    any = true;
                    return Some(Ok(entry.into_path()));
                }
                Some(Ok(_)) => {}
                Some(Err(source)) => {
                    any = true;
                    return Some(Err(RecordError::Walk { name: name.clone(), source: Box::new(source) }));
                }
                None => over = true,
            }
        }
        let nothing = !std::mem::replace(&mut any, true);
        nothing.then(|| Err(RecordError::Nothing { name: name.clone() }))
    })
}

fn is_story(entry: &DirEntry) -> bool {
    entry.file_type().is_some_and(|t| t.is_file()) && is_called_story(entry.path())
}

/// Whether a file of this name is a story of the folder that it is in.
#[must_use]
pub fn is_called_story(path: &Path) -> bool {
    let ending = path.extension().is_some_and(|e| ENDINGS.iter().any(|known| e.eq_ignore_ascii_case(known)));
    let readme = path.file_stem().is_some_and(|s| s.eq_ignore_ascii_case("readme"));
    ending && !readme
}

#[cfg(test)]
mod tests {
    use std::fs;

    use super::*;

    #[test]
    fn stories_are_found_in_order_and_nothing_else() {
        let root = std::env::temp_dir().join(format!("candor-folder-{}", std::process::id()));
        fs::create_dir_all(root.join("b")).unwrap();
        for name in
            ["c.txt", "a.MD", "b/a.md", "README.md", "x.jsonl", ".hidden.md", "kept.md", "out.md", "not.md"]
        {
            fs::write(root.join(name), "x").unwrap();
        }
        fs::write(root.join(".gitignore"), "kept.md\n").unwrap();
        fs::write(root.join(".ignore"), "out.md\n").unwrap();
        fs::write(root.join(".candorignore"), "not.md\n").unwrap();
        let found: Vec<PathBuf> = stories(&root).map(Result::unwrap).collect();
        let known = ["a.MD", "b/a.md", "c.txt", "kept.md"].map(|n| root.join(n));
        assert_eq!(found, known);
        fs::remove_dir_all(&root).unwrap();
        fs::create_dir_all(&root).unwrap();
        let said: Vec<_> = stories(&root).collect();
        assert!(matches!(said.as_slice(), [Err(RecordError::Nothing { .. })]));
        fs::remove_dir_all(&root).unwrap();
    }
}
