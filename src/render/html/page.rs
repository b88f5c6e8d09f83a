//! The frame of a page: its head with the policy that forbids every request, its style and script, and the engine that
//! fills its templates.
//!
//! May import: what `render` may.

use std::io::{self, Write};

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use minijinja::syntax::SyntaxConfig;
use minijinja::value::Serde;
use minijinja::{Environment, Error, Output, State, UndefinedBehavior, Value};
use serde::Serialize;
use sha2::{Digest as _, Sha256};

use crate::render::escape;

const STYLE: &str = include_str!("page.css");
const SCRIPT: &str = include_str!("page.js");

/// What stands after the last part of a page.
pub(in crate::render) const CLOSE: &str = concat!(
    "</main>\n<footer class=\"foot\"><p>Written by candor on your own machine. ",
    "This page is one file and loads nothing.</p></footer>\n<script>",
    include_str!("page.js"),
    "</script>\n</body>\n</html>\n"
);

/// What stands before the first part of a page.
pub(in crate::render) fn open(title: &str) -> String {
    let (style, script) = (digest(STYLE), digest(SCRIPT));
    format!(include_str!("open.html"), title = html(title), style = style, script = script, css = STYLE)
}

/// The digest of an inline style or script, as a policy names it.
fn digest(text: &str) -> String {
    format!("sha256-{}", STANDARD.encode(Sha256::digest(text)))
}

/// Fills a template, given by name and text, and writes it. Every string in it is escaped, whoever wrote it.
pub(in crate::render) fn fill(
    (name, template): (&'static str, &'static str),
    values: &impl Serialize,
    out: &mut dyn Write,
) -> io::Result<()> {
    let filled = environment(name, template).and_then(|e| e.get_template(name)?.render(Serde(values)));
    // The templates are ours: a fault in one is a fault of this program.
    out.write_all(filled.map_err(io::Error::other)?.as_bytes())
}

fn environment(name: &'static str, template: &'static str) -> Result<Environment<'static>, Error> {
    let mut environment = Environment::new();
    environment.set_undefined_behavior(UndefinedBehavior::Strict);
    environment.set_syntax(SyntaxConfig::builder().trim_blocks(true).lstrip_blocks(true).build()?);
    environment.set_formatter(escaped);
    environment.add_template("parts.html", include_str!("parts.html"))?;
    environment.add_template(name, template)?;
    Ok(environment)
}

/// Writes a value: text so that nothing in it acts, neither as markup nor as a control character; what a macro of a
/// template wrote as it is.
fn escaped(out: &mut Output<'_>, state: &mut State<'_, '_>, value: &Value) -> Result<(), Error> {
    match value.as_str() {
        Some(text) if !value.is_safe() => out.write_str(&html(text)).map_err(Error::from),
        _ => minijinja::escape_formatter(out, state, value),
    }
}

/// Text as it may stand between tags and in a quoted attribute.
fn html(text: &str) -> String {
    let text = escape(text);
    let mut safe = String::with_capacity(text.len());
    for c in text.chars() {
        match c {
            '&' => safe.push_str("&amp;"),
            '<' => safe.push_str("&lt;"),
            '>' => safe.push_str("&gt;"),
            '"' => safe.push_str("&quot;"),
            '\'' => safe.push_str("&#39;"),
            c => safe.push(c),
        }
    }
    safe
}

#[cfg(test)]
mod tests {
    use super::*;

    fn filled(text: &str) -> String {
        let mut out = Vec::new();
        let template = "{% import 'parts.html' as parts %}<p title=\"{{ t }}\">{{ t }}</p>";
        fill(("t.html", template), &serde_json::json!({ "t": text }), &mut out).unwrap();
        String::from_utf8(out).unwrap()
    }

    /// What a browser makes of escaped text.
    fn read(html: &str) -> String {
        let named = [("&lt;", "<"), ("&gt;", ">"), ("&quot;", "\""), ("&#39;", "'"), ("&amp;", "&")];
        named.iter().fold(html.to_owned(), |text, (name, c)| text.replace(name, c))
    }

    #[test]
    fn the_policy_names_what_is_there_and_nothing_else() {
        let page = open("A <b> title") + CLOSE;
        let between = |from: &str, to: &str| {
            let start = page.find(from).unwrap() + from.len();
            &page[start..start + page[start..].find(to).unwrap()]
        };
        let policy = between("Content-Security-Policy\" content=\"", "\"");
        let (style, script) = (between("<style>", "</style>"), between("<script>", "</script>"));
        let known = format!(
            "default-src 'none'; style-src '{}'; script-src '{}'; base-uri 'none'; form-action 'none'",
            digest(style),
            digest(script)
        );
        assert_eq!(policy, known);
        assert_eq!((page.matches("<style").count(), page.matches("<script").count()), (1, 1));
        assert_eq!((style, script), (STYLE, SCRIPT));
        assert!(page.contains("<title>A &lt;b&gt; title</title>"), "{page}");
    }

    #[test]
    fn no_part_has_a_line_that_ends_otherwise() {
        // a browser reads \r\n as \n before it takes a digest, and shows nothing that has another one
        let parts =
            [STYLE, SCRIPT, CLOSE, &open("t"), include_str!("parts.html"), include_str!("critique.html")];
        assert!(
            parts.iter().all(|part| !part.contains('\r')),
            "check it out with line feeds: .gitattributes"
        );
    }

    #[test]
    fn a_digest_is_written_as_browsers_write_it() {
        assert_eq!(digest("abc"), "sha256-ungWv48Bz+pBQUDeXa4iI7ADYaOWF3qctBD/YfIAFa0=");
    }

    #[test]
    fn nothing_acts() {
        let text = filled("</p><script>alert('1')</script>\u{202e}\0\"&amp;]]>");
        let safe =
            "&lt;/p&gt;&lt;script&gt;alert(&#39;1&#39;)&lt;/script&gt;\\u{202e}\u{2400}&quot;&amp;amp;]]&gt;";
        assert_eq!(text, format!("<p title=\"{safe}\">{safe}</p>"));
    }

    proptest::proptest! {
        #[test]
        fn whatever_is_written_is_read_as_text(text in "\\PC*|[<>&\"'/=a-z \u{0}-\u{1f}\u{202a}-\u{202e}]*") {
            let page = filled(&text);
            let inside = page.strip_prefix("<p title=\"").unwrap().strip_suffix("</p>").unwrap();
            let (title, body) = inside.split_once("\">").unwrap();
            proptest::prop_assert_eq!(title, body);
            proptest::prop_assert!(!body.contains(['<', '>', '"', '\'']), "{}", body);
            proptest::prop_assert_eq!(read(body), escape(&text));
        }
    }
}
