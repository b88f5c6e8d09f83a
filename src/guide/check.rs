//! Whether what a guide says fits together, beyond what its types do.
//!
//! May import: `evidence` (its labels).

use std::collections::BTreeSet;

use super::{Clause, Guide, Measure, Mistake, Probe, TOP_LEVEL};
use crate::evidence::{Role, Tag};

/// The key at fault, and what is wrong with it.
pub(super) type Fault = (String, String);

impl Guide {
    /// The first fault, if there is one.
    pub(super) fn check(&self) -> Result<(), Fault> {
        for &role in Role::ALL {
            require(self.role.contains_key(&role), || format!("role.{role}"), "is missing")?;
        }
        for &tag in Tag::ALL {
            require(self.tag.contains_key(&tag), || format!("tag.{tag}"), "is missing")?;
        }
        let rising = self.level_scores.is_none_or(|s| s.is_sorted_by(|a, b| a < b) && s[3] <= 100);
        require(rising, || "level_scores".to_owned(), "must rise, and be at most 100")?;
        let cap = (1..=TOP_LEVEL).contains(&self.level_with_fault);
        require(cap, || "level_with_fault".to_owned(), "must be from 1 to 5")?;
        unique("mistake", self.mistake.iter().flat_map(Mistake::names))?;
        for m in &self.mistake {
            let key = |k: &str| format!("mistake.{}.{k}", m.id);
            require((0.0..=1.0).contains(&m.threshold), || key("threshold"), "must be between 0 and 1")?;
            let texts = [("title", &m.title), ("message", &m.message), ("why", &m.why), ("help", &m.help)];
            for (k, v) in texts.into_iter().chain([("weak", &m.weak), ("mended", &m.mended)]) {
                require(!v.trim().is_empty(), || key(k), "must not be empty")?;
            }
        }
        self.check_criteria()?;
        let lists = [
            ("strength", &self.strength),
            ("way", &self.way),
            ("test", &self.test),
            ("mechanic", &self.mechanic),
        ];
        for (list, probes) in lists.into_iter().chain([("note", &self.note), ("pressure", &self.pressure)]) {
            self.check_probes(list, probes)?;
        }
        unique("form", self.form.iter().map(|f| &f.id))?;
        let others = self.form.is_empty() || !self.no_form.examples.is_empty();
        require(others, || "no_form.examples".to_owned(), "must not be empty where there are forms")?;
        for f in &self.form {
            require(!f.examples.is_empty(), || format!("form.{}.examples", f.id), "must not be empty")?;
            let of = self.category.iter().map(|c| &c.id);
            known(&format!("form.{}.categories", f.id), &f.categories, of, "category")?;
            self.check_probes(&format!("form.{}.needs", f.id), &f.needs)?;
        }
        unique("category", self.category.iter().map(|c| &c.id))
    }

    fn check_probes(&self, list: &str, probes: &[Probe]) -> Result<(), Fault> {
        unique(list, probes.iter().map(|p| &p.id))?;
        for p in probes {
            check_clauses(&format!("{list}.{}", p.id), &p.any)?;
            require(p.enough > 0.0, || format!("{list}.{}.enough", p.id), "must be above 0")?;
            let asked = p.follow_up.is_none() || list == "strength";
            require(asked, || format!("{list}.{}.follow_up", p.id), "is asked of a strength only")?;
            self.check_mistakes(&format!("{list}.{}.denied_by", p.id), &p.denied_by)?;
        }
        Ok(())
    }

    fn check_mistakes(&self, key: &str, ids: &[String]) -> Result<(), Fault> {
        known(key, ids, self.mistake.iter().map(|m| &m.id), "mistake")
    }

    fn check_criteria(&self) -> Result<(), Fault> {
        unique("criterion", self.criterion.iter().map(|c| &c.id))?;
        for c in &self.criterion {
            let key = || format!("criterion.{}.measure", c.id);
            require(c.weight > 0.0, || format!("criterion.{}.weight", c.id), "must be above 0")?;
            self.check_mistakes(&format!("criterion.{}.told_by", c.id), &c.told_by)?;
            match &c.measure {
                Measure::Heard { any, enough } => {
                    check_clauses(&key(), any)?;
                    require(*enough > 0.0, key, "enough must be above 0")?;
                }
                Measure::Voice { enough } => {
                    require(*enough > 0.0 && *enough <= 1.0, key, "enough must be above 0 and at most 1")?;
                }
                Measure::Brief { most, none, .. } => require(most < none, key, "most must be below none")?,
                Measure::Without { cost, .. } => {
                    require(*cost > 0.0 && *cost <= 1.0, key, "cost must be above 0 and at most 1")?;
                }
            }
        }
        let total: f32 = self.criterion.iter().map(|c| c.weight).sum();
        let problem = format!("the weights must add up to 100, not {total}");
        require((total - 100.0).abs() < 1e-3, || "criterion".to_owned(), &problem)
    }
}

fn require(ok: bool, key: impl FnOnce() -> String, problem: &str) -> Result<(), Fault> {
    if ok { Ok(()) } else { Err((key(), problem.to_owned())) }
}

/// Whether each id is one of those of a kind.
fn known<'a>(
    key: &str,
    ids: &[String],
    of: impl Iterator<Item = &'a String>,
    kind: &str,
) -> Result<(), Fault> {
    let all: BTreeSet<&String> = of.collect();
    let unknown = ids.iter().find(|id| !all.contains(id));
    unknown.map_or(Ok(()), |id| Err((key.to_owned(), format!("`{id}` is no {kind}"))))
}

fn unique<'a>(list: &str, ids: impl Iterator<Item = &'a String>) -> Result<(), Fault> {
    let mut seen = BTreeSet::new();
    for id in ids {
        let ok =
            !id.is_empty() && id.chars().all(|c| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '_');
        require(ok, || format!("{list}.id"), &format!("`{id}` must be of a-z, 0-9 and _"))?;
        require(seen.insert(id), || format!("{list}.{id}"), "stands there twice")?;
    }
    Ok(())
}

fn check_clauses(key: &str, any: &[Clause]) -> Result<(), Fault> {
    require(!any.is_empty(), || key.to_owned(), "needs at least one clause in `any`")?;
    let empty = any.iter().any(|c| c.role.is_none() && c.tag.is_none());
    require(!empty, || key.to_owned(), "each clause of `any` needs a role or a tag")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_a_guide_names_must_be_there() {
        let mut guide = Guide::ownership().unwrap();
        guide.form[1].categories.push("tea".to_owned());
        let (key, problem) = guide.check().unwrap_err();
        assert_eq!(
            (key.as_str(), problem.as_str()),
            ("form.program_at_risk.categories", "`tea` is no category")
        );
        guide.form[1].categories.pop();
        guide.way[0].denied_by.push("tea".to_owned());
        assert!(guide.check().unwrap_err().1.contains("is no mistake"));
    }
}
