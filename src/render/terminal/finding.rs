//! A finding as a diagnostic: what, the words that show it, why it matters, what to do.

use std::io;

use annotate_snippets::{Annotation, AnnotationKind, Group, Level, Origin, Renderer, Snippet};
use unicode_width::UnicodeWidthStr;

use super::page::Page;
use super::wrap::{Wrapped, wrap};
use crate::render::{Context, Shown, escape, fold, headline, place, sentence_list, severity_id};
use crate::report::{Finding, Severity};
use crate::text::{LineIndex, Span};

/// Sentences shown with their words; the others are named by number.
const SENTENCES: usize = 3;
/// What stands before the text of a snippet: ` | | `.
const GUTTER: usize = 5;

/// All findings that are to be shown.
pub(super) fn all(shown: &Shown<'_>, context: &Context<'_>, page: &mut Page<'_>) -> io::Result<()> {
    let index = LineIndex::new(&shown.answer.source);
    let place = |byte| place(&index, byte);
    for (i, finding) in shown.findings(context).enumerate() {
        if i > 0 {
            page.line("")?;
        }
        Diagnostic { shown, context, place: &place, finding, width: page.width, color: page.color }
            .show(page)?;
    }
    Ok(())
}

struct Diagnostic<'a> {
    shown: &'a Shown<'a>,
    context: &'a Context<'a>,
    /// Line and column of a byte.
    place: &'a dyn Fn(usize) -> (usize, usize),
    finding: &'a Finding,
    width: usize,
    color: bool,
}

impl Diagnostic<'_> {
    fn show(&self, page: &mut Page<'_>) -> io::Result<()> {
        let severity = severity_id(self.finding.severity);
        let lead = severity.len() + self.finding.id.len() + "[]: ".len();
        let title = self.fold(headline(&self.finding.message), lead);
        let title = self.level().primary_title(title).id(self.finding.id.as_str());
        self.print(page, Group::with_title(title))?;
        for span in self.finding.spans.iter().take(SENTENCES) {
            self.quote(*span, page)?;
        }
        self.print(page, self.notes())
    }

    fn level(&self) -> Level<'static> {
        match self.finding.severity {
            Severity::Error => Level::ERROR,
            Severity::Warning => Level::WARNING,
            Severity::Suggestion => Level::INFO.with_name(severity_id(Severity::Suggestion)),
        }
    }

    /// Why and help, and the sentences that are not quoted.
    fn notes(&self) -> Group<'_> {
        let mut group = Group::with_level(self.level());
        let more: Vec<usize> = self.finding.sentences.iter().skip(SENTENCES).copied().collect();
        if !more.is_empty() {
            let text = format!("and {} more: {}", more.len(), sentence_list(&more));
            group = group.element(Level::NOTE.no_name().message(self.fold(&text, " = ".len())));
        }
        let why = Level::NOTE.with_name("why").message(self.fold(&self.finding.why, " = why: ".len()));
        let help = Level::HELP.message(self.fold(&self.finding.help, " = help: ".len()));
        group.element(why).element(help)
    }

    /// The place of a span and the sentence around it, the span underlined. The library would count columns in
    /// the lines that we made, so the place is written by us and the lines have no numbers.
    fn quote(&self, span: Span, page: &mut Page<'_>) -> io::Result<()> {
        self.print(page, Group::with_level(self.level()).element(Origin::path(self.origin(span))))?;
        let whole = self.sentence(span).map_or(span, |i| self.shown.answer.sentences[i].span);
        let wrapped = wrap(&self.shown.answer.source, whole, span, self.width - GUTTER);
        let snippet = Snippet::source(wrapped.text.clone())
            .line_numbering(false)
            .fold(false)
            .annotations(annotations(&wrapped));
        self.print(page, Group::with_level(self.level()).element(snippet))
    }

    /// `path:line:column, sentence 4, action`; of a long path the end.
    fn origin(&self, span: Span) -> String {
        let (line, column) = (self.place)(span.start);
        let mut origin = format!("{}:{line}:{column}", escape(&self.shown.answer.name));
        let room = self.width - "--> ".len();
        if let Some(i) = self.sentence(span) {
            let role = &self.shown.report.sentences[i].role;
            let title = self.context.guide.role.get(role).map_or(role.id(), |l| l.title.as_str());
            let more = format!(", sentence {}, {}", i + 1, escape(title));
            if origin.width() + more.width() <= room {
                origin.push_str(&more);
            }
        }
        while origin.trim_start_matches('\u{2026}').width() + 1 > room && origin.width() > room {
            let cut = origin.trim_start_matches('\u{2026}').chars().skip(1).collect::<String>();
            origin = format!("\u{2026}{cut}");
        }
        origin
    }

    /// The sentence in which a span begins.
    fn sentence(&self, span: Span) -> Option<usize> {
        let sentences = &self.shown.answer.sentences;
        let holds = |s: &Span| s.start <= span.start && span.end <= s.end;
        sentences.iter().take(self.shown.report.sentences.len()).position(|s| holds(&s.span))
    }

    /// On lines that are `lead` columns shorter than the page.
    fn fold(&self, text: &str, lead: usize) -> String {
        fold(&escape(text), self.width.saturating_sub(lead).max(8)).join("\n")
    }

    fn print(&self, page: &mut Page<'_>, group: Group<'_>) -> io::Result<()> {
        let renderer = if self.color { Renderer::styled() } else { Renderer::plain() };
        for line in renderer.term_width(self.width).render(&[group]).lines() {
            page.line(line)?;
        }
        Ok(())
    }
}

/// A whole sentence on several lines is bracketed; a part of one is underlined on each line.
fn annotations(wrapped: &Wrapped) -> Vec<Annotation<'static>> {
    let Wrapped { text, marked } = wrapped;
    if *marked == (0..text.len()) {
        return vec![AnnotationKind::Primary.span(marked.clone())];
    }
    let mut at = 0;
    let mut all = Vec::new();
    for line in text.split('\n') {
        let (start, end) = (marked.start.max(at), marked.end.min(at + line.len()));
        if start < end {
            all.push(AnnotationKind::Primary.span(start..end));
        }
        at += line.len() + 1;
    }
    all
}
