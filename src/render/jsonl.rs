//! `jsonl`: a critique a line in the schema `candor.critique/1`; each line can be read as soon as it is there.

use std::borrow::Cow;
use std::io::{self, Write};

use super::{Context, Renderer, Shown, json_parts, json_v1};

pub(super) const RENDERER: Renderer = Renderer {
    id: "jsonl",
    doc: "an object a line, an answer each, in the schema candor.critique/1",
    open: || Cow::Borrowed(""),
    between: "",
    close: "",
    one,
    words: None,
};

fn one(shown: &Shown<'_>, context: &Context<'_>, out: &mut dyn Write) -> io::Result<()> {
    json_parts::write_line(&json_v1::critique(shown, context), out)
}
