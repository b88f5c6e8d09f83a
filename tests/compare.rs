//! `candor compare` as its users meet it, where a case of `tests/cmd` can't say it: git, colours, files.

#![allow(clippy::unwrap_used, reason = "a test that can't go on has failed")]

mod folder;

use std::fs;
use std::path::Path;
use std::process::{Command, Output, Stdio};

use folder::Folder;

const WEAK: &str =
    "We had some problems with the export, and we kind of fixed it together. It was a lot of work.\n";
const MENDED: &str = "\
The billing export failed nine times a week, and each failure delayed invoices of 400 customers. The export was mine from \
March on. I compared a month of failures and found that two jobs wrote the same file, so I proposed to the two leads that \
one of them waits. Failures fell from nine a week to one in two months. I check the count every Monday, and the rule is \
now in our release checklist. I learned to count before I ask whose fault it is.\n";

/// Runs git here, without the settings of whoever runs the tests.
fn git(folder: &Folder, args: &[&str]) {
    let who = ["-c", "user.name=a", "-c", "user.email=a@example.org", "-c", "commit.gpgsign=false"];
    let ran = Command::new("git").current_dir(&folder.0).args(who).args(args).output().unwrap();
    assert!(ran.status.success(), "git {args:?}: {}", String::from_utf8_lossy(&ran.stderr));
}

/// `candor compare` in a folder, without the settings of whoever runs the tests.
fn command(folder: &Path, args: &[&str]) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_candor"));
    command.current_dir(folder).env("HOME", folder).arg("compare").args(args).stdin(Stdio::null());
    for name in ["CANDOR_CONFIG", "XDG_CONFIG_HOME", "NO_COLOR", "CLICOLOR", "CLICOLOR_FORCE", "GIT_DIR"] {
        command.env_remove(name);
    }
    // A repository above the folder of temporary files is none of ours.
    command.env("GIT_CEILING_DIRECTORIES", std::env::temp_dir());
    command
}

fn run(folder: &Path, args: &[&str]) -> Output {
    command(folder, args).output().unwrap()
}

fn out(output: &Output) -> String {
    String::from_utf8(output.stdout.clone()).unwrap()
}

/// What it says on standard error, where it could not run.
fn refused(folder: &Path, args: &[&str]) -> String {
    let output = run(folder, args);
    assert_eq!((output.status.code(), out(&output).as_str()), (Some(2), ""), "{args:?}");
    String::from_utf8(output.stderr).unwrap()
}

/// Whether the program git is there; in CI it has to be.
fn has_git() -> bool {
    let there = Command::new("git").arg("--version").output().is_ok_and(|o| o.status.success());
    assert!(there || std::env::var_os("CI").is_none(), "git is not installed");
    there
}

#[test]
fn a_file_is_compared_with_what_it_was() {
    if !has_git() {
        return;
    }
    let folder = Folder::new("compare-git");
    folder.write("stories/a.md", WEAK);
    git(&folder, &["init", "--quiet"]);
    git(&folder, &["add", "."]);
    git(&folder, &["commit", "--quiet", "-m", "a story"]);
    folder.write("stories/a.md", MENDED);
    for (place, file) in [(".", "stories/a.md"), ("stories", "a.md"), ("stories", "../stories/a.md")] {
        let output = run(&folder.0.join(place), &["--git", "HEAD", file, "--format", "json"]);
        let said: serde_json::Value = serde_json::from_slice(&output.stdout).unwrap();
        assert_eq!((&said["verdict"], &said["new"]["path"]), (&"better".into(), &file.into()));
        assert_eq!(said["old"]["path"], format!("HEAD:{file}"));
    }
    folder.write("weak.md", WEAK);
    let two = run(&folder.0, &["weak.md", "stories/a.md", "--format", "json"]);
    let one = run(&folder.0, &["--git", "HEAD", "stories/a.md", "--format", "json"]);
    let renamed = out(&one).replace("HEAD:stories/a.md", "weak.md");
    assert_eq!(renamed, out(&two), "it is the file of the revision that is read");
    git(&folder, &["commit", "--quiet", "-a", "-m", "mended"]);
    let same = out(&run(&folder.0, &["--git", "HEAD", "--quiet", "stories/a.md"]));
    assert!(same.starts_with("Within noise: "), "{same}");
    let back = out(&run(&folder.0, &["--git", "HEAD~1", "--quiet", "stories/a.md"]));
    assert!(back.starts_with("Better: "), "{back}");
    assert!(refused(&folder.0, &["--git", "HEAD~7", "stories/a.md"]).contains("has no revision `HEAD~7`"));
    assert!(refused(&folder.0, &["--git=--help", "stories/a.md"]).contains("has no revision `--help`"));
    assert!(refused(&folder.0, &["--git", "", "stories/a.md"]).contains("has no revision ``"));
    assert!(refused(&folder.0, &["--git", "HEAD", "weak.md"]).contains("weak.md was not there at `HEAD`"));
    assert!(refused(&folder.0, &["--git", "HEAD", "none/a.md"]).contains("none: no such folder"));
    fs::remove_file(folder.0.join("stories/a.md")).unwrap();
    assert!(refused(&folder.0, &["--git", "HEAD", "stories/a.md"]).contains("stories/a.md: no such file"));
}

#[test]
fn without_git_or_a_repository_it_says_so() {
    let folder = Folder::new("compare-nogit");
    folder.write("a.md", WEAK);
    let output = command(&folder.0, &["--git", "HEAD", "a.md"]).env("PATH", &folder.0).output().unwrap();
    let said = String::from_utf8(output.stderr).unwrap();
    assert_eq!(output.status.code(), Some(2));
    assert!(said.contains("git, which is not there; install it or give two files"), "{said}");
    if has_git() {
        let said = refused(&folder.0, &["--git", "HEAD", "a.md"]);
        assert!(said.contains("a.md is in no git repository; give two files"), "{said}");
    }
}

#[test]
fn an_answer_is_never_written_over_and_the_output_is_written_whole() {
    let folder = Folder::new("compare-over");
    folder.write("a.md", WEAK);
    folder.write("b.md", MENDED);
    for name in ["a.md", "./b.md"] {
        assert!(refused(&folder.0, &["a.md", "b.md", "-o", name]).contains("is one of the answers"));
    }
    assert_eq!(fs::read_to_string(folder.0.join("b.md")).unwrap(), MENDED);
    assert_eq!(out(&run(&folder.0, &["a.md", "b.md", "-o", "out.txt"])), "");
    assert_eq!(
        fs::read_to_string(folder.0.join("out.txt")).unwrap(),
        out(&run(&folder.0, &["a.md", "b.md"]))
    );
}

#[test]
fn settings_and_colour_are_those_of_the_config_and_the_options() {
    let folder = Folder::new("compare-settings");
    folder.write("a.md", WEAK);
    folder.write("b.md", MENDED);
    let plain = out(&run(&folder.0, &["a.md", "b.md"]));
    assert!(plain.contains("no_ownership]") && !plain.contains('\u{1b}'), "{plain}");
    folder.write("candor.toml", "ignore = ['no_ownership']\ncolor = 'always'\nformat = 'jsonl'\n");
    let set = out(&run(&folder.0, &["a.md", "b.md"]));
    assert!(!set.contains("no_ownership]") && set.contains('\u{1b}'), "{set}");
    assert_eq!(out(&run(&folder.0, &["a.md", "b.md", "--no-config"])), plain);
    let asked = out(&run(&folder.0, &["a.md", "b.md", "--question", "What is your greatest strength?"]));
    assert!(asked.contains("Question: What is your greatest strength?"), "{asked}");
}

#[test]
fn threads_and_repetition_change_no_byte() {
    let folder = Folder::new("compare-threads");
    folder.write("a.md", WEAK);
    folder.write("b.md", MENDED);
    let with = |threads: &str| {
        let mut command = command(&folder.0, &["a.md", "b.md", "--format", "json"]);
        command.env("RAYON_NUM_THREADS", threads).output().unwrap().stdout
    };
    let once = with("1");
    assert!(once.len() > 1000);
    for run in 0..6 {
        assert!(with(if run % 2 == 0 { "2" } else { "1" }) == once, "run {run} differs");
    }
}
