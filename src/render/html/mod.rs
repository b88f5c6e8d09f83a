//! `html`: critiques as one page to look at. It loads nothing and works from disk; without scripts everything can be
//! read, and in print and without colour too.
//!
//! [`page`] is the frame of every page that candor writes, [`parts`] what several of them show.

mod critique;
mod lines;
mod marked;
pub(super) mod page;
pub(super) mod parts;

#[cfg(test)]
mod tests;

use std::borrow::Cow;
use std::io::{self, Write};

use super::{Context, Renderer, Shown};

pub(super) const RENDERER: Renderer = Renderer {
    id: "html",
    doc: "a page to look at in a browser: the answer with the findings beside its words",
    open: || Cow::Owned(page::open("Critique of an interview answer")),
    between: "",
    close: page::CLOSE,
    one,
    words: None,
};

fn one(shown: &Shown<'_>, context: &Context<'_>, out: &mut dyn Write) -> io::Result<()> {
    page::fill(("critique.html", include_str!("critique.html")), &critique::View::of(shown, context), out)
}
