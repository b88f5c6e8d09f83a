//! The figures: counts that can be added up over files and folds, and what follows from them.

use std::collections::BTreeMap;

use crate::evidence::{ROLES, Role, Tag};

/// Hits and errors of one yes-or-no question.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Counts {
    /// Annotated and said.
    pub hit: usize,
    /// Said, not annotated.
    pub wrong: usize,
    /// Annotated, not said.
    pub missed: usize,
}

impl Counts {
    /// Adds one comparison.
    pub fn add(&mut self, annotated: bool, said: bool) {
        self.hit += usize::from(annotated && said);
        self.wrong += usize::from(!annotated && said);
        self.missed += usize::from(annotated && !said);
    }

    /// hit / (hit + wrong), 0 when nothing was said.
    #[must_use]
    pub fn precision(self) -> f64 {
        ratio(self.hit, self.hit + self.wrong)
    }

    /// hit / (hit + missed), 0 when nothing is annotated.
    #[must_use]
    pub fn recall(self) -> f64 {
        ratio(self.hit, self.hit + self.missed)
    }

    /// The harmonic mean of precision and recall.
    #[must_use]
    pub fn f1(self) -> f64 {
        ratio(2 * self.hit, 2 * self.hit + self.wrong + self.missed)
    }

    /// How often it is annotated.
    #[must_use]
    pub fn support(self) -> usize {
        self.hit + self.missed
    }
}

fn ratio(a: usize, b: usize) -> f64 {
    if b == 0 { 0.0 } else { a as f64 / b as f64 }
}

/// The mean F1 of the classes that are annotated at all.
pub fn macro_f1<'a>(counts: impl Iterator<Item = &'a Counts>) -> f64 {
    let scores: Vec<f64> = counts.filter(|c| c.support() > 0).map(|c| c.f1()).collect();
    if scores.is_empty() { 0.0 } else { scores.iter().sum::<f64>() / scores.len() as f64 }
}

/// F1 over all classes together.
pub fn micro_f1<'a>(counts: impl Iterator<Item = &'a Counts>) -> f64 {
    let mut all = Counts::default();
    for c in counts {
        all.hit += c.hit;
        all.wrong += c.wrong;
        all.missed += c.missed;
    }
    all.f1()
}

/// How often a confident role was right, in ten bins of probability.
#[derive(Clone, Debug, Default)]
pub struct Calibration {
    /// A bin: how many, the sum of their probabilities, how many were right.
    pub bins: [(usize, f64, usize); 10],
}

impl Calibration {
    /// Adds one judgement.
    pub fn add(&mut self, p: f32, right: bool) {
        let bin = &mut self.bins[((p * 10.0) as usize).min(9)];
        bin.0 += 1;
        bin.1 += f64::from(p);
        bin.2 += usize::from(right);
    }

    /// The expected calibration error: the mean gap between confidence and accuracy (Naeini et al. 2015).
    #[must_use]
    pub fn error(&self) -> f64 {
        let n: usize = self.bins.iter().map(|b| b.0).sum();
        let gaps: f64 = self.bins.iter().map(|b| (b.1 - b.2 as f64).abs()).sum();
        if n == 0 { 0.0 } else { gaps / n as f64 }
    }
}

/// Everything that is counted over a set of annotated answers.
#[derive(Clone, Debug, Default)]
pub struct Figures {
    /// Annotated answers.
    pub answers: usize,
    /// Sentences as candor cut them.
    pub read_sentences: usize,
    /// Sentence ends.
    pub boundaries: Counts,
    /// `[annotated][said]`.
    pub roles: [[usize; ROLES]; ROLES],
    /// One a tag.
    pub tags: BTreeMap<Tag, Counts>,
    /// One a mistake of the scheme.
    pub mistakes: BTreeMap<String, Counts>,
    /// One a story category.
    pub categories: BTreeMap<String, Counts>,
    /// `[annotated][said]`, level 1 first.
    pub levels: [[usize; 5]; 5],
    /// Annotated level and score, an answer each.
    pub scores: Vec<(u8, u8)>,
    /// Answers of level 5, and the warnings and errors found on them.
    pub strong: (usize, usize),
    /// Answers that candor took for none, by id.
    pub refused: Vec<String>,
    /// Texts that are no answers: how many there are, and the ids of those that were scored all the same.
    pub others: (usize, Vec<String>),
    /// Short answers: how many there are, and the ids of those that were refused.
    pub short: (usize, Vec<String>),
    /// Sentences of annotated answers that were set aside as if they spoke to the grader.
    pub aside: usize,
    /// Passages put into answers: whether they speak to the grader, and whether they were set aside.
    pub passages: Counts,
    /// Of those that do, how many changed neither verdict nor findings.
    pub unmoved: usize,
    /// One a form of the question; `none` for questions of no form.
    pub forms: BTreeMap<String, Counts>,
    /// Of the roles.
    pub calibration: Calibration,
    /// Time spent reading and judging.
    pub seconds: f64,
}

impl Figures {
    pub(super) fn add_role(&mut self, annotated: Role, said: Role) {
        self.roles[annotated.index()][said.index()] += 1;
    }

    pub(super) fn add_level(&mut self, annotated: u8, said: u8) {
        self.levels[usize::from(annotated) - 1][usize::from(said) - 1] += 1;
    }

    pub(super) fn add_text(&mut self, id: &str, answered: bool, taken: bool) {
        let list = if answered { &mut self.short } else { &mut self.others };
        list.0 += 1;
        if answered != taken {
            list.1.push(id.to_owned());
        }
    }

    pub(super) fn add_form(&mut self, annotated: Option<&str>, said: Option<&str>) {
        let (annotated, said) = (annotated.unwrap_or("none"), said.unwrap_or("none"));
        if annotated == said {
            self.forms.entry(said.to_owned()).or_default().hit += 1;
        } else {
            self.forms.entry(said.to_owned()).or_default().wrong += 1;
            self.forms.entry(annotated.to_owned()).or_default().missed += 1;
        }
    }

    /// The counts of one role.
    #[must_use]
    pub fn role(&self, role: Role) -> Counts {
        let r = role.index();
        let hit = self.roles[r][r];
        let said: usize = self.roles.iter().map(|row| row[r]).sum();
        let annotated: usize = self.roles[r].iter().sum();
        Counts { hit, wrong: said - hit, missed: annotated - hit }
    }

    /// Macro-F1 of the roles.
    #[must_use]
    pub fn roles_macro_f1(&self) -> f64 {
        let counts: Vec<Counts> = Role::ALL.iter().map(|&r| self.role(r)).collect();
        macro_f1(counts.iter())
    }

    /// Cohen's kappa of the levels, with quadratic weights (Cohen 1968); 0 without answers.
    #[must_use]
    pub fn level_kappa(&self) -> f64 {
        let total: usize = self.levels.iter().flatten().sum();
        let said: Vec<usize> = (0..5).map(|j| self.levels.iter().map(|row| row[j]).sum()).collect();
        let (mut observed, mut expected) = (0.0, 0.0);
        for (i, row) in self.levels.iter().enumerate() {
            let annotated: usize = row.iter().sum();
            for (j, (&both, &said)) in row.iter().zip(&said).enumerate() {
                let d = (i.abs_diff(j) * i.abs_diff(j)) as f64;
                observed += d * both as f64;
                expected += d * (annotated * said) as f64 / total.max(1) as f64;
            }
        }
        if expected == 0.0 { 0.0 } else { 1.0 - observed / expected }
    }

    /// The mean distance between the annotated and the said level.
    #[must_use]
    pub fn level_error(&self) -> f64 {
        let total: usize = self.levels.iter().flatten().sum();
        let row_off = |(i, row): (usize, &[usize; 5])| -> usize {
            row.iter().enumerate().map(|(j, n)| i.abs_diff(j) * n).sum()
        };
        let off: usize = self.levels.iter().enumerate().map(row_off).sum();
        ratio(off, total)
    }

    /// Warnings and errors a level-5 answer.
    #[must_use]
    pub fn strong_findings(&self) -> f64 {
        ratio(self.strong.1, self.strong.0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn counts_give_the_textbook_figures() {
        let c = Counts { hit: 6, wrong: 2, missed: 4 };
        assert!((c.precision() - 0.75).abs() < 1e-9 && (c.recall() - 0.6).abs() < 1e-9);
        assert!((c.f1() - 2.0 / 3.0).abs() < 1e-9);
        assert!(Counts::default().f1().abs() < 1e-9);
        let never = Counts { hit: 0, wrong: 3, missed: 0 };
        assert!(
            (macro_f1([c, never].iter()) - 2.0 / 3.0).abs() < 1e-9,
            "classes without support don't count"
        );
        assert!((micro_f1([c, never].iter()) - 12.0 / 21.0).abs() < 1e-9);
    }

    #[test]
    fn kappa_is_one_for_agreement_and_nothing_for_a_constant() {
        let mut f = Figures::default();
        for l in 1..=5 {
            f.add_level(l, l);
        }
        assert!((f.level_kappa() - 1.0).abs() < 1e-9);
        let mut g = Figures::default();
        for l in 1..=5 {
            g.add_level(l, 3);
        }
        assert!(g.level_kappa().abs() < 1e-9);
        assert!((g.level_error() - 1.2).abs() < 1e-9);
    }

    #[test]
    fn calibration_measures_the_gap() {
        let mut c = Calibration::default();
        for i in 0..10 {
            c.add(0.85, i < 6);
        }
        assert!((c.error() - 0.25).abs() < 1e-6);
    }
}
