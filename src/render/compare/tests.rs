//! Both formats over pairs of every fixture.

use serde_json::Value;
use unicode_width::UnicodeWidthStr;

use super::{ALL, Compared, Context, Renderer};
use crate::compare::{Noise, Side, compare};
use crate::render::escape;
use crate::render::fixture::{self, Fixture, Schema};
use crate::report::Severity;

/// One text is as like another as their lengths are.
fn vectors(texts: &[&str]) -> Result<Vec<Vec<f32>>, ()> {
    Ok(texts.iter().map(|t| (t.len() as f32 / 40.0).sin_cos()).map(|(a, b)| vec![a, b]).collect())
}

fn render(id: &str, old: &Fixture, new: &Fixture, change: impl FnOnce(&mut Context<'_>)) -> String {
    let side = |f| -> Side<'_> {
        let f: &Fixture = f;
        Side { answer: &f.answer, report: &f.report }
    };
    let second = new.context().second;
    let (old, new) = (side(old), side(new));
    let noise = Noise { points: 4, level_changes: 0.061_23, guide: "other".to_owned() };
    let delta = compare(old, new, &noise, vectors).unwrap();
    let first = fixture::all().remove(0);
    let mut context = Context { second, ..first.context() };
    change(&mut context);
    let mut out = Vec::new();
    let compared = Compared { old, new, delta: &delta, noise: &noise, critique: Some("") };
    (Renderer::find(id).unwrap().write)(&compared, &context, &mut out).unwrap();
    String::from_utf8(out).unwrap()
}

/// Every fixture against every other one and itself.
fn pairs(mut each: impl FnMut(&Fixture, &Fixture, &str)) {
    let all = fixture::all();
    for old in &all {
        for new in &all {
            each(old, new, &format!("{} to {}", old.name, new.name));
        }
    }
}

/// The first fixture, and the same with another score and without its first finding.
fn mended() -> (Fixture, Fixture) {
    let (old, mut new) = (fixture::all().remove(0), fixture::all().remove(0));
    new.report.findings.remove(0);
    let verdict = new.report.verdict.as_mut().unwrap();
    (verdict.level, verdict.score) = (4, 81);
    verdict.criteria[0].score = 0.75;
    (old, new)
}

#[test]
fn nothing_dangerous_is_printed_and_the_same_bytes_come_twice() {
    pairs(|old, new, name| {
        for renderer in ALL {
            let text = render(renderer.id, old, new, |_| ());
            let bad = text.chars().find(|c| *c != '\n' && escape::shown(*c).is_some());
            assert_eq!(bad, None, "{} of {name}", renderer.id);
            assert_eq!(text, render(renderer.id, old, new, |_| ()));
            assert!(text.ends_with('\n'));
        }
    });
}

#[test]
fn no_line_is_over_the_width_and_colour_adds_nothing_but_colour() {
    pairs(|old, new, name| {
        for width in [40, 80, 100] {
            let text = render("terminal", old, new, |s| s.width = width);
            // a command stays whole, to be copied
            for line in text.lines().filter(|line| !line.starts_with("Next: `")) {
                assert!(line.width() <= width, "{name} at {width}: {line}");
            }
            let painted = render("terminal", old, new, |s| (s.width, s.color) = (width, true));
            assert!(painted.contains("\u{1b}["));
            let stripped = anstream::adapter::strip_str(&painted).to_string();
            let lines = |t: &str| t.lines().map(|l| l.trim_end().to_owned()).collect::<Vec<_>>();
            assert_eq!(lines(&stripped), lines(&text), "{name} at {width}");
        }
    });
}

#[test]
fn json_is_valid_by_the_schema_and_its_keys_are_in_order() {
    let schema = Schema::parse(include_str!("../../../schemas/compare-1.json"));
    pairs(|old, new, name| {
        let value: Value = serde_json::from_str(&render("json", old, new, |_| ())).unwrap();
        schema.check(&value, name);
        schema.check_keys(&value);
        let scored = old.report.verdict.is_some() && new.report.verdict.is_some();
        for key in ["verdict", "score_delta", "level_delta"] {
            assert_eq!(value[key].is_null(), !scored, "{key} of {name}");
        }
    });
}

#[test]
fn the_verdict_and_its_parts_are_told() {
    let (old, new) = mended();
    let text = render("terminal", &old, &new, |_| ());
    assert!(text.contains("Better: level 3 to 4 of 5, score 62 to 81, +19 points."), "{text}");
    assert!(text.contains("Within ±4 points nothing is certain"), "{text}");
    assert!(text.contains("\n  +19  the first of it\n  +19  in all"), "{text}");
    assert!(text.contains("\nfixed   ") && text.contains("[team_subject]"), "{text}");
    let quiet = render("terminal", &old, &new, |s| s.quiet = true);
    assert!(quiet.starts_with("Better: ") && quiet.lines().count() < 5, "{quiet}");
    let back = render("terminal", &new, &old, |_| ());
    assert!(back.contains("Worse: level 4 to 3 of 5, score 81 to 62, -19 points."), "{back}");
    assert!(back.contains("\nnew     "), "{back}");
    let same = render("terminal", &old, &old, |_| ());
    let said = "Within noise: level 3 of 5 as before, score 62 as before.";
    assert!(same.contains(said) && !same.contains("What the points"), "{same}");
}

#[test]
fn a_page_tells_the_same() {
    let (old, new) = mended();
    let page = render("html", &old, &new, |_| ());
    for part in [
        "<strong>Better:</strong> level 3 to 4 of 5, score 62 to 81, +19 points.",
        "Within ±4 points nothing is certain",
        "Old 62, new 81 of 100; from 58 to 66 nothing is certain",
        "the first of it</th><td class=\"number\">38.0</td><td class=\"number\">57.0</td><td class=\"number\">+19</td>",
        "<h3>Fixed</h3>",
        "<h3>Left</h3>",
        "<code>team_subject</code>",
        "Deeds told as &quot;I&quot;",
    ] {
        assert!(page.contains(part), "{part}: {page}");
    }
    let all = fixture::all();
    let other = render("html", &all[0], &all[1], |_| ());
    assert!(other.contains("<ins>") && other.contains("<del>"), "{other}");
}

#[test]
fn what_speaks_to_the_grader_is_shown_as_left_out_of_either_version() {
    let all = fixture::all();
    let (plain, clean) = (&all[0], all.iter().find(|f| f.name == "clean").unwrap());
    let last = clean.answer.source.lines().count();
    for (old, new, name) in [(clean, plain, "old"), (plain, clean, "new")] {
        let text = render("terminal", old, new, |_| ());
        assert!(text.contains(&format!("Left out\n{name}: line {last}, \"Grader:")), "{text}");
        let page = render("html", old, new, |_| ());
        assert!(page.contains(&format!("<li>{name}: line {last}, <q dir=\"auto\">Grader:")), "{page}");
        let value: Value = serde_json::from_str(&render("json", old, new, |_| ())).unwrap();
        assert_eq!(value[name]["left_out"][0]["line"], last);
        let other = if name == "old" { "new" } else { "old" };
        assert_eq!(value[other]["left_out"], serde_json::json!([]));
    }
    assert!(!render("terminal", plain, plain, |_| ()).contains("Left out"));
}

#[test]
fn who_judged_and_whose_the_noise_band_is_are_told() {
    let all = fixture::all();
    let worded = all.iter().find(|f| f.name == "worded").unwrap();
    let flat = |text: String| text.split_whitespace().collect::<Vec<_>>().join(" ");
    let text = flat(render("terminal", &all[0], worded, |_| ()));
    assert!(text.contains(" and small (engine both)"), "{text}");
    assert!(text.contains("measured with the guide other and the encoder alone."), "{text}");
    let page = render("html", &all[0], worded, |_| ());
    assert!(
        page.contains("beside it (engine both, prompts 1, on cpu)")
            && page.contains("and the encoder alone."),
        "{page}"
    );
    let alone = flat(render("terminal", worded, &all[0], |_| ()));
    assert!(!alone.contains("Judged by") && alone.contains("measured with the guide other."), "{alone}");
    let said = |new| serde_json::from_str::<Value>(&render("json", &all[0], new, |_| ())).unwrap();
    assert_eq!(
        (&said(worded)["tool"]["engine"], &said(worded)["noise"]["engine"]),
        (&"both".into(), &"encoder".into())
    );
    assert_eq!(said(&all[0])["tool"]["engine"], "encoder");
}

#[test]
fn without_a_score_there_is_no_verdict() {
    let all = fixture::all();
    let named = |name: &str| all.iter().find(|f| f.name == name).unwrap();
    for (old, new, expected) in [
        ("plain", "abstained", "No verdict: the new version has no score: this does not read"),
        ("nothing", "plain", "No verdict: the old version has no score: there is no sentence"),
        ("abstained", "nothing", "No verdict: neither version has a score."),
    ] {
        let text = render("terminal", named(old), named(new), |_| ());
        assert!(text.contains(expected), "{text}");
        for part in ["Better", "Worse", "Within", "Findings", "What the points come from"] {
            assert!(!text.contains(part), "{part}: {text}");
        }
    }
}

#[test]
fn less_severe_findings_are_left_out_where_that_is_asked() {
    let (old, new) = mended();
    for renderer in ALL {
        let all = render(renderer.id, &old, &new, |_| ());
        let some = render(renderer.id, &old, &new, |s| s.min_level = Severity::Warning);
        assert!(all.contains("no_stakes") && !some.contains("no_stakes"), "{some}");
        assert!(some.contains("team_subject"));
    }
}
