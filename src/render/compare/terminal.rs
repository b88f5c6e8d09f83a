//! `terminal`: a comparison for a person to read: the verdict, what the points come from, what became of the findings,
//! what is heard now, and the text word by word.
//!
//! Everything is readable without colour and within the width. What comes from the answers is escaped.

use std::io::{self, Write};

use super::said::{Verdict, signed};
use super::{Compared, Context, Renderer, banks, quotes, said, shown, text};
use crate::compare::{Findings, Gain, Side};
use crate::render::said::{judged_by, mistake_title};
use crate::render::terminal::page::{BOLD, DIM, PLAIN, Page, severity_style};
use crate::render::{self, sentence_list};
use crate::report::Finding;

pub(super) const RENDERER: Renderer = Renderer {
    id: "terminal",
    doc: "for reading: the verdict, what it comes from, the text word by word",
    write,
    banks: banks::terminal::write,
};

/// Characters of a quoted sentence; the rest of a longer one is cut.
const QUOTE: usize = 120;
/// Sentences of a finding that are quoted.
const QUOTES: usize = 2;

fn write(compared: &Compared<'_>, context: &Context<'_>, out: &mut dyn Write) -> io::Result<()> {
    let mut page = Page::new(out, context.width, context.color);
    if context.quiet {
        return verdict(compared, context, &mut page);
    }
    header(compared, context, &mut page)?;
    page.line("")?;
    verdict(compared, context, &mut page)?;
    if let Some(gain) = &compared.delta.gain {
        parts(gain, &mut page)?;
        findings(compared, context, &mut page)?;
        deeds(compared, &mut page)?;
        heard(compared, context, &mut page)?;
    }
    text::all(compared, context, &mut page)?;
    aside(compared, &mut page)?;
    match said::next(compared) {
        Some(text) => {
            page.line("")?;
            page.para("Next: ", &text, PLAIN)
        }
        None => Ok(()),
    }
}

fn header(compared: &Compared<'_>, context: &Context<'_>, page: &mut Page<'_>) -> io::Result<()> {
    let (old, new) = (compared.old.answer, compared.new.answer);
    page.para("Old: ", &old.name, BOLD)?;
    page.para("New: ", &new.name, BOLD)?;
    if let Some(second) = context.second {
        page.para("Judged by: ", &judged_by(context.model, second), PLAIN)?;
    }
    match (&old.question, &new.question) {
        (None, None) => Ok(()),
        (Some(a), Some(b)) if a == b => page.para("Question: ", a, PLAIN),
        (a, b) => {
            page.para("Question, old: ", a.as_deref().unwrap_or("none"), PLAIN)?;
            page.para("Question, new: ", b.as_deref().unwrap_or("none"), PLAIN)
        }
    }
}

fn verdict(compared: &Compared<'_>, context: &Context<'_>, page: &mut Page<'_>) -> io::Result<()> {
    let Verdict { lead, text, more } = Verdict::of(compared, context);
    page.para(&format!("{lead}: "), &text, BOLD)?;
    more.iter().try_for_each(|line| page.para("", line, PLAIN))
}

/// The criteria that moved the score, the largest part first.
fn parts(gain: &Gain<'_>, page: &mut Page<'_>) -> io::Result<()> {
    let moved = said::moved(&gain.parts);
    if moved.is_empty() {
        return Ok(());
    }
    page.heading("What the points come from")?;
    for part in moved {
        page.para(&format!("{:>5}  ", signed(part.shown)), part.title, PLAIN)?;
    }
    page.para(&format!("{:>5}  ", signed(gain.score)), said::SUM, DIM)
}

fn findings(compared: &Compared<'_>, context: &Context<'_>, page: &mut Page<'_>) -> io::Result<()> {
    let all = shown(compared, context);
    if all == Findings::default() {
        return Ok(());
    }
    page.heading("Findings")?;
    for (lead, said, group, side) in [
        ("fixed ", "was: ", &all.fixed, compared.old),
        ("new   ", "", &all.new, compared.new),
        ("hidden", "", &all.silenced, compared.old),
    ] {
        group.iter().try_for_each(|f| finding((lead, said), f, side, context, page))?;
    }
    for (before, now) in all.left {
        finding(("left  ", ""), now, compared.new, context, page)?;
        if let Some(text) = said::spread(before, now) {
            page.para("        ", &text, DIM)?;
        }
    }
    if all.silenced.is_empty() { Ok(()) } else { page.para("hidden: ", said::HIDDEN, DIM) }
}

/// A finding with the words that show it, or what is `said` of it where no words do.
fn finding(
    (lead, said): (&str, &str),
    finding: &Finding,
    side: Side<'_>,
    context: &Context<'_>,
    page: &mut Page<'_>,
) -> io::Result<()> {
    let title = mistake_title(&finding.id, context.guide);
    page.para(&format!("{lead}  "), &format!("{title} [{}]", finding.id), severity_style(finding.severity))?;
    let quotes = quotes(finding, side);
    if quotes.is_empty() {
        return page.para(&format!("        {said}"), &finding.message, PLAIN);
    }
    for quote in quotes.iter().take(QUOTES) {
        page.para("        ", &format!("\"{}\"", text::cut(quote, QUOTE)), PLAIN)?;
    }
    if quotes.len() > QUOTES {
        page.para("        ", &sentence_list(&finding.sentences), DIM)?;
    }
    Ok(())
}

fn deeds(compared: &Compared<'_>, page: &mut Page<'_>) -> io::Result<()> {
    page.heading("Who acts")?;
    page.para("", &said::deeds(compared.delta.old_deeds, compared.delta.new_deeds), PLAIN)?;
    said::answered(compared).map_or(Ok(()), |text| page.para("", text, PLAIN))
}

/// The roles and tags that are heard more often, or less.
fn heard(compared: &Compared<'_>, context: &Context<'_>, page: &mut Page<'_>) -> io::Result<()> {
    let lists = said::heard(compared, context.guide);
    if lists.iter().all(Vec::is_empty) {
        return Ok(());
    }
    page.heading("What is heard")?;
    for (lead, list) in ["more: ", "less: "].into_iter().zip(&lists).filter(|l| !l.1.is_empty()) {
        page.para(lead, &list.join(", "), PLAIN)?;
    }
    Ok(())
}

/// What is left out of each version, with its line.
fn aside(compared: &Compared<'_>, page: &mut Page<'_>) -> io::Result<()> {
    let sides = [("old", compared.old), ("new", compared.new)];
    if sides.iter().all(|s| s.1.answer.aside.is_empty()) {
        return Ok(());
    }
    page.heading("Left out")?;
    for (name, side) in sides {
        for text in render::said::aside(side.answer) {
            page.para(&format!("{name}: "), &text, DIM)?;
        }
    }
    Ok(())
}
