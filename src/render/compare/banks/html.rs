//! `html` of two banks: one page to look at, with the verdict, all stories in a table, what moved each, and the whole.

use std::collections::{BTreeMap, BTreeSet};
use std::io::{self, Write};

use serde::Serialize;

use super::rows::{Row, from_to, rows};
use super::{Bank, Banks, Context, said};
use crate::bank::{self, Delta, Turn, Whole};
use crate::compare::Count;
use crate::evidence::{ROLES, Role};
use crate::guide::Guide;
use crate::render::bank::MOST_CARDS;
use crate::render::compare::said::{deeds, signed};
use crate::render::html::page;
use crate::render::html::parts::{AT_ONCE, Bar, Scale};
use crate::render::said::{mistake_title, tool};
use crate::render::severity_id;

/// Writes it.
pub(in crate::render::compare) fn write(
    banks: &Banks<'_>,
    context: &Context<'_>,
    out: &mut dyn Write,
) -> io::Result<()> {
    out.write_all(page::open("Two versions of a story bank").as_bytes())?;
    page::fill(("banks.html", include_str!("banks.html")), &View::of(banks, context), out)?;
    out.write_all(page::CLOSE.as_bytes())
}

/// Stories are named by their place in the new bank, from 1.
#[derive(Serialize)]
struct View<'a> {
    versions: [Version<'a>; 2],
    counts: String,
    noise: Option<String>,
    unsought: Option<String>,
    means: String,
    scale: Option<Scale>,
    /// What became of any story, and of how many.
    became: Vec<(&'static str, usize)>,
    stories: Vec<Line<'a>>,
    moved: Vec<Card<'a>>,
    most_cards: usize,
    deeds: String,
    roles: Option<String>,
    points: Vec<Part<'a>>,
    total: String,
    sum: String,
    findings: Vec<Mistake<'a>>,
    categories: Vec<Category<'a>>,
    weakest: Option<Weakest<'a>>,
    next: Option<String>,
    /// What the command after it shows.
    word_by_word: Option<(String, String)>,
    at_once: usize,
    tool: String,
}

#[derive(Serialize)]
struct Version<'a> {
    id: &'static str,
    title: &'static str,
    name: &'a str,
    size: String,
    bar: Option<Bar>,
    bad: Vec<String>,
}

/// A story in the table.
#[derive(Serialize)]
struct Line<'a> {
    number: Option<usize>,
    name: &'a str,
    before: Option<&'a str>,
    became: &'static str,
    /// Whether it gained or lost something for certain.
    turn: &'static str,
    /// Whether more is told of it.
    card: bool,
    level: Cell,
    score: Cell,
    change: Cell,
    fixed: Cell,
    found: Cell,
    old: Option<u8>,
    new: Option<u8>,
}

/// What a cell shows, if anything, and by what it is sorted.
#[derive(Default, Serialize)]
struct Cell {
    text: Option<String>,
    value: Option<i64>,
}

/// What moved a story.
#[derive(Serialize)]
struct Card<'a> {
    number: usize,
    called: String,
    turned: String,
    found_again: Option<String>,
    points: String,
    findings: Vec<(&'static str, Vec<(&'a str, &'a str)>)>,
    told: Vec<(&'static str, Vec<&'a str>)>,
}

/// What a criterion gave or took; places in percent of the width of a bar.
#[derive(Serialize)]
struct Part<'a> {
    title: &'a str,
    points: String,
    x: String,
    width: String,
    zero: String,
}

#[derive(Serialize)]
struct Mistake<'a> {
    id: &'a str,
    title: &'a str,
    severity: Option<&'static str>,
    fixed: usize,
    found: usize,
    left: usize,
    hidden: String,
}

#[derive(Serialize)]
struct Category<'a> {
    title: &'a str,
    covered: bool,
    stories: String,
}

#[derive(Serialize)]
struct Weakest<'a> {
    text: String,
    help: &'a str,
}

impl<'a> View<'a> {
    fn of(banks: &Banks<'a>, context: &Context<'a>) -> View<'a> {
        let (delta, guide) = (banks.delta, context.guide);
        let rows = rows(delta);
        let moved = said::moved(delta, context);
        let cards: BTreeSet<usize> = moved.iter().map(|pair| pair.place).collect();
        let means = delta.old.mean_score.zip(delta.new.mean_score);
        let categories = delta.old.categories.iter().zip(&delta.new.categories);
        let category = |(old, new): (&bank::Covered, &'a bank::Covered)| Category {
            title: &new.title,
            covered: !new.stories.is_empty(),
            stories: said::covered(old, new),
        };
        View {
            versions: [
                version(["old", "Old"], &banks.old, &delta.old, bar(delta, guide, |count| count.old)),
                version(["new", "New"], &banks.new, &delta.new, bar(delta, guide, |count| count.new)),
            ],
            counts: said::counts(delta),
            noise: said::noise(banks, context),
            unsought: said::unsought(delta),
            means: said::scores(delta),
            scale: means.map(|(old, new)| Scale::of_means("The mean scores", old, new)),
            became: became(&rows),
            stories: rows.iter().map(|row| line(row, &cards, context)).collect(),
            moved: moved.into_iter().map(|pair| card(pair, context)).collect(),
            most_cards: MOST_CARDS,
            deeds: deeds(delta.old.deeds, delta.new.deeds),
            roles: said::roles(delta, guide),
            points: points(delta),
            total: signed(delta.score),
            sum: said::sum(delta),
            findings: findings(delta, context),
            categories: categories.map(category).collect(),
            weakest: delta
                .new
                .weakest
                .as_ref()
                .map(|link| Weakest { text: said::weakest(delta, link), help: &link.help }),
            next: said::next(banks),
            word_by_word: said::word_by_word(banks),
            at_once: AT_ONCE,
            tool: tool(context),
        }
    }
}

fn version<'a>(
    [id, title]: [&'static str; 2],
    bank: &Bank<'a>,
    whole: &Whole,
    bar: Option<Bar>,
) -> Version<'a> {
    Version {
        id,
        title,
        name: bank.name,
        size: said::size(whole),
        bar,
        bad: bank.errors.iter().map(bank::RecordError::whole).collect(),
    }
}

/// How the sentences of one of the banks are spent.
fn bar(delta: &Delta<'_>, guide: &Guide, of: fn(&Count<Role>) -> usize) -> Option<Bar> {
    let mut roles = [0; ROLES];
    delta.roles.iter().for_each(|count| roles[count.label.index()] = of(count));
    Bar::of(&roles, guide)
}

/// In the order in which the counts of the verdict name them.
fn became(rows: &[Row<'_>]) -> Vec<(&'static str, usize)> {
    let mut counts = BTreeMap::new();
    for row in rows {
        *counts.entry(row.became()).or_insert(0) += 1;
    }
    counts.into_iter().map(|((_, became), n)| (became, n)).collect()
}

fn line<'a>(row: &Row<'a>, cards: &BTreeSet<usize>, context: &Context<'_>) -> Line<'a> {
    let number = |n: usize| Cell { text: Some(n.to_string()), value: i64::try_from(n).ok() };
    let of = |both: [Option<u8>; 2]| Cell {
        text: (both != [None; 2]).then(|| from_to(both, "–")),
        value: both[1].map(i64::from),
    };
    let change = |score: i16| Cell { text: Some(signed(score)), value: Some(score.into()) };
    let turn = match row {
        Row::Pair(p) if matches!(p.turn, Turn::Better | Turn::ToldNow) => "gain",
        Row::Pair(p) if p.turn.is_worse() => "loss",
        _ => "",
    };
    let [old, new] = row.scores();
    let [fixed, found] = row.findings(context).map_or_else(Default::default, |n| n.map(number));
    Line {
        number: row.place().map(|place| place + 1),
        name: row.label(),
        before: row.before(),
        became: row.became().1,
        turn,
        card: row.place().is_some_and(|place| cards.contains(&place)),
        level: of(row.levels()),
        score: of(row.scores()),
        change: row.gain().map(|gain| change(gain.score)).unwrap_or_default(),
        fixed,
        found,
        old: old.filter(|_| !matches!(row, Row::Added(_))),
        new: new.filter(|_| !matches!(row, Row::Gone(_))),
    }
}

fn card<'a>(pair: &bank::Pair<'a>, context: &Context<'a>) -> Card<'a> {
    let guide = context.guide;
    let named = |ids: Vec<&'a str>| ids.into_iter().map(|id| (mistake_title(id, guide), id)).collect();
    let findings = said::findings(pair, context);
    Card {
        number: pair.place + 1,
        called: said::called(pair),
        turned: said::turned(pair),
        found_again: said::found_again(pair),
        points: said::points(pair, guide),
        findings: findings.into_iter().map(|(lead, ids)| (lead, named(ids))).collect(),
        told: said::told(pair, guide),
    }
}

/// The bars of all criteria have one scale, and nothing where nothing was lost takes no room.
fn points<'a>(delta: &Delta<'a>) -> Vec<Part<'a>> {
    let moved = said::criteria(delta);
    let least = moved.iter().map(|p| p.points).min().unwrap_or(0).min(0);
    let most = moved.iter().map(|p| p.points).max().unwrap_or(0).max(0);
    let share = |points: i64| format!("{:.2}", 100.0 * points as f64 / (most - least).max(1) as f64);
    let part = |p: &bank::Moved<'a>| Part {
        title: p.title,
        points: signed(p.points),
        x: share(p.points.min(0) - least),
        width: share(p.points.abs()),
        zero: share(-least),
    };
    moved.into_iter().map(part).collect()
}

fn findings<'a>(delta: &'a Delta<'_>, context: &Context<'a>) -> Vec<Mistake<'a>> {
    let mistake = |f: &bank::Became<'a>| Mistake {
        id: f.id,
        title: mistake_title(f.id, context.guide),
        severity: context.guide.find_mistake(f.id).map(|m| severity_id(m.severity)),
        fixed: f.fixed,
        found: f.found,
        left: f.left,
        hidden: said::hidden(f),
    };
    super::findings(delta, context).into_iter().map(mistake).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn moved(points: &[i64]) -> Vec<(String, String, String)> {
        let guide = crate::guide::Guide::ownership().unwrap();
        let noise = crate::compare::Noise { points: 4, level_changes: 0.0, guide: String::new() };
        let unread = BTreeSet::new();
        let none = bank::Side { stories: &[], unread: &unread };
        let mut delta = bank::delta(none, none, &guide, &noise);
        for (part, points) in delta.parts.iter_mut().zip(points) {
            part.points = *points;
        }
        super::points(&delta).into_iter().map(|p| (p.points, p.x, p.width)).collect()
    }

    #[test]
    fn what_was_lost_stands_left_of_what_was_won() {
        let bar = |points: &str, x: &str, width: &str| (points.to_owned(), x.to_owned(), width.to_owned());
        assert_eq!(moved(&[3, 0, -1]), [bar("+3", "25.00", "75.00"), bar("-1", "0.00", "25.00")]);
        assert_eq!(moved(&[2]), [bar("+2", "0.00", "100.00")]);
        assert_eq!(moved(&[-2]), [bar("-2", "0.00", "100.00")]);
        assert!(moved(&[0, 0]).is_empty());
    }
}
