//! Every renderer over every fixture.

use std::collections::BTreeSet;

use serde_json::Value;
use unicode_width::UnicodeWidthStr;

use super::fixture::{self, Fixture, Schema};
use super::{ALL, Context, Renderer, escape};
use crate::report::Severity;

fn render(id: &str, fixture: &Fixture, change: impl FnOnce(&mut Context<'_>)) -> String {
    let mut context = fixture.context();
    change(&mut context);
    let mut out = Vec::new();
    Renderer::find(id).unwrap().render(&[fixture.shown()], &context, &mut out).unwrap();
    String::from_utf8(out).unwrap()
}

fn json(fixture: &Fixture) -> Value {
    serde_json::from_str::<Value>(&render("json", fixture, |_| ())).unwrap()[0].take()
}

/// What is said, whatever the lines.
fn flat(text: &str) -> String {
    text.split_whitespace().collect::<Vec<_>>().join(" ")
}

/// The byte that a line and a column (both from 1, in characters) stand for; a byte order mark takes no column.
fn byte(source: &str, line: usize, column: usize) -> usize {
    let mark = if source.starts_with('\u{feff}') { 3 } else { 0 };
    let start = if line == 1 { mark } else { source.match_indices('\n').nth(line - 2).unwrap().0 + 1 };
    let rest = &source[start..];
    start + rest.char_indices().nth(column - 1).map_or(rest.len(), |(i, _)| i)
}

#[test]
fn ids_are_unique_and_documented() {
    let ids: BTreeSet<&str> = ALL.iter().map(|r| r.id).collect();
    assert_eq!(ids.len(), ALL.len());
    assert!(ALL.iter().all(|r| !r.doc.is_empty()));
}

#[test]
fn nothing_dangerous_is_printed_and_the_same_bytes_come_twice() {
    for (renderer, fixture) in ALL.iter().flat_map(|r| fixture::all().into_iter().map(move |f| (r, f))) {
        for explain in [false, true] {
            let text = render(renderer.id, &fixture, |c| c.explain_score = explain);
            let bad = text.chars().find(|c| *c != '\n' && escape::shown(*c).is_some());
            assert_eq!(bad, None, "{} of {}", renderer.id, fixture.name);
            assert_eq!(text, render(renderer.id, &fixture, |c| c.explain_score = explain));
            assert!(text.ends_with('\n'));
        }
    }
}

#[test]
fn colour_adds_nothing_but_colour() {
    for fixture in fixture::all() {
        let plain = render("terminal", &fixture, |c| c.explain_score = true);
        let painted = render("terminal", &fixture, |c| (c.color, c.explain_score) = (true, true));
        assert!(painted.contains("\u{1b}["), "{}", fixture.name);
        let stripped = anstream::adapter::strip_str(&painted).to_string();
        let lines = |t: &str| t.lines().map(|l| l.trim_end().to_owned()).collect::<Vec<_>>();
        assert_eq!(lines(&stripped), lines(&plain), "{}", fixture.name);
    }
}

#[test]
fn no_line_is_over_the_width() {
    for fixture in fixture::all() {
        for width in [40, 60, 80, 100] {
            let text = render("terminal", &fixture, |c| (c.width, c.explain_score) = (width, true));
            for line in text.lines() {
                assert!(line.width() <= width, "{} at {width}: {} {line}", fixture.name, line.width());
            }
        }
    }
}

#[test]
fn places_in_the_terminal_are_those_of_the_findings() {
    for fixture in fixture::all().iter().take(2) {
        let text = render("terminal", fixture, |_| ());
        let spans = fixture.report.findings.iter().flat_map(|f| f.spans.iter().take(3));
        let expected: Vec<usize> = spans.map(|s| s.start).collect();
        let places = text.lines().filter_map(|l| l.strip_prefix("--> answers/")?.split_once(':'));
        let found: Vec<usize> = places
            .map(|(_, place)| {
                let mut numbers = place.split([':', ',']).map(|n| n.trim().parse::<usize>());
                let mut next = || numbers.next().unwrap().unwrap();
                byte(&fixture.answer.source, next(), next())
            })
            .collect();
        assert_eq!(found, expected, "{}\n{text}", fixture.name);
    }
}

#[test]
fn places_in_compact_are_those_of_the_findings() {
    for fixture in fixture::all().iter().take(2) {
        let text = render("compact", fixture, |_| ());
        for (line, finding) in text.lines().zip(&fixture.report.findings) {
            let mut parts = line.split(':').skip(1).map(|n| n.parse::<usize>());
            let at =
                byte(&fixture.answer.source, parts.next().unwrap().unwrap(), parts.next().unwrap().unwrap());
            assert_eq!(
                at,
                finding.spans.first().map_or(byte(&fixture.answer.source, 1, 1), |s| s.start),
                "{line}"
            );
            assert!(line.contains(&format!("[{}]", finding.id)));
        }
        assert!(text.ends_with(": level 3 of 5, score 62\n"), "{text}");
    }
}

#[test]
fn places_in_json_are_those_of_the_findings() {
    for fixture in fixture::all() {
        let value = json(&fixture);
        let source = &fixture.answer.source;
        for (sentence, known) in value["sentences"].as_array().unwrap().iter().zip(&fixture.answer.sentences)
        {
            let at = |key: &str| usize::try_from(sentence[key].as_u64().unwrap()).unwrap();
            assert_eq!((at("start"), at("end")), (known.span.start, known.span.end));
            assert_eq!(byte(source, at("line"), at("column")), known.span.start);
        }
        for (finding, known) in value["findings"].as_array().unwrap().iter().zip(&fixture.report.findings) {
            for (span, known) in finding["spans"].as_array().unwrap().iter().zip(&known.spans) {
                assert_eq!(span["start"].as_u64().unwrap(), known.start as u64);
                assert_eq!(span["end"].as_u64().unwrap(), known.end as u64);
            }
        }
    }
}

#[test]
fn json_and_jsonl_say_the_same() {
    for fixture in fixture::all() {
        let line = render("jsonl", &fixture, |_| ());
        assert_eq!(line.lines().count(), 1);
        assert_eq!(serde_json::from_str::<Value>(&line).unwrap(), json(&fixture));
    }
}

#[test]
fn json_is_valid_by_the_schema() {
    let schema = Schema::parse(include_str!("../../schemas/critique-1.json"));
    for fixture in fixture::all() {
        schema.check(&json(&fixture), fixture.name);
    }
}

#[test]
fn the_keys_of_the_schema_are_in_their_order() {
    const KEYS: &str = "schema tool path question answered reason sentences findings strengths categories \
                        question_form level levels score criteria follow_ups";
    for fixture in fixture::all() {
        let value = json(&fixture);
        let keys: Vec<&String> = value.as_object().unwrap().keys().collect();
        let known: Vec<&str> = KEYS.split_whitespace().collect();
        assert_eq!(keys[..known.len()], known, "{}", fixture.name);
    }
}

#[test]
fn a_language_models_words_are_shown_and_its_part_is_named() {
    let all = fixture::all();
    let worded = all.iter().find(|f| f.name == "worded").unwrap();
    let text = render("terminal", worded, |_| ());
    for part in [
        "small hears another role in sentence 1",
        "Take it lightly",
        "In the words of small",
        "It is short: the summary.",
        "> It is short: I cut it by [your figure].",
        "2 parts are left out",
    ] {
        assert!(text.contains(part), "{part}: {text}");
    }
    let value = json(worded);
    assert_eq!(value["tool"]["engine"], "both");
    assert_eq!(value["tool"]["llm"]["model"], "small@fedcba987654");
    assert_eq!(value["second_opinion"]["mass"], 0.4123);
    assert_eq!(value["words"]["weaknesses"][0]["sentences"], serde_json::json!([0, 1]));
    let without = json(&all[0]);
    assert!(without["words"].is_null() && without["tool"]["llm"].is_null());
}

#[test]
fn what_speaks_to_the_grader_is_shown_as_left_out() {
    let all = fixture::all();
    let clean = all.iter().find(|f| f.name == "clean").unwrap();
    let last = clean.answer.source.lines().count();
    let text = render("terminal", clean, |_| ());
    assert!(text.contains(&format!("Left out: line {last}, \"Grader:")), "{text}");
    let text = render("compact", clean, |_| ());
    assert!(text.contains("left out: it speaks to whoever grades the answer"), "{text}");
    let value = json(clean);
    assert_eq!(value["left_out"][0]["line"], last);
    assert_eq!(json(&all[0])["left_out"], serde_json::json!([]));
}

#[test]
fn probabilities_have_four_decimals() {
    let text = render("jsonl", &fixture::all()[0], |_| ());
    assert!(text.contains("\"3\":0.6123,") && text.contains("\"process_improvement\":0.7123"), "{text}");
    assert!(text.contains("\"confidence\":0.87,"), "{text}");
}

#[test]
fn an_array_of_many_and_of_none_is_json() {
    let fixtures = fixture::all();
    let shown: Vec<_> = fixtures.iter().map(Fixture::shown).collect();
    for count in [0, shown.len()] {
        let mut out = Vec::new();
        let renderer = Renderer::find("json").unwrap();
        renderer.render(&shown[..count], &fixtures[0].context(), &mut out).unwrap();
        assert_eq!(serde_json::from_slice::<Vec<Value>>(&out).unwrap().len(), count);
    }
}

#[test]
fn what_is_below_the_least_level_is_not_shown() {
    for renderer in ALL {
        let text = render(renderer.id, &fixture::all()[0], |c| c.min_level = Severity::Warning);
        assert!(text.contains("team_subject") && !text.contains("no_stakes"), "{}", renderer.id);
    }
}

#[test]
fn quiet_shows_findings_only() {
    let fixtures = fixture::all();
    let text = render("terminal", &fixtures[0], |c| c.quiet = true);
    assert!(text.starts_with("error[team_subject]: 4 of 5"), "{text}");
    assert!(!text.contains("Level") && !text.contains("What an interviewer hears"));
    for fixture in fixtures.iter().filter(|f| f.report.findings.is_empty()) {
        let abstains = fixture.report.abstention.is_some();
        for id in ["compact", "terminal"] {
            let text = render(id, fixture, |c| c.quiet = true);
            assert_eq!(text.is_empty(), !abstains, "{}", fixture.name);
            assert_eq!(text.contains(": no score: "), abstains, "{}", fixture.name);
        }
    }
}

#[test]
fn what_the_question_asks_for_goes_before_practice() {
    let mut clean = fixture::all().into_iter().find(|f| f.name == "clean").unwrap();
    let verdict = clean.report.verdict.as_mut().unwrap();
    verdict.level = 5;
    let said = flat(&render("terminal", &clean, |_| ()));
    assert!(said.contains("is heard, but the question asks for more: that nobody asked you to"), "{said}");
    assert!(
        said.contains("Next: tell what the question asks for, or tell it more plainly: that nobody"),
        "{said}"
    );
    let question = clean.report.question.as_mut().unwrap();
    (question.form, question.missing) = (None, Vec::new());
    let said = flat(&render("terminal", &clean, |_| ()));
    assert!(
        said.contains("Form: none that the guide knows; whether the story answers it is not judged"),
        "{said}"
    );
    assert!(said.contains("Next: say it aloud"), "{said}");
}

#[test]
fn a_mistake_is_explained_by_the_guide_that_found_it() {
    let file = std::path::Path::new("my guides/b.toml");
    let said = flat(&render("terminal", &fixture::all()[0], |c| c.guide_file = Some(file)));
    assert!(said.contains("`candor explain --guide='my guides/b.toml' team_subject` shows"), "{said}");
}

#[test]
fn the_thinnest_part_names_what_tells_it_and_nothing_that_a_finding_names() {
    let mut fixture = fixture::all().remove(0);
    let said = flat(&render("terminal", &fixture, |_| ()));
    assert!(
        said.contains("Besides what to mend first, the thinnest part: the first of it (sentences 1, 2)."),
        "{said}"
    );
    let named =
        |c: &&crate::guide::Criterion| c.told_by.iter().any(|id| *id == fixture.report.findings[0].id);
    let id = fixture.guide.criterion.iter().find(named).unwrap().id.clone();
    fixture.report.verdict.as_mut().unwrap().criteria[0].id = id;
    let said = flat(&render("terminal", &fixture, |_| ()));
    assert!(!said.contains("thinnest part: the first of it"), "{said}");
}

#[test]
fn an_abstention_says_why_and_what_to_do_and_gives_no_figure() {
    for fixture in fixture::all().iter().filter(|f| f.report.abstention.is_some()) {
        let text = render("terminal", fixture, |_| ());
        assert!(text.contains("No score: ") && text.contains("run candor again"), "{text}");
        assert!(!text.contains("Level") && !text.contains("of 100"), "{text}");
        let value = json(fixture);
        assert_eq!(value["answered"], Value::Bool(false));
        assert!(value["score"].is_null() && value["level"].is_null() && value["reason"].is_string());
    }
}

#[test]
fn the_score_is_explained_to_the_point() {
    let text = render("terminal", &fixture::all()[0], |c| c.explain_score = true);
    assert!(text.contains("38.0/76  the first of it (sentences 1, 2)"), "{text}");
    assert!(text.contains("62.0/100  in all, rounded to 62"), "{text}");
}
