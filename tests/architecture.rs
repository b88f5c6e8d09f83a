//! The arrows of the house: which module may use which. Reads the `crate::` paths in the source.

#![allow(clippy::unwrap_used)]

use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};

/// Each module, and those that it may use. Tests inside a module may use what they like.
const ARROWS: &[(&str, &[&str])] = &[
    ("text", &[]),
    ("evidence", &[]),
    ("wording", &["evidence"]),
    ("report", &["evidence", "text"]),
    ("compare", &["evidence", "report", "text"]),
    ("guide", &["evidence", "report"]),
    ("model", &["evidence", "text", "wording"]),
    ("detect", &["evidence", "guide", "report", "text", "wording"]),
    ("score", &["evidence", "guide", "report", "text", "wording"]),
    ("judge", &["evidence", "guide", "model", "report", "text"]),
    ("critic", &["detect", "evidence", "guide", "judge", "model", "report", "score", "text"]),
    ("bank", &["compare", "critic", "evidence", "guide", "model", "report", "text"]),
    ("eval", &["critic", "evidence", "judge", "model", "report", "text"]),
    ("render", &["bank", "compare", "evidence", "guide", "model", "report", "text", "wording"]),
    (
        "cli",
        &[
            "bank", "compare", "critic", "detect", "eval", "evidence", "guide", "judge", "model", "render",
            "report", "score", "text", "wording",
        ],
    ),
];

fn files(path: &Path, out: &mut Vec<PathBuf>) {
    if path.is_dir() {
        let mut entries: Vec<PathBuf> = fs::read_dir(path).unwrap().map(|e| e.unwrap().path()).collect();
        entries.sort();
        entries.iter().for_each(|p| files(p, out));
    } else if path.extension().is_some_and(|e| e == "rs") {
        out.push(path.to_path_buf());
    }
}

/// The modules that a source text names as `crate::…`, without its test module and comments.
fn uses(source: &str) -> BTreeSet<String> {
    let code = source.split("#[cfg(test)]").next().unwrap_or_default();
    let lines = code.lines().filter(|l| !l.trim_start().starts_with("//"));
    let name = |s: &str| s.chars().take_while(|c| c.is_ascii_alphanumeric() || *c == '_').collect::<String>();
    lines.flat_map(|l| l.split("crate::").skip(1).map(name).collect::<Vec<_>>()).collect()
}

fn module(path: &Path) -> String {
    let inside = path.strip_prefix(Path::new(env!("CARGO_MANIFEST_DIR")).join("src")).unwrap();
    let first = inside.iter().next().unwrap().to_str().unwrap();
    first.trim_end_matches(".rs").to_owned()
}

#[test]
fn arrows_run_one_way() {
    let mut paths = Vec::new();
    files(&Path::new(env!("CARGO_MANIFEST_DIR")).join("src"), &mut paths);
    let mut seen = 0;
    for path in paths {
        let name = module(&path);
        let tests_only = path.file_stem().is_some_and(|s| {
            let s = s.to_string_lossy();
            s == "tests" || s == "fixture" || s.ends_with("_tests")
        });
        if name == "lib" || name == "main" || tests_only {
            continue;
        }
        let (_, allowed) =
            ARROWS.iter().find(|(m, _)| *m == name).unwrap_or_else(|| panic!("{name} has no row in ARROWS"));
        for used in uses(&fs::read_to_string(&path).unwrap()) {
            let ok = used == name || allowed.contains(&used.as_str());
            assert!(ok, "{}: `{name}` may not use `{used}`", path.display());
            seen += 1;
        }
    }
    assert!(seen > 40, "the test reads the arrows: {seen}");
}

#[test]
fn the_table_has_no_circle() {
    for (i, (module, allowed)) in ARROWS.iter().enumerate() {
        for used in *allowed {
            let j = ARROWS.iter().position(|(m, _)| m == used).unwrap();
            assert!(j < i, "{module} → {used} runs upward");
        }
    }
}

#[test]
fn the_process_is_small() {
    let main = fs::read_to_string(Path::new(env!("CARGO_MANIFEST_DIR")).join("src/main.rs")).unwrap();
    assert!(main.lines().count() <= 40);
}
