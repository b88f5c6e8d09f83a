//! What it comes to: what to mend first, what is strong, what will be asked, the level and the score.

use std::io;

use super::page::{BOLD, DIM, PLAIN, Page, severity_style};
use crate::guide::Guide;
use crate::render::mend::{self, ToMend};
use crate::render::{Context, Shown, reason, said, sentence_list};
use crate::report::{Abstention, Criterion, Signal, Verdict};

/// Why there is no score, and what to do about it.
pub(super) fn abstained(shown: &Shown<'_>, why: Abstention, page: &mut Page<'_>) -> io::Result<()> {
    page.line("")?;
    page.para("No score: ", &format!("{}.", reason(why).1), BOLD)?;
    page.para("", said::without_score(why), PLAIN)?;
    let again = format!("Then run candor again on {}.", said::again(shown));
    page.para("", &again, PLAIN)
}

/// What to mend first, by title, with where it is.
pub(super) fn mend_first(shown: &Shown<'_>, context: &Context<'_>, page: &mut Page<'_>) -> io::Result<()> {
    page.heading("Mend first")?;
    let first = mend::first(shown, context);
    for (i, mend) in first.iter().enumerate() {
        let style = severity_style(mend.severity());
        page.para(&format!("{}. ", i + 1), &summary(*mend, context), style)?;
    }
    if first.is_empty() {
        page.para("", &said::nothing(shown, context.guide), PLAIN)?;
    }
    match said::suppressed(shown) {
        Some(text) => page.para("", &text, DIM),
        None => Ok(()),
    }
}

fn summary(mend: ToMend<'_>, context: &Context<'_>) -> String {
    let (title, place) = (mend.title(context.guide), mend.place());
    match mend {
        ToMend::Found(_, finding) => format!("{title} [{}]: {place}", finding.id),
        ToMend::Thin(_) => format!("{title}: {place}"),
    }
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
    let lead = format!("Level {} of 5. ", verdict.level);
    page.para(&lead, &format!("{}.", said::level(verdict, context.guide)), BOLD)?;
    page.para("", &said::sureness(verdict, context.guide), PLAIN)?;
    if let Some(thin) = said::thinnest(shown, context) {
        page.para("", &thin, PLAIN)?;
    }
    page.para("", &format!("Score {}", said::score(verdict, context.guide)), PLAIN)?;
    if context.explain_score {
        criteria(verdict, context.guide, page)?;
        signals("What the interviewer tests", &shown.report.tests, page)?;
        signals("The ways in which it shows", &shown.report.ways, page)?;
    }
    Ok(())
}

fn criteria(verdict: &Verdict, guide: &Guide, page: &mut Page<'_>) -> io::Result<()> {
    page.heading("Where the score comes from")?;
    for c in &verdict.criteria {
        page.para(&format!("{:>9}  ", points(c)), &said::criterion(c, guide), PLAIN)?;
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
    let points = if context.explain_score { "above" } else { "with --explain-score" };
    page.para("Next: ", &said::next(shown, context, points), PLAIN)
}
