//! What the page of a critique shows, as its template reads it.
//!
//! May import: what `render` may.

use serde::Serialize;

use super::lines::{Line, Note, lines, notes};
use super::parts::{Bar, Columns, Key};
use crate::evidence::{ROLES, Role, Voice};
use crate::guide::Guide;
use crate::render::aside::{LeftOut, left_out};
use crate::render::mend::{self, ToMend};
use crate::render::{Context, Shown, percent, reason, said, severity_id};
use crate::report::{Criterion, Finding, Signal, Verdict};

/// Everything that is said of one answer.
#[derive(Serialize)]
pub(super) struct View<'a> {
    /// Tells the names of this answer's parts from those of others in the same page.
    number: usize,
    name: &'a str,
    question: Option<&'a str>,
    form: Option<String>,
    refused: Option<Refused<'a>>,
    verdict: Option<Stands<'a>>,
    mend: Vec<Mend<'a>>,
    nothing: String,
    suppressed: Option<String>,
    bar: Option<Bar>,
    keys: Vec<Key>,
    lines: Vec<Line<'a>>,
    whole: Vec<Note<'a>>,
    strengths: Vec<Told<'a>>,
    follow_ups: &'a [String],
    opinion: Option<Opinion>,
    words: Option<InWords<'a>>,
    tests: Vec<Heard<'a>>,
    ways: Vec<Heard<'a>>,
    kinds: Vec<Kind<'a>>,
    deeds: Deeds,
    next: String,
    tool: String,
}

/// Why there is no score.
#[derive(Serialize)]
struct Refused<'a> {
    why: &'static str,
    what: &'static str,
    again: String,
    left_out: Vec<LeftOut<'a>>,
}

/// The level and the score.
#[derive(Serialize)]
struct Stands<'a> {
    level: u8,
    words: &'a str,
    sureness: String,
    thinnest: Option<String>,
    score: u8,
    /// None where they follow from the score.
    levels: Option<Columns>,
    criteria: Vec<Points<'a>>,
    total: String,
}

#[derive(Serialize)]
struct Points<'a> {
    title: &'a str,
    points: String,
    weight: String,
    /// Of the weight, in percent.
    share: usize,
    sentences: &'a [usize],
    /// Whether they took points.
    costs: bool,
}

/// Something to mend first: a finding, or a part of the score with how little of it is told.
#[derive(Serialize)]
struct Mend<'a> {
    finding: Option<Found<'a>>,
    little: Option<&'static str>,
    title: String,
    help: &'a str,
    sentences: &'a [usize],
}

/// A finding by its number on the page.
#[derive(Serialize)]
struct Found<'a> {
    number: usize,
    id: &'a str,
    severity: &'static str,
}

/// Something said, and the sentences that show it.
#[derive(Serialize)]
struct Told<'a> {
    text: &'a str,
    sentences: &'a [usize],
}

#[derive(Serialize)]
struct Heard<'a> {
    title: &'a str,
    heard: bool,
    sentences: &'a [usize],
}

#[derive(Serialize)]
struct Kind<'a> {
    title: &'a str,
    percent: String,
}

#[derive(Serialize)]
struct Opinion {
    text: String,
    lightly: Option<&'static str>,
}

#[derive(Serialize)]
struct InWords<'a> {
    model: &'a str,
    summary: &'a str,
    weaknesses: Vec<Weakness<'a>>,
    strengths: Vec<Told<'a>>,
    questions: &'a [String],
    left_out: Vec<String>,
}

#[derive(Serialize)]
struct Weakness<'a> {
    title: &'a str,
    sentences: &'a [usize],
    why: &'a str,
    mend: &'a str,
    rewrite: Option<&'a str>,
}

/// Deeds told as "I" and as "we".
#[derive(Serialize)]
struct Deeds {
    i: usize,
    we: usize,
}

impl<'a> View<'a> {
    pub(super) fn of(shown: &Shown<'a>, context: &Context<'a>) -> View<'a> {
        let (answer, report, guide) = (shown.answer, shown.report, context.guide);
        let findings: Vec<&Finding> = shown.findings(context).collect();
        let judged = report.abstention.is_none();
        let words = report.words_by_role(answer);
        let kind = |c: &'a crate::guide::Category| {
            report.categories.get(&c.id).map(|p| Kind { title: &c.title, percent: in_percent(*p) })
        };
        let told = |s: &'a crate::report::Strength| Told {
            text: s.message.trim_end_matches('.'),
            sentences: &s.sentences,
        };
        View {
            number: shown.number,
            name: said::name(&answer.name),
            question: answer.question.as_deref(),
            form: report.question.as_ref().filter(|_| judged).map(said::form),
            refused: refused(shown),
            verdict: report.verdict.as_ref().map(|v| stands(v, shown, context)),
            mend: mend::first(shown, context).into_iter().map(|m| self::mend(m, guide)).collect(),
            nothing: said::nothing(shown, context.guide),
            suppressed: said::suppressed(shown),
            bar: Bar::of(&words, guide),
            keys: keys(shown, &words, guide),
            lines: if judged { lines(shown, context, &findings) } else { Vec::new() },
            whole: notes(shown, context, &findings, None),
            strengths: report.strengths.iter().map(told).collect(),
            follow_ups: &report.follow_ups,
            opinion: opinion(shown, context),
            words: in_words(shown, context),
            tests: heard(&report.tests),
            ways: heard(&report.ways),
            kinds: guide.category.iter().filter_map(kind).collect(),
            deeds: Deeds { i: report.deeds(Voice::I), we: report.deeds(Voice::We) },
            next: said::next(shown, context, "below"),
            tool: said::tool(context),
        }
    }
}

fn in_percent(p: f32) -> String {
    format!("{:.0}%", p * 100.0)
}

fn refused<'a>(shown: &Shown<'a>) -> Option<Refused<'a>> {
    let why = shown.report.abstention?;
    let what = said::without_score(why);
    Some(Refused { why: reason(why).1, what, again: said::again(shown), left_out: left_out(shown.answer) })
}

fn stands<'a>(verdict: &'a Verdict, shown: &Shown<'_>, context: &Context<'a>) -> Stands<'a> {
    let guide = context.guide;
    let most = verdict.levels.iter().fold(0.01, |a: f32, b| a.max(*b));
    let level = |(i, p): (usize, &f32)| {
        let own = i + 1 == usize::from(verdict.level);
        ((i + 1).to_string(), in_percent(*p), p / most, own)
    };
    let points = |c: &'a Criterion| Points {
        title: &c.title,
        points: format!("{:.1}", c.points()),
        weight: c.weight.to_string(),
        share: (c.score.clamp(0.0, 1.0) * 100.0).round() as usize,
        sentences: &c.sentences,
        costs: said::costs(c, guide),
    };
    let total: f32 = verdict.criteria.iter().map(Criterion::points).sum();
    Stands {
        level: verdict.level,
        words: said::level(verdict, guide),
        sureness: said::sureness(verdict, guide),
        thinnest: said::thinnest(shown, context),
        score: verdict.score,
        levels: guide.level_scores.is_none().then(|| {
            let columns = verdict.levels.iter().enumerate().map(level).collect();
            Columns::of("How probable each level is", columns)
        }),
        criteria: verdict.criteria.iter().map(points).collect(),
        total: format!("{total:.1}"),
    }
}

fn mend<'a>(mend: ToMend<'a>, guide: &'a Guide) -> Mend<'a> {
    let (title, help) = (mend.title(guide), mend.help(guide));
    match mend {
        ToMend::Found(i, f) => {
            let finding = Found { number: i + 1, id: &f.id, severity: severity_id(f.severity) };
            Mend { finding: Some(finding), little: None, title, help, sentences: &f.sentences }
        }
        ToMend::Thin(criterion) => {
            let little = Some(mend::how_little(criterion));
            Mend { finding: None, little, title, help, sentences: &criterion.sentences }
        }
    }
}

/// Every role, also one that is not heard: that is worth knowing.
fn keys(shown: &Shown<'_>, words: &[usize; ROLES], guide: &Guide) -> Vec<Key> {
    let total = words.iter().sum();
    let key = |&role: &Role| Key {
        role: role.id(),
        title: said::role_title(role, guide).to_owned(),
        hears: guide.role.get(&role).map_or(String::new(), |label| label.hears.clone()),
        count: shown.report.sentences.iter().filter(|s| s.role == role).count(),
        percent: percent(words[role.index()], total),
    };
    Role::ALL.iter().map(key).collect()
}

fn heard(signals: &[Signal]) -> Vec<Heard<'_>> {
    signals.iter().map(|s| Heard { title: &s.title, heard: s.heard, sentences: &s.sentences }).collect()
}

fn opinion(shown: &Shown<'_>, context: &Context<'_>) -> Option<Opinion> {
    let (second, opinion) = (context.second?, shown.report.second.as_ref()?);
    Some(Opinion { text: said::opinion(opinion, second), lightly: said::lightly(opinion) })
}

fn in_words<'a>(shown: &Shown<'a>, context: &Context<'a>) -> Option<InWords<'a>> {
    let (second, words) = (context.second?, shown.report.words.as_ref()?);
    let weakness = |w: &'a crate::report::Weakness| Weakness {
        title: said::mistake_title(&w.id, context.guide),
        sentences: &w.sentences,
        why: &w.why,
        mend: &w.mend,
        rewrite: w.rewrite.as_deref(),
    };
    let told =
        |s: &'a crate::report::Praise| Told { text: s.what.trim_end_matches('.'), sentences: &s.sentences };
    Some(InWords {
        model: &second.model.id,
        summary: &words.summary,
        weaknesses: words.weaknesses.iter().map(weakness).collect(),
        strengths: words.strengths.iter().map(told).collect(),
        questions: &words.questions,
        left_out: said::left_out(words).collect(),
    })
}
