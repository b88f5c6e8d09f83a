//! A file that holds several stories, each under a heading of one level or under its question.

use std::collections::HashSet;

use super::inline::Rendered;
use super::line::{heading_level, raw_lines};
use super::{Answer, SourceKind, Span, front, headings, html, label, question, suppress, told};

/// Words of prose from which on the text under a heading can be a story of its own. The shortest answers of
/// `training/data` have as many; a heading over less is a part of a story more often.
const STORY_WORDS: usize = 40;

/// The level of a line that heads a story without the marks of a heading: below all of theirs.
const UNMARKED: usize = 7;

/// The stories of one file.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Sections {
    /// The question in the file's front matter; it is asked of all of them.
    pub question: Option<String>,
    /// In order; a heading with no prose under it is none.
    pub stories: Vec<Section>,
    /// The comments to candor above the first heading of their level: what they ask for is asked for each story.
    comments: Vec<Span>,
}

/// A story under a heading.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Section {
    /// The words of the heading.
    pub title: String,
    /// From the heading to the next one of its level or above.
    pub span: Span,
}

impl Sections {
    /// The file with nothing in it but a story and the comments above all of them: everything else before it is blank, so that
    /// bytes, lines and columns are those of the file.
    #[must_use]
    pub fn alone(&self, source: &str, story: &Section) -> String {
        let blank = |c: char| if matches!(c, '\n' | '\r') { c } else { ' ' };
        let mut out = String::with_capacity(story.span.end);
        for kept in self.comments.iter().chain([&story.span]) {
            for c in source[out.len()..kept.start].chars() {
                (0..c.len_utf8()).for_each(|_| out.push(blank(c)));
            }
            out.push_str(kept.text(source));
        }
        out
    }
}

/// A file cut at its headings, and what speaks for it.
struct Cut {
    sections: Sections,
    /// Whether two of them have headings for the same parts of an answer under them.
    twice: bool,
    /// Headings over as much prose as a story has.
    long: usize,
    /// Headings that name a part of an answer.
    parts: usize,
}

impl Cut {
    /// Whether it is plain that each is a story.
    fn is_plain(&self) -> bool {
        let all = self.sections.stories.len();
        let most = self.long > 1 && (self.long == all || self.long >= 3 && 2 * self.long > all);
        self.parts == 0 && most || self.parts < 2 && self.twice
    }
}

/// The stories of a file, one under each heading of the highest level (`#` is the highest) that has several. The lowest are lines
/// that ask for a story in bold or as "Q1:", and those that count stories; plain text has no others.
///
/// Without `always` only where that is plain: each of at least two headings has 40 words of prose under it, or most of at least
/// three have (a bank may hold a stub), and none names a part of an answer, as "Situation" or "Result" do; or two of them have
/// headings for the same parts under them, and one at most names a part itself. With `always` a file with one heading is cut too.
///
/// # Errors
/// Where the file is one story: how many headings it has under which stories may stand nevertheless; `None` where there are none,
/// or half of them or more name the parts of one story.
pub fn sections(source: &str, kind: SourceKind, always: bool) -> Result<Sections, Option<usize>> {
    let cut = cut(source, kind, always).ok_or(None)?;
    let headings = cut.sections.stories.len();
    if cut.is_plain() || always && headings > 0 {
        return Ok(cut.sections);
    }
    Err(Some(headings).filter(|_| cut.long > 1 && (cut.twice || 2 * cut.parts < headings)))
}

fn cut(source: &str, kind: SourceKind, always: bool) -> Option<Cut> {
    let front = front::read(source);
    let headings = headings(source, kind, front.body);
    let count = |level: usize| headings.iter().filter(|h| h.level == level).count();
    let several = (1..=UNMARKED).find(|&level| count(level) > 1);
    let level = several.or_else(|| (1..=UNMARKED).find(|&level| always && count(level) > 0))?;
    let (mut stories, mut long, mut own) = (Vec::new(), 0, Vec::new());
    for (i, heading) in headings.iter().enumerate().filter(|(_, h)| h.level == level) {
        let next = headings[i + 1..].iter().find(|h| h.level <= level);
        let span = Span { start: heading.at.start, end: next.map_or(source.len(), |h| h.at.start) };
        let words = words(&source[heading.at.end..span.end], kind);
        if words > 0 {
            stories.push(Section { title: heading.title.clone(), span });
        }
        if words >= STORY_WORDS {
            long += 1;
            let inner = headings[i + 1..].iter().take_while(|h| h.level > level);
            own.push(inner.filter(|h| h.is_part).map(|h| h.title.to_lowercase()).collect::<HashSet<_>>());
        }
    }
    let parts = headings.iter().filter(|h| h.level == level && h.is_part).count();
    // no story has its situation and its result twice
    let twice = |(i, a): (usize, &HashSet<String>)| own[..i].iter().any(|b| a.intersection(b).count() > 1);
    let twice = own.iter().enumerate().any(twice);
    let above = stories.first().map_or(front.body, |first| first.span.start);
    let mut comments = html::comments(&source[..above], front.body);
    comments.retain(|comment| suppress::request(source, *comment).is_some());
    Some(Cut { sections: Sections { question: front.question, stories, comments }, twice, long, parts })
}

struct Heading {
    level: usize,
    title: String,
    /// Whether it names a part of an answer.
    is_part: bool,
    at: Span,
}

/// Lines that begin with `#` or are underlined, outside of code and comments, and those that head a story by their words.
fn headings(source: &str, kind: SourceKind, from: usize) -> Vec<Heading> {
    let lines = raw_lines(source, from, kind);
    let markdown = kind == SourceKind::Markdown;
    let heading = |(at, underlined): (Span, Option<usize>)| {
        let line = at.text(source).trim_start();
        let (level, marks) = match (heading_level(line.trim_end()), underlined) {
            (Some(level), _) if markdown => (level, level),
            (_, Some(level)) if markdown => (level, 0),
            _ => (UNMARKED, 0),
        };
        let words = Rendered::line(source, Span::of(&line[marks..], source), kind);
        if level == UNMARKED && !heads_story(&words) {
            return None;
        }
        let title = words.text.trim().trim_end_matches('#').trim_end().to_owned();
        // "Story 2" is a label too, but of a whole answer
        let is_part = label::is_heading(&words) && !title.to_lowercase().starts_with("story");
        Some(Heading { level, title, is_part, at })
    };
    let underlines = headings::underlines(source, &lines);
    lines.into_iter().zip(underlines).filter_map(heading).collect()
}

/// Whether a line asks for a story, in bold or with the sign of a question, or counts stories.
fn heads_story(words: &Rendered) -> bool {
    let text = words.text.trim();
    let bold = words.emphasis_at(0).is_some_and(|end| end >= text.len()) && question::is_asked_for(text);
    bold || question::is_signed_question(text) || told::is_numbered_story(text)
}

/// Words of prose; headings and comments are none.
fn words(source: &str, kind: SourceKind) -> usize {
    let answer = Answer::parse("", source.to_owned(), kind);
    answer.sentences.iter().map(|s| s.text.split_whitespace().count()).sum()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn prose(words: usize) -> String {
        format!("I {}.", vec!["moved"; words - 1].join(" "))
    }

    fn titles(source: &str, always: bool) -> Option<Vec<String>> {
        Some(
            sections(source, SourceKind::Markdown, always)
                .ok()?
                .stories
                .into_iter()
                .map(|s| s.title)
                .collect(),
        )
    }

    fn left_whole(source: &str) -> Option<usize> {
        sections(source, SourceKind::Markdown, false).err().flatten()
    }

    #[test]
    fn stories_under_headings_of_one_level() {
        let (a, b) = (prose(50), prose(40));
        let bank = format!(
            "# My bank\n\nNotes.\n\n## The *export*\n\n{a}\n\n### Result\n\n{a}\n\n## Gates ##\n\n{b}\n"
        );
        assert_eq!(titles(&bank, false).unwrap(), ["The export", "Gates"]);
        let tops = format!("# One\n{a}\n## Part\n{a}\n# Two\n{b}\n# To be written\n");
        assert_eq!(titles(&tops, false).unwrap(), ["One", "Two"], "an empty one is none");
        let stub = format!("# One\n{a}\n# Two\nI fixed the gate.\n# Three\n{b}\n# Four\n{a}\n");
        assert_eq!(titles(&stub, false).unwrap(), ["One", "Two", "Three", "Four"], "a bank may hold a stub");
        let underlined = format!("My bank\n===\n\nThe *export*\n---\n{a}\n\nGates\n-----\n\n{b}\n\n---\n");
        assert_eq!(titles(&underlined, false).unwrap(), ["The export", "Gates"]);
        let tops = format!("One\n===\n{a}\n\nTwo\n===\n{b}\n");
        assert_eq!(titles(&tops, false).unwrap(), ["One", "Two"]);
        let ruled = format!("{a}\n---\n{b}\n---\n{a}\n");
        assert_eq!(titles(&ruled, false), None, "rules underline no sentence");
        let numbered = format!("## Story 1\n{a}\n## Story 2: the gates\n{b}\n");
        assert_eq!(titles(&numbered, false).unwrap(), ["Story 1", "Story 2: the gates"]);
    }

    #[test]
    fn one_story_is_left_whole() {
        let a = prose(60);
        let star = format!("# The export\n## Situation\n{a}\n## Action\n{a}\n## Result\n{a}\n");
        assert_eq!(titles(&star, false), None, "parts of an answer");
        let lettered = format!("## ✅ S - Situation\n{a}\n## ✅ A - Action\n{a}\n");
        assert_eq!(titles(&lettered, false), None, "parts of an answer");
        assert_eq!(titles(&format!("# One\n{a}\n# Two\nToo short.\n"), false), None);
        assert_eq!(titles(&format!("# One\n{a}\n# Two\nToo short.\n# Three\n{a}\n"), false), None);
        assert_eq!(titles(&format!("# One\n{a}\n"), false), None);
        assert_eq!(
            titles(&format!("```sh\n# One\n{a}\n# Two\n{a}\n```\n<!--\n# One\n# Two\n-->\n"), true),
            None
        );
        assert_eq!(titles("", true), None);
        for empty in ["---\nquestion: Why?\n---\n# One\n# Two\n", "\u{feff}# A\n# B\n"] {
            assert_eq!(titles(empty, true), None, "{empty}");
        }
    }

    #[test]
    fn stories_with_the_same_parts_are_several_whatever_stands_beside_them() {
        let a = prose(30);
        let story = |name: &str| format!("## {name}\n### Situation\n{a}\n### Result\n{a}\n");
        let bank = format!("# Bank\n{}{}## Results\nSee above.\n", story("The export"), story("Gates"));
        assert_eq!(titles(&bank, false).unwrap(), ["The export", "Gates", "Results"]);
        let beside = format!("{bank}## Situation\n{a}\n## Action\n{a}\n");
        assert_eq!(titles(&beside, false), None, "a story whose parts stand beside them is not cut up");
        assert_eq!(left_whole(&beside), Some(5), "but it is told of");
        let one = format!("# The export\n{}## Lessons\nI ask first.\n", story("How it went"));
        assert_eq!(titles(&one, false), None, "a story has its parts once");
        let phases =
            format!("## Planning\n### Steps\n{a}{a}\n## Cutover\n### Steps\n{a}{a}\n## Result\nIt held.\n");
        assert_eq!(titles(&phases, false), None, "one part that comes again is no story");
    }

    #[test]
    fn what_may_be_several_and_is_left_whole_is_counted() {
        let a = prose(60);
        assert_eq!(left_whole(&format!("# One\n{a}\n# Two\n{a}\n# Lessons\nI ask first.\n")), Some(3));
        assert_eq!(left_whole(&format!("# One\n{a}\n# Two\n{a}\n# Hiring\nTODO\n")), Some(3));
        for plain in [
            format!("# One\n{a}\n# Two\n{a}\n"),
            format!("# The export\n## Situation\n{a}\n## Action\n{a}\n## Result\n{a}\n"),
            format!("# The export\n{a}\n# Lessons\nI ask first.\n"),
            a,
        ] {
            assert_eq!(left_whole(&plain), None, "{plain}");
        }
    }

    #[test]
    fn stories_under_their_questions() {
        let (a, b) = (prose(50), prose(40));
        let (first, second) = ("Tell me about a time you failed.", "Describe a conflict.");
        for (one, two) in [
            (format!("**{first}**"), format!("**{second}**")),
            (format!("Q1: {first}"), format!("Q2: {second}")),
            (format!("Q: {first}"), format!("Q: {second}")),
            (format!("Question 1. {first}"), format!("Question 2. {second}")),
            ("Story 1: Billing export".to_owned(), "Story 2: Gates".to_owned()),
            ("**Story 1: Billing export**".to_owned(), "**Story 2: Gates**".to_owned()),
        ] {
            let bank = format!("# My stories\n\n{one}\n\n{a}\n\n{two}\n\n{b}\n");
            assert_eq!(titles(&bank, false).map(|titles| titles.len()), Some(2), "{bank}");
            let short = format!("{one}\n\n{a}\n\n{two}\n\nToo short.\n");
            assert_eq!(titles(&short, false), None, "{short}");
        }
        let plain = format!("Story 1: Export\n\n{a}\n\nStory 2: Gates\n\n# Not one\n{b}\n");
        assert_eq!(sections(&plain, SourceKind::Plain, false).unwrap().stories.len(), 2);
        for one in [
            format!("Q: {first}\n\n{a}\n\nQ: And what did you learn from it?\n\n{b}\n"),
            format!("**What I did**\n\n{a}\n\n**What came of it**\n\n{b}\n"),
            format!("{a}\n\nQ3: revenue fell, and I told them so.\n\n{b}\n"),
            format!("{first}\n\n{a}\n\nI asked: tell me about a conflict.\n\n{b}\n"),
        ] {
            assert_eq!(titles(&one, false), None, "{one}");
        }
    }

    #[test]
    fn who_asks_for_it_gets_it() {
        assert_eq!(titles("# One\nI did it.\n# Two\nIt held.\n", true).unwrap(), ["One", "Two"]);
        assert_eq!(titles("# One\nI did it.\n", true).unwrap(), ["One"]);
        assert_eq!(titles("I did it.\n", true), None);
    }

    #[test]
    fn a_story_alone_stands_where_it_stood() {
        let source = "---\nquestion: Why?\n---\nÄ\r\n# One\nI did it.\n# Two\nIt held.\n";
        let found = sections(source, SourceKind::Markdown, true).unwrap();
        assert_eq!(found.question.as_deref(), Some("Why?"));
        let alone = found.alone(source, &found.stories[1]);
        let answer = Answer::parse("b", alone.clone(), SourceKind::Markdown);
        assert_eq!(answer.sentences.len(), 1);
        let span = answer.sentences[0].span;
        assert_eq!(span.text(source), "It held.");
        assert_eq!(alone.matches('\n').count(), source.matches('\n').count());
        let source =
            "<!-- candor ignore vague -->\nNotes.\n# One\nI did it. <!-- candor off -->\n# Two\nIt held.\n";
        let found = sections(source, SourceKind::Markdown, true).unwrap();
        let alone = found.alone(source, &found.stories[1]);
        assert_eq!((alone.len(), alone.find("# Two")), (source.len(), source.find("# Two")));
        assert!(alone.contains("ignore vague") && !alone.contains("Notes") && !alone.contains("candor off"));
    }
}
