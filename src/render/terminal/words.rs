//! What a language model adds: where it hears something else, and its critique in words.

use std::io;

use super::page::{BOLD, DIM, PLAIN, Page};
use super::verdict::with_sentences;
use crate::render::{Context, Shown, said};
use crate::report::Weakness;

/// The second opinion, where there is one.
pub(super) fn opinion(shown: &Shown<'_>, context: &Context<'_>, page: &mut Page<'_>) -> io::Result<()> {
    let Some(second) = context.second else { return Ok(()) };
    if let Some(opinion) = &shown.report.second {
        page.heading("A second opinion")?;
        page.para("", &said::opinion(opinion, second), PLAIN)?;
        if let Some(text) = said::lightly(opinion) {
            page.para("", text, DIM)?;
        }
    }
    Ok(())
}

/// What made the report, where a language model had a part in it.
pub(super) fn makers(context: &Context<'_>, page: &mut Page<'_>) -> io::Result<()> {
    if context.second.is_none() {
        return Ok(());
    }
    page.line("")?;
    page.para("By: ", &said::tool(context), DIM)
}

/// The words, where there are any.
pub(super) fn all(shown: &Shown<'_>, context: &Context<'_>, page: &mut Page<'_>) -> io::Result<()> {
    let (Some(second), Some(words)) = (context.second, &shown.report.words) else { return Ok(()) };
    page.heading(&format!("In the words of {}", second.model.id))?;
    if !words.summary.is_empty() {
        page.para("", &words.summary, PLAIN)?;
    }
    for weakness in &words.weaknesses {
        weak(weakness, context, page)?;
    }
    for strength in &words.strengths {
        page.para("+ ", &with_sentences(strength.what.trim_end_matches('.'), &strength.sentences), PLAIN)?;
    }
    for question in &words.questions {
        page.para("? ", question, PLAIN)?;
    }
    said::left_out(words).try_for_each(|text| page.para("", &text, DIM))
}

fn weak(weakness: &Weakness, context: &Context<'_>, page: &mut Page<'_>) -> io::Result<()> {
    let title = said::mistake_title(&weakness.id, context.guide);
    page.para("- ", &with_sentences(title, &weakness.sentences), BOLD)?;
    page.para("  ", &weakness.why, PLAIN)?;
    page.para("  ", &weakness.mend, PLAIN)?;
    match &weakness.rewrite {
        Some(rewrite) => page.para("  > ", rewrite, PLAIN),
        None => Ok(()),
    }
}
