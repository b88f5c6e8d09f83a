//! Two versions of an answer, and what became of it. Pure: the same reports and the same likeness give the same delta.
//!
//! May import: `evidence` (its labels), `report`, `text`.

mod align;
mod noise;
mod points;
mod words;

use crate::evidence::{Role, Tag, Voice};
use crate::report::{Finding, Report, Verdict};
use crate::text::Answer;

pub use align::{Change, Kind};
pub use noise::{Noise, NoiseError};
pub use points::{Part, in_whole};
pub use words::{Piece, pieces};

/// One version of an answer, and what is said of it.
#[derive(Clone, Copy)]
pub struct Side<'a> {
    /// The answer.
    pub answer: &'a Answer,
    /// What candor says of it; one entry of its `sentences` a sentence of the answer.
    pub report: &'a Report,
}

/// Where a rewrite went.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Direction {
    /// Up, by more than noise.
    Better,
    /// Down, by more than noise.
    Worse,
    /// Changes that keep the meaning move an answer as far.
    WithinNoise,
}

/// How often a label is heard in the old version and in the new one.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Count<L> {
    /// The label.
    pub label: L,
    /// Sentences of the old version.
    pub old: usize,
    /// Sentences of the new one.
    pub new: usize,
}

/// Whose the deeds of one version are.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Deeds {
    /// Told as "I".
    pub i: usize,
    /// Told as "we".
    pub we: usize,
}

impl Deeds {
    /// Those of a report.
    #[must_use]
    pub fn of(report: &Report) -> Deeds {
        Deeds { i: report.deeds(Voice::I), we: report.deeds(Voice::We) }
    }

    /// Percent of them told as "I"; none where there are no deeds told as either.
    #[must_use]
    pub fn share(self) -> Option<usize> {
        let all = self.i + self.we;
        (all > 0).then(|| (100 * self.i + all / 2) / all)
    }
}

/// What became of the findings.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Findings<'a> {
    /// Of the old version, and no longer found.
    pub fixed: Vec<&'a Finding>,
    /// Of the new version, and not found before.
    pub new: Vec<&'a Finding>,
    /// Of both: as it was, and as it is.
    pub left: Vec<(&'a Finding, &'a Finding)>,
    /// Of the old version, and in the new one found too, but left out because its comments ask for that: not mended.
    pub silenced: Vec<&'a Finding>,
}

/// Level, score and what they come from.
#[derive(Clone, Debug, PartialEq)]
pub struct Gain<'a> {
    /// Where it went.
    pub direction: Direction,
    /// Levels up, or down.
    pub level: i16,
    /// Points up, or down: the difference of the two scores as they are shown.
    pub score: i16,
    /// What the points come from, a part a criterion; the parts as shown add up to `score`.
    pub parts: Vec<Part<'a>>,
}

/// What became of an answer.
#[derive(Clone, Debug, PartialEq)]
pub struct Delta<'a> {
    /// None where candor gives one of the two no score.
    pub gain: Option<Gain<'a>>,
    /// Whether the old version has a score and the new one is refused.
    pub refused: bool,
    /// What became of the findings.
    pub findings: Findings<'a>,
    /// Sentences a role, every role.
    pub roles: Vec<Count<Role>>,
    /// Sentences a tag, every tag.
    pub tags: Vec<Count<Tag>>,
    /// Whose the deeds were.
    pub old_deeds: Deeds,
    /// Whose they are.
    pub new_deeds: Deeds,
    /// Every sentence of both, in the order of the new version, what was taken away where it stood.
    pub sentences: Vec<Change>,
}

impl Delta<'_> {
    /// Whether the new version is worse than the old one: lower by more than noise, or no longer an answer.
    #[must_use]
    pub fn is_worse(&self) -> bool {
        self.refused || self.gain.as_ref().is_some_and(|g| g.direction == Direction::Worse)
    }
}

/// What became of an answer between two versions, both judged by one guide.
///
/// `embed` gives a unit vector a text; it is asked once, for the sentences that stand in one version only.
///
/// # Errors
/// What `embed` says.
pub fn compare<'a, E>(
    old: Side<'a>,
    new: Side<'a>,
    noise: &Noise,
    embed: impl FnOnce(&[&str]) -> Result<Vec<Vec<f32>>, E>,
) -> Result<Delta<'a>, E> {
    let texts = |side: Side<'a>| side.answer.sentences.iter().map(|s| s.text.as_str()).collect::<Vec<_>>();
    let mut sentences = align::align(&texts(old), &texts(new), embed)?;
    for change in &mut sentences {
        let tags = |side: Side<'_>, i: Option<usize>| -> Vec<Tag> {
            let heard = i.and_then(|i| side.report.sentences.get(i));
            heard.map(|s| s.tags.iter().map(|t| t.0).collect()).unwrap_or_default()
        };
        let (before, after) = (tags(old, change.old), tags(new, change.new));
        change.gained = after.iter().filter(|t| !before.contains(t)).copied().collect();
        change.lost = before.iter().filter(|t| !after.contains(t)).copied().collect();
    }
    let gain = match (&old.report.verdict, &new.report.verdict) {
        (Some(before), Some(after)) => Some(gain(before, after, noise)),
        _ => None,
    };
    let heard = |side: Side<'_>, role: Role| side.report.sentences.iter().filter(|s| s.role == role).count();
    let tagged = |side: Side<'_>, tag: Tag| {
        side.report.sentences.iter().filter(|s| s.tags.iter().any(|t| t.0 == tag)).count()
    };
    Ok(Delta {
        refused: old.report.abstention.is_none() && new.report.abstention.is_some(),
        gain,
        findings: findings(old, new),
        roles: Role::ALL
            .iter()
            .map(|&label| Count { label, old: heard(old, label), new: heard(new, label) })
            .collect(),
        tags: Tag::ALL
            .iter()
            .map(|&label| Count { label, old: tagged(old, label), new: tagged(new, label) })
            .collect(),
        old_deeds: Deeds::of(old.report),
        new_deeds: Deeds::of(new.report),
        sentences,
    })
}

fn gain<'a>(old: &'a Verdict, new: &'a Verdict, noise: &Noise) -> Gain<'a> {
    let score = i16::from(new.score) - i16::from(old.score);
    let level = i16::from(new.level) - i16::from(old.level);
    let parts = points::parts(&old.criteria, &new.criteria, score);
    Gain { direction: direction(level, score, noise), level, score, parts }
}

/// Where levels and points, up or down, lead: beyond the band the score decides; within it only a level that moved the same
/// way does.
#[must_use]
pub fn direction(level: i16, score: i16, noise: &Noise) -> Direction {
    let beyond = score.unsigned_abs() > u16::from(noise.points);
    let agreed = level != 0 && level.signum() == score.signum();
    match score.signum() {
        1 if beyond || agreed => Direction::Better,
        -1 if beyond || agreed => Direction::Worse,
        _ => Direction::WithinNoise,
    }
}

/// A mistake is found at most once in an answer, so findings are the same where their ids are.
fn findings<'a>(old: Side<'a>, new: Side<'a>) -> Findings<'a> {
    let mut all = Findings::default();
    // An answer that is refused has no findings: none of them is mended.
    if old.report.verdict.is_none() || new.report.verdict.is_none() {
        return all;
    }
    for before in &old.report.findings {
        let after = new.report.findings.iter().find(|f| f.id == before.id);
        match after {
            Some(after) => all.left.push((before, after)),
            None if new.report.suppressed.contains(&before.id) => all.silenced.push(before),
            None => all.fixed.push(before),
        }
    }
    let found = |f: &&Finding| old.report.findings.iter().any(|b| b.id == f.id);
    all.new = new.report.findings.iter().filter(|f| !found(f)).collect();
    all
}

#[cfg(test)]
mod tests;
