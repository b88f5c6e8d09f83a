//! Talks of every form, and stories that look like one.

use super::*;

const TOLD: &str =
    "Our export failed twice a week, and I was the one who owned it. I sat down with both engineers.";

/// What is left of the lines, and what is asked.
fn left(text: &str) -> (Vec<String>, Option<String>) {
    let lines: Vec<&str> = text.lines().collect();
    let Talk { parts, asked } = read(&lines);
    let said = lines.iter().zip(parts).filter_map(|(line, part)| match part {
        Part::Whole => Some(*line),
        Part::Said(range) | Part::Cue(range) => Some(&line[range]),
        Part::Left | Part::Gone => None,
    });
    (said.filter(|line| !line.trim().is_empty()).map(str::to_owned).collect(), asked)
}

#[test]
fn of_a_talk_what_is_told_is_left() {
    let ask = "Tell me about a time you failed.";
    for text in [
        format!("Minh  10:00 AM\n{ask}\n\nLinh  10:02 AM\n{TOLD}\n\nLinh  10:03 AM\nIt held."),
        format!("Minh\n  10:00 AM\n{ask}\nLinh\n  10:02 AM\n{TOLD}\nLinh\n  10:03 AM\nIt held."),
        format!("[3/5/2025 10:00 AM] Minh Tran\n{ask}\n\n[3/5/2025 10:01 AM] Linh Tran\n{TOLD}\n\nIt held."),
        format!(
            "[10:02, 3/5/2025] Minh: {ask}\n\u{200e}[10:03, 3/5/2025] Linh: {TOLD}\n[10:04, 3/5/2025] Linh: It held."
        ),
        format!(
            "3/5/25, 9:59 - Messages are encrypted. Learn more.\n3/5/25, 10:03 - Minh: {ask}\n3/5/25, 10:04 - Linh: {TOLD}\n3/5/25, 10:05 - Linh: It held.\n3/5/25, 10:06 - Linh: <Media omitted>"
        ),
        format!("00:01:12 Minh Tran:\n{ask}\n\n00:01:20 Linh Tran:\n{TOLD}\n\n00:02:20 Linh Tran: It held."),
        format!("Minh  0:03\n{ask}\n\nLinh  0:13\n{TOLD}\nIt held."),
        format!("[14:02] Minh: {ask}\n[14:05] me: {TOLD}\n[14:06] me: It held."),
        format!("Speaker 1: {ask}\nSpeaker 2: {TOLD}\nIt held."),
        format!("Hiring manager:\n{ask}\n\nLinh:\n{TOLD}\nIt held."),
        format!("Q: {ask}\nA: {TOLD}\nQ: And then?\nA: It held."),
        format!("**Recruiter:** {ask}\n\n**Me:** {TOLD}\n\n**Recruiter:** And then?\n\n**Me:** It held."),
        format!(
            "WEBVTT\n\n1\n00:00:10.000 --> 00:00:11.000\n<v Minh>{ask}</v>\n\n2\n00:00:11.000 --> 00:00:12.000\n<v Linh>{TOLD}</v>\n\n3\n00:00:12.000 --> 00:00:13.000\n<v Linh>It held.</v>"
        ),
    ] {
        let (left, asked) = left(&text);
        let left: Vec<&str> =
            left.iter().map(|line| line.trim()).filter(|line| !stamp::is_bare(line)).collect();
        assert_eq!((left, asked.as_deref()), (vec![TOLD, "It held."], Some(ask)), "{text}");
    }
}

#[test]
fn what_one_alone_says_is_left_without_its_heads() {
    for text in [
        format!("Linh  10:01 AM\n{TOLD}\n\nLinh  10:02 AM\nIt held."),
        format!("[00:00:13] Linh: {TOLD}\n[00:00:23] Linh: It held."),
        format!(
            "1\n00:00:10,000 --> 00:00:11,000\nLinh: {TOLD}\n\n2\n00:00:11,000 --> 00:00:12,000\nLinh: It held."
        ),
    ] {
        assert_eq!(left(&text), (vec![TOLD.to_owned(), "It held.".to_owned()], None), "{text}");
    }
}

#[test]
fn a_story_is_no_talk() {
    for text in [
        "10:03 AM: the pager went off and I looked.\n10:05 AM: I called the lead.",
        "10:03 Pager: it went off.\n10:05 Me: I looked.",
        "Fines: none so far\nSavings: 40,000 euros a year",
        "Q: Tell me about a time you failed.\nS: the export was late.\nA: I moved it.\nR: It held.",
        "Question: Tell me about a time you failed.\nSituation: it was late.\nAction: I moved it.",
        "Q: Tell me about a time you failed.\n\nThe export was late.\n\nQ: And then?\n\nIt held.",
        "I ran our hiring.\nIt was slow.\nWe lost people.\nBoss: Describe a plan.\nMe: I have one.",
        "Minh: Tell me about a time you failed, at length, with all that you can say of it and of us.\nLinh: No.",
        "Paged at 10:03\nI looked at once.\nRestarted at 10:05\nIt held.",
        "Director: There was a time when we shipped weekly.\nMe: And we can again, if the gate holds.\nI moved the gate.",
        "The call was short.\nDirector: Walk me through a rollback.\nMe: I stop the queue.\nDirector: Then you run it tonight.",
    ] {
        assert_eq!(
            left(text),
            (text.lines().filter(|l| !l.is_empty()).map(str::to_owned).collect(), None),
            "{text}"
        );
    }
}

#[test]
fn a_timeline_is_told() {
    let text = "3/5/25, 10:03 - I saw the alarms and paged the team.\n3/5/25, 10:10 - Linh: the gateway is down.\n\
                3/5/25, 10:30 - I rolled the release back.";
    let told = left(text).0;
    assert_eq!(told.len(), 3, "{told:?}");
    assert!(told[2].ends_with("I rolled the release back."));
}

#[test]
fn of_a_long_turn_the_sentence_that_asks_is_the_question() {
    let draft = "word ".repeat(70);
    let text = format!(
        "You said:\nTell me about a time you failed. Improve my answer: {draft}.\n\nChatGPT said:\n{TOLD}\n{}",
        "It held. ".repeat(60)
    );
    assert_eq!(left(&text).1.as_deref(), Some("Tell me about a time you failed."));
}
