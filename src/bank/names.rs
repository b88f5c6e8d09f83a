//! By which names the stories of a bank can be asked for again.

use std::collections::HashMap;
use std::hash::Hash;
use std::path::Path;

use super::open::holder;

/// What the records of a bank are called.
pub struct Names<'a> {
    times: HashMap<&'a str, usize>,
    piped: Option<&'a str>,
}

impl<'a> Names<'a> {
    /// Those of its records, the bad ones too; `piped` is what standard input was called, where it was read.
    #[must_use]
    pub fn new(all: impl Iterator<Item = &'a str>, piped: Option<&'a str>) -> Names<'a> {
        Names { times: times(all), piped }
    }

    /// Whether a command that is given this name reads that story: no other has it, and it is in a file that stays. What came
    /// through a pipe is gone.
    #[must_use]
    pub fn reads(&self, name: &str) -> bool {
        let once = self.times.get(name) == Some(&1);
        let rest = self.piped.and_then(|piped| name.strip_prefix(piped));
        let gone = rest.is_some_and(|rest| rest.is_empty() || rest.starts_with(['#', ':']));
        let path = Path::new(name);
        once && !gone && (path.is_file() || holder(path).is_some())
    }
}

/// How often each comes.
pub(super) fn times<K: Hash + Eq>(all: impl Iterator<Item = K>) -> HashMap<K, usize> {
    let mut times = HashMap::new();
    all.for_each(|key| *times.entry(key).or_insert(0) += 1);
    times
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_reads_what_is_in_a_file_and_is_called_so_alone() {
        let file = std::env::temp_dir().join(format!("candor-names-{}.md", std::process::id()));
        std::fs::write(&file, "# One\nSo.\n# Two\nSo.\n").unwrap();
        let file_name = file.display().to_string();
        let of = |part: &str| format!("{file_name}{part}");
        let all = [of("#One"), of("#Two"), of("#Two"), of(""), "-:1".to_owned(), "none.md#One".to_owned()];
        let reads = |piped: Option<&str>| {
            let names = Names::new(all.iter().map(String::as_str), piped);
            all.iter().map(|name| names.reads(name)).collect::<Vec<_>>()
        };
        assert_eq!(reads(None), [true, false, false, true, false, false]);
        assert_eq!(reads(Some(&file_name)), [false; 6], "standard input was only called so");
        std::fs::remove_file(&file).unwrap();
    }
}
