//! Emphasis: which stars, underscores, tildes and signs of equality are marks, and which are characters.

use super::Span;

/// So many unclosed marks are remembered: deeper nesting is no emphasis but a drawing.
const MAX_OPEN: usize = 32;

/// A character of the source, or a run of marks that stands between characters.
#[derive(Clone, Debug)]
pub(super) struct Glyph {
    pub(super) c: char,
    pub(super) span: Span,
    pub(super) mark: Mark,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Mark {
    /// A character to be shown.
    None,
    /// Goes away; the next shown character's span begins with it.
    Opens,
    /// Goes away; the last shown character's span ends with it.
    Closes,
    /// As `Opens`, and emphasis starts here.
    Starts,
    /// As `Closes`, and the emphasis that started last ends here.
    Ends,
}

/// A private-use stand-in for a mark that must not be paired; [`pair`] puts it back.
pub(super) fn escaped(c: char) -> char {
    match c {
        '*' => '\u{f0000}',
        '_' => '\u{f0001}',
        '~' => '\u{f0002}',
        '|' => '\u{f0003}',
        '=' => '\u{f0004}',
        _ => c,
    }
}

fn unescaped(c: char) -> char {
    match c {
        '\u{f0000}' => '*',
        '\u{f0001}' => '_',
        '\u{f0002}' => '~',
        '\u{f0003}' => '|',
        '\u{f0004}' => '=',
        _ => c,
    }
}

/// Turns pairs of emphasis runs into marks. Runs that find no partner stay as they are, and four
/// or more stars in a row are a rule that somebody drew: they go.
pub(super) fn pair(glyphs: &mut [Glyph]) {
    let mut open: Vec<(usize, usize)> = Vec::new();
    let mut i = 0;
    while i < glyphs.len() {
        let c = glyphs[i].c;
        if glyphs[i].mark != Mark::None || !matches!(c, '*' | '_' | '~' | '=') {
            glyphs[i].c = unescaped(c);
            i += 1;
            continue;
        }
        let len = run(glyphs, i, c);
        if len > 3 && c == '*' {
            glyphs[i..i + len].iter_mut().for_each(|g| g.mark = Mark::Opens);
        } else if len <= 3 && (!matches!(c, '~' | '=') || len == 2) {
            let (opens, closes) = sides(glyphs, i, len);
            let recent = open.len().saturating_sub(if closes { MAX_OPEN } else { 0 });
            let same = |(at, l): &(usize, usize)| *l == len && glyphs[*at].c == c;
            let partner = open[recent..].iter().rposition(same).map(|p| p + recent);
            match partner.filter(|p| open[*p].0 + len < i) {
                Some(p) => {
                    let at = open[p].0;
                    open.truncate(p);
                    glyphs[at..at + len].iter_mut().for_each(|g| g.mark = Mark::Opens);
                    glyphs[i..i + len].iter_mut().for_each(|g| g.mark = Mark::Closes);
                    if !matches!(c, '~' | '=') {
                        glyphs[at + len - 1].mark = Mark::Starts;
                        glyphs[i].mark = Mark::Ends;
                    }
                }
                None if opens => open.push((i, len)),
                None => {}
            }
        }
        i += len;
    }
}

fn run(glyphs: &[Glyph], from: usize, c: char) -> usize {
    glyphs[from..].iter().take_while(|g| g.c == c && g.mark == Mark::None).count()
}

/// Whether a run of marks can open and whether it can close emphasis. Inside a word only two or
/// three stars can: `2*3*4`, `snake_case` and `x==y` have none.
fn sides(glyphs: &[Glyph], at: usize, len: usize) -> (bool, bool) {
    let before = glyphs[..at].iter().rev().find(|g| g.mark == Mark::None).map(|g| g.c);
    let after = glyphs[at + len..].iter().find(|g| g.mark == Mark::None).map(|g| g.c);
    let word = |c: Option<char>| c.is_some_and(char::is_alphanumeric);
    let space = |c: Option<char>| c.is_none_or(char::is_whitespace);
    let inside = word(before) && word(after);
    let single = matches!(glyphs[at].c, '_' | '=') || len == 1;
    if inside && single {
        return (false, false);
    }
    (!(space(after) || single && word(before)), !(space(before) || single && word(after)))
}
