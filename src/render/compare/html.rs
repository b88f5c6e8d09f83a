//! `html`: a comparison as one page to look at: the verdict, what it comes from, and both versions side by side.

use std::io::{self, Write};

use serde::Serialize;

use super::said::signed;
use super::{Compared, Renderer, Setting, banks, quotes, said};
use crate::compare::{Change, Kind, Piece, Side, pieces};
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

fn write(compared: &Compared<'_>, setting: &Setting<'_>, out: &mut dyn Write) -> io::Result<()> {
    out.write_all(page::open("Two versions of an answer").as_bytes())?;
    let template = ("compare.html", include_str!("compare.html"));
    page::fill(template, &View::of(compared, setting), out)?;
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
    direction: Option<&'static str>,
    headline: String,
    noise: String,
    standing: Vec<String>,
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
    fn of(compared: &Compared<'a>, setting: &Setting<'a>) -> View<'a> {
        let (delta, guide) = (compared.delta, setting.guide);
        let (old, new) = (compared.old, compared.new);
        let verdicts = old.report.verdict.as_ref().zip(new.report.verdict.as_ref());
        let (verdict, band) = (said::verdict(compared), compared.noise.points);
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
            old: version("Old", old, setting),
            new: version("New", new, setting),
            question: questions.0.filter(|_| questions.0 == questions.1),
            questions_differ: questions.0 != questions.1,
            direction: verdict.as_ref().map(|v| v.0),
            headline: verdict.map_or_else(|| said::no_verdict(compared), |v| v.1),
            noise: said::noise(compared, setting),
            standing: if gain.is_some() { Vec::new() } else { said::standing(compared) },
            scale: verdicts.map(|(old, new)| Scale::of("The two scores", old.score, new.score, band)),
            band,
            points: gain.map(|g| said::moved(&g.parts).into_iter().map(part).collect()).unwrap_or_default(),
            sum: verdicts.and_then(sum),
            groups: groups(compared, setting),
            deeds: said::deeds(compared.delta.old_deeds, compared.delta.new_deeds),
            answered: said::answered(compared),
            heard: said::heard(compared, guide),
            lines: delta.sentences.iter().map(|c| line(c, compared, setting)).collect(),
            next: said::next(compared),
            tool: tool(setting.model, guide, setting.second),
        }
    }
}

fn version<'a>(title: &'static str, side: Side<'a>, setting: &Setting<'_>) -> Version<'a> {
    let judged = side.report.verdict.is_some();
    Version {
        title,
        name: name(&side.answer.name),
        question: side.answer.question.as_deref(),
        bar: Bar::of(&side.report.words_by_role(side.answer), setting.guide).filter(|_| judged),
        left_out: left_out(side.answer),
    }
}

fn groups<'a>(compared: &Compared<'a>, setting: &Setting<'a>) -> Vec<Group<'a>> {
    let all = &compared.delta.findings;
    let finding = |f: &'a report::Finding, side: Side<'a>, spread: Option<String>| Finding {
        id: &f.id,
        title: mistake_title(&f.id, setting.guide),
        severity: severity_id(f.severity),
        message: &f.message,
        quotes: quotes(f, side),
        spread,
    };
    let list = |list: &[&'a report::Finding], side: Side<'a>| -> Vec<Finding<'a>> {
        list.iter().filter(|f| setting.shows(f)).map(|f| finding(f, side, None)).collect()
    };
    let left = all.left.iter().filter(|f| setting.shows(f.1));
    let left = left.map(|(was, is)| finding(is, compared.new, said::spread(was, is))).collect();
    let group = |title, remark, findings| Group { title, remark, findings };
    let groups = vec![
        group("Fixed", None, list(&all.fixed, compared.old)),
        group("New", None, list(&all.new, compared.new)),
        group("Left", None, left),
        group("Hidden", Some(said::HIDDEN), list(&all.silenced, compared.old)),
    ];
    groups.into_iter().filter(|g| !g.findings.is_empty()).collect()
}

fn line<'a>(change: &Change, compared: &Compared<'a>, setting: &Setting<'a>) -> Line<'a> {
    let told = |side: Side<'a>, i: Option<usize>| i.and_then(|i| side.answer.sentences.get(i));
    let (old, new) = (told(compared.old, change.old), told(compared.new, change.new));
    let whole = |text: &str, own| vec![Run { text: text.to_owned(), own }];
    let (was, is) = match (old, new, change.kind) {
        (Some(old), Some(new), Kind::Rewritten) => runs(&pieces(&old.text, &new.text)),
        (old, new, kind) => (
            old.map_or(Vec::new(), |s| whole(&s.text, kind == Kind::Removed)),
            new.map_or(Vec::new(), |s| whole(&s.text, kind == Kind::Added)),
        ),
    };
    let (kind, sign) = match change.kind {
        Kind::Kept => ("kept", "As it was"),
        Kind::Rewritten => ("rewritten", "Rewritten"),
        Kind::Added => ("added", "New"),
        Kind::Removed => ("removed", "Gone"),
    };
    // The role of a sentence stands beside it: of one that has no other only the rest is said.
    let label = match (old, new) {
        (Some(_), Some(_)) => said::label(change, compared, setting.guide),
        _ if compared.delta.gain.is_none() => String::new(),
        _ => said::tags(change.gained.iter().chain(&change.lost), setting.guide),
    };
    let old = change.old.map(|i| sentence(i, compared.old, was, setting));
    let new = change.new.map(|i| sentence(i, compared.new, is, setting));
    Line { kind, sign, label, old, new }
}

/// The words of the old sentence and those of the new one.
fn runs(pieces: &[Piece]) -> (Vec<Run>, Vec<Run>) {
    let (mut old, mut new) = (Vec::new(), Vec::new());
    let run = |text: &str, own| Run { text: text.to_owned(), own };
    for piece in pieces {
        match piece {
            Piece::Same(text) => {
                old.push(run(text, false));
                new.push(run(text, false));
            }
            Piece::Old(text) => old.push(run(text, true)),
            Piece::New(text) => new.push(run(text, true)),
        }
    }
    (old, new)
}

fn sentence<'a>(i: usize, side: Side<'_>, runs: Vec<Run>, setting: &Setting<'a>) -> Sentence<'a> {
    let judged = side.report.verdict.is_some();
    let role = side.report.sentences.get(i).filter(|_| judged).map(|s| s.role);
    Sentence {
        number: i + 1,
        role: role.map(|r| r.id()),
        title: role.map(|r| role_title(r, setting.guide)),
        runs,
    }
}
