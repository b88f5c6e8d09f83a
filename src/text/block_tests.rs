//! What becomes a block of its own, what is joined, and what is a heading.

use super::*;

/// Blocks as "kind: words" for short comparisons.
fn blocks(source: &str) -> Vec<String> {
    let name = |kind| match kind {
        BlockKind::Heading => "h",
        BlockKind::Item => "i",
        BlockKind::Row => "r",
        BlockKind::Text => "t",
    };
    scan(source, 0, SourceKind::Markdown)
        .0
        .iter()
        .map(|block| {
            let pieces: Vec<_> = block.pieces.iter().map(|p| &source[p.start..p.end]).collect();
            format!("{} {}", name(block.kind), pieces.join("|"))
        })
        .collect()
}

fn asked(source: &str) -> Option<String> {
    match scan(source, 0, SourceKind::Markdown).1 {
        Some(Asked::Spoken(asked)) => Some(asked),
        _ => None,
    }
}

#[test]
fn every_kind_of_bullet_is_one() {
    for mark in ["-", "*", "+", "•", "–", "→", "->", "1.", "12)", "a)", "(2)", "- [ ]", "- 3)", "1️⃣"]
    {
        let source = format!("{mark} did it\n{mark} did more");
        assert_eq!(blocks(&source), ["i did it", "i did more"], "{mark}");
    }
    assert_eq!(blocks("•did it"), ["i did it"]);
    assert_eq!(blocks("1. Marketing asked\n2. Decided to stop"), ["i Marketing asked", "i Decided to stop"]);
    assert_eq!(blocks("9) May was late\n10) So was June"), ["i May was late", "i So was June"]);
    assert_eq!(blocks("\t* deep\n        - deeper"), ["i deep", "i deeper"]);
}

#[test]
fn bullets_of_word_are_bullets() {
    for mark in ["\u{f0b7}", "■", "➢", "❖", "►", "◆", "⁃", "🔹", "§", "o", "o\t", "(ii)", "iv."]
    {
        let source = format!("{mark} did it\n{mark} did more");
        assert_eq!(blocks(&source), ["i did it", "i did more"], "{mark}");
    }
    for source in ["o dear, it broke", "§ 5 was at stake", "v. Smith was right", "(i.e. late)"] {
        assert_eq!(blocks(source), [format!("t {source}")], "one line");
    }
}

#[test]
fn what_only_looks_like_a_bullet_is_text() {
    for source in ["-5 degrees", "*bold* move", "30. June was the day", "2021. A year", "A) x y"] {
        assert_eq!(blocks(source), [format!("t {source}")]);
    }
}

#[test]
fn headings_are_known_by_marks_bold_words_and_place() {
    assert_eq!(blocks("# Story\nIt ran late."), ["h Story", "t It ran late."]);
    assert_eq!(blocks("The export\n===\nIt ran late."), ["h The export", "t It ran late."]);
    assert_eq!(blocks("The export\n---\nIt ran late."), ["h The export", "t It ran late."]);
    assert_eq!(blocks("**The long export**\nIt ran late.")[0], "h **The long export**");
    assert_eq!(blocks("What I did:\n- dug")[0], "h What I did:");
    assert_eq!(blocks("Slow nightly export\n\nIt ran late.")[0], "h Slow nightly export");
    let below_a_rule = blocks("***\nSlow nightly export\n\nIt ran late.");
    assert!(below_a_rule.iter().any(|block| block == "h Slow nightly export"), "{below_a_rule:?}");
    assert_eq!(blocks("1. **Look:**\n   - dug in"), ["h **Look:**", "i dug in"]);
}

#[test]
fn sentences_are_no_headings() {
    for (source, first) in [
        ("It ran late for a whole week.\n---\nThen not.", "t It ran late for a whole week."),
        ("**I fixed it.**\nIt ran.", "t **I fixed it.**"),
        ("- **Cut cost by 30 %**\n- done", "i **Cut cost by 30 %**"),
        ("#1 on the list\nIt ran.", "t #1 on the list"),
        ("It ran late\nI fixed it", "t It ran late"),
        ("Export was late", "t Export was late"),
    ] {
        assert_eq!(blocks(source)[0], first);
    }
}

#[test]
fn results_are_no_titles() {
    for line in [
        "**We shipped in May and failures fell by 87%**\n\nI now ask first.",
        "I now ask first.\n\nFailures fell from eight to one\n---\nIt held.",
        "I led the billing migration\n\nIt held.",
        "- **I sat down with both leads**\n  - showed them the plan",
    ] {
        assert!(blocks(line).iter().all(|block| !block.starts_with('h')), "{:?}", blocks(line));
    }
    for line in [
        "# How I won back a customer\n\nIt held.",
        "How I won back a customer\n\nIt held.",
        "**How I cut costs by 40%**\n\nIt held.",
        "It held.\n\nSupport queue\n---\nIt held.",
        "It held.\n\nThe Move of the Support Queue to Berlin\n---\nIt held.",
        "🌟 **STAR Answer: Billing export**\n\nIt held.",
        "Story 1: Billing export\n\nIt held.",
    ] {
        assert!(blocks(line).iter().any(|block| block.starts_with('h')), "{:?}", blocks(line));
    }
}

#[test]
fn notes_of_obsidian_and_logseq_are_read_without_their_marks() {
    let callout = "> [!question] Tell me.\n\n> [!note]- Situation\n> It ran late. ^abc123";
    assert_eq!(blocks(callout), ["t Tell me.", "h Situation", "t It ran late."]);
    assert_eq!(
        blocks("tags:: a, b\n- It ran late\n  id:: 64f0a1b2-1234\n- result:: it held"),
        ["h tags:: a, b", "i It ran late", "h id:: 64f0a1b2-1234", "i result:: it held"]
    );
    for told in ["We used std::mem there", "It rose by 2 ^3", "[!] It ran late"] {
        assert_eq!(blocks(told), [format!("t {told}")]);
    }
}

#[test]
fn text_in_a_proportional_font_is_joined_and_notes_of_one_length_are_not() {
    let set = "Last spring our billing export failed twice a week, and finance only noticed when\n\
               customers called. I was the program manager for the payments platform, and the export\n\
               was mine to keep running. If it stayed that way, we would have missed the quarter-end\n\
               close and paid about 40,000 euros in penalties. First I sat down with the two on-call\n\
               engineers and went through every failure of the last six weeks. I found that 9 of 14 came\n\
               from one schema change that nobody had announced.";
    assert_eq!(blocks(set).len(), 1);
    let asked = format!("Tell me about a time you had to mend a process\nthat was failing.\n\n{set}");
    assert_eq!(blocks(&asked).len(), 2);
    for notes in [
        "Export failed twice a week, owned by nobody\nAsked both of the teams who had owned it\n\
         Took it over and set an alarm on the rows\nFound that most came from a schema change\n\
         It has held since then, for two months now",
        "export failed twice a week, owned by nobody\nasked both of the teams who had owned it\n\
         took it over and set an alarm on the rows\nfound that most came from a schema change\n\
         it has held since then, for two months now",
        "- export failed twice a week, owned by nobody\nasked both of the teams who had owned it\n\
         took it over and set an alarm on the rows\nfound that most came from a schema change\n\
         it has held since then, for two months now",
    ] {
        assert_eq!(blocks(notes).len(), 5);
    }
}

#[test]
fn quotes_rules_and_blank_lines() {
    assert_eq!(blocks("> It ran.\n>\n> > It held."), ["t It ran.", "t It held."]);
    assert_eq!(blocks("a b\n\n***\n\n* * *\nc d").len(), 2);
    assert_eq!(blocks("> 70 % were open"), ["t > 70 % were open"]);
    assert_eq!(blocks("> 1. first"), ["i first"]);
}

#[test]
fn code_between_fences_is_left_out() {
    assert_eq!(blocks("It ran.\n```sh\nmake all\n```\nIt held."), ["t It ran.", "t It held."]);
    assert_eq!(blocks("It ran.\n~~~~\n~~~\n~~~~\nIt held.").len(), 2);
    assert_eq!(blocks("It ran.\n```\nIt held."), ["t It ran.", "t It held."], "never closed");
    assert_eq!(scan("```\nx y\n```", 0, SourceKind::Plain).0.len(), 3);
}

#[test]
fn rows_of_tables_are_blocks_and_their_head_is_a_heading() {
    let table = "| Part | Text |\n|---|---|\n| S | It ran late |";
    let found = blocks(table);
    assert_eq!(
        (found[0].as_str(), found.last().unwrap().as_str()),
        ("h | Part | Text |", "r | S | It ran late |")
    );
}

#[test]
fn line_breaks_of_every_kind_and_tags_cut_lines() {
    assert_eq!(blocks("one x\r\ntwo x\rthree x\nfour x").len(), 4);
    assert_eq!(blocks("<li><b>Task:</b><br>- dug<br/>- held</li>")[1..], ["i dug", "i held"]);
}

#[test]
fn comments_are_no_lines() {
    assert_eq!(blocks("It ran.\n<!-- a\nb -->\nIt held."), ["t It ran.", "t It held."]);
    assert_eq!(blocks("<!-- a --> - dug"), ["i dug"]);
    assert_eq!(blocks("It <!-- a\nb --> ran."), ["t It <!-- a\nb --> ran."]);
}

#[test]
fn wrapped_paragraphs_are_joined_and_notes_are_not() {
    let wrapped = "The nightly export of the billing data failed twice a week and\n\
                   nobody looked at it, because two teams each thought that the\n\
                   other one owned it, and so the finance people found it first\n\
                   every single time.";
    assert_eq!(blocks(wrapped).len(), 1);
    let notes = "export failed twice a week\nasked both teams who owns it, neither did\n\
                 took it\nalarm on the row count, red since the day it went in";
    assert_eq!(blocks(notes).len(), 4);
    assert_eq!(blocks("- asked both teams\n  who owns it\n- took it").len(), 2);
    assert_eq!(blocks("I asked both teams,\nand neither did").len(), 1);
    assert_eq!(blocks("we had alarms, e.g.\non latency, and logs,\nnone fired").len(), 1);
}

#[test]
fn what_an_interviewer_asks_in_between_is_no_sentence() {
    let talk = "Interviewer: What did you own?\nThe export was mine.\n**Interviewer:** And how did it end?\nIt held.";
    let kept = [
        "t Interviewer: What did you own?",
        "t The export was mine.",
        "h **Interviewer:** And how did it end?",
    ];
    assert_eq!(blocks(talk)[..3], kept, "the question above the answer is read as one");
    let apart = "The export was mine.\n\nInterviewer:\n\nHow did it end?\n\nMe:\n\nIt held.";
    assert_eq!(blocks(apart)[2], "h How did it end?");
    let wrapped = "The export was mine.\nInterviewer: And how did\nall of it end?\nIt held.";
    assert_eq!(blocks(wrapped)[2..], ["h all of it end?", "t It held."]);
    for (asked, told) in [
        ("Interviewer: \"And how did it end?\"", "t It held."),
        ("Interviewer: Tell me the result:", "i It held."),
        ("Interviewer: And then", "t Me: It held."),
        ("Interviewer:\n\nMe:", "t It held."),
        ("Interviewer: the result, please\n\n## Result", "t It held."),
    ] {
        let bullet = if told.starts_with('i') { "- " } else { "" };
        let talk = format!("The export was mine.\n{asked}\n{bullet}{}", &told[2..]);
        assert_eq!(blocks(&talk).last().unwrap(), told, "{asked}");
    }
}

#[test]
fn what_is_told_is_no_heading_however_it_looks() {
    for source in [
        "I told my manager that nobody in either team really owned this\nproject.\n\nI moved it.",
        "What was your biggest failure?\n\nI dropped the index.",
        "**Savings: 40,000 euros in the first year**\n\nIt held.",
        "**Technical debt: I paid it off within a month**\n\nIt held.",
        "**Result: tickets fell by 40%**\n\n**Lesson: test restores early**",
        "It fell, and I put the index back within an hour, for it was mine. It held for two years.\n=====\nSo did this.",
    ] {
        assert!(blocks(source).iter().all(|block| block.starts_with('t')), "{:?}", blocks(source));
    }
    for source in [
        "Page 1 of 2\n\nIt held.",
        "**Tags: ownership, conflict**\n\nIt held.",
        "**Story 2: the outage**\n\nIt held.",
        "What happened?\n\nIt held.",
        "Project: the move\n===\nIt held.",
    ] {
        assert!(blocks(source)[0].starts_with('h'), "{:?}", blocks(source));
    }
}

#[test]
fn of_a_transcript_the_question_is_what_asks_for_a_story() {
    let source = "**Interviewer:** Hi! Can you hear me?\n\n**Candidate:** I do.\n\n**Interviewer:** So, tell me about a \
                  time you failed.\n\n**Candidate:** I dropped the index.\n\n**Interviewer:** Mm-hm.";
    assert_eq!(asked(source).as_deref(), Some("So, tell me about a time you failed."));
    assert_eq!(
        blocks(source).iter().filter(|block| block.starts_with('t')).count(),
        2,
        "{:?}",
        blocks(source)
    );
    for asks in [
        "**Interviewer:**\n\nTell me about a time you failed.\n\n**Candidate:** I dropped it.",
        "Interviewer: Thanks, so, tell me about\na time you failed.\nMe: I dropped it.",
    ] {
        let asked = asked(asks).unwrap_or_default();
        assert!(asked.to_lowercase().ends_with("tell me about a time you failed."), "{asked}");
        assert_eq!(
            blocks(asks).iter().filter(|block| block.starts_with('t')).count(),
            1,
            "{:?}",
            blocks(asks)
        );
    }
    let quoted = "I ran our hiring.\nIt was slow.\nWe lost people.\nInterviewer: Tell me about a time you cried.\nI stopped that.";
    assert_eq!(asked(quoted), None, "told of, not asked");
    let small = "Interviewer: Tell me about yourself.\nMe: I run depots.\nInterviewer: Tell me about a time you failed.";
    assert_eq!(asked(small).as_deref(), Some("Tell me about a time you failed."));
    let named = "Interviewer: Anna Schmidt\nso we had this export that was late";
    assert!(blocks(named).iter().any(|block| block.contains("so we had") && block.starts_with('t')));
    let welcome = "Interviewer: Hi, welcome.\nI dropped the index.\nInterviewer: Why?";
    assert_eq!(asked(welcome), None);
    assert_eq!(
        blocks(welcome),
        ["h Interviewer: Hi, welcome.", "t I dropped the index.", "h Interviewer: Why?"]
    );
}

#[test]
fn a_break_in_a_cell_ends_a_sentence() {
    let row = "| Action | I sat with him<br>I wrote it down |";
    assert_eq!(blocks(row), ["r | Action | I sat with him", "t I wrote it down"]);
}
