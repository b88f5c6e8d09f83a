//! candor's side of `benches/encoder.py`, which asks it and its peers in turn: a request a line in, its answer a line out,
//! both JSON. `"threads"` of a request are those that it may use.
//!
//!     cargo bench --bench encoder < requests
//!
//! `{"threads": 1, "forward": 256, "times": 20}` gives the seconds of each of so many forwards of an answer of 256 tokens;
//! `{"threads": 2, "texts": [...]}` the seconds for the evidence of all of them; `{"threads": 1, "sentences": [...]}` the
//! probabilities of their roles.

#![allow(clippy::unwrap_used, clippy::print_stdout)]

use std::io::stdin;
use std::time::Instant;

use candor::model::Encoder;
use candor::model::encoder::Embedded;
use candor::text::{Answer, SourceKind};
use rayon::ThreadPoolBuilder;
use rayon::prelude::*;
use serde::Deserialize;
use serde_json::{Value, json};

/// Tokens of a sentence and the one between it and the next.
const SENTENCE: usize = 17;

#[derive(Deserialize)]
struct Request {
    threads: usize,
    #[serde(flatten)]
    ask: Ask,
}

#[derive(Deserialize)]
#[serde(untagged)]
enum Ask {
    Forward { forward: usize, times: usize },
    Texts { texts: Vec<String> },
    Sentences { sentences: Vec<String> },
}

/// Sentences that are so many tokens with those that stand around them.
fn tokens(all: usize) -> Vec<Vec<u32>> {
    let token = |i: usize| (1000 + i * 7919 % 29_000) as u32;
    let all: Vec<usize> = (1..all).collect();
    all.chunks(SENTENCE).map(|part| part[1..].iter().map(|&i| token(i)).collect()).collect()
}

fn seconds<T>(step: impl FnOnce() -> T) -> f64 {
    let start = Instant::now();
    std::hint::black_box(step());
    start.elapsed().as_secs_f64()
}

fn answer(model: &Embedded, ask: Ask) -> Value {
    match ask {
        Ask::Forward { forward, times } => {
            let tokens = tokens(forward);
            let each: Vec<f64> = (0..times).map(|_| seconds(|| model.raw_of(&tokens).unwrap())).collect();
            json!(each)
        }
        Ask::Texts { texts } => json!(seconds(|| {
            let hear = |text: String| model.hear(&Answer::parse("", text, SourceKind::Plain)).unwrap();
            texts.into_par_iter().map(hear).collect::<Vec<_>>()
        })),
        Ask::Sentences { sentences } => {
            let sentences: Vec<&str> = sentences.iter().map(String::as_str).collect();
            json!(model.raw(&sentences).unwrap().roles)
        }
    }
}

fn main() {
    let model = Embedded::load().unwrap();
    for line in stdin().lines() {
        let Request { threads, ask } = serde_json::from_str(&line.unwrap()).unwrap();
        let pool = ThreadPoolBuilder::new().num_threads(threads).build().unwrap();
        println!("{}", pool.install(|| answer(&model, ask)));
    }
}
