//! `terminal`: a comparison for a person to read: the verdict, what the points come from, what became of the findings,
//! what is heard now, and the text word by word.
//!
//! Everything is readable without colour and within the width. What comes from the answers is escaped.

use std::io::{self, Write};

use super::{Compared, Renderer, Setting, direction, quotes, text};
use crate::compare::{Count, Deeds, Direction, Gain, Side};
use crate::render::terminal::page::{BOLD, DIM, PLAIN, Page, severity_style};
use crate::render::{reason, sentence_list};
use crate::report::{Abstention, Finding};

pub(super) const RENDERER: Renderer = Renderer {
    id: "terminal",
    doc: "for reading: the verdict, what it comes from, the text word by word",
    write,
};

/// Characters of a quoted sentence; the rest of a longer one is cut.
const QUOTE: usize = 120;
/// Sentences of a finding that are quoted.
const QUOTES: usize = 2;

fn write(compared: &Compared<'_>, setting: &Setting<'_>, out: &mut dyn Write) -> io::Result<()> {
    let mut page = Page::new(out, setting.width, setting.color);
    if setting.quiet {
        return verdict(compared, setting, &mut page);
    }
    header(compared, &mut page)?;
    page.line("")?;
    verdict(compared, setting, &mut page)?;
    if let Some(gain) = &compared.delta.gain {
        parts(gain, &mut page)?;
        findings(compared, setting, &mut page)?;
        deeds(compared, &mut page)?;
        heard(compared, setting, &mut page)?;
    }
    text::all(compared, setting, &mut page)
}

fn header(compared: &Compared<'_>, page: &mut Page<'_>) -> io::Result<()> {
    let (old, new) = (compared.old.answer, compared.new.answer);
    page.para("Old: ", &old.name, BOLD)?;
    page.para("New: ", &new.name, BOLD)?;
    match (&old.question, &new.question) {
        (None, None) => Ok(()),
        (Some(a), Some(b)) if a == b => page.para("Question: ", a, PLAIN),
        (a, b) => {
            page.para("Question, old: ", a.as_deref().unwrap_or("none"), PLAIN)?;
            page.para("Question, new: ", b.as_deref().unwrap_or("none"), PLAIN)
        }
    }
}

fn verdict(compared: &Compared<'_>, setting: &Setting<'_>, page: &mut Page<'_>) -> io::Result<()> {
    let Some(gain) = &compared.delta.gain else { return no_verdict(compared, page) };
    let (old, new) = (&compared.old.report.verdict, &compared.new.report.verdict);
    if let (Some(old), Some(new)) = (old, new) {
        let level = match gain.level {
            0 => format!("level {} of 5 as before", new.level),
            _ => format!("level {} to {} of 5", old.level, new.level),
        };
        let score = match gain.score {
            0 => format!("score {} as before", new.score),
            n => format!("score {} to {}, {} point{}", old.score, new.score, signed(n), plural(n)),
        };
        let lead = format!("{}: ", direction(gain.direction).1);
        page.para(&lead, &format!("{level}, {score}."), BOLD)?;
    }
    let mut text = format!(
        "Within ±{} points nothing is certain: when only the wording changes, 9 of 10 answers move no further.",
        compared.noise.points
    );
    let beyond = gain.score.unsigned_abs() > u16::from(compared.noise.points);
    match gain.direction {
        Direction::WithinNoise if gain.level != 0 => {
            text.push_str(" The level moved, and the score not with it.");
        }
        Direction::WithinNoise => {}
        _ if !beyond => text.push_str(" Here the level moved the same way."),
        _ => {}
    }
    if setting.guide.id != compared.noise.guide {
        text.push_str(&format!(" That was measured with the guide {}.", compared.noise.guide));
    }
    page.para("", &text, PLAIN)
}

/// Why there is no verdict, by version.
fn no_verdict(compared: &Compared<'_>, page: &mut Page<'_>) -> io::Result<()> {
    let refused = |side: Side<'_>| side.report.abstention;
    let text = match (refused(compared.old), refused(compared.new)) {
        (Some(old), Some(new)) if old == new => format!("neither version has a score: {}.", words(old)),
        (Some(old), Some(new)) => {
            format!("neither version has a score. The old one: {}. The new one: {}.", words(old), words(new))
        }
        (Some(why), None) => format!("the old version has no score: {}.", words(why)),
        (None, Some(why)) => format!("the new version has no score: {}.", words(why)),
        (None, None) => "there is no score.".to_owned(),
    };
    page.para("No verdict: ", &text, BOLD)?;
    for (name, side) in [("old", compared.old), ("new", compared.new)] {
        if let Some(v) = &side.report.verdict {
            page.para("", &format!("The {name} version is of level {}, score {}.", v.level, v.score), PLAIN)?;
        }
    }
    Ok(())
}

fn words(why: Abstention) -> &'static str {
    reason(why).1
}

/// The criteria that moved the score, the largest part first.
fn parts(gain: &Gain<'_>, page: &mut Page<'_>) -> io::Result<()> {
    let mut moved: Vec<_> = gain.parts.iter().filter(|p| p.shown != 0).collect();
    if moved.is_empty() {
        return Ok(());
    }
    moved.sort_by_key(|p| std::cmp::Reverse(p.shown.abs()));
    page.heading("What the points come from")?;
    for part in moved {
        page.para(&format!("{:>5}  ", signed(part.shown)), part.title, PLAIN)?;
    }
    let sum = "in all (the parts rounded by largest remainders, so that they add up)";
    page.para(&format!("{:>5}  ", signed(gain.score)), sum, DIM)
}

fn findings(compared: &Compared<'_>, setting: &Setting<'_>, page: &mut Page<'_>) -> io::Result<()> {
    let all = &compared.delta.findings;
    let groups = [
        ("fixed ", &all.fixed, compared.old),
        ("new   ", &all.new, compared.new),
        ("hidden", &all.silenced, compared.old),
    ];
    let left = all.left.iter().filter(|f| setting.shows(f.1));
    let any = groups.iter().any(|g| g.1.iter().any(|f| setting.shows(f))) || left.clone().next().is_some();
    if !any {
        return Ok(());
    }
    page.heading("Findings")?;
    for (lead, group, side) in groups {
        for finding in group.iter().filter(|f| setting.shows(f)) {
            self::finding(lead, finding, side, setting, page)?;
        }
    }
    for (before, now) in left {
        finding("left  ", now, compared.new, setting, page)?;
        if before.sentences.len() != now.sentences.len() {
            let text = format!("in {} before, in {} now", count(before), count(now));
            page.para("        ", &text, DIM)?;
        }
    }
    if !all.silenced.is_empty() {
        let text = "hidden: the new version's own comments leave it out, which mends nothing.";
        page.para("", text, DIM)?;
    }
    Ok(())
}

fn count(finding: &Finding) -> String {
    match finding.sentences.len() {
        0 => "the whole answer".to_owned(),
        1 => "1 sentence".to_owned(),
        n => format!("{n} sentences"),
    }
}

/// A finding with the words that show it, or what it says where no words do.
fn finding(
    lead: &str,
    finding: &Finding,
    side: Side<'_>,
    setting: &Setting<'_>,
    page: &mut Page<'_>,
) -> io::Result<()> {
    let mistake = setting.guide.find_mistake(&finding.id);
    let title = mistake.map_or(finding.id.as_str(), |m| m.title.as_str());
    page.para(&format!("{lead}  "), &format!("{title} [{}]", finding.id), severity_style(finding.severity))?;
    let quotes = quotes(finding, side);
    if quotes.is_empty() {
        return page.para("        ", &finding.message, PLAIN);
    }
    for quote in quotes.iter().take(QUOTES) {
        page.para("        ", &format!("\"{}\"", text::cut(quote, QUOTE)), PLAIN)?;
    }
    if quotes.len() > QUOTES {
        page.para("        ", &sentence_list(&finding.sentences), DIM)?;
    }
    Ok(())
}

fn deeds(compared: &Compared<'_>, page: &mut Page<'_>) -> io::Result<()> {
    page.heading("Who acts")?;
    let said = |d: Deeds| match d.share() {
        Some(share) => format!("{} of {} ({share}%)", d.i, d.i + d.we),
        None => "none of none".to_owned(),
    };
    let (old, new) = (compared.delta.old_deeds, compared.delta.new_deeds);
    let text = format!(
        "Deeds told as \"I\", of those told as \"I\" or \"we\": {} before, {} now.",
        said(old),
        said(new)
    );
    page.para("", &text, PLAIN)?;
    let answered =
        |side: Side<'_>| side.report.question.as_ref().filter(|q| q.form.is_some()).map(|q| q.answered);
    match (answered(compared.old), answered(compared.new)) {
        (Some(false), Some(true)) => page.para("", "The question is answered now.", PLAIN),
        (Some(true), Some(false)) => page.para("", "The question is no longer answered.", PLAIN),
        (Some(false), Some(false)) => page.para("", "The question is still not answered.", PLAIN),
        _ => Ok(()),
    }
}

/// The roles and tags that are heard more often, or less.
fn heard(compared: &Compared<'_>, setting: &Setting<'_>, page: &mut Page<'_>) -> io::Result<()> {
    let delta = compared.delta;
    let roles = delta.roles.iter().map(|c| told(text::role_title(c.label, setting), c));
    let tags = delta.tags.iter().map(|c| told(text::tag_title(c.label, setting), c));
    let all: Vec<(i64, String)> = roles.chain(tags).filter(|t| t.0 != 0).collect();
    if all.is_empty() {
        return Ok(());
    }
    page.heading("What is heard")?;
    for (lead, more) in [("more: ", true), ("less: ", false)] {
        let list: Vec<&str> = all.iter().filter(|t| (t.0 > 0) == more).map(|t| t.1.as_str()).collect();
        if !list.is_empty() {
            page.para(lead, &list.join(", "), PLAIN)?;
        }
    }
    Ok(())
}

/// By how many sentences a label grew, and that in words.
fn told<L>(title: String, count: &Count<L>) -> (i64, String) {
    (count.new as i64 - count.old as i64, format!("{title} {} to {}", count.old, count.new))
}

fn plural(number: i16) -> &'static str {
    if number.abs() == 1 { "" } else { "s" }
}

/// With its sign; none has no sign.
fn signed(number: i16) -> String {
    if number > 0 { format!("+{number}") } else { number.to_string() }
}
