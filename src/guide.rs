//! A guide: what an interviewer listens for, as data. Parsed from TOML and checked; no code knows one by name.
//!
//! May import: `evidence` (its labels) and `report::Severity`.

mod check;

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use serde::Deserialize;

use crate::evidence::{Role, Tag};
use crate::report::Severity;

/// The guide that is built in.
pub const OWNERSHIP: &str = include_str!("../prompts/guides/ownership.toml");

/// Why a guide can't be used.
#[derive(Debug, thiserror::Error)]
pub enum GuideError {
    /// The file can't be read.
    #[error("cannot read guide {}", path.display())]
    Read {
        /// The file.
        path: PathBuf,
        /// The cause.
        source: std::io::Error,
    },
    /// It is no TOML of this shape; the source names line and key.
    #[error("guide {name} is not valid")]
    Parse {
        /// The guide's file or id.
        name: String,
        /// The cause.
        source: Box<toml::de::Error>,
    },
    /// A value is out of its range, or names something that isn't there.
    #[error("guide {name}: {key}: {problem}")]
    Invalid {
        /// The guide's file or id.
        name: String,
        /// The key at fault, such as `mistake.no_result.help`.
        key: String,
        /// What is wrong with it, and what is allowed.
        problem: String,
    },
}

/// The highest level.
const TOP_LEVEL: u8 = 5;

fn top_level() -> u8 {
    TOP_LEVEL
}

/// A whole guide. Unknown keys are errors.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Guide {
    /// Short name, as in `--guide` and reports.
    pub id: String,
    /// Shown to the reader.
    pub title: String,
    /// Counts up with each change of content; part of a report and of a cache's key.
    pub version: u32,
    /// What the principle means, in a few sentences.
    pub about: String,
    /// The verdict of each level, from 1 to 5.
    pub levels: [String; 5],
    /// The scores from which on an answer is of level 2, 3, 4 and 5, rising. Left out where the model's own levels
    /// were learned for this guide.
    #[serde(default)]
    pub level_scores: Option<[u8; 4]>,
    /// The highest of the model's own levels that is left to an answer in which a warning or an error is surely found;
    /// it counts where there are no `level_scores`.
    #[serde(default = "top_level")]
    pub level_with_fault: u8,
    /// What a sentence can add to the story; every role once.
    pub role: BTreeMap<Role, Label>,
    /// What can be heard in a sentence; every tag once.
    pub tag: BTreeMap<Tag, Label>,
    /// The mistakes it warns of, in the order in which they are to be mended.
    pub mistake: Vec<Mistake>,
    /// What the score is made of; the weights add up to 100.
    pub criterion: Vec<Criterion>,
    /// What makes an answer sound stronger.
    pub strength: Vec<Probe>,
    /// The ways in which the principle shows.
    pub way: Vec<Probe>,
    /// What the interviewer tests.
    pub test: Vec<Probe>,
    /// The mechanics that must be told.
    pub mechanic: Vec<Probe>,
    /// The forms in which the question is asked.
    pub form: Vec<Form>,
    /// Questions that are asked in none of them; there must be some where there are forms.
    #[serde(default)]
    pub no_form: NoForm,
    /// The kinds of story that a bank should hold.
    pub category: Vec<Category>,
    /// The notes to take for each story of a bank.
    pub note: Vec<Probe>,
    /// The questions that a story must stand.
    pub pressure: Vec<Probe>,
}

/// The words for a role or a tag.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Label {
    /// One or two words, for gutters and legends.
    pub title: String,
    /// What the interviewer hears.
    pub hears: String,
}

/// A mistake that a detector looks for.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Mistake {
    /// The detector's id.
    pub id: String,
    /// Former or other names, accepted wherever the id is.
    #[serde(default)]
    pub aliases: Vec<String>,
    /// Two to five words.
    pub title: String,
    /// How much it weighs.
    pub severity: Severity,
    /// From which confidence on it is a finding, 0 to 1; for judgements of the model its own threshold counts too.
    #[serde(default)]
    pub threshold: f32,
    /// What is wrong.
    pub message: String,
    /// Why it matters to the interviewer.
    pub why: String,
    /// What to do.
    pub help: String,
    /// What the interviewer will ask because of it.
    pub follow_up: String,
    /// An example that makes the mistake.
    pub weak: String,
    /// The same, mended.
    pub mended: String,
}

/// One condition on a sentence: all that it names must be heard.
#[derive(Clone, Debug, Deserialize, PartialEq)]
#[serde(deny_unknown_fields)]
pub struct Clause {
    /// The sentence's role.
    pub role: Option<Role>,
    /// A tag heard in it.
    pub tag: Option<Tag>,
}

/// A question to the evidence: is any of these heard, in enough sentences?
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Probe {
    /// Its id.
    pub id: String,
    /// Its words.
    pub title: String,
    /// A sentence counts when one of these holds for it.
    pub any: Vec<Clause>,
    /// How many sentences it takes.
    #[serde(default = "one")]
    pub enough: f32,
    /// Mistakes that say the contrary; where one is found, it is not heard.
    #[serde(default)]
    pub denied_by: Vec<String>,
    /// What the interviewer asks about it where it is heard; of a strength only.
    pub follow_up: Option<String>,
}

/// How a criterion is measured.
#[derive(Clone, Debug, Deserialize)]
#[serde(tag = "kind", rename_all = "snake_case", deny_unknown_fields)]
pub enum Measure {
    /// The expected number of sentences for which a clause holds, over `enough`, at most 1.
    Heard {
        /// The clauses.
        any: Vec<Clause>,
        /// The expected number that gives full points.
        enough: f32,
    },
    /// The share of the deeds that are told as the narrator's, over `enough`, at most 1.
    Voice {
        /// The share that gives full points.
        enough: f32,
    },
    /// Full points while a role's share of the words is at most `most`, none from `none` on.
    Brief {
        /// The role.
        role: Role,
        /// Share up to which it is brief.
        most: f32,
        /// Share from which there are no points.
        none: f32,
    },
    /// Full points without sentences in which one of these tags is heard; each takes `cost`.
    Without {
        /// The tags.
        tags: Vec<Tag>,
        /// The share of the points that one sentence takes.
        cost: f32,
    },
}

/// One weighted part of the score.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Criterion {
    /// Its id.
    pub id: String,
    /// Its words.
    pub title: String,
    /// Points of the hundred.
    pub weight: f32,
    /// How it is measured.
    pub measure: Measure,
    /// What the interviewer asks when it is not met.
    pub follow_up: String,
    /// Mistakes whose own question asks for the same; where one is found, this one isn't asked.
    #[serde(default)]
    pub told_by: Vec<String>,
}

/// A form in which the question is asked.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Form {
    /// Its id.
    pub id: String,
    /// Its words.
    pub title: String,
    /// Ways of asking it; a question belongs to the form whose examples it is most like, unless it is as like those of
    /// [`NoForm`].
    pub examples: Vec<String>,
    /// The categories of the stories that mostly answer it, by id; none where any kind does.
    #[serde(default)]
    pub categories: Vec<String>,
    /// What an answer to this form must let the interviewer hear.
    pub needs: Vec<Probe>,
}

/// What is no form.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct NoForm {
    /// Questions of other kinds.
    pub examples: Vec<String>,
}

/// A kind of story.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Category {
    /// Its id.
    pub id: String,
    /// Its words.
    pub title: String,
}

fn one() -> f32 {
    1.0
}

impl Criterion {
    /// Whether a mistake that was found asks for the same.
    pub fn is_told_by<'a>(&self, mut found: impl Iterator<Item = &'a String>) -> bool {
        found.any(|id| self.told_by.contains(id))
    }
}

impl Probe {
    /// Whether a mistake that was found says the contrary.
    pub fn is_denied<'a>(&self, mut found: impl Iterator<Item = &'a String>) -> bool {
        found.any(|id| self.denied_by.contains(id))
    }
}

impl Mistake {
    /// The aliases, then the id.
    pub fn names(&self) -> impl Iterator<Item = &String> {
        self.aliases.iter().chain([&self.id])
    }
}

impl Guide {
    /// The built-in guide.
    ///
    /// # Errors
    /// Never in a released binary: a test parses it.
    pub fn ownership() -> Result<Guide, GuideError> {
        Guide::parse("ownership", OWNERSHIP)
    }

    /// Reads a guide from a file.
    ///
    /// # Errors
    /// When the file can't be read, is no TOML of this shape, or fails [`Guide::parse`]'s checks.
    pub fn read(path: &Path) -> Result<Guide, GuideError> {
        let text = std::fs::read_to_string(path)
            .map_err(|source| GuideError::Read { path: path.to_path_buf(), source })?;
        Guide::parse(&path.display().to_string(), &text)
    }

    /// Parses and checks a guide; `name` stands for it in errors.
    ///
    /// # Errors
    /// Names the key that is unknown, missing, doubled or out of range.
    pub fn parse(name: &str, text: &str) -> Result<Guide, GuideError> {
        let guide: Guide = toml::from_str(text)
            .map_err(|source| GuideError::Parse { name: name.to_owned(), source: Box::new(source) })?;
        guide.check().map_err(|(key, problem)| GuideError::Invalid {
            name: name.to_owned(),
            key,
            problem,
        })?;
        Ok(guide)
    }

    /// The mistake of an id or an alias.
    #[must_use]
    pub fn find_mistake(&self, id: &str) -> Option<&Mistake> {
        self.mistake.iter().find(|m| m.names().any(|name| name == id))
    }

    /// The criterion of an id.
    #[must_use]
    pub fn find_criterion(&self, id: &str) -> Option<&Criterion> {
        self.criterion.iter().find(|c| c.id == id)
    }

    /// Whether a mistake that was found asks for the same as the criterion of this id.
    pub fn is_named<'a>(&self, criterion: &str, found: impl Iterator<Item = &'a String>) -> bool {
        self.find_criterion(criterion).is_some_and(|c| c.is_told_by(found))
    }

    /// What to do where a criterion loses points: the help of the first mistake that tells of it, if it has one.
    #[must_use]
    pub fn help(&self, criterion: &Criterion) -> Option<&str> {
        Some(self.find_mistake(criterion.told_by.first()?)?.help.as_str())
    }
}
