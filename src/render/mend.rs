//! What to mend first, in words.

use super::{Context, Shown, said, sentence_list};
use crate::guide::Guide;
use crate::report::{Criterion, Finding, Mend, Severity};

/// More than three things are not mended at once.
pub(super) const MOST: usize = 3;

/// Something to mend.
#[derive(Clone, Copy)]
pub(super) enum ToMend<'a> {
    /// What was found, with its place among the findings that are shown.
    Found(usize, &'a Finding),
    /// A part of the score of which little is told.
    Thin(&'a Criterion),
}

impl<'a> ToMend<'a> {
    /// How much it weighs: what is told little is no more than a suggestion.
    pub(super) fn severity(self) -> Severity {
        match self {
            ToMend::Found(_, finding) => finding.severity,
            ToMend::Thin(_) => Severity::Suggestion,
        }
    }

    /// What to call it.
    pub(super) fn title(self, guide: &Guide) -> String {
        match self {
            ToMend::Found(_, finding) => said::mistake_title(&finding.id, guide).to_owned(),
            ToMend::Thin(criterion) => capital(&criterion.title),
        }
    }

    /// Where it is, or how little there is of it.
    pub(super) fn place(self) -> String {
        match self {
            ToMend::Found(_, finding) => said::place_of(finding),
            ToMend::Thin(criterion) => {
                let (told, sentences) = (how_little(criterion), sentence_list(&criterion.sentences));
                if sentences.is_empty() { told.to_owned() } else { format!("{told} ({sentences})") }
            }
        }
    }

    /// The mistake that explains it.
    pub(super) fn mistake(self, guide: &'a Guide) -> Option<&'a str> {
        match self {
            ToMend::Found(_, finding) => Some(&finding.id),
            ToMend::Thin(criterion) => {
                guide.find_criterion(&criterion.id)?.told_by.first().map(String::as_str)
            }
        }
    }

    /// What to do.
    pub(super) fn help(self, guide: &'a Guide) -> &'a str {
        match self {
            ToMend::Found(_, finding) => &finding.help,
            ToMend::Thin(criterion) => {
                guide.find_criterion(&criterion.id).and_then(|c| guide.help(c)).unwrap_or_default()
            }
        }
    }

    /// Whether it is this part of the score.
    pub(super) fn is(self, other: &Criterion) -> bool {
        matches!(self, ToMend::Thin(criterion) if criterion.id == other.id)
    }
}

/// What is to be mended and severe enough to be shown.
pub(super) fn all<'a>(shown: &Shown<'a>, context: &Context<'_>) -> impl Iterator<Item = ToMend<'a>> {
    let report = shown.report;
    let resolved = report.mend.iter().filter_map(|mend| match *mend {
        Mend::Finding(i) => {
            let finding = report.findings.get(i)?;
            // the number that it has among those that are shown
            let number = report.findings[..i].iter().filter(|f| context.shows(f.severity)).count();
            Some(ToMend::Found(number, finding))
        }
        Mend::Thin(i) => Some(ToMend::Thin(report.verdict.as_ref()?.criteria.get(i)?)),
    });
    resolved.filter(|mend| context.shows(mend.severity()))
}

/// What is to be mended first.
pub(super) fn first<'a>(shown: &Shown<'a>, context: &Context<'_>) -> Vec<ToMend<'a>> {
    all(shown, context).take(MOST).collect()
}

/// How much of a part is told of which little is.
pub(super) fn how_little(criterion: &Criterion) -> &'static str {
    if criterion.sentences.is_empty() { "hardly told" } else { "little told" }
}

/// With a capital at its beginning.
pub(super) fn capital(title: &str) -> String {
    let mut rest = title.chars();
    rest.next().into_iter().flat_map(char::to_uppercase).chain(rest).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::render::fixture;

    #[test]
    fn what_is_told_little_says_what_to_do() {
        let mut fixture = fixture::all().remove(0);
        let criterion = &mut fixture.report.verdict.as_mut().unwrap().criteria[0];
        (criterion.id, criterion.title) = ("measured".to_owned(), "a measured result".to_owned());
        fixture.report.mend.insert(0, Mend::Thin(0));
        let (shown, mut context) = (fixture.shown(), fixture.context());
        let thin = first(&shown, &context)[0];
        assert_eq!(
            (thin.title(&fixture.guide), thin.place()),
            ("A measured result".to_owned(), "little told (sentences 1, 2)".to_owned())
        );
        assert_eq!(thin.mistake(&fixture.guide), Some("no_metric"));
        assert_eq!(thin.help(&fixture.guide), fixture.guide.find_mistake("no_metric").unwrap().help);
        assert_eq!(first(&shown, &context).len(), MOST);
        context.min_level = Severity::Warning;
        assert!(first(&shown, &context).iter().all(|m| m.severity() > Severity::Suggestion));
    }
}
