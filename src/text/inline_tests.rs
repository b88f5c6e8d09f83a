//! What rendering takes away, what it keeps, and where it says that words stand.

use super::*;

fn render(source: &str, kind: SourceKind) -> Rendered {
    Rendered::line(source, Span { start: 0, end: source.len() }, kind)
}

fn shown(source: &str) -> String {
    render(source, SourceKind::Markdown).text
}

#[test]
fn markup_goes_and_its_words_stay() {
    for (source, words) in [
        ("**bold** and *thin* and _thin_ and __bold__", "bold and thin and thin and bold"),
        ("***both*** ~~gone~~", "both gone"),
        ("**a *b* c**", "a b c"),
        ("**S**ituation", "Situation"),
        ("ran `make all` twice", "ran make all twice"),
        ("kept `a*b*c` and ``a`b``", "kept a*b*c and a`b"),
        ("see [the plan](https://x.y/z) now", "see the plan now"),
        ("see ![chart](a.png \"t\") now", "see chart now"),
        ("the [[export]] of [[Billing team|billing]] ![[a.png]] ran", "the export of billing ran"),
        ("==It held== and x ==late==", "It held and x late"),
        ("a<br>b <b>c</b> <a href='x'>d</a>", "ab c d"),
        ("x <!-- hidden --> y", "x y"),
        ("R&amp;D &lt;5 &#8211; 6&nbsp;ms", "R&D <5 – 6 ms"),
        ("1\\. not a \\*list\\*", "1. not a *list*"),
        ("  a \t b\u{a0} c ", "a b c"),
        ("zero\u{200b}width\u{feff}", "zerowidth"),
        ("**** later on", "later on"),
    ] {
        assert_eq!(shown(source), words, "{source}");
    }
}

#[test]
fn what_only_looks_like_markup_stays() {
    for source in [
        "2*3*4 and 5 * 6 * 7",
        "snake_case_name and __init__.py's",
        "all *.log and *.txt files",
        "a < b and <id> and <100MB",
        "array[0](maybe)",
        "a[b[0]] and [[]] and x==y or a == b == c",
        "[x] and [link] and (note)",
        "one ` tick",
        "AT&T & co; x",
        "**open only",
        "a ~ b ~ c",
    ] {
        let expected = source.replace("__init__", "init");
        assert_eq!(shown(source), expected, "{source}");
    }
}

#[test]
fn plain_text_keeps_its_stars() {
    let source = "kept *it* &amp; `x` <b>y</b> <!-- no --> z";
    assert_eq!(render(source, SourceKind::Plain).text, "kept *it* &amp; `x` <b>y</b> z");
}

#[test]
fn spans_hold_the_marks_around_the_words() {
    let source = "a **bold** [link](http://x) `c` é";
    let r = render(source, SourceKind::Markdown);
    let of = |words: &str| {
        let start = r.text.find(words).unwrap();
        let span = r.span(start..start + words.len()).unwrap();
        &source[span.start..span.end]
    };
    assert_eq!(of("bold"), "**bold**");
    assert_eq!(of("link"), "[link](http://x)");
    assert_eq!(of("c"), "`c`");
    assert_eq!(of("é"), "é");
    assert_eq!(of(" bold "), "**bold**", "whitespace at the ends is left out");
    assert_eq!(r.span(1..2), None);
}

#[test]
fn emphasis_is_told() {
    let r = render("**Task**: do", SourceKind::Markdown);
    assert_eq!((r.emphasis_at(0), r.emphasis_at(6)), (Some(4), None));
    assert_eq!(render("<b>Task: </b>do", SourceKind::Markdown).emphasis_at(0), Some(6));
}

#[test]
fn pieces_are_joined_and_rows_get_colons() {
    let source = "one\n> two";
    let pieces = [Span { start: 0, end: 3 }, Span { start: 6, end: 9 }];
    assert_eq!(Rendered::lines(source, &pieces, SourceKind::Markdown).text, "one two");
    let row = "| S | slow page | 3 s |";
    let all = [Span { start: 0, end: row.len() }];
    assert_eq!(Rendered::cells(row, &all, SourceKind::Markdown).text, "S: slow page: 3 s");
    let told = "| We were late. | **I moved it.** | It held |";
    let all = [Span { start: 0, end: told.len() }];
    let words = Rendered::cells(told, &all, SourceKind::Markdown);
    assert_eq!(words.text, "We were late. I moved it. It held");
}
