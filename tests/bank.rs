//! `candor bank` as a process: what a case in `tests/cmd` can't say.

#![allow(clippy::unwrap_used, reason = "a test that can't go on has failed")]

mod folder;

use std::fs;
use std::io::{BufRead, BufReader, Write};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Output, Stdio};
use std::sync::mpsc::channel;
use std::thread::{sleep, spawn};
use std::time::Duration;

use folder::Folder;
use serde_json::{Value, json};

fn candor(folder: &Path, args: &[&str]) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_candor"));
    command.current_dir(folder).env("HOME", folder).args(["bank", "--no-config"]).args(args);
    command.stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::piped());
    command
}

fn run(folder: &Path, args: &[&str]) -> Output {
    candor(folder, args).output().unwrap()
}

fn out(output: &Output) -> String {
    String::from_utf8(output.stdout.clone()).unwrap()
}

fn err(output: &Output) -> String {
    String::from_utf8(output.stderr.clone()).unwrap()
}

/// Records, every seventh of them bad.
fn records(count: usize) -> String {
    let one = |i: usize| match i % 7 {
        6 => format!("{{\"id\": {i}, \"txt\": \"no text\"}}\n"),
        k => {
            let text =
                "The export was late, and it was mine. I asked both leads for a date. ".repeat(1 + k % 3);
            let record =
                json!({"id": format!("r{i}"), "text": format!("{text}It fell by {i}%."), "question": "Why?"});
            format!("{record}\n")
        }
    };
    (0..count).map(one).collect()
}

fn names(jsonl: &str) -> Vec<String> {
    let path = |l: &str| serde_json::from_str::<Value>(l).unwrap()["path"].as_str().unwrap().to_owned();
    jsonl.lines().map(path).collect()
}

#[test]
fn order_is_kept_and_bad_records_stop_nothing() {
    let folder = Folder::new("bank-order");
    folder.write("r.jsonl", &records(60));
    let output = run(&folder.0, &["r.jsonl", "-f", "jsonl"]);
    assert_eq!(output.status.code(), Some(0));
    let known: Vec<String> =
        (0..60).map(|i| if i % 7 == 6 { format!("r.jsonl#{i}") } else { format!("r.jsonl#r{i}") }).collect();
    assert_eq!(names(&out(&output)), known);
    assert!(err(&output).contains("8 of 60 records could not be read"), "{}", err(&output));
    assert_eq!(run(&folder.0, &["r.jsonl", "-f", "jsonl", "--strict"]).status.code(), Some(2));
}

#[test]
fn what_a_comment_asks_for_in_vain_is_told_of_every_story() {
    let folder = Folder::new("bank-comments");
    let told = "The export was late, and it was mine. I asked both leads for a date. It fell by 4%.";
    folder.write("old/a.md", &format!("{told} <!-- candor ignore no_leson -->\n"));
    folder.write("old/b.md", &format!("{told}\n<!-- candor of -->\n"));
    folder.write("new/a.md", &format!("{told}\n"));
    for format in ["terminal", "jsonl"] {
        let said = err(&run(&folder.0, &["old", "-f", format]));
        assert!(said.contains("old/a.md:1:") && said.contains("no_lesson"), "{said}");
        assert!(said.contains("old/b.md:2:") && said.contains("`candor of`"), "{said}");
        assert_eq!(err(&run(&folder.0, &["old", "-f", format, "--quiet"])), "");
    }
    for (old, new) in [("old", "new"), ("old/a.md", "new/a.md")] {
        let mut compare = Command::new(env!("CARGO_BIN_EXE_candor"));
        let compare = compare.current_dir(&folder.0).env("HOME", &folder.0);
        let said = err(&compare.args(["compare", "--no-config", old, new]).output().unwrap());
        assert_eq!(said.matches("no_leson").count(), 1, "{said}");
    }
}

#[test]
fn the_next_command_reads_and_judges_as_this_one_did() {
    let folder = Folder::new("bank-next");
    folder.write(
        "a b.jsonl",
        "{\"name\": \"x\", \"body\": \"We had a lot of work. We did our best, and it went well.\"}\n",
    );
    let output = out(&run(&folder.0, &["a b.jsonl", "--text-field", "body", "--id-field", "name"]));
    let output = output.split_whitespace().collect::<Vec<_>>().join(" ");
    let options = "--explain-score --text-field=body --id-field=name --no-config";
    let command = format!("`candor critique {options} 'a b.jsonl#x'`");
    assert!(output.contains(&command), "{output}");
    let mut again = Command::new(env!("CARGO_BIN_EXE_candor"));
    let again = again.current_dir(&folder.0).env("HOME", &folder.0).arg("critique");
    let again = again.args(options.split(' ')).arg("a b.jsonl#x").output().unwrap();
    assert!(out(&again).contains("Where the score comes from"), "{}", err(&again));
}

#[test]
fn a_file_that_may_hold_several_stories_is_told_of() {
    let folder = Folder::new("bank-whole");
    let told = "The export was late, and it was mine. I asked both leads for a date. ".repeat(4);
    folder.write("a.md", &format!("# One\n{told}\n# Two\n{told}\n# Lessons\nI ask first.\n"));
    for format in ["terminal", "jsonl"] {
        let said = err(&run(&folder.0, &["a.md", "-f", format]));
        assert!(said.contains("a.md has 3 headings and is read as one story; --split-headings"), "{said}");
        assert_eq!(err(&run(&folder.0, &["a.md", "-f", format, "--split-headings"])), "");
        assert_eq!(err(&run(&folder.0, &["a.md", "-f", format, "--quiet"])), "");
    }
}

#[test]
fn a_file_that_is_named_twice_is_read_once() {
    let folder = Folder::new("bank-twice");
    let told = "The export was late, and it was mine. I asked both leads for a date. It fell by 4%.";
    folder.write("b/a.md", told);
    folder.write("b/c.md", told);
    let output = run(&folder.0, &["b/a.md", "./b/a.md", "b", "-f", "jsonl"]);
    assert_eq!(names(&out(&output)), ["b/a.md", "b/c.md"]);
    assert!(err(&output).contains("named more than once and read once (left out: 2)"), "{}", err(&output));
    let output = run(&folder.0, &["b", "-f", "jsonl"]);
    assert_eq!((names(&out(&output)).len(), err(&output)), (2, String::new()), "copies are no one file");
}

#[test]
fn no_command_is_said_for_what_came_through_a_pipe() {
    let folder = Folder::new("bank-piped");
    let told = "We had a lot of work. We did our best, and it went well. Everybody helped us a lot.";
    folder.write("clip.md", told);
    let mut child =
        candor(&folder.0, &["-", "--stdin-filename", "clip.md"]).stdin(Stdio::piped()).spawn().unwrap();
    child.stdin.take().unwrap().write_all(told.as_bytes()).unwrap();
    let said = out(&child.wait_with_output().unwrap());
    assert!(!said.contains("clip.md`") && said.contains("a file of its own"), "{said}");
    assert!(out(&run(&folder.0, &["clip.md"])).contains("--no-config clip.md`"));
}

#[test]
fn threads_change_no_byte() {
    let folder = Folder::new("bank-threads");
    folder.write("r.jsonl", &records(40));
    for format in ["jsonl", "csv", "json", "terminal"] {
        let with = |threads: &str| {
            let mut command = candor(&folder.0, &["r.jsonl", "-f", format, "--threads", threads]);
            command.env("RAYON_NUM_THREADS", threads).output().unwrap().stdout
        };
        let once = with("1");
        assert!(!once.is_empty());
        for run in 0..2 {
            assert!(with("2") == once, "{format}: run {run} differs");
        }
    }
}

#[test]
fn what_was_heard_is_kept_as_numbers_and_changes_no_byte() {
    let folder = Folder::new("bank-cache");
    folder.write("r.jsonl", &records(40));
    let args = ["r.jsonl", "-f", "jsonl"];
    let fresh = |args: &[&str]| {
        let cache = folder.0.join("cache");
        let output = candor(&folder.0, args).env("CANDOR_CACHE", &cache).output().unwrap();
        assert_eq!(output.status.code(), Some(0), "{}", err(&output));
        out(&output)
    };
    let once = fresh(&["r.jsonl", "-f", "jsonl", "--no-cache"]);
    assert!(!folder.0.join("cache").exists(), "nothing is kept");
    assert!(fresh(&args) == once);
    let kept: Vec<PathBuf> = entries(&folder.0.join("cache"));
    assert!(kept.len() > 30, "{kept:?}");
    for path in &kept {
        let bytes = fs::read(path).unwrap();
        for word in ["export", "leads", "fell", "Why"] {
            let holds = bytes.windows(word.len()).any(|w| w == word.as_bytes());
            assert!(!holds && !path.to_string_lossy().contains(word), "{word} in {}", path.display());
        }
    }
    assert!(fresh(&args) == once, "from the cache");
    for (i, path) in kept.iter().enumerate() {
        let bytes = fs::read(path).unwrap();
        fs::write(path, &bytes[..i * bytes.len() / kept.len()]).unwrap();
    }
    assert!(fresh(&args) == once, "from a damaged one");
}

/// The files below a folder, without the cache's tag.
fn entries(folder: &Path) -> Vec<PathBuf> {
    let paths = fs::read_dir(folder).unwrap().map(|e| e.unwrap().path());
    paths
        .flat_map(|path| if path.is_dir() { entries(&path) } else { vec![path] })
        .filter(|path| !path.ends_with("CACHEDIR.TAG"))
        .collect()
}

/// Kills it as soon as so much is written, if it still runs.
fn kill_at(mut child: Child, output: &Path, bytes: u64) -> bool {
    let written = || fs::metadata(output).map_or(0, |m| m.len());
    while child.try_wait().unwrap().is_none() {
        if written() >= bytes {
            child.kill().unwrap();
            child.wait().unwrap();
            return true;
        }
        sleep(Duration::from_millis(1));
    }
    false
}

#[test]
fn a_run_that_is_killed_goes_on_and_loses_nothing() {
    let folder = Folder::new("bank-resume");
    folder.write("r.jsonl", &records(400));
    for format in ["jsonl", "csv"] {
        let whole = out(&run(&folder.0, &["r.jsonl", "-f", format, "--no-cache"]));
        let args = ["r.jsonl", "-f", format, "-o", "out", "--resume", "--no-cache"];
        // Not by a clock, which would say how fast the machine is, but at parts of the output that share nothing with the
        // chunks: one in each twentieth.
        let mut seed: u64 = 0x9e37_79b9_7f4a_7c15;
        let mut killed = 0;
        for part in 0..20 {
            seed = seed.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1);
            let bytes = (whole.len() as u64 * part + (seed >> 33) % whole.len() as u64) / 20;
            let child = candor(&folder.0, &args).spawn().unwrap();
            killed += u32::from(kill_at(child, &folder.0.join("out"), bytes));
            // it may have been killed before there was a file
            let partial = fs::read_to_string(folder.0.join("out")).unwrap_or_default();
            assert!(whole.starts_with(&partial), "{format}: what is there is the beginning of the whole");
            // As if the last line had been cut in the middle of the writing.
            if let Some(last) = partial.trim_end().rfind('\n').filter(|at| *at > 0 && killed % 2 == 0) {
                fs::write(folder.0.join("out"), &partial.as_bytes()[..last.midpoint(partial.len())]).unwrap();
            }
        }
        assert!(killed > 9, "{format}: it is killed while it runs");
        let output = run(&folder.0, &args);
        assert_eq!(output.status.code(), Some(0), "{}", err(&output));
        assert!(folder.read("out") == whole, "{format}: as if it had never been killed");
        let again = run(&folder.0, &args);
        assert_eq!(again.status.code(), Some(0), "{}", err(&again));
        assert!(folder.read("out") == whole, "{format}: nothing twice");
        fs::remove_file(folder.0.join("out")).unwrap();
    }
}

#[test]
fn what_is_not_its_own_is_not_gone_on_with() {
    let folder = Folder::new("bank-foreign");
    folder.write("r.jsonl", &records(3));
    folder.write("a.md", "A story without a line break");
    folder.write("other.jsonl", "{\"path\":\"x\"}\n");
    folder.write("b.csv", "a,b\n");
    for (file, format, said) in [
        ("a.md", "jsonl", "holds nothing that candor writes"),
        ("a.md", "csv", "holds nothing that candor writes"),
        ("other.jsonl", "jsonl", "but the record in that place is r.jsonl#r0"),
        ("b.csv", "csv", "does not begin with the row"),
    ] {
        let before = folder.read(file);
        let output = run(&folder.0, &["r.jsonl", "-f", format, "-o", file, "--resume"]);
        assert_eq!(output.status.code(), Some(2), "{file}");
        assert!(err(&output).contains(said), "{file}: {}", err(&output));
        assert_eq!(folder.read(file), before);
    }
    run(&folder.0, &["r.jsonl", "-f", "jsonl", "-o", "out"]);
    let output = run(&folder.0, &["r.jsonl", "-f", "jsonl", "-o", "out"]);
    assert!(err(&output).contains("is there already; --resume goes on with it"), "{}", err(&output));
    folder.write("short.jsonl", &records(2));
    let output = run(&folder.0, &["short.jsonl", "-f", "jsonl", "-o", "out", "--resume"]);
    assert_eq!(output.status.code(), Some(2), "{}", err(&output));
}

#[test]
fn a_story_is_never_written_over() {
    let folder = Folder::new("bank-over");
    let story = folder.write("bank/a.md", "Mine. I moved it.");
    folder.write("two.md", "# One\nMine.\n# Two\nMine.");
    for args in [
        ["bank", "-o", "bank/a.md"],
        ["bank/a.md", "-o", "bank/a.md"],
        ["bank", "-o", "bank/report.TXT"],
        ["two.md#One", "-o", "two.md"],
    ] {
        let output = run(&folder.0, &args);
        assert_eq!(output.status.code(), Some(2));
        assert!(err(&output).contains("is one of the stories"), "{}", err(&output));
    }
    assert_eq!(fs::read_to_string(story).unwrap(), "Mine. I moved it.");
}

#[test]
fn standard_input_is_json_lines_or_what_its_name_says() {
    let folder = Folder::new("bank-stdin");
    let feed = |args: &[&str], text: &str| {
        let mut child = candor(&folder.0, args).stdin(Stdio::piped()).spawn().unwrap();
        child.stdin.take().unwrap().write_all(text.as_bytes()).unwrap();
        child.wait_with_output().unwrap()
    };
    let output = feed(&["-", "-f", "jsonl"], "{\"id\":\"a\",\"text\":\"I moved it.\"}\n");
    assert_eq!(names(&out(&output)), ["-#a"]);
    let csv = feed(&["-", "-f", "jsonl", "--stdin-filename", "x.csv"], "id,text\na,I moved it.\n");
    assert_eq!(names(&out(&csv)), ["x.csv#a"]);
    let none = feed(&["-"], "");
    assert_eq!(none.status.code(), Some(2));
    assert!(err(&none).contains("there is no record in -"), "{}", err(&none));
}

#[test]
fn a_record_that_is_written_alone_is_answered_before_the_next() {
    let folder = Folder::new("bank-filter");
    let mut child = candor(&folder.0, &["-", "-f", "jsonl"]).stdin(Stdio::piped()).spawn().unwrap();
    let (mut to, from) = (child.stdin.take().unwrap(), BufReader::new(child.stdout.take().unwrap()));
    let (tell, told) = channel();
    let reader = spawn(move || from.lines().try_for_each(|line| tell.send(line.unwrap())));
    for id in ["a", "b", "c"] {
        writeln!(to, "{}\n", json!({ "id": id, "text": "I moved it. It held." })).unwrap();
        let line = told.recv_timeout(Duration::from_secs(60)).expect("an answer before the next record");
        assert_eq!(names(&line), [format!("-#{id}")]);
    }
    drop(to);
    assert!(child.wait().unwrap().success());
    reader.join().unwrap().unwrap();
}

#[test]
fn where_nothing_can_be_read_the_code_says_so() {
    let folder = Folder::new("bank-nothing");
    fs::create_dir_all(folder.0.join("empty")).unwrap();
    for path in ["none.md", "empty", "none.jsonl"] {
        let output = run(&folder.0, &[path]);
        assert_eq!(output.status.code(), Some(2), "{path}");
        assert!(out(&output).contains(path), "{}", out(&output));
    }
    folder.write("a.md", "The export was mine. I moved it, and it held.");
    let part = run(&folder.0, &["a.md", "none.md"]);
    assert_eq!(part.status.code(), Some(2), "what was named is not there");
    assert_eq!(run(&folder.0, &["none.md", "--format", "jsonl", "-o", "n.jsonl"]).status.code(), Some(2));
    assert!(!folder.0.join("n.jsonl").exists(), "the right path may begin it");
    folder.write("report.json", "[]");
    assert_eq!(run(&folder.0, &["none.md", "--format", "json", "-o", "report.json"]).status.code(), Some(2));
    assert_eq!(fs::read_to_string(folder.0.join("report.json")).unwrap(), "[]", "nothing came in its place");
}

#[cfg(unix)]
#[test]
fn ctrl_c_ends_with_what_is_done() {
    let folder = Folder::new("bank-interrupt");
    folder.write("r.jsonl", &records(3000));
    let args = ["r.jsonl", "-f", "jsonl", "-o", "out"];
    let child = candor(&folder.0, &args).spawn().unwrap();
    // Until something is written, so that it listens.
    for _ in 0..600 {
        if fs::metadata(folder.0.join("out")).is_ok_and(|m| m.len() > 0) {
            break;
        }
        sleep(Duration::from_millis(50));
    }
    let sent = Command::new("kill").args(["-INT", &child.id().to_string()]).status().unwrap();
    assert!(sent.success());
    let output = child.wait_with_output().unwrap();
    assert_eq!(output.status.code(), Some(2), "{}", err(&output));
    assert!(err(&output).contains("--resume goes on from there"), "{}", err(&output));
    let done = names(&folder.read("out"));
    assert!(!done.is_empty() && done.len() < 3000 && folder.read("out").ends_with('\n'));
}

#[test]
fn a_bank_to_fill_in_is_begun_once() {
    let folder = Folder::new("bank-init");
    let first = run(&folder.0, &["--init", "b"]);
    assert_eq!(first.status.code(), Some(0));
    assert_eq!(out(&first).lines().count(), 8);
    folder.write("b/production_issue.md", "Mine. I moved it.");
    let again = run(&folder.0, &["--init", "b"]);
    assert_eq!((again.status.code(), out(&again).as_str()), (Some(0), ""));
    assert_eq!(folder.read("b/production_issue.md"), "Mine. I moved it.");
    let output = run(&folder.0, &["b", "-f", "json"]);
    let bank: Value = serde_json::from_str(&out(&output)).unwrap();
    assert_eq!(
        bank["stories"].as_array().unwrap().len(),
        6,
        "the README is no story, and .gitignore hides none"
    );
    assert!(folder.read("b/.gitignore").lines().any(|l| l == "*"));
}
