//! What became of the bank as a whole: means, voices, roles, points, mistakes, coverage, the weakest link.

use std::io;

use super::{Banks, Context, said};
use crate::bank::Delta;
use crate::render::compare::said::{deeds, signed};
use crate::render::said::mistake_title;
use crate::render::terminal::page::{BOLD, DIM, PLAIN, Page};

/// All of it.
pub(super) fn whole(banks: &Banks<'_>, context: &Context<'_>, page: &mut Page<'_>) -> io::Result<()> {
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
        let (mark, style) = if new.stories.is_empty() { ("[ ] ", BOLD) } else { ("[x] ", PLAIN) };
        page.para(mark, &format!("{}: {}", new.title, said::covered(old, new)), style)?;
    }
    Ok(())
}

fn weakest(delta: &Delta<'_>, page: &mut Page<'_>) -> io::Result<()> {
    let Some(link) = &delta.new.weakest else { return Ok(()) };
    page.heading("The weakest link")?;
    page.para("", &said::weakest(delta, link), BOLD)?;
    if link.help.is_empty() { Ok(()) } else { page.para("= help: ", &link.help, PLAIN) }
}
