//! The answer line by line, with the findings beside the words that show them.
//!
//! May import: what `render` may.

use serde::Serialize;

use super::marked::{Piece, Words, pieces};
use crate::render::aside::{LeftOut, left_out};
use crate::render::{Context, Shown, said, severity_id};
use crate::report::Finding;

/// A sentence in the order of the source: one that is judged, or one that is left out.
#[derive(Serialize)]
pub(super) struct Line<'a> {
    told: Option<Sentence<'a>>,
    left_out: Option<LeftOut<'a>>,
    /// Whether it begins a paragraph.
    paragraph: bool,
}

#[derive(Serialize)]
struct Sentence<'a> {
    /// From 1.
    number: usize,
    start: usize,
    end: usize,
    role: &'static str,
    title: &'a str,
    pieces: Vec<Piece>,
    tags: Vec<&'a str>,
    /// Findings that are first shown here.
    notes: Vec<Note<'a>>,
    /// Findings that are told of elsewhere.
    also: Vec<Also<'a>>,
}

/// A finding as it stands beside the words.
#[derive(Serialize)]
pub(super) struct Note<'a> {
    finding: usize,
    id: &'a str,
    title: &'a str,
    severity: &'static str,
    message: &'a str,
    why: &'a str,
    help: &'a str,
    sentences: &'a [usize],
    /// Words that are marked in no sentence.
    quotes: Vec<Quote<'a>>,
}

#[derive(Serialize)]
struct Quote<'a> {
    at: Words,
    text: &'a str,
}

#[derive(Serialize)]
struct Also<'a> {
    finding: usize,
    title: &'a str,
}

/// What is judged and what is left out, in the order of the source.
pub(super) fn lines<'a>(shown: &Shown<'a>, context: &Context<'a>, findings: &[&'a Finding]) -> Vec<Line<'a>> {
    let answer = shown.answer;
    let told = answer.sentences.iter().enumerate().take(shown.report.sentences.len());
    let told = told.map(|(i, s)| (s.span, Some(sentence(i, shown, context, findings)), None));
    let aside = left_out(answer).into_iter().map(|out| (out.span, None, Some(out)));
    let mut all: Vec<_> = told.chain(aside).collect();
    all.sort_by_key(|line| line.0);
    let mut end = None;
    let mut lines = Vec::with_capacity(all.len());
    for (span, told, left_out) in all {
        let between = end.and_then(|end| answer.source.get(end..span.start)).unwrap_or_default();
        lines.push(Line { told, left_out, paragraph: between.matches('\n').count() > 1 });
        end = Some(span.end);
    }
    lines
}

fn sentence<'a>(
    i: usize,
    shown: &Shown<'a>,
    context: &Context<'a>,
    findings: &[&'a Finding],
) -> Sentence<'a> {
    let (told, heard) = (&shown.answer.sentences[i], &shown.report.sentences[i]);
    let spans: Vec<_> = findings.iter().flat_map(|f| f.spans.iter().copied()).collect();
    let elsewhere = |f: &Finding| f.sentences.first() != Some(&i) && f.sentences.contains(&i);
    let also = findings.iter().enumerate().filter(|(_, f)| elsewhere(f));
    Sentence {
        number: i + 1,
        start: told.span.start,
        end: told.span.end,
        role: heard.role.id(),
        title: said::role_title(heard.role, context.guide),
        pieces: pieces(shown.answer, i, &spans),
        tags: heard.tags.iter().map(|t| said::tag_title(t.0, context.guide)).collect(),
        notes: notes(shown, context, findings, Some(i)),
        also: also
            .map(|(k, f)| Also { finding: k + 1, title: said::mistake_title(&f.id, context.guide) })
            .collect(),
    }
}

/// The findings whose first sentence this is; with none those of the whole answer.
pub(super) fn notes<'a>(
    shown: &Shown<'a>,
    context: &Context<'a>,
    findings: &[&'a Finding],
    sentence: Option<usize>,
) -> Vec<Note<'a>> {
    let own = findings.iter().enumerate().filter(|(_, f)| f.sentences.first().copied() == sentence);
    let note = |(i, f): (usize, &&'a Finding)| Note {
        finding: i + 1,
        id: &f.id,
        title: said::mistake_title(&f.id, context.guide),
        severity: severity_id(f.severity),
        message: &f.message,
        why: &f.why,
        help: &f.help,
        sentences: &f.sentences,
        quotes: quotes(f, shown),
    };
    own.map(note).collect()
}

/// The words of a finding that no sentence shows as they are.
fn quotes<'a>(finding: &Finding, shown: &Shown<'a>) -> Vec<Quote<'a>> {
    let answer = shown.answer;
    let is_shown = |span: &crate::text::Span| {
        answer
            .sentences
            .iter()
            .enumerate()
            .any(|(i, s)| s.span == *span || pieces(answer, i, &[*span]).iter().any(Piece::is_marked))
    };
    let unseen = finding.spans.iter().filter(|s| !is_shown(s));
    unseen
        .filter_map(|s| {
            let at = Words { start: s.start, end: s.end };
            Some(Quote { at, text: answer.source.get(s.start..s.end)? })
        })
        .collect()
}
