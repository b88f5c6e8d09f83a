//! `terminal`: a bank for a person to read: each story in a few lines, all of them in a table, and at the end what they
//! come to and what to do.
//!
//! Everything is readable without colour and within the width. What comes from the stories is escaped.

use std::io::{self, Write};

use super::{Bank, Format, How};
use crate::bank::{Point, RecordError, Served, Serves, Story, Weak};
use crate::render::terminal::page::{BOLD, DIM, PLAIN, Page};
use crate::render::{Context, escape, reason};

pub(super) const FORMAT: Format = Format {
    id: "terminal",
    doc: "for reading: each story in short, what the bank covers, what to mend first",
    how: How::Whole(whole),
};

/// Banks of more stories are shown by the table alone.
const MOST_CARDS: usize = 12;
/// Entries of a list that are shown; the rest is counted.
const MOST_LISTED: usize = 20;
/// Mistakes that are named for a story.
const MEND_FIRST: usize = 3;

fn whole(bank: &Bank<'_>, context: &Context<'_>, out: &mut dyn Write) -> io::Result<()> {
    let mut page = Page::new(out, context.width, context.color);
    if !context.quiet {
        head(bank, context, &mut page)?;
        if bank.stories.len() <= MOST_CARDS {
            for (i, story) in bank.stories.iter().enumerate() {
                card(i, story, context, &mut page)?;
            }
        }
        table(bank, &mut page)?;
    }
    errors(bank.errors, &mut page)?;
    if bank.stories.is_empty() {
        return Ok(());
    }
    covers(bank, &mut page)?;
    episodes(bank, &mut page)?;
    weak(bank, &mut page)?;
    questions(bank, context, &mut page)?;
    weakest(bank, &mut page)?;
    next(bank, &mut page)
}

fn head(bank: &Bank<'_>, context: &Context<'_>, page: &mut Page<'_>) -> io::Result<()> {
    let told = bank.summary.told;
    let stories = count(bank.stories.len(), "story", "stories");
    let score = bank.summary.mean_score.map(|m| format!(", mean score {m:.0} of 100")).unwrap_or_default();
    let rest = if told < bank.stories.len() { format!(", {told} of them told") } else { String::new() };
    let stopped = if bank.complete { "" } else { "; stopped before the end" };
    page.para("Story bank: ", &format!("{stories}{rest}{score}{stopped}"), BOLD)?;
    page.para("Guide:      ", &context.guide.title, PLAIN)
}

fn count(n: usize, one: &str, many: &str) -> String {
    format!("{n} {}", if n == 1 { one } else { many })
}

/// A story in a few lines, each no longer than the page is wide.
fn card(i: usize, story: &Story, context: &Context<'_>, page: &mut Page<'_>) -> io::Result<()> {
    page.line("")?;
    page.para(&format!("{}. ", i + 1), &story.name, BOLD)?;
    if let Some(abstention) = story.abstention {
        return page.para("   No score: ", &format!("{}.", reason(abstention).1), PLAIN);
    }
    let (level, score) = (story.level.unwrap_or(0), story.score.unwrap_or(0));
    let title = |id: &String| context.guide.category.iter().find(|c| c.id == *id).map(|c| c.title.as_str());
    let kinds: Vec<&str> = story.categories.iter().filter_map(title).collect();
    let kinds = if kinds.is_empty() { "of no category".to_owned() } else { kinds.join(", ") };
    page.para("   ", &format!("Level {level} of 5, score {score}: {kinds}."), PLAIN)?;
    for note in &story.notes {
        point(note, ": ", page)?;
    }
    for question in &story.pressure {
        point(question, " ", page)?;
    }
    let findings = story.findings.iter().filter(|f| f.severity >= context.min_level);
    let title = |id: &str| context.guide.find_mistake(id).map_or(id.to_owned(), |m| m.title.clone());
    let mend: Vec<String> =
        findings.take(MEND_FIRST).map(|f| format!("{} [{}]", title(&f.id), f.id)).collect();
    if mend.is_empty() { Ok(()) } else { page.para("   Mend first: ", &mend.join(", "), PLAIN) }
}

/// A line: told or not, and the words that tell it, as many as fit.
fn point(point: &Point, between: &str, page: &mut Page<'_>) -> io::Result<()> {
    let mark = if point.told { "[x]" } else { "[ ]" };
    let title = escape(&point.title);
    let line = match (&point.text, point.sentences.first()) {
        (Some(text), Some(_)) => format!("   {mark} {title}{between}{}", escape(text)),
        _ => format!("   {mark} {title}"),
    };
    let line = shortened(&line, page.width);
    let style = if point.told { PLAIN } else { BOLD };
    let line = page.paint(style, &line);
    page.line(&line)
}

/// As much of a text as fits into so many columns; three points stand for the rest.
fn shortened(text: &str, width: usize) -> String {
    use unicode_width::UnicodeWidthChar;
    let columns = |c: char| c.width().unwrap_or(0);
    if text.chars().map(columns).sum::<usize>() <= width {
        return text.to_owned();
    }
    let mut used = 3;
    let mut kept = String::new();
    for c in text.chars() {
        used += columns(c);
        if used > width {
            break;
        }
        kept.push(c);
    }
    format!("{}...", kept.trim_end())
}

fn table(bank: &Bank<'_>, page: &mut Page<'_>) -> io::Result<()> {
    if bank.stories.is_empty() {
        return Ok(());
    }
    page.heading("All stories")?;
    let digits = bank.stories.len().to_string().len().max(2);
    let head = format!("{:>digits$}  level  score  notes  pressure  story", "#");
    let head = page.paint(DIM, &head);
    page.line(&head)?;
    for (i, story) in bank.stories.iter().enumerate() {
        let told = |points: &[Point]| {
            let told = points.iter().filter(|p| p.told).count();
            if story.is_told() { format!("{told}/{}", points.len()) } else { "-".to_owned() }
        };
        let number = |n: Option<u8>| n.map_or("-".to_owned(), |n| n.to_string());
        let line = format!(
            "{:>digits$}  {:>5}  {:>5}  {:>5}  {:>8}  {}",
            i + 1,
            number(story.level),
            number(story.score),
            told(&story.notes),
            told(&story.pressure),
            escape(&story.name)
        );
        page.line(&shortened(&line, page.width))?;
    }
    Ok(())
}

fn errors(errors: &[RecordError], page: &mut Page<'_>) -> io::Result<()> {
    if errors.is_empty() {
        return Ok(());
    }
    page.heading("Not read")?;
    for error in errors.iter().take(MOST_LISTED) {
        page.para("- ", &error.whole(), PLAIN)?;
    }
    more(errors.len(), page)
}

fn more(all: usize, page: &mut Page<'_>) -> io::Result<()> {
    match all.saturating_sub(MOST_LISTED) {
        0 => Ok(()),
        n => page.para("", &format!("... and {n} more."), DIM),
    }
}

/// "2, 5 and 7", counted from 1; of many the first.
fn numbers(stories: &[usize]) -> String {
    let shown: Vec<String> = stories.iter().take(MOST_LISTED).map(|i| (i + 1).to_string()).collect();
    match (shown.split_last(), stories.len() - shown.len()) {
        (None, _) => String::new(),
        (Some((last, [])), 0) => last.clone(),
        (Some((last, first)), 0) => format!("{} and {last}", first.join(", ")),
        (Some(_), n) => format!("{} and {n} more", shown.join(", ")),
    }
}

fn covers(bank: &Bank<'_>, page: &mut Page<'_>) -> io::Result<()> {
    page.heading("What the bank covers")?;
    for category in &bank.summary.categories {
        let (mark, style) = if category.stories.is_empty() { ("[ ] ", BOLD) } else { ("[x] ", PLAIN) };
        let by = match category.stories.len() {
            0 => "no story yet".to_owned(),
            1 => format!("story {}", numbers(&category.stories)),
            _ => format!("stories {}", numbers(&category.stories)),
        };
        page.para(mark, &format!("{}: {by}", category.title), style)?;
    }
    Ok(())
}

fn episodes(bank: &Bank<'_>, page: &mut Page<'_>) -> io::Result<()> {
    let summary = bank.summary;
    if summary.told < 2 {
        return Ok(());
    }
    page.heading("Told twice")?;
    for episode in summary.episodes.iter().take(MOST_LISTED) {
        let text = format!(
            "Stories {} tell the same episode (likeness {:.2}). Keep the better one for an interview.",
            numbers(&episode.stories),
            episode.likeness
        );
        page.para("- ", &text, PLAIN)?;
    }
    if summary.episodes.is_empty() {
        page.para("", "No two stories tell the same episode.", PLAIN)?;
    }
    more(summary.episodes.len(), page)?;
    let first = if summary.compared < bank.stories.len() {
        format!(" Only the first {} were compared.", summary.compared)
    } else {
        String::new()
    };
    let text = format!("candor says so from a likeness of {:.2} on.{first}", summary.same_episode);
    page.para("", &text, DIM)
}

fn weak(bank: &Bank<'_>, page: &mut Page<'_>) -> io::Result<()> {
    page.heading("Weak stories")?;
    for weak in bank.summary.weak.iter().take(MOST_LISTED) {
        let name = &bank.stories[weak.story].name;
        page.para(&format!("{}. ", weak.story + 1), &format!("{name}: {}", why(weak)), PLAIN)?;
    }
    if bank.summary.weak.is_empty() {
        page.para("", "None: each passes the pressure test.", PLAIN)?;
    }
    more(bank.summary.weak.len(), page)
}

fn why(weak: &Weak) -> String {
    if let Some(abstention) = weak.abstention {
        return format!("no score, {}", reason(abstention).1);
    }
    let mut why = Vec::new();
    if let Some(level) = weak.level {
        why.push(format!("level {level} of 5"));
    }
    if !weak.fails.is_empty() {
        why.push(format!("not heard in it: {}", weak.fails.join(" ")));
    }
    why.join("; ")
}

fn questions(bank: &Bank<'_>, context: &Context<'_>, page: &mut Page<'_>) -> io::Result<()> {
    page.heading("Which story for which question")?;
    for serves in &bank.summary.serves {
        let form = serves.form.as_ref().map(|f| f.1.as_str());
        match (&serves.question, form) {
            (Some(question), Some(form)) => page.para("? ", &format!("{question} ({form})"), BOLD)?,
            (Some(question), None) => {
                let of = format!(
                    "{question} (of no form of the guide {}; by the words that it shares)",
                    context.guide.id
                );
                page.para("? ", &of, BOLD)?;
            }
            (None, form) => page.para("? ", form.unwrap_or_default(), BOLD)?,
        }
        answers(serves, bank, page)?;
    }
    Ok(())
}

fn answers(serves: &Serves, bank: &Bank<'_>, page: &mut Page<'_>) -> io::Result<()> {
    let whole: Vec<&Served> = serves.best.iter().filter(|b| b.missing.is_empty()).collect();
    let shown = if whole.is_empty() { serves.best.iter().take(1).collect() } else { whole };
    for best in &shown {
        let story = &bank.stories[best.story];
        let told = if best.heard.is_empty() {
            format!("has {:.0}% of the weight of its words", best.shared * 100.0)
        } else {
            format!("tells {}", best.heard.join("; "))
        };
        let level = story.level.map(|l| format!(", level {l}")).unwrap_or_default();
        let written = if best.written_for { ", written for such a question" } else { "" };
        let lacks = match best.missing.as_slice() {
            [] => String::new(),
            missing => format!("; still to be told: {}", missing.join("; ")),
        };
        let text = format!("{}: {told}{lacks}{level}{written}", story.name);
        page.para(&format!("  {}. ", best.story + 1), &text, PLAIN)?;
    }
    match (shown.is_empty(), &serves.form) {
        (false, _) => Ok(()),
        (true, Some(_)) => page.para("  ", "No story tells anything that it asks for.", PLAIN),
        (true, None) => page.para("  ", "No story shares words with it that few stories have.", PLAIN),
    }
}

fn weakest(bank: &Bank<'_>, page: &mut Page<'_>) -> io::Result<()> {
    let Some(link) = &bank.summary.weakest else { return Ok(()) };
    page.heading("The weakest link")?;
    let stories: Vec<usize> = link.stories.iter().map(|c| c.0).collect();
    let each = link.lost / bank.summary.told.max(1) as f32;
    let of = if stories.len() == 1 { "story" } else { "stories" };
    let text = format!(
        "{}: it costs {:.0} points, {each:.1} a story, most in {of} {}.",
        link.title,
        link.lost,
        numbers(&stories)
    );
    page.para("", &text, BOLD)?;
    if link.help.is_empty() { Ok(()) } else { page.para("= help: ", &link.help, PLAIN) }
}

fn next(bank: &Bank<'_>, page: &mut Page<'_>) -> io::Result<()> {
    page.line("")?;
    let summary = bank.summary;
    let missing = summary.categories.iter().find(|c| c.stories.is_empty());
    let worst = summary.weakest.as_ref().and_then(|l| l.stories.first());
    let text = match (worst, missing) {
        (Some((story, _)), _) => {
            format!("mend that in {}; `candor critique` shows where.", bank.stories[*story].name)
        }
        (None, Some(category)) => format!("write a story of the kind that is missing: {}.", category.title),
        (None, None) => "say each of them aloud, in two minutes.".to_owned(),
    };
    page.para("Next: ", &text, PLAIN)
}
