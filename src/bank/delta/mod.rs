//! What became of a bank between two versions. Pure: the same stories give the same delta.

mod kept;
mod pair;

use std::collections::BTreeSet;

pub use kept::Kept;
pub use pair::By;

use super::alike::SAME_EPISODE;
use super::story::Standing;
use super::summary::{Covered, Link, covered, weakest};
use crate::compare::{Count, Deeds, Direction, Noise, direction, in_whole};
use crate::evidence::Role;
use crate::guide::Guide;

/// One version of a bank.
#[derive(Clone, Copy)]
pub struct Side<'a> {
    /// In the order of its records.
    pub stories: &'a [Kept],
    /// What its records that could not be read are called within it.
    pub unread: &'a BTreeSet<String>,
}

/// What became of a story.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Turn {
    /// Up, by more than noise.
    Better,
    /// Down, by more than noise.
    Worse,
    /// Changes that keep the meaning move an answer as far.
    WithinNoise,
    /// It had a score, and now it has none.
    Refused,
    /// It had no score, and now it has one.
    ToldNow,
    /// It has a score in neither version.
    Untold,
}

impl Turn {
    /// Every one, in the order in which they are told.
    pub const ALL: [Turn; 6] =
        [Turn::Better, Turn::Worse, Turn::WithinNoise, Turn::Refused, Turn::ToldNow, Turn::Untold];

    /// Whether it took something away.
    #[must_use]
    pub fn is_worse(self) -> bool {
        matches!(self, Turn::Worse | Turn::Refused)
    }
}

/// A story in both versions.
#[derive(Clone, Debug, PartialEq)]
pub struct Pair<'a> {
    /// As it was.
    pub old: &'a Kept,
    /// As it is.
    pub new: &'a Kept,
    /// Its place in the new bank.
    pub place: usize,
    /// How it was found again.
    pub by: By,
    /// How alike the two texts are, 0 to 1, by rare words.
    pub likeness: f32,
    /// Whether the text is the same to the letter.
    pub same: bool,
    /// What became of it.
    pub turn: Turn,
    /// What moved; none where it has no score in one of them.
    pub gain: Option<Gain<'a>>,
}

/// What moved in a story that has a score in both versions.
#[derive(Clone, Debug, PartialEq)]
pub struct Gain<'a> {
    /// Levels up, or down.
    pub level: i16,
    /// Points up, or down.
    pub score: i16,
    /// The part of each criterion of the guide in those points; they add up.
    pub parts: Vec<i16>,
    /// Mistakes that are no longer found.
    pub fixed: Vec<&'a str>,
    /// Mistakes that were not found before.
    pub found: Vec<&'a str>,
    /// Mistakes that are found in both.
    pub left: Vec<&'a str>,
    /// Mistakes that are still there, and that its own comments leave out now.
    pub hidden: Vec<&'a str>,
}

impl Pair<'_> {
    /// Whether it was called otherwise. A record that goes by its line has no name.
    #[must_use]
    pub fn is_renamed(&self) -> bool {
        self.old.key().is_some() && self.new.key().is_some() && self.old.label != self.new.label
    }

    /// Whether the two have so little in common that they may be two stories under one name.
    #[must_use]
    pub fn is_doubtful(&self) -> bool {
        !self.same && self.likeness < SAME_EPISODE && self.gain.is_some()
    }
}

/// A story that one of the banks has alone.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Alone<'a> {
    /// It.
    pub story: &'a Kept,
    /// Its place in its bank.
    pub place: usize,
    /// Whether the other bank has a record of its name that could not be read.
    pub unread: bool,
}

/// A bank as a whole.
#[derive(Clone, Debug, PartialEq)]
pub struct Whole {
    /// Stories that were read.
    pub stories: usize,
    /// Those that have a score.
    pub told: usize,
    /// The mean of their scores, 0 to 100; none where there are none.
    pub mean_score: Option<f32>,
    /// Whose their deeds are.
    pub deeds: Deeds,
    /// The categories of the guide; stories by their place.
    pub categories: Vec<Covered>,
    /// Points that each criterion of the guide costs all of them together.
    pub lost: Vec<f32>,
    /// What costs most; stories by their place.
    pub weakest: Option<Link>,
}

/// What one criterion of the guide gave or took.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Moved<'a> {
    /// Its id.
    pub id: &'a str,
    /// Its words.
    pub title: &'a str,
    /// Points, over all pairs that have a score in both versions.
    pub points: i64,
}

/// In how many pairs a mistake was mended, made, left, or left out by comments.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Became<'a> {
    /// The mistake.
    pub id: &'a str,
    /// No longer found.
    pub fixed: usize,
    /// Not found before.
    pub found: usize,
    /// Found in both.
    pub left: usize,
    /// Still there, and left out by comments.
    pub hidden: usize,
}

/// What became of a bank.
#[derive(Clone, Debug, PartialEq)]
pub struct Delta<'a> {
    /// The stories that both have, in the order of the new bank.
    pub pairs: Vec<Pair<'a>>,
    /// Those that only the old bank has, in its order.
    pub gone: Vec<Alone<'a>>,
    /// Those that only the new bank has, in its order.
    pub added: Vec<Alone<'a>>,
    /// Stories of both that were too many to be looked for by likeness.
    pub unsought: usize,
    /// The old bank.
    pub old: Whole,
    /// The new one.
    pub new: Whole,
    /// Pairs that have a score in both versions.
    pub scored: usize,
    /// The mean scores of these, before and now.
    pub means: Option<(f32, f32)>,
    /// The points that all of these moved together.
    pub score: i64,
    /// What those come from, every criterion of the guide; the parts add up to `score`.
    pub parts: Vec<Moved<'a>>,
    /// The mistakes that are in any of the pairs, in the guide's order.
    pub findings: Vec<Became<'a>>,
    /// Sentences of each role in the two banks.
    pub roles: Vec<Count<Role>>,
}

impl Delta<'_> {
    /// How many pairs turned out so.
    #[must_use]
    pub fn count(&self, turn: Turn) -> usize {
        self.pairs.iter().filter(|p| p.turn == turn).count()
    }

    /// Whether any story that both banks have is worse, or is no longer an answer.
    #[must_use]
    pub fn is_worse(&self) -> bool {
        self.pairs.iter().any(|p| p.turn.is_worse())
    }
}

/// Compares two banks whose stories were read by this guide.
#[must_use]
pub fn delta<'a>(old: Side<'a>, new: Side<'a>, guide: &'a Guide, noise: &Noise) -> Delta<'a> {
    let (places, unsought) = pair::pair(old.stories, new.stories);
    let pairs: Vec<Pair<'a>> = places.iter().map(|p| compared(p, old, new, noise)).collect();
    let gains: Vec<&Gain<'_>> = pairs.iter().filter_map(|p| p.gain.as_ref()).collect();
    let of = |c: usize| gains.iter().filter_map(|g| g.parts.get(c)).map(|points| i64::from(*points)).sum();
    let criteria = guide.criterion.iter().enumerate();
    let parts =
        criteria.map(|(c, of_guide)| Moved { id: &of_guide.id, title: &of_guide.title, points: of(c) });
    let roles = |side: Side<'_>, role| side.stories.iter().map(|s| s.of_role(role)).sum();
    let count = |&label: &Role| Count { label, old: roles(old, label), new: roles(new, label) };
    let scored = || pairs.iter().filter(|p| p.gain.is_some());
    let [mean_old, mean_new] = [mean(scored().map(|p| p.old)), mean(scored().map(|p| p.new))];
    Delta {
        gone: alone(old.stories, places.iter().map(|p| p.old), new.unread),
        added: alone(new.stories, places.iter().map(|p| p.new), old.unread),
        unsought,
        old: whole(old.stories, guide),
        new: whole(new.stories, guide),
        scored: gains.len(),
        means: mean_old.zip(mean_new),
        score: gains.iter().map(|g| i64::from(g.score)).sum(),
        parts: parts.collect(),
        findings: guide.mistake.iter().filter_map(|m| became(&m.id, &gains)).collect(),
        roles: Role::ALL.iter().map(count).collect(),
        pairs,
    }
}

fn compared<'a>(place: &pair::Place, old: Side<'a>, new: Side<'a>, noise: &Noise) -> Pair<'a> {
    let (old, new) = (&old.stories[place.old], &new.stories[place.new]);
    // what is no answer has no findings: none of them is mended
    let (turn, gain) = match (old.standing, new.standing) {
        (Ok(before), Ok(now)) => {
            let gain = gain((old, before), (new, now));
            let turn = match direction(gain.level, gain.score, noise) {
                Direction::Better => Turn::Better,
                Direction::Worse => Turn::Worse,
                Direction::WithinNoise => Turn::WithinNoise,
            };
            (turn, Some(gain))
        }
        (Ok(_), Err(_)) => (Turn::Refused, None),
        (Err(_), Ok(_)) => (Turn::ToldNow, None),
        (Err(_), Err(_)) => (Turn::Untold, None),
    };
    Pair {
        old,
        new,
        place: place.new,
        by: place.by,
        likeness: old.words.likeness(&new.words),
        same: old.digest == new.digest,
        turn,
        gain,
    }
}

/// A mistake is found at most once in a story.
fn gain<'a>((old, before): (&'a Kept, Standing), (new, now): (&'a Kept, Standing)) -> Gain<'a> {
    let by = |before: u8, now: u8| i16::from(now) - i16::from(before);
    let score = by(before.score, now.score);
    let moves: Vec<f64> =
        old.lost.iter().zip(&new.lost).map(|(a, b)| f64::from(*a) - f64::from(*b)).collect();
    let (left, rest): (Vec<&str>, Vec<&str>) =
        old.findings.iter().map(String::as_str).partition(|id| has(&new.findings, id));
    let (hidden, fixed) = rest.into_iter().partition(|id| has(&new.hidden, id));
    Gain {
        level: by(before.level, now.level),
        score,
        parts: in_whole(&moves, score),
        fixed,
        found: new.findings.iter().map(String::as_str).filter(|id| !has(&old.findings, id)).collect(),
        left,
        hidden,
    }
}

fn has(ids: &[String], id: &str) -> bool {
    ids.iter().any(|other| other == id)
}

fn became<'a>(id: &'a str, gains: &[&Gain<'_>]) -> Option<Became<'a>> {
    let count = |list: for<'g> fn(&'g Gain<'_>) -> &'g [&'g str]| {
        gains.iter().filter(|g| list(g).contains(&id)).count()
    };
    let became = Became {
        id,
        fixed: count(|g| &g.fixed),
        found: count(|g| &g.found),
        left: count(|g| &g.left),
        hidden: count(|g| &g.hidden),
    };
    (became.fixed + became.found + became.left + became.hidden > 0).then_some(became)
}

/// The stories that are in no pair.
fn alone<'a>(
    stories: &'a [Kept],
    paired: impl Iterator<Item = usize>,
    unread: &BTreeSet<String>,
) -> Vec<Alone<'a>> {
    let paired: BTreeSet<usize> = paired.collect();
    let alone = stories.iter().enumerate().filter(|(place, _)| !paired.contains(place));
    // its own name, or that of the file in which it stood
    let names =
        |key: &str| unread.contains(key) || key.match_indices('#').any(|(at, _)| unread.contains(&key[..at]));
    let unread = |story: &Kept| story.key().is_some_and(names);
    alone.map(|(place, story)| Alone { story, place, unread: unread(story) }).collect()
}

fn whole(stories: &[Kept], guide: &Guide) -> Whole {
    let lost: Vec<&[f32]> = stories.iter().map(|s| s.lost.as_slice()).collect();
    let categories: Vec<&[String]> = stories.iter().map(|s| s.categories.as_slice()).collect();
    let of = |c: usize| lost.iter().filter_map(|l| l.get(c)).sum();
    let deeds = |count: fn(&Deeds) -> usize| stories.iter().map(|s| count(&s.deeds)).sum();
    Whole {
        stories: stories.len(),
        told: stories.iter().filter(|s| s.standing.is_ok()).count(),
        mean_score: mean(stories.iter()),
        deeds: Deeds { i: deeds(|d| d.i), we: deeds(|d| d.we) },
        categories: covered(&categories, guide),
        lost: (0..guide.criterion.len()).map(of).collect(),
        weakest: weakest(&lost, guide),
    }
}

/// The mean score of those that have one.
fn mean<'a>(stories: impl Iterator<Item = &'a Kept>) -> Option<f32> {
    let (mut sum, mut count) = (0_u64, 0_u64);
    let scores = stories.filter_map(|s| s.standing.ok()).map(|s| u64::from(s.score));
    scores.for_each(|score| (sum, count) = (sum + score, count + 1));
    (count > 0).then(|| (sum as f64 / count as f64) as f32)
}

#[cfg(test)]
mod tests;
