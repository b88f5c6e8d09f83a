//! `terminal`: a critique for a person to read, top down: the answer with what is heard in each sentence, the
//! findings under the words that show them, how the words are spent, and at the end what to do.
//!
//! Everything is readable without colour and within the width. What comes from the answer is escaped.

mod finding;
mod heard;
pub(super) mod page;
mod verdict;
mod words;
mod wrap;

use std::borrow::Cow;
use std::io::{self, Write};

use super::{Context, Renderer, Shown, said};
use page::{PLAIN, Page};

pub(super) const RENDERER: Renderer = Renderer {
    id: "terminal",
    doc: "for reading: the answer, its findings, what to mend first",
    open: || Cow::Borrowed(""),
    between: "\n",
    close: "",
    one,
    words: Some(words),
};

fn one(shown: &Shown<'_>, context: &Context<'_>, out: &mut dyn Write) -> io::Result<()> {
    let mut page = Page::new(out, context.width, context.color);
    if context.quiet {
        return match shown.report.abstention {
            // without it, silence would look like an answer that needs nothing
            Some(why) => page.para("", &said::no_score(&shown.answer.name, why), PLAIN),
            None => finding::all(shown, context, &mut page),
        };
    }
    heard::header(shown, &mut page)?;
    if let Some(abstention) = shown.report.abstention {
        return verdict::abstained(shown, abstention, &mut page);
    }
    heard::sentences(shown, context, &mut page)?;
    heard::aside(shown, &mut page)?;
    heard::shares(shown, context, &mut page)?;
    if shown.findings(context).next().is_some() {
        page.heading("Findings")?;
        finding::all(shown, context, &mut page)?;
    }
    verdict::mend_first(shown, context, &mut page)?;
    verdict::strengths(shown, &mut page)?;
    verdict::follow_ups(shown, &mut page)?;
    words::opinion(shown, context, &mut page)?;
    verdict::level(shown, context, &mut page)?;
    verdict::next(shown, context, &mut page)?;
    words::makers(context, &mut page)
}

fn words(shown: &Shown<'_>, context: &Context<'_>, out: &mut dyn Write) -> io::Result<()> {
    if context.quiet {
        return Ok(());
    }
    words::all(shown, context, &mut Page::going_on(out, context.width, context.color))
}
