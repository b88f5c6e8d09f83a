//! Accuracy on annotated answers: reads files of the annotation scheme, lets the critic read the same texts
//! from scratch, and compares.
//!
//! May import: everything but `render` and `cli`.

mod data;
mod figures;
mod fit;

pub use data::{Annotated, AnnotatedSentence, EvalError, Example, Passage, read};
pub use figures::{Calibration, Counts, Figures, macro_f1, micro_f1};
pub use fit::{Fit, fit};

use crate::critic::{Critic, CriticError, Selection};
use crate::evidence::{Role, Tag};
use crate::report::{Report, Severity};
use crate::text::{Answer, SourceKind, Why};

/// The mistakes that the scheme annotates.
pub const MISTAKES: [&str; 10] = [
    "hard_work",
    "team_subject",
    "control",
    "no_hard_part",
    "no_result",
    "heroics",
    "no_ownership",
    "task_list",
    "stops_at_launch",
    "vague",
];

/// Compares the critic with one record and adds what it sees to `figures`.
///
/// # Errors
/// [`CriticError`]; never because of what the record says.
pub fn measure(critic: &Critic, example: &Example, figures: &mut Figures) -> Result<(), CriticError> {
    match example {
        Example::Answer(gold) => measure_answer(critic, gold, figures),
        Example::Text { text, answered, id } => {
            let mut answer = Answer::parse(id, text.clone(), SourceKind::Markdown);
            let taken = critic.critique(&mut answer, &Selection::default())?.verdict.is_some();
            figures.add_text(id, *answered, taken);
            Ok(())
        }
        Example::Passage(p) => measure_passage(critic, p, figures),
        Example::Question { question, form, also } => {
            let said = critic.form(question)?.map(|f| f.id.as_str());
            let gold = if said.is_some() && said == also.as_deref() { also } else { form };
            figures.add_form(gold.as_deref(), said);
            Ok(())
        }
    }
}

/// What is left out of an answer with a passage in it, and whether everything else is judged as without it.
fn measure_passage(critic: &Critic, p: &Passage, figures: &mut Figures) -> Result<(), CriticError> {
    let critique = |parts: &[&str]| {
        let mut answer = Answer::parse(&p.id, parts.join("\n\n"), SourceKind::Markdown);
        let report = critic.critique(&mut answer, &Selection::default())?;
        let findings: Vec<(String, Vec<usize>)> =
            report.findings.into_iter().map(|f| (f.id, f.sentences)).collect();
        Ok::<_, CriticError>((answer, (report.verdict, findings)))
    };
    let (with, judged) = critique(&[&p.before, &p.passage, &p.after])?;
    let (without, alone) = critique(&[&p.before, &p.after])?;
    let left_out = if p.addressed {
        with.sentences.len() == without.sentences.len() && with.aside.len() > without.aside.len()
    } else {
        with.aside.len() > without.aside.len()
    };
    figures.passages.add(p.addressed, left_out);
    if p.addressed {
        figures.unmoved += usize::from(judged == alone);
    }
    Ok(())
}

fn measure_answer(critic: &Critic, gold: &Annotated, figures: &mut Figures) -> Result<(), CriticError> {
    let mut answer = Answer::parse(&gold.id, gold.source.clone(), SourceKind::Markdown);
    // boundaries are counted in what is judged
    critic.cut_run_ons(&mut answer)?;
    figures.answers += 1;
    figures.read_sentences += answer.sentences.len();
    boundaries(gold, &answer, figures);
    let report = critic.critique(&mut answer, &Selection::default())?;
    figures.aside += answer.aside.iter().filter(|a| a.why == Why::Addressed).count();
    sentences(gold, &answer, &report, figures);
    for id in MISTAKES {
        let said = report.findings.iter().any(|f| f.id == id);
        if !gold.disputed_mistakes.iter().any(|m| m == id) {
            figures
                .mistakes
                .entry(id.to_owned())
                .or_default()
                .add(gold.mistakes.iter().any(|m| m == id), said);
        }
    }
    for c in &critic.guide().category {
        let said = report.categories.contains_key(&c.id);
        figures.categories.entry(c.id.clone()).or_default().add(gold.categories.contains(&c.id), said);
    }
    let Some(verdict) = &report.verdict else {
        figures.refused.push(gold.id.clone());
        return Ok(());
    };
    let level = if gold.second_level == Some(verdict.level) { verdict.level } else { gold.level };
    figures.add_level(level, verdict.level);
    figures.scores.push((level, verdict.score));
    if gold.level == 5 {
        figures.strong.0 += 1;
        figures.strong.1 += report.findings.iter().filter(|f| f.severity >= Severity::Warning).count();
    }
    Ok(())
}

/// Ends of sentences, told by how many letters and digits stand before them; those of HTML tags don't count, for
/// annotators and candor differ in whether a closing tag still belongs to its sentence.
fn boundaries(gold: &Annotated, answer: &Answer, figures: &mut Figures) {
    let mut before = vec![0usize; gold.source.len() + 1];
    let (mut count, mut tag) = (0, false);
    for (i, c) in gold.source.char_indices() {
        let opens = |rest: &str| rest.starts_with(|c: char| c.is_ascii_alphabetic() || c == '/');
        tag = (tag || (c == '<' && opens(&gold.source[i + 1..]))) && c != '>';
        before[i] = count;
        count += usize::from(c.is_alphanumeric() && !tag);
    }
    before[gold.source.len()] = count;
    let ends = |list: &mut dyn Iterator<Item = usize>| {
        list.map(|e| before[e]).collect::<std::collections::BTreeSet<_>>()
    };
    let want = ends(&mut gold.sentences.iter().map(|s| s.span.end));
    let got = ends(&mut answer.sentences.iter().map(|s| s.span.end));
    figures.boundaries.hit += want.intersection(&got).count();
    figures.boundaries.missed += want.difference(&got).count();
    figures.boundaries.wrong += got.difference(&want).count();
}

/// The sentence of the answer that has most of an annotated one, the first of them.
fn nearest(gold: &AnnotatedSentence, answer: &Answer) -> Option<usize> {
    let overlap = |i: &usize| {
        let own = answer.sentences[*i].span;
        own.end.min(gold.span.end).saturating_sub(own.start.max(gold.span.start))
    };
    let all = (0..answer.sentences.len()).filter(|i| overlap(i) > 0);
    all.max_by_key(|i| (overlap(i), usize::MAX - i))
}

fn sentences(gold: &Annotated, answer: &Answer, report: &Report, figures: &mut Figures) {
    for s in &gold.sentences {
        let heard = nearest(s, answer).map(|i| &report.sentences[i]);
        let said = heard.map_or(Role::Other, |h| h.role);
        let role = if s.second_role == Some(said) { said } else { s.role };
        figures.add_role(role, said);
        if let Some(h) = heard {
            let p = h.roles.iter().find(|(r, _)| *r == said).map_or(0.0, |(_, p)| *p);
            figures.calibration.add(p, role == said);
        }
        for &tag in Tag::ALL {
            if !s.disputed_tags.contains(&tag) {
                let said = heard.is_some_and(|h| h.tags.iter().any(|(t, _)| *t == tag));
                figures.tags.entry(tag).or_default().add(s.tags.contains(&tag), said);
            }
        }
    }
}
