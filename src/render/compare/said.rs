//! What the formats for people say of a comparison in the same words: one line each, not escaped.

use serde::Serialize;

use super::{Compared, Context, direction};
use crate::compare::{Change, Count, Deeds, Direction, Gain, Noise, Part, Side};
use crate::evidence::Tag;
use crate::guide::Guide;
use crate::render::said::{role_title, tag_title};
use crate::render::{argument, reason};
use crate::report::{Abstention, Finding, QuestionReport};

/// What a comparison comes to.
#[derive(Serialize)]
pub(super) struct Verdict {
    /// The direction, or that there is no verdict.
    pub(super) lead: &'static str,
    /// From where to where level and score went, or why there is no verdict.
    pub(super) text: String,
    /// How far an answer moves by itself, or where each version stands that has a score.
    pub(super) more: Vec<String>,
}

impl Verdict {
    pub(super) fn of(compared: &Compared<'_>, context: &Context<'_>) -> Verdict {
        let side = |side: Side<'_>| side.report.verdict.as_ref().map(|v| (v.level, v.score));
        match (&compared.delta.gain, side(compared.old), side(compared.new)) {
            (Some(gain), Some(old), Some(new)) => Verdict {
                lead: direction(gain.direction).1,
                text: went(old, new),
                more: vec![noise(gain, compared.noise, context)],
            },
            _ => Verdict { lead: "No verdict", text: no_verdict(compared), more: standing(compared) },
        }
    }
}

/// From where to where level and score went, each version's in this order.
pub(super) fn went(old: (u8, u8), new: (u8, u8)) -> String {
    let level = match (old.0, new.0) {
        (old, new) if old == new => format!("level {new} of 5 as before"),
        (old, new) => format!("level {old} to {new} of 5"),
    };
    let score = match i64::from(new.1) - i64::from(old.1) {
        0 => format!("score {} as before", new.1),
        n => format!("score {} to {}, {} point{}", old.1, new.1, signed(n), plural(n)),
    };
    format!("{level}, {score}.")
}

/// How far an answer moves by itself, and what that makes of this one.
fn noise(gain: &Gain<'_>, noise: &Noise, context: &Context<'_>) -> String {
    let beyond = gain.score.unsigned_abs() > u16::from(noise.points);
    let here = match gain.direction {
        Direction::WithinNoise if gain.level != 0 => " The level moved, and the score not with it.",
        Direction::WithinNoise => "",
        _ if !beyond => " Here the level moved the same way.",
        _ => "",
    };
    format!("{}{here}{}", certainty(noise), measured_with(noise, context))
}

/// What the noise band means.
pub(super) fn certainty(noise: &Noise) -> String {
    format!(
        "Within ±{} points nothing is certain: when only the wording changes, 9 of 10 answers move no further.",
        noise.points
    )
}

/// A sentence on what the noise band was measured with, where that is something else.
pub(super) fn measured_with(noise: &Noise, context: &Context<'_>) -> String {
    let guide = (context.guide.id != noise.guide).then(|| format!("the guide {}", noise.guide));
    let encoder = context.second.map(|_| "the encoder alone".to_owned());
    let with: Vec<String> = guide.into_iter().chain(encoder).collect();
    if with.is_empty() {
        return String::new();
    }
    format!(" That was measured with {}.", with.join(" and "))
}

/// Why there is no verdict.
fn no_verdict(compared: &Compared<'_>) -> String {
    let refused = |side: Side<'_>| side.report.abstention;
    match (refused(compared.old), refused(compared.new)) {
        (Some(old), Some(new)) if old == new => format!("neither version has a score: {}.", words(old)),
        (Some(old), Some(new)) => {
            format!("neither version has a score. The old one: {}. The new one: {}.", words(old), words(new))
        }
        (Some(why), None) => format!("the old version has no score: {}.", words(why)),
        (None, Some(why)) => format!("the new version has no score: {}.", words(why)),
        (None, None) => "there is no score.".to_owned(),
    }
}

/// Level and score of each version that has them.
fn standing(compared: &Compared<'_>) -> Vec<String> {
    let sides = [("old", compared.old), ("new", compared.new)];
    let one = |(name, side): (&str, Side<'_>)| {
        let verdict = side.report.verdict.as_ref()?;
        Some(format!("The {name} version is of level {}, score {}.", verdict.level, verdict.score))
    };
    sides.into_iter().filter_map(one).collect()
}

fn words(why: Abstention) -> &'static str {
    reason(why).1
}

/// The criteria that moved the score, the largest part first.
pub(super) fn moved<'a, 'b>(parts: &'b [Part<'a>]) -> Vec<&'b Part<'a>> {
    let mut moved: Vec<_> = parts.iter().filter(|p| p.shown != 0).collect();
    moved.sort_by_key(|p| std::cmp::Reverse(p.shown.abs()));
    moved
}

/// What the sum of the parts is.
pub(super) const SUM: &str = "in all (the parts rounded by largest remainders, so that they add up)";

/// What is said of findings that are no more.
pub(super) const FIXED: &str = "what was said of the old version.";
/// What is said of findings that the comments leave out.
pub(super) const HIDDEN: &str = "the new version's own comments leave it out, which mends nothing.";

/// In how many sentences a finding was and is, where that differs.
pub(super) fn spread(before: &Finding, now: &Finding) -> Option<String> {
    let differs = before.sentences.len() != now.sentences.len();
    differs.then(|| format!("in {} before, in {} now", count(before), count(now)))
}

fn count(finding: &Finding) -> String {
    match finding.sentences.len() {
        0 => "the whole answer".to_owned(),
        1 => "1 sentence".to_owned(),
        n => format!("{n} sentences"),
    }
}

/// Whose the deeds were, and are.
pub(super) fn deeds(old: Deeds, new: Deeds) -> String {
    let said = |d: Deeds| match d.share() {
        Some(share) => format!("{} of {} ({share}%)", d.i, d.i + d.we),
        None => "none of none".to_owned(),
    };
    format!("Deeds told as \"I\", of those told as \"I\" or \"we\": {} before, {} now.", said(old), said(new))
}

/// What to do now.
pub(super) fn next(compared: &Compared<'_>) -> Option<String> {
    let (options, file) = (compared.critique?, argument(&compared.new.answer.name));
    Some(format!("`candor critique{options} {file}` says what to mend in the new version."))
}

/// What became of the question.
pub(super) fn answered(compared: &Compared<'_>) -> Option<&'static str> {
    let answered = |side: Side<'_>| side.report.question.as_ref().and_then(QuestionReport::is_answered);
    match (answered(compared.old), answered(compared.new)) {
        (Some(false), Some(true)) => Some("What the question asks for is heard now."),
        (Some(true), Some(false)) => Some("What the question asks for is no longer heard."),
        (Some(false), Some(false)) => Some("What the question asks for is still not all heard."),
        _ => None,
    }
}

/// The roles and tags that are heard more often, and those that are heard less.
pub(super) fn heard(compared: &Compared<'_>, guide: &Guide) -> [Vec<String>; 2] {
    let delta = compared.delta;
    let roles = delta.roles.iter().map(|c| told(role_title(c.label, guide), c));
    let tags = delta.tags.iter().map(|c| told(tag_title(c.label, guide), c));
    let (mut more, mut less) = (Vec::new(), Vec::new());
    for (by, text) in roles.chain(tags) {
        match by {
            0 => {}
            1.. => more.push(text),
            _ => less.push(text),
        }
    }
    [more, less]
}

/// By how many sentences a label grew, and that in words.
fn told<L>(title: &str, count: &Count<L>) -> (i64, String) {
    (count.new as i64 - count.old as i64, format!("{title} {} to {}", count.old, count.new))
}

/// Where both versions are answers: of a sentence of one version what is heard in it, of one of both what is heard no
/// longer and what is heard now.
pub(super) fn label(change: &Change, compared: &Compared<'_>, guide: &Guide) -> String {
    let mut parts = Vec::new();
    if change.moved {
        parts.push("moved".to_owned());
    }
    if compared.delta.gain.is_none() {
        return parts.join("; ");
    }
    let role = |side: Side<'_>, i: Option<usize>| {
        i.and_then(|i| side.report.sentences.get(i)).map(|s| role_title(s.role, guide))
    };
    let (gained, lost) = (tags(&change.gained, guide), tags(&change.lost, guide));
    match (role(compared.old, change.old), role(compared.new, change.new)) {
        (Some(old), Some(new)) => {
            if old != new {
                parts.push(format!("{old} to {new}"));
            }
            let lists = [("without", lost), ("with", gained)].into_iter().filter(|l| !l.1.is_empty());
            parts.extend(lists.map(|(word, list)| format!("{word} {list}")));
        }
        (Some(role), None) => parts.push(listed(role, &lost)),
        (None, Some(role)) => parts.push(listed(role, &gained)),
        (None, None) => {}
    }
    parts.join("; ")
}

fn listed(role: &str, tags: &str) -> String {
    if tags.is_empty() { role.to_owned() } else { format!("{role}, {tags}") }
}

/// The titles of tags, with commas between them.
pub(super) fn tags<'a>(tags: impl IntoIterator<Item = &'a Tag>, guide: &Guide) -> String {
    tags.into_iter().map(|t| tag_title(*t, guide)).collect::<Vec<_>>().join(", ")
}

/// With its sign; none has no sign.
pub(super) fn signed(number: impl Into<i64>) -> String {
    let number = number.into();
    if number > 0 { format!("+{number}") } else { number.to_string() }
}

fn plural(number: i64) -> &'static str {
    if number.abs() == 1 { "" } else { "s" }
}
