//! A bank that a language model judges too: one story after the other, each as if it were alone.

use std::fs::{self, File};
use std::process::{Command, Output, Stdio};
use std::thread::sleep;
use std::time::Duration;

use serde_json::{Value, json};

use super::{ANSWER, Place, assert_valid};

/// The model, and the short guide, whose prompts fit a context of letters.
const ASKED: [&str; 3] = ["--guide", "guide.toml", "--llm=own.gguf"];
const OTHER: &str = "\
The returns page broke each Monday, and it was mine. I compared a month of logs, found two jobs that wrote one file, and \
asked the other team to wait for ours. It has not broken since, and the check runs each night.\n";

fn bank(place: &Place, args: &[&str]) -> Output {
    place.run(&[&["bank"], args, &ASKED[..]].concat())
}

fn out(output: &Output) -> String {
    String::from_utf8(output.stdout.clone()).unwrap()
}

fn err(output: &Output) -> String {
    String::from_utf8(output.stderr.clone()).unwrap()
}

/// Stories in a folder, and the same as records of a file, with one that is no answer.
fn filled(name: &str, records: usize) -> Place {
    let place = Place::new(name);
    let folder = place.folder.join("stories");
    fs::create_dir_all(&folder).unwrap();
    let stories = [("a.md", ANSWER), ("b.md", OTHER), ("c.txt", "Bread, milk, two apples.\n")];
    stories.iter().for_each(|(name, text)| fs::write(folder.join(name), text).unwrap());
    let line = |i: usize| {
        format!("{}\n", json!({ "id": i, "text": format!("{} It took {i} days.", stories[i % 3].1) }))
    };
    fs::write(place.folder.join("r.jsonl"), (0..records).map(line).collect::<String>()).unwrap();
    place
}

fn lines(jsonl: &str) -> Vec<Value> {
    jsonl.lines().map(|l| serde_json::from_str(l).unwrap()).collect()
}

/// A text with `#` for each number and one unit of time.
fn masked(text: &str) -> String {
    let mut out = String::new();
    for c in text.chars() {
        match c {
            '0'..='9' | '.' if out.ends_with('#') => {}
            '0'..='9' => out.push('#'),
            c => out.push(c),
        }
    }
    out.replace("# minutes", "# s")
}

#[test]
fn each_story_is_judged_as_if_it_were_alone() {
    let place = filled("bank-alone", 0);
    let files = ["stories/a.md", "stories/b.md", "stories/c.txt"];
    let alone = place.run(&[&["critique", "--format", "jsonl"], &files[..], &ASKED].concat());
    let together = bank(&place, &["stories", "--format", "jsonl"]);
    assert_eq!(together.status.code(), Some(0), "{}", err(&together));
    assert_eq!(out(&together), out(&alone));
    let critiques = lines(&out(&together));
    critiques.iter().for_each(super::assert_of_the_schema);
    assert_eq!(critiques[0]["tool"]["engine"], "both");
    assert!(critiques[0]["second_opinion"].is_object() && critiques[0]["words"].is_object());
    assert!(critiques[2]["second_opinion"].is_null(), "it is no answer");
    let with =
        |threads: &str| bank(&place, &["stories", "-f", "jsonl", "--no-words", "--threads", threads]).stdout;
    let one = with("1");
    assert!(!one.is_empty() && one == with("2"), "threads change no byte");
}

#[test]
fn the_cost_in_time_is_said_before() {
    let place = filled("bank-cost", 0);
    let notes = |args: &[&str]| err(&bank(&place, args));
    let said = notes(&["stories", "--no-words", "-f", "jsonl"]);
    assert!(said.lines().next().unwrap().ends_with(" for 3 stories"), "{said}");
    let known = "candor: note: own reads the guide once (# tokens, # s) and needs about # s a story on this machine: \
                 some # s for # stories";
    assert_eq!(masked(said.lines().next().unwrap()), known);
    let story = File::open(place.folder.join("stories/a.md")).unwrap();
    let args = [&["bank", "-", "--stdin-filename", "a.md", "-f", "csv"], &ASKED[..]].concat();
    let output = place.candor(&args).stdin(story).output().unwrap();
    let unknown =
        "candor: note: own reads the guide once (# tokens, # s) and needs about # s a story on this machine";
    assert_eq!(masked(err(&output).lines().next().unwrap()), unknown);
    assert!(!notes(&["stories", "-f", "csv", "--quiet"]).contains("note"));
    let begun = notes(&["stories", "-f", "csv", "-o", "out.csv"]);
    assert!(begun.contains("for 3 stories"), "{begun}");
    let done = notes(&["stories", "-f", "csv", "-o", "out.csv", "--resume"]);
    assert!(done.contains("going on after 3 records") && !done.contains("guide"), "nothing is left: {done}");
}

#[test]
fn who_judged_is_said_and_words_are_written_where_they_are_shown() {
    let place = filled("bank-formats", 0);
    let page = out(&bank(&place, &["stories"]));
    let encoder = format!("Judged by:  {} and own (engine both)\n", embedded(&place));
    assert!(page.contains(&encoder), "{page}");
    let document: Value =
        serde_json::from_str(&out(&bank(&place, &["stories", "-f", "json", "--seed", "3"]))).unwrap();
    assert_valid(&document, include_str!("../../schemas/bank-1.json"));
    assert_eq!(
        (&document["tool"]["engine"], &document["tool"]["llm"]["device"]),
        (&json!("both"), &json!("cpu"))
    );
    assert!(document["tool"]["llm"]["seed"].is_null(), "no words are drawn");
    // where the encoder judges, there is nothing to ask for a table
    let output = bank(&place, &["stories", "-f", "csv", "--engine", "encoder"]);
    assert!(err(&output).contains("the language model is not asked"), "{}", err(&output));
    assert_eq!(out(&output), out(&place.run(&["bank", "stories", "-f", "csv", "--guide", "guide.toml"])));
}

/// The id of the encoder.
fn embedded(place: &Place) -> String {
    let page = out(&place.run(&["doctor", "--no-config"]));
    let row = page.lines().find_map(|l| l.strip_prefix("model")).unwrap();
    row.trim().to_owned()
}

#[test]
fn the_keys_of_the_config_count() {
    let place = filled("bank-config", 0);
    fs::write(place.folder.join("candor.toml"), "guide = 'guide.toml'\nengine = 'llm'\nllm = 'own.gguf'\n")
        .unwrap();
    let tool = |args: &[&str]| {
        let output = place.run(&[&["bank", "stories", "-f", "jsonl", "--no-words"], args].concat());
        lines(&out(&output))[0]["tool"].clone()
    };
    let set = tool(&[]);
    assert_eq!(set["engine"], "llm");
    assert!(set["llm"]["model"].as_str().unwrap().starts_with("own@"));
    assert_eq!(tool(&["--engine", "both"])["engine"], "both", "the option counts more");
    assert!(tool(&["--engine", "encoder"])["llm"].is_null());
    assert!(tool(&["--no-config"])["llm"].is_null());
}

#[test]
fn a_long_story_is_read_in_windows_and_a_sentence_that_is_too_long_as_far_as_it_fits() {
    let place = filled("bank-long", 0);
    let long: String = (0..80).map(|week| ANSWER.replace('.', &format!(" in week {week}."))).collect();
    fs::write(place.folder.join("stories/aa.md"), long).unwrap();
    // a sentence of one word, which the text is not cut in
    let sentence = ANSWER.replace([' ', '.', '\n'], ",").repeat(80);
    fs::write(place.folder.join("stories/ab.md"), format!("{ANSWER}{sentence}")).unwrap();
    let output = bank(&place, &["stories", "-f", "jsonl", "--no-words"]);
    assert_eq!(output.status.code(), Some(0), "{}", err(&output));
    let all = lines(&out(&output));
    let schemas: Vec<&Value> = all.iter().map(|l| &l["schema"]).collect();
    assert_eq!(schemas, ["candor.critique/1"; 5]);
    assert_eq!(all[1]["sentences"].as_array().unwrap().len(), 5 * 80);
    assert!(all[1..4].iter().all(|story| story["second_opinion"].is_object()));
    let strict = bank(&place, &["stories", "-f", "csv", "--strict"]);
    assert_eq!(strict.status.code(), Some(0), "{}", err(&strict));
}

#[test]
fn it_goes_on_with_what_the_same_models_made() {
    let place = filled("bank-resume", 0);
    let whole = out(&bank(&place, &["stories", "-f", "jsonl", "--no-words"]));
    let path = place.folder.join("out.jsonl");
    let resume = ["stories", "-f", "jsonl", "--no-words", "-o", "out.jsonl", "--resume"];
    let first = whole.find('\n').unwrap() + 1;
    fs::write(&path, &whole.as_bytes()[..first + 100]).unwrap();
    let output = bank(&place, &resume);
    assert_eq!(output.status.code(), Some(0), "{}", err(&output));
    assert!(err(&output).contains("for 2 stories"), "{}", err(&output));
    assert_eq!(fs::read_to_string(&path).unwrap(), whole);
    // not with what others made: another engine, none, words drawn by chance
    let encoder = place.run(&[&["bank", "--guide", "guide.toml"], &resume[..]].concat());
    let others = [["--engine", "llm"], ["--seed", "1"]].map(|o| bank(&place, &[&resume[..], &o].concat()));
    for output in others.iter().chain([&encoder]) {
        assert_eq!(output.status.code(), Some(2), "{}", err(output));
        assert!(err(output).contains("made by another candor, model or guide"), "{}", err(output));
    }
    assert_eq!(fs::read_to_string(&path).unwrap(), whole, "it is left as it was");
}

#[cfg(unix)]
#[test]
fn ctrl_c_ends_with_the_stories_that_are_done() {
    let place = filled("bank-interrupt", 60);
    let args = ["r.jsonl", "-f", "jsonl", "--no-words", "-o", "out.jsonl"];
    let mut command = place.candor(&[&["bank"], &args[..], &ASKED].concat());
    let child = command.stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
    let path = place.folder.join("out.jsonl");
    let written = || fs::read_to_string(&path).unwrap_or_default();
    // Until something is written, so that it listens: a line a story, and not a chunk of them.
    for _ in 0..1200 {
        if written().contains('\n') {
            break;
        }
        sleep(Duration::from_millis(50));
    }
    let sent = Command::new("kill").args(["-INT", &child.id().to_string()]).status().unwrap();
    assert!(sent.success());
    let output = child.wait_with_output().unwrap();
    assert_eq!(output.status.code(), Some(2), "{}", err(&output));
    assert!(err(&output).contains("stopping once this story is judged"), "{}", err(&output));
    assert!(err(&output).contains("--resume goes on from there"), "{}", err(&output));
    let done = written();
    assert!(
        done.ends_with('\n') && (1..40).contains(&done.lines().count()),
        "{} lines",
        done.lines().count()
    );
    let whole = bank(&place, &[&args[..], &["--resume"]].concat());
    assert_eq!(whole.status.code(), Some(0), "{}", err(&whole));
    assert!(written().starts_with(&done) && written().lines().count() == 60);
}
