//! Which lines are no sentences but titles of what follows: underlined, in bold, by their place or their words; and what an
//! interviewer says.

use super::inline::Rendered;
use super::interviewer::{self, Asking};
use super::line::{Line, LineKind};
use super::{SourceKind, Span, label, told};

/// No title that is in bold or underlined has more words.
const MOST_WORDS: usize = 14;

/// A first line with more words is no title by its place alone.
const MOST_FIRST: usize = 6;

/// Marks the lines that are titles of what follows, and what an interviewer says. `transcript`: whether one asks for a story in it.
pub(super) fn set_headings(source: &str, kind: SourceKind, lines: &mut [Line], transcript: bool) {
    let first = first(lines);
    // whether something was told above, and whether an interviewer may still be speaking
    let (mut told, mut asking) = (false, None::<Asking>);
    for at in 0..lines.len() {
        let line = lines[at];
        if !line.is_prose() {
            asking = asking.filter(|_| line.is_blank()).and_then(Asking::past_blank);
            continue;
        }
        let candidate = Candidate::new(source, kind, lines, at);
        let words = &candidate.words;
        let named = label::is_heading(words);
        let titled = named && !candidate.ends_paragraph();
        // what an interviewer says above it all is the question, if it may be one and none asks for a story
        let whole = || !words.text.contains('?') && Asking::after(words, named).is_none();
        let begins = interviewer::begins(words) && (told || transcript || whole());
        let goes_on = !titled && line.kind == LineKind::Text && asking.is_some_and(|a| a.goes_on(words));
        asking = if begins { Asking::after(words, titled) } else { None };
        let is_heading = titled
            || begins
            || goes_on
            || underlined(source, kind, lines, at, first).is_some()
            || candidate.is_bold()
            || at == first && candidate.is_first_title()
            || candidate.is_numbered_story();
        if is_heading {
            lines[at].kind = LineKind::Heading;
        } else {
            told = true;
        }
    }
}

/// A line that may be a title.
struct Candidate<'a> {
    source: &'a str,
    kind: SourceKind,
    lines: &'a [Line],
    /// Its number among the lines.
    at: usize,
    words: Rendered,
}

impl<'a> Candidate<'a> {
    fn new(source: &'a str, kind: SourceKind, lines: &'a [Line], at: usize) -> Self {
        let words = Rendered::line(source, lines[at].content, kind);
        Self { source, kind, lines, at, words }
    }

    fn line(&self) -> &Line {
        &self.lines[self.at]
    }

    /// The next line that is not blank.
    fn next(&self) -> Option<&Line> {
        self.lines[self.at + 1..].iter().find(|line| !line.is_blank())
    }

    /// Whether nothing stands right below it.
    fn is_above_blank(&self) -> bool {
        self.lines.get(self.at + 1).is_none_or(|line| line.is_blank())
    }

    fn tells(&self) -> bool {
        told::is_told(&self.words.text)
    }

    /// The last word of a paragraph that is wrapped: it is no title, whatever it says.
    fn ends_paragraph(&self) -> bool {
        self.line().kind == LineKind::Text
            && self.at > 0
            && self.lines[self.at - 1].is_prose()
            && self.words.text.starts_with(char::is_lowercase)
            && self.words.text.ends_with('.')
    }

    /// In bold as a whole, but for a picture before it, and a colon or a remark in brackets after it; and above something.
    fn is_bold(&self) -> bool {
        let text = &self.words.text;
        let pictured = text.find(char::is_alphanumeric).unwrap_or(0);
        let bold = self.words.emphasis_at(0).or_else(|| self.words.emphasis_at(pictured));
        let whole = |end: usize| {
            let rest = text[end..].trim().trim_end_matches(':');
            rest.is_empty() || rest.starts_with('(') && rest.ends_with(')')
        };
        let above = |next: &Line| self.line().kind == LineKind::Text || next.indent > self.line().indent;
        bold.is_some_and(whole)
            && !is_ended(&self.words)
            && count(&self.words) <= MOST_WORDS
            && !label::tells(&self.words)
            && !self.tells()
            && self.next().is_some_and(above)
    }

    /// A short first line that no sentence is, above a bullet, a heading, a label, or anything after a blank line.
    fn is_first_title(&self) -> bool {
        let text = &self.words.text;
        let opens = |next: &Line| {
            self.is_above_blank()
                || matches!(next.kind, LineKind::Item | LineKind::Heading)
                || label::end(&Rendered::line(self.source, next.content, self.kind), 0) > 0
        };
        self.line().kind == LineKind::Text
            && count(&self.words) <= MOST_FIRST
            && !is_ended(&self.words)
            && !self.tells()
            && !text.trim_end_matches(['"', '”', '’', '\'']).ends_with('?')
            && label::end(&self.words, 0) == 0
            && self.next().is_some_and(opens)
    }

    fn is_numbered_story(&self) -> bool {
        self.is_above_blank() && told::is_numbered_story(&self.words.text) && !self.tells()
    }
}

/// The levels of the lines of a Markdown source that are headings by the line under them.
pub(super) fn underlines(source: &str, lines: &[Span]) -> Vec<Option<usize>> {
    let lines: Vec<Line> = lines.iter().map(|line| Line::read(source, *line)).collect();
    let first = first(&lines);
    (0..lines.len()).map(|at| underlined(source, SourceKind::Markdown, &lines, at, first)).collect()
}

/// The number of the first line that holds words.
fn first(lines: &[Line]) -> usize {
    lines.iter().position(|line| !line.is_blank() && line.kind != LineKind::Rule).unwrap_or(0)
}

/// The level of the heading that the next line makes of a line: 1 by `===`, which underlines any title; 2 by `---`, which is as
/// often a rule, so it underlines short titles only, and longer ones above it all, on the `first` line that holds something, or in
/// capitals.
fn underlined(source: &str, kind: SourceKind, lines: &[Line], at: usize, first: usize) -> Option<usize> {
    let below = lines.get(at + 1).filter(|line| line.kind == LineKind::Rule)?;
    if lines[at].kind != LineKind::Text || at > 0 && lines[at - 1].kind == LineKind::Text {
        return None;
    }
    let words = Rendered::line(source, lines[at].content, kind);
    let count = count(&words);
    match source.as_bytes()[below.content.start] {
        b'=' => (count <= MOST_WORDS).then_some(1),
        b'-' => {
            let titled = count <= 3 || count <= 8 && (at == first || is_in_title_case(&words.text));
            (titled && !is_ended(&words) && !told::is_told(&words.text)).then_some(2)
        }
        _ => None,
    }
}

/// Whether all longer words begin with capitals.
fn is_in_title_case(words: &str) -> bool {
    words.split_whitespace().filter(|word| word.len() > 4).all(|word| !word.starts_with(char::is_lowercase))
}

/// Whether a line ends as a sentence does, and a title doesn't.
fn is_ended(words: &Rendered) -> bool {
    words.text.trim_end_matches(['"', '”', ')', '\'']).ends_with(['.', '!', ';', ','])
}

fn count(words: &Rendered) -> usize {
    words.text.split_whitespace().count()
}
