//! Chat templates: how a model was taught that texts of system, user and assistant stand in a row.
//!
//! Rendered as transformers renders them: Jinja2 with trimmed blocks, Python's methods, `raise_exception` and
//! `strftime_now`. The date is always the same, so that a prompt is the same tomorrow.

use std::path::Path;

use minijinja::syntax::SyntaxConfig;
use minijinja::{Environment, Error, ErrorKind, context};
use minijinja_contrib::pycompat;
use serde::Deserialize;

use super::LlmError;

/// The templates in the binary, by id: those of the built-in models, cut down to what candor renders. Tests hold them to
/// the ones that the models came with.
const BUILT_IN: [(&str, &str); 2] = [
    ("chatml", include_str!("../../../prompts/chat/chatml.jinja")),
    ("qwen3", include_str!("../../../prompts/chat/qwen3.jinja")),
];
/// Instructions that a template may take: enough for any chat of two messages, an end for one that has none.
const FUEL: u64 = 1_000_000;

/// A chat template, and the special tokens that it may name.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct ChatTemplate {
    /// Jinja.
    pub source: String,
    /// What stands at the beginning of a text, such as `<s>`; may be empty.
    pub bos: String,
    /// What stands at its end; may be empty.
    pub eos: String,
}

impl ChatTemplate {
    /// A template in the binary: `chatml` or `qwen3`.
    ///
    /// # Errors
    /// [`LlmError::NoTemplate`] for another id.
    pub fn built_in(id: &str) -> Result<ChatTemplate, LlmError> {
        let found = BUILT_IN.iter().find(|(known, _)| *known == id);
        let known = || BUILT_IN.map(|(id, _)| id).join(", ");
        let (_, source) = found.ok_or_else(|| LlmError::NoTemplate { id: id.to_owned(), known: known() })?;
        Ok(ChatTemplate { source: (*source).to_owned(), ..ChatTemplate::default() })
    }

    /// The template in a `tokenizer_config.json`; of several, the one called `default`.
    ///
    /// # Errors
    /// When the file can't be read or has no template.
    pub fn read(path: &Path) -> Result<ChatTemplate, LlmError> {
        let read = std::fs::read(path).map_err(|source| LlmError::Read { path: path.to_owned(), source });
        let config: Config = serde_json::from_slice(&read?)
            .map_err(|e| LlmError::Vocabulary { path: path.to_owned(), source: e.into() })?;
        let source = match config.chat_template {
            Some(Templates::One(source)) => Some(source),
            Some(Templates::Named(all)) => all.into_iter().find(|t| t.name == "default").map(|t| t.template),
            None => None,
        };
        let source = source.ok_or_else(|| LlmError::Untemplated { path: path.to_owned() })?;
        let text = |token: Option<Special>| match token {
            Some(Special::Plain(text) | Special::Token { content: text }) => text,
            None => String::new(),
        };
        Ok(ChatTemplate { source, bos: text(config.bos_token), eos: text(config.eos_token) })
    }

    /// The chat of a system text and a user's text, up to where the assistant speaks, thinking off.
    ///
    /// # Errors
    /// [`LlmError::Template`] when it is no Jinja, refuses the chat, or does not come to an end.
    pub fn render(&self, system: &str, user: &str) -> Result<String, LlmError> {
        self.render_jinja(system, user).map_err(|e| LlmError::Template(Box::new(e)))
    }

    fn render_jinja(&self, system: &str, user: &str) -> Result<String, Error> {
        let mut jinja = Environment::new();
        jinja.set_syntax(SyntaxConfig::builder().trim_blocks(true).lstrip_blocks(true).build()?);
        jinja.set_fuel(Some(FUEL));
        jinja.set_unknown_method_callback(pycompat::unknown_method_callback);
        jinja.add_function("raise_exception", |message: String| -> Result<String, Error> {
            Err(Error::new(ErrorKind::InvalidOperation, message))
        });
        jinja.add_function("strftime_now", |format: String| frozen(&format));
        let message = |role: &str, content: &str| context! { role, content };
        jinja.render_str(
            &self.source,
            context! {
                messages => [message("system", system), message("user", user)],
                add_generation_prompt => true,
                enable_thinking => false,
                bos_token => &self.bos,
                eos_token => &self.eos,
            },
        )
    }
}

/// What is read of a `tokenizer_config.json`.
#[derive(Deserialize)]
struct Config {
    chat_template: Option<Templates>,
    bos_token: Option<Special>,
    eos_token: Option<Special>,
}

#[derive(Deserialize)]
#[serde(untagged)]
enum Templates {
    One(String),
    Named(Vec<Named>),
}

#[derive(Deserialize)]
struct Named {
    name: String,
    template: String,
}

#[derive(Deserialize)]
#[serde(untagged)]
enum Special {
    Plain(String),
    Token { content: String },
}

/// A day in the words of `strftime`: 26 July 2024, which is what Llama 3.2's template has where there is no clock.
fn frozen(format: &str) -> String {
    let mut out = String::with_capacity(format.len());
    let mut chars = format.chars();
    while let Some(c) = chars.next() {
        if c != '%' {
            out.push(c);
            continue;
        }
        match chars.next() {
            Some('d') => out.push_str("26"),
            Some('m') => out.push_str("07"),
            Some('y') => out.push_str("24"),
            Some('Y') => out.push_str("2024"),
            Some('b') => out.push_str("Jul"),
            Some('B') => out.push_str("July"),
            Some('a') => out.push_str("Fri"),
            Some('A') => out.push_str("Friday"),
            Some('H' | 'M' | 'S') => out.push_str("00"),
            Some('F') => out.push_str("2024-07-26"),
            Some('%') => out.push('%'),
            Some(other) => out.extend(['%', other]),
            None => out.push('%'),
        }
    }
    out
}
