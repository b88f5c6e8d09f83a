//! What an interviewer says where the turns of an answer begin with "Interviewer:", however it is set.
//!
//! `talk` knows speakers by any name, but only where another answers by name too. Here nobody else has to be named: what follows
//! the interviewer's words is told.

use super::inline::Rendered;
use super::line::Line;
use super::{SourceKind, label, question, who};

/// Who asks. A recruiter or a manager may as well be in the story.
const NAME: &str = "interviewer";

/// Whether a line begins as "Interviewer:" or "Interviewer 2:", and is none of the narrator's words.
pub(super) fn begins(line: &Rendered) -> bool {
    let label = &line.text[..label::end(line, 0)];
    label.contains(':')
        && label::name(label).trim_end_matches(|c: char| c.is_ascii_digit() || c == ' ') == NAME
}

/// What an interviewer says at once, and asks for a story with.
pub(super) fn turn_that_asks(source: &str, kind: SourceKind, lines: &[Line]) -> Option<String> {
    let (mut turns, mut asking) = (Vec::<String>::new(), None::<Asking>);
    let mut told = 0;
    for line in lines {
        if line.is_blank() {
            asking = asking.and_then(Asking::past_blank);
            continue;
        }
        told += 1;
        if turns.is_empty() && told > who::OPENING {
            return None;
        }
        let text = Rendered::line(source, line.content, kind);
        if begins(&text) {
            turns.push(text.text[label::end(&text, 0)..].to_owned());
            asking = Asking::after(&text, label::is_heading(&text));
        } else if asking.take().is_some_and(|asking| asking.goes_on(&text))
            && let Some(turn) = turns.last_mut()
        {
            turn.push(' ');
            turn.push_str(&text.text);
        }
    }
    turns.iter().find(|turn| question::asks_to_tell(turn)).map(|turn| turn.trim().to_owned())
}

/// An interviewer's words that may go on below, after so much of them.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Asking {
    /// The name.
    Named,
    /// A sentence that has not ended.
    Begun,
}

impl Asking {
    /// After a line that [`begins`] a turn, and with the name is all of it where `alone`; none where it ends a sentence.
    pub(super) fn after(line: &Rendered, alone: bool) -> Option<Self> {
        let said = line.text.trim_end_matches(['"', '\'', '”', '’', ')', '*', '_']);
        if alone {
            Some(Self::Named)
        } else {
            (!said.ends_with(['.', '!', '?', '…', ':'])).then_some(Self::Begun)
        }
    }

    /// After a blank line, below which the words may stand when nothing but the name stands above.
    pub(super) fn past_blank(self) -> Option<Self> {
        (self == Self::Named).then_some(self)
    }

    /// Whether the next line, which is no title, is the interviewer's too.
    pub(super) fn goes_on(self, line: &Rendered) -> bool {
        label::end(line, 0) == 0 && (self == Self::Named || line.text.starts_with(char::is_lowercase))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::text::Span;

    fn rendered(source: &str) -> Rendered {
        Rendered::line(source, Span { start: 0, end: source.len() }, SourceKind::Markdown)
    }

    #[test]
    fn who_asks_is_known_by_name() {
        for line in [
            "Interviewer: And then?",
            "**Interviewer:** And then?",
            "Interviewer 2: And then?",
            "Interviewer:",
        ] {
            assert!(begins(&rendered(line)), "{line}");
        }
        for line in [
            "Interviewer asked me then.",
            "Interviewer - I ran forty.",
            "**Interviewer** asked me.",
            "Recruiter: I moved her.",
            "Candidate: It held.",
            "The interviewer: a lead.",
            "And then?",
        ] {
            assert!(!begins(&rendered(line)), "{line}");
        }
    }
}
