//! Every format over banks of the fixtures.

use std::collections::BTreeSet;

use serde_json::Value;
use unicode_width::UnicodeWidthStr;

use super::rows::{from_to, rows};
use super::*;
use crate::bank::{self, Kept, Named, RecordError, Side, Standing};
use crate::compare::Noise;
use crate::render::compare::{ALL, Bank, Renderer};
use crate::render::escape;
use crate::render::fixture::{self, Fixture, Schema};
use crate::report::Severity;

fn kept(bank: &str, f: &Fixture, name: &str) -> Kept {
    let mut answer = f.answer.clone();
    answer.name = format!("{bank}/{name}.md");
    Kept::of(bank, Named::File, (&answer, &f.report), &f.guide)
}

/// The fixtures as a bank, and one in which one is mended, one worse, one renamed, one gone, one added.
fn banks() -> (Vec<Kept>, Vec<Kept>) {
    let all = fixture::all();
    let old: Vec<Kept> = all.iter().map(|f| kept("old", f, f.name)).collect();
    let mut changed = fixture::all();
    let verdict = changed[0].report.verdict.as_mut().unwrap();
    (verdict.level, verdict.score) = (4, 81);
    verdict.criteria[0].score = 0.75;
    changed[0].report.findings.remove(0);
    changed[0].answer.source.push_str("More.");
    let verdict = changed[2].report.verdict.as_mut().unwrap();
    (verdict.level, verdict.score) = (2, 31);
    changed[2].answer.source.push_str("Less.");
    let mut new: Vec<Kept> = changed[..6].iter().map(|f| kept("new", f, f.name)).collect();
    new[1] = kept("new", &changed[1], "called\u{1b}[2Jotherwise");
    new.insert(0, kept("new", &changed[5], "added"));
    new[0].words = bank::Words::default();
    (new[0].name, new[0].label) = ("new/quite another.md".to_owned(), "quite another.md".to_owned());
    (old, new)
}

/// Names that one story has.
fn once(bank: &[Kept]) -> impl Fn(&str) -> bool {
    |name| bank.iter().filter(|kept| kept.name == name).count() == 1
}

/// Compares two banks, and hands on what a format is given.
fn compared<T>(
    (old, new): (&[Kept], &[Kept]),
    git: Option<&str>,
    change: impl FnOnce(&mut Context<'_>),
    look: impl FnOnce(&Banks<'_>, &Context<'_>) -> T,
) -> T {
    let first = fixture::all().remove(0);
    let mut context = first.context();
    let noise = Noise { points: 4, level_changes: 0.061_23, guide: "other".to_owned() };
    let unread = BTreeSet::new();
    let side = |stories| Side { stories, unread: &unread };
    let delta = bank::delta(side(old), side(new), context.guide, &noise);
    let errors = [RecordError::Field { name: "old/\u{1b}[2J\nx".to_owned(), field: "text".to_owned() }];
    let banks = Banks {
        old: Bank { name: "old", errors: &errors, names: &once(old) },
        new: Bank { name: "new", errors: &[], names: &once(new) },
        delta: &delta,
        noise: &noise,
        git,
        again: "",
        critique: Some(""),
    };
    change(&mut context);
    look(&banks, &context)
}

fn render(
    id: &str,
    stories: (&[Kept], &[Kept]),
    git: Option<&str>,
    change: impl FnOnce(&mut Context<'_>),
) -> String {
    let mut out = Vec::new();
    let write = Renderer::find(id).unwrap().banks;
    compared(stories, git, change, |banks, context| write(banks, context, &mut out)).unwrap();
    String::from_utf8(out).unwrap()
}

fn page(change: impl FnOnce(&mut Context<'_>)) -> String {
    let (old, new) = banks();
    render("terminal", (&old, &new), None, change)
}

#[test]
fn nothing_dangerous_is_printed_and_the_same_bytes_come_twice() {
    let (old, new) = banks();
    for format in ALL {
        let text = render(format.id, (&old, &new), None, |_| ());
        assert_eq!(text.chars().find(|c| *c != '\n' && escape::shown(*c).is_some()), None, "{}", format.id);
        assert_eq!(text, render(format.id, (&old, &new), None, |_| ()));
        assert!(text.ends_with('\n'));
    }
}

#[test]
fn no_line_is_over_the_width_and_colour_adds_nothing_but_colour() {
    for width in [40, 80, 100] {
        let text = page(|s| s.width = width);
        // what is to be copied is not cut
        let copied =
            |line: &&str| line.starts_with("  candor compare ") || line.trim_start().starts_with('`');
        for line in text.lines().filter(|line| !copied(line)) {
            assert!(line.width() <= width, "{width}: {line}");
        }
        let painted = page(|s| (s.width, s.color) = (width, true));
        assert!(painted.contains("\u{1b}["));
        let stripped = anstream::adapter::strip_str(&painted).to_string();
        let lines = |t: &str| t.lines().map(|l| l.trim_end().to_owned()).collect::<Vec<_>>();
        assert_eq!(lines(&stripped), lines(&text), "{width}");
    }
}

#[test]
fn json_is_valid_by_the_schema_and_its_keys_are_in_order() {
    let schema = Schema::parse(include_str!("../../../../schemas/bank-delta-1.json"));
    let (old, new) = banks();
    for pair in
        [(&old[..], &new[..]), (&new, &old), (&old, &old), (&old, &new[..1]), (&old[3..5], &new[4..6])]
    {
        let value: Value = serde_json::from_str(&render("json", pair, None, |_| ())).unwrap();
        schema.check(&value, "banks");
        schema.check_keys(&value);
    }
}

#[test]
fn what_became_of_each_is_told() {
    let text = page(|_| ());
    for part in [
        "Stories: 1 better, 1 worse, ",
        " 2  better         3 to 4  62 to 81",
        " 4  worse          3 to 2  62 to 31",
        " 5  no score       -       -              -    -  abstained.md",
        " -  taken out      3       62             -    -  raving.md",
        " 1  new            3       62             -    -  quite another.md",
        "was hostile.md\n",
        "Fixed: Told as \"we\" [team_subject]",
        "Better: level 3 to 4 of 5, score 62 to 81, +19 points.",
        "Not read in old\n",
        "What was lost in clean.md, word by word:\n  candor compare old/clean.md new/clean.md\n",
    ] {
        assert!(text.contains(part), "{part}: {text}");
    }
}

#[test]
fn quiet_shows_the_verdict_only() {
    let text = page(|s| s.quiet = true);
    assert!(text.starts_with("Stories: 1 better") && !text.contains("The bank"), "{text}");
    assert!(text.contains("Not read in old"), "errors are told: {text}");
}

#[test]
fn less_severe_findings_are_left_out_where_that_is_asked() {
    let (mut old, mut new) = banks();
    old[0].findings = vec!["no_stakes".to_owned(), "team_subject".to_owned()];
    new[1].findings = Vec::new();
    for id in ["terminal", "json", "html"] {
        let all = render(id, (&old, &new), None, |_| ());
        let some = render(id, (&old, &new), None, |s| s.min_level = Severity::Warning);
        assert!(all.contains("no_stakes") && !some.contains("no_stakes"), "{some}");
        assert!(some.contains("team_subject"));
    }
}

#[test]
fn the_command_is_one_that_can_be_run() {
    let (old, mut new) = banks();
    let git = |new: &[Kept]| render("terminal", (&old, new), Some("HEAD~1"), |_| ());
    assert!(git(&new).contains("\n  candor compare --git HEAD~1 new/clean.md\n"), "{}", git(&new));
    let mut none = old.clone();
    none.iter_mut().for_each(|kept| kept.named = Named::Part);
    assert!(!render("terminal", (&none, &new), Some("HEAD~1"), |_| ()).contains("candor compare"));
    assert!(
        render("terminal", (&none, &new), None, |_| ())
            .contains("\n  candor compare old/clean.md new/clean.md\n")
    );
    new[3].name = "new/it's mine.md".to_owned();
    let text = render("terminal", (&old, &new), None, |_| ());
    assert!(text.contains("candor compare old/clean.md 'new/it'\\''s mine.md'\n"), "{text}");
}

#[test]
fn of_many_only_those_that_changed_are_listed() {
    let (old, _) = banks();
    let mut many = vec![old[0].clone(); 20];
    many.iter_mut().enumerate().for_each(|(i, kept)| kept.label = format!("s{i}.md"));
    let mut changed = many.clone();
    changed[3] = banks().1.remove(1);
    changed[3].label = "s3.md".to_owned();
    let text = render("terminal", (&many, &changed), None, |_| ());
    assert!(
        text.contains("The stories that changed") && text.contains("What moved them\n4. s3.md\n"),
        "{text}"
    );
    assert!(text.contains("19 stories are unchanged."), "{text}");
    let html = render("html", (&many, &changed), None, |_| ());
    assert_eq!(html.matches("<tr data-role=").count(), 20, "a page has room for all");
}

#[test]
fn where_many_moved_it_is_told_of_none_and_where_none_changed_no_table_is_shown() {
    let (old, _) = banks();
    let mut many = vec![old[0].clone(); 20];
    many.iter_mut().enumerate().for_each(|(i, kept)| kept.label = format!("s{i}.md"));
    let mut changed = many.clone();
    changed.iter_mut().take(13).for_each(|kept| kept.standing = Ok(Standing { level: 3, score: 90 }));
    let text = render("terminal", (&many, &changed), None, |_| ());
    assert!(
        text.contains("What moved them\nThat is told of 13 stories on the page of --format html."),
        "{text}"
    );
    let text = render("terminal", (&many, &many), None, |_| ());
    assert!(
        text.contains("All stories\n20 stories are unchanged.\n") && !text.contains(" verdict "),
        "{text}"
    );
}

#[test]
fn counts_of_what_is_unchanged_add_up() {
    let (old, _) = banks();
    let text = render("terminal", (&old, &old), None, |_| ());
    let alike = old.iter().filter(|kept| kept.standing.is_err()).count();
    assert!(text.contains(&format!("within noise (unchanged), {alike} no score (unchanged).")), "{text}");
}

#[test]
fn no_command_names_what_can_not_be_asked_for() {
    let (old, mut new) = banks();
    let twice = [new.clone(), new.clone()].concat();
    for text in
        [render("terminal", (&old, &twice), None, |_| ()), render("html", (&old, &twice), None, |_| ())]
    {
        assert!(!text.contains("candor compare ") && !text.contains("--explain-score new/"), "{text}");
        assert!(text.contains("once it is in a file of its own"), "{text}");
    }
    for name in ["new/a\nb.md", "new/caf\u{fffd}.md", "new/\u{202e}.md"] {
        new.iter_mut().for_each(|kept| kept.name = name.to_owned());
        let only = &new[3..4];
        let text = render("terminal", (&old, only), None, |_| ());
        assert!(!text.contains("candor compare ") && text.contains("once it is in"), "{text}");
    }
}

/// A page as it is read: with the signs for which there are names, and without isolation of directions.
fn read(page: &str) -> String {
    let named = [("&quot;", "\""), ("&#39;", "'"), ("&lt;", "<"), ("&gt;", ">"), ("&amp;", "&")];
    let marks = ["<bdi>", "</bdi>", "<code>", "</code>"];
    let page = marks.iter().fold(page.to_owned(), |page, mark| page.replace(mark, ""));
    named.iter().fold(page, |page, (name, sign)| page.replace(name, sign))
}

/// Whatever the terminal says of two banks, in its words.
fn told(banks: &Banks<'_>, context: &Context<'_>) -> Vec<String> {
    let (delta, guide) = (banks.delta, context.guide);
    let mut told = vec![said::counts(delta), said::scores(delta)];
    told.extend([said::size(&delta.old), said::size(&delta.new)]);
    told.extend(
        [said::noise(banks, context), said::roles(delta, guide), said::next(banks)].into_iter().flatten(),
    );
    told.extend(delta.new.weakest.iter().map(|link| said::weakest(delta, link)));
    told.extend(said::word_by_word(banks).into_iter().flat_map(|(text, command)| [text, command]));
    told.extend(banks.old.errors.iter().map(RecordError::whole));
    let categories = delta.old.categories.iter().zip(&delta.new.categories);
    told.extend(categories.map(|(old, new)| format!("{}: {}", new.title, said::covered(old, new))));
    told.extend(said::criteria(delta).into_iter().map(|part| part.title.to_owned()));
    for pair in said::moved(delta, context) {
        told.extend([said::called(pair), said::turned(pair), said::points(pair, guide)]);
        told.extend(said::found_again(pair));
        for (lead, titles) in said::told(pair, guide) {
            told.push(format!("{lead}:</span>{}", titles.join("; ")));
        }
        for (lead, ids) in said::findings(pair, context) {
            told.push(format!("<span class=\"name\">{lead}:</span>"));
            told.extend(ids.into_iter().map(str::to_owned));
        }
    }
    for row in rows(delta) {
        told.extend([row.label().to_owned(), format!(">{}</td>", row.became().1)]);
        told.push(format!(">{}</td>", from_to(row.scores(), "–")));
        told.extend(row.before().map(|name| format!("was {name}")));
    }
    told
}

#[test]
fn a_page_says_what_the_terminal_says() {
    let (old, new) = banks();
    for (stories, git) in
        [((&old[..], &new[..]), None), ((&new, &old), Some("HEAD")), ((&old[3..4], &new[4..5]), None)]
    {
        let page = render("html", stories, git, |_| ());
        fixture::check_links(&page);
        let page = read(&page);
        for part in compared(stories, git, |_| (), told) {
            assert!(page.contains(&*escape(&part)), "{part}: {page}");
        }
    }
}

#[test]
fn a_page_shows_each_story_as_what_became_of_it() {
    let (old, new) = banks();
    let page = render("html", (&old, &new), None, |_| ());
    for part in [
        "<strong>Stories:</strong> 1 better, 1 worse, ",
        "<td class=\"became gain\" data-value=\"better\">better</td>",
        "<td class=\"became loss\" data-value=\"worse\">worse</td>",
        "data-label=\"Points\" data-value=\"-31\">-31</td>",
        "data-label=\"Level\" data-value=\"\">–</td>",
        "<path class=\"way\" d=\"M68 7H87\"/>",
        "<span>taken out 1</span>",
        "<a href=\"#bad-old\">1 record of <bdi>old</bdi> could not be read.</a>",
    ] {
        assert!(page.contains(part), "{part}: {page}");
    }
    assert!(!page.contains("bad-new"), "no heading over nothing");
}

#[test]
fn names_of_stories_and_banks_do_nothing_in_a_page() {
    let (mut old, mut new) = banks();
    let hostile = "</bdi><script>alert('1')</script>\" onclick=x {{ 7 * 7 }}\u{202e}.md";
    for (bank, story) in [("old", &mut old[0]), ("new", &mut new[1])] {
        (story.name, story.label) = (format!("{bank}/{hostile}"), hostile.to_owned());
    }
    let page = render("html", (&old, &new), None, |_| ());
    assert!(
        page.contains(
            "&lt;script&gt;alert(&#39;1&#39;)&lt;/script&gt;&quot; onclick=x {{ 7 * 7 }}\\u{202e}.md"
        ),
        "{page}"
    );
    assert_eq!(page.matches("<script").count(), 1, "the page's own");
}
