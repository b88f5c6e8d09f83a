//! What the formats for people say of a bank in the same words: one line each, not escaped.

use super::{Bank, Names};
use crate::bank::{Episode, Link, SAME_EPISODE, Served, Serves, Story, Weak};
use crate::guide::Guide;
use crate::render::said::argument;
use crate::render::{escape, reason};
use crate::report::GOOD;

/// Entries of a list that are shown; the rest is counted.
pub(super) const MOST_LISTED: usize = 20;

/// How many stories there are, how many of them are told, what they score.
pub(super) fn head(bank: &Bank<'_>) -> String {
    let told = bank.summary.told;
    let stories = count(bank.stories.len(), "story", "stories");
    let score = bank.summary.mean_score.map(|m| format!(", mean score {m:.0} of 100")).unwrap_or_default();
    let rest = if told < bank.stories.len() { format!(", {told} of them told") } else { String::new() };
    let stopped = if bank.complete { "" } else { "; stopped before the end" };
    format!("{stories}{rest}{score}{stopped}")
}

/// "1 story", "2 stories".
pub(in crate::render) fn count(n: usize, one: &str, many: &str) -> String {
    format!("{n} {}", if n == 1 { one } else { many })
}

/// "2, 5 and 7", counted from 1; of many the first.
pub(super) fn numbers(stories: &[usize]) -> String {
    let shown: Vec<String> = stories.iter().take(MOST_LISTED).map(|i| (i + 1).to_string()).collect();
    match (shown.split_last(), stories.len() - shown.len()) {
        (None, _) => String::new(),
        (Some((last, [])), 0) => last.clone(),
        (Some((last, first)), 0) => format!("{} and {last}", first.join(", ")),
        (Some(_), n) => format!("{} and {n} more", shown.join(", ")),
    }
}

/// "story 2", "stories 2, 5 and 7".
pub(in crate::render) fn numbered(stories: &[usize]) -> String {
    format!("{} {}", if stories.len() == 1 { "story" } else { "stories" }, numbers(stories))
}

/// The kinds of a story in the guide's words.
pub(super) fn kinds(story: &Story, guide: &Guide) -> String {
    let title = |id: &String| guide.category.iter().find(|c| c.id == *id).map(|c| c.title.as_str());
    let kinds: Vec<&str> = story.categories.iter().filter_map(title).collect();
    if kinds.is_empty() { "of no category".to_owned() } else { kinds.join(", ") }
}

/// From which likeness on stories are said to tell one episode, and of how many that is said.
pub(super) fn likeness(bank: &Bank<'_>) -> String {
    let summary = bank.summary;
    let first = if summary.compared < bank.stories.len() {
        format!(" Only the first {} were compared.", summary.compared)
    } else {
        String::new()
    };
    format!("Two stories count as the same episode from a likeness of {SAME_EPISODE:.2} on.{first}")
}

/// Why a story is weak.
pub(super) fn why(weak: &Weak) -> String {
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

/// A question, and of which form it is.
pub(super) fn question(serves: &Serves, guide: &Guide) -> String {
    let form = serves.form.as_ref().map(|f| f.1.as_str());
    match (&serves.question, form) {
        (Some(question), Some(form)) => format!("{question} ({form})"),
        (Some(question), None) => {
            format!("{question} (of no form of the guide {}; by the words that it shares)", guide.id)
        }
        (None, form) => form.unwrap_or_default().to_owned(),
    }
}

/// The stories to name for a question: those that tell all that it asks for, else the one that comes nearest.
pub(super) fn best(serves: &Serves) -> Vec<&Served> {
    let whole: Vec<&Served> = serves.best.iter().filter(|b| b.missing.is_empty()).collect();
    if whole.is_empty() { serves.best.iter().take(1).collect() } else { whole }
}

/// Why a story serves a question.
pub(super) fn served(best: &Served, story: &Story) -> String {
    let told = if best.heard.is_empty() && best.written_for {
        "has this very question".to_owned()
    } else if best.heard.is_empty() {
        format!("has {:.0}% of the weight of its words", best.shared * 100.0)
    } else {
        format!("tells {}", best.heard.join("; "))
    };
    let level = story.standing.map(|s| format!(", level {}", s.level)).unwrap_or_default();
    let written =
        if best.written_for && !best.heard.is_empty() { ", written for such a question" } else { "" };
    let lacks = match best.missing.as_slice() {
        [] => String::new(),
        missing => format!("; still to be told: {}", missing.join("; ")),
    };
    let kinds: String = best.kinds.iter().map(|kind| format!(", {kind}")).collect();
    format!("{told}{lacks}{level}{kinds}{written}")
}

/// That no story serves a question.
pub(super) fn unserved(serves: &Serves) -> &'static str {
    match serves.form {
        Some(_) => "No story tells anything that it asks for.",
        None => "No story shares words with it that few stories have.",
    }
}

/// What the weakest link costs, up to the stories that it costs most.
pub(super) fn weakest(link: &Link, bank: &Bank<'_>) -> String {
    let each = link.lost / bank.summary.told.max(1) as f32;
    let of = if link.stories.len() == 1 { "story" } else { "stories" };
    format!("{}: it costs {:.0} points, {each:.1} a story, most in {of}", link.title, link.lost)
}

/// What is said of stories that may tell one episode, after their names.
pub(super) fn episode(episode: &Episode) -> String {
    format!(
        "look like the same episode (likeness {:.2}). If they are, keep the better one for an interview.",
        episode.likeness
    )
}

/// That there are none.
pub(super) const NO_EPISODES: &str = "No two stories look like the same episode.";

/// Whether a command that is given this name, as it is shown, reads that story; `names` knows what is in files.
pub(in crate::render) fn can_be_asked(name: &str, names: Names<'_>) -> bool {
    escape(name) == name && !name.contains(char::REPLACEMENT_CHARACTER) && names(name)
}

/// What to do about the story that the weakest link costs most; `again` are the options of a command on it, if one can name it
/// and judges it the same.
pub(in crate::render) fn mend_in(name: &str, again: Option<&str>) -> String {
    match again {
        Some(again) => format!(
            "mend that in {name}; `candor critique --explain-score{again} {}` shows where.",
            argument(name)
        ),
        None => format!(
            "mend that in {name}; once it is in a file of its own, `candor critique --explain-score` shows where."
        ),
    }
}

/// What to do now. A kind of which there is no story comes before what costs a good story a few points.
pub(super) fn next(bank: &Bank<'_>) -> String {
    let summary = bank.summary;
    let missing = summary.categories.iter().filter(|c| c.stories.is_empty()).map(|c| c.title.as_str());
    let missing: Vec<&str> = missing.collect();
    let worst = summary.weakest.as_ref().and_then(|l| l.stories.first()).map(|cost| &bank.stories[cost.0]);
    let good = |story: &&Story| story.standing.is_ok_and(|s| s.level >= GOOD);
    match (worst.filter(|story| missing.is_empty() || !good(story)), missing.as_slice()) {
        (Some(story), _) => {
            let asked = can_be_asked(&story.name, bank.names);
            mend_in(&story.name, asked.then_some(bank.again))
        }
        (None, []) => "say each of them aloud in two minutes.".to_owned(),
        (None, [kind]) => format!("write a story of the kind that is missing: {kind}."),
        (None, kinds) => format!("write a story of a kind that is missing: {}.", kinds.join("; ")),
    }
}
