//! A page of the terminal: lines within a width, coloured where that is wanted.

use std::io::{self, Write};

use anstyle::{AnsiColor, Style};

use crate::evidence::Role;
use crate::render::{escape, fold};
use crate::report::Severity;

pub(in crate::render) const BOLD: Style = Style::new().bold();
pub(in crate::render) const DIM: Style = Style::new().dimmed();
pub(in crate::render) const PLAIN: Style = Style::new();

/// Where the lines go, and how long they may be.
pub(in crate::render) struct Page<'a> {
    out: &'a mut dyn Write,
    pub(in crate::render) width: usize,
    pub(in crate::render) color: bool,
    /// Whether a line was written.
    begun: bool,
}

impl<'a> Page<'a> {
    pub(in crate::render) fn new(out: &'a mut dyn Write, width: usize, color: bool) -> Page<'a> {
        Page { out, width: width.max(40), color, begun: false }
    }

    /// The same where lines of it are written already.
    pub(in crate::render) fn going_on(out: &'a mut dyn Write, width: usize, color: bool) -> Page<'a> {
        Page { begun: true, ..Page::new(out, width, color) }
    }

    /// The text in a style, or as it is where no colour is wanted.
    pub(in crate::render) fn paint(&self, style: Style, text: &str) -> String {
        if self.color && style != PLAIN && !text.is_empty() {
            format!("{style}{text}{style:#}")
        } else {
            text.to_owned()
        }
    }

    /// A line as it is: escaped, painted and short enough already.
    pub(in crate::render) fn line(&mut self, line: &str) -> io::Result<()> {
        self.begun = true;
        writeln!(self.out, "{}", line.trim_end())
    }

    /// The title of a part, and a blank line above it where something is.
    pub(in crate::render) fn heading(&mut self, title: &str) -> io::Result<()> {
        let title = self.paint(BOLD, title);
        if self.begun {
            self.line("")?;
        }
        self.line(&title)
    }

    /// A paragraph after a lead such as `1. `; later lines are indented as far as the lead is wide. The text is
    /// escaped here.
    pub(in crate::render) fn para(&mut self, lead: &str, text: &str, style: Style) -> io::Result<()> {
        let indent = " ".repeat(textwrap::core::display_width(lead));
        let width = self.width.saturating_sub(indent.len()).max(10);
        for (i, line) in fold(&escape(text), width).iter().enumerate() {
            let start = if i == 0 { lead } else { &indent };
            let line = format!("{start}{}", self.paint(style, line));
            self.line(&line)?;
        }
        Ok(())
    }
}

/// As much of a text as fits into so many columns; three points stand for the rest.
pub(in crate::render) fn shortened(text: &str, width: usize) -> String {
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

/// The colour of a role; its label says the same in words.
pub(in crate::render) fn role_style(role: Role) -> Style {
    match role {
        Role::Context => AnsiColor::Cyan.on_default(),
        Role::Ownership => AnsiColor::Magenta.on_default(),
        Role::Action => AnsiColor::Green.on_default(),
        Role::Result => AnsiColor::Yellow.on_default(),
        Role::Lesson => AnsiColor::BrightBlue.on_default(),
        Role::Other => DIM,
    }
}

/// The colour of a severity, as in the findings.
pub(in crate::render) fn severity_style(severity: Severity) -> Style {
    match severity {
        Severity::Suggestion => AnsiColor::BrightBlue.on_default(),
        Severity::Warning => AnsiColor::Yellow.on_default(),
        Severity::Error => AnsiColor::BrightRed.on_default(),
    }
}
