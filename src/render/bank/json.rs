//! `json`: the schema `candor.bank/1`, one object with the stories and the summary. `schemas/bank-1.json` describes it.

use std::io::{self, Write};

use serde::Serialize;

use super::{Bank, Format, How, findings};
use crate::bank::{Note, Point, SAME_EPISODE, Serves, Story, Summary};
use crate::render::json_parts::{Bad, round, tenth, why, write_indented};
use crate::render::json_v1::{Tool, tool};
use crate::render::{Context, reason, severity_id};

pub(super) const FORMAT: Format = Format {
    id: "json",
    doc: "one object with all stories and the summary, in the schema candor.bank/1",
    how: How::Whole(whole),
};

#[derive(Serialize)]
struct Document<'a> {
    schema: &'static str,
    tool: Tool,
    complete: bool,
    stories: Vec<StoryOut<'a>>,
    errors: Vec<Bad<'a>>,
    summary: SummaryOut<'a>,
}

#[derive(Serialize)]
struct StoryOut<'a> {
    path: &'a str,
    question: Option<&'a str>,
    question_form: Option<&'a str>,
    reason: Option<String>,
    reason_code: Option<&'static str>,
    level: Option<u8>,
    score: Option<u8>,
    categories: &'a [String],
    notes: Vec<PointOut<'a>>,
    pressure: Vec<PointOut<'a>>,
    findings: Vec<Finding<'a>>,
    suppressed: usize,
}

#[derive(Serialize)]
struct PointOut<'a> {
    id: &'a str,
    title: &'a str,
    told: bool,
    sentences: &'a [usize],
    text: Option<&'a str>,
}

#[derive(Serialize)]
struct Finding<'a> {
    id: &'a str,
    severity: &'static str,
    message: &'a str,
}

#[derive(Serialize)]
struct SummaryOut<'a> {
    told: usize,
    mean_score: Option<f64>,
    categories: Vec<Covered<'a>>,
    weak: Vec<Weak<'a>>,
    same_episode: SameEpisode<'a>,
    questions: Vec<Question<'a>>,
    weakest_link: Option<Link<'a>>,
}

#[derive(Serialize)]
struct Covered<'a> {
    id: &'a str,
    title: &'a str,
    stories: &'a [usize],
}

#[derive(Serialize)]
struct Weak<'a> {
    story: usize,
    reason: Option<&'static str>,
    level: Option<u8>,
    fails: &'a [String],
}

#[derive(Serialize)]
struct SameEpisode<'a> {
    likeness: f64,
    compared: usize,
    groups: Vec<Group<'a>>,
}

#[derive(Serialize)]
struct Group<'a> {
    stories: &'a [usize],
    likeness: f64,
}

#[derive(Serialize)]
struct Question<'a> {
    question: Option<&'a str>,
    form: Option<&'a str>,
    title: Option<&'a str>,
    best: Vec<Best<'a>>,
}

#[derive(Serialize)]
struct Best<'a> {
    story: usize,
    heard: &'a [String],
    missing: &'a [String],
    written_for: bool,
    kinds: &'a [String],
    shared: f64,
}

#[derive(Serialize)]
struct Link<'a> {
    criterion: &'a str,
    title: &'a str,
    lost: f64,
    stories: Vec<Cost>,
    help: &'a str,
}

#[derive(Serialize)]
struct Cost {
    story: usize,
    lost: f64,
}

fn whole(bank: &Bank<'_>, context: &Context<'_>, out: &mut dyn Write) -> io::Result<()> {
    let document = Document {
        schema: "candor.bank/1",
        tool: tool(context),
        complete: bank.complete,
        stories: bank.stories.iter().map(|s| story(s, context)).collect(),
        errors: Bad::all(bank.errors),
        summary: summary(bank.summary),
    };
    write_indented(&document, out)
}

fn story<'a>(story: &'a Story, context: &Context<'_>) -> StoryOut<'a> {
    let finding = |f: &'a Note| Finding { id: &f.id, severity: severity_id(f.severity), message: &f.message };
    StoryOut {
        path: &story.name,
        question: story.question.as_deref(),
        question_form: story.form.as_deref(),
        reason: why(story.standing.err()),
        reason_code: story.standing.err().map(|a| reason(a).0),
        level: story.standing.ok().map(|s| s.level),
        score: story.standing.ok().map(|s| s.score),
        categories: &story.categories,
        notes: points(&story.notes),
        pressure: points(&story.pressure),
        findings: findings(story, context).into_iter().map(finding).collect(),
        suppressed: story.suppressed,
    }
}

fn points(points: &[Point]) -> Vec<PointOut<'_>> {
    let point = |p| {
        let Point { id, title, told, sentences, text }: &Point = p;
        PointOut { id, title, told: *told, sentences, text: text.as_deref() }
    };
    points.iter().map(point).collect()
}

fn summary(s: &Summary) -> SummaryOut<'_> {
    let covered = s.categories.iter().map(|c| Covered { id: &c.id, title: &c.title, stories: &c.stories });
    let weak = s.weak.iter().map(|w| Weak {
        story: w.story,
        reason: w.abstention.map(|a| reason(a).0),
        level: w.level,
        fails: &w.fails,
    });
    let groups = s.episodes.iter().map(|e| Group { stories: &e.stories, likeness: round(e.likeness) });
    let link = s.weakest.as_ref().map(|l| Link {
        criterion: &l.criterion,
        title: &l.title,
        lost: tenth(l.lost),
        stories: l.stories.iter().map(|c| Cost { story: c.0, lost: tenth(c.1) }).collect(),
        help: &l.help,
    });
    SummaryOut {
        told: s.told,
        mean_score: s.mean_score.map(tenth),
        categories: covered.collect(),
        weak: weak.collect(),
        same_episode: SameEpisode {
            likeness: round(SAME_EPISODE),
            compared: s.compared,
            groups: groups.collect(),
        },
        questions: s.serves.iter().map(question).collect(),
        weakest_link: link,
    }
}

fn question(serves: &Serves) -> Question<'_> {
    let best = serves.best.iter().map(|b| Best {
        story: b.story,
        heard: &b.heard,
        missing: &b.missing,
        written_for: b.written_for,
        kinds: &b.kinds,
        shared: round(b.shared),
    });
    Question {
        question: serves.question.as_deref(),
        form: serves.form.as_ref().map(|f| f.0.as_str()),
        title: serves.form.as_ref().map(|f| f.1.as_str()),
        best: best.collect(),
    }
}
