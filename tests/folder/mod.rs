//! A folder for the files of a test.

#![allow(
    clippy::unwrap_used,
    dead_code,
    reason = "a test that can't go on has failed; not every test file needs all"
)]

use std::fs;
use std::path::PathBuf;

/// A folder of its own, gone at the end.
pub(crate) struct Folder(pub(crate) PathBuf);

impl Folder {
    /// `name` is that of the test; it must be another one in each.
    pub(crate) fn new(name: &str) -> Folder {
        let path = std::env::temp_dir().join(format!("candor-{name}-{}", std::process::id()));
        fs::create_dir_all(&path).unwrap();
        Folder(path)
    }

    /// Writes a file, in a folder inside where the name has one.
    pub(crate) fn write(&self, name: &str, text: &str) -> PathBuf {
        let path = self.0.join(name);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(&path, text).unwrap();
        path
    }

    /// The text of a file.
    pub(crate) fn read(&self, name: &str) -> String {
        fs::read_to_string(self.0.join(name)).unwrap()
    }
}

impl Drop for Folder {
    fn drop(&mut self) {
        let _ = fs::remove_dir_all(&self.0);
    }
}
