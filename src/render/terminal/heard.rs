//! What an interviewer hears: the header, each sentence with its role, and how the words are spent.

use std::io;

use textwrap::core::display_width;

use super::page::{BOLD, DIM, PLAIN, Page, role_style};
use crate::evidence::{Role, Tag};
use crate::render::{Context, Shown, escape, fold, percent, said};
use crate::report::SentenceReport;

/// Columns of the longest label.
const MOST_LABEL: usize = 14;

/// The file, the question, and whether the answer answers it.
pub(super) fn header(shown: &Shown<'_>, page: &mut Page<'_>) -> io::Result<()> {
    page.para("", said::name(&shown.answer.name), BOLD)?;
    if let Some(question) = &shown.answer.question {
        page.para("Question: ", question, PLAIN)?;
    }
    match shown.report.question.as_ref().filter(|_| shown.report.abstention.is_none()).map(said::form) {
        Some(form) => page.para("Form:     ", &form, PLAIN),
        None => Ok(()),
    }
}

/// Each sentence with its number, its role and, dimly, what else is heard in it.
pub(super) fn sentences(shown: &Shown<'_>, context: &Context<'_>, page: &mut Page<'_>) -> io::Result<()> {
    page.heading("What an interviewer hears")?;
    let digits = shown.answer.sentences.len().to_string().len().max(2);
    let label = Role::ALL.iter().map(|r| display_width(&role_title(*r, context))).max().unwrap_or(0);
    let text_width = page.width.saturating_sub(digits + label + " ".len() + " | ".len()).max(10);
    for (i, (sentence, report)) in shown.answer.sentences.iter().zip(&shown.report.sentences).enumerate() {
        let title = role_title(report.role, context);
        let pad = " ".repeat(label - display_width(&title));
        let style = role_style(report.role);
        let tags = tag_titles(report, context);
        let text = escape(&sentence.text);
        let whole = if tags.is_empty() { text.into_owned() } else { format!("{text} [{tags}]") };
        // The tags begin after so many characters that are no spaces, on whatever line that is.
        let solid = |s: &str| s.chars().filter(|c| !c.is_whitespace()).count();
        let mut left = solid(&escape(&sentence.text));
        for (n, line) in fold(&whole, text_width).iter().enumerate() {
            let (own, rest) = split_at_solid(line, left);
            left -= solid(own);
            let gutter = if n == 0 { format!("{:>digits$} {title}{pad}", i + 1) } else { String::new() };
            let gutter = format!("{gutter:<0$} |", digits + 1 + label);
            let line = format!("{} {own}{}", page.paint(style, &gutter), page.paint(DIM, rest));
            page.line(&line)?;
        }
    }
    Ok(())
}

/// What is left out, with its line.
pub(super) fn aside(shown: &Shown<'_>, page: &mut Page<'_>) -> io::Result<()> {
    said::aside(shown.answer).iter().try_for_each(|text| page.para("Left out: ", text, DIM))
}

/// The line up to and including its `count`th character that is no space, and the rest.
fn split_at_solid(line: &str, count: usize) -> (&str, &str) {
    let mut solid = line.char_indices().filter(|(_, c)| !c.is_whitespace());
    match solid.nth(count) {
        Some((at, _)) => line.split_at(at),
        None => (line, ""),
    }
}

/// The guide's title of a role, as far as a gutter holds it.
fn role_title(role: Role, context: &Context<'_>) -> String {
    fold(&escape(said::role_title(role, context.guide)), MOST_LABEL).into_iter().next().unwrap_or_default()
}

fn tag_titles(report: &SentenceReport, context: &Context<'_>) -> String {
    let title = |tag: &(Tag, f32)| said::tag_title(tag.0, context.guide);
    escape(&report.tags.iter().map(title).collect::<Vec<_>>().join(", ")).into_owned()
}

/// One bar of the page's width in which each role has as many columns as it takes words, and the key to it.
pub(super) fn shares(shown: &Shown<'_>, context: &Context<'_>, page: &mut Page<'_>) -> io::Result<()> {
    let words = shown.report.words_by_role(shown.answer);
    let total: usize = words.iter().sum();
    if total == 0 {
        return Ok(());
    }
    page.heading("How the words are spent")?;
    let columns = apportion(&words, page.width - "[]".len());
    let (mut bar, mut key) = (String::new(), Vec::new());
    for &role in Role::ALL {
        let letter = letter(role);
        bar.push_str(&page.paint(role_style(role), &letter.repeat(columns[role.index()])));
        let percent = percent(words[role.index()], total);
        if role != Role::Other || percent > 0 {
            key.push(format!("{letter} = {} {percent}%", role_title(role, context)).replace(' ', "\u{a0}"));
        }
    }
    page.line(&format!("[{bar}]"))?;
    let width = page.width;
    for line in fold(&key.join("  "), width) {
        page.line(&line.replace('\u{a0}', " "))?;
    }
    Ok(())
}

fn letter(role: Role) -> &'static str {
    match role {
        Role::Context => "C",
        Role::Ownership => "O",
        Role::Action => "A",
        Role::Result => "R",
        Role::Lesson => "L",
        Role::Other => "-",
    }
}

/// Shares of `columns` by weight that add up to it: largest remainders, the earlier first.
fn apportion(weights: &[usize], columns: usize) -> Vec<usize> {
    let total: usize = weights.iter().sum::<usize>().max(1);
    let mut shares: Vec<usize> = weights.iter().map(|w| w * columns / total).collect();
    let mut order: Vec<usize> = (0..weights.len()).filter(|i| weights[*i] > 0).collect();
    order.sort_by_key(|&i| std::cmp::Reverse(weights[i] * columns % total));
    let left = columns - shares.iter().sum::<usize>();
    for &i in order.iter().take(left) {
        shares[i] += 1;
    }
    shares
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn shares_fill_the_bar() {
        assert_eq!(apportion(&[1, 1, 1, 0], 10), [4, 3, 3, 0]);
        assert_eq!(apportion(&[0, 5, 0], 7), [0, 7, 0]);
        assert_eq!(apportion(&[70, 20, 10], 78).iter().sum::<usize>(), 78);
    }

    #[test]
    fn tags_begin_after_the_sentence() {
        assert_eq!(split_at_solid("a bc [x]", 3), ("a bc ", "[x]"));
        assert_eq!(split_at_solid("a bc", 3), ("a bc", ""));
        assert_eq!(split_at_solid("[x]", 0), ("", "[x]"));
    }
}
