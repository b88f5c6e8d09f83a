use std::collections::BTreeSet;

use serde_json::Value;

use super::*;
use crate::bank::{Asked, summary};
use crate::render::fixture::{self, Fixture, Schema};

fn stream(id: &str) -> &'static Stream {
    match &Format::find(id).unwrap().how {
        How::Stream(stream) => stream,
        How::Whole(_) => panic!("{id} is no stream"),
    }
}

fn bad() -> RecordError {
    RecordError::Field { name: "f.jsonl#\u{1b}[2J\nx".to_owned(), field: "text".to_owned() }
}

fn line(id: &str, entry: &Entry<'_>, fixture: &Fixture) -> String {
    let mut out = Vec::new();
    (stream(id).one)(entry, &fixture.context(), &mut out).unwrap();
    String::from_utf8(out).unwrap()
}

fn whole(id: &str, change: impl FnOnce(&mut Context<'_>)) -> String {
    let fixtures = fixture::all();
    let guide = &fixtures[0].guide;
    let stories: Vec<Story> = fixtures.iter().map(|f| Story::of(&f.answer, &f.report, guide)).collect();
    let summary = summary(&stories, guide, &[] as &[Asked]);
    let errors = [bad()];
    let bank = Bank { stories: &stories, errors: &errors, summary: &summary, complete: true, again: "" };
    let mut context = fixtures[0].context();
    change(&mut context);
    let How::Whole(write) = Format::find(id).unwrap().how else { panic!("{id} is a stream") };
    let mut out = Vec::new();
    write(&bank, &context, &mut out).unwrap();
    String::from_utf8(out).unwrap()
}

#[test]
fn every_format_has_an_id_and_a_phrase() {
    let ids: BTreeSet<&str> = ALL.iter().map(|f| f.id).collect();
    assert_eq!(ids.len(), ALL.len());
    assert!(ALL.iter().all(|f| !f.doc.is_empty() && Format::find(f.id).is_some()));
}

#[test]
fn a_record_is_a_line_that_says_whose_it_is() {
    for id in ["jsonl", "csv"] {
        for fixture in fixture::all() {
            let (shown, error) = (fixture.shown(), bad());
            for (entry, name) in
                [(Entry::Critique(&shown), fixture.answer.name.as_str()), (Entry::Bad(&error), error.name())]
            {
                let text = line(id, &entry, &fixture);
                assert!(text.ends_with('\n') && text.matches('\n').count() == 1, "{id}: {text}");
                assert!(!text.trim_end().chars().any(char::is_control), "{id}: {text}");
                let mark = (stream(id).mark)(&text).unwrap();
                assert_eq!(mark.name, line_name(name));
                assert_eq!(mark.bad, matches!(entry, Entry::Bad(_)));
                assert!(mark.tool.is_none_or(|t| t == tool(&fixture.context())));
            }
        }
        assert_eq!((stream(id).mark)("a line of prose\n"), None);
    }
}

#[test]
fn json_is_valid_by_its_schemas() {
    let bank = Schema::parse(include_str!("../../../schemas/bank-1.json"));
    bank.check(&serde_json::from_str(&whole("json", |_| ())).unwrap(), "bank");
    let critique = Schema::parse(include_str!("../../../schemas/critique-1.json"));
    let error = Schema::parse(include_str!("../../../schemas/error-1.json"));
    let fixture = &fixture::all()[0];
    let lines = [
        line("jsonl", &Entry::Critique(&fixture.shown()), fixture),
        line("jsonl", &Entry::Bad(&bad()), fixture),
    ];
    let values = lines.map(|l| serde_json::from_str::<Value>(&l).unwrap());
    assert!(critique.is_valid(&values[0]) && error.is_valid(&values[1]));
    assert!(!critique.is_valid(&values[1]) && !error.is_valid(&values[0]));
}

#[test]
fn a_row_has_a_field_for_each_column() {
    let fixture = &fixture::all()[0];
    let text = format!("{}{}", stream("csv").head, line("csv", &Entry::Critique(&fixture.shown()), fixture));
    let mut reader = ::csv::Reader::from_reader(text.as_bytes());
    let head = reader.headers().unwrap().clone();
    let row = reader.records().next().unwrap().unwrap();
    let field = |name: &str| &row[head.iter().position(|h| h == name).unwrap()];
    assert_eq!((field("level"), field("score"), field("error")), ("3", "62", ""));
    assert!(field("findings").starts_with("team_subject"), "{}", field("findings"));
}

#[test]
fn the_terminal_is_narrow_and_safe() {
    for width in [40, 80] {
        let text = whole("terminal", |c| c.width = width);
        for line in text.lines() {
            let word = line.trim_start().split(' ').all(|w| w.chars().count() < width - 10);
            let whole = !word || line.trim_start().starts_with('`');
            assert!(unicode_width::UnicodeWidthStr::width(line) <= width || whole, "{width}: {line}");
            assert!(!line.chars().any(char::is_control), "{line:?}");
        }
    }
    assert!(!whole("terminal", |_| ()).contains('\u{1b}'));
    assert!(whole("terminal", |c| c.color = true).contains('\u{1b}'));
}

#[test]
fn a_page_is_safe_and_says_what_the_terminal_says() {
    let page = whole("html", |_| ());
    let bad_one = page.chars().find(|c| *c != '\n' && crate::render::escape::shown(*c).is_some());
    assert_eq!(bad_one, None);
    assert_eq!(page, whole("html", |_| ()));
    let page = page.replace("&quot;", "\"").replace("&#39;", "'").replace("<bdi>", "").replace("</bdi>", "");
    let fixtures = fixture::all();
    let guide = &fixtures[0].guide;
    let stories: Vec<Story> = fixtures.iter().map(|f| Story::of(&f.answer, &f.report, guide)).collect();
    let summary = summary(&stories, guide, &[] as &[Asked]);
    let bank = Bank { stories: &stories, errors: &[bad()], summary: &summary, complete: true, again: "" };
    let mut said = vec![said::head(&bank), said::next(&bank), said::likeness(&bank), bad().whole()];
    said.extend(summary.weakest.iter().map(|l| said::weakest(l, &bank)));
    said.extend(summary.weak.iter().map(|w| format!("{}</a>: {}", stories[w.story].name, said::why(w))));
    said.extend(summary.categories.iter().map(|c| c.title.clone()));
    for story in stories.iter().filter(|s| s.is_told()) {
        said.push(said::kinds(story, guide));
        let points = story.notes.iter().chain(&story.pressure);
        said.extend(points.flat_map(|p| [Some(p.title.clone()), p.text.clone()]).flatten());
        said.extend(story.findings.iter().flat_map(|f| [f.id.clone(), f.message.clone()]));
    }
    for part in said {
        assert!(page.contains(&*crate::render::escape(&part)), "{part}: {page}");
    }
    assert_eq!(page.matches("id=\"story-").count(), stories.len());
}

#[test]
fn a_stopped_bank_says_so() {
    let fixtures = fixture::all();
    let summary = summary(&[], &fixtures[0].guide, &[] as &[Asked]);
    let bank = Bank { stories: &[], errors: &[bad()], summary: &summary, complete: false, again: "" };
    for id in ["html", "terminal"] {
        let How::Whole(write) = Format::find(id).unwrap().how else { panic!("{id} is a stream") };
        let mut out = Vec::new();
        write(&bank, &fixtures[0].context(), &mut out).unwrap();
        assert!(String::from_utf8(out).unwrap().contains("stopped before the end"), "{id}");
    }
}

#[test]
fn quiet_shows_the_summary_only() {
    let text = whole("terminal", |c| c.quiet = true);
    assert!(!text.contains("All stories") && text.contains("What the bank covers"), "{text}");
}
