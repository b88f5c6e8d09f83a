//! What stands around the text of an e-mail: its head, what it quotes, a greeting, a signature.

const FIELDS: [&str; 8] = ["from", "to", "cc", "bcc", "sent", "date", "subject", "reply-to"];
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
/// Lines that a signature has at most, and words of each.
const MOST: (usize, usize) = (8, 10);

/// Of each line whether it stands around the text. Only what begins with two fields of a head is a mail; a signature under `--` is
/// known everywhere.
pub(super) fn around(lines: &[&str]) -> Vec<bool> {
    let mut out = vec![false; lines.len()];
    let is_blank = |line: &&&str| line.trim().is_empty();
    let first = lines.iter().take_while(is_blank).count();
    let fields = lines[first..].iter().take_while(|line| is_field(line)).count();
    let (is_mail, body) = (fields > 1, first + fields);
    if is_mail {
        out[first..body].fill(true);
        let start = body + lines[body..].iter().take_while(is_blank).count();
        if let Some(line) = lines.get(start) {
            out[start] = line.trim_end().ends_with([',', '!']) && line.split_whitespace().count() <= 4;
        }
        for (out, line) in out.iter_mut().zip(lines).skip(body) {
            *out |= line.trim_start().starts_with('>');
        }
    }
    let closes = |line: &str| line.trim_end() == "--" || is_mail && is_closing(line);
    let fits = |line: &&str| line.split_whitespace().count() <= MOST.1;
    let begins = |i: &usize| {
        let rest: Vec<&str> = lines[*i..].iter().copied().filter(|line| !line.trim().is_empty()).collect();
        closes(lines[*i]) && rest.len() <= MOST.0 && rest.iter().all(fits)
    };
    if let Some(i) = (first + 1..lines.len()).find(begins) {
        out[i..].fill(true);
    }
    out
}

fn is_field(line: &str) -> bool {
    line.split_once(": ").is_some_and(|(name, _)| FIELDS.contains(&name.trim().to_lowercase().as_str()))
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
        assert_eq!(left("I moved it.\n--\nOksana B.\nProject Manager | +49 0"), ["I moved it."]);
    }

    #[test]
    fn what_is_no_mail_is_left_whole() {
        for text in [
            "Date: March 2024\nI moved it.\nBest,\nOksana",
            "Hi all,\nI moved it.\n> 70 % were open",
            "I moved it.\n--\nThen, when the second one of the depots had failed too, I wrote it down for all of us.",
        ] {
            assert_eq!(left(text), text.lines().collect::<Vec<_>>());
        }
    }
}
