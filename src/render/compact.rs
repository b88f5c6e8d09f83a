//! `compact`: a line a finding, as compilers print them, and a line an answer. For editors and `grep`.

use std::borrow::Cow;
use std::io::{self, Write};

use super::aside::{LeftOut, left_out};
use super::{Context, Renderer, Shown, escape, headline, place, said, severity_id};
use crate::report::Finding;
use crate::text::LineIndex;

pub(super) const RENDERER: Renderer = Renderer {
    id: "compact",
    doc: "a line a finding, `path:line:column: severity[id] message`, one for what is left out, and one an answer",
    open: || Cow::Borrowed(""),
    between: "",
    close: "",
    one,
    words: None,
};

fn one(shown: &Shown<'_>, context: &Context<'_>, out: &mut dyn Write) -> io::Result<()> {
    let index = LineIndex::new(&shown.answer.source);
    let name = escape(&shown.answer.name);
    for finding in shown.findings(context) {
        // What is missing from the whole answer stands nowhere in it: it is reported at the start.
        let (line, column) = finding.spans.first().map_or((1, 1), |s| place(&index, s.start));
        let severity = severity_id(finding.severity);
        writeln!(out, "{name}:{line}:{column}: {severity}[{}] {}", finding.id, message(finding))?;
    }
    if !context.quiet {
        for LeftOut { line, column, why, .. } in left_out(shown.answer) {
            writeln!(out, "{name}:{line}:{column}: left out: {why}")?;
        }
    }
    if let Some(abstention) = shown.report.abstention {
        return writeln!(out, "{}", said::no_score(&name, abstention));
    }
    if context.quiet {
        return Ok(());
    }
    match &shown.report.verdict {
        Some(v) => writeln!(out, "{name}: level {} of 5, score {}", v.level, v.score),
        None => writeln!(out, "{name}: no score"),
    }
}

fn message(finding: &Finding) -> String {
    let message = escape(headline(&finding.message));
    match finding.sentences.len() {
        0 | 1 => message.into_owned(),
        2 => format!("{message} (and 1 more sentence)"),
        n => format!("{message} (and {} more sentences)", n - 1),
    }
}
