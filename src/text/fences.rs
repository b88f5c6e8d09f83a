//! Code between fences: it is left out, unless what stands there is the answer, in a block that was made to be copied.

use super::Span;

/// Fewer words are an example or an output.
const LEAST_WORDS: usize = 20;

/// Lines between fences, and the fences.
struct Fenced {
    /// The line of the opening fence.
    opens: usize,
    /// The line of the closing one; none where nobody closes it.
    closes: Option<usize>,
    /// Whether it says that prose is in it, or nothing of what is.
    open_to_prose: bool,
}

/// Leaves out code between fences. A fence that nobody closes is left out alone, and so are those around prose that most of
/// the words stand in.
pub(super) fn without_code(source: &str, lines: Vec<Span>) -> Vec<Span> {
    let fenced = fenced(source, &lines);
    let text = |line: &Span| line.text(source);
    let inner = |f: &Fenced| f.opens + 1..f.closes.unwrap_or(f.opens + 1);
    let count =
        |lines: &[Span]| lines.iter().map(|line| text(line).split_whitespace().count()).sum::<usize>();
    let inside: usize = fenced.iter().map(|f| count(&lines[inner(f)])).sum();
    let outside = count(&lines) - inside;
    let is_answer = |f: &Fenced| {
        let words = || lines[inner(f)].iter().flat_map(|line| text(line).split_whitespace());
        f.open_to_prose
            && words().count() >= LEAST_WORDS.max(outside)
            && words().filter(|word| is_word(word)).count() * 5 >= words().count() * 4
    };
    let mut kept = Vec::new();
    let mut at = 0;
    for f in &fenced {
        kept.extend_from_slice(&lines[at..f.opens]);
        let blank = |at: usize| Span { start: lines[at].start, end: lines[at].start };
        kept.push(blank(f.opens));
        if let Some(closes) = f.closes.filter(|_| is_answer(f)) {
            kept.extend_from_slice(&lines[inner(f)]);
            kept.push(blank(closes));
        }
        at = f.closes.unwrap_or(f.opens) + 1;
    }
    kept.extend_from_slice(&lines[at..]);
    kept
}

/// Letters, and the signs that stand at a word or in it.
fn is_word(word: &str) -> bool {
    let inner = word.trim_matches(|c: char| !c.is_alphanumeric());
    let signs =
        word.chars().filter(|c| !c.is_alphanumeric()).all(|c| "*.,;:!?'’\"“”‘()-–—%€$£/&".contains(c));
    signs && inner.starts_with(char::is_alphanumeric) && !inner.contains(['.', '(', ')', '/', ':'])
}

fn fenced(source: &str, lines: &[Span]) -> Vec<Fenced> {
    let fence = |line: &Span| {
        let text = line.text(source).trim_start_matches([' ', '\t', '>']);
        let mark = text.chars().next().filter(|c| matches!(c, '`' | '~'))?;
        let len = text.chars().take_while(|c| *c == mark).count();
        let info = &text[len..];
        (len >= 3 && !info.contains('`')).then_some((mark, len, info.trim()))
    };
    let mut found = Vec::new();
    // No fence of this mark from this length on is closed further down.
    let mut never = [('`', usize::MAX), ('~', usize::MAX)];
    let mut at = 0;
    while at < lines.len() {
        let Some((mark, len, info)) = fence(&lines[at]) else {
            at += 1;
            continue;
        };
        let closes =
            |line: &Span| fence(line).is_some_and(|(m, l, info)| m == mark && l >= len && info.is_empty());
        let known = never.iter().any(|(m, l)| *m == mark && len >= *l);
        let end = if known { None } else { lines[at + 1..].iter().position(closes) };
        if end.is_none() {
            never.iter_mut().filter(|(m, _)| *m == mark).for_each(|(_, l)| *l = len.min(*l));
        }
        let closes = end.map(|i| at + 1 + i);
        let open_to_prose = matches!(info.to_lowercase().as_str(), "" | "text" | "txt" | "markdown" | "md");
        found.push(Fenced { opens: at, closes, open_to_prose });
        at = closes.unwrap_or(at) + 1;
    }
    found
}

#[cfg(test)]
mod tests {
    use crate::text::{Answer, SourceKind};

    const TOLD: &str = "Our export failed twice a week, and I was the one who owned it. I sat down with both engineers and went \
        through every failure (9 of 14).";

    fn sentences(source: &str) -> usize {
        Answer::parse("a.md", source.to_owned(), SourceKind::Markdown).sentences.len()
    }

    #[test]
    fn an_answer_that_was_made_to_be_copied_is_read() {
        for fence in ["```", "```text", "```markdown", "~~~"] {
            let close = &fence[..3];
            assert_eq!(sentences(&format!("{fence}\n{TOLD}\n{close}\n")), 2, "{fence}");
        }
        assert_eq!(
            sentences(&format!("Here is my answer:\n\n```\n{TOLD}\n```\n\nShall I cut it?\n")),
            2,
            "what is said around it is not told"
        );
    }

    #[test]
    fn code_is_not() {
        let code =
            "fn main() {\n    let x = read(&path)?;\n    for i in 0..x.len() { run(x[i]); }\n}\n".repeat(3);
        assert_eq!(sentences(&format!("```\n{code}```\nIt ran.\n")), 1);
        assert_eq!(sentences(&format!("```rust\n{TOLD}\n```\nIt ran.\n")), 1, "it says what it is");
        assert_eq!(sentences(&format!("{TOLD} {TOLD}\n\n```\n{TOLD}\n```\n")), 4, "a story with an example");
        assert_eq!(sentences("```\nrows 12\n```\nIt ran.\n"), 1);
    }
}
