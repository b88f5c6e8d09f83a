//! What the formats for people say in the same words: one line each, not escaped.

use super::{Context, SecondModel, Shown, sentence_list};
use crate::evidence::{Role, Tag};
use crate::guide::Guide;
use crate::model::ModelInfo;
use crate::report::{Abstention, Finding, QuestionReport, SecondOpinion, Verdict, Words};

/// More than three things are not mended at once.
pub(super) const MEND_FIRST: usize = 3;
/// From this level on an answer only needs practice.
const GOOD: u8 = 4;
/// Share of probability of the replies asked for below which an opinion is to be taken lightly.
const LITTLE: f32 = 0.5;

/// What to call an answer.
pub(super) fn name(name: &str) -> &str {
    if name == "-" { "standard input" } else { name }
}

/// What to run candor on again.
pub(super) fn again<'a>(shown: &Shown<'a>) -> &'a str {
    if shown.answer.name == "-" { "it" } else { &shown.answer.name }
}

/// The guide's title of a role.
pub(super) fn role_title(role: Role, guide: &Guide) -> &str {
    guide.role.get(&role).map_or(role.id(), |label| label.title.as_str())
}

/// The guide's title of a tag.
pub(super) fn tag_title(tag: Tag, guide: &Guide) -> &str {
    guide.tag.get(&tag).map_or(tag.id(), |label| label.title.as_str())
}

/// The guide's title of a mistake.
pub(super) fn mistake_title<'a>(id: &'a str, guide: &'a Guide) -> &'a str {
    guide.find_mistake(id).map_or(id, |m| m.title.as_str())
}

/// A model and the first digits of its digest.
pub(super) fn model(model: &ModelInfo) -> String {
    let digest: String = model.sha256.chars().take(12).collect();
    format!("{}@{digest}", model.id)
}

/// What makes a report, for its foot.
pub(super) fn tool(by: &ModelInfo, guide: &Guide, second: Option<&SecondModel>) -> String {
    let beside = second.map_or(String::new(), |s| {
        let (device, engine, prompts) = (&s.model.device, s.engine, s.prompts);
        format!(", {} beside it (engine {engine}, prompts {prompts}, on {device})", model(&s.model))
    });
    let version = env!("CARGO_PKG_VERSION");
    format!("candor {version}, {}, guide {}@{}{beside}", model(by), guide.id, guide.version)
}

/// Who judges where a language model does, in words.
pub(super) fn judged_by(encoder: &ModelInfo, second: &SecondModel) -> String {
    let (encoder, model, engine) = (&encoder.id, &second.model.id, second.engine);
    let who = match engine {
        "llm" => format!("{model}, the rest by {encoder}"),
        _ => format!("{encoder} and {model}"),
    };
    format!("{who} (engine {engine})")
}

/// The form of the question, and whether it is answered.
pub(super) fn form(question: &QuestionReport) -> String {
    if question.form.is_none() {
        return "none that the guide knows".to_owned();
    }
    let verdict = match (question.answered, question.missing.is_empty()) {
        (true, _) => "answered".to_owned(),
        (false, true) => "not answered yet".to_owned(),
        (false, false) => format!("not answered yet; still to be heard: {}", question.missing.join("; ")),
    };
    format!("{} ({verdict})", question.title)
}

/// What to do about an answer without a score.
pub(super) fn without_score(why: Abstention) -> &'static str {
    match why {
        Abstention::NoText => {
            "Headings, code and comments are not read as sentences. Write the answer out, or check \
             that this is the right file."
        }
        Abstention::NotAnAnswer => {
            "That is no judgement of you: candor only scores a story told in English. Tell one thing that happened, \
             in a few sentences: what was at stake, what was yours to carry, what you did and why, what came \
             of it. Rough notes are enough."
        }
    }
}

/// Why there is nothing to mend.
pub(super) fn nothing(shown: &Shown<'_>) -> String {
    match shown.report.findings.len() {
        0 => "Nothing: none of the mistakes that were looked for is heard in it.".to_owned(),
        n => format!("Nothing as severe as is asked for; less severe and not shown: {n}."),
    }
}

/// How many findings the answer's comments leave out.
pub(super) fn suppressed(shown: &Shown<'_>) -> Option<String> {
    match shown.report.suppressed.len() {
        0 => None,
        1 => Some("1 finding is left out, as the answer's own comments ask.".to_owned()),
        n => Some(format!("{n} findings are left out, as the answer's own comments ask.")),
    }
}

/// Where a finding is.
pub(super) fn place_of(finding: &Finding) -> String {
    match finding.sentences.as_slice() {
        [] => "the whole answer".to_owned(),
        sentences => sentence_list(sentences),
    }
}

/// The level in the guide's words.
pub(super) fn level<'a>(verdict: &Verdict, guide: &'a Guide) -> &'a str {
    guide.levels[at(verdict)].trim().trim_end_matches('.')
}

/// The place of the level among the five.
fn at(verdict: &Verdict) -> usize {
    usize::from(verdict.level.clamp(1, 5)) - 1
}

/// How sure the level is, in words and in figures, with the next likeliest one.
pub(super) fn sureness(verdict: &Verdict) -> String {
    let at = at(verdict);
    let percent = |i: usize| (verdict.levels[i] * 100.0).round();
    let words = match verdict.levels[at] {
        p if p >= 0.75 => "quite sure",
        p if p >= 0.5 => "fairly sure",
        _ => "not very sure",
    };
    let mut next = None;
    for i in (0..5).filter(|&i| i != at) {
        if next.is_none_or(|n: usize| verdict.levels[i] > verdict.levels[n]) {
            next = Some(i);
        }
    }
    if let Some(n) = next.filter(|&n| verdict.levels[n] > verdict.levels[at]) {
        let (own, other) = (percent(at), percent(n));
        return format!("candor wavers between {} ({own}%) and {} ({other}%).", at + 1, n + 1);
    }
    let own = format!("candor is {words} of the level ({}%)", percent(at));
    match next.filter(|&n| percent(n) >= 1.0) {
        Some(n) => format!("{own}; the next likeliest is {} ({}%).", n + 1, percent(n)),
        None => format!("{own}."),
    }
}

/// What a language model hears otherwise.
pub(super) fn opinion(opinion: &SecondOpinion, model: &str) -> String {
    match opinion.differs.as_slice() {
        [] => format!("{model} hears the same role in every sentence."),
        differs => {
            format!("{model} hears another role in {}: an interviewer may too.", sentence_list(differs))
        }
    }
}

/// Whether, and why, an opinion is to be taken lightly.
pub(super) fn lightly(opinion: &SecondOpinion) -> Option<&'static str> {
    let text = "Take it lightly: it would often rather have said something else than it was asked for.";
    (opinion.mass < LITTLE).then_some(text)
}

/// How many parts of a critique in words are left out, and why.
pub(super) fn left_out(words: &Words) -> impl Iterator<Item = String> {
    let dropped = match words.dropped {
        0 => None,
        1 => Some("1 part is left out: it quotes what the answer does not say.".to_owned()),
        n => Some(format!("{n} parts are left out: they quote what the answer does not say.")),
    };
    let unfinished = match words.unfinished {
        0 => None,
        1 => Some("1 part is left out: it was not written to its end.".to_owned()),
        n => Some(format!("{n} parts are left out: they were not written to their end.")),
    };
    dropped.into_iter().chain(unfinished)
}

/// What to do now; `points` says where the parts of the score are to be seen.
pub(super) fn next(shown: &Shown<'_>, context: &Context<'_>, points: &str) -> String {
    match shown.findings(context).next() {
        Some(first) => format!(
            "mend the first point and run candor again on {}; `candor explain {}` shows a weak and a mended example.",
            again(shown),
            first.id
        ),
        None if shown.report.verdict.as_ref().is_some_and(|v| v.level < GOOD) => {
            format!("see {points} which parts give few points, and tell more of those.")
        }
        None if shown.report.follow_ups.is_empty() => "say it aloud, in two minutes.".to_owned(),
        None => "say it aloud in two minutes, and have an answer ready to what you will be asked.".to_owned(),
    }
}
