//! The little that is kept of a story whose bank is compared with another: none of its text.

use std::collections::hash_map::DefaultHasher;
use std::hash::{Hash, Hasher};

use crate::bank::record::{Named, relative};
use crate::bank::{Point, Standing, Story, Words};
use crate::compare::Deeds;
use crate::evidence::{ROLES, Role};
use crate::guide::Guide;
use crate::report::{Abstention, Report};
use crate::text::Answer;

/// A story of a bank, as far as it is compared.
#[derive(Clone, Debug, PartialEq)]
pub struct Kept {
    /// As its record is called.
    pub name: String,
    /// What that name is made of.
    pub named: Named,
    /// As it is called within its bank.
    pub label: String,
    /// Of its text and its question: by it two stories are the same to the letter.
    pub(super) digest: u64,
    /// Its level and its score, or why it has none.
    pub standing: Result<Standing, Abstention>,
    /// The categories that it belongs to, by id.
    pub categories: Vec<String>,
    /// Whether each note of the guide is told.
    pub notes: Vec<bool>,
    /// Whether it stands each question of the guide's pressure test.
    pub pressure: Vec<bool>,
    /// The mistakes that are found in it, the most important first.
    pub findings: Vec<String>,
    /// Those that its own comments leave out.
    pub hidden: Vec<String>,
    /// Sentences of each role, in the order of [`Role::ALL`].
    pub roles: [usize; ROLES],
    /// Whose the deeds are.
    pub deeds: Deeds,
    /// Points that each criterion of the guide gave away; none where it has no score.
    pub lost: Vec<f32>,
    /// The words by which it is found again.
    pub words: Words,
}

impl Kept {
    /// What is kept of a report on a record of the bank. Pure.
    #[must_use]
    pub fn of(bank: &str, named: Named, (answer, report): (&Answer, &Report), guide: &Guide) -> Kept {
        let story = Story::of(answer, report, guide);
        let told = |points: &[Point]| points.iter().map(|p| p.told).collect();
        let mut roles = [0; ROLES];
        let heard = if story.is_told() { report.sentences.as_slice() } else { &[] };
        heard.iter().for_each(|s| roles[s.role.index()] += 1);
        let deeds = if story.is_told() { Deeds::of(report) } else { Deeds { i: 0, we: 0 } };
        let inside = relative(bank, &story.name);
        let label = match (inside, named) {
            (Some(line), Named::Line) => format!("line {line}"),
            (Some(inside), _) => inside,
            (None, _) => story.name.clone(),
        };
        Kept {
            named,
            label,
            digest: digest(answer),
            notes: told(&story.notes),
            pressure: told(&story.pressure),
            findings: report.findings.iter().map(|f| f.id.clone()).collect(),
            hidden: report.suppressed.clone(),
            roles,
            deeds,
            name: story.name,
            standing: story.standing,
            categories: story.categories,
            lost: story.lost,
            words: story.words,
        }
    }

    /// The name by which it is looked for in the other bank; lines move, and the bank's own name is another one there.
    pub(super) fn key(&self) -> Option<&str> {
        let stays = match self.named {
            Named::File => self.label != self.name,
            Named::Part => true,
            Named::Line => false,
        };
        stays.then_some(self.label.as_str())
    }

    /// Sentences of a role.
    #[must_use]
    pub fn of_role(&self, role: Role) -> usize {
        self.roles[role.index()]
    }
}

/// The same for the same text and question, within one run; wherever in a file the text stands, and however its lines end.
fn digest(answer: &Answer) -> u64 {
    let mut hasher = DefaultHasher::new();
    let mut lines: Vec<&str> = answer.source.trim().lines().map(str::trim_end).collect();
    // what stands above a story of the file is blank
    lines.dedup_by(|a, b| a.is_empty() && b.is_empty());
    (lines, &answer.question).hash(&mut hasher);
    hasher.finish()
}
