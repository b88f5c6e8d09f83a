//! A generator that says what a test scripts: a word is a token, and replies are looked up by what was asked.

use std::collections::BTreeMap;
use std::ops::ControlFlow;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use serde_json::Value;

use crate::model::{Frame, Generator, ModelError, ModelInfo, Written};

/// What the scripted generator was asked and what it says.
#[derive(Default)]
pub(crate) struct Script {
    /// Replies by parts of what is asked, with an ellipsis between them, the last of the question: the probability of each text.
    pub(crate) replies: Vec<(String, BTreeMap<&'static str, f32>)>,
    /// What it writes: for a schema the first of these that it allows, else the least that it does.
    pub(crate) texts: Vec<String>,
    /// How long it takes for each.
    pub(crate) takes: Duration,
    /// Texts that are no single token.
    pub(crate) split: Vec<&'static str>,
    /// Tokens that fit.
    pub(crate) context: usize,
    /// Everything that was asked, as text.
    pub(crate) asked: Arc<Mutex<Vec<String>>>,
    words: Mutex<Vec<String>>,
    frame: Frame,
}

impl Script {
    pub(crate) fn new() -> Script {
        let script = Script::default();
        let id = |t: &str| script.id(t);
        let frame =
            Frame { head: vec![id("<system>")], middle: vec![id("<user>")], tail: vec![id("<assistant>")] };
        Script { frame, context: 8192, ..script }
    }

    fn id(&self, word: &str) -> u32 {
        let mut words = self.words.lock().unwrap();
        let known = words.iter().position(|w| w == word);
        known.unwrap_or_else(|| {
            words.push(word.to_owned());
            words.len() - 1
        }) as u32
    }

    fn text_of(&self, tokens: &[u32]) -> String {
        let words = self.words.lock().unwrap();
        tokens.iter().map(|&t| words[t as usize].clone()).collect::<Vec<_>>().join(" ")
    }
}

impl Generator for Script {
    fn info(&self) -> ModelInfo {
        ModelInfo { id: "scripted".to_owned(), sha256: "0".repeat(64), device: "none".to_owned() }
    }

    fn frame(&self) -> &Frame {
        &self.frame
    }

    fn encode(&self, text: &str) -> Result<Vec<u32>, ModelError> {
        Ok(text.split_whitespace().map(|w| self.id(w)).collect())
    }

    fn single(&self, text: &str) -> Option<u32> {
        let one = !self.split.contains(&text) && !text.starts_with(' ');
        one.then(|| self.id(text))
    }

    fn context(&self) -> usize {
        self.context
    }

    fn tokens_read(&self) -> u64 {
        self.asked.lock().unwrap().iter().map(|text| text.split(' ').count() as u64).sum()
    }

    fn read(&mut self, beginning: &[u32]) -> Result<(), ModelError> {
        self.asked.lock().unwrap().push(self.text_of(beginning));
        Ok(())
    }

    fn branch(
        &mut self,
        prefix: &[u32],
        branches: &[Vec<u32>],
        wanted: &[u32],
    ) -> Result<Vec<Vec<f32>>, ModelError> {
        let begun = self.text_of(prefix);
        let mut out = Vec::new();
        for branch in branches {
            let question = self.text_of(branch);
            let holds = |(parts, _): &&(String, _)| match parts.split_once('…') {
                Some((first, last)) => begun.contains(first) && question.contains(last),
                None => question.contains(parts.as_str()),
            };
            let found = self.replies.iter().find(holds);
            let p =
                |t: &u32| found.and_then(|f| f.1.get(self.text_of(&[*t]).as_str())).copied().unwrap_or(0.0);
            out.push(wanted.iter().map(p).collect());
            self.asked.lock().unwrap().push(format!("{begun} {question}"));
        }
        Ok(out)
    }

    fn write(
        &mut self,
        prompt: &[u32],
        schemas: &[Value],
        most: usize,
        each: &mut dyn FnMut(&str) -> ControlFlow<()>,
    ) -> Result<Vec<Written>, ModelError> {
        self.asked.lock().unwrap().push(self.text_of(prompt));
        let mut write = |schema: &Value| {
            let allowed = |text: &&String| jsonschema::is_valid(schema, &serde_json::from_str(text).unwrap());
            std::thread::sleep(self.takes);
            let text = self.texts.iter().find(allowed).cloned();
            let text = text.unwrap_or_else(|| least(schema).to_string());
            let complete = most > 0 && each(&text).is_continue();
            Written { text, complete }
        };
        Ok(schemas.iter().map(&mut write).collect())
    }
}

/// A value of a schema, of the kinds that the judge has: texts of one letter, and nothing that may be left out.
fn least(schema: &Value) -> Value {
    if let Some(value) = schema.get("const") {
        return value.clone();
    }
    match schema["type"].as_str() {
        Some("object") => {
            let properties = schema["properties"].as_object().unwrap();
            Value::Object(properties.iter().map(|(key, schema)| (key.clone(), least(schema))).collect())
        }
        Some("array") => {
            vec![least(&schema["items"]); schema["minItems"].as_u64().unwrap_or(0) as usize].into()
        }
        Some("string") => "s".into(),
        _ => Value::Null,
    }
}
