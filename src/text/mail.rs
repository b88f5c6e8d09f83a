//! What stands around the text of an e-mail: its head, what it quotes, a greeting, a signature.

use super::is_blank;

const FIELDS: [&str; 14] = [
    "from", "to", "cc", "bcc", "sent", "date", "subject", "reply-to", "von", "an", "gesendet", "betreff",
    "envoyé", "objet",
];
const GREETINGS: [&str; 6] = ["hi", "hello", "hey", "dear", "good", "hallo"];
const CLOSINGS: [&str; 14] = [
    "best",
    "best regards",
    "best wishes",
    "br",
    "cheers",
    "kind regards",
    "many thanks",
    "regards",
    "sincerely",
    "thank you",
    "thanks",
    "thx",
    "warm regards",
    "yours sincerely",
];
/// No signature has more lines.
const MOST_LINES: usize = 8;

/// No line of a head or a signature has more words.
const MOST_WORDS: usize = 10;

/// Of each line whether it stands around the text. Only what begins with two fields of a head is a mail; elsewhere a signature stands
/// under `--` and has an address, a number or a bar.
pub(super) fn around(lines: &[&str]) -> Vec<bool> {
    let mut out = vec![false; lines.len()];
    let first = blank(lines);
    let fields = lines[first..].iter().take_while(|line| is_field(line)).count();
    let fields = fields.max(shown_head(&lines[first..]));
    let (is_mail, mut body) = (fields > 1, first + fields);
    if is_mail {
        body += blank(&lines[body..]);
        body += usize::from(lines.get(body).is_some_and(|line| is_greeting(line) || is_closing(line)));
        (first..body).filter(|i| !is_blank(lines[*i])).for_each(|i| out[i] = true);
    }
    // what is answered stands above: the question, or the story itself
    if quotes(&lines[first..]) {
        out[first] = true;
    }
    let told = body.max(first + 1);
    let end = (told..lines.len()).find(|i| begins_thread(&lines[*i..], is_mail)).unwrap_or(lines.len());
    if is_mail {
        leave_quoted(&lines[body..end], &mut out[body..end]);
    }
    let end = (told..end).find(|i| begins_signature(&lines[*i..end], is_mail)).unwrap_or(end);
    out[end..].fill(true);
    out
}

/// How many blank lines come first.
fn blank(lines: &[&str]) -> usize {
    lines.iter().take_while(|line| is_blank(line)).count()
}

/// Leaves out what is quoted, unless it is most of the words: an answer that was forwarded is quoted as a whole, below a line or two.
fn leave_quoted(lines: &[&str], out: &mut [bool]) {
    let words = |quoted: bool| {
        let of = lines.iter().filter(|line| is_quoted(line) == quoted);
        of.map(|line| line.split_whitespace().count()).sum::<usize>()
    };
    if words(false) > words(true) {
        out.iter_mut().zip(lines).for_each(|(out, line)| *out |= is_quoted(line));
    }
}

/// Whether a signature begins here, after which nothing else stands.
fn begins_signature(lines: &[&str], is_mail: bool) -> bool {
    if !(lines[0].trim_end() == "--" || is_mail && is_closing(lines[0])) {
        return false;
    }
    let signs =
        |line: &&str| line.contains(['@', '|']) || line.contains("://") || line.trim_start().starts_with('+');
    let tells = |line: &&&str| line.trim_end().ends_with('.');
    let lines = lines.iter().copied().filter(|line| !is_blank(line));
    let lines: Vec<&str> = lines.take(MOST_LINES + 1).collect();
    let short = lines.len() <= MOST_LINES && lines.iter().all(fits) && lines.iter().filter(tells).count() < 2;
    short && (is_mail || lines.iter().any(signs))
}

/// "From: Oksana", "**From:** Oksana".
fn is_field(line: &str) -> bool {
    let line = line.replace("**", "");
    let told = line.trim_end().ends_with(['.', ',']);
    !told
        && line
            .split_once(": ")
            .is_some_and(|(name, _)| FIELDS.contains(&name.trim().to_lowercase().as_str()))
}

/// The lines of a head as a mail is shown: who wrote it, with an address, when, and "to Priya".
fn shown_head(lines: &[&str]) -> usize {
    let addressed = lines.first().is_some_and(|line| line.contains('@') && line.trim_end().ends_with('>'));
    let to = |line: &&str| line.starts_with("to ") && line.split_whitespace().count() <= 4;
    let last = lines.iter().take(4).position(to).filter(|_| addressed);
    last.filter(|last| lines[..*last].iter().all(fits)).map_or(0, |last| last + 1)
}

/// No longer than a line of a signature.
fn fits(line: &&str) -> bool {
    line.split_whitespace().count() <= MOST_WORDS
}

fn is_quoted(line: &str) -> bool {
    line.trim_start().starts_with('>')
}

/// "On Monday, Priya wrote:" above what is quoted, or the head of the mail that is answered.
fn begins_thread(lines: &[&str], is_mail: bool) -> bool {
    let line = lines[0].trim();
    quotes(lines) || is_mail && line.starts_with("---") && line.contains("Message")
}

/// Whether the first line says who wrote what is quoted below it.
fn quotes(lines: &[&str]) -> bool {
    let Some((line, below)) = lines.split_first() else { return false };
    let (line, below) = (line.trim(), below.iter().find(|line| !is_blank(line)));
    line.starts_with("On ") && line.ends_with("wrote:") && below.is_some_and(|line| is_quoted(line))
}

fn is_greeting(line: &str) -> bool {
    let first = line.split(|c: char| !c.is_alphabetic()).next().unwrap_or_default().to_lowercase();
    GREETINGS.contains(&first.as_str()) && line.split_whitespace().count() <= 4
}

fn is_closing(line: &str) -> bool {
    let words = line.trim().trim_end_matches([',', '!', '.']).to_lowercase();
    CLOSINGS.contains(&words.as_str())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn left(text: &str) -> Vec<&str> {
        let lines: Vec<&str> = text.lines().collect();
        let around = around(&lines);
        lines
            .into_iter()
            .zip(around)
            .filter(|(line, out)| !out && !line.is_empty())
            .map(|(line, _)| line)
            .collect()
    }

    #[test]
    fn of_a_mail_what_it_says_is_left() {
        let mail = "Subject: draft\nFrom: Oksana <o@example.com>\n\nHi Priya,\n\nhere it is.\n\n> can you send it?\n\n\
                    I moved the queue.\nThanks for the help of all.\n\nBest regards,\nOksana\n\n--\nOksana B.\n+49 0";
        assert_eq!(left(mail), ["here it is.", "I moved the queue.", "Thanks for the help of all."]);
        let thanks = "Subject: x\nFrom: y\n\nThanks!\n\nS: late queue\nA: I moved it";
        assert_eq!(left(thanks), ["S: late queue", "A: I moved it"]);
        assert_eq!(left("Subject: x\nFrom: y\n\n> I moved it.\n> It held."), ["> I moved it.", "> It held."]);
        let thread = "From: a\nTo: b\n\nI moved it.\n\nThanks,\nOksana\n\nOn Mon, 3 Mar 2025 at 08:00, Priya Nair <p@example.com> wrote:\n> Tell me.";
        assert_eq!(left(thread), ["I moved it."]);
        let forwarded =
            "From: a\nTo: b\n\nHi Ben,\n\nSee below.\n\n> I moved it, for it was mine.\n> It held.";
        assert_eq!(left(forwarded).len(), 3);
        assert_eq!(left("I moved it.\n--\nOksana B.\nProject Manager | +49 0"), ["I moved it."]);
        assert_eq!(
            left("**From:** Oksana\n**Subject:** draft\n\nI moved it.\n\nBest,\nOksana"),
            ["I moved it."]
        );
        let shown =
            "Oksana <o@x.com>\nWed, Mar 5, 10:03 AM (2 days ago)\nto Ben\n\nI moved it.\n\nThanks,\nOksana";
        assert_eq!(left(shown), ["I moved it."]);
        let answered = "On Wed, Mar 5, 2025 at 10:03 AM Minh <m@x.com> wrote:\n\n> Tell me about a launch.\n\nI moved it.";
        assert_eq!(left(answered), ["> Tell me about a launch.", "I moved it."]);
    }

    #[test]
    fn what_is_no_mail_is_left_whole() {
        for text in [
            "Date: March 2024\nI moved it.\nBest,\nOksana",
            "**Date:** March 2024\nI moved it.",
            "On the board he wrote:\nI moved it.",
            "Hi all,\nI moved it.\n> 70 % were open",
            "I moved it.\n\n--\n\nTickets fell by 40%.\nIt held.",
            "Subject: I almost lost our biggest client.\nDate: it was June 2023, and it failed each night.",
            "S: late queue\n--\nA: I moved it\n--\nR: 40% fewer",
            "I moved it.\n--\nThen, when the second one of the depots had failed too, I wrote it down for all of us.",
        ] {
            assert_eq!(left(text), text.lines().filter(|line| !line.is_empty()).collect::<Vec<_>>());
        }
    }
}
