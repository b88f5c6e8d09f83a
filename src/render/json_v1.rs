//! The schema `candor.critique/1`: types of its own, so that the report can change without breaking readers.
//! `schemas/critique-1.json` describes it; a test validates what is written here against it.
//!
//! Keys and their order are part of the schema. Probabilities have four decimals, so that bytes are stable.

use std::collections::BTreeMap;

use serde::Serialize;
use serde::ser::{SerializeMap, Serializer};

use super::json_parts::{round, why};
use super::mend::{self, ToMend};
use super::{Context, Shown, aside, place, said, severity_id};
use crate::evidence::Voice;
use crate::report::{QuestionReport, Signal, Verdict};
use crate::text::{Answer, LineIndex};

const SCHEMA: &str = "candor.critique/1";

/// One critique.
#[derive(Serialize)]
pub(super) struct Critique<'a> {
    schema: &'static str,
    tool: Tool,
    path: &'a str,
    question: Option<&'a str>,
    answered: bool,
    reason: Option<String>,
    sentences: Vec<Sentence>,
    findings: Vec<Finding<'a>>,
    strengths: Vec<Strength<'a>>,
    categories: Map<'a>,
    question_form: Option<&'a str>,
    level: Option<u8>,
    levels: Option<Map<'static>>,
    score: Option<u8>,
    criteria: Vec<Criterion<'a>>,
    follow_ups: &'a [String],
    question_answered: Option<bool>,
    question_missing: &'a [String],
    ways: Vec<Heard<'a>>,
    tests: Vec<Heard<'a>>,
    voice: Deeds,
    suppressed: usize,
    left_out: Vec<LeftOut>,
    second_opinion: Option<Opinion<'a>>,
    words: Option<Words<'a>>,
    mend: Vec<Mend<'a>>,
}

/// Something to mend.
#[derive(Serialize)]
struct Mend<'a> {
    kind: &'static str,
    id: &'a str,
}

#[derive(Serialize)]
pub(super) struct Tool {
    version: &'static str,
    engine: &'static str,
    model: String,
    guide: String,
    llm: Option<Llm>,
}

/// The language model beside the encoder.
#[derive(Serialize)]
struct Llm {
    model: String,
    device: String,
    prompts: u32,
    seed: Option<u64>,
}

#[derive(Serialize)]
struct Opinion<'a> {
    mass: f64,
    differs: &'a [usize],
    criteria: Map<'a>,
}

#[derive(Serialize)]
struct Words<'a> {
    summary: &'a str,
    weaknesses: Vec<Weakness<'a>>,
    strengths: Vec<Praise<'a>>,
    questions: &'a [String],
    dropped: usize,
    unfinished: usize,
}

#[derive(Serialize)]
struct Weakness<'a> {
    id: &'a str,
    sentences: &'a [usize],
    why: &'a str,
    mend: &'a str,
    rewrite: Option<&'a str>,
}

#[derive(Serialize)]
struct Praise<'a> {
    sentences: &'a [usize],
    what: &'a str,
}

#[derive(Serialize)]
struct Sentence {
    index: usize,
    start: usize,
    end: usize,
    line: usize,
    column: usize,
    role: &'static str,
    roles: Map<'static>,
    tags: Map<'static>,
}

/// What is not judged.
#[derive(Serialize)]
pub(super) struct LeftOut {
    reason: &'static str,
    start: usize,
    end: usize,
    line: usize,
    column: usize,
}

#[derive(Serialize)]
struct Finding<'a> {
    id: &'a str,
    severity: &'static str,
    confidence: f64,
    message: &'a str,
    why: &'a str,
    help: &'a str,
    sentences: &'a [usize],
    spans: Vec<Span>,
}

#[derive(Serialize)]
struct Span {
    start: usize,
    end: usize,
}

#[derive(Serialize)]
struct Strength<'a> {
    id: &'a str,
    sentences: &'a [usize],
}

#[derive(Serialize)]
struct Criterion<'a> {
    id: &'a str,
    score: f64,
    weight: f64,
    sentences: &'a [usize],
}

#[derive(Serialize)]
struct Heard<'a> {
    id: &'a str,
    heard: bool,
    sentences: &'a [usize],
}

/// Actions and results, by who does them.
#[derive(Serialize)]
struct Deeds {
    i: usize,
    we: usize,
}

/// An object of probabilities in a fixed order.
struct Map<'a>(Vec<(&'a str, f64)>);

impl Serialize for Map<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut map = serializer.serialize_map(Some(self.0.len()))?;
        for (key, value) in &self.0 {
            map.serialize_entry(key, value)?;
        }
        map.end()
    }
}

fn probabilities(by_id: &BTreeMap<String, f32>) -> Map<'_> {
    Map(by_id.iter().map(|(id, p)| (id.as_str(), round(*p))).collect())
}

/// The critique as the schema has it.
pub(super) fn critique<'a>(shown: &Shown<'a>, context: &Context<'_>) -> Critique<'a> {
    let (answer, report) = (shown.answer, shown.report);
    let verdict = report.verdict.as_ref();
    let question = report.question.as_ref();
    Critique {
        schema: SCHEMA,
        tool: tool(context),
        path: &answer.name,
        question: answer.question.as_deref(),
        answered: report.abstention.is_none(),
        reason: why(report.abstention),
        sentences: sentences(shown),
        findings: findings(shown, context),
        strengths: report.strengths.iter().map(|s| Strength { id: &s.id, sentences: &s.sentences }).collect(),
        categories: probabilities(&report.categories),
        question_form: question.and_then(|q| q.form.as_deref()),
        level: verdict.map(|v| v.level),
        levels: verdict.map(levels),
        score: verdict.map(|v| v.score),
        criteria: verdict.map(criteria).unwrap_or_default(),
        follow_ups: &report.follow_ups,
        question_answered: question.and_then(QuestionReport::is_answered),
        question_missing: question.map(|q| q.missing.as_slice()).unwrap_or_default(),
        ways: signals(&report.ways),
        tests: signals(&report.tests),
        voice: Deeds { i: report.deeds(Voice::I), we: report.deeds(Voice::We) },
        suppressed: report.suppressed.len(),
        left_out: left_out(answer),
        second_opinion: report.second.as_ref().map(|s| Opinion {
            mass: round(s.mass),
            differs: &s.differs,
            criteria: probabilities(&s.criteria),
        }),
        words: report.words.as_ref().map(words),
        mend: mend::all(shown, context).map(to_mend).collect(),
    }
}

fn to_mend(mend: ToMend<'_>) -> Mend<'_> {
    match mend {
        ToMend::Found(_, finding) => Mend { kind: "finding", id: &finding.id },
        ToMend::Thin(criterion) => Mend { kind: "criterion", id: &criterion.id },
    }
}

/// What made it: the encoder, the language model beside it, and the guide.
pub(super) fn tool(context: &Context<'_>) -> Tool {
    let Context { guide, second, .. } = context;
    Tool {
        version: env!("CARGO_PKG_VERSION"),
        engine: second.map_or("encoder", |s| s.engine),
        model: said::model(context.model),
        guide: format!("{}@{}", guide.id, guide.version),
        llm: second.map(|s| Llm {
            model: said::model(&s.model),
            device: s.model.device.clone(),
            prompts: s.prompts,
            seed: s.seed,
        }),
    }
}

fn words(words: &crate::report::Words) -> Words<'_> {
    let weaknesses = words.weaknesses.iter().map(|w| Weakness {
        id: &w.id,
        sentences: &w.sentences,
        why: &w.why,
        mend: &w.mend,
        rewrite: w.rewrite.as_deref(),
    });
    let strengths = words.strengths.iter().map(|s| Praise { sentences: &s.sentences, what: &s.what });
    Words {
        summary: &words.summary,
        weaknesses: weaknesses.collect(),
        strengths: strengths.collect(),
        questions: &words.questions,
        dropped: words.dropped,
        unfinished: words.unfinished,
    }
}

fn sentences(shown: &Shown<'_>) -> Vec<Sentence> {
    let index = LineIndex::new(&shown.answer.source);
    let both = shown.answer.sentences.iter().zip(&shown.report.sentences).enumerate();
    both.map(|(i, (sentence, report))| {
        let (line, column) = place(&index, sentence.span.start);
        Sentence {
            index: i,
            start: sentence.span.start,
            end: sentence.span.end,
            line,
            column,
            role: report.role.id(),
            roles: Map(report.roles.iter().map(|(r, p)| (r.id(), round(*p))).collect()),
            tags: Map(report.tags.iter().map(|(t, p)| (t.id(), round(*p))).collect()),
        }
    })
    .collect()
}

/// Where that stands.
pub(super) fn left_out(answer: &Answer) -> Vec<LeftOut> {
    let one = |out: aside::LeftOut<'_>| LeftOut {
        reason: out.code,
        start: out.span.start,
        end: out.span.end,
        line: out.line,
        column: out.column,
    };
    aside::left_out(answer).into_iter().map(one).collect()
}

fn findings<'a>(shown: &Shown<'a>, context: &Context<'_>) -> Vec<Finding<'a>> {
    let finding = |f: &'a crate::report::Finding| Finding {
        id: &f.id,
        severity: severity_id(f.severity),
        confidence: round(f.confidence),
        message: &f.message,
        why: &f.why,
        help: &f.help,
        sentences: &f.sentences,
        spans: f.spans.iter().map(|s| Span { start: s.start, end: s.end }).collect(),
    };
    shown.findings(context).map(finding).collect()
}

fn levels(verdict: &Verdict) -> Map<'static> {
    Map(["1", "2", "3", "4", "5"].into_iter().zip(verdict.levels.map(round)).collect())
}

fn criteria(verdict: &Verdict) -> Vec<Criterion<'_>> {
    let all = verdict.criteria.iter();
    all.map(|c| Criterion {
        id: &c.id,
        score: round(c.score),
        weight: round(c.weight),
        sentences: &c.sentences,
    })
    .collect()
}

fn signals(signals: &[Signal]) -> Vec<Heard<'_>> {
    signals.iter().map(|s| Heard { id: &s.id, heard: s.heard, sentences: &s.sentences }).collect()
}
