//! Two versions of a bank for a person to read: what became of each story and why, and of the bank as a whole.
//!
//! Everything is readable without colour and within the width. What comes from the stories is escaped.

use std::io::{self, Write};

use textwrap::core::display_width;

use super::rows::{Row, from_to, rows};
use super::{Banks, Context, said};
use crate::bank::{Delta, Pair};
use crate::render::bank::MOST_CARDS;
use crate::render::bank::said::count;
use crate::render::bank::terminal::{covered, errors, link_and_help};
use crate::render::compare::said::{deeds, signed};
use crate::render::escape;
use crate::render::said::mistake_title;
use crate::render::terminal::page::{BOLD, DIM, PLAIN, Page, shortened};

/// Columns from which on findings are counted in the table, and a name stands in the line of its story.
const WIDE: usize = 72;

/// Writes it.
pub(in crate::render::compare) fn write(
    banks: &Banks<'_>,
    context: &Context<'_>,
    out: &mut dyn Write,
) -> io::Result<()> {
    let mut page = Page::new(out, context.width, context.color);
    let delta = banks.delta;
    if !context.quiet {
        page.para("Old: ", &said::head(banks.old.name, &delta.old), BOLD)?;
        page.para("New: ", &said::head(banks.new.name, &delta.new), BOLD)?;
        page.line("")?;
    }
    verdict(banks, context, &mut page)?;
    if !context.quiet {
        table(banks, context, &mut page)?;
        why(banks, context, &mut page)?;
    }
    errors(&format!("Not read in {}", escape(banks.old.name)), banks.old.errors, &mut page)?;
    errors(&format!("Not read in {}", escape(banks.new.name)), banks.new.errors, &mut page)?;
    if context.quiet {
        return Ok(());
    }
    whole(banks, context, &mut page)?;
    next(banks, &mut page)
}

/// How many of each, and what that is worth.
fn verdict(banks: &Banks<'_>, context: &Context<'_>, page: &mut Page<'_>) -> io::Result<()> {
    page.para("Stories: ", &said::counts(banks.delta), BOLD)?;
    said::noise(banks, context).map_or(Ok(()), |text| page.para("", &text, PLAIN))?;
    said::unsought(banks.delta).map_or(Ok(()), |text| page.para("", &text, DIM))
}

fn table(banks: &Banks<'_>, context: &Context<'_>, page: &mut Page<'_>) -> io::Result<()> {
    let rows = rows(banks.delta);
    let many = rows.len() > MOST_CARDS;
    let untouched = |row: &&Row<'_>| matches!(row, Row::Pair(p) if p.same && !p.is_renamed() && many);
    let alike = rows.iter().filter(untouched).count();
    if alike == rows.len() {
        page.heading("All stories")?;
        return page.para("", &unchanged(alike), DIM);
    }
    page.heading(if many { "The stories that changed" } else { "All stories" })?;
    let wide = page.width >= WIDE;
    let digits = banks.delta.new.stories.to_string().len().max(2);
    let findings = if wide { "  fixed  new  " } else { "  " };
    let head = format!("{:>digits$}  {:<13}  {:<6}  {:<9}{findings}story", "#", "verdict", "level", "score");
    let head = page.paint(DIM, if wide { &head } else { head.trim_end_matches("  story") });
    page.line(&head)?;
    for row in rows.iter().filter(|row| !untouched(row)) {
        let start = cells(row, digits, wide, context);
        let (name, before) = (escape(row.label()), row.before().map(escape));
        let both = before.as_ref().map_or_else(|| name.to_string(), |before| format!("{before} -> {name}"));
        if !wide {
            page.line(&start)?;
            page.line(&shortened(&format!("    {both}"), page.width))?;
        } else if let Some(before) = before.filter(|_| display_width(&both) + start.len() > page.width) {
            // Two names that are too long for one line have one each.
            page.line(&shortened(&format!("{start}{name}"), page.width))?;
            let line = format!("{}was {before}", " ".repeat(start.len()));
            page.line(&shortened(&line, page.width))?;
        } else {
            page.line(&shortened(&format!("{start}{both}"), page.width))?;
        }
    }
    if alike == 0 { Ok(()) } else { page.para("", &unchanged(alike), DIM) }
}

fn unchanged(stories: usize) -> String {
    format!("{} unchanged.", count(stories, "story is", "stories are"))
}

/// What stands in a row before the story.
fn cells(row: &Row<'_>, digits: usize, wide: bool, context: &Context<'_>) -> String {
    let place = row.place().map_or("-".to_owned(), |p| (p + 1).to_string());
    let (level, score) = (from_to(row.levels(), "-"), from_to(row.scores(), "-"));
    let cells = format!("{place:>digits$}  {:<13}  {level:<6}  {score:<9}", row.became().1);
    if !wide {
        return cells;
    }
    let [fixed, found] =
        row.findings(context).map_or_else(|| ["-", "-"].map(str::to_owned), |n| n.map(|n| n.to_string()));
    format!("{cells}  {fixed:>5}  {found:>3}  ")
}

/// What made the stories move, where they are few enough to be told one by one.
fn why(banks: &Banks<'_>, context: &Context<'_>, page: &mut Page<'_>) -> io::Result<()> {
    let moved = said::moved(banks.delta, context);
    if moved.is_empty() {
        return Ok(());
    }
    page.heading("What moved them")?;
    if moved.len() > MOST_CARDS {
        let text = format!("That is told of {} stories on the page of --format html.", moved.len());
        return page.para("", &text, DIM);
    }
    moved.into_iter().try_for_each(|pair| card(pair, context, page))
}

fn card(pair: &Pair<'_>, context: &Context<'_>, page: &mut Page<'_>) -> io::Result<()> {
    page.para(&format!("{}. ", pair.place + 1), &said::called(pair), BOLD)?;
    page.para("   ", &said::turned(pair), PLAIN)?;
    if let Some(text) = said::found_again(pair) {
        page.para("   ", &text, DIM)?;
    }
    let points = said::points(pair, context.guide);
    if !points.is_empty() {
        page.para("   Points: ", &points, PLAIN)?;
    }
    let title = |id: &str| format!("{} [{id}]", mistake_title(id, context.guide));
    for (lead, ids) in said::findings(pair, context) {
        let titles: Vec<String> = ids.into_iter().map(title).collect();
        page.para(&format!("   {lead}: "), &titles.join(", "), PLAIN)?;
    }
    for (lead, titles) in said::told(pair, context.guide) {
        page.para(&format!("   {lead}: "), &titles.join("; "), PLAIN)?;
    }
    Ok(())
}

/// What became of the bank as a whole: means, voices, roles, points, mistakes, coverage, the weakest link.
fn whole(banks: &Banks<'_>, context: &Context<'_>, page: &mut Page<'_>) -> io::Result<()> {
    let delta = banks.delta;
    page.heading("The bank")?;
    page.para("", &said::scores(delta), PLAIN)?;
    page.para("", &deeds(delta.old.deeds, delta.new.deeds), PLAIN)?;
    said::roles(delta, context.guide).map_or(Ok(()), |text| page.para("", &text, PLAIN))?;
    points(delta, page)?;
    findings(delta, context, page)?;
    covers(delta, page)?;
    weakest(delta, page)
}

fn points(delta: &Delta<'_>, page: &mut Page<'_>) -> io::Result<()> {
    let moved = said::criteria(delta);
    if moved.is_empty() {
        return Ok(());
    }
    page.heading("What the points come from")?;
    for part in moved {
        page.para(&format!("{:>6}  ", signed(part.points)), part.title, PLAIN)?;
    }
    page.para(&format!("{:>6}  ", signed(delta.score)), &said::sum(delta), DIM)
}

fn findings(delta: &Delta<'_>, context: &Context<'_>, page: &mut Page<'_>) -> io::Result<()> {
    let shown = super::findings(delta, context);
    if shown.is_empty() {
        return Ok(());
    }
    page.heading("Findings, in the stories of both")?;
    let head = page.paint(DIM, "fixed   new  left");
    page.line(&head)?;
    for became in shown {
        let title = mistake_title(became.id, context.guide);
        let hidden = said::hidden(became);
        let lead = format!("{:>5}  {:>4}  {:>4}  ", became.fixed, became.found, became.left);
        page.para(&lead, &format!("{title} [{}]{hidden}", became.id), PLAIN)?;
    }
    Ok(())
}

fn covers(delta: &Delta<'_>, page: &mut Page<'_>) -> io::Result<()> {
    if delta.new.categories.is_empty() {
        return Ok(());
    }
    page.heading("What the bank covers")?;
    for (old, new) in delta.old.categories.iter().zip(&delta.new.categories) {
        covered(new, &said::covered(old, new), page)?;
    }
    Ok(())
}

fn weakest(delta: &Delta<'_>, page: &mut Page<'_>) -> io::Result<()> {
    let Some(link) = &delta.new.weakest else { return Ok(()) };
    link_and_help(link, &said::weakest(delta, link), page)
}

fn next(banks: &Banks<'_>, page: &mut Page<'_>) -> io::Result<()> {
    page.line("")?;
    if let Some(text) = said::next(banks) {
        page.para("Next: ", &text, PLAIN)?;
    }
    if let Some((text, command)) = said::word_by_word(banks) {
        page.para("", &text, PLAIN)?;
        // on one line, to be copied
        page.line(&format!("  {}", escape(&command)))?;
    }
    Ok(())
}
