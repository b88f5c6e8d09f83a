//! The cells of a table's row: which go together as a label and what is told, and which tell by themselves.

use super::{Span, label};

/// A cell of no more words may be a label or a value.
const SHORT: usize = 3;

/// The parts of a row that are read apart. Short cells belong to what follows; after one that tells something the next begins
/// anew.
pub(super) fn parts(source: &str, row: Span) -> Vec<Span> {
    let mut parts = Vec::new();
    let mut start = row.start;
    let cells = cells(source, row);
    let last = cells.iter().rposition(|cell| cell.start < cell.end);
    for (i, cell) in cells.iter().enumerate() {
        let more = last.is_some_and(|last| last > i);
        // where the first cell tells something they all do, as in a row below Situation, Task, Action and Result
        let tells = |cell: &Span| words(source, *cell) > SHORT;
        if more && (tells(cell) || tells(&cells[0])) {
            parts.push(Span { start, end: cell.end });
            start = cells[i + 1].start;
        }
    }
    parts.push(Span { start, end: row.end });
    parts
}

/// Whether the first row of a table tells a part of the answer, and heads no columns: a label, then prose.
pub(super) fn is_told(source: &str, row: Span) -> bool {
    let cells = cells(source, row);
    let [name, told, ..] = cells[..] else { return false };
    let prose =
        words(source, told) > SHORT + 1 || words(source, told) > SHORT && told.text(source).ends_with('.');
    prose && label::is_title(name.text(source)) && !label::is_title(told.text(source))
}

/// The cells without the space around them; empty ones too.
fn cells(source: &str, row: Span) -> Vec<Span> {
    let text = row.text(source);
    let inner = text.strip_prefix('|').unwrap_or(text);
    let inner = inner.strip_suffix('|').filter(|rest| !rest.ends_with('\\')).unwrap_or(inner);
    let mut cells = Vec::new();
    let Span { start: mut from, end } = Span::of(inner, source);
    let escaped = |at: usize| source[..at].ends_with('\\');
    let bars = inner.match_indices('|').map(|(at, _)| from + at).filter(|at| !escaped(*at));
    for bar in bars.collect::<Vec<_>>().into_iter().chain([end]) {
        // what is blank stands before its bar
        let cell = source[from..bar].trim_start().trim_end();
        cells.push(Span::of(cell, source));
        from = bar + 1;
    }
    cells
}

fn words(source: &str, cell: Span) -> usize {
    cell.text(source).split_whitespace().count()
}

#[cfg(test)]
mod tests {
    use crate::text::{Answer, SourceKind};

    fn texts(source: &str) -> Vec<String> {
        let answer = Answer::parse("a.md", source.to_owned(), SourceKind::Markdown);
        answer.sentences.into_iter().map(|s| s.text).collect()
    }

    #[test]
    fn cells_that_tell_are_sentences() {
        let table = "| Situation | Task | Action | Result |\n|---|---|---|---|\n\
                     | Our export failed twice a week | I owned it | I asked both leads for a date | It held |";
        let told =
            ["Our export failed twice a week", "I owned it", "I asked both leads for a date", "It held"];
        assert_eq!(texts(table), told);
        assert_eq!(
            texts("| Action | I asked both \\| all leads | They gave me a date |"),
            ["I asked both | all leads", "They gave me a date"]
        );
    }

    #[test]
    fn short_cells_stay_together() {
        assert_eq!(texts("| Depot | Before | After |\n|---|---|---|\n| Gate | 9 min | 2 min |").len(), 1);
        assert_eq!(texts("| S | It ran late | twice |"), ["It ran late: twice"]);
    }

    #[test]
    fn a_first_row_that_tells_heads_nothing() {
        let table = "| Situation | Our export failed twice a week. |\n|---|---|\n| Result | It held. |";
        assert_eq!(texts(table), ["Our export failed twice a week.", "It held."]);
        for head in
            ["| Part | What I told them about it |", "| Action | What I did about it |", "| S | Told |"]
        {
            assert_eq!(texts(&format!("{head}\n|---|---|\n| R | It held. |")), ["It held."], "{head}");
        }
    }
}
