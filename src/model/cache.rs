//! What a model said before, by what it was asked: numbers on disk, and never a text.
//!
//! Laid out like the build caches of compilers, such as Go's: a file an entry, in 256 folders. So any number of processes
//! use it at once, and a kill leaves nothing half written under a right name.
//!
//! May import: nothing.

use std::fs;
use std::io;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::SystemTime;

use sha2::{Digest, Sha256};

use super::home::{self, Variable};

/// Entries that a folder keeps when it is trimmed: about 33,000 in all, which take 130 MB on a disk with blocks of 4 KiB.
const MOST: usize = 128;
/// A folder is trimmed at one in so many of its new entries, which their keys decide.
const TRIMMED_AT: u8 = 32;
/// Bytes of the check at the end of an entry.
const CHECK: usize = 8;
/// What tells backup programs that nothing here needs them. Source: the Cache Directory Tagging Specification.
const TAG: &str =
    "Signature: 8a477f597d28d172789f06886806bc55\n# what candor heard in texts before, as numbers\n";

/// What a model was asked.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Key([u8; 32]);

impl Key {
    /// The key of parts, in their order.
    #[must_use]
    pub fn of<'a>(parts: impl IntoIterator<Item = &'a [u8]>) -> Key {
        let mut sha = Sha256::new();
        for part in parts {
            // With its length, so that no two lists of parts run together into the same bytes.
            sha.update((part.len() as u64).to_le_bytes());
            sha.update(part);
        }
        Key(sha.finalize().into())
    }
}

/// A folder of entries. It is never the reason why a run fails: what can't be read is asked again, and once something
/// can't be written nothing more is.
#[derive(Debug)]
pub struct Cache {
    root: PathBuf,
    /// Whether nothing is written any more.
    closed: AtomicBool,
}

impl Cache {
    /// The cache in a folder, which is made when something is first put into it.
    #[must_use]
    pub fn new(root: PathBuf) -> Cache {
        Cache { root, closed: AtomicBool::new(false) }
    }

    /// What was put under the key, if it is whole.
    #[must_use]
    pub fn get(&self, key: &Key) -> Option<Vec<f32>> {
        let bytes = fs::read(self.path(key)).ok()?;
        let (numbers, check) = bytes.split_at_checked(bytes.len().checked_sub(CHECK)?)?;
        let (numbers, rest) = numbers.as_chunks::<4>();
        let whole = rest.is_empty() && check == checked(key, numbers.as_flattened());
        whole.then(|| numbers.iter().map(|n| f32::from_le_bytes(*n)).collect())
    }

    /// Keeps numbers under the key.
    pub fn put(&self, key: &Key, numbers: &[f32]) {
        if !self.closed.load(Ordering::Relaxed) && self.write(key, numbers).is_err() {
            self.closed.store(true, Ordering::Relaxed);
        }
    }

    fn write(&self, key: &Key, numbers: &[f32]) -> io::Result<()> {
        let path = self.path(key);
        let folder = path.parent().unwrap_or(&self.root);
        if !folder.is_dir() {
            fs::create_dir_all(folder)?;
            let tag = self.root.join("CACHEDIR.TAG");
            if !tag.exists() {
                fs::write(tag, TAG)?;
            }
        }
        let mut bytes: Vec<u8> = numbers.iter().flat_map(|n| n.to_le_bytes()).collect();
        bytes.extend(checked(key, &bytes));
        // Of two threads or processes with the same answer each has its own file, and the last one stays.
        let thread = format!("{:?}", std::thread::current().id());
        let thread: String = thread.chars().filter(char::is_ascii_digit).collect();
        let new = path.with_extension(format!("{}-{thread}", std::process::id()));
        let written = fs::write(&new, bytes).and_then(|()| fs::rename(&new, &path));
        if written.is_err() {
            let _ = fs::remove_file(&new);
        }
        written?;
        if key.0[1] < u8::MAX / TRIMMED_AT {
            trim(folder)?;
        }
        Ok(())
    }

    fn path(&self, key: &Key) -> PathBuf {
        let hex: String = key.0.iter().map(|b| format!("{b:02x}")).collect();
        self.root.join(&hex[..2]).join(&hex[2..])
    }
}

/// What stands behind an entry's bytes, so that one that is cut off or another's is told from a whole one.
fn checked(key: &Key, numbers: &[u8]) -> [u8; CHECK] {
    let sum = Sha256::new().chain_update(key.0).chain_update(numbers).finalize();
    std::array::from_fn(|i| sum[i])
}

/// Takes the oldest entries away, and what a killed process left. Another process may do the same meanwhile.
fn trim(folder: &Path) -> io::Result<()> {
    let entry = |entry: fs::DirEntry| {
        let modified = entry.metadata().and_then(|m| m.modified()).unwrap_or(SystemTime::UNIX_EPOCH);
        (modified, entry.path())
    };
    let mut entries: Vec<(SystemTime, PathBuf)> =
        fs::read_dir(folder)?.filter_map(Result::ok).map(entry).collect();
    entries.sort();
    for (_, path) in entries.iter().take(entries.len().saturating_sub(MOST)) {
        let _ = fs::remove_file(path);
    }
    Ok(())
}

/// Where it is kept: `$CANDOR_CACHE`, else `candor` in the user's cache folder; none without a home.
#[must_use]
pub fn default_root() -> Option<PathBuf> {
    root(&|name| std::env::var_os(name))
}

fn root(variable: &Variable<'_>) -> Option<PathBuf> {
    let given = home::set(variable, "CANDOR_CACHE").map(PathBuf::from);
    given.or_else(|| Some(home::cache(variable)?.join("candor")))
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A folder of a test, empty at first and gone at the end.
    struct Folder(PathBuf);

    impl Folder {
        fn new(name: &str) -> Folder {
            let path = std::env::temp_dir().join(format!("candor-cache-{name}-{}", std::process::id()));
            let _ = fs::remove_dir_all(&path);
            Folder(path)
        }

        fn files(&self) -> Vec<PathBuf> {
            let folders = fs::read_dir(&self.0).unwrap().map(|e| e.unwrap().path()).filter(|p| p.is_dir());
            folders.flat_map(|f| fs::read_dir(f).unwrap().map(|e| e.unwrap().path())).collect()
        }
    }

    impl Drop for Folder {
        fn drop(&mut self) {
            let _ = fs::remove_dir_all(&self.0);
        }
    }

    #[test]
    fn what_is_put_is_got_to_the_bit() {
        let folder = Folder::new("bits");
        let cache = Cache::new(folder.0.clone());
        let key = Key::of([b"a".as_slice(), b"bc"]);
        assert_eq!(cache.get(&key), None);
        let numbers = [0.1, -0.0, f32::MIN_POSITIVE, f32::NAN, f32::MAX];
        cache.put(&key, &numbers);
        let bits = |n: &[f32]| n.iter().map(|x| x.to_bits()).collect::<Vec<_>>();
        assert_eq!(bits(&cache.get(&key).unwrap()), bits(&numbers));
        assert_eq!(cache.get(&Key::of([b"ab".as_slice(), b"c"])), None, "the same bytes, cut elsewhere");
        cache.put(&key, &[]);
        assert_eq!(cache.get(&key), Some(Vec::new()), "the last one stays");
        assert!(folder.0.join("CACHEDIR.TAG").is_file() && folder.files().len() == 1);
    }

    #[test]
    fn what_is_damaged_is_not_believed() {
        let folder = Folder::new("damage");
        let cache = Cache::new(folder.0.clone());
        let (key, other) = (Key::of([b"a".as_slice()]), Key::of([b"b".as_slice()]));
        cache.put(&key, &[1.0, 2.0]);
        let path = cache.path(&key);
        let whole = fs::read(&path).unwrap();
        for cut in 0..whole.len() {
            fs::write(&path, &whole[..cut]).unwrap();
            assert_eq!(cache.get(&key), None, "cut at {cut}");
            let mut bytes = whole.clone();
            bytes[cut] ^= 1;
            fs::write(&path, bytes).unwrap();
            assert_eq!(cache.get(&key), None, "a bit of byte {cut} turned");
        }
        fs::create_dir_all(cache.path(&other).parent().unwrap()).unwrap();
        fs::write(cache.path(&other), whole).unwrap();
        assert_eq!(cache.get(&other), None, "under another's name");
    }

    #[test]
    fn it_does_not_grow_without_end() {
        let folder = Folder::new("growth");
        let cache = Cache::new(folder.0.clone());
        let key = |i: u32| {
            let mut key = Key::of([i.to_le_bytes().as_slice()]);
            key.0[0] = 7;
            key
        };
        let all = 4 * MOST as u32;
        (0..all).for_each(|i| cache.put(&key(i), &[i as f32]));
        let kept = folder.files().len();
        assert!((MOST..3 * MOST).contains(&kept), "{kept}");
        assert_eq!(cache.get(&key(all - 1)), Some(vec![(all - 1) as f32]), "the newest stays");
    }

    #[test]
    fn where_nothing_can_be_written_nothing_fails() {
        let folder = Folder::new("closed");
        fs::write(&folder.0, "a file").unwrap();
        let cache = Cache::new(folder.0.join("below"));
        let key = Key::of([b"a".as_slice()]);
        cache.put(&key, &[1.0]);
        assert!(cache.get(&key).is_none() && cache.closed.load(Ordering::Relaxed));
        fs::remove_file(&folder.0).unwrap();
    }

    #[test]
    fn the_folder_is_where_the_environment_says() {
        fn with(variables: &[(&str, &str)]) -> Option<PathBuf> {
            root(&|name| variables.iter().find(|v| v.0 == name).map(|v| v.1.into()))
        }
        let home = ("HOME", "/h");
        assert_eq!(with(&[home]), Some("/h/.cache/candor".into()));
        assert_eq!(with(&[home, ("XDG_CACHE_HOME", "/x")]), Some("/x/candor".into()));
        assert_eq!(with(&[home, ("XDG_CACHE_HOME", "x")]), Some("/h/.cache/candor".into()), "not absolute");
        assert_eq!(with(&[home, ("CANDOR_CACHE", "c")]), Some("c".into()));
        assert_eq!(with(&[]), None);
    }
}
