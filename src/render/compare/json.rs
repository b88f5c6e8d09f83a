//! `json`: one object in the schema `candor.compare/1`: types of its own, so that the delta can change without breaking
//! readers. `schemas/compare-1.json` describes it; a test validates what is written here against it.
//!
//! Keys and their order are part of the schema. Probabilities and points have four decimals, so that bytes are stable.

use std::io::{self, Write};

use serde::Serialize;

use super::{Compared, Context, Renderer, banks, direction, kind, quotes, shown, words};
use crate::compare::{self, Deeds, Kind, Piece, Side};
use crate::evidence::{Role, Tag};
use crate::render::json_parts::{round, why, write_indented};
use crate::render::json_v1::{LeftOut, Tool, left_out, tool};
use crate::render::severity_id;
use crate::report;

const SCHEMA: &str = "candor.compare/1";

pub(super) const RENDERER: Renderer = Renderer {
    id: "json",
    doc: "an object, in the schema candor.compare/1; of banks candor.bank_delta/1",
    write,
    banks: banks::json::write,
};

fn write(compared: &Compared<'_>, context: &Context<'_>, out: &mut dyn Write) -> io::Result<()> {
    write_indented(&comparison(compared, context), out)
}

#[derive(Serialize)]
struct Comparison<'a> {
    schema: &'static str,
    tool: Tool,
    noise: Noise<'a>,
    old: Version<'a>,
    new: Version<'a>,
    verdict: Option<&'static str>,
    level_delta: Option<i16>,
    score_delta: Option<i16>,
    criteria: Vec<Part<'a>>,
    findings: Findings<'a>,
    roles: Vec<Count>,
    tags: Vec<Count>,
    sentences: Vec<Change<'a>>,
}

#[derive(Serialize)]
pub(super) struct Noise<'a> {
    points: u8,
    level_changes: f64,
    guide: &'a str,
    engine: &'static str,
}

#[derive(Serialize)]
struct Version<'a> {
    path: &'a str,
    question: Option<&'a str>,
    question_answered: Option<bool>,
    answered: bool,
    reason: Option<String>,
    level: Option<u8>,
    score: Option<u8>,
    voice: Voice,
    suppressed: usize,
    left_out: Vec<LeftOut>,
}

/// Actions and results, by who does them.
#[derive(Serialize)]
pub(super) struct Voice {
    i: usize,
    we: usize,
}

#[derive(Serialize)]
struct Part<'a> {
    id: &'a str,
    old: f64,
    new: f64,
    shown: i16,
}

#[derive(Serialize)]
struct Findings<'a> {
    fixed: Vec<Finding<'a>>,
    new: Vec<Finding<'a>>,
    left: Vec<Left<'a>>,
    silenced: Vec<Finding<'a>>,
}

#[derive(Serialize)]
struct Finding<'a> {
    id: &'a str,
    severity: &'static str,
    message: &'a str,
    sentences: &'a [usize],
    words: Vec<&'a str>,
}

#[derive(Serialize)]
struct Left<'a> {
    old: Finding<'a>,
    new: Finding<'a>,
}

#[derive(Serialize)]
pub(super) struct Count {
    id: &'static str,
    old: usize,
    new: usize,
}

#[derive(Serialize)]
struct Change<'a> {
    change: &'static str,
    moved: bool,
    old: Option<Sentence<'a>>,
    new: Option<Sentence<'a>>,
    likeness: Option<f64>,
    gained: Vec<&'static str>,
    lost: Vec<&'static str>,
    words: Vec<Words>,
}

#[derive(Serialize)]
struct Sentence<'a> {
    index: usize,
    role: Option<&'static str>,
    text: &'a str,
}

#[derive(Serialize)]
struct Words {
    of: &'static str,
    text: String,
}

fn comparison<'a>(compared: &'a Compared<'a>, context: &Context<'_>) -> Comparison<'a> {
    let delta = compared.delta;
    let gain = delta.gain.as_ref();
    let part =
        |p: &compare::Part<'a>| Part { id: p.id, old: round(p.old), new: round(p.new), shown: p.shown };
    Comparison {
        schema: SCHEMA,
        tool: tool(context),
        noise: noise(compared.noise),
        old: version(compared.old, delta.old_deeds),
        new: version(compared.new, delta.new_deeds),
        verdict: gain.map(|g| direction(g.direction).0),
        level_delta: gain.map(|g| g.level),
        score_delta: gain.map(|g| g.score),
        criteria: gain.map(|g| g.parts.iter().map(part).collect()).unwrap_or_default(),
        findings: findings(compared, context),
        roles: roles(&delta.roles),
        tags: delta.tags.iter().map(|c| Count { id: c.label.id(), old: c.old, new: c.new }).collect(),
        sentences: delta.sentences.iter().map(|c| change(c, compared)).collect(),
    }
}

/// The band.
pub(super) fn noise(noise: &compare::Noise) -> Noise<'_> {
    Noise {
        points: noise.points,
        level_changes: round(noise.level_changes),
        guide: &noise.guide,
        // training/noise.py asks no other
        engine: "encoder",
    }
}

/// Sentences by role.
pub(super) fn roles(roles: &[compare::Count<Role>]) -> Vec<Count> {
    roles.iter().map(|c| Count { id: c.label.id(), old: c.old, new: c.new }).collect()
}

/// Deeds by who does them.
pub(super) fn voice(deeds: Deeds) -> Voice {
    Voice { i: deeds.i, we: deeds.we }
}

fn version<'a>(side: Side<'a>, deeds: Deeds) -> Version<'a> {
    let (answer, report) = (side.answer, side.report);
    Version {
        path: &answer.name,
        question: answer.question.as_deref(),
        question_answered: report.question.as_ref().and_then(report::QuestionReport::is_answered),
        answered: report.abstention.is_none(),
        reason: why(report.abstention),
        level: report.verdict.as_ref().map(|v| v.level),
        score: report.verdict.as_ref().map(|v| v.score),
        voice: voice(deeds),
        suppressed: report.suppressed.len(),
        left_out: left_out(answer),
    }
}

fn findings<'a>(compared: &Compared<'a>, context: &Context<'_>) -> Findings<'a> {
    let all = shown(compared, context);
    let finding = |f: &'a report::Finding, side: Side<'a>| Finding {
        id: &f.id,
        severity: severity_id(f.severity),
        message: &f.message,
        sentences: &f.sentences,
        words: quotes(f, side),
    };
    let list = |list: Vec<_>, side| list.into_iter().map(|f| finding(f, side)).collect();
    let left = |(old, new)| Left { old: finding(old, compared.old), new: finding(new, compared.new) };
    Findings {
        fixed: list(all.fixed, compared.old),
        new: list(all.new, compared.new),
        left: all.left.into_iter().map(left).collect(),
        silenced: list(all.silenced, compared.old),
    }
}

fn change<'a>(change: &compare::Change, compared: &Compared<'a>) -> Change<'a> {
    let sentence = |side: Side<'a>, i: Option<usize>| {
        let (index, told) = i.and_then(|i| Some((i, side.answer.sentences.get(i)?)))?;
        let role = side.report.sentences.get(index).map(|s| s.role.id());
        Some(Sentence { index, role, text: &told.text })
    };
    // of a sentence of one version, or the same in both, the text says it all
    let pieces = if change.kind == Kind::Rewritten { words(change, compared) } else { Vec::new() };
    let ids = |tags: &[Tag]| tags.iter().map(|t| t.id()).collect();
    Change {
        change: kind(change.kind).0,
        moved: change.moved,
        old: sentence(compared.old, change.old),
        new: sentence(compared.new, change.new),
        likeness: change.likeness.map(round),
        gained: ids(&change.gained),
        lost: ids(&change.lost),
        words: pieces.into_iter().map(piece).collect(),
    }
}

fn piece(piece: Piece) -> Words {
    match piece {
        Piece::Same(text) => Words { of: "both", text },
        Piece::Old(text) => Words { of: "old", text },
        Piece::New(text) => Words { of: "new", text },
    }
}
