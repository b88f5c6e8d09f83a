//! `terminal`: a bank for a person to read: each story in a few lines, all of them in a table, and at the end what they
//! come to and what to do.
//!
//! Everything is readable without colour and within the width. What comes from the stories is escaped.

use std::io::{self, Write};

use textwrap::core::display_width;

use super::said::{MOST_LISTED, numbered, numbers};
use super::{Bank, Format, How, MOST_CARDS, said};
use crate::bank::{Covered, Lack, Link, Point, RecordError, Serves, Standing, Story};
use crate::render::mend;
use crate::render::said::{judged_by, left_out_by_comments, mistake_title};
use crate::render::terminal::page::{BOLD, DIM, PLAIN, Page, shortened};
use crate::render::{Context, escape, reason};
use crate::report::Severity;

pub(super) const FORMAT: Format = Format {
    id: "terminal",
    doc: "for reading: each story in short, what the bank covers, what to mend first",
    how: How::Whole(whole),
};

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
    errors("Not read", bank.errors, &mut page)?;
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
    page.para("Story bank: ", &said::head(bank), BOLD)?;
    page.para("Guide:      ", &context.guide.title, PLAIN)?;
    match context.second {
        Some(second) => page.para("Judged by:  ", &judged_by(context.model, second), PLAIN),
        None => Ok(()),
    }
}

/// A story in a few lines, each no longer than the page is wide.
fn card(i: usize, story: &Story, context: &Context<'_>, page: &mut Page<'_>) -> io::Result<()> {
    page.line("")?;
    page.para(&format!("{}. ", i + 1), &story.name, BOLD)?;
    let Standing { level, score } = match story.standing {
        Ok(standing) => standing,
        Err(why) => return page.para("   No score: ", &format!("{}.", reason(why).1), PLAIN),
    };
    let kinds = said::kinds(story, context.guide);
    page.para("   ", &format!("Level {level} of 5, score {score}: {kinds}."), PLAIN)?;
    for note in &story.notes {
        point(note, ": ", page)?;
    }
    for question in &story.pressure {
        point(question, " ", page)?;
    }
    let mend: Vec<String> = story.mend.iter().filter_map(|m| lack(m, context)).take(mend::MOST).collect();
    if !mend.is_empty() {
        page.para("   Mend first: ", &mend.join(", "), PLAIN)?;
    }
    left_out_by_comments(story.suppressed).map_or(Ok(()), |text| page.para("   ", &text, DIM))
}

/// What to mend, if it is severe enough to be shown.
fn lack(lack: &Lack, context: &Context<'_>) -> Option<String> {
    let guide = context.guide;
    match lack {
        Lack::Mistake(id, severity) => {
            context.shows(*severity).then(|| format!("{} [{id}]", mistake_title(id, guide)))
        }
        Lack::Criterion(id) => {
            let shown = guide.find_criterion(id).filter(|_| context.shows(Severity::Suggestion));
            shown.map(|c| mend::capital(&c.title))
        }
    }
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

fn table(bank: &Bank<'_>, page: &mut Page<'_>) -> io::Result<()> {
    if bank.stories.is_empty() {
        return Ok(());
    }
    page.heading("All stories")?;
    let digits = bank.stories.len().to_string().len().max(2);
    let head = format!("{:>digits$}  level  score  notes  pressure  story", "#");
    let painted = page.paint(DIM, &head);
    page.line(&painted)?;
    let names = names(bank.stories, page.width.saturating_sub(display_width(&head)) + "story".len());
    for (i, (story, name)) in bank.stories.iter().zip(names).enumerate() {
        let told = |points: &[Point]| {
            let told = points.iter().filter(|p| p.told).count();
            format!("{told}/{}", points.len())
        };
        let cells = match story.standing {
            Ok(Standing { level, score }) => {
                [level.to_string(), score.to_string(), told(&story.notes), told(&story.pressure)]
            }
            Err(_) => ["-"; 4].map(str::to_owned),
        };
        let [level, score, notes, pressure] = cells;
        let line = format!("{:>digits$}  {level:>5}  {score:>5}  {notes:>5}  {pressure:>8}  {name}", i + 1);
        page.line(&shortened(&line, page.width))?;
    }
    Ok(())
}

/// What the stories are called in a table that has this room for it. Where one is too long, the folder that all are in is left
/// away, and of what still is the beginning: at the end it says which story it is.
fn names(stories: &[Story], room: usize) -> Vec<String> {
    let mut names: Vec<String> = stories.iter().map(|s| escape(&s.name).into_owned()).collect();
    if names.iter().all(|name| display_width(name) <= room) {
        return names;
    }
    let folder = names.iter().map(String::as_str).reduce(common);
    // what stands behind a file's name, a heading or an id, is no folder
    let folder = folder.and_then(|same| same.split('#').next()?.rfind('/'));
    if let Some(end) = folder.filter(|_| names.len() > 1) {
        names.iter_mut().for_each(|name| drop(name.drain(..=end)));
    }
    names.iter().map(|name| last(name, room)).collect()
}

/// What two texts both begin with.
fn common<'a>(a: &'a str, b: &str) -> &'a str {
    let differ = a.char_indices().zip(b.chars()).find(|((_, x), y)| x != y);
    &a[..differ.map_or(a.len().min(b.len()), |((at, _), _)| at)]
}

/// A text, or as much of its end as fits, with dots before it.
fn last(text: &str, room: usize) -> String {
    const DOTS: &str = "...";
    if display_width(text) <= room {
        return text.to_owned();
    }
    let mut width = DOTS.len();
    let fits = |(_, c): &(usize, char)| {
        width += display_width(c.encode_utf8(&mut [0; 4]));
        width <= room
    };
    let start = text.char_indices().rev().take_while(fits).last().map_or(text.len(), |(at, _)| at);
    format!("{DOTS}{}", &text[start..])
}

/// Records that could not be read, and why.
pub(in crate::render) fn errors(title: &str, errors: &[RecordError], page: &mut Page<'_>) -> io::Result<()> {
    if errors.is_empty() {
        return Ok(());
    }
    page.heading(title)?;
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

fn covers(bank: &Bank<'_>, page: &mut Page<'_>) -> io::Result<()> {
    page.heading("What the bank covers")?;
    for category in &bank.summary.categories {
        let stories = &category.stories;
        let by = if stories.is_empty() { "no story yet".to_owned() } else { numbered(stories) };
        covered(category, &by, page)?;
    }
    Ok(())
}

/// A category, whether any story is of it, and what is said of that.
pub(in crate::render) fn covered(category: &Covered, said: &str, page: &mut Page<'_>) -> io::Result<()> {
    let (mark, style) = if category.stories.is_empty() { ("[ ] ", BOLD) } else { ("[x] ", PLAIN) };
    page.para(mark, &format!("{}: {said}", category.title), style)
}

fn episodes(bank: &Bank<'_>, page: &mut Page<'_>) -> io::Result<()> {
    let summary = bank.summary;
    if summary.told < 2 {
        return Ok(());
    }
    page.heading("Told twice")?;
    for episode in summary.episodes.iter().take(MOST_LISTED) {
        let text = format!("Stories {} {}", numbers(&episode.stories), said::episode(episode));
        page.para("- ", &text, PLAIN)?;
    }
    if summary.episodes.is_empty() {
        page.para("", said::NO_EPISODES, PLAIN)?;
    }
    more(summary.episodes.len(), page)?;
    page.para("", &said::likeness(bank), DIM)
}

fn weak(bank: &Bank<'_>, page: &mut Page<'_>) -> io::Result<()> {
    page.heading("Weak stories")?;
    for weak in bank.summary.weak.iter().take(MOST_LISTED) {
        let name = &bank.stories[weak.story].name;
        page.para(&format!("{}. ", weak.story + 1), &format!("{name}: {}", said::why(weak)), PLAIN)?;
    }
    if bank.summary.weak.is_empty() {
        page.para("", "None: each carries, or passes the pressure test.", PLAIN)?;
    }
    more(bank.summary.weak.len(), page)
}

fn questions(bank: &Bank<'_>, context: &Context<'_>, page: &mut Page<'_>) -> io::Result<()> {
    page.heading("Which story for which question")?;
    for serves in &bank.summary.serves {
        page.para("? ", &said::question(serves, context.guide), BOLD)?;
        answers(serves, bank, page)?;
    }
    Ok(())
}

fn answers(serves: &Serves, bank: &Bank<'_>, page: &mut Page<'_>) -> io::Result<()> {
    let shown = said::best(serves);
    for best in &shown {
        let story = &bank.stories[best.story];
        let text = format!("{}: {}", story.name, said::served(best, story));
        page.para(&format!("  {}. ", best.story + 1), &text, PLAIN)?;
    }
    if shown.is_empty() { page.para("  ", said::unserved(serves), PLAIN) } else { Ok(()) }
}

fn weakest(bank: &Bank<'_>, page: &mut Page<'_>) -> io::Result<()> {
    let Some(link) = &bank.summary.weakest else { return Ok(()) };
    let stories: Vec<usize> = link.stories.iter().map(|c| c.0).collect();
    link_and_help(link, &format!("{} {}.", said::weakest(link, bank), numbers(&stories)), page)
}

/// What costs a bank most, in these words, and what to do about it.
pub(in crate::render) fn link_and_help(link: &Link, said: &str, page: &mut Page<'_>) -> io::Result<()> {
    page.heading("The weakest link")?;
    page.para("", said, BOLD)?;
    if link.help.is_empty() { Ok(()) } else { page.para("= help: ", &link.help, PLAIN) }
}

fn next(bank: &Bank<'_>, page: &mut Page<'_>) -> io::Result<()> {
    page.line("")?;
    page.para("Next: ", &said::next(bank), PLAIN)
}
