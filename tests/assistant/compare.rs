//! Two versions that a language model judges too.

use std::fs;

use serde_json::{Value, json};

use super::{ANSWER, Place, assert_valid};

fn versions(name: &str) -> Place {
    let place = Place::new(name);
    fs::write(place.folder.join("new.md"), ANSWER.replace("We kind of moved", "I moved")).unwrap();
    place
}

fn compared(place: &Place, args: &[&str]) -> String {
    let output = place.run(&[&["compare", "answer.md", "new.md", "--guide", "guide.toml"], args].concat());
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    String::from_utf8(output.stdout).unwrap()
}

fn json_of(place: &Place, args: &[&str]) -> Value {
    let value = serde_json::from_str(&compared(place, &[&["--format", "json"], args].concat())).unwrap();
    assert_valid(&value, include_str!("../../schemas/compare-1.json"));
    value
}

#[test]
fn both_versions_are_judged_as_critique_judges_them() {
    let place = versions("compare");
    let own = ["--llm=own.gguf", "--engine", "llm"];
    let delta = json_of(&place, &own);
    assert_eq!(delta["tool"]["engine"], "llm");
    assert!(delta["tool"]["llm"]["model"].as_str().unwrap().starts_with("own@"));
    assert_eq!(delta["noise"]["engine"], "encoder", "whose band it is");
    let (critique, _) = place.critique(&[&["--guide", "guide.toml", "--no-words"], &own[..]].concat());
    assert_eq!((&delta["old"]["level"], &delta["old"]["score"]), (&critique["level"], &critique["score"]));
    let heard: Vec<&Value> = critique["sentences"].as_array().unwrap().iter().map(|s| &s["role"]).collect();
    let old = delta["sentences"].as_array().unwrap().iter().filter(|c| c["old"].is_object());
    assert_eq!(old.map(|c| &c["old"]["role"]).collect::<Vec<_>>(), heard);
    let alone = json_of(&place, &[]);
    assert_eq!((&alone["tool"]["engine"], &alone["tool"]["llm"]), (&json!("encoder"), &Value::Null));
    assert_ne!(alone["roles"], delta["roles"], "a random model hears otherwise");
}

#[test]
fn a_reader_sees_who_judged_and_whose_the_noise_is() {
    let place = versions("compare-page");
    let flat = |page: String| page.split_whitespace().collect::<Vec<_>>().join(" ");
    let page = flat(compared(&place, &["--llm=own.gguf"]));
    assert!(page.contains(" and own (engine both) "), "{page}");
    assert!(page.contains("That was measured with the guide ownership and the encoder alone."), "{page}");
    let alone = flat(compared(&place, &[]));
    assert!(!alone.contains("Judged by") && alone.contains("with the guide ownership."), "{alone}");
    fs::write(place.folder.join("candor.toml"), "engine = 'llm'\nllm = 'own.gguf'\n").unwrap();
    let set = flat(compared(&place, &[]));
    assert!(set.contains("Judged by: own, the rest by candor-"), "{set}");
    let chosen = flat(compared(&place, &["--engine", "encoder"]));
    assert_eq!(chosen.replace(" --engine=encoder", ""), alone, "the option counts more");
}
