//! What the formats for people say of two banks in the same words: one line each, not escaped.

use std::cmp::Reverse;

use super::rows::rows;
use super::{Bank, Banks, Context, shown, turn};
use crate::bank::{Alone, Became, By, Covered, Delta, Kept, Link, Moved, Named, Pair, Standing, Turn, Whole};
use crate::guide::Guide;
use crate::render::bank::said::{can_be_asked, count, mend_in, numbered};
use crate::render::compare::said::{certainty, measured_with, signed, went};
use crate::render::said::{argument, quoted, role_title};
use crate::render::{percent, reason};

/// Criteria that are named for a story; the others are summed up.
const MOST_PARTS: usize = 3;

/// A bank and what it comes to.
pub(super) fn head(name: &str, whole: &Whole) -> String {
    format!("{name} ({})", size(whole))
}

/// How many stories a bank has, and what they score.
pub(super) fn size(whole: &Whole) -> String {
    let stories = count(whole.stories, "story", "stories");
    let told =
        if whole.told < whole.stories { format!(", {} with a score", whole.told) } else { String::new() };
    let mean = whole.mean_score.map(|m| format!(", mean score {m:.0} of 100")).unwrap_or_default();
    format!("{stories}{told}{mean}")
}

/// What the noise band means, where any story is judged by it.
pub(super) fn noise(banks: &Banks<'_>, context: &Context<'_>) -> Option<String> {
    (banks.delta.scored > 0).then(|| certainty(banks.noise) + &measured_with(banks.noise, context))
}

/// How many stories turned out how.
pub(super) fn counts(delta: &Delta<'_>) -> String {
    let mut said = Vec::new();
    for of in Turn::ALL {
        let n = delta.count(of);
        let same = delta.pairs.iter().filter(|p| p.turn == of && p.same).count();
        let same = match of {
            Turn::WithinNoise | Turn::Untold if same > 0 && same == n => " (unchanged)".to_owned(),
            Turn::WithinNoise | Turn::Untold if same > 0 => format!(" ({same} of them unchanged)"),
            _ => String::new(),
        };
        if n > 0 || matches!(of, Turn::Better | Turn::Worse | Turn::WithinNoise) {
            said.push(format!("{n} {}{same}", turn(of).1));
        }
    }
    let read = |all: &[Alone<'_>]| all.iter().filter(|a| !a.unread).count();
    let (gone, added) = (read(&delta.gone), read(&delta.added));
    for (n, words) in [
        (gone, "taken out"),
        (added, "new"),
        (delta.gone.len() - gone, "not read now"),
        (delta.added.len() - added, "not read before"),
    ] {
        if n > 0 {
            said.push(format!("{n} {words}"));
        }
    }
    format!("{}.", said.join(", "))
}

/// How many stories were not looked for.
pub(super) fn unsought(delta: &Delta<'_>) -> Option<String> {
    let text = format!(
        "{} stories without their name in the other bank were too many to be looked for by their words.",
        delta.unsought
    );
    (delta.unsought > 0).then_some(text)
}

/// The stories of which more is to be told than that they are within noise.
pub(super) fn moved<'a>(delta: &'a Delta<'a>, context: &Context<'_>) -> Vec<&'a Pair<'a>> {
    let moved = |p: &&Pair<'_>| {
        let judged = !matches!(p.turn, Turn::WithinNoise | Turn::Untold);
        judged || !findings(p, context).is_empty()
    };
    delta.pairs.iter().filter(moved).collect()
}

/// A story's name, and before it the one that it had, where that is another.
pub(super) fn called(pair: &Pair<'_>) -> String {
    if pair.old.label == pair.new.label {
        pair.new.label.clone()
    } else {
        format!("{} -> {}", pair.old.label, pair.new.label)
    }
}

/// What became of a story.
pub(super) fn turned(pair: &Pair<'_>) -> String {
    let of = |s: Standing| format!("level {} of 5, score {}", s.level, s.score);
    match (pair.old.standing, pair.new.standing) {
        (Ok(old), Ok(new)) => {
            let word = turn(pair.turn).1;
            let went = went((old.level, old.score), (new.level, new.score));
            format!("{}{}: {went}", word[..1].to_uppercase(), &word[1..])
        }
        (Ok(old), Err(why)) => format!("No score now: {}. It was of {}.", reason(why).1, of(old)),
        (Err(why), Ok(new)) => format!("Told now: {}. Before it had no score: {}.", of(new), reason(why).1),
        (Err(_), Err(why)) => format!("No score: {}.", reason(why).1),
    }
}

/// How a story was found again, where that is not plain.
pub(super) fn found_again(pair: &Pair<'_>) -> Option<String> {
    match pair.by {
        By::Likeness => Some(format!("Found again by its words (likeness {:.2}).", pair.likeness)),
        By::Name if pair.is_doubtful() => Some(format!(
            "It shares few rare words with what was there before (likeness {:.2}): another story of that name?",
            pair.likeness
        )),
        _ => None,
    }
}

/// The largest parts of what a story gained or lost, and the rest in one; empty where there are none.
pub(super) fn points(pair: &Pair<'_>, guide: &Guide) -> String {
    let parts = pair.gain.iter().flat_map(|gain| &gain.parts).zip(&guide.criterion);
    let mut moved: Vec<(i16, &str)> = parts.map(|(part, c)| (*part, c.title.as_str())).collect();
    moved.retain(|part| part.0 != 0);
    moved.sort_by_key(|part| Reverse(part.0.abs()));
    let (first, rest) = moved.split_at(moved.len().min(MOST_PARTS));
    let mut said: Vec<String> =
        first.iter().map(|(points, title)| format!("{} {title}", signed(*points))).collect();
    if !rest.is_empty() {
        let points: i16 = rest.iter().map(|part| part.0).sum();
        said.push(format!("{} in {}", signed(points), count(rest.len(), "other", "others")));
    }
    said.join(", ")
}

/// The findings that became another thing, each list that is not empty with what they became.
pub(super) fn findings<'a>(pair: &Pair<'a>, context: &Context<'_>) -> Vec<(&'static str, Vec<&'a str>)> {
    let Some(gain) = &pair.gain else { return Vec::new() };
    let lists = [("Fixed", &gain.fixed), ("New", &gain.found), ("Hidden by its comments", &gain.hidden)];
    let lists = lists.map(|(lead, ids)| (lead, shown(ids, context)));
    lists.into_iter().filter(|(_, ids)| !ids.is_empty()).collect()
}

/// The notes and questions that are told now, and those that no longer are, each list that is not empty.
pub(super) fn told<'g>(pair: &Pair<'_>, guide: &'g Guide) -> Vec<(&'static str, Vec<&'g str>)> {
    let lists = ["Told now", "No longer told"].into_iter().zip(notes(pair, guide));
    lists.filter(|(_, titles)| !titles.is_empty()).collect()
}

/// The notes, and the questions of the pressure test, that the new version tells and the old one didn't, and those the other
/// way round; none where a version has no score.
pub(super) fn notes<'g>(pair: &Pair<'_>, guide: &'g Guide) -> [Vec<&'g str>; 2] {
    let [mut told, mut untold] = [Vec::new(), Vec::new()];
    if pair.gain.is_some() {
        let probes = guide.note.iter().chain(&guide.pressure);
        let old = pair.old.notes.iter().chain(&pair.old.pressure);
        let new = pair.new.notes.iter().chain(&pair.new.pressure);
        for (probe, states) in probes.zip(old.zip(new)) {
            match states {
                (false, true) => told.push(probe.title.as_str()),
                (true, false) => untold.push(probe.title.as_str()),
                _ => {}
            }
        }
    }
    [told, untold]
}

/// The means.
pub(super) fn scores(delta: &Delta<'_>) -> String {
    let mean = |whole: &Whole| whole.mean_score.map_or("none".to_owned(), |m| format!("{m:.1}"));
    let mut text = format!("Mean score: {} before, {} now", mean(&delta.old), mean(&delta.new));
    if let Some((old, new)) = delta.means.filter(|_| [delta.old.told, delta.new.told] != [delta.scored; 2]) {
        let of = match delta.scored {
            1 => "the one story that has".to_owned(),
            n => format!("the {n} stories that have"),
        };
        text.push_str(&format!("; of {of} a score in both, {old:.1} before and {new:.1} now"));
    }
    text + "."
}

/// Each role's share of the sentences, where that is another one.
pub(super) fn roles(delta: &Delta<'_>, guide: &Guide) -> Option<String> {
    let (old, new) = delta.roles.iter().fold((0, 0), |(old, new), c| (old + c.old, new + c.new));
    if old == 0 || new == 0 {
        return None;
    }
    let moved = delta.roles.iter().filter_map(|c| {
        let (before, now) = (percent(c.old, old), percent(c.new, new));
        (before != now).then(|| format!("{} {before}% to {now}%", role_title(c.label, guide)))
    });
    let moved: Vec<String> = moved.collect();
    Some(match moved.as_slice() {
        [] => "Each role has its share of the sentences as before.".to_owned(),
        moved => format!("Shares of the sentences: {}.", moved.join(", ")),
    })
}

/// The criteria that gave or took points, the largest part first.
pub(super) fn criteria<'a, 'd>(delta: &'d Delta<'a>) -> Vec<&'d Moved<'a>> {
    let mut moved: Vec<_> = delta.parts.iter().filter(|p| p.points != 0).collect();
    moved.sort_by_key(|p| Reverse(p.points.abs()));
    moved
}

/// In how many stories a mistake is there still and left out by comments, as what follows its title.
pub(super) fn hidden(became: &Became<'_>) -> String {
    match became.hidden {
        0 => String::new(),
        n => format!(", and {n} that comments leave out now"),
    }
}

/// What the sum of the points is.
pub(super) fn sum(delta: &Delta<'_>) -> String {
    match delta.scored {
        1 => "in all, of the one story that has a score in both".to_owned(),
        n => format!("in all, over the {n} stories that have a score in both"),
    }
}

/// How many stories a category had and has.
pub(super) fn covered(old: &Covered, new: &Covered) -> String {
    match (old.stories.len(), new.stories.len()) {
        (0, 0) => "no story yet".to_owned(),
        (0, n) => format!("{}, none before", count(n, "story", "stories")),
        (n, 0) => format!("no story any more, {n} before"),
        (before, now) if before == now => format!("{}, as before", count(now, "story", "stories")),
        (before, now) => format!("{}, {before} before", count(now, "story", "stories")),
    }
}

/// What costs the bank most now, and whether that is another thing than before.
pub(super) fn weakest(delta: &Delta<'_>, link: &Link) -> String {
    let (old, new) = (&delta.old, &delta.new);
    let stories: Vec<usize> = link.stories.iter().map(|c| c.0).collect();
    let most = format!("most in {}", numbered(&stories));
    let now = cost(new, link, delta);
    match &old.weakest {
        Some(before) if before.criterion == link.criterion => format!(
            "{}, as before: it cost {} points a story and costs {now} now, {most}.",
            link.title,
            cost(old, before, delta)
        ),
        Some(before) => format!(
            "{}: it costs {now} points a story, {most}. Before it was {} ({} points a story, now {}).",
            link.title,
            before.title,
            cost(old, before, delta),
            cost(new, before, delta)
        ),
        None => format!("{}: it costs {now} points a story, {most}.", link.title),
    }
}

/// What the criterion of a link costs in a bank, in points a story.
fn cost(whole: &Whole, link: &Link, delta: &Delta<'_>) -> String {
    let place = delta.parts.iter().position(|p| p.id == link.criterion);
    let lost = place.and_then(|c| whole.lost.get(c)).copied().unwrap_or(0.0);
    format!("{:.1}", lost / whole.told.max(1) as f32)
}

/// What to do now.
pub(super) fn next(banks: &Banks<'_>) -> Option<String> {
    let delta = banks.delta;
    let worst = delta.new.weakest.as_ref()?.stories.first()?.0;
    let [_, story] = rows(delta).into_iter().find(|row| row.place() == Some(worst))?.versions();
    let asked = can_be_asked(&story.name, banks.new.names);
    Some(mend_in(&story.name, banks.critique.filter(|_| asked)))
}

/// What a story lost, or what changed in it, and the command that shows that word by word: of the one that lost most, else
/// of the one that moved most.
pub(super) fn word_by_word(banks: &Banks<'_>) -> Option<(String, String)> {
    let mut moved: Vec<&Pair<'_>> = banks.delta.pairs.iter().filter(|p| !p.same).collect();
    moved.sort_by_key(|p| (!p.turn.is_worse(), Reverse(p.gain.as_ref().map_or(0, |gain| gain.score.abs()))));
    let (pair, command) = moved.iter().find_map(|p| Some((p, command(p, banks)?)))?;
    let what = if pair.turn.is_worse() { "was lost" } else { "changed" };
    Some((format!("What {what} in {}, word by word:", pair.new.label), command))
}

/// The command that compares the versions of a story; none where they are parts of files of a revision, or it has another name
/// there, or a name reads no story.
fn command(pair: &Pair<'_>, banks: &Banks<'_>) -> Option<String> {
    let asked = |story: &Kept, bank: &Bank<'_>| can_be_asked(&story.name, bank.names);
    if !asked(pair.new, &banks.new) {
        return None;
    }
    let files = [pair.old, pair.new].iter().all(|story| story.named == Named::File);
    let (old, new, again) = (argument(&pair.old.name), argument(&pair.new.name), banks.again);
    match banks.git {
        None => asked(pair.old, &banks.old).then(|| format!("candor compare{again} {old} {new}")),
        Some(revision) if files && !pair.is_renamed() => {
            Some(format!("candor compare{again} --git {} {new}", quoted(revision)))
        }
        _ => None,
    }
}
