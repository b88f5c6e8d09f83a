//! What it comes to: what to mend first, what is strong, what will be asked, the level and the score.

use std::io;

use super::page::{BOLD, DIM, PLAIN, Page, severity_style};
use crate::render::{Context, Shown, reason, sentence_list};
use crate::report::{Abstention, Criterion, Finding, Signal, Verdict};

/// More than three things are not mended at once.
const MEND_FIRST: usize = 3;
/// From this level on an answer only needs practice.
const GOOD: u8 = 4;

/// Why there is no score, and what to do about it.
pub(super) fn abstained(shown: &Shown<'_>, why: Abstention, page: &mut Page<'_>) -> io::Result<()> {
    page.line("")?;
    page.para("No score: ", &format!("{}.", reason(why).1), BOLD)?;
    let what = match why {
        Abstention::NoText => {
            "Headings, code and comments are not read as sentences. Write the answer out, or check \
             that this is the right file."
        }
        Abstention::NotAnAnswer => {
            "That is no judgement of you: candor only scores a story told in English. Tell one thing that happened, \
             in a few sentences: what was at stake, what was yours to carry, what you did and why, what came \
             of it. Rough notes are enough."
        }
    };
    page.para("", what, PLAIN)?;
    let again = format!("Then run candor again on {}.", again(shown));
    page.para("", &again, PLAIN)
}

fn again(shown: &Shown<'_>) -> String {
    if shown.answer.name == "-" { "it".to_owned() } else { shown.answer.name.clone() }
}

/// The first findings, by title, with where they are.
pub(super) fn mend_first(shown: &Shown<'_>, context: &Context<'_>, page: &mut Page<'_>) -> io::Result<()> {
    page.heading("Mend first")?;
    let mut any = false;
    for (i, finding) in shown.findings(context).take(MEND_FIRST).enumerate() {
        any = true;
        let lead = format!("{}. ", i + 1);
        page.para(&lead, &summary(finding, context), severity_style(finding.severity))?;
    }
    if !any {
        let text = match shown.report.findings.len() {
            0 => "Nothing: none of the mistakes that were looked for is heard in it.".to_owned(),
            n => format!("Nothing as severe as is asked for; less severe and not shown: {n}."),
        };
        page.para("", &text, PLAIN)?;
    }
    if shown.report.suppressed > 0 {
        let text = match shown.report.suppressed {
            1 => "1 finding is left out, as the answer's own comments ask.".to_owned(),
            n => format!("{n} findings are left out, as the answer's own comments ask."),
        };
        page.para("", &text, DIM)?;
    }
    Ok(())
}

fn summary(finding: &Finding, context: &Context<'_>) -> String {
    let title = context.guide.find_mistake(&finding.id).map_or(finding.id.as_str(), |m| m.title.as_str());
    let place = match finding.sentences.as_slice() {
        [] => "the whole answer".to_owned(),
        sentences => sentence_list(sentences),
    };
    format!("{title} [{}]: {place}", finding.id)
}

/// What the answer does well, with the sentences that do it.
pub(super) fn strengths(shown: &Shown<'_>, page: &mut Page<'_>) -> io::Result<()> {
    if shown.report.strengths.is_empty() {
        return Ok(());
    }
    page.heading("What is strong")?;
    for strength in &shown.report.strengths {
        page.para("+ ", &with_sentences(strength.message.trim_end_matches('.'), &strength.sentences), PLAIN)?;
    }
    Ok(())
}

/// What the interviewer will ask because of what this answer says or leaves out.
pub(super) fn follow_ups(shown: &Shown<'_>, page: &mut Page<'_>) -> io::Result<()> {
    if shown.report.follow_ups.is_empty() {
        return Ok(());
    }
    page.heading("What you will be asked next")?;
    for question in &shown.report.follow_ups {
        page.para("? ", question, PLAIN)?;
    }
    Ok(())
}

/// The level in words with how sure it is, the score and, where wanted, what it is made of.
pub(super) fn level(shown: &Shown<'_>, context: &Context<'_>, page: &mut Page<'_>) -> io::Result<()> {
    let Some(verdict) = &shown.report.verdict else { return Ok(()) };
    page.heading("Where it stands")?;
    let at = usize::from(verdict.level.clamp(1, 5)) - 1;
    page.para(
        &format!("Level {} of 5. ", verdict.level),
        &format!("{}.", context.guide.levels[at].trim().trim_end_matches('.')),
        BOLD,
    )?;
    page.para("", &sureness(verdict, at), PLAIN)?;
    page.para("", &format!("Score {} of 100.", verdict.score), PLAIN)?;
    if context.explain_score {
        criteria(verdict, page)?;
        signals("What the interviewer tests", &shown.report.tests, page)?;
        signals("The ways in which it shows", &shown.report.ways, page)?;
    }
    Ok(())
}

/// How sure the level is, in words and in figures, with the next likeliest one.
fn sureness(verdict: &Verdict, at: usize) -> String {
    let percent = |i: usize| (verdict.levels[i] * 100.0).round();
    let words = match verdict.levels[at] {
        p if p >= 0.75 => "quite sure",
        p if p >= 0.5 => "fairly sure",
        _ => "not very sure",
    };
    let mut next = None;
    for i in (0..5).filter(|&i| i != at) {
        if next.is_none_or(|n: usize| verdict.levels[i] > verdict.levels[n]) {
            next = Some(i);
        }
    }
    if let Some(n) = next.filter(|&n| verdict.levels[n] > verdict.levels[at]) {
        let (own, other) = (percent(at), percent(n));
        return format!("candor wavers between {} ({own}%) and {} ({other}%).", at + 1, n + 1);
    }
    let own = format!("candor is {words} of the level ({}%)", percent(at));
    match next.filter(|&n| percent(n) >= 1.0) {
        Some(n) => format!("{own}; the next likeliest is {} ({}%).", n + 1, percent(n)),
        None => format!("{own}."),
    }
}

fn criteria(verdict: &Verdict, page: &mut Page<'_>) -> io::Result<()> {
    page.heading("Where the score comes from")?;
    for c in &verdict.criteria {
        page.para(&format!("{:>9}  ", points(c)), &with_sentences(&c.title, &c.sentences), PLAIN)?;
    }
    let total: f32 = verdict.criteria.iter().map(Criterion::points).sum();
    page.para(&format!("{total:>5.1}/100  "), &format!("in all, rounded to {}", verdict.score), PLAIN)
}

fn points(criterion: &Criterion) -> String {
    format!("{:.1}/{}", criterion.points(), criterion.weight)
}

fn signals(title: &str, signals: &[Signal], page: &mut Page<'_>) -> io::Result<()> {
    if signals.is_empty() {
        return Ok(());
    }
    page.heading(title)?;
    for s in signals {
        page.para(if s.heard { "[x] " } else { "[ ] " }, &with_sentences(&s.title, &s.sentences), PLAIN)?;
    }
    Ok(())
}

pub(super) fn with_sentences(text: &str, sentences: &[usize]) -> String {
    if sentences.is_empty() { text.to_owned() } else { format!("{text} ({})", sentence_list(sentences)) }
}

/// What to do now.
pub(super) fn next(shown: &Shown<'_>, context: &Context<'_>, page: &mut Page<'_>) -> io::Result<()> {
    page.line("")?;
    let text = match shown.findings(context).next() {
        Some(first) => format!(
            "mend the first point and run candor again on {}; `candor explain {}` shows a weak and a mended example.",
            again(shown),
            first.id
        ),
        None if shown.report.verdict.as_ref().is_some_and(|v| v.level < GOOD) => {
            "see with --explain-score which parts give few points, and tell more of those.".to_owned()
        }
        None if shown.report.follow_ups.is_empty() => "say it aloud, in two minutes.".to_owned(),
        None => "say it aloud in two minutes, and have an answer ready to what you will be asked.".to_owned(),
    };
    page.para("Next: ", &text, PLAIN)
}
