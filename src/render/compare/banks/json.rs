//! `json` of two banks: one object in the schema `candor.bank_delta/1`, which `schemas/bank-delta-1.json` describes; a test
//! validates what is written here against it.
//!
//! Keys and their order are part of the schema. Means have one decimal, points and likeness four, so that bytes are stable.

use std::io::{self, Write};

use serde::Serialize;

use super::{Bank, Banks, Context, findings, said, shown, turn};
use crate::bank::{self, By, Kept, Link, Turn};
use crate::guide::Criterion;
use crate::render::compare::json::{Count, Noise, Voice, noise, roles, voice};
use crate::render::json_parts::{Bad, round, tenth, why, write_indented};
use crate::render::json_v1::{Tool, tool};
use crate::render::reason;

const SCHEMA: &str = "candor.bank_delta/1";

/// Writes it.
pub(in crate::render::compare) fn write(
    banks: &Banks<'_>,
    context: &Context<'_>,
    out: &mut dyn Write,
) -> io::Result<()> {
    write_indented(&document(banks, context), out)
}

#[derive(Serialize)]
struct Document<'a> {
    schema: &'static str,
    tool: Tool,
    noise: Noise<'a>,
    old: Version<'a>,
    new: Version<'a>,
    counts: Counts,
    pairs: Vec<Pair<'a>>,
    taken_out: Vec<Alone<'a>>,
    added: Vec<Alone<'a>>,
    unsought: usize,
    scored: Scored<'a>,
    findings: Vec<Became<'a>>,
    roles: Vec<Count>,
    categories: Vec<Covered<'a>>,
}

#[derive(Serialize)]
struct Version<'a> {
    path: &'a str,
    stories: usize,
    told: usize,
    mean_score: Option<f64>,
    voice: Voice,
    weakest_link: Option<Weakest<'a>>,
    errors: Vec<Bad<'a>>,
}

#[derive(Serialize)]
struct Weakest<'a> {
    criterion: &'a str,
    title: &'a str,
    lost: f64,
}

#[derive(Serialize)]
struct Counts {
    better: usize,
    worse: usize,
    within_noise: usize,
    refused: usize,
    told_now: usize,
    untold: usize,
    unchanged: usize,
    taken_out: usize,
    added: usize,
    unread_now: usize,
    unread_before: usize,
}

#[derive(Serialize)]
struct Pair<'a> {
    verdict: &'static str,
    old: Story<'a>,
    new: Story<'a>,
    found_by: &'static str,
    renamed: bool,
    likeness: f64,
    unchanged: bool,
    level_delta: Option<i16>,
    score_delta: Option<i16>,
    criteria: Vec<Part<'a>>,
    findings: Findings<'a>,
    told_now: Vec<&'a str>,
    no_longer_told: Vec<&'a str>,
}

#[derive(Serialize)]
struct Story<'a> {
    path: &'a str,
    name: &'a str,
    reason: Option<String>,
    reason_code: Option<&'static str>,
    level: Option<u8>,
    score: Option<u8>,
}

#[derive(Serialize)]
struct Part<'a> {
    id: &'a str,
    points: i64,
}

#[derive(Default, Serialize)]
struct Findings<'a> {
    fixed: Vec<&'a str>,
    new: Vec<&'a str>,
    left: Vec<&'a str>,
    silenced: Vec<&'a str>,
}

#[derive(Serialize)]
struct Alone<'a> {
    story: Story<'a>,
    unread_in_other: bool,
}

#[derive(Serialize)]
struct Scored<'a> {
    pairs: usize,
    old_mean: Option<f64>,
    new_mean: Option<f64>,
    score_delta: i64,
    criteria: Vec<Part<'a>>,
}

#[derive(Serialize)]
struct Became<'a> {
    id: &'a str,
    fixed: usize,
    new: usize,
    left: usize,
    silenced: usize,
}

#[derive(Serialize)]
struct Covered<'a> {
    id: &'a str,
    title: &'a str,
    old: usize,
    new: usize,
}

fn document<'a>(banks: &'a Banks<'a>, context: &'a Context<'_>) -> Document<'a> {
    let delta = banks.delta;
    let part = |p: &bank::Moved<'a>| Part { id: p.id, points: p.points };
    let categories = delta.old.categories.iter().zip(&delta.new.categories);
    let covered = |(old, new): (&bank::Covered, &'a bank::Covered)| Covered {
        id: &new.id,
        title: &new.title,
        old: old.stories.len(),
        new: new.stories.len(),
    };
    Document {
        schema: SCHEMA,
        tool: tool(context),
        noise: noise(banks.noise),
        old: version(&banks.old, &delta.old),
        new: version(&banks.new, &delta.new),
        counts: counts(delta),
        pairs: delta.pairs.iter().map(|p| pair(p, context)).collect(),
        taken_out: delta.gone.iter().map(alone).collect(),
        added: delta.added.iter().map(alone).collect(),
        unsought: delta.unsought,
        scored: Scored {
            pairs: delta.scored,
            old_mean: delta.means.map(|m| tenth(m.0)),
            new_mean: delta.means.map(|m| tenth(m.1)),
            score_delta: delta.score,
            criteria: delta.parts.iter().map(part).collect(),
        },
        findings: findings(delta, context).into_iter().map(became).collect(),
        roles: roles(&delta.roles),
        categories: categories.map(covered).collect(),
    }
}

fn version<'a>(bank: &Bank<'a>, whole: &'a bank::Whole) -> Version<'a> {
    let link = |l: &'a Link| Weakest { criterion: &l.criterion, title: &l.title, lost: tenth(l.lost) };
    Version {
        path: bank.name,
        stories: whole.stories,
        told: whole.told,
        mean_score: whole.mean_score.map(tenth),
        voice: voice(whole.deeds),
        weakest_link: whole.weakest.as_ref().map(link),
        errors: Bad::all(bank.errors),
    }
}

fn counts(delta: &bank::Delta<'_>) -> Counts {
    let unread = |alone: &[bank::Alone<'_>]| alone.iter().filter(|a| a.unread).count();
    Counts {
        better: delta.count(Turn::Better),
        worse: delta.count(Turn::Worse),
        within_noise: delta.count(Turn::WithinNoise),
        refused: delta.count(Turn::Refused),
        told_now: delta.count(Turn::ToldNow),
        untold: delta.count(Turn::Untold),
        unchanged: delta.pairs.iter().filter(|p| p.same).count(),
        taken_out: delta.gone.len(),
        added: delta.added.len(),
        unread_now: unread(&delta.gone),
        unread_before: unread(&delta.added),
    }
}

fn pair<'a>(pair: &'a bank::Pair<'a>, context: &'a Context<'_>) -> Pair<'a> {
    let gain = pair.gain.as_ref();
    let parts = gain.into_iter().flat_map(|g| &g.parts);
    let part = |(c, points): (&'a Criterion, &i16)| Part { id: &c.id, points: i64::from(*points) };
    let findings = |g: &bank::Gain<'a>| Findings {
        fixed: shown(&g.fixed, context),
        new: shown(&g.found, context),
        left: shown(&g.left, context),
        silenced: shown(&g.hidden, context),
    };
    let [told_now, no_longer_told] = said::notes(pair, context.guide);
    Pair {
        verdict: turn(pair.turn).0,
        old: story(pair.old),
        new: story(pair.new),
        found_by: match pair.by {
            By::Name => "name",
            By::Text => "text",
            By::Likeness => "likeness",
            By::Turn => "turn",
        },
        renamed: pair.is_renamed(),
        likeness: round(pair.likeness),
        unchanged: pair.same,
        level_delta: gain.map(|g| g.level),
        score_delta: gain.map(|g| g.score),
        criteria: context.guide.criterion.iter().zip(parts).map(part).collect(),
        findings: gain.map(findings).unwrap_or_default(),
        told_now,
        no_longer_told,
    }
}

fn story(kept: &Kept) -> Story<'_> {
    Story {
        path: &kept.name,
        name: &kept.label,
        reason: why(kept.standing.err()),
        reason_code: kept.standing.err().map(|a| reason(a).0),
        level: kept.standing.ok().map(|s| s.level),
        score: kept.standing.ok().map(|s| s.score),
    }
}

fn alone<'a>(alone: &bank::Alone<'a>) -> Alone<'a> {
    Alone { story: story(alone.story), unread_in_other: alone.unread }
}

fn became<'a>(became: &bank::Became<'a>) -> Became<'a> {
    let bank::Became { id, fixed, found, left, hidden } = became;
    Became { id, fixed: *fixed, new: *found, left: *left, silenced: *hidden }
}
