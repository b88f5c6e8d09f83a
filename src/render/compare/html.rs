//! `html`: a comparison as one page to look at: the verdict, what it comes from, and both versions side by side.

use std::io::{self, Write};

use serde::Serialize;

use super::said::signed;
use super::{Compared, Context, Renderer, banks, kind, quotes, said, shown, words};
use crate::compare::{Change, Piece, Side};
use crate::render::aside::{LeftOut, left_out};
use crate::render::html::page;
use crate::render::html::parts::{Bar, Scale};
use crate::render::said::{mistake_title, name, role_title, tool};
use crate::render::severity_id;
use crate::report::{self, Verdict};

pub(super) const RENDERER: Renderer = Renderer {
    id: "html",
    doc: "a page to look at in a browser: the verdict, both versions side by side; of banks each story",
    write,
    banks: banks::html::write,
};

fn write(compared: &Compared<'_>, context: &Context<'_>, out: &mut dyn Write) -> io::Result<()> {
    out.write_all(page::open("Two versions of an answer").as_bytes())?;
    let template = ("compare.html", include_str!("compare.html"));
    page::fill(template, &View::of(compared, context), out)?;
    out.write_all(page::CLOSE.as_bytes())
}

#[derive(Serialize)]
struct View<'a> {
    old: Version<'a>,
    new: Version<'a>,
    /// The question, where it is the same one.
    question: Option<&'a str>,
    /// Whether each version has its own, or one of them none.
    questions_differ: bool,
    verdict: said::Verdict,
    /// Whether both versions have a score.
    judged: bool,
    scale: Option<Scale>,
    /// Points around the old score within which nothing is certain.
    band: u8,
    points: Vec<Part<'a>>,
    sum: Option<Sum>,
    groups: Vec<Group<'a>>,
    deeds: String,
    answered: Option<&'static str>,
    heard: [Vec<String>; 2],
    lines: Vec<Line<'a>>,
    next: Option<String>,
    tool: String,
}

#[derive(Serialize)]
struct Version<'a> {
    title: &'static str,
    name: &'a str,
    question: Option<&'a str>,
    bar: Option<Bar>,
    left_out: Vec<LeftOut<'a>>,
}

#[derive(Serialize)]
struct Part<'a> {
    title: &'a str,
    old: String,
    new: String,
    shown: String,
}

#[derive(Serialize)]
struct Sum {
    text: &'static str,
    old: u8,
    new: u8,
    shown: String,
}

/// Findings that became the same.
#[derive(Serialize)]
struct Group<'a> {
    title: &'static str,
    /// What is to be known of them all.
    remark: Option<&'static str>,
    findings: Vec<Finding<'a>>,
}

#[derive(Serialize)]
struct Finding<'a> {
    id: &'a str,
    title: &'a str,
    severity: &'static str,
    message: &'a str,
    quotes: Vec<&'a str>,
    spread: Option<String>,
}

/// A sentence of either version, or of both.
#[derive(Serialize)]
struct Line<'a> {
    kind: &'static str,
    sign: &'static str,
    label: String,
    old: Option<Sentence<'a>>,
    new: Option<Sentence<'a>>,
}

#[derive(Serialize)]
struct Sentence<'a> {
    /// From 1.
    number: usize,
    role: Option<&'static str>,
    title: Option<&'a str>,
    runs: Vec<Run>,
}

/// Words that are in both versions, or only in this one.
#[derive(Serialize)]
struct Run {
    text: String,
    own: bool,
}

impl<'a> View<'a> {
    fn of(compared: &Compared<'a>, context: &Context<'a>) -> View<'a> {
        let (delta, guide) = (compared.delta, context.guide);
        let (old, new) = (compared.old, compared.new);
        let verdicts = old.report.verdict.as_ref().zip(new.report.verdict.as_ref());
        let band = compared.noise.points;
        let part = |p: &crate::compare::Part<'a>| Part {
            title: p.title,
            old: format!("{:.1}", p.old),
            new: format!("{:.1}", p.new),
            shown: signed(p.shown),
        };
        let gain = delta.gain.as_ref();
        let sum = |(old, new): (&Verdict, &Verdict)| {
            Some(Sum { text: said::SUM, old: old.score, new: new.score, shown: signed(gain?.score) })
        };
        let questions = (old.answer.question.as_deref(), new.answer.question.as_deref());
        View {
            old: version("Old", old, context),
            new: version("New", new, context),
            question: questions.0.filter(|_| questions.0 == questions.1),
            questions_differ: questions.0 != questions.1,
            verdict: said::Verdict::of(compared, context),
            judged: gain.is_some(),
            scale: verdicts.map(|(old, new)| Scale::of("The two scores", old.score, new.score, band)),
            band,
            points: gain.map(|g| said::moved(&g.parts).into_iter().map(part).collect()).unwrap_or_default(),
            sum: verdicts.and_then(sum),
            groups: groups(compared, context),
            deeds: said::deeds(compared.delta.old_deeds, compared.delta.new_deeds),
            answered: said::answered(compared),
            heard: said::heard(compared, guide),
            lines: delta.sentences.iter().map(|c| line(c, compared, context)).collect(),
            next: said::next(compared),
            tool: tool(context),
        }
    }
}

fn version<'a>(title: &'static str, side: Side<'a>, context: &Context<'_>) -> Version<'a> {
    let judged = side.report.verdict.is_some();
    Version {
        title,
        name: name(&side.answer.name),
        question: side.answer.question.as_deref(),
        bar: Bar::of(&side.report.words_by_role(side.answer), context.guide).filter(|_| judged),
        left_out: left_out(side.answer),
    }
}

fn groups<'a>(compared: &Compared<'a>, context: &Context<'a>) -> Vec<Group<'a>> {
    let all = shown(compared, context);
    let finding = |f: &'a report::Finding, side: Side<'a>, spread: Option<String>| Finding {
        id: &f.id,
        title: mistake_title(&f.id, context.guide),
        severity: severity_id(f.severity),
        message: &f.message,
        quotes: quotes(f, side),
        spread,
    };
    let list = |list: Vec<_>, side| list.into_iter().map(|f| finding(f, side, None)).collect();
    let left = |(was, is)| finding(is, compared.new, said::spread(was, is));
    let group = |title, remark, findings| Group { title, remark, findings };
    let groups = [
        group("Fixed", Some(said::FIXED), list(all.fixed, compared.old)),
        group("New", None, list(all.new, compared.new)),
        group("Left", None, all.left.into_iter().map(left).collect()),
        group("Hidden", Some(said::HIDDEN), list(all.silenced, compared.old)),
    ];
    groups.into_iter().filter(|g| !g.findings.is_empty()).collect()
}

fn line<'a>(change: &Change, compared: &Compared<'a>, context: &Context<'a>) -> Line<'a> {
    let (was, is) = runs(words(change, compared));
    let (kind, sign) = kind(change.kind);
    // The role of a sentence stands beside it: of one that has no other only the rest is said.
    let label = match (change.old, change.new) {
        (Some(_), Some(_)) => said::label(change, compared, context.guide),
        _ if compared.delta.gain.is_none() => String::new(),
        _ => said::tags(change.gained.iter().chain(&change.lost), context.guide),
    };
    let old = change.old.map(|i| sentence(i, compared.old, was, context));
    let new = change.new.map(|i| sentence(i, compared.new, is, context));
    Line { kind, sign, label, old, new }
}

/// The words of the old sentence and those of the new one.
fn runs(pieces: Vec<Piece>) -> (Vec<Run>, Vec<Run>) {
    let (mut old, mut new) = (Vec::new(), Vec::new());
    for piece in pieces {
        match piece {
            Piece::Same(text) => {
                old.push(Run { text: text.clone(), own: false });
                new.push(Run { text, own: false });
            }
            Piece::Old(text) => old.push(Run { text, own: true }),
            Piece::New(text) => new.push(Run { text, own: true }),
        }
    }
    (old, new)
}

fn sentence<'a>(i: usize, side: Side<'_>, runs: Vec<Run>, context: &Context<'a>) -> Sentence<'a> {
    let judged = side.report.verdict.is_some();
    let role = side.report.sentences.get(i).filter(|_| judged).map(|s| s.role);
    Sentence {
        number: i + 1,
        role: role.map(|r| r.id()),
        title: role.map(|r| role_title(r, context.guide)),
        runs,
    }
}
