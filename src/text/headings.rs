//! Which lines are no sentences but titles of what follows: by marks, in bold, by their words; and what an interviewer says.

use super::block::{self, Line, LineKind};
use super::inline::Rendered;
use super::{SourceKind, Span, label, question, told, who};

/// What an interviewer says at once, and asks for a story with. Who is quoted further down is in a story.
pub(super) fn turn_that_asks(source: &str, kind: SourceKind, lines: &[Line]) -> Option<String> {
    let (mut turns, mut asking) = (Vec::<String>::new(), None::<Asking>);
    let mut told = 0;
    for line in lines {
        if line.kind == LineKind::Blank {
            asking = asking.filter(|asking| *asking == Asking::Named);
            continue;
        }
        told += 1;
        if turns.is_empty() && told > who::OPENING {
            return None;
        }
        let text = Rendered::new(source, &[line.content], kind, false);
        if label::is_asked(&text) {
            turns.push(text.text[label::end(&text, 0)..].to_owned());
            asking = Asking::of(&text, label::is_heading(&text));
        } else if asking.take().is_some_and(|asking| asking.goes_on(&text))
            && let Some(turn) = turns.last_mut()
        {
            turn.push(' ');
            turn.push_str(&text.text);
        }
    }
    turns.iter().find(|turn| question::asks_to_tell(turn)).map(|turn| turn.trim().to_owned())
}

/// Marks the lines that are titles of what follows: underlined, in bold, or by their words; and what an interviewer says.
/// `transcript`: whether one asks for a story in it.
pub(super) fn set_headings(source: &str, kind: SourceKind, lines: &mut [Line], transcript: bool) {
    let words = |line: &Line| Rendered::new(source, &[line.content], kind, false);
    let first = lines.iter().position(|line| line.kind != LineKind::Blank);
    // whether something was told above, and whether an interviewer may still be speaking
    let (mut told, mut asking) = (false, None::<Asking>);
    for i in 0..lines.len() {
        let line = lines[i];
        if !matches!(line.kind, LineKind::Text | LineKind::Item) {
            // after the name alone the words may stand below a blank line
            asking = asking.filter(|asking| line.kind == LineKind::Blank && *asking == Asking::Named);
            continue;
        }
        let next = lines[i + 1..].iter().find(|line| line.kind != LineKind::Blank);
        let text = words(&line);
        let count = text.text.split_whitespace().count();
        let ends = is_ended(&text);
        let underlined = underlined(source, kind, lines, i, first.unwrap_or(0)).is_some();
        let pictured = text.text.find(char::is_alphanumeric).unwrap_or(0);
        let bold = text.emphasis_at(0).or_else(|| text.emphasis_at(pictured));
        let bold = bold.is_some_and(|end| is_bold_title(&text.text, end, ends))
            && count <= 14
            && !label::tells(&text)
            && !told::is_told(&text.text)
            && next.is_some_and(|next| line.kind == LineKind::Text || next.indent > line.indent);
        let titled = Some(i) == first
            && line.kind == LineKind::Text
            && count <= 6
            && !ends
            && !told::is_told(&text.text)
            && !text.text.trim_end_matches(['"', '”', '’', '\'']).ends_with('?')
            && label::end(&text, 0) == 0
            && next.is_some_and(|next| opens(source, kind, next, lines.get(i + 1)));
        // the last word of a paragraph that is wrapped is no title
        let wrapped = line.kind == LineKind::Text
            && i > 0
            && matches!(lines[i - 1].kind, LineKind::Text | LineKind::Item)
            && text.text.starts_with(char::is_lowercase)
            && text.text.ends_with('.');
        let titles = label::is_heading(&text);
        let heading = titles && !wrapped;
        // what an interviewer says above it all is the question, if it may be one and none asks for a story
        let whole = || !text.text.contains('?') && Asking::of(&text, titles).is_none();
        let speaks = label::is_asked(&text) && (told || transcript || whole());
        let below = lines.get(i + 1).is_none_or(|line| line.kind == LineKind::Blank);
        let numbered = below && told::is_numbered_story(&text.text) && !told::is_told(&text.text);
        let own = heading || line.kind == LineKind::Item;
        let asked = speaks || !own && asking.is_some_and(|asking| asking.goes_on(&text));
        asking = speaks.then(|| Asking::of(&text, heading)).flatten();
        if underlined || bold || titled || asked || heading || numbered {
            lines[i].kind = LineKind::Heading;
        } else {
            told = true;
        }
    }
}

/// How much of what an interviewer says stands on a line.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Asking {
    /// The name.
    Named,
    /// A sentence that has not ended.
    Begun,
}

impl Asking {
    /// After a line that begins with the name; none where it ends a sentence.
    fn of(line: &Rendered, heading: bool) -> Option<Asking> {
        let said = line.text.trim_end_matches(['"', '\'', '”', '’', ')', '*', '_']);
        if heading {
            Some(Asking::Named)
        } else {
            (!said.ends_with(['.', '!', '?', '…', ':'])).then_some(Asking::Begun)
        }
    }

    /// Whether the next line, which is no title, is the interviewer's too.
    fn goes_on(self, line: &Rendered) -> bool {
        label::end(line, 0) == 0 && (self == Asking::Named || line.text.starts_with(char::is_lowercase))
    }
}

/// The levels of the lines of a Markdown source that are headings by the line under them.
pub(super) fn underlines(source: &str, lines: &[Span]) -> Vec<Option<usize>> {
    let lines: Vec<Line> = lines.iter().map(|line| block::read(source, *line)).collect();
    let first = lines.iter().position(|line| line.kind != LineKind::Blank).unwrap_or(0);
    (0..lines.len()).map(|i| underlined(source, SourceKind::Markdown, &lines, i, first)).collect()
}

/// The level of the heading that the next line makes of line `i`: 1 by `===`, which underlines any title; 2 by `---`, which is as
/// often a rule, so it underlines short titles only, and longer ones above it all, on the `first` line that holds something, or in
/// capitals.
fn underlined(source: &str, kind: SourceKind, lines: &[Line], i: usize, first: usize) -> Option<usize> {
    let below = lines.get(i + 1).filter(|line| line.kind == LineKind::Rule)?;
    if lines[i].kind != LineKind::Text || i > 0 && lines[i - 1].kind == LineKind::Text {
        return None;
    }
    let words = Rendered::new(source, &[lines[i].content], kind, false);
    let count = words.text.split_whitespace().count();
    match source.as_bytes()[below.content.start] {
        b'=' => (count <= 14).then_some(1),
        b'-' => {
            let titled = count <= 3 || count <= 8 && (i == first || is_in_title_case(&words.text));
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

/// The whole line is emphasised, but for a colon or a remark in brackets after it.
fn is_bold_title(text: &str, end: usize, ends: bool) -> bool {
    let rest = text[end..].trim().trim_end_matches(':');
    !ends && (rest.is_empty() || rest.starts_with('(') && rest.ends_with(')'))
}

/// Whether a short first line is the title of what comes `next`: a bullet, a heading, a label, or
/// anything after a blank line.
fn opens(source: &str, kind: SourceKind, next: &Line, below: Option<&Line>) -> bool {
    let words = Rendered::new(source, &[next.content], kind, false);
    below.is_some_and(|line| line.kind == LineKind::Blank)
        || matches!(next.kind, LineKind::Item | LineKind::Heading)
        || label::end(&words, 0) > 0
}
