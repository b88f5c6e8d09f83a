//! `html`: a bank as one page to look at: what to mend, what it covers, all stories in a table, and each of them.

use std::io::{self, Write};

use serde::Serialize;

use super::{Bank, Format, How, findings, said};
use crate::bank::{self, Note, Point, Served, Serves, Story};
use crate::render::html::page;
use crate::render::html::parts::{AT_ONCE, Bar, Columns};
use crate::render::said::{left_out_by_comments, mistake_title, name, tool};
use crate::render::{Context, reason, severity_id};

pub(super) const FORMAT: Format = Format {
    id: "html",
    doc: "a page to look at in a browser: coverage, all stories in a table that sorts, each story",
    how: How::Whole(whole),
};

fn whole(bank: &Bank<'_>, context: &Context<'_>, out: &mut dyn Write) -> io::Result<()> {
    out.write_all(page::open("Story bank").as_bytes())?;
    page::fill(("bank.html", include_str!("bank.html")), &View::of(bank, context), out)?;
    out.write_all(page::CLOSE.as_bytes())
}

/// Stories are named by their place, from 0.
#[derive(Serialize)]
struct View<'a> {
    head: String,
    guide: &'a str,
    complete: bool,
    weakest: Option<Weakest<'a>>,
    next: String,
    categories: Vec<Category<'a>>,
    levels: Columns,
    stories: Vec<Row<'a>>,
    questions: Vec<Question>,
    told: usize,
    episodes: Vec<Episode<'a>>,
    no_episodes: &'static str,
    likeness: String,
    weak: Vec<Weak>,
    bad: Vec<String>,
    at_once: usize,
    tool: String,
}

#[derive(Serialize)]
struct Weakest<'a> {
    text: String,
    stories: Vec<usize>,
    help: &'a str,
}

#[derive(Serialize)]
struct Category<'a> {
    id: &'a str,
    title: &'a str,
    stories: usize,
}

/// A story, as the tables and its own part show it.
#[derive(Serialize)]
struct Row<'a> {
    name: &'a str,
    question: Option<&'a str>,
    refused: Option<&'static str>,
    level: Option<u8>,
    score: Option<u8>,
    kinds: String,
    categories: &'a [String],
    notes: Vec<Answered<'a>>,
    notes_told: usize,
    pressure: Vec<Answered<'a>>,
    pressure_told: usize,
    findings: Vec<Finding<'a>>,
    suppressed: Option<String>,
    bar: Option<Bar>,
}

/// A note or a question of the pressure test.
#[derive(Serialize)]
struct Answered<'a> {
    title: &'a str,
    told: bool,
    text: Option<&'a str>,
}

#[derive(Serialize)]
struct Finding<'a> {
    id: &'a str,
    title: &'a str,
    severity: &'static str,
    message: &'a str,
}

#[derive(Serialize)]
struct Question {
    title: String,
    best: Vec<Best>,
    nobody: &'static str,
}

#[derive(Serialize)]
struct Best {
    story: usize,
    why: String,
}

#[derive(Serialize)]
struct Episode<'a> {
    stories: &'a [usize],
    said: String,
}

#[derive(Serialize)]
struct Weak {
    story: usize,
    why: String,
}

impl<'a> View<'a> {
    fn of(bank: &Bank<'a>, context: &Context<'a>) -> View<'a> {
        let summary = bank.summary;
        let category =
            |c: &'a bank::Covered| Category { id: &c.id, title: &c.title, stories: c.stories.len() };
        let episode = |e: &'a bank::Episode| Episode { stories: &e.stories, said: said::episode(e) };
        let weakest = summary.weakest.as_ref().map(|l| Weakest {
            text: said::weakest(l, bank),
            stories: l.stories.iter().map(|s| s.0).collect(),
            help: &l.help,
        });
        View {
            head: said::head(bank),
            guide: &context.guide.title,
            complete: bank.complete,
            weakest,
            next: said::next(bank),
            categories: summary.categories.iter().map(category).collect(),
            levels: levels(bank.stories),
            stories: bank.stories.iter().map(|s| row(s, context)).collect(),
            questions: summary.serves.iter().map(|s| question(s, bank, context)).collect(),
            told: summary.told,
            no_episodes: said::NO_EPISODES,
            episodes: summary.episodes.iter().map(episode).collect(),
            likeness: said::likeness(bank),
            weak: summary.weak.iter().map(|w| Weak { story: w.story, why: said::why(w) }).collect(),
            bad: bank.errors.iter().map(|e| e.whole()).collect(),
            at_once: AT_ONCE,
            tool: tool(context),
        }
    }
}

/// How many stories are of each level, and how many of none.
fn levels(stories: &[Story]) -> Columns {
    let of = |level: u8| stories.iter().filter(|s| s.standing.is_ok_and(|s| s.level == level)).count();
    let mut counts: Vec<(String, usize)> = (1..=5).map(|l| (l.to_string(), of(l))).collect();
    let untold = stories.iter().filter(|s| !s.is_told()).count();
    if untold > 0 {
        counts.push(("none".to_owned(), untold));
    }
    let most = counts.iter().map(|c| c.1).max().unwrap_or(0).max(1) as f32;
    let column = |(label, n): (String, usize)| (label, n.to_string(), n as f32 / most, n > 0);
    Columns::of("How many stories are of each level", counts.into_iter().map(column).collect())
}

fn row<'a>(story: &'a Story, context: &Context<'a>) -> Row<'a> {
    let finding = |f: &'a Note| Finding {
        id: &f.id,
        title: mistake_title(&f.id, context.guide),
        severity: severity_id(f.severity),
        message: &f.message,
    };
    let told = |points: &[Point]| points.iter().filter(|p| p.told).count();
    Row {
        name: name(&story.name),
        question: story.question.as_deref(),
        refused: story.standing.err().map(|a| reason(a).1),
        level: story.standing.ok().map(|s| s.level),
        score: story.standing.ok().map(|s| s.score),
        kinds: said::kinds(story, context.guide),
        categories: &story.categories,
        notes: answered(&story.notes),
        notes_told: told(&story.notes),
        pressure: answered(&story.pressure),
        pressure_told: told(&story.pressure),
        findings: findings(story, context).into_iter().map(finding).collect(),
        suppressed: left_out_by_comments(story.suppressed),
        bar: Bar::of(&story.roles, context.guide),
    }
}

fn answered(points: &[Point]) -> Vec<Answered<'_>> {
    points.iter().map(|p| Answered { title: &p.title, told: p.told, text: p.text.as_deref() }).collect()
}

fn question(serves: &Serves, bank: &Bank<'_>, context: &Context<'_>) -> Question {
    let best = |b: &Served| Best { story: b.story, why: said::served(b, &bank.stories[b.story]) };
    Question {
        title: said::question(serves, context.guide),
        best: said::best(serves).into_iter().map(best).collect(),
        nobody: said::unserved(serves),
    }
}
