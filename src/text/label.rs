//! Titles that name a part of an answer ("Situation:", "**Task**", "(A)", "S -", "WHAT I DID:").
//!
//! A label is taken off only where its shape and its words both say so. Bold type and a colon are
//! enough for a short title; unmarked words must be in [`TITLES`], since "Fines: none" and
//! "I split the order: first …" are sentences. A title that says what the narrator owned stays in
//! the text, for it is what an interviewer listens for.

use std::collections::HashSet;
use std::ops::Range;
use std::sync::LazyLock;

use super::inline::Rendered;
use super::who;

/// Titles, lower case. `training/clean.py` holds the same list.
const TITLES: &str = "situation|sit|sitation|task|tasks|action|actions|act|result|results|res|star|\
learning|learnings|learned|lesson|lessons|lesson learned|lessons learned|lesson for me|context|\
background|setting|scene|the scene|setup|overview|summary|headline|nugget|hook|intro|introduction|\
story|short version|problem|issue|trouble|challenge|complication|obstacle|conflict|goal|goals|\
objective|obj|target|aim|scope|my role|role|my part|my bit|my responsibility|responsibility|\
my goal|my contribution|approach|solution|process|steps|activities|did|decision|implementation|\
execution|discovery|prioritization|design|delivery|actions after|outcome|outcomes|impact|takeaway|\
takeaways|key takeaway|key takeaways|reflection|reflections|end|ending|follow-up|follow up|\
differently|would do differently|result first|skills|skills demonstrated|tech|tech stack|stack|\
technologies|tools|lp|principle|question|tags|note|notes|project|case study|at stake|at risk|\
the problem|the challenge|the goal|the task|the situation|the action|the result|why it matters|\
how it works|next time|context/why|actions taken|steps taken|\
key actions|key results|key learnings|quantified result|what|where|when|which part was mine|\
what i did|what i did about it|what i had to do|what i saw|what i learned|what i took from it|\
what i take from it|what i got wrong|what happened|what changed|what came out|what we did|\
what was going on|what went wrong|where it went|how it ended|starting point|interviewer|\
candidate|interviewee|my situation|my task|my action|my actions|\
my result|my results|final result|final results|final outcome|lessons learnt|lesson learnt|\
what i'd do differently|what i would do differently|conclusion";

/// Labels that name the whole story, or what it is kept with.
const TAGGED: &str = "story|project|case study|tags|skills|tech|stack|technologies|tools|lp|principle";

/// What a title that begins as a question begins with.
pub(super) const ASKING: [&str; 5] = ["what", "how", "where", "which", "why"];

/// What is written before an answer that was copied with its question.
const ANSWER: [&str; 5] = ["answer", "my answer", "sample answer", "response", "my response"];

/// The parts of STAR.
const STAR: [&str; 8] =
    ["situation", "task", "action", "actions", "result", "results", "outcome", "learning"];

/// The letters of STAR and its kin.
const LETTERS: [&str; 10] = ["s", "t", "a", "r", "l", "c", "s/t", "t/a", "a/r", "st"];

/// Amazon's Leadership Principles and their short names, lower case.
const PRINCIPLES: &str = "customer obsession|ownership|invent & simplify|are right a lot|\
right a lot|learn & be curious|hire & develop|insist on|highest standards|think big|\
bias for action|frugality|earn trust|dive deep|have backbone|disagree & commit|deliver results|\
success & scale";

/// Longer phrases before a colon are clauses.
const MAX_LABEL_CHARS: usize = 40;

/// Every line may be one of [`TITLES`], and is looked for among them several times.
static EACH_TITLE: LazyLock<HashSet<&str>> = LazyLock::new(|| TITLES.split('|').collect());

/// So many bytes are looked at for a label with its remark.
const MAX_SEARCH: usize = 400;

/// The byte of `words.text` at which the sentence that starts at `from` begins after its label;
/// `from` where it has none.
pub(super) fn end(words: &Rendered, from: usize) -> usize {
    let text = &words.text[from..];
    let text = &text[..super::boundary(text, MAX_SEARCH)];
    let emphasised = words.emphasis_at(from).map_or(0, |end| end - from);
    let found = emphasis(text, emphasised)
        .or_else(|| bracket(text))
        .or_else(|| slashes(text))
        .or_else(|| plain(text))
        .or_else(|| letter(text))
        .or_else(|| share(text))
        .or_else(|| tight(text));
    let Some(len) = found else { return from };
    let len = len + white(&text[len..]);
    // "S - Situation: …"
    let again = if LETTERS.contains(&name(&text[..len]).as_str()) { plain(&text[len..]) } else { None };
    from + len + again.map_or(0, |more| more + white(&text[len + more..]))
}

/// Whether a text begins with these words, whole.
fn begins(text: &str, words: &str) -> bool {
    text.strip_prefix(words).is_some_and(|rest| !rest.starts_with(char::is_alphabetic))
}

/// Whether something is told after the label of a line, as in "Result: tickets fell by 40%". "Story 2: the outage" goes on with its
/// title, and "Tags: ownership" with tags.
pub(super) fn tells(words: &Rendered) -> bool {
    let label = &words.text[..end(words, 0)];
    let told = |(label, rest): (&str, &str)| {
        let says = |word: &str| who::is_narrator(word) || word.contains(|c: char| c.is_ascii_digit());
        !is_tagged(label) && rest.split_whitespace().count() > 2 && rest.split_whitespace().any(says)
    };
    let known = !label.is_empty() && label.len() < words.text.trim_end().len() && !is_tagged(label);
    known || words.text.split_once(": ").is_some_and(told)
}

/// Whether a label names the whole story, or what it is kept with.
pub(super) fn is_tagged(label: &str) -> bool {
    TAGGED.split('|').any(|title| begins(&name(label), title))
}

/// The words of a label without its sign, in small letters.
pub(super) fn name(label: &str) -> String {
    bare(label.trim_end().trim_end_matches([':', '-', '–', '—']))
}

/// The byte at which a story begins after "Answer:"; 0 where it does not begin so. Further down somebody may have answered.
pub(super) fn answer_end(text: &str) -> usize {
    let stop = text.find([':', '：']).filter(|at| sign(&text[*at..]).is_some());
    stop.filter(|at| is_answer(&text[..*at]))
        .and_then(|at| Some(at + sign(&text[at..])?))
        .map_or(0, |end| end + white(&text[end..]))
}

/// Whether the whole block is a title on a line of its own.
pub(super) fn is_heading(words: &Rendered) -> bool {
    let text = words.text.trim_end();
    if text.is_empty() {
        return false;
    }
    let end = end(words, 0);
    let bare = text.trim_end_matches([':', '-', '–', '—', '?', ' ']);
    let asks = (text.ends_with(':') || text.ends_with(')')) && begins_as_question(bare);
    let me = text.ends_with(':') && bare.eq_ignore_ascii_case("me");
    end >= text.len() || is_title(bare) || asks || me || is_answer(bare) || is_principle(&text[end..])
}

/// "Answer", "My answer": what follows was copied with its question.
fn is_answer(words: &str) -> bool {
    ANSWER.iter().any(|sign| words.eq_ignore_ascii_case(sign))
}

/// Whether a line only says which Leadership Principle the story is kept for. Story banks are
/// sorted by them.
fn is_principle(line: &str) -> bool {
    let lower = line.trim_start_matches('(').to_lowercase().replace(" and ", " & ").replace(',', "");
    let known = PRINCIPLES.split('|').any(|name| lower.starts_with(name));
    known
        && line.split_whitespace().count() <= 8
        && !line.ends_with(['.', '!', '?', ';'])
        && (PRINCIPLES.split('|').any(|name| lower == name) || line.contains(['/', ',', ':']))
}

/// Run-in headings: short emphasised clauses with a full stop before more text ("*Design.* We …").
/// No sentence ends in one or after it.
pub(super) fn run_ins(words: &Rendered) -> impl Iterator<Item = Range<usize>> {
    words.emphasis.iter().filter(|range| is_run_in(words, range)).cloned()
}

fn is_run_in(words: &Rendered, range: &Range<usize>) -> bool {
    let before = words.text[..range.start].trim_end();
    let title = &words.text[range.clone()];
    let told = title.split_whitespace().any(who::is_narrator);
    let short = title.split_whitespace().count() <= 5;
    let first = before.is_empty() || before.ends_with(['.', '!', '?']);
    first && title.ends_with('.') && short && !told && range.end < words.text.len()
}

/// Whether these words name a part of an answer, or several joined ("Task and context"), with or without a remark in
/// brackets, a number or a picture before them.
pub(super) fn is_title(words: &str) -> bool {
    let bare = bare(words);
    let unnumbered = bare.trim_end_matches(|c: char| c.is_ascii_digit() || c == '#').trim_end();
    let known = |words: &str| EACH_TITLE.contains(words);
    let joined = |by: &str| bare.contains(by) && bare.split(by).all(|part| known(part.trim()));
    // "S - Situation"
    let lettered = bare.split_once(['-', '–', '—', ':', '.', ')', ' ']).is_some_and(|(letter, rest)| {
        let signed = !bare[letter.len()..].trim_start().starts_with(char::is_alphanumeric);
        let rest = rest.trim_start_matches(|c: char| !c.is_alphanumeric());
        // without a sign "a decision" is none
        LETTERS.contains(&letter.trim()) && known(rest) && (signed || rest.starts_with(letter))
    });
    // "Step 1: Situation"
    let step = bare.strip_prefix("step ").and_then(|rest| rest.split_once([':', '-', '–', '.']));
    let stepped =
        step.is_some_and(|(n, title)| n.trim().bytes().all(|b| b.is_ascii_digit()) && known(title.trim()));
    LETTERS.contains(&bare.as_str())
        || known(&bare)
        || known(unnumbered)
        || lettered
        || stepped
        || [" and ", "&", "/"].into_iter().any(joined)
}

/// A title without a remark in brackets after it, a picture before it and marks around it, in small letters.
fn bare(words: &str) -> String {
    let words = words.trim();
    let cut = words.ends_with(')').then(|| words.rfind('(')).flatten().filter(|at| *at > 0);
    let words = cut.map_or(words, |at| &words[..at]);
    // stars of emphasis that was never opened
    let words = words.trim().trim_end_matches([' ', '.', ':', '*', '_']);
    words.trim_start_matches(|c: char| !c.is_alphanumeric()).to_lowercase().replace('’', "'")
}

/// "What was asked of me", "How I found it": a short title that begins like a question.
fn begins_as_question(words: &str) -> bool {
    let bare = bare(words);
    let count = bare.split_whitespace().count();
    let first = bare.split_whitespace().next().unwrap_or_default();
    (2..=7).contains(&count) && ASKING.contains(&first)
}

/// Titles that say what the narrator answered for; they stay where the model reads them.
fn is_owning(words: &str) -> bool {
    let lower = words.to_lowercase();
    let word = |known: &[&str]| lower.split(|c: char| !c.is_alphanumeric()).any(|word| known.contains(&word));
    word(&["own", "owned", "owner", "mine"]) && !lower.starts_with("which")
        || lower.contains("answer for")
        || lower.contains("answered for")
}

/// `**Task**:`, `**Task:**`, `**S** We …`, `*Design.* We …`.
fn emphasis(text: &str, len: usize) -> Option<usize> {
    let words = text.get(..len).filter(|words| !words.is_empty())?;
    let after = len + remark(&text[len..]);
    let sign = sign(&text[after..]);
    let joined = sign.is_some() || words.trim_end().ends_with([':', '.']);
    let end = after + sign.unwrap_or(0);
    if is_owning(words) || text[len..].starts_with(char::is_alphanumeric) {
        return None;
    }
    let single = words.trim().chars().count() == 1;
    let next = text[end..].trim_start().chars().next();
    let apart = joined || single || next.is_none_or(|c| !c.is_lowercase());
    let coloned = sign.is_some() || words.trim_end().ends_with(':');
    let titled = (is_title(words) || begins_as_question(words) && coloned) && apart;
    // "Cut tickets by 40%:" is told, not titled
    let short = coloned && words.split_whitespace().count() <= 4 && !words.contains(['%', '$', '€', '£']);
    (titled || short).then_some(end)
}

/// `(S)`, `[Task]`, each with or without a colon or dash.
fn bracket(text: &str) -> Option<usize> {
    let close = match text.chars().next()? {
        '(' => ')',
        '[' => ']',
        _ => return None,
    };
    let end = text.find(close)?;
    let words = text.get(1..end)?;
    let fits = words.starts_with(char::is_uppercase) && is_title(words);
    let after = end + 1;
    (fits && words.len() <= 20).then(|| after + sign(&text[after..]).unwrap_or(0))
}

/// `/Situation/`.
fn slashes(text: &str) -> Option<usize> {
    let inner = text.strip_prefix('/')?;
    let end = inner.find('/')?;
    let spaced = inner[end + 1..].starts_with(' ');
    (spaced && is_title(&inner[..end])).then_some(end + 2)
}

/// `Situation:`, `Action :`, `S -`, `RESULT –`, `Task (mine):`, `AT RISK:`.
fn plain(text: &str) -> Option<usize> {
    let limit = text.char_indices().nth(MAX_LABEL_CHARS + 1).map_or(text.len(), |(at, _)| at);
    let stop = text[..limit].char_indices().find_map(|(at, c)| {
        let signed = sign(&text[at..]).is_some();
        ((matches!(c, ':' | '：' | ' ' | '(')) && (signed || remark_then_sign(&text[at..]))).then_some(at)
    })?;
    let words = text[..stop].trim_end();
    let after = stop + remark(&text[stop..]);
    let end = after + sign(&text[after..])?;
    let colon = text[after..end].contains([':', '：']);
    let letter = LETTERS.contains(&words.to_lowercase().as_str());
    let small = words.starts_with(char::is_lowercase);
    if words.is_empty()
        || words.starts_with(['(', '[', '"', '\'', '“', '‘'])
        || is_owning(words)
        || (!colon && small && (letter || !is_title(words)))
    {
        return None;
    }
    (is_title(words) || is_capitals(words)).then_some(end)
}

/// Two to six words all in capitals, as in "AT RISK:".
fn is_capitals(words: &str) -> bool {
    let count = words.split_whitespace().count();
    let letters = words.chars().filter(|c| c.is_alphabetic()).count();
    (2..=6).contains(&count) && letters >= 5 && !words.chars().any(char::is_lowercase)
}

/// `A) Took …`, and the `A.` of questions and answers.
fn letter(text: &str) -> Option<usize> {
    let mut chars = text.chars();
    let first = chars.next()?;
    let second = chars.next()?;
    let fits = match second {
        ')' => "STARLC".contains(first),
        '.' => "STAR".contains(first),
        _ => false,
    };
    (fits && text[2..].starts_with(' ')).then_some(2)
}

/// `Situation (20%) We …`.
fn share(text: &str) -> Option<usize> {
    let open = text.find(" (")?;
    let word = text[..open].to_lowercase();
    let after = open + remark(&text[open..]);
    let next = text[after..].trim_start().chars().next();
    let fits = STAR.contains(&word.as_str()) && after > open;
    (fits && next.is_none_or(char::is_uppercase)).then_some(after)
}

/// The length of a remark in brackets, with the space before it: ` (my role)`.
fn remark(text: &str) -> usize {
    let space = white(text);
    let inner = &text[space..];
    if !inner.starts_with('(') {
        return 0;
    }
    match inner.find(')') {
        Some(end) if inner[..end].chars().count() <= MAX_LABEL_CHARS + 1 => space + end + 1,
        _ => 0,
    }
}

fn remark_then_sign(text: &str) -> bool {
    let len = remark(text);
    len > 0 && sign(&text[len..]).is_some()
}

/// The length of the colon, dash or arrow after a title, with the space before it. A dash needs that
/// space, and all need space or the end behind them but the wide colon.
pub(super) fn sign(text: &str) -> Option<usize> {
    let space = white(text);
    let c = text[space..].chars().next()?;
    let end = space + c.len_utf8();
    let dash = matches!(c, '-' | '–' | '—' | '→') && space > 0;
    let apart = text[end..].chars().next().is_none_or(char::is_whitespace);
    (c == '：' || (c == ':' || dash) && apart).then_some(end)
}

/// `Situation:Last …`, `Situation- Last …`: the space is missing on one side of the sign, so the title has to be one of STAR's
/// and a capital to follow.
fn tight(text: &str) -> Option<usize> {
    let stop = text.find([':', '-', '–', '—'])?;
    let c = text[stop..].chars().next()?;
    let rest = &text[stop + c.len_utf8()..];
    let joined = (c == ':') != rest.starts_with(' ');
    let capital = rest.trim_start().starts_with(char::is_uppercase);
    let known = STAR.contains(&text[..stop].to_lowercase().as_str()) && text.starts_with(char::is_uppercase);
    (known && joined && capital).then_some(text.len() - rest.len())
}

fn white(text: &str) -> usize {
    text.len() - text.trim_start().len()
}

#[cfg(test)]
#[path = "label_tests.rs"]
mod tests;
