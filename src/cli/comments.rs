//! What the comments of an answer ask for and don't get.

use std::cell::LazyCell;
use std::path::Path;

use crate::bank;
use crate::critic::UnknownMistake;
use crate::guide::Guide;
use crate::render::place;
use crate::text::{Answer, LineIndex, Span};

/// A note each on ids that name no mistake of the guide, and on words that make no sense.
pub(super) fn notes(answer: &Answer, guide: &Guide) -> Vec<String> {
    // most answers ask for nothing
    let index = LazyCell::new(|| LineIndex::new(&answer.source));
    // the lines are those of the file
    let file = || bank::holder(Path::new(&answer.name)).map(|file| file.display().to_string());
    let at = |span: Span| {
        let (line, column) = place(&index, span.start);
        format!("{}:{line}:{column}", file().unwrap_or_else(|| answer.name.clone()))
    };
    let unknown = answer.suppressions.ids().filter(|(id, _)| guide.find_mistake(id).is_none());
    let unknown = unknown.map(|(id, span)| {
        format!("{}: {}; nothing is left out for it", at(span), UnknownMistake::new(guide, id))
    });
    let unread = answer.suppressions.unread().map(|(text, span)| {
        format!(
            "{}: `{text}` is no request that candor knows: write `ignore` and ids, `off` or `on`",
            at(span)
        )
    });
    unknown.chain(unread).collect()
}
