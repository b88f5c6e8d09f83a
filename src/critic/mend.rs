//! What to mend, the first to mend first: findings, and parts of the score of which little is told though no finding names them.

use crate::guide::{Guide, Measure};
use crate::report::{Criterion, Finding, Mend, Report, Severity};

/// The share of its points from which on enough of a part is told.
const TOLD: f32 = 0.4;
/// Points of the hundred that are worth being named.
const WORTH: f32 = 5.0;

/// Errors and warnings stand in the guide's order, then suggestions and what is told little by the points that are to be gained. Of an
/// answer of the highest level in which nothing is found nothing is to be mended.
pub(super) fn order(report: &Report, guide: &Guide) -> Vec<Mend> {
    let Some(verdict) = &report.verdict else { return Vec::new() };
    if report.findings.is_empty() && verdict.level == 5 {
        return Vec::new();
    }
    let is_grave = |f: &Finding| f.severity > Severity::Suggestion;
    let names = |f: &Finding, c: &Criterion| guide.is_named(&c.id, std::iter::once(&f.id));
    let found = report.findings.iter().enumerate();
    let grave = found.clone().filter(|(_, f)| is_grave(f)).map(|(i, _)| Mend::Finding(i));
    let suggested = found.filter(|(_, f)| !is_grave(f)).map(|(i, f)| {
        let named = verdict.criteria.iter().filter(|c| names(f, c));
        (Mend::Finding(i), named.map(Criterion::lost).sum())
    });
    let thin = verdict.criteria.iter().enumerate().filter(|(_, c)| is_thin(c, guide));
    let unnamed = thin.filter(|(_, c)| !guide.is_named(&c.id, report.found()));
    let mut light: Vec<(Mend, f32)> =
        suggested.chain(unnamed.map(|(i, c)| (Mend::Thin(i), c.lost()))).collect();
    light.sort_by(|a, b| b.1.total_cmp(&a.1));
    grave.chain(light.into_iter().map(|(mend, _)| mend)).collect()
}

/// Whether little is told of what the guide can say how to tell.
fn is_thin(criterion: &Criterion, guide: &Guide) -> bool {
    let heard = guide
        .find_criterion(&criterion.id)
        .is_some_and(|c| matches!(c.measure, Measure::Heard { .. }) && guide.help(c).is_some());
    heard && criterion.score < TOLD && criterion.lost() >= WORTH
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::detect::fixture::{self, guide};
    use crate::report::Verdict;

    /// With these findings of the guide, and these criteria: what is told of each, and its points.
    fn report(findings: &[&str], criteria: &[(&str, f32, f32)], guide: &Guide) -> Report {
        let mut report = Report::silent(None, 1.0, Vec::new());
        let finding = |id: &&str| fixture::finding(id, guide.find_mistake(id).unwrap().severity);
        let criterion = |&(id, score, weight): &(&str, f32, f32)| Criterion {
            id: id.to_owned(),
            title: id.to_owned(),
            score,
            weight,
            sentences: Vec::new(),
        };
        report.findings = findings.iter().map(finding).collect();
        let criteria = criteria.iter().map(criterion).collect();
        report.verdict = Some(Verdict { level: 3, levels: [0.2; 5], score: 50, criteria });
        report
    }

    #[test]
    fn what_is_told_little_stands_among_suggestions_by_its_points() {
        let guide = guide();
        let criteria =
            [("measured", 0.1, 11.0), ("stakes", 0.0, 6.0), ("lesson", 0.0, 3.0), ("own_voice", 0.0, 8.0)];
        let mut all = report(&["team_subject", "no_stakes", "no_lesson"], &criteria, &guide);
        let (we, stakes, lesson) = (Mend::Finding(0), Mend::Finding(1), Mend::Finding(2));
        assert_eq!(
            order(&all, &guide),
            [we, Mend::Thin(0), stakes, lesson],
            "a voice is a finding or nothing"
        );
        all.suppressed = vec!["no_metric".to_owned()];
        assert_eq!(order(&all, &guide), [we, stakes, lesson], "the answer's comments leave it out");
        all.suppressed.clear();
        for (told, weight) in [(0.4, 11.0), (0.0, 4.9)] {
            let criteria = [("measured", told, weight)];
            let told = report(&["no_lesson"], &criteria, &guide);
            assert_eq!(
                order(&told, &guide),
                [Mend::Finding(0)],
                "enough is told of it, or it is worth little"
            );
        }
    }

    #[test]
    fn where_nothing_is_found_in_the_best_nothing_is_to_be_mended() {
        let guide = guide();
        let mut none = report(&[], &[("measured", 0.0, 11.0)], &guide);
        assert_eq!(order(&none, &guide), [Mend::Thin(0)]);
        none.verdict.as_mut().unwrap().level = 5;
        assert_eq!(order(&none, &guide), []);
        assert_eq!(order(&Report::silent(None, 0.1, Vec::new()), &guide), []);
    }
}
