//! Comments with which a writer silences findings: `<!-- candor ignore ID … -->`,
//! `<!-- candor off -->`, `<!-- candor on -->`.
//!
//! The rule: `ignore` names ids that are silent in the whole answer, wherever the comment stands;
//! `off` silences every finding whose sentences all lie between it and the next `on` (or the end).

use super::{Span, html};

/// What the comments of one answer ask for.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Suppressions {
    ids: Vec<(String, Span)>,
    off: Vec<Span>,
    unread: Vec<(String, Span)>,
}

impl Suppressions {
    /// Reads the comments of `source` from byte `from` on.
    pub(super) fn read(source: &str, from: usize) -> Self {
        let mut found = Self::default();
        let mut silent_since = None;
        for span in html::comments(source, from) {
            let Some(request) = request(source, span) else { continue };
            let mut words = request.peekable();
            match words.next().map(|(word, _)| word) {
                Some("ignore") if words.peek().is_some() => {
                    found.ids.extend(words.map(|(id, at)| (id.to_owned(), at)));
                }
                Some("off") if words.next().is_none() => {
                    silent_since.get_or_insert(span.end);
                }
                Some("on") if words.next().is_none() => {
                    found.off.extend(silent_since.take().map(|start| Span { start, end: span.start }))
                }
                _ => found.unread.push((inner(span).text(source).trim().to_owned(), span)),
            }
        }
        let end = source.len();
        found.off.extend(silent_since.map(|start| Span { start, end }));
        found
    }

    /// The ids that `ignore` names, each with where it stands, so that unknown ones can be told.
    pub fn ids(&self) -> impl Iterator<Item = (&str, Span)> {
        self.ids.iter().map(|(id, span)| (id.as_str(), *span))
    }

    /// Comments that begin with `candor` and then make no sense, with where they stand.
    pub fn unread(&self) -> impl Iterator<Item = (&str, Span)> {
        self.unread.iter().map(|(text, span)| (text.as_str(), *span))
    }

    /// Whether a finding with these ids on these sentences is to be left out. A finding on no
    /// sentence (one about the whole answer) is hidden by an id only.
    pub fn hides<'a>(&self, mut ids: impl Iterator<Item = &'a String>, spans: &[Span]) -> bool {
        let silent = |span: &Span| self.off.iter().any(|off| off.contains(*span));
        ids.any(|id| self.ids().any(|(known, _)| known == id))
            || (!spans.is_empty() && spans.iter().all(silent))
    }
}

/// Where the words of a comment stand.
fn inner(comment: Span) -> Span {
    Span { start: comment.start + 4, end: comment.end - 3 }
}

/// What a comment asks of candor, word by word, if it speaks to it.
pub(super) fn request(source: &str, comment: Span) -> Option<impl Iterator<Item = (&str, Span)>> {
    let mut words = words(source, inner(comment));
    (words.next()?.0 == "candor").then_some(words)
}

/// The words of a comment with their places; commas separate like whitespace.
fn words(source: &str, inner: Span) -> impl Iterator<Item = (&str, Span)> {
    let words = inner.text(source).split(|c: char| c.is_whitespace() || c == ',');
    words.filter(|word| !word.is_empty()).map(|word| (word, Span::of(word, source)))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn hides(s: &Suppressions, id: &str, spans: &[Span]) -> bool {
        s.hides([id.to_owned()].iter(), spans)
    }

    fn span(source: &str, words: &str) -> Span {
        let start = source.find(words).unwrap();
        Span { start, end: start + words.len() }
    }

    #[test]
    fn ignore_covers_the_whole_answer_for_its_ids() {
        let source = "One. <!-- candor ignore no-result, heroics --> Two.";
        let s = Suppressions::read(source, 0);
        assert!(hides(&s, "no-result", &[span(source, "One.")]));
        assert!(hides(&s, "heroics", &[]));
        assert!(!hides(&s, "vague", &[span(source, "Two.")]));
        let ids: Vec<_> = s.ids().map(|(id, at)| (id, at.text(source))).collect();
        assert_eq!(ids, [("no-result", "no-result"), ("heroics", "heroics")]);
    }

    #[test]
    fn off_covers_findings_that_lie_wholly_inside() {
        let source = "One.\n<!-- candor off -->\nTwo. Three.\n<!-- candor on -->\nFour.";
        let s = Suppressions::read(source, 0);
        assert!(hides(&s, "x", &[span(source, "Two."), span(source, "Three.")]));
        assert!(!hides(&s, "x", &[span(source, "Two."), span(source, "Four.")]));
        assert!(!hides(&s, "x", &[]), "a finding on the whole answer is not inside");
    }

    #[test]
    fn off_without_on_lasts_to_the_end_and_on_alone_does_nothing() {
        let source = "One. <!-- candor on --> Two. <!--candor off--> Three.";
        let s = Suppressions::read(source, 0);
        assert!(!hides(&s, "x", &[span(source, "Two.")]));
        assert!(hides(&s, "x", &[span(source, "Three.")]));
    }

    #[test]
    fn other_comments_are_left_alone_and_misspelt_ones_are_told() {
        let s =
            Suppressions::read("<!-- note --> <!-- candor of --> <!-- candor ignore --> <!-- candor off", 0);
        assert_eq!(s.ids().count(), 0);
        assert_eq!(s.unread().map(|(text, _)| text).collect::<Vec<_>>(), ["candor of", "candor ignore"]);
        assert!(!hides(&s, "x", &[Span { start: 70, end: 71 }]), "an open comment is no comment");
    }
}
