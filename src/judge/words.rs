//! The critique in words: its parts, which are written side by side, their schemas, which the grammar holds the model to, and what
//! comes out of it.

use serde::Deserialize;
use serde::de::DeserializeOwned;
use serde_json::{Value, json};

use super::JudgeError;
use crate::model::Written;
use crate::report::{Finding, Praise, Weakness, Words};

/// Findings that are put into words: as many as the weakest answers have.
pub(super) const MOST_WEAKNESSES: usize = 9;
/// Tokens of a part: more than the longest of its schema has, even if a model writes letter by letter.
pub(super) const MOST_TOKENS: usize = 1024;
/// Tokens that are kept free for a part where an answer does not fit: more than the texts of the longest have in English.
pub(super) const USUAL_TOKENS: usize = 256;
/// Tokens that are written for a trial.
pub(super) const TRIED: usize = 8;
/// Parts beside those of the findings.
pub(super) const PARTS: usize = 3;
const MOST_STRENGTHS: usize = 3;
const QUESTIONS: usize = 3;
/// Sentences that a part may name.
const MOST_SENTENCES: usize = 4;

/// The schemas of the parts of the words on these findings, where these sentences of the answer are read: the summary, a part for
/// each finding, the strengths, the questions. In them the numbers of sentences count from 1, and no others can be written.
pub(super) fn schemas(findings: &[&Finding], reads: &[usize]) -> Vec<Value> {
    let text = |most: usize| json!({ "type": "string", "minLength": 1, "maxLength": most });
    let numbers: Vec<usize> = reads.iter().map(|i| i + 1).collect();
    let about = json!({ "type": "array", "items": { "type": "integer", "enum": numbers }, "maxItems": MOST_SENTENCES });
    let weakness = |f: &&Finding| {
        object(&[
            ("mistake", json!({ "const": f.id })),
            ("sentences", about.clone()),
            ("why", text(240)),
            ("mend", text(240)),
            ("rewrite", json!({ "anyOf": [text(300), { "type": "null" }] })),
        ])
    };
    let strength = object(&[("sentences", about.clone()), ("what", text(200))]);
    let strengths = json!({ "type": "array", "items": strength, "maxItems": MOST_STRENGTHS });
    let questions =
        json!({ "type": "array", "items": text(200), "minItems": QUESTIONS, "maxItems": QUESTIONS });
    let mut parts = vec![object(&[("summary", text(360))])];
    parts.extend(findings.iter().map(weakness));
    parts.push(object(&[("strengths", strengths)]));
    parts.push(object(&[("questions", questions)]));
    parts
}

/// The schemas of a trial: as many texts as a critique of four findings has, which can't end before so many tokens, unless each
/// of them is a long one.
pub(super) fn trial() -> Vec<Value> {
    vec![json!({ "type": "string", "minLength": 200, "maxLength": 400 }); 4 + PARTS]
}

fn object(parts: &[(&str, Value)]) -> Value {
    let names: Vec<&str> = parts.iter().map(|p| p.0).collect();
    let properties: serde_json::Map<String, Value> =
        parts.iter().map(|(k, v)| ((*k).to_owned(), v.clone())).collect();
    json!({ "type": "object", "properties": properties, "required": names, "additionalProperties": false })
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Summary {
    summary: String,
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
struct Strengths {
    strengths: Vec<SaidStrength>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct SaidStrength {
    sentences: Vec<usize>,
    what: String,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Questions {
    questions: Vec<String>,
}

/// The words in the texts of the [`schemas`] that are complete; sentences count from 0 in them, each once and in order.
pub(super) fn parse(texts: &[Written]) -> Result<Words, JudgeError> {
    fn read<T: DeserializeOwned>(part: &Written) -> Result<Option<T>, JudgeError> {
        let read = || serde_json::from_str(&part.text).map_err(JudgeError::Words);
        part.complete.then(read).transpose()
    }
    let [summary, weaknesses @ .., strengths, questions] = texts else {
        let missing = serde::de::Error::custom("a part is missing");
        return Err(JudgeError::Words(missing));
    };
    let indexes = |numbers: Vec<usize>| {
        let mut out: Vec<usize> = numbers.into_iter().filter_map(|n| n.checked_sub(1)).collect();
        out.sort_unstable();
        out.dedup();
        out
    };
    let weaknesses: Vec<Option<SaidWeakness>> = weaknesses.iter().map(read).collect::<Result<_, _>>()?;
    let weaknesses = weaknesses.into_iter().flatten().map(|w| Weakness {
        id: w.mistake,
        sentences: indexes(w.sentences),
        why: w.why,
        mend: w.mend,
        rewrite: w.rewrite,
    });
    let strengths: Option<Strengths> = read(strengths)?;
    let strengths = strengths.into_iter().flat_map(|s| s.strengths);
    Ok(Words {
        summary: read(summary)?.map(|s: Summary| s.summary).unwrap_or_default(),
        weaknesses: weaknesses.collect(),
        strengths: strengths.map(|s| Praise { sentences: indexes(s.sentences), what: s.what }).collect(),
        questions: read(questions)?.map(|q: Questions| q.questions).unwrap_or_default(),
        dropped: 0,
        unfinished: texts.iter().filter(|part| !part.complete).count(),
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

    const TEXTS: [&str; 4] = [
        r#"{"summary":"s"}"#,
        r#"{"mistake":"vague","sentences":[2,1,2],"why":"w","mend":"m","rewrite":null}"#,
        r#"{"strengths":[{"sentences":[2],"what":"w"}]}"#,
        r#"{"questions":["a","b","c"]}"#,
    ];

    #[test]
    fn only_sentences_and_mistakes_that_exist_can_be_written() {
        let f = finding("vague");
        let schemas = schemas(&[&f], &[0, 1]);
        assert_eq!(schemas.len(), TEXTS.len());
        let valid =
            |i: usize, text: &str| jsonschema::is_valid(&schemas[i], &serde_json::from_str(text).unwrap());
        assert!((0..TEXTS.len()).all(|i| valid(i, TEXTS[i])));
        assert!(!valid(1, &TEXTS[1].replace("2,1", "3,1")), "there is no third sentence");
        assert!(!valid(1, &TEXTS[1].replace("vague", "no_result")), "it was not found");
    }

    #[test]
    fn sentences_count_from_zero() {
        let written = |text: &str| Written { text: text.to_owned(), complete: true };
        let texts = TEXTS.map(written);
        let words = parse(&texts).unwrap();
        assert_eq!(words.weaknesses[0].sentences, [0, 1]);
        assert_eq!((words.strengths[0].sentences.as_slice(), words.questions.len()), (&[1][..], 3));
        assert!(parse(&texts[..1]).is_err(), "a part is missing");
        // each by itself
        for left_out in 0..texts.len() {
            let mut texts = texts.clone();
            texts[left_out] = Written { text: texts[left_out].text[..5].to_owned(), complete: false };
            let words = parse(&texts).unwrap();
            let there = [
                !words.summary.is_empty(),
                !words.weaknesses.is_empty(),
                !words.strengths.is_empty(),
                !words.questions.is_empty(),
            ];
            assert!((0..texts.len()).all(|i| there[i] == (i != left_out)), "{words:?}");
            assert_eq!(words.unfinished, 1);
        }
    }
}
