//! The command line as its users meet it: the cases of `tests/cmd`, and what a case can't say.

#![allow(clippy::unwrap_used, reason = "a test that can't go on has failed")]

mod folder;

use std::fs;
use std::io::Write;
use std::path::Path;
use std::process::{Command, Output, Stdio};

use folder::Folder;

const ANSWER: &str = "\
Two teams owned the export and neither watched it. The go/no-go was mine. I asked both leads for a date. \
We kind of moved the jobs together.\n";

/// candor in a folder, without the settings of whoever runs the tests.
fn candor(folder: &Path) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_candor"));
    command.current_dir(folder).env("HOME", folder);
    for name in ["CANDOR_CONFIG", "XDG_CONFIG_HOME", "NO_COLOR", "CLICOLOR", "CLICOLOR_FORCE"] {
        command.env_remove(name);
    }
    command
}

fn run(folder: &Path, args: &[&str]) -> Output {
    candor(folder).args(args).stdin(Stdio::null()).output().unwrap()
}

fn out(output: &Output) -> String {
    String::from_utf8(output.stdout.clone()).unwrap()
}

fn err(output: &Output) -> String {
    String::from_utf8(output.stderr.clone()).unwrap()
}

#[test]
fn cases() {
    let home = Folder::new("cli-cases");
    let cases = trycmd::TestCases::new();
    cases.env("HOME", home.0.to_str().unwrap()).env("NO_COLOR", "1").env("COLUMNS", "100");
    // No model is there, and none can be fetched.
    let models = home.0.join("models");
    cases.env("CANDOR_MODELS", models.to_str().unwrap()).env("HF_HUB_OFFLINE", "1");
    cases.env("HF_HOME", models.to_str().unwrap());
    cases.env("CANDOR_CACHE", home.0.join("cache").to_str().unwrap());
    cases.case("tests/cmd/*.trycmd").case("README.md");
    // Runs when it is dropped, while the folder is still there.
    drop(cases);
}

#[test]
fn standard_input_has_the_name_that_it_is_given() {
    let folder = Folder::new("cli-stdin");
    let mut child = candor(&folder.0)
        .args(["critique", "-", "--stdin-filename", "notes/a.txt", "--format", "compact"])
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .spawn()
        .unwrap();
    child.stdin.take().unwrap().write_all(ANSWER.as_bytes()).unwrap();
    let text = out(&child.wait_with_output().unwrap());
    assert!(text.lines().all(|l| l.starts_with("notes/a.txt:")), "{text}");
}

#[test]
fn a_closed_pipe_is_quiet() {
    let folder = Folder::new("cli-pipe");
    folder.write("a.md", ANSWER);
    // More than a pipe holds, so that candor is still writing when the reader goes.
    let mut child = candor(&folder.0)
        .arg("critique")
        .args(["a.md"; 100])
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    drop(child.stdout.take());
    let output = child.wait_with_output().unwrap();
    assert_eq!(output.status.code(), Some(0));
    assert_eq!(err(&output), "");
}

#[test]
fn one_bad_file_does_not_stop_the_others() {
    let folder = Folder::new("cli-bad");
    folder.write("a.md", ANSWER);
    let output = run(&folder.0, &["critique", "none.md", "a.md", "gone.md", "--format", "json"]);
    assert_eq!(output.status.code(), Some(2));
    let value: serde_json::Value = serde_json::from_slice(&output.stdout).unwrap();
    assert_eq!(value.as_array().unwrap().len(), 1);
    let said = err(&output);
    assert!(said.contains("none.md") && said.contains("gone.md"), "{said}");
    assert!(said.lines().filter(|l| l.starts_with("candor: error: ")).count() == 2, "{said}");
}

#[test]
fn an_output_file_is_written_whole_and_nothing_else() {
    let folder = Folder::new("cli-output");
    folder.write("a.md", ANSWER);
    let output = run(&folder.0, &["critique", "a.md", "--format", "jsonl", "-o", "out.jsonl"]);
    assert_eq!(out(&output), "");
    let written = fs::read_to_string(folder.0.join("out.jsonl")).unwrap();
    assert_eq!(written, out(&run(&folder.0, &["critique", "a.md", "--format", "jsonl"])));
    let mut names: Vec<_> = fs::read_dir(&folder.0).unwrap().map(|e| e.unwrap().file_name()).collect();
    names.sort();
    assert_eq!(names, ["a.md", "out.jsonl"]);
    // where nothing is read, what was there is worth more
    let nothing = run(&folder.0, &["critique", "none.md", "--format", "jsonl", "-o", "out.jsonl"]);
    assert_eq!(nothing.status.code(), Some(2));
    assert_eq!(fs::read_to_string(folder.0.join("out.jsonl")).unwrap(), written);
}

#[test]
fn an_output_file_may_be_standard_output() {
    let folder = Folder::new("cli-standard");
    folder.write("a.md", ANSWER);
    let plain = out(&run(&folder.0, &["critique", "a.md"]));
    let log = folder.write("log", "before\n");
    for name in if cfg!(target_os = "linux") { &["-", "/dev/stdout"][..] } else { &["-"] } {
        let to = fs::OpenOptions::new().append(true).open(&log).unwrap();
        let ran = candor(&folder.0).args(["critique", "a.md", "-o", name]).stdout(to).status().unwrap();
        assert_ne!(ran.code(), Some(2), "{name}");
    }
    let runs = fs::read_to_string(log).unwrap().matches(&plain).count();
    assert_eq!(runs, if cfg!(target_os = "linux") { 2 } else { 1 });
    assert!(!folder.0.join("-").exists());
}

#[test]
fn records_on_standard_input_are_no_answer() {
    let folder = Folder::new("cli-records");
    let mut child = candor(&folder.0)
        .args(["critique", "-", "--stdin-filename", "s.jsonl"])
        .stdin(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    child.stdin.take().unwrap().write_all(b"{\"text\": \"It held.\"}\n").unwrap();
    let output = child.wait_with_output().unwrap();
    assert_eq!(output.status.code(), Some(2));
    assert!(err(&output).contains("`candor bank - --stdin-filename s.jsonl` reads them"), "{}", err(&output));
}

#[test]
fn what_gets_no_score_is_told_in_quiet_too() {
    let folder = Folder::new("cli-quiet");
    folder.write("a.md", "Buy milk, eggs and bread.\n");
    for format in ["terminal", "compact"] {
        let said = out(&run(&folder.0, &["critique", "a.md", "--quiet", "--format", format]));
        assert!(said.starts_with("a.md: no score: "), "{format}: {said}");
    }
}

#[test]
fn the_config_is_the_one_that_the_rule_says() {
    let folder = Folder::new("cli-config");
    folder.write("stories/deep/a.md", ANSWER);
    let format_of = |output: &Output| match out(output).as_bytes().first() {
        Some(b'{') => "jsonl",
        Some(b'[') => "json",
        _ if out(output).contains(": level ") => "compact",
        _ => "terminal",
    };
    let critique = |more: &[&str], variable: Option<&str>| {
        let mut command = candor(&folder.0);
        if let Some(value) = variable {
            command.env("CANDOR_CONFIG", value);
        }
        command.args(["critique", "stories/deep/a.md"]).args(more).output().unwrap()
    };
    assert_eq!(format_of(&critique(&[], None)), "terminal");
    folder.write(".config/candor/candor.toml", "format = 'compact'");
    assert_eq!(format_of(&critique(&[], None)), "compact", "the user's");
    folder.write("stories/candor.toml", "format = 'json'");
    assert_eq!(format_of(&critique(&[], None)), "json", "the nearest above the file");
    folder.write("variable.toml", "format = 'jsonl'");
    assert_eq!(format_of(&critique(&[], Some("variable.toml"))), "jsonl", "the variable's");
    folder.write("flag.toml", "format = 'compact'");
    let flag = critique(&["--config", "flag.toml"], Some("variable.toml"));
    assert_eq!(format_of(&flag), "compact", "the option's");
    assert_eq!(format_of(&critique(&["--no-config"], Some("variable.toml"))), "terminal");
    assert_eq!(format_of(&critique(&["-f", "jsonl"], None)), "jsonl", "options beat the config");
    let over = err(&critique(&["-o", "stories/candor.toml"], None));
    assert!(over.contains("which is read; name another file"), "{over}");
}

#[test]
fn a_bad_config_names_file_and_key() {
    let folder = Folder::new("cli-badconfig");
    folder.write("a.md", ANSWER);
    folder.write("candor.toml", "format = 'json'\nformt = 'json'\n");
    let output = run(&folder.0, &["critique", "a.md"]);
    assert_eq!(output.status.code(), Some(2));
    assert!(err(&output).contains("candor.toml") && err(&output).contains("formt"), "{}", err(&output));
    folder.write("candor.toml", "select = ['no_such_thing']\n");
    let output = run(&folder.0, &["critique", "a.md"]);
    assert_eq!(output.status.code(), Some(2));
    assert!(err(&output).contains("unknown mistake `no_such_thing`"), "{}", err(&output));
}

#[test]
fn colour_is_for_those_who_ask_for_it() {
    let folder = Folder::new("cli-color");
    folder.write("a.md", ANSWER);
    assert!(!out(&run(&folder.0, &["critique", "a.md"])).contains('\u{1b}'));
    assert!(out(&run(&folder.0, &["critique", "a.md", "--color", "always"])).contains('\u{1b}'));
    assert!(!out(&run(&folder.0, &["critique", "a.md", "--color", "never"])).contains('\u{1b}'));
}

#[test]
fn an_answer_is_never_written_over() {
    let folder = Folder::new("cli-over");
    let path = folder.write("a.md", ANSWER);
    let output = run(&folder.0, &["critique", "a.md", "-o", "./a.md"]);
    assert_eq!(output.status.code(), Some(2));
    assert!(err(&output).contains("would be written over a.md, which is read"), "{}", err(&output));
    assert_eq!(fs::read_to_string(path).unwrap(), ANSWER);
}

#[test]
fn unknown_ids_in_comments_are_noted() {
    let folder = Folder::new("cli-comments");
    folder.write("a.md", &format!("{ANSWER}\n<!-- candor ignore no_resul --> <!-- candor ignore -->\n"));
    let output = run(&folder.0, &["critique", "a.md"]);
    let said = err(&output);
    assert!(said.starts_with("candor: note: a.md:3:"), "{said}");
    assert!(said.contains("unknown mistake `no_resul` (did you mean `no_result`?)"), "{said}");
    assert!(said.contains("`candor ignore` is no request that candor knows"), "{said}");
    assert_eq!(err(&run(&folder.0, &["critique", "a.md", "--quiet"])), "");
}

#[test]
fn exit_codes_follow_the_fail_level() {
    let folder = Folder::new("cli-exit");
    folder.write("a.md", ANSWER);
    let code = |args: &[&str]| {
        let all = [&["critique", "a.md", "--format", "compact"], args].concat();
        run(&folder.0, &all).status.code()
    };
    let found = out(&run(&folder.0, &["critique", "a.md", "--format", "compact", "--min-level", "error"]));
    let errors = found.lines().any(|l| l.contains(": error["));
    assert_eq!(code(&["--fail-on", "error"]), Some(i32::from(errors)));
    assert_eq!(code(&["--ignore", &mistakes(&folder.0)]), Some(0));
}

fn mistakes(folder: &Path) -> String {
    let table = out(&run(folder, &["explain"]));
    let ids = table.lines().filter_map(|l| l.strip_prefix("  ")?.split_whitespace().next());
    ids.collect::<Vec<_>>().join(",")
}

#[test]
fn every_mistake_is_explained() {
    let folder = Folder::new("cli-explain");
    for id in mistakes(&folder.0).split(',') {
        let output = run(&folder.0, &["explain", id]);
        assert_eq!(output.status.code(), Some(0), "{id}");
        for part in ["Why it matters", "What to do", "Weak", "Mended", "How candor decides"] {
            assert!(out(&output).contains(part), "{id}: {part}");
        }
        assert!(out(&output).lines().all(|l| l.chars().count() <= 80), "{id}");
    }
}

#[test]
fn threads_and_repetition_change_no_byte() {
    let examples =
        ["weak", "middling", "strong"].map(|n| format!("{}/examples/{n}.md", env!("CARGO_MANIFEST_DIR")));
    let folder = Folder::new("cli-threads");
    let with = |threads: &str| {
        let mut command = candor(&folder.0);
        // candle takes its number of threads from the environment, rayon's pool from the option
        command.env("RAYON_NUM_THREADS", threads).args([
            "critique",
            "--format",
            "jsonl",
            "--threads",
            threads,
        ]);
        command.args(&examples).output().unwrap().stdout
    };
    let once = with("1");
    assert_eq!(once.iter().filter(|b| **b == b'\n').count(), examples.len());
    for run in 0..10 {
        assert!(with(if run % 2 == 0 { "2" } else { "1" }) == once, "run {run} differs");
    }
}

#[test]
fn a_text_that_was_pasted_twice_is_judged_once() {
    let folder = Folder::new("cli-twice");
    // of five words or more each: shorter ones may be said twice
    let answer = ANSWER.replace("was mine", "of it was mine");
    folder.write("once.md", &answer);
    folder.write("twice.md", &format!("{answer}\n{answer}"));
    let json = |name: &str| -> serde_json::Value {
        serde_json::from_slice(&run(&folder.0, &["critique", name, "--format", "jsonl"]).stdout).unwrap()
    };
    let (once, twice) = (json("once.md"), json("twice.md"));
    assert_eq!((&once["verdict"], &once["sentences"]), (&twice["verdict"], &twice["sentences"]));
    let reasons: Vec<&serde_json::Value> =
        twice["left_out"].as_array().unwrap().iter().map(|l| &l["reason"]).collect();
    assert_eq!(reasons.len(), once["sentences"].as_array().unwrap().len());
    assert!(reasons.iter().all(|r| *r == "repeated"), "{reasons:?}");
}
