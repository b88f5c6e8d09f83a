//! What a model heard in an answer: the one type that every engine yields and everything after it reads.
//!
//! May import: `text`.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

/// Declares a closed set of labels with their ids, in the order of the model's heads.
macro_rules! labels {
    ($(#[$doc:meta])* $name:ident { $($(#[$vdoc:meta])* $variant:ident = $id:literal),+ $(,)? }) => {
        $(#[$doc])*
        #[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
        #[serde(rename_all = "snake_case")]
        pub enum $name { $($(#[$vdoc])* $variant),+ }

        impl $name {
            /// Every label, in the order of the model's head.
            pub const ALL: &'static [$name] = &[$($name::$variant),+];

            /// The id that guides, reports and annotations use.
            #[must_use]
            pub fn id(self) -> &'static str {
                match self { $($name::$variant => $id),+ }
            }

            /// The label of an id.
            #[must_use]
            pub fn from_id(id: &str) -> Option<$name> {
                match id { $($id => Some($name::$variant),)+ _ => None }
            }

            /// The place in [`Self::ALL`].
            #[must_use]
            pub fn index(self) -> usize {
                self as usize
            }
        }

        impl std::fmt::Display for $name {
            fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                f.pad(self.id())
            }
        }
    };
}

labels! {
    /// What a sentence adds to the story; exactly one a sentence. Source: `training/ANNOTATION.md`.
    Role {
        /// Sets the scene: program, people, problem, why it mattered.
        Context = "context",
        /// Says what the narrator personally answered for.
        Ownership = "ownership",
        /// Tells what was done or decided, and why.
        Action = "action",
        /// Says what came of it.
        Result = "result",
        /// Says what the narrator learned.
        Lesson = "lesson",
        /// Adds nothing to the story.
        Other = "other",
    }
}

labels! {
    /// What an interviewer hears in a sentence; any number. Source: `training/ANNOTATION.md`.
    Tag {
        /// Hard work offered as the merit.
        Effort = "effort",
        /// The deed is a team's, with no part told as the narrator's.
        Team = "team",
        /// People are moved by formal power.
        Authority = "authority",
        /// Drama, self-praise, belittled others.
        Heroics = "heroics",
        /// The narrator's part or the facts are blurred.
        Hedge = "hedge",
        /// What was at risk, why it mattered.
        Stakes = "stakes",
        /// The hard part.
        Tension = "tension",
        /// A problem seen before others saw it.
        Early = "early",
        /// Acts unasked, or beyond the own scope.
        Initiative = "initiative",
        /// A choice or trade-off made explicit.
        Decision = "decision",
        /// Moves others without authority.
        Influence = "influence",
        /// Raises a risk to leadership.
        Escalation = "escalation",
        /// Checks that it really holds.
        Verification = "verification",
        /// A figure on an outcome.
        Metric = "metric",
        /// Changes the system for good.
        Mechanism = "mechanism",
    }
}

impl Tag {
    /// Whether it weakens what the sentence says.
    #[must_use]
    pub fn weakens(self) -> bool {
        matches!(self, Tag::Effort | Tag::Team | Tag::Authority | Tag::Heroics | Tag::Hedge)
    }
}

impl Role {
    /// The most probable role, the first of equals; probabilities in the order of [`Role::ALL`].
    #[must_use]
    pub fn likeliest(p: &[f32; ROLES]) -> Role {
        let mut best = Role::Context;
        for &role in Role::ALL {
            if p[role.index()] > p[best.index()] {
                best = role;
            }
        }
        best
    }
}

/// Number of roles.
pub const ROLES: usize = Role::ALL.len();
/// Number of tags.
pub const TAGS: usize = Tag::ALL.len();

/// Whose deed a sentence tells.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Voice {
    /// The narrator is in the sentence.
    I,
    /// Only a collective is.
    We,
    /// Somebody else, or nobody: a note without a subject too.
    Other,
}

/// What was heard in one sentence.
#[derive(Clone, Debug, PartialEq)]
pub struct Heard {
    /// Probability of each role, in the order of [`Role::ALL`]; sums to 1.
    pub roles: [f32; ROLES],
    /// Calibrated probability of each tag, in the order of [`Tag::ALL`].
    pub tags: [f32; TAGS],
    /// Whose deed it tells.
    pub voice: Voice,
    /// Whether it speaks to whoever grades the answer, instead of telling it.
    pub addressed: bool,
}

impl Heard {
    /// The most probable role.
    #[must_use]
    pub fn role(&self) -> Role {
        Role::likeliest(&self.roles)
    }

    /// Probability of a role.
    #[must_use]
    pub fn p_role(&self, role: Role) -> f32 {
        self.roles[role.index()]
    }

    /// Probability of a tag.
    #[must_use]
    pub fn p_tag(&self, tag: Tag) -> f32 {
        self.tags[tag.index()]
    }
}

/// A probability and the threshold from which the model's validation says that it holds.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Judgement {
    /// Calibrated probability, 0 to 1.
    pub p: f32,
    /// Where the answer turns from no to yes.
    pub threshold: f32,
}

impl Judgement {
    /// Whether the probability reaches the threshold.
    #[must_use]
    pub fn holds(self) -> bool {
        self.p >= self.threshold
    }
}

/// What a model heard in a whole answer.
#[derive(Clone, Debug, PartialEq)]
pub struct Evidence {
    /// One entry a sentence of the answer, in its order.
    pub sentences: Vec<Heard>,
    /// From which probability on a tag counts, in the order of [`Tag::ALL`].
    pub thresholds: [f32; TAGS],
    /// Mistakes that the model judges over the whole answer, by id.
    pub mistakes: BTreeMap<String, Judgement>,
    /// Story categories, by id.
    pub categories: BTreeMap<String, Judgement>,
    /// Probability of level 1 to 5.
    pub levels: [f32; 5],
    /// Whether the text is an answer at all.
    pub answered: Judgement,
}

impl Evidence {
    /// The role of sentence `i`.
    #[must_use]
    pub fn role(&self, i: usize) -> Role {
        self.sentences[i].role()
    }

    /// Whether the tag reaches its threshold in sentence `i`.
    #[must_use]
    pub fn hears(&self, i: usize, tag: Tag) -> bool {
        self.sentences[i].p_tag(tag) >= self.thresholds[tag.index()]
    }

    /// The sentences of a role.
    pub fn with_role(&self, role: Role) -> impl Iterator<Item = usize> + '_ {
        (0..self.sentences.len()).filter(move |&i| self.role(i) == role)
    }

    /// The sentences in which a tag is heard.
    pub fn with_tag(&self, tag: Tag) -> impl Iterator<Item = usize> + '_ {
        (0..self.sentences.len()).filter(move |&i| self.hears(i, tag))
    }

    /// The deeds (actions and results) told in a voice.
    pub fn deeds(&self, voice: Voice) -> impl Iterator<Item = usize> + '_ {
        (0..self.sentences.len()).filter(move |&i| {
            matches!(self.role(i), Role::Action | Role::Result) && self.sentences[i].voice == voice
        })
    }

    /// The most probable strength of a tag anywhere in the answer, 0 without sentences.
    #[must_use]
    pub fn peak(&self, tag: Tag) -> f32 {
        self.sentences.iter().map(|s| s.p_tag(tag)).fold(0.0, f32::max)
    }

    /// The probability that at least one sentence has the role.
    #[must_use]
    pub fn any_role(&self, role: Role) -> f32 {
        1.0 - self.sentences.iter().map(|s| 1.0 - s.p_role(role)).product::<f32>()
    }
}
