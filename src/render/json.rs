//! `json`: an array of critiques in the schema `candor.critique/1`, indented.

use std::borrow::Cow;
use std::io::{self, Write};

use super::{Context, Renderer, Shown, escape, json_v1};

pub(super) const RENDERER: Renderer = Renderer {
    id: "json",
    doc: "an array, an object an answer, in the schema candor.critique/1",
    open: || Cow::Borrowed("[\n"),
    between: ",\n",
    close: "\n]\n",
    one,
    words: None,
};

fn one(shown: &Shown<'_>, context: &Context<'_>, out: &mut dyn Write) -> io::Result<()> {
    let text = serde_json::to_string_pretty(&json_v1::critique(shown, context))?;
    out.write_all(escape::escape_json(&text).as_bytes())
}
