//! What the formats for people say in the same words: one line each, not escaped.

use std::path::Path;

use super::mend;
use super::{Context, SecondModel, Shown, aside, reason, sentence_list};
use crate::evidence::{Role, Tag};
use crate::guide::{Guide, Measure};
use crate::model::ModelInfo;
use crate::report::{
    Abstention, Criterion, Finding, GOOD, QuestionReport, SecondOpinion, Severity, Verdict, Words,
};
use crate::text::Answer;

/// Points lost from which on a part is thin.
const THIN: f32 = 3.0;
/// From which probability on a level is named where candor wavers.
const LIKELY: f32 = 0.15;
/// How far a level is ahead of the next one where candor does not waver.
const EVEN: f32 = 0.03;
/// How far a level is ahead of the next one where candor is fairly sure of it.
const CLEAR: f32 = 0.15;
/// How fast a story is told.
const WORDS_A_MINUTE: f32 = 140.0;
/// The minutes that a first answer usually has.
const USUAL: f32 = 2.0;
/// Share of probability of the replies asked for below which an opinion is to be taken lightly.
const LITTLE: f32 = 0.5;

/// What to call an answer.
pub(super) fn name(name: &str) -> &str {
    if name == "-" { "standard input" } else { name }
}

/// What to run candor on again.
pub(super) fn again(shown: &Shown<'_>) -> String {
    if shown.answer.name == "-" { "it".to_owned() } else { quoted(&shown.answer.name) }
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
pub(super) fn tool(context: &Context<'_>) -> String {
    let guide = context.guide;
    let beside = context.second.map_or(String::new(), |s| {
        let (device, engine, prompts) = (&s.model.device, s.engine, s.prompts);
        format!(", {} beside it (engine {engine}, prompts {prompts}, on {device})", model(&s.model))
    });
    let version = env!("CARGO_PKG_VERSION");
    format!("candor {version}, {}, guide {}@{}{beside}", model(context.model), guide.id, guide.version)
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

/// The form of the question, and whether it is answered. Nothing in particular is asked for by a question of no form that the guide
/// knows.
pub(super) fn form(question: &QuestionReport) -> String {
    if question.form.is_none() {
        return "none that the guide knows; whether the story answers it is not judged".to_owned();
    }
    let verdict = match unheard(question) {
        None => "its parts are heard; see that the story fits it".to_owned(),
        Some(missing) => format!("not answered yet; still to be heard: {missing}"),
    };
    format!("{} ({verdict})", question.title)
}

/// What the question asks for and the answer does not tell.
fn unheard(question: &QuestionReport) -> Option<String> {
    (!question.missing.is_empty()).then(|| question.missing.join("; "))
}

/// In a line that an answer has no score, and why. The name is written as it is.
pub(super) fn no_score(name: &str, why: Abstention) -> String {
    format!("{name}: no score: {}", reason(why).1)
}

/// What is left out of an answer, with its line and why.
pub(super) fn aside(answer: &Answer) -> Vec<String> {
    let all = aside::left_out(answer).into_iter();
    all.map(|out| format!("line {}, \"{}\": {}", out.line, out.text, out.why)).collect()
}

/// What to do about an answer without a score.
pub(super) fn without_score(why: Abstention) -> &'static str {
    match why {
        Abstention::NoText => {
            "Headings, code and comments are not read as sentences. Write the answer out, or check \
             that this is the right file."
        }
        Abstention::NotAnAnswer => {
            "That is no judgement of you: candor only scores a story that is told in English. \
             Tell one thing that happened: what was at stake, what was yours to carry, what you did and why, what \
             came of it. Rough notes are enough."
        }
    }
}

/// Why there is nothing to mend. An answer below a good level that shows no mistake is told where most of its points are lost.
pub(super) fn nothing(shown: &Shown<'_>, guide: &Guide) -> String {
    let poor = shown.report.verdict.as_ref().filter(|v| v.level < GOOD);
    let advice = poor.and_then(|v| most_lost(&v.criteria)).and_then(|lost| {
        let criterion = guide.find_criterion(&lost.id)?;
        Some(format!(" Most is lost in {}. {}", lost.title, guide.help(criterion)?))
    });
    let other = if shown.report.suppressed.is_empty() { "" } else { "other " };
    match (shown.report.findings.len(), advice) {
        (0, Some(advice)) => {
            format!("None of the {other}mistakes looked for is heard clearly.{advice}")
        }
        (0, None) => match shown.report.question.as_ref().and_then(unheard) {
            Some(missing) => {
                format!(
                    "None of the {other}mistakes looked for is heard, but the question asks for more: {missing}."
                )
            }
            None => format!("Nothing: none of the {other}mistakes looked for is heard in it."),
        },
        (n, _) => format!("Nothing as severe as is asked for; less severe and not shown: {n}."),
    }
}

/// How many findings the answer's comments leave out.
pub(super) fn suppressed(shown: &Shown<'_>) -> Option<String> {
    left_out_by_comments(shown.report.suppressed.len())
}

/// The same, from their number.
pub(super) fn left_out_by_comments(findings: usize) -> Option<String> {
    match findings {
        0 => None,
        1 => Some("1 finding is left out, as the answer's own comments ask.".to_owned()),
        n => Some(format!("{n} findings are left out, as the answer's own comments ask.")),
    }
}

/// Where a finding is, or that nothing of it is told yet.
pub(super) fn place_of(finding: &Finding) -> String {
    match finding.sentences.as_slice() {
        [] => "nowhere yet".to_owned(),
        sentences => sentence_list(sentences),
    }
}

/// The level in the guide's words.
pub(super) fn level<'a>(verdict: &Verdict, guide: &'a Guide) -> &'a str {
    guide.levels[at(verdict)].trim().trim_end_matches('.')
}

/// The part of the score that loses most points of those that neither a finding nor what is to be mended first names, where it is
/// worth naming: below level 3 much is missing. The sentences that tell it, if any do, stand with it: what the report praises in
/// them is only too little.
pub(super) fn thinnest(shown: &Shown<'_>, context: &Context<'_>) -> Option<String> {
    let verdict = shown.report.verdict.as_ref().filter(|v| v.level >= 3)?;
    let first = mend::first(shown, context);
    let named = |c: &&Criterion| context.guide.is_named(&c.id, shown.report.found());
    let rest = verdict.criteria.iter().filter(|c| !named(c) && !first.iter().any(|m| m.is(c)));
    let most = most_lost(rest)?;
    let besides = if first.is_empty() { "The" } else { "Besides what to mend first, the" };
    Some(format!("{besides} thinnest part: {}.", criterion(most, context.guide)))
}

/// The score, and how the level stands to it.
pub(super) fn score(verdict: &Verdict, guide: &Guide) -> String {
    let apart = if guide.level_scores.is_none() {
        ", counted part by part; the level is judged on the whole"
    } else {
        ""
    };
    format!("{} of 100{apart}.", verdict.score)
}

/// A part of the score, with the sentences that tell it, or that took points from it.
pub(super) fn criterion(criterion: &Criterion, guide: &Guide) -> String {
    let (title, sentences) = (&criterion.title, sentence_list(&criterion.sentences));
    match (criterion.sentences.is_empty(), costs(criterion, guide)) {
        (true, _) => title.clone(),
        (false, true) => format!("{title} (lost in {sentences})"),
        (false, false) => format!("{title} ({sentences})"),
    }
}

fn most_lost<'a>(criteria: impl IntoIterator<Item = &'a Criterion>) -> Option<&'a Criterion> {
    criteria.into_iter().max_by(|a, b| a.lost().total_cmp(&b.lost())).filter(|c| c.lost() >= THIN)
}

/// The place of the level among the five.
fn at(verdict: &Verdict) -> usize {
    usize::from(verdict.level.clamp(1, 5)) - 1
}

/// How sure the level is, in words and in figures, with the next likeliest one.
pub(super) fn sureness(verdict: &Verdict, guide: &Guide) -> String {
    if guide.level_scores.is_some() {
        return "The level follows from the score alone.".to_owned();
    }
    let at = at(verdict);
    let percent = |i: usize| (verdict.levels[i] * 100.0).round();
    let mut next = None;
    for i in (0..5).filter(|&i| i != at) {
        if next.is_none_or(|n: usize| verdict.levels[i] > verdict.levels[n]) {
            next = Some(i);
        }
    }
    let ahead = verdict.levels[at] - next.map_or(0.0, |n| verdict.levels[n]);
    if ahead < EVEN {
        let likely = (0..5).filter(|&i| i == at || verdict.levels[i] >= LIKELY);
        let each: Vec<String> = likely.map(|i| format!("{} ({}%)", i + 1, percent(i))).collect();
        let (last, most) = each.split_last().map_or(("", &[][..]), |(last, most)| (last.as_str(), most));
        let middle = next.is_some_and(|n| verdict.levels[n] > verdict.levels[at]);
        let why =
            if middle { format!("; {} is the middle of what is likely", at + 1) } else { String::new() };
        return format!("candor wavers between {} and {last}{why}.", most.join(", "));
    }
    let words = match verdict.levels[at] {
        p if p >= 0.75 => "quite sure",
        p if p >= 0.5 && ahead >= CLEAR => "fairly sure",
        _ => "not very sure",
    };
    let own = format!("candor is {words} of the level ({}%)", percent(at));
    match next.filter(|&n| percent(n) >= 1.0) {
        Some(n) => format!("{own}; the next likeliest is {} ({}%).", n + 1, percent(n)),
        None => format!("{own}."),
    }
}

/// Whether the sentences of a criterion took points from it; else they gave it those that it has.
pub(super) fn costs(criterion: &Criterion, guide: &Guide) -> bool {
    let takes = |m: &Measure| matches!(m, Measure::Without { .. } | Measure::Brief { .. });
    criterion.score < 1.0 && guide.find_criterion(&criterion.id).is_some_and(|c| takes(&c.measure))
}

/// What a language model hears otherwise.
pub(super) fn opinion(opinion: &SecondOpinion, second: &SecondModel) -> String {
    let model = &second.model.id;
    match opinion.differs.as_slice() {
        [] if second.engine == "llm" => format!("The roles shown are those of {model} alone."),
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
    let verdict = shown.report.verdict.as_ref();
    let level = verdict.map_or(0, |v| v.level);
    let (good, whole) = (level >= GOOD, verdict.and_then(|v| most_lost(&v.criteria)).is_none());
    let first = mend::first(shown, context).first().copied();
    let grave = first.is_some_and(|m| m.severity() > Severity::Suggestion);
    let explained = first.and_then(|m| m.mistake(context.guide));
    let missing = shown.report.question.as_ref().and_then(unheard);
    match (explained, missing) {
        // what is asked for goes before what would only make it better
        (_, Some(missing)) if good && !grave => format!(
            "tell what the question asks for, or tell it more plainly: {missing}. Then run candor again on {}.",
            again(shown)
        ),
        (Some(first), _) if good && !grave => {
            let ready = match level {
                5 if whole => {
                    "it can be told as it is. If you have a sentence to spare, take the first point"
                }
                _ => "it carries as it is, and is stronger with the first point",
            };
            format!("{ready}: `{}` shows how.", explain(context.guide_file, first))
        }
        (Some(first), _) => format!(
            "mend the first point and run candor again on {}; `{}` shows a weak and a mended example.",
            again(shown),
            explain(context.guide_file, first)
        ),
        (None, _) if !good => {
            format!("see {points} which parts give few points, and tell more of those.")
        }
        (None, _) if shown.report.follow_ups.is_empty() => format!("say it aloud{}.", time(shown)),
        (None, _) => {
            format!("say it aloud{}, and have an answer ready to what you will be asked.", time(shown))
        }
    }
}

/// In which time to say a story, and how long it takes where that is longer.
fn time(shown: &Shown<'_>) -> String {
    let words: usize = shown.report.words_by_role(shown.answer).iter().sum();
    match (words as f32 / WORDS_A_MINUTE * 2.0).round() / 2.0 {
        minutes if minutes > USUAL => format!(" ({words} words, some {minutes} minutes: two are better)"),
        _ => " in two minutes".to_owned(),
    }
}

/// The command that explains a mistake of the guide in a file; none is the embedded one.
pub(crate) fn explain(guide: Option<&Path>, mistake: &str) -> String {
    let guide = guide.map(|file| option("--guide", &file.display().to_string()));
    format!("candor explain{} {mistake}", guide.unwrap_or_default())
}

/// An option and its value as a shell takes them, after what stands before it in the command.
pub(crate) fn option(option: &str, value: &str) -> String {
    format!(" {option}={}", quoted(value))
}

/// A path as a shell and candor take it for one argument.
pub(crate) fn argument(path: &str) -> String {
    if path.starts_with('-') { quoted(&format!("./{path}")) } else { quoted(path) }
}

/// As a shell takes it for one word.
pub(crate) fn quoted(word: &str) -> String {
    let plain = |c: char| c.is_alphanumeric() || "-_./~^@:+".contains(c);
    if !word.is_empty() && word.chars().all(plain) {
        return word.to_owned();
    }
    format!("'{}'", word.replace('\'', "'\\''"))
}
