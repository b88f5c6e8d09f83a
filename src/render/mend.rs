//! What to mend first: findings, and parts of the score of which little is told though no finding names them.

use super::{Context, Shown, said, sentence_list};
use crate::guide::{Guide, Measure};
use crate::report::{Criterion, Finding, Report, Severity};

/// More than three things are not mended at once.
pub(super) const MOST: usize = 3;
/// The share of its points from which on a part is told.
const TOLD: f32 = 0.25;
/// Points of the hundred that are worth a place in the list.
const WORTH: f32 = 5.0;

/// Something to mend.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) enum Mend<'a> {
    /// What was found, with its place among the findings that are shown.
    Found(usize, &'a Finding),
    /// A part of the score that is hardly told.
    Thin(&'a Criterion),
}

impl<'a> Mend<'a> {
    /// Whether it is more than a suggestion.
    pub(super) fn is_grave(self) -> bool {
        matches!(self, Mend::Found(_, finding) if finding.severity > Severity::Suggestion)
    }

    /// What to call it.
    pub(super) fn title(self, guide: &Guide) -> String {
        match self {
            Mend::Found(_, finding) => said::mistake_title(&finding.id, guide).to_owned(),
            Mend::Thin(criterion) => {
                let mut rest = criterion.title.chars();
                rest.next().into_iter().flat_map(char::to_uppercase).chain(rest).collect()
            }
        }
    }

    /// Where it is, or how little there is of it.
    pub(super) fn place(self) -> String {
        match self {
            Mend::Found(_, finding) => said::place_of(finding),
            Mend::Thin(criterion) if criterion.sentences.is_empty() => "hardly told".to_owned(),
            Mend::Thin(criterion) => format!("hardly told ({})", sentence_list(&criterion.sentences)),
        }
    }

    /// The mistake that explains it.
    pub(super) fn mistake(self, guide: &'a Guide) -> Option<&'a str> {
        match self {
            Mend::Found(_, finding) => Some(&finding.id),
            Mend::Thin(criterion) => guide.find_criterion(&criterion.id)?.told_by.first().map(String::as_str),
        }
    }

    /// What to do.
    pub(super) fn help(self, guide: &'a Guide) -> &'a str {
        match self {
            Mend::Found(_, finding) => &finding.help,
            Mend::Thin(criterion) => {
                guide.find_criterion(&criterion.id).and_then(|c| guide.help(c)).unwrap_or_default()
            }
        }
    }
}

/// The first of it. Errors and warnings stand in the guide's order, then suggestions and what is hardly told by the points that are to
/// be gained. Of an answer in which nothing is found nothing is to be mended.
pub(super) fn first<'a>(shown: &Shown<'a>, context: &Context<'_>) -> Vec<Mend<'a>> {
    let (report, guide) = (shown.report, context.guide);
    let found = shown.findings(context).enumerate().map(|(i, f)| Mend::Found(i, f));
    let (mut first, mut light): (Vec<Mend<'_>>, Vec<Mend<'_>>) = found.partition(|m| m.is_grave());
    if first.is_empty() && light.is_empty() {
        return Vec::new();
    }
    if context.shows(Severity::Suggestion) {
        light.extend(unnamed(report, guide).filter(|c| is_thin(c, guide)).map(Mend::Thin));
    }
    light.sort_by(|a, b| gain(*b, report, guide).total_cmp(&gain(*a, report, guide)));
    first.append(&mut light);
    first.truncate(MOST);
    first
}

/// The parts of the score that no mistake names that was found, whether it is shown or not.
pub(super) fn unnamed<'a>(report: &'a Report, guide: &Guide) -> impl Iterator<Item = &'a Criterion> {
    let named = |c: &&Criterion| guide.find_criterion(&c.id).is_some_and(|g| g.is_told_by(report.found()));
    report.verdict.iter().flat_map(|v| &v.criteria).filter(move |c| !named(c))
}

fn is_thin(criterion: &Criterion, guide: &Guide) -> bool {
    let explained = guide.find_criterion(&criterion.id).filter(|c| guide.help(c).is_some());
    let heard = explained.is_some_and(|c| matches!(c.measure, Measure::Heard { .. }));
    heard && criterion.score <= TOLD && criterion.lost() >= WORTH
}

/// The points that are to be gained by mending it.
fn gain(mend: Mend<'_>, report: &Report, guide: &Guide) -> f32 {
    match mend {
        Mend::Thin(criterion) => criterion.lost(),
        Mend::Found(_, finding) => {
            let named = |c: &&Criterion| {
                guide.find_criterion(&c.id).is_some_and(|g| g.is_told_by([&finding.id].into_iter()))
            };
            let criteria = report.verdict.iter().flat_map(|v| &v.criteria);
            criteria.filter(named).map(Criterion::lost).sum()
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::render::fixture::{self, Fixture};
    use crate::report::Criterion;

    /// With criteria of the guide, by id, what is told of each and its points.
    fn with(criteria: &[(&str, f32, f32)]) -> Fixture {
        let mut fixture = fixture::all().remove(0);
        let criterion = |&(id, score, weight): &(&str, f32, f32)| Criterion {
            id: id.to_owned(),
            title: format!("the {id}"),
            score,
            weight,
            sentences: Vec::new(),
        };
        fixture.report.verdict.as_mut().unwrap().criteria = criteria.iter().map(criterion).collect();
        fixture
    }

    fn titles(fixture: &Fixture, least: Severity) -> Vec<String> {
        let (shown, mut context) = (fixture.shown(), fixture.context());
        context.min_level = least;
        first(&shown, &context).iter().map(|m| m.title(&fixture.guide)).collect()
    }

    #[test]
    fn what_is_hardly_told_stands_among_suggestions_by_its_points() {
        let mut fixture =
            with(&[("measured", 0.1, 11.0), ("stakes", 0.0, 6.0), ("direct_wording", 0.0, 8.0)]);
        let we = "Told as \"we\"";
        assert_eq!(titles(&fixture, Severity::Suggestion), [we, "The measured", "Hedged wording"]);
        assert_eq!(titles(&fixture, Severity::Warning), [we], "it is a suggestion");
        fixture.report.findings.remove(0);
        assert_eq!(
            titles(&fixture, Severity::Suggestion),
            ["The measured", "Hedged wording", "Stakes left unsaid"],
            "each by what it costs, and wording is a finding or nothing"
        );
        fixture.report.suppressed = vec!["no_metric".to_owned()];
        let left = titles(&fixture, Severity::Suggestion);
        assert!(!left.contains(&"The measured".to_owned()), "what the answer's comments leave out: {left:?}");
        fixture.report.findings.clear();
        assert_eq!(titles(&fixture, Severity::Suggestion), [""; 0], "nothing is found");
    }

    #[test]
    fn what_is_hardly_told_says_what_to_do() {
        let fixture = with(&[("measured", 0.1, 11.0), ("lasting", 0.3, 10.0), ("lesson", 0.0, 3.0)]);
        let (shown, context) = (fixture.shown(), fixture.context());
        let thin: Vec<Mend<'_>> =
            first(&shown, &context).into_iter().filter(|m| matches!(m, Mend::Thin(_))).collect();
        let [one] = thin[..] else { panic!("what is told a little or weighs little is none: {thin:?}") };
        assert_eq!((one.place().as_str(), one.mistake(&fixture.guide)), ("hardly told", Some("no_metric")));
        assert_eq!(one.help(&fixture.guide), fixture.guide.find_mistake("no_metric").unwrap().help);
    }
}
