//! The embedded encoder against PyTorch: `tests/goldens/encoder.json`, written by `training/export.py`.

#![allow(clippy::unwrap_used)]

use std::collections::BTreeMap;

use candor::evidence::{ROLES, TAGS};
use candor::model::encoder::Embedded;
use candor::model::{Encoder, encoder};
use candor::text::{Answer, Sentence, SourceKind, Span};
use serde::Deserialize;

#[derive(Deserialize)]
struct Golden {
    id: String,
    sentences: Vec<String>,
    /// PyTorch with the weights as shipped.
    roles: Vec<[f32; ROLES]>,
    tags: Vec<[f32; TAGS]>,
    cues: Vec<[f32; 2]>,
    answer: Vec<f32>,
    /// PyTorch with the weights as trained, before they were cut to eight bits.
    roles_unquantized: Vec<[f32; ROLES]>,
    /// The readout, as Python computes it from the weights as shipped.
    mistakes: BTreeMap<String, f32>,
    categories: BTreeMap<String, f32>,
    levels: [f32; 5],
    answered: f32,
}

fn goldens() -> Vec<(Golden, encoder::Raw)> {
    let text = include_str!("goldens/encoder.json");
    let goldens: Vec<Golden> = serde_json::from_str(text).unwrap();
    let model = Embedded::load().unwrap();
    let raw = |g: &Golden| model.raw(&g.sentences.iter().map(String::as_str).collect::<Vec<_>>()).unwrap();
    goldens.into_iter().map(|g| (raw(&g), g)).map(|(r, g)| (g, r)).collect()
}

fn argmax(p: &[f32; ROLES]) -> usize {
    (0..ROLES).max_by(|&a, &b| p[a].total_cmp(&p[b])).unwrap()
}

fn margin(p: &[f32; ROLES]) -> f32 {
    let mut sorted = *p;
    sorted.sort_by(|a, b| b.total_cmp(a));
    sorted[0] - sorted[1]
}

#[test]
fn the_forward_pass_is_that_of_pytorch() {
    let goldens = goldens();
    assert!(goldens.len() >= 20, "{}", goldens.len());
    for (g, raw) in &goldens {
        assert_eq!(raw.roles.len(), g.sentences.len());
        for i in 0..g.sentences.len() {
            for r in 0..ROLES {
                let d = (raw.roles[i][r] - g.roles[i][r]).abs();
                assert!(d < 2e-4, "{} sentence {i} role {r}: off by {d}", g.id);
            }
            for c in 0..2 {
                let d = (raw.cues[i][c] - g.cues[i][c]).abs();
                assert!(d < 2e-3, "{} sentence {i} cue {c}: off by {d}", g.id);
            }
            for t in 0..TAGS {
                let d = (raw.tags[i][t] - g.tags[i][t]).abs();
                assert!(d < 2e-3, "{} sentence {i} tag {t}: off by {d}", g.id);
            }
        }
        for (k, (a, b)) in raw.answer.iter().zip(&g.answer).enumerate() {
            assert!((a - b).abs() < 2e-3, "{} answer logit {k}: {a} for {b}", g.id);
        }
    }
}

#[test]
fn eight_bits_are_enough() {
    let (mut sentences, mut near) = (0, 0);
    for (g, raw) in goldens() {
        for (i, want) in g.roles_unquantized.iter().enumerate() {
            let got = &raw.roles[i];
            let worst = (0..ROLES).map(|r| (got[r] - want[r]).abs()).fold(0.0, f32::max);
            sentences += 1;
            near += usize::from(worst < 0.02);
            if margin(want) >= 0.05 {
                assert_eq!(argmax(got), argmax(want), "{} sentence {i}: {got:?} for {want:?}", g.id);
            }
        }
    }
    assert_eq!(near, sentences, "role probabilities within 0.02 of the unquantized weights");
}

#[test]
fn the_readout_is_that_of_python() {
    let model = Embedded::load().unwrap();
    for (g, _) in goldens() {
        let mut answer = Answer::parse(&g.id, String::new(), SourceKind::Plain);
        let span = Span { start: 0, end: 0 };
        answer.sentences = g.sentences.iter().map(|text| Sentence { span, text: text.clone() }).collect();
        let heard = model.hear(&answer).unwrap();
        let near = |what: &str, got: f32, want: f32| {
            assert!((got - want).abs() < 2e-3, "{} {what}: {got} for {want}", g.id);
        };
        assert_eq!(heard.mistakes.len(), g.mistakes.len());
        assert_eq!(heard.categories.len(), g.categories.len());
        g.mistakes.iter().for_each(|(id, p)| near(id, heard.mistakes[id].p, *p));
        g.categories.iter().for_each(|(id, p)| near(id, heard.categories[id].p, *p));
        heard.levels.iter().zip(g.levels).for_each(|(got, want)| near("level", *got, want));
        near("answered", heard.answered.p, g.answered);
    }
}

#[test]
fn the_binary_knows_its_model() {
    assert!(Embedded::load().unwrap().is_whole());
}

#[test]
fn known_texts_have_the_vectors_that_the_model_gives_them() {
    let model = Embedded::load().unwrap();
    let guide = candor::guide::Guide::ownership().unwrap();
    for example in guide.form.iter().flat_map(|f| &f.examples).step_by(9) {
        // A space more is the same text to the tokenizer, but not a known one.
        let computed = model.embed(&[&format!(" {example}")]).unwrap();
        let known = model.embed(&[example]).unwrap();
        assert_ne!(known, computed, "{example}: not among the known texts; run training/export.py");
        let likeness: f32 = known[0].iter().zip(&computed[0]).map(|(a, b)| a * b).sum();
        assert!(likeness > 0.999, "{example}: {likeness}");
    }
}
