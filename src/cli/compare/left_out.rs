//! What ignore files of a folder leave out, for paths that need not be there any more. `bank` asks a walker for that; a
//! revision is not walked.

use std::collections::HashMap;
use std::path::{Path, PathBuf};

use ignore::Match;
use ignore::gitignore::{Gitignore, GitignoreBuilder};

/// The files that are honoured, the stronger first.
const FILES: [&str; 2] = [".candorignore", ".ignore"];

/// The ignore files of a folder, of those above it and of those in it, each read when it is first asked for.
pub(super) struct LeftOut {
    root: PathBuf,
    read: HashMap<(PathBuf, &'static str), Gitignore>,
}

impl LeftOut {
    pub(super) fn of(folder: &Path) -> LeftOut {
        // The folders above it are only known of a whole path.
        let root = folder.canonicalize().unwrap_or_else(|_| folder.to_path_buf());
        LeftOut { root, read: HashMap::new() }
    }

    /// Whether a path within the folder is left out: as hidden, or by the nearest ignore file that speaks of it or of a
    /// folder that it is in.
    pub(super) fn names(&mut self, path: &Path) -> bool {
        let hidden = |part: &std::ffi::OsStr| part.to_string_lossy().starts_with('.');
        if path.iter().any(hidden) {
            return true;
        }
        let whole = self.root.join(path);
        let mut parts: Vec<&Path> = whole.ancestors().take_while(|p| *p != self.root.as_path()).collect();
        // A folder that is left out takes all with it, whatever stands for what is in it.
        parts.reverse();
        parts.iter().any(|part| self.names_one(part, *part != whole))
    }

    fn names_one(&mut self, path: &Path, is_folder: bool) -> bool {
        for file in FILES {
            for folder in path.ancestors().skip(1) {
                let known = self.read.entry((folder.to_path_buf(), file));
                let rules = known.or_insert_with(|| rules(folder, file));
                match rules.matched(path, is_folder) {
                    Match::Ignore(_) => return true,
                    Match::Whitelist(_) => return false,
                    Match::None => {}
                }
            }
        }
        false
    }
}

/// Those of one file; a line that makes no sense is none, as for the walker.
fn rules(folder: &Path, file: &str) -> Gitignore {
    let mut builder = GitignoreBuilder::new(folder);
    builder.add(folder.join(file));
    builder.build().unwrap_or_else(|_| Gitignore::empty())
}

#[cfg(test)]
mod tests {
    use std::fs;

    use super::*;
    use crate::bank::{Reading, open};

    #[test]
    fn it_leaves_out_what_the_walker_leaves_out() {
        let root = std::env::temp_dir().join(format!("candor-left-out-{}", std::process::id()));
        let bank = root.join("bank");
        let all = [
            "a.md",
            "b/a.md",
            "b/kept.md",
            "c/a.md",
            "c/d/a.md",
            ".hidden/a.md",
            "b/.a.md",
            "out.md",
            "up.md",
        ];
        for name in all {
            fs::create_dir_all(bank.join(name).parent().unwrap()).unwrap();
            fs::write(bank.join(name), "So.").unwrap();
        }
        fs::write(root.join(".ignore"), "up.md\n").unwrap();
        fs::write(bank.join(".candorignore"), "out.md\n/c/\nb/*\n").unwrap();
        fs::write(bank.join("b/.candorignore"), "!kept.md\n").unwrap();
        fs::write(bank.join("c/.candorignore"), "!a.md\n").unwrap();
        let how = Reading::default();
        let walked: Vec<String> = open(&bank, &how).map(|r| r.unwrap().name).collect();
        let mut left_out = LeftOut::of(&bank);
        let mut kept: Vec<&str> = all.into_iter().filter(|p| !left_out.names(Path::new(p))).collect();
        kept.sort_unstable();
        let kept: Vec<String> = kept.iter().map(|p| bank.join(p).display().to_string()).collect();
        assert_eq!(kept, walked);
        assert!(walked.len() == 2, "{walked:?}");
        fs::remove_dir_all(&root).unwrap();
    }
}
