//! What a language model adds: where it hears something else, and its critique in words.

use std::io;

use super::page::{BOLD, DIM, PLAIN, Page};
use super::verdict::with_sentences;
use crate::render::{Context, Shown, sentence_list};
use crate::report::Weakness;

/// Share of probability of the replies asked for below which an opinion is to be taken lightly.
const LITTLE: f32 = 0.5;

/// The second opinion, where there is one.
pub(super) fn opinion(shown: &Shown<'_>, context: &Context<'_>, page: &mut Page<'_>) -> io::Result<()> {
    let Some(second) = context.second else { return Ok(()) };
    if let Some(opinion) = &shown.report.second {
        page.heading("A second opinion")?;
        let text = match opinion.differs.as_slice() {
            [] => format!("{} hears the same role in every sentence.", second.model.id),
            differs => format!(
                "{} hears another role in {}: an interviewer may too.",
                second.model.id,
                sentence_list(differs)
            ),
        };
        page.para("", &text, PLAIN)?;
        if opinion.mass < LITTLE {
            let text =
                "Take it lightly: it would often rather have said something else than it was asked for.";
            page.para("", text, DIM)?;
        }
    }
    Ok(())
}

/// The words, where there are any.
pub(super) fn all(shown: &Shown<'_>, context: &Context<'_>, page: &mut Page<'_>) -> io::Result<()> {
    let (Some(second), Some(words)) = (context.second, &shown.report.words) else { return Ok(()) };
    page.heading(&format!("In the words of {}", second.model.id))?;
    page.para("", &words.summary, PLAIN)?;
    for weakness in &words.weaknesses {
        weak(weakness, context, page)?;
    }
    for strength in &words.strengths {
        page.para("+ ", &with_sentences(strength.what.trim_end_matches('.'), &strength.sentences), PLAIN)?;
    }
    for question in &words.questions {
        page.para("? ", question, PLAIN)?;
    }
    let left_out = match words.dropped {
        0 => return Ok(()),
        1 => "1 part is left out: it quotes what the answer does not say.".to_owned(),
        n => format!("{n} parts are left out: they quote what the answer does not say."),
    };
    page.para("", &left_out, DIM)
}

fn weak(weakness: &Weakness, context: &Context<'_>, page: &mut Page<'_>) -> io::Result<()> {
    let title = context.guide.find_mistake(&weakness.id).map_or(weakness.id.as_str(), |m| m.title.as_str());
    page.para("- ", &with_sentences(title, &weakness.sentences), BOLD)?;
    page.para("  ", &weakness.why, PLAIN)?;
    page.para("  ", &weakness.mend, PLAIN)?;
    match &weakness.rewrite {
        Some(rewrite) => page.para("  > ", rewrite, PLAIN),
        None => Ok(()),
    }
}
