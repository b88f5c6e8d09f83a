//! Talks that were copied from chats, calls and captions: which words are names and times, who asks, and what is said.

use std::collections::HashSet;
use std::ops::Range;

use super::head::{Head, Sign, head};
use super::question::asks_to_tell;
use super::who::{self, is_interviewer, is_name};
use super::{captions, is_blank, label, place, split, stamp};

/// Words with which somebody answers whose asker is known by nothing else.
const ANSWER_WORDS: usize = 20;

/// A question that has more words is looked through for its sentence that asks.
const LONG: usize = 40;

/// What a chat writes where it can't show something.
const SHOWN: [&str; 6] = [
    "<Media omitted>",
    "image omitted",
    "audio omitted",
    "This message was deleted",
    "This message was deleted.",
    "You deleted this message",
];

/// What a line is in a talk.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Part {
    /// As it stands.
    Whole,
    /// These bytes of it are said.
    Said(Range<usize>),
    /// So are these, and they go on with what is said above.
    Cue(Range<usize>),
    /// No part of the story.
    Left,
    /// As if it weren't there.
    Gone,
}

/// A text as a talk; each of its lines is whole where it is none.
#[derive(Debug)]
pub(super) struct Talk {
    /// One a line.
    pub(super) parts: Vec<Part>,
    /// What is asked for, in the words of who asks.
    pub(super) asked: Option<String>,
}

/// A turn of one speaker.
#[derive(Debug)]
struct Turn<'a> {
    head: Head<'a>,
    /// From the head on.
    lines: Range<usize>,
}

/// Reads a text as a talk.
pub(super) fn read(lines: &[&str]) -> Talk {
    let mut parts = captions::parts(lines);
    let captioned = parts.contains(&Part::Gone);
    // what is gone is blank to everything below
    let shown: Vec<&str> =
        lines.iter().zip(&parts).map(|(line, part)| if *part == Part::Gone { "" } else { *line }).collect();
    let turns = turns(&shown, captioned);
    let asker = asker(&shown, &turns);
    let (mut seen, mut often) = (HashSet::new(), HashSet::new());
    often.extend(turns.iter().map(|turn| turn.head.name).filter(|name| !seen.insert(*name)));
    let named = |turn: &Turn| often.contains(turn.head.name);
    let speaks = |turn: &&Turn| match (&asker, turn.head.sign) {
        (Some(asker), Sign::Asked) => captioned || asker.speakers.contains(&turn.head.name),
        (Some(_), _) | (None, Sign::Sure) => true,
        (None, Sign::Likely) => named(turn),
        (None, Sign::Asked) => captioned && named(turn),
    };
    let mut before = "";
    for turn in turns.iter().filter(speaks) {
        let Head { name, said, .. } = turn.head;
        let at = turn.lines.start;
        if asker.as_ref().is_some_and(|asker| asker.speakers[0] == name) {
            leave(&mut parts[turn.lines.clone()]);
        } else if said.is_empty() || SHOWN.contains(&said) {
            parts[at] = Part::Left;
        } else {
            let said = place(said, lines[at]);
            parts[at] = if captioned && before == name { Part::Cue(said) } else { Part::Said(said) };
        }
        before = name;
    }
    leave_notices(&shown, &mut parts);
    Talk { parts, asked: asker.map(|asker| asker.asked) }
}

fn leave(parts: &mut [Part]) {
    parts.iter_mut().filter(|part| **part != Part::Gone).for_each(|part| *part = Part::Left);
}

/// Of a chat with dates the lines that nobody says: "3/5/25, 9:59 - Messages are encrypted." Most lines of a chat are said; those of a
/// timeline are told.
fn leave_notices(lines: &[&str], parts: &mut [Part]) {
    let is_dated = |line: &str| {
        stamp::leading_time(line).is_some_and(|end| line[..end].contains('/') && line[..end].ends_with('-'))
    };
    let dated: Vec<usize> = (0..lines.len()).filter(|i| is_dated(lines[*i])).collect();
    let said = dated.iter().filter(|i| parts[**i] != Part::Whole).count();
    for i in dated.iter().filter(|_| 2 * said > dated.len()) {
        if parts[*i] == Part::Whole {
            parts[*i] = Part::Left;
        }
    }
}

/// With what the turns of a talk begin.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Form {
    /// With names, and times or none: cues have their own.
    Captions,
    /// With names and times.
    Timed,
    /// With names alone.
    Named,
}

impl Form {
    fn of(heads: &[Option<Head>], captioned: bool) -> Self {
        if captioned {
            Self::Captions
        } else if heads.iter().flatten().any(|head| head.sign > Sign::Asked) {
            Self::Timed
        } else {
            Self::Named
        }
    }

    fn has(self, head: &Head) -> bool {
        match self {
            Self::Captions => true,
            Self::Timed => head.timed,
            Self::Named => !head.timed,
        }
    }
}

/// The turns of a talk: those with times, or, where no form is sure, those with names alone. None begins where nothing is said.
fn turns<'a>(lines: &[&'a str], captioned: bool) -> Vec<Turn<'a>> {
    let mut heads: Vec<Option<Head>> = lines.iter().map(|line| head(line)).collect();
    for (i, pair) in lines.windows(2).enumerate() {
        // "Linh⏎10:03 AM"
        if stamp::is_time(pair[1]) && is_name(pair[0]) && !stamp::is_bare(pair[0]) {
            let (name, said) = (pair[0].trim(), &pair[0][pair[0].len()..]);
            heads[i] = Some(Head { name, said, sign: Sign::Likely, timed: true });
        }
    }
    let form = Form::of(&heads, captioned);
    heads.iter_mut().for_each(|head| *head = head.filter(|head| form.has(head)));
    let next = |from: usize| (from..lines.len()).find(|i| !is_blank(lines[*i]) && !stamp::is_time(lines[*i]));
    let found = heads.iter().enumerate().filter_map(|(i, head)| {
        let head = (*head)?;
        let told = !head.said.is_empty() || next(i + 1).is_some_and(|i| heads[i].is_none());
        let end = match form {
            Form::Captions | Form::Timed => until_next(lines, &heads, i),
            Form::Named => until_blank(lines, &heads, i),
        };
        told.then_some(Turn { head, lines: i..end })
    });
    let turns: Vec<Turn> = found.collect();
    let told = |from: usize| lines[..from].iter().filter(|line| !is_blank(line)).count();
    let late = turns.first().is_some_and(|turn| told(turn.lines.start) >= who::OPENING);
    if late && form == Form::Named { Vec::new() } else { turns }
}

/// With times each turn ends where the next begins; the last one after its first paragraph.
fn until_next(lines: &[&str], heads: &[Option<Head>], from: usize) -> usize {
    let next = (from + 1..lines.len()).find(|i| heads[*i].is_some());
    next.unwrap_or_else(|| paragraph(lines, heads, from))
}

/// Without times a turn ends with its paragraph where another's comes next, and with its line elsewhere: the text below may be the
/// answer of somebody who isn't named.
fn until_blank(lines: &[&str], heads: &[Option<Head>], from: usize) -> usize {
    let end = paragraph(lines, heads, from);
    let next = (end..lines.len()).find(|i| !is_blank(lines[*i]));
    let alone = heads[from].is_some_and(|head| head.said.is_empty());
    let followed = next.is_some_and(|i| heads[i].is_some());
    if alone || followed { end } else { from + 1 }
}

/// The end of the paragraph that a head begins: before the next head, title or blank line. After a head alone it may stand below a
/// blank line.
fn paragraph(lines: &[&str], heads: &[Option<Head>], from: usize) -> usize {
    let blank = |i: &usize| is_blank(lines[*i]);
    let alone = heads[from].is_some_and(|head| head.said.is_empty());
    let begin = (from + 1..lines.len()).find(|i| !alone || !blank(i)).unwrap_or(lines.len());
    let titled = |i: &usize| lines[*i].split_once(':').is_some_and(|(title, _)| label::is_title(title));
    let ends = |i: &usize| blank(i) || heads[*i].is_some() || titled(i);
    (begin..lines.len()).find(ends).unwrap_or(lines.len())
}

/// Who asks for a story.
struct Asker<'a> {
    asked: String,
    /// The one who asks, and the one who answers.
    speakers: [&'a str; 2],
}

/// The first speaker who asks for a story and is answered by another at once, if less is asked than told.
fn asker<'a>(lines: &[&str], turns: &[Turn<'a>]) -> Option<Asker<'a>> {
    let count = |lines: &[&str]| lines.iter().map(|line| line.split_whitespace().count()).sum::<usize>();
    let runs: Vec<&[Turn]> = turns.chunk_by(|a, b| a.head.name == b.head.name).collect();
    let (asked, [asks, answers]) = runs.windows(2).find_map(|pair| {
        let end = pair[0].last()?.lines.end;
        let between = &lines[end..pair[1][0].lines.start];
        let words = words(lines, pair[0]);
        let asks = between.iter().all(|line| is_blank(line)) && asks_to_tell(&words);
        let told = |turn: &Turn| count(&lines[turn.lines.clone()]);
        let plain = pair[0][0].head.sign > Sign::Asked || is_interviewer(pair[0][0].head.name);
        // in a story somebody may be quoted who asks, and is answered in a line
        let asks = asks && (plain || pair[1].iter().map(told).sum::<usize>() >= ANSWER_WORDS);
        asks.then_some((words, [pair[0][0].head.name, pair[1][0].head.name]))
    })?;
    let by_asker = turns.iter().filter(|turn| turn.head.name == asks);
    let left: usize = by_asker.map(|turn| count(&lines[turn.lines.clone()])).sum();
    (2 * left < count(lines)).then(|| Asker { asked: question(&asked), speakers: [asks, answers] })
}

/// What is said in turns that follow one another.
fn words(lines: &[&str], turns: &[Turn]) -> String {
    let said = turns.iter().flat_map(|turn| {
        let below = lines[turn.lines.start + 1..turn.lines.end].iter().copied();
        std::iter::once(turn.head.said).chain(below.filter(|line| !stamp::tells_nothing(line.trim(), "")))
    });
    let words: Vec<&str> = said.flat_map(str::split_whitespace).collect();
    words.join(" ")
}

/// A turn that asks; of a long one, in which a draft may stand, the sentence that does.
fn question(words: &str) -> String {
    let asks = |range: &Range<usize>| asks_to_tell(&words[range.clone()]);
    let long = words.split(' ').count() > LONG;
    let asking = if long { split::sentences(words, &[]).into_iter().find(asks) } else { None };
    asking.map_or(words, |range| words[range].trim()).to_owned()
}

#[cfg(test)]
#[path = "talk_tests.rs"]
mod tests;
