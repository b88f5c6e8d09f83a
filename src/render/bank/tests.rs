use std::collections::BTreeSet;

use serde_json::Value;

use super::*;
use crate::bank::{Asked, Standing, summary};
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
    let bank = Bank {
        stories: &stories,
        errors: &errors,
        summary: &summary,
        complete: true,
        again: "",
        names: &|_| true,
    };
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
fn no_cell_is_a_formula() {
    for name in ["=1+1.md", "+a", "-:3", "@a.md", "'=a", "''=a", "'a", "a=1"] {
        let error = RecordError::Field { name: name.to_owned(), field: "text".to_owned() };
        let fixture = &fixture::all()[0];
        let text = line("csv", &Entry::Bad(&error), fixture);
        assert!(
            !text.starts_with(['=', '+', '-', '@']) && !text.contains(",=") && !text.contains(",+"),
            "{text}"
        );
        assert_eq!((stream("csv").mark)(&text).unwrap().name, name, "--resume knows it again");
    }
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
    let bank = Bank {
        stories: &stories,
        errors: &[bad()],
        summary: &summary,
        complete: true,
        again: "",
        names: &|_| true,
    };
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
    let bank = Bank {
        stories: &[],
        errors: &[bad()],
        summary: &summary,
        complete: false,
        again: "",
        names: &|_| true,
    };
    for id in ["html", "terminal"] {
        let How::Whole(write) = Format::find(id).unwrap().how else { panic!("{id} is a stream") };
        let mut out = Vec::new();
        write(&bank, &fixtures[0].context(), &mut out).unwrap();
        assert!(String::from_utf8(out).unwrap().contains("stopped before the end"), "{id}");
    }
}

/// The end of what a bank of the first fixture, changed, is told.
fn told(names: super::Names<'_>, change: impl FnOnce(&mut Vec<Story>)) -> [String; 2] {
    let fixtures = fixture::all();
    let guide = &fixtures[0].guide;
    let mut stories = vec![Story::of(&fixtures[0].answer, &fixtures[0].report, guide)];
    change(&mut stories);
    let summary = summary(&stories, guide, &[] as &[Asked]);
    let bank = Bank { stories: &stories, errors: &[], summary: &summary, complete: true, again: "", names };
    ["terminal", "html"].map(|id| {
        let How::Whole(write) = Format::find(id).unwrap().how else { panic!("{id} is a stream") };
        let mut out = Vec::new();
        write(&bank, &fixtures[0].context(), &mut out).unwrap();
        String::from_utf8(out).unwrap()
    })
}

#[test]
fn a_kind_that_is_missing_comes_before_what_costs_a_good_story_little() {
    for (level, first) in [(3, "mend that in "), (4, "write a story of a kind that is missing: ")] {
        for text in told(&|_| true, |stories| stories[0].standing = Ok(Standing { level, score: 62 })) {
            assert!(text.contains(first), "{level}: {text}");
        }
    }
}

#[test]
fn no_command_names_what_can_not_be_asked_for() {
    for text in told(&|_| false, |_| ()) {
        assert!(text.contains("once it is in a file of its own"), "{text}");
    }
    for text in told(&|_| true, |stories| stories[0].name = "a\nb.md".to_owned()) {
        assert!(text.contains("once it is in a file of its own"), "{text}");
    }
}

#[test]
fn what_comments_leave_out_is_counted() {
    for text in told(&|_| true, |stories| stories[0].suppressed = 2) {
        assert!(
            text.contains("2 findings are left out, as the") && text.contains("own comments ask."),
            "{text}"
        );
    }
    let json: Value = serde_json::from_str(&whole("json", |_| ())).unwrap();
    assert!(json["stories"].as_array().unwrap().iter().any(|story| story["suppressed"] == 1), "{json}");
}

#[test]
fn a_page_is_as_unsure_of_episodes_as_the_terminal() {
    let none = told(&|_| true, |_| ());
    assert!(none.iter().all(|text| !text.contains("Told twice")), "one story tells nothing twice");
    let twice = |stories: &mut Vec<Story>| stories.push(stories[0].clone());
    for text in told(&|_| true, twice) {
        let text = text.replace('\n', " ");
        assert!(text.contains("look like the same episode") && text.contains("If they are, keep"), "{text}");
    }
}

#[test]
fn a_table_says_which_story_it_is_however_long_the_path() {
    let folder = "/home/somebody/documents/interview-preparation/stories/of/last/year";
    let [text, _] = told(&|_| true, |stories| {
        stories.push(stories[0].clone());
        stories[0].name = format!("{folder}/a.md");
        stories[1].name = format!("{folder}/b/{}.md", "long".repeat(15));
    });
    let row = |n: usize| text.lines().find(|l| l.starts_with(&format!(" {n}      "))).unwrap().to_owned();
    assert!(row(1).ends_with("  a.md") && row(2).contains("  ...") && row(2).ends_with("long.md"), "{text}");
    let [text, _] = told(&|_| true, |stories| stories[0].name = format!("{folder}/{folder}/a.md"));
    assert!(text.lines().any(|l| l.contains("  ...") && l.ends_with("/a.md")), "{text}");
}

#[test]
fn quiet_shows_the_summary_only() {
    let text = whole("terminal", |c| c.quiet = true);
    assert!(!text.contains("All stories") && text.contains("What the bank covers"), "{text}");
}
