//! What an assistant says around a story that it wrote: "Sure! Here's a stronger version:", "Why this works:", "Would you like …?".
//!
//! The story's own "What I learned", "What changed" and "Key results" stay: only what stands at its end is left out, and only
//! where it speaks of the answer as a text or praises it in a list without a narrator.

use super::question::asks_to_tell;
use super::who::narrates;
use super::{is_blank, stamp};

/// With so many words above or below there is a story that something can be said of.
const STORY_WORDS: usize = 25;

/// Lines among which the title of a remark is looked for.
const MOST_LINES: usize = 30;

/// With what an assistant agrees.
const YES: [&str; 8] = [
    "sure",
    "absolutely",
    "certainly",
    "of course",
    "great question",
    "got it",
    "happy to help",
    "thanks for sharing",
];

/// With what it hands over.
const HERE: [&str; 5] = ["here's", "here’s", "here is", "here are", "below is"];

/// Words for a story as a text; [`STRONG`] ones are hardly those of anything else.
const TEXT: &str = "answer|answers|version|versions|response|draft|words|language|tone|story";
const STRONG: &str = "rewrite|rewritten|wording|phrasing|paragraph|paragraphs|sentence|sentences|hedging|filler|interviewer|\
interviewers|narrative|star";

/// With what an answer is praised.
const PRAISE: &str = "clear|clearly|specific|concise|strong|ownership|leadership|impact|quantified|quantifies|quantify|shows|ends|\
lesson|structure|structured|demonstrates|highlights|measurable|metrics";

/// Titles of what was changed in a text.
const CHANGED: &str = "improvements|improved|change|changes|changed|edits|tweaks|notes|feedback|tips";

/// With what it offers more; the first ones ask.
const OFFERS: [&str; 8] = [
    "would you like me to",
    "would you like a",
    "want me to",
    "do you want me to",
    "shall i shorten",
    "shall i make",
    "shall i rewrite",
    "shall i cut it",
];
const CLOSINGS: &str = "chatgpt can make mistakes|claude can make mistakes|claude is ai|gemini can make mistakes|\
copilot can make mistakes|check important info|let me know if you'd like|let me know if you’d like|let me know if you want|\
i hope this helps|hope this helps|good luck with your interview|feel free to adapt|feel free to adjust|feel free to tweak|\
i can also help|i can also make|i can also turn";

/// Of each line whether an assistant says it around the story, and the question that it names.
pub(super) fn around(lines: &[&str]) -> (Vec<bool>, Option<String>) {
    let mut out = vec![false; lines.len()];
    let end = end_of_story(lines);
    out[end..].fill(true);
    let mut asked = None;
    let told = |i: &usize| !is_blank(lines[*i]);
    for i in (0..end).filter(told).take(2) {
        if !leads_in(lines[i]) || line_of_story(&lines[i + 1..end]).is_none() {
            break;
        }
        out[i] = true;
        asked = asked.or_else(|| quoted(lines[i]));
    }
    (out, asked)
}

/// The line with whose words there are enough for a story.
fn line_of_story(lines: &[&str]) -> Option<usize> {
    let mut words = lines.iter().enumerate().flat_map(|(i, line)| line.split_whitespace().map(move |_| i));
    words.nth(STORY_WORDS - 1)
}

/// A line in small letters without the marks before it.
fn small(line: &str) -> String {
    line.trim_start_matches(|c: char| !c.is_alphanumeric()).trim_end_matches(['*', '_', ' ']).to_lowercase()
}

/// Whether a line has one of these words, which a bar parts.
fn has_one(line: &str, words: &str) -> bool {
    let is_known = |word: &str| words.split('|').any(|known| known == word);
    line.to_lowercase().split(|c: char| !c.is_alphanumeric() && c != '\'' && c != '’').any(is_known)
}

/// Whether a line speaks of the answer as a text.
fn speaks_of_text(line: &str) -> bool {
    has_one(line, TEXT) || has_one(line, STRONG)
}

/// "Sure!", "Here's a refined version of your story:". "Of course it failed." and "Here is what the customer's draft said:" begin
/// stories.
fn leads_in(line: &str) -> bool {
    let small = small(line);
    let agreed = YES.iter().find_map(|yes| small.strip_prefix(yes));
    let rest = agreed.unwrap_or(&small).trim_start_matches(|c: char| !c.is_alphanumeric());
    if agreed.is_some() && matches!(rest.trim_end_matches('!'), "" | "thing" | "here you go") {
        return small.ends_with('!');
    }
    let hands = HERE.iter().any(|here| rest.starts_with(here));
    let mine = ["I would answer", "I'd answer", "I’d answer"].iter().any(|mine| line.contains(mine));
    let told = narrates(line) && !mine || has_one(rest, "what|that|which|who|what's");
    let words = small.split_whitespace().count();
    small.ends_with(':')
        && words <= 30
        && hands
        && !told
        && (agreed.is_some() || mine || speaks_of_text(&small))
}

/// A question in quotation marks.
fn quoted(line: &str) -> Option<String> {
    let mut parts = line.split(['"', '“', '”']).skip(1).step_by(2);
    parts.find(|part| asks_to_tell(part)).map(|part| part.trim().to_owned())
}

/// The line at which what is said of the story begins, at the end of it; the number of lines where nothing is.
fn end_of_story(lines: &[&str]) -> usize {
    let mut end = lines.len();
    let tells = |line: &&str| line.contains(char::is_alphanumeric) && !stamp::tells_nothing(line.trim(), "");
    let Some(told) = line_of_story(lines) else { return end };
    while let Some(last) = lines[..end].iter().rposition(tells) {
        let from = (last + 1).saturating_sub(MOST_LINES);
        let titles = |i: &usize| is_remark(lines[*i], &lines[*i + 1..=last]);
        let begin = if offers(lines[last]) { Some(last) } else { (from..last).rev().find(titles) };
        match begin {
            Some(begin) if begin > told => end = begin,
            _ => break,
        }
    }
    end
}

/// "Would you like me to shorten it?", "If you share the role, I can tailor it.", "Tip: practice it aloud."
fn offers(line: &str) -> bool {
    let small = small(line);
    let asks = small.ends_with('?') && OFFERS.iter().any(|offer| small.starts_with(offer));
    let bare = line.trim_start_matches(['*', ' ']);
    let says = CLOSINGS.split('|').any(|closing| small.starts_with(closing))
        && !narrates(bare.strip_prefix("I ").unwrap_or(bare));
    let tips = ["tip:", "pro tip:", "tips:"].iter().any(|tip| small.replace('*', "").starts_with(tip));
    let practice =
        ["practice", "practise", "aloud", "out loud", "interview"].iter().any(|w| small.contains(w));
    let serves = [" i can ", " i'll ", " i’ll ", "let me know"].iter().any(|serve| small.contains(serve));
    let spoken_of =
        speaks_of_text(&small) || ["you prepare", "the role", "the job"].iter().any(|w| small.contains(w));
    asks || says || tips && practice || small.starts_with("if you") && serves && spoken_of
}

/// Whether a line is the title of what is said of the story, and what stands `below` is that.
fn is_remark(line: &str, below: &[&str]) -> bool {
    let small = small(line);
    let title = small.trim_end_matches([':', '*']);
    let marked = small.ends_with(':')
        || line.trim_start().starts_with(['#', '*', '_'])
        || title.split_whitespace().count() <= 4;
    if title.split_whitespace().count() > 10 || !marked || title.ends_with(['.', '?', '!']) {
        return false;
    }
    let below: Vec<&str> =
        below.iter().copied().filter(|line| line.contains(char::is_alphanumeric)).collect();
    let most =
        |holds: &dyn Fn(&str) -> bool| 2 * below.iter().filter(|line| holds(line)).count() > below.len();
    let praises = ["why this", "why your", "what makes this"].iter().any(|why| title.starts_with(why));
    let now = has_one(title, "works|effective|strong|stronger|better");
    // "What changed" is a title of stories, too; "What I changed" less so
    let mine = has_one(title, "i");
    let of_text = |line: &str| has_one(line, STRONG) || mine && has_one(line, TEXT) && !narrates(line);
    praises && now && most(&is_praise) || has_one(title, CHANGED) && most(&of_text)
}

/// "- Clear ownership", "- It quantifies the impact": a short point in which nobody narrates.
fn is_praise(line: &str) -> bool {
    let point = line.trim_start().starts_with(|c: char| !c.is_alphabetic() && !"\"“'(".contains(c));
    point
        && line.split_whitespace().count() <= 16
        && !narrates(line)
        && (has_one(line, PRAISE) || speaks_of_text(line))
}

#[cfg(test)]
mod tests {
    use super::*;

    const STORY: &str = "Our export failed twice a week, and I was the one who owned it. I sat down with both engineers and \
                         went through every failure. I asked both leads to agree on a freeze window.";

    fn left(before: &str, after: &str) -> Vec<String> {
        let text = format!("{before}{STORY}{after}");
        let lines: Vec<&str> = text.lines().collect();
        let (out, _) = around(&lines);
        let left = lines.iter().zip(out).filter(|(line, out)| !out && !line.trim().is_empty());
        left.map(|(line, _)| (*line).to_owned()).collect()
    }

    #[test]
    fn what_an_assistant_says_is_no_part_of_the_story() {
        for after in [
            "**Why this works:**\n- Clear ownership\n- Quantified result: 9 of 14\n- Ends with a lesson",
            "**Why this works**\n\n* Clear ownership (\"I sat down\")\n* Shows what you learned\n\nIf you share the role, I can tailor it further.",
            "Key improvements I made:\n1. Added metrics\n2. Strengthened ownership language\n3. Cut it from 220 to 130 words",
            "A few notes on what I changed:\n\n- I moved the stakes up so the interviewer hears them.\n- I cut the hedging.\n- I cut the second paragraph.\n\nWant me to make a spoken version?",
            "4o\n\nChatGPT can make mistakes. Check important info.",
            "**Tip:** Practice this out loud.",
            "Would you like me to make it shorter?",
            "Let me know if you'd like a shorter 60-second version!",
            "If you'd like, I can also help you prepare for follow-up questions.",
        ] {
            let left: Vec<String> =
                left("", &format!("\n\n{after}\n")).into_iter().filter(|line| line != "4o").collect();
            assert_eq!(left, [STORY], "{after}");
        }
        for before in [
            "Sure!",
            "Absolutely!\n\nHere's a refined version of your story:",
            "Absolutely — here's a stronger version:",
            "Sure, here's your answer in STAR format:",
            "Great question! Here's how I would answer:",
        ] {
            assert_eq!(left(&format!("{before}\n\n"), ""), [STORY], "{before}");
        }
    }

    #[test]
    fn what_the_story_says_of_itself_stays() {
        for after in [
            "What I learned:\n- Ask early\n- Write it down",
            "**Key results**\n- 87% fewer failures\n- Two teams on one calendar",
            "Why it worked:\n- Both leads had agreed\n- Nobody was surprised",
            "Why this works:\n- We test each restore\n- My team owns the gate",
            "Key improvements I made:\n- Added alarms\n- Cut the run to 40 minutes",
            "What I changed:\n- The schema gate\n- The on-call rota",
            "If you share a queue, you share its failures.",
            "Would you like me to take it? I asked.",
            "Feedback from my manager: I should have asked earlier.",
            "Tip: ask the team that pages you first.",
            "What changed:\n- First response within one hour instead of nine\n- Response time fell from 9 s to 2 s",
            "Key improvements:\n- Response times down 40%\n- Version 2 shipped on time",
            "Feedback and results:\n- NPS of the answers rose from 12 to 48\n- The median response came within 2 hours",
            "Release notes\n- One version a week\n- Every draft is read by both leads",
            "The exchange rate\nThe new version of the feed answered in 40 ms.",
            "What I changed:\n- The wording of the alert, so that I could act on it\n- The language of our runbook, which I moved",
            "Changes in my practice:\n- I write the story of each outage down\n- I draft the response before I need it",
            "Why it is better now:\n- Restores are tested every night\n- Alerts page one team",
            "If you ask me, I could have caught it a week earlier.",
            "If you touch the gate, let me know before it ships: that is the rule I left behind.",
            "Tips: write the rollback before your release, not after.",
            "Why it works: both teams own the date.",
            "Shall I stop the launch?",
        ] {
            let text = format!("\n\n{after}");
            let all = 1 + after.lines().filter(|line| !line.trim().is_empty()).count();
            assert_eq!(left("", &text).len(), all, "{after}");
        }
        for before in [
            "Here is what happened:",
            "Sure, we had alarms, but nobody read them.",
            "Here's the story of how I lost our biggest client:",
            "Of course it failed.",
            "Absolutely nobody cared.",
            "Got it.",
            "This is the response that the customer sent to legal:",
            "Here is what the customer's draft contract said about uptime in plain language:",
        ] {
            assert_eq!(left(&format!("{before}\n\n"), "").len(), 2, "{before}");
        }
    }

    #[test]
    fn the_question_may_stand_in_what_leads_in() {
        let line = "Here is a strong STAR answer for **\"Tell me about a time you failed\"**:";
        let (_, asked) = around(&[line, "", STORY]);
        assert_eq!(asked.as_deref(), Some("Tell me about a time you failed"));
    }
}
