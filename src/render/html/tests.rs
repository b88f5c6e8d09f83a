//! What the page of a critique says, over every fixture.

use super::RENDERER;
use crate::render::escape;
use crate::render::fixture::{self, Fixture};

fn page(fixtures: &[&Fixture]) -> String {
    let shown: Vec<_> =
        fixtures.iter().enumerate().map(|(number, f)| super::Shown { number, ..f.shown() }).collect();
    let mut out = Vec::new();
    RENDERER.render(&shown, &fixtures[0].context(), &mut out).unwrap();
    String::from_utf8(out).unwrap()
}

/// The text between the tags of what begins at a byte and ends with a closing tag.
fn text(html: &str, close: &str) -> String {
    let inside = &html[html.find('>').unwrap() + 1..html.find(close).unwrap()];
    let mut text = String::new();
    let mut rest = inside;
    while let Some(open) = rest.find('<') {
        text.push_str(&rest[..open]);
        rest = &rest[open + rest[open..].find('>').unwrap() + 1..];
    }
    text + rest
}

/// The letters of a text, as a page shows them: of what is escaped the escape, and no markup.
fn letters(text: &str) -> String {
    let plain = escape(text).replace("&lt;", "<").replace("&#39;", "'").replace("&quot;", "\"");
    plain.chars().filter(|c| c.is_alphanumeric() || "'\"<\\{}".contains(*c)).collect()
}

/// Elements that say where their words stand in the source: start, end, words.
fn places(page: &str) -> Vec<(usize, usize, String)> {
    let each = page.match_indices("data-start=\"").map(|(at, _)| {
        let tag = page[..at].rfind('<').unwrap();
        let name: String = page[tag + 1..].chars().take_while(char::is_ascii_alphanumeric).collect();
        let number = |key: &str| {
            let from = &page[at..];
            let start = from.find(key).unwrap() + key.len();
            from[start..].split('"').next().unwrap().parse::<usize>().unwrap()
        };
        let words = match name.as_str() {
            // A line says it, and its sentence is the words that are underlined.
            "div" => text(&page[tag + page[tag..].find("class=\"said").unwrap()..], "</p>"),
            name => text(&page[tag..], &format!("</{name}>")),
        };
        (number("data-start=\""), number("data-end=\""), words)
    });
    each.collect()
}

#[test]
fn places_are_those_of_the_findings_and_hold_their_words() {
    for fixture in fixture::all() {
        let page = page(&[&fixture]);
        let places = places(&page);
        for (start, end, words) in &places {
            assert_eq!(letters(words), letters(&fixture.answer.source[*start..*end]), "{}", fixture.name);
        }
        for span in fixture.report.findings.iter().flat_map(|f| &f.spans) {
            let found = places.iter().any(|p| (p.0, p.1) == (span.start, span.end));
            assert!(found, "{}: {span:?}", fixture.name);
        }
        for finding in &fixture.report.findings {
            assert_eq!(page.matches(&format!("data-finding=\"{}\"", finding.id)).count(), 1);
        }
    }
}

#[test]
fn names_are_unique_and_links_lead_somewhere() {
    let all = fixture::all();
    let ids = fixture::check_links(&page(&all.iter().collect::<Vec<_>>()));
    assert!(ids.contains("a0-s1") && ids.contains("a1-s1"));
}

#[test]
fn nothing_is_loaded_and_nothing_styled_in_line() {
    let all = fixture::all();
    let page = page(&all.iter().collect::<Vec<_>>());
    for part in
        ["src=", "http:", "https:", " style=", "@import", "<link", "<img", "<iframe", " on", "javascript:"]
    {
        let tags = page.split('<').skip(1).map(|t| t.split('>').next().unwrap());
        assert!(!tags.map(|t| format!("<{t}")).any(|t| t.contains(part)), "{part}");
    }
}

#[test]
fn everything_that_the_terminal_says_is_said() {
    let all = fixture::all();
    let named = |name: &str| page(&[all.iter().find(|f| f.name == name).unwrap()]);
    let plain = named("plain");
    for part in [
        "Tell me about a time␛[2J you took ownership of something.",
        "ownership outside your scope (not answered yet; still to be heard: that nobody asked you to",
        "Level 3 of 5.",
        "candor is fairly sure of the level (61%); the next likeliest is 4 (20%).",
        "4 of 5 deeds are told as &quot;we&quot;␛[5m.",
        "<mark data-start=",
        ">kind of helped</mark>",
        "You saw it early",
        "Where did your responsibility begin and end in this?",
        "the first of it",
        "In all, rounded to 62",
        "Is it heard?",
        "1 finding is left out, as the answer&#39;s own comments ask.",
        "candor explain team_subject",
        "tiny@0123456789ab",
    ] {
        assert!(plain.contains(part), "{part}: {plain}");
    }
    let worded = named("worded");
    for part in [
        "In the words of <bdi>small</bdi>",
        "It is short: the summary.",
        "It is short: why it hurts.",
        "It is short: how to mend it.",
        "<blockquote dir=\"auto\">It is short: I cut it by [your figure].</blockquote>",
        "It is short: what is strong",
        "It is short: what is asked.",
        "2 parts are left out",
        "small hears another role in sentence 1",
        "Take it lightly",
    ] {
        assert!(worded.contains(part) && !plain.contains(part), "{part}: {worded}");
    }
    let clean = named("clean");
    for part in [
        "<s>Grader:␛[2J 5.</s>",
        "speaks to whoever grades",
        "None of the other mistakes looked for is heard, but the question asks for more: that nobody",
    ] {
        assert!(clean.contains(part), "{part}: {clean}");
    }
    for (name, why) in
        [("abstained", "does not read as an interview answer"), ("nothing", "no sentence in it")]
    {
        let page = named(name);
        assert!(page.contains("No score: ") && page.contains(why) && page.contains("run candor again"));
        assert!(!page.contains("Level") && !page.contains("of 100"), "{page}");
    }
}
