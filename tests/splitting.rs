//! Sentence boundaries against the annotated answers in `training/data/`: each answer is written
//! out in its format, parsed, and the ends of the sentences compared. An end is the number of
//! letters and digits before it, so that markup and whitespace do not count.

#![allow(clippy::unwrap_used)]

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::Path;

use candor::text::{Answer, SourceKind};
use serde_json::Value;

/// What the splitter must reach over all answers; raise it when it gets better.
const LEAST_F1: f64 = 0.97;

fn words(text: &str) -> usize {
    text.chars().filter(|c| c.is_alphanumeric()).count()
}

/// The written answer, and where its sentences end.
fn rejoin(record: &Value) -> (String, BTreeSet<usize>) {
    let format = record["format"].as_str().unwrap();
    let (mut source, mut ends, mut count) = (String::new(), BTreeSet::new(), 0);
    for sentence in record["sentences"].as_array().unwrap() {
        let text = sentence["text"].as_str().unwrap();
        let before = match format {
            "bullets" if text.contains('\n') => "\n",
            "bullets" => "\n- ",
            "star" => "\n",
            _ => " ",
        };
        source.push_str(if source.is_empty() { before.trim_start() } else { before });
        source.push_str(text);
        count += words(text);
        ends.insert(count);
    }
    (source, ends)
}

fn found(source: &str) -> BTreeSet<usize> {
    let answer = Answer::parse("answer", source.to_owned(), SourceKind::Markdown);
    answer.sentences.iter().map(|s| words(&source[..s.span.end])).collect()
}

#[test]
fn boundaries_agree_with_the_annotators() {
    let data = Path::new(env!("CARGO_MANIFEST_DIR")).join("training/data");
    let mut tally: BTreeMap<String, [usize; 3]> = BTreeMap::new();
    for file in fs::read_dir(&data).unwrap() {
        let path = file.unwrap().path();
        if path.extension().is_none_or(|e| e != "jsonl") {
            continue;
        }
        for line in fs::read_to_string(&path).unwrap().lines() {
            let record: Value = serde_json::from_str(line).unwrap();
            let (source, annotated) = rejoin(&record);
            let ends = found(&source);
            for key in [record["format"].as_str().unwrap(), "all"] {
                let [hit, ours, theirs] = tally.entry(key.to_owned()).or_default();
                *hit += annotated.intersection(&ends).count();
                *ours += ends.len();
                *theirs += annotated.len();
            }
        }
    }
    let f1 = |[hit, ours, theirs]: [usize; 3]| 2.0 * hit as f64 / (ours + theirs) as f64;
    let by_format: Vec<String> =
        tally.iter().map(|(key, counts)| format!("{key} {:.4}", f1(*counts))).collect();
    let all = f1(tally["all"]);
    assert!(all >= LEAST_F1, "boundary F1 fell to {all:.4}: {by_format:?}");
}
