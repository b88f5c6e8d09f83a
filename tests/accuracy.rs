//! An accuracy that may only rise, and what must never be refused or scored.
//!
//! The annotated answers are the model's own training data, so these figures say that the shipped files fit together
//! and that nothing between text and report has broken; how well candor hears strangers is in the model card.

#![allow(clippy::unwrap_used, reason = "a test that can't go on has failed")]

use std::path::{Path, PathBuf};

use candor::critic::Critic;
use candor::eval::{self, Figures, macro_f1};
use candor::guide::Guide;
use candor::model::encoder::Embedded;

fn critic() -> Critic {
    Critic::new(Box::new(Embedded::load().unwrap()), Guide::ownership().unwrap())
}

fn files(folder: &str) -> Vec<PathBuf> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("training").join(folder);
    let mut files: Vec<PathBuf> = std::fs::read_dir(folder).unwrap().map(|e| e.unwrap().path()).collect();
    files.sort();
    files
}

#[test]
fn the_pipeline_hears_what_the_model_learned() {
    let critic = critic();
    let mut figures = Figures::default();
    for file in files("data") {
        for example in eval::read(&file).unwrap().iter().step_by(4) {
            eval::measure(&critic, example, &mut figures).unwrap();
        }
    }
    assert!(figures.answers > 200, "{}", figures.answers);
    assert_eq!(figures.refused, Vec::<String>::new(), "no annotated answer may be refused");
    let tags = macro_f1(figures.tags.values());
    let mistakes = macro_f1(figures.mistakes.values());
    let said = (figures.roles_macro_f1(), tags, mistakes, figures.level_kappa(), figures.strong_findings());
    assert!(said.0 > 0.9 && said.1 > 0.75 && said.2 > 0.7 && said.3 > 0.8 && said.4 < 0.5, "{said:?}");
}

#[test]
fn what_is_no_answer_gets_no_score() {
    let critic = critic();
    let heard = |name: &str| {
        let mut figures = Figures::default();
        let file = Path::new(env!("CARGO_MANIFEST_DIR")).join("training/texts").join(name);
        for example in eval::read(&file).unwrap() {
            eval::measure(&critic, &example, &mut figures).unwrap();
        }
        figures
    };
    // drafts and plans of an answer are harder to tell from one than a list or a poem
    for (name, one_in) in [("not-answers.jsonl", 20), ("drafts.jsonl", 3)] {
        let (others, scored) = heard(name).others;
        assert!(scored.len() * one_in < others, "more than one in {one_in} is scored: {scored:?}");
    }
    let (short, refused) = heard("short-answers.jsonl").short;
    assert!(
        refused.len() * 30 < short,
        "more than one in thirty short, clumsy, real answers is refused: {refused:?}"
    );
}

#[test]
fn words_to_the_grader_are_left_out_and_change_nothing() {
    let critic = critic();
    let mut figures = Figures::default();
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("training/texts/passages.jsonl");
    for example in eval::read(&path).unwrap().iter().step_by(2) {
        eval::measure(&critic, example, &mut figures).unwrap();
    }
    let p = figures.passages;
    assert!(p.recall() > 0.7, "{p:?}");
    assert!(figures.unmoved >= p.hit, "what is left out changes neither verdict nor findings: {figures:?}");
    assert!(p.wrong <= 7, "passages of a story that only look like it: {p:?}");
}

#[test]
fn another_guide_is_another_file() {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/guides/curiosity.toml");
    let guide = Guide::read(&path).unwrap();
    let critic = Critic::new(Box::new(Embedded::load().unwrap()), guide.clone());
    let mut answer = candor::text::read_file(&path.with_file_name("../../examples/weak.md")).unwrap();
    let report = critic.critique(&mut answer, &candor::critic::Selection::default()).unwrap();
    let verdict = report.verdict.unwrap();
    assert_eq!(verdict.criteria.len(), guide.criterion.len());
    assert!(report.findings.iter().all(|f| guide.find_mistake(&f.id).is_some()));
    assert!(report.findings.iter().any(|f| {
        guide.find_mistake(&f.id).is_some_and(|m| f.message.starts_with(m.message.trim_end_matches('.')))
    }));
    assert!(report.categories.keys().all(|id| guide.category.iter().any(|c| c.id == *id)));
    let from = guide.level_scores.unwrap();
    assert_eq!(usize::from(verdict.level), 1 + from.iter().filter(|s| verdict.score >= **s).count());
}
