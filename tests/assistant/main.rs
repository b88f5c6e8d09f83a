//! The whole path of a language model, with the program: pulled from a hub on loopback, verified, opened, asked and made
//! to write. The model is tiny and random: what it says is nonsense, and must be sound all the same.

#![allow(clippy::unwrap_used, reason = "a test that can't go on has failed")]

mod bank;
mod compare;
#[allow(dead_code)]
#[path = "../models/hub.rs"]
mod hub;
mod steering;
#[allow(dead_code)]
#[path = "../decoder/tiny.rs"]
mod tiny;
#[path = "../llm/words.rs"]
mod words;

use std::fs;
use std::path::PathBuf;
use std::process::{Command, Output, Stdio};

use candle_core::quantized::GgmlDType;
use candle_core::quantized::gguf_file::Value as Metadata;
use serde_json::Value;

use hub::{Hub, Reply, sha256};
use tiny::Tiny;

const REVISION: &str = "0123456789abcdef0123456789abcdef01234567";
const ANSWER: &str = "\
Two teams owned the export and neither watched it. The go/no-go was mine. I asked both leads for a date. \
We kind of moved the jobs together. Failures fell from 9 a week to 1.\n";
const CHATML: &str = "{% for m in messages %}<|im_start|>{{ m.role }}\n{{ m.content }}<|im_end|>\n{% endfor %}\
                      {% if add_generation_prompt %}<|im_start|>assistant\n{% endif %}";

/// A folder with an answer, a short guide, a store and a model's manifest.
struct Place {
    folder: PathBuf,
    weights: PathBuf,
}

impl Place {
    fn new(name: &str) -> Place {
        let folder = std::env::temp_dir().join(format!("candor-assistant-{name}-{}", std::process::id()));
        let _ = fs::remove_dir_all(&folder);
        fs::create_dir_all(&folder).unwrap();
        fs::write(folder.join("answer.md"), ANSWER).unwrap();
        fs::write(folder.join("guide.toml"), include_str!("../guides/curiosity.toml")).unwrap();
        let (weights, tokenizer) = (folder.join("own.gguf"), folder.join("tokenizer.json"));
        words::write(&tokenizer);
        Tiny { layers: 1, ..Tiny::new("qwen3", None) }.gguf(&weights, GgmlDType::Q8_0, |parts| {
            parts.metadata.insert("qwen3.context_length".to_owned(), Metadata::U32(16_384));
            parts.metadata.insert("tokenizer.chat_template".to_owned(), Metadata::String(CHATML.to_owned()));
        });
        let pin = |path: &PathBuf| {
            let bytes = fs::read(path).unwrap();
            format!("bytes = {}\nsha256 = \"{}\"", bytes.len(), sha256(&bytes))
        };
        let manifest = format!(
            "id = \"tiny\"\ntitle = \"Tiny\"\nrepo = \"o/n\"\nrevision = \"{REVISION}\"\nlicence = \"MIT\"\n\
             architecture = \"qwen3\"\ntemplate = \"qwen3\"\ncontext = 16384\nmemory = 1\n\
             [[file]]\nrole = \"weights\"\npath = \"own.gguf\"\n{}\n\
             [[file]]\nrole = \"tokenizer\"\npath = \"tokenizer.json\"\n{}\n",
            pin(&weights),
            pin(&tokenizer)
        );
        fs::write(folder.join("tiny.toml"), manifest).unwrap();
        Place { folder, weights }
    }

    /// The program as its users start it, with nothing of theirs.
    fn candor(&self, args: &[&str]) -> Command {
        let mut command = Command::new(env!("CARGO_BIN_EXE_candor"));
        for name in
            ["HF_HOME", "HF_HUB_CACHE", "HF_TOKEN", "HF_HUB_OFFLINE", "CANDOR_CONFIG", "XDG_CONFIG_HOME"]
        {
            command.env_remove(name);
        }
        let command_line = command.args(args).current_dir(&self.folder).env("HOME", &self.folder);
        // a thread for each test is what the machine has; some tests ask for more
        command_line.env("CANDOR_MODELS", self.folder.join("store")).env("RAYON_NUM_THREADS", "1");
        command
    }

    fn run(&self, args: &[&str]) -> Output {
        self.candor(args).output().unwrap()
    }

    fn pull(&self) {
        let folder = self.folder.clone();
        let hub = Hub::new(move |request, _| {
            let name = request.path.rsplit('/').next().unwrap_or_default();
            Reply::file(request, &fs::read(folder.join(name)).unwrap())
        });
        let output =
            self.candor(&["models", "pull", "tiny.toml"]).env("HF_ENDPOINT", hub.url()).output().unwrap();
        assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    }

    /// The critique of the answer as JSON, and what was noted.
    fn critique(&self, args: &[&str]) -> (Value, String) {
        let output = self.run(&[&["critique", "answer.md", "--format", "jsonl"], args].concat());
        let notes = String::from_utf8(output.stderr).unwrap();
        assert!(output.status.code().is_some_and(|c| c < 2), "{notes}");
        (serde_json::from_slice(&output.stdout).unwrap(), notes)
    }
}

impl Drop for Place {
    fn drop(&mut self) {
        let _ = fs::remove_dir_all(&self.folder);
    }
}

fn assert_valid(value: &Value, schema: &str) {
    let schema: Value = serde_json::from_str(schema).unwrap();
    let errors: Vec<String> =
        jsonschema::validator_for(&schema).unwrap().iter_errors(value).map(|e| e.to_string()).collect();
    assert!(errors.is_empty(), "{errors:?}");
}

fn assert_of_the_schema(critique: &Value) {
    assert_valid(critique, include_str!("../../schemas/critique-1.json"));
}

#[test]
fn from_the_hub_to_the_words() {
    let place = Place::new("whole");
    place.pull();
    let llm = ["--guide", "guide.toml", "--llm=tiny.toml"];
    let (critique, notes) = place.critique(&llm);
    assert_of_the_schema(&critique);
    assert_eq!(critique["tool"]["engine"], "both");
    let digest = &sha256(&fs::read(&place.weights).unwrap())[..12];
    assert_eq!(critique["tool"]["llm"]["model"], format!("tiny@{digest}"));
    assert_eq!(critique["tool"]["llm"]["device"], "cpu");
    assert!(critique["second_opinion"]["mass"].as_f64().unwrap() < 0.5, "a random model obeys nobody");
    let words = &critique["words"];
    assert_eq!(words["questions"].as_array().map(Vec::len), Some(3), "{words} {notes}");
    let found: Vec<&Value> = critique["findings"].as_array().unwrap().iter().map(|f| &f["id"]).collect();
    let weaknesses = words["weaknesses"].as_array().unwrap();
    assert!(!weaknesses.is_empty() && words["unfinished"] == 0, "{words}");
    // what misquotes is dropped; nothing else may be missing
    assert!(weaknesses.len() as u64 + words["dropped"].as_u64().unwrap() >= found.len() as u64, "{words}");
    for weakness in weaknesses {
        assert!(found.contains(&&weakness["id"]), "{weakness} is no finding");
    }
    // the words change nothing else, and where nothing was fitted nor does the opinion
    let (mut alone, _) = place.critique(&["--guide", "guide.toml"]);
    for key in ["level", "levels", "score", "criteria", "sentences", "follow_ups", "strengths"] {
        assert_eq!(critique[key], alone[key].take(), "{key}");
    }
    let alone = alone["findings"].as_array().unwrap().iter().map(|f| f["id"].clone()).collect::<Vec<_>>();
    assert_eq!(found, alone.iter().collect::<Vec<_>>());
    // the same bytes, by one thread and by two
    let bytes = |threads: &str| {
        let args = [&["critique", "answer.md", "--format", "json", "--threads", threads], &llm[..]].concat();
        place.candor(&args).env("RAYON_NUM_THREADS", threads).output().unwrap().stdout
    };
    assert_eq!(bytes("1"), bytes("2"));
}

#[test]
fn a_file_of_ones_own_and_the_language_model_alone() {
    let place = Place::new("own");
    let own = format!("--llm={}", place.weights.display());
    let (critique, _) = place.critique(&["--guide", "guide.toml", &own, "--engine", "llm", "--no-words"]);
    assert_of_the_schema(&critique);
    assert_eq!(critique["tool"]["engine"], "llm");
    assert!(critique["tool"]["llm"]["model"].as_str().unwrap().starts_with("own@"));
    assert_eq!(critique["second_opinion"]["differs"], serde_json::json!([]), "what is shown is its own");
    assert!(critique["words"].is_null());
    let (mut only, _) = place.critique(&["--guide", "guide.toml"]);
    assert_ne!(critique["sentences"], only["sentences"].take(), "it hears otherwise than the encoder");
}

#[test]
fn a_terminal_reader_sees_the_second_opinion_and_the_words() {
    let place = Place::new("terminal");
    let own = format!("--llm={}", place.weights.display());
    let output = place.run(&["critique", "answer.md", "--guide", "guide.toml", &own]);
    let text = String::from_utf8(output.stdout).unwrap();
    assert!(text.contains("A second opinion\n") && text.contains("\nIn the words of own\n"), "{text}");
    assert!(text.contains("\nBy: candor ") && text.contains("(engine both, prompts "), "{text}");
    assert!(text.lines().all(|l| unicode_width::UnicodeWidthStr::width(l) <= 80), "{text}");
}

#[cfg(unix)]
#[test]
fn ctrl_c_ends_the_writing_and_keeps_the_rest() {
    use std::io::{BufRead, BufReader, Read};
    let place = Place::new("stopped");
    let own = format!("--llm={}", place.weights.display());
    let args = ["critique", "--guide", "guide.toml", &own, "--engine", "encoder"];
    let files = ["answer.md"; 20];
    let mut command = place.candor(&[&args[..], &files[..]].concat());
    let mut child = command.stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
    let mut stdout = BufReader::new(child.stdout.take().unwrap());
    let mut shown = String::new();
    // what comes before the words is shown before they are written
    while !shown.contains("\nBy: ") {
        assert!(stdout.read_line(&mut shown).unwrap() > 0, "{shown}");
    }
    let sent = Command::new("kill").args(["-INT", &child.id().to_string()]).status().unwrap();
    assert!(sent.success());
    stdout.read_to_string(&mut shown).unwrap();
    let output = child.wait_with_output().unwrap();
    let notes = String::from_utf8(output.stderr).unwrap();
    assert_eq!(output.status.code(), Some(2), "{notes}");
    assert!(notes.contains("critique in words") && notes.contains("it was stopped"), "{notes}");
    let done = shown.matches("Where it stands\n").count();
    let left = format!("stopped; answers that are not read: {}", files.len() - done);
    assert!(done < files.len() && notes.contains(&left), "{done} {notes}");
}

#[test]
fn what_is_not_here_says_how_to_get_it() {
    let place = Place::new("missing");
    for (llm, parts) in [
        ("--llm=tiny.toml", &["candor models pull tiny.toml", "own.gguf", REVISION][..]),
        ("--llm", &["candor models pull qwen3-1.7b"]),
        ("--llm=qwen3-1.7", &["did you mean `qwen3-1.7b`?"]),
        ("--llm=none.gguf", &["there is no none.gguf", "tokenizer.json"]),
    ] {
        let commands: [&[&str]; 3] =
            [&["critique", "answer.md"], &["bank", "."], &["compare", "answer.md", "answer.md"]];
        for command in commands {
            let output = place.run(&[command, &[llm, "-o", "out"]].concat());
            let said = String::from_utf8(output.stderr).unwrap();
            assert_eq!((output.status.code(), output.stdout.len()), (Some(2), 0), "{said}");
            assert!(parts.iter().all(|p| said.contains(p)), "{command:?} {llm}: {said}");
            assert!(!place.folder.join("out").exists(), "{command:?}");
        }
    }
    let output = place.run(&["critique", "answer.md", "--llm=own.gguf", "--device", "metal"]);
    assert!(String::from_utf8(output.stderr).unwrap().contains("--features metal"));
}

#[test]
fn weights_are_fitted_and_kept() {
    let place = Place::new("fit");
    place.pull();
    let lines: Vec<&str> = include_str!("../../training/heldout/h.jsonl").lines().take(2).collect();
    fs::write(place.folder.join("data.jsonl"), lines.join("\n")).unwrap();
    let output = place.run(&["eval", "data.jsonl", "--llm=tiny.toml", "--fit", "--format", "json"]);
    let notes = String::from_utf8_lossy(&output.stderr).into_owned();
    assert!(output.status.success(), "{notes}");
    let figures: Value = serde_json::from_slice(&output.stdout).unwrap();
    assert_eq!(figures["llm"]["fit"]["answers"], 2);
    let loss = &figures["llm"]["fit"]["roles_loss"];
    assert!(loss["pooled"].as_f64() <= loss["alone"].as_f64(), "{loss}");
    let kept = fs::read_to_string(place.folder.join("store/tiny.calibration.toml")).unwrap();
    assert!(kept.contains("answers = 2") && notes.contains("tiny.calibration.toml"), "{kept} {notes}");
    // fitted for one guide, it says nothing about another
    let (_, notes) = place.critique(&["--guide", "guide.toml", "--llm=tiny.toml", "--no-words"]);
    assert!(notes.contains("fit it again"), "{notes}");
    let output = place.run(&["eval", "data.jsonl", "--fit"]);
    assert_eq!(output.status.code(), Some(2));
}
