//! What is measured on, one record a line: annotated answers in the scheme of `training/ANNOTATION.md`, with or
//! without their raw text; texts of which only is known whether they are answers; questions and their form.

use std::io::BufRead;
use std::path::{Path, PathBuf};

use serde::Deserialize;

use crate::evidence::{Role, Tag};
use crate::text::Span;

/// Why annotated answers can't be read.
#[derive(Debug, thiserror::Error)]
pub enum EvalError {
    /// The file can't be read.
    #[error("cannot read {}", path.display())]
    Read {
        /// The file.
        path: PathBuf,
        /// The cause.
        source: std::io::Error,
    },
    /// A line is no record of the scheme.
    #[error("{}:{line}: not a record to measure on", path.display())]
    Record {
        /// The file.
        path: PathBuf,
        /// 1-based.
        line: usize,
        /// The cause.
        source: serde_json::Error,
    },
    /// A sentence's offsets lie outside of the text.
    #[error("{}:{line}: offsets {start}..{end} are not a range of `raw`", path.display())]
    Offsets {
        /// The file.
        path: PathBuf,
        /// 1-based.
        line: usize,
        /// In characters.
        start: usize,
        /// In characters.
        end: usize,
    },
}

/// One line of a file.
#[derive(Clone, Debug)]
pub enum Example {
    /// Has `sentences`.
    Answer(Annotated),
    /// Has `answered`: a text, and whether it is an answer at all.
    Text {
        /// The text.
        text: String,
        /// Whether it is an answer.
        answered: bool,
        /// From the file.
        id: String,
    },
    /// Has `passage`.
    Passage(Passage),
    /// Has `form`: a question, and the form of the guide in which it is asked.
    Question {
        /// The question.
        question: String,
        /// None where it is of no form.
        form: Option<String>,
        /// Another form that is as right.
        also: Option<String>,
    },
}

/// An answer with a passage in it that a stranger put there.
#[derive(Clone, Debug, Deserialize)]
pub struct Passage {
    /// From the file.
    pub id: String,
    /// Whether it speaks to whoever grades the answer, and so has to be left out; else it is told like the rest.
    pub addressed: bool,
    /// The answer up to it.
    pub before: String,
    /// It.
    pub passage: String,
    /// The rest of the answer.
    pub after: String,
}

/// An annotated answer, with its text as a person would have handed it in.
#[derive(Clone, Debug)]
pub struct Annotated {
    /// From the file.
    pub id: String,
    /// The question that it answers.
    pub question: String,
    /// `raw`, or the sentences rejoined in the answer's format.
    pub source: String,
    /// In the order of the text.
    pub sentences: Vec<AnnotatedSentence>,
    /// Ids.
    pub mistakes: Vec<String>,
    /// Mistakes on which two readers differed: neither right nor wrong.
    pub disputed_mistakes: Vec<String>,
    /// Ids.
    pub categories: Vec<String>,
    /// 1 to 5.
    pub level: u8,
    /// A second reader's level; either counts as right.
    pub second_level: Option<u8>,
}

/// One annotated sentence.
#[derive(Clone, Debug)]
pub struct AnnotatedSentence {
    /// In [`Annotated::source`].
    pub span: Span,
    /// What it adds.
    pub role: Role,
    /// A second reader's role; either counts as right.
    pub second_role: Option<Role>,
    /// What is heard.
    pub tags: Vec<Tag>,
    /// Tags on which two readers differed: neither right nor wrong.
    pub disputed_tags: Vec<Tag>,
}

#[derive(Deserialize)]
struct Record {
    id: String,
    question: String,
    #[serde(default)]
    format: Option<String>,
    raw: Option<String>,
    sentences: Vec<RecordSentence>,
    mistakes: Vec<String>,
    #[serde(default)]
    disputed_mistakes: Vec<String>,
    #[serde(default)]
    categories: Vec<String>,
    level: u8,
    level_2: Option<u8>,
}

#[derive(Deserialize)]
struct RecordSentence {
    text: String,
    start_char: Option<usize>,
    end_char: Option<usize>,
    role: Role,
    also: Option<Role>,
    tags: Vec<Tag>,
    disputed_tags: Option<Vec<Tag>>,
}

#[derive(Deserialize)]
struct TextRecord {
    id: String,
    text: String,
    answered: bool,
}

#[derive(Deserialize)]
struct QuestionRecord {
    question: String,
    form: Option<String>,
    also: Option<String>,
}

/// Reads the records of a file.
///
/// # Errors
/// [`EvalError`] names file and line.
pub fn read(path: &Path) -> Result<Vec<Example>, EvalError> {
    let at = |source| EvalError::Read { path: path.to_path_buf(), source };
    let file = std::fs::File::open(path).map_err(at)?;
    let mut out = Vec::new();
    for (i, line) in std::io::BufReader::new(file).lines().enumerate() {
        let line = line.map_err(at)?;
        if line.trim().is_empty() {
            continue;
        }
        let example = example(&line).map_err(|fault| match fault {
            Fault::Json(source) => EvalError::Record { path: path.to_path_buf(), line: i + 1, source },
            Fault::Offsets(start, end) => {
                EvalError::Offsets { path: path.to_path_buf(), line: i + 1, start, end }
            }
        })?;
        out.push(example);
    }
    Ok(out)
}

enum Fault {
    Json(serde_json::Error),
    /// In characters.
    Offsets(usize, usize),
}

impl From<serde_json::Error> for Fault {
    fn from(error: serde_json::Error) -> Fault {
        Fault::Json(error)
    }
}

fn example(line: &str) -> Result<Example, Fault> {
    let value: serde_json::Value = serde_json::from_str(line)?;
    Ok(if value.get("answered").is_some() {
        let TextRecord { id, text, answered } = serde_json::from_value(value)?;
        Example::Text { text, answered, id }
    } else if value.get("passage").is_some() {
        Example::Passage(serde_json::from_value(value)?)
    } else if value.get("form").is_some() {
        let QuestionRecord { question, form, also } = serde_json::from_value(value)?;
        Example::Question { question, form, also }
    } else {
        let record: Record = serde_json::from_value(value)?;
        Example::Answer(record.place().map_err(|(start, end)| Fault::Offsets(start, end))?)
    })
}

impl Record {
    fn place(self) -> Result<Annotated, (usize, usize)> {
        let (source, spans) = match &self.raw {
            Some(raw) => (raw.clone(), self.spans(raw)?),
            None => self.rejoin(),
        };
        // Only where two people read it is `also` a second reading; else it is a second thing in the sentence.
        let sentences = self.sentences.into_iter().zip(spans).map(|(s, span)| AnnotatedSentence {
            span,
            role: s.role,
            second_role: s.also.filter(|_| s.disputed_tags.is_some()),
            tags: s.tags,
            disputed_tags: s.disputed_tags.unwrap_or_default(),
        });
        Ok(Annotated {
            id: self.id,
            question: self.question,
            source,
            sentences: sentences.collect(),
            mistakes: self.mistakes,
            disputed_mistakes: self.disputed_mistakes,
            categories: self.categories,
            level: self.level.clamp(1, 5),
            second_level: self.level_2,
        })
    }

    fn spans(&self, raw: &str) -> Result<Vec<Span>, (usize, usize)> {
        let mut bytes: Vec<usize> = raw.char_indices().map(|(i, _)| i).collect();
        bytes.push(raw.len());
        let span = |s: &RecordSentence| {
            let (start, end) = (s.start_char.unwrap_or_default(), s.end_char.unwrap_or_default());
            match (bytes.get(start), bytes.get(end)) {
                (Some(&a), Some(&b)) if a < b => Ok(Span { start: a, end: b }),
                _ => Err((start, end)),
            }
        };
        self.sentences.iter().map(span).collect()
    }

    /// As `ANNOTATION.md` says: bullets by a line break and "- ", star by line breaks, the others by spaces.
    fn rejoin(&self) -> (String, Vec<Span>) {
        let (first, between) = match self.format.as_deref().unwrap_or_default() {
            "bullets" => ("- ", "\n- "),
            "star" => ("", "\n"),
            _ => ("", " "),
        };
        let (mut source, mut spans) = (first.to_owned(), Vec::new());
        for (i, s) in self.sentences.iter().enumerate() {
            if i > 0 {
                source.push_str(between);
            }
            let start = source.len();
            source.push_str(&s.text);
            spans.push(Span { start, end: source.len() });
        }
        (source, spans)
    }
}
