//! The critique in words: its schema, which the grammar holds the model to, and what comes out of it.

use serde::Deserialize;
use serde_json::{Value, json};

use crate::report::{Finding, Praise, Weakness, Words};

/// Findings that are put into words: more is not mended at once.
pub(super) const MOST_WEAKNESSES: usize = 4;
/// Tokens of a critique: more than the longest of the schema has, unless a model writes letter by letter.
pub(super) const MOST_TOKENS: usize = 4096;
/// Tokens that are kept free for a critique where an answer does not fit: what its texts have in English.
pub(super) const USUAL_TOKENS: usize = 1536;
/// Tokens that are written for a trial.
pub(super) const TRIED: usize = 8;
const MOST_STRENGTHS: usize = 3;
const QUESTIONS: usize = 3;
/// Sentences that a part may name.
const MOST_SENTENCES: usize = 4;

/// The schema of the words on these findings, where these sentences of the answer are read. In the words their numbers count
/// from 1, and no others can be written.
pub(super) fn schema(findings: &[&Finding], reads: &[usize]) -> Value {
    let text = |most: usize| json!({ "type": "string", "minLength": 1, "maxLength": most });
    let numbers: Vec<usize> = reads.iter().map(|i| i + 1).collect();
    let about = json!({ "type": "array", "items": { "type": "integer", "enum": numbers }, "maxItems": MOST_SENTENCES });
    let ids: Vec<&str> = findings.iter().map(|f| f.id.as_str()).collect();
    let weakness = object(&[
        ("mistake", json!({ "type": "string", "enum": ids })),
        ("sentences", about.clone()),
        ("why", text(240)),
        ("mend", text(240)),
        ("rewrite", json!({ "anyOf": [text(300), { "type": "null" }] })),
    ]);
    let strength = object(&[("sentences", about), ("what", text(200))]);
    let mut parts = vec![("summary", text(360))];
    if !findings.is_empty() {
        let n = findings.len();
        parts.push((
            "weaknesses",
            json!({ "type": "array", "items": weakness, "minItems": n, "maxItems": n }),
        ));
    }
    parts.push(("strengths", json!({ "type": "array", "items": strength, "maxItems": MOST_STRENGTHS })));
    let questions =
        json!({ "type": "array", "items": text(200), "minItems": QUESTIONS, "maxItems": QUESTIONS });
    parts.push(("questions", questions));
    object(&parts)
}

/// The schema of a trial: a text that can't end before so many tokens, unless each of them is a long one.
pub(super) fn trial() -> Value {
    json!({ "type": "string", "minLength": 200, "maxLength": 400 })
}

fn object(parts: &[(&str, Value)]) -> Value {
    let names: Vec<&str> = parts.iter().map(|p| p.0).collect();
    let properties: serde_json::Map<String, Value> =
        parts.iter().map(|(k, v)| ((*k).to_owned(), v.clone())).collect();
    json!({ "type": "object", "properties": properties, "required": names, "additionalProperties": false })
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Said {
    summary: String,
    #[serde(default)]
    weaknesses: Vec<SaidWeakness>,
    strengths: Vec<SaidStrength>,
    questions: Vec<String>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct SaidWeakness {
    mistake: String,
    sentences: Vec<usize>,
    why: String,
    mend: String,
    rewrite: Option<String>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct SaidStrength {
    sentences: Vec<usize>,
    what: String,
}

/// The words in a text of the schema; sentences count from 0 in them, each once and in order.
pub(super) fn parse(text: &str) -> Result<Words, serde_json::Error> {
    let said: Said = serde_json::from_str(text)?;
    let indexes = |numbers: Vec<usize>| {
        let mut out: Vec<usize> = numbers.into_iter().filter_map(|n| n.checked_sub(1)).collect();
        out.sort_unstable();
        out.dedup();
        out
    };
    let mut weaknesses: Vec<Weakness> = Vec::new();
    for w in said.weaknesses {
        // the grammar can't keep a mistake from being named twice
        if weaknesses.iter().all(|known| known.id != w.mistake) {
            weaknesses.push(Weakness {
                id: w.mistake,
                sentences: indexes(w.sentences),
                why: w.why,
                mend: w.mend,
                rewrite: w.rewrite,
            });
        }
    }
    let strengths = said.strengths.into_iter();
    Ok(Words {
        summary: said.summary,
        weaknesses,
        strengths: strengths.map(|s| Praise { sentences: indexes(s.sentences), what: s.what }).collect(),
        questions: said.questions,
        dropped: 0,
    })
}

#[cfg(test)]
pub(super) mod tests {
    use super::*;
    use crate::report::Severity;

    pub(in crate::judge) fn finding(id: &str) -> Finding {
        Finding {
            id: id.to_owned(),
            severity: Severity::Warning,
            confidence: 0.8,
            message: "It is not told.".to_owned(),
            why: String::new(),
            help: String::new(),
            sentences: vec![0],
            spans: Vec::new(),
        }
    }

    fn said(numbers: &str) -> String {
        format!(
            r#"{{"summary":"s","weaknesses":[{{"mistake":"vague","sentences":{numbers},"why":"w","mend":"m","rewrite":null}}],
            "strengths":[],"questions":["a","b","c"]}}"#
        )
    }

    #[test]
    fn only_sentences_and_mistakes_that_exist_can_be_written() {
        let f = finding("vague");
        let schema = schema(&[&f], &[0, 1]);
        let valid = |text: &str| jsonschema::is_valid(&schema, &serde_json::from_str(text).unwrap());
        assert!(valid(&said("[1,2]")));
        assert!(!valid(&said("[3]")), "there is no third sentence");
        assert!(!valid(&said("[1]").replace("vague", "no_result")), "it was not found");
    }

    #[test]
    fn nothing_found_nothing_weak() {
        let schema = schema(&[], &[0, 1]);
        let text = r#"{"summary":"s","strengths":[{"sentences":[2],"what":"w"}],"questions":["a","b","c"]}"#;
        assert!(jsonschema::is_valid(&schema, &serde_json::from_str(text).unwrap()));
        assert!(parse(text).unwrap().weaknesses.is_empty());
    }

    #[test]
    fn sentences_count_from_zero_and_a_mistake_is_named_once() {
        let words = parse(&said("[2,1,2]")).unwrap();
        assert_eq!(words.weaknesses[0].sentences, [0, 1]);
        let item = r#"{"mistake":"vague","sentences":[],"why":"w","mend":"m","rewrite":"r"}"#;
        let twice =
            format!(r#"{{"summary":"s","weaknesses":[{item},{item}],"strengths":[],"questions":[]}}"#);
        assert_eq!(parse(&twice).unwrap().weaknesses.len(), 1);
    }
}
