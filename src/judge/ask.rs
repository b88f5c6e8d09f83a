//! The questions whose answers are read from logits: nothing is generated and nothing is parsed.

use std::collections::BTreeMap;

use super::JudgeError;
use super::extent::{Extent, Part};
use super::prompts::{LETTERS, Prompts};
use crate::evidence::{Evidence, ROLES};
use crate::guide::{Guide, Mistake};
use crate::model::Generator;
use crate::text::Answer;

/// Branches read together. One forward each: an answer of more sentences takes several.
const TOGETHER: usize = 64;
/// Ways in which a model says yes and no; those that are one token of its vocabulary count, and are added up.
const YES: [&str; 6] = ["yes", "Yes", "YES", " yes", " Yes", " YES"];
const NO: [&str; 6] = ["no", "No", "NO", " no", " No", " NO"];

/// What a model makes of an answer.
#[derive(Clone, Debug, PartialEq)]
pub struct Opinion {
    /// Probability of each role, a sentence; sums to 1.
    pub roles: Vec<[f32; ROLES]>,
    /// Probability of each mistake that was asked for, by id.
    pub mistakes: BTreeMap<String, f32>,
    /// Probability that each criterion of the guide is met, by id.
    pub criteria: BTreeMap<String, f32>,
    /// The least share of probability that the replies asked for had at any question, 0 to 1: where it is low, the model
    /// would rather have said something else.
    pub mass: f32,
}

/// Of what is asked.
pub(super) struct Asked<'a> {
    pub(super) answer: &'a Answer,
    pub(super) guide: &'a Guide,
    pub(super) evidence: &'a Evidence,
}

/// Asks for every role, every mistake and every criterion. Where the answer is read in windows, a mistake and a criterion are as
/// likely as in its windows on the average, each by the sentences that it is asked about.
pub(super) fn opinion(
    generator: &mut dyn Generator,
    prompts: &Prompts,
    begun: &[u32],
    asked: &Asked<'_>,
) -> Result<Opinion, JudgeError> {
    let Replies { letters, yes, no } = Replies::of(generator)?;
    let wanted = [yes.as_slice(), &no].concat();
    let of_each = branches(generator, &of_sentences(prompts, asked.answer.sentences.len())?)?;
    let mistakes = asked.guide.mistake.iter();
    let named: Vec<&Mistake> = mistakes.filter(|m| asked.evidence.mistakes.contains_key(&m.id)).collect();
    let of_all = branches(generator, &of_answer(prompts, &named, asked.guide)?)?;
    let longest = of_each.iter().chain(&of_all).map(Vec::len).max().unwrap_or_default();
    let room = generator.context().saturating_sub(begun.len() + longest);

    let (mut mass, mut roles) = (1.0f32, Vec::with_capacity(of_each.len()));
    let (mut p_yes, mut sentences) = (vec![0.0; of_all.len()], 0.0);
    let extent = Extent::of(generator, prompts, asked.answer)?;
    for Part { text, keeps } in extent.windows(room)? {
        let prefix = [begun, &text].concat();
        let weight = keeps.len().max(1) as f32;
        for p in ask(generator, &prefix, &of_each[keeps], &letters)? {
            let sum: f32 = p.iter().sum();
            mass = mass.min(sum);
            roles.push(std::array::from_fn(|r| if sum > 0.0 { p[r] / sum } else { 1.0 / ROLES as f32 }));
        }
        for (p_yes, p) in p_yes.iter_mut().zip(ask(generator, &prefix, &of_all, &wanted)?) {
            let (y, n) = (p[..yes.len()].iter().sum::<f32>(), p[yes.len()..].iter().sum::<f32>());
            mass = mass.min(y + n);
            *p_yes += weight * if y + n > 0.0 { y / (y + n) } else { 0.5 };
        }
        sentences += weight;
    }
    let mut both = p_yes.chunks_exact(2).map(|p| (p[0] / sentences + 1.0 - p[1] / sentences) / 2.0);
    let mistakes = named.iter().map(|m| m.id.clone()).zip(both.by_ref()).collect();
    let criteria = asked.guide.criterion.iter().map(|c| c.id.clone()).zip(both).collect();
    Ok(Opinion { roles, mistakes, criteria, mass: mass.clamp(0.0, 1.0) })
}

/// The question for the role of each sentence.
pub(super) fn of_sentences(prompts: &Prompts, sentences: usize) -> Result<Vec<String>, JudgeError> {
    (0..sentences).map(|n| prompts.role(n)).collect()
}

/// Two questions a mistake, then two a criterion of the guide.
pub(super) fn of_answer(
    prompts: &Prompts,
    mistakes: &[&Mistake],
    guide: &Guide,
) -> Result<Vec<String>, JudgeError> {
    let mistakes = mistakes.iter().map(|m| prompts.mistake(m));
    let both: Vec<[String; 2]> =
        mistakes.chain(guide.criterion.iter().map(|c| prompts.criterion(c))).collect::<Result<_, _>>()?;
    Ok(both.into_iter().flatten().collect())
}

/// The tokens of each question, up to where the model speaks.
pub(super) fn branches(generator: &dyn Generator, questions: &[String]) -> Result<Vec<Vec<u32>>, JudgeError> {
    let tail = &generator.frame().tail;
    questions.iter().map(|q| Ok([generator.encode(q)?.as_slice(), tail].concat())).collect()
}

/// The probabilities of the wanted replies to each question, `[questions][wanted]`.
fn ask(
    generator: &mut dyn Generator,
    prefix: &[u32],
    branches: &[Vec<u32>],
    wanted: &[u32],
) -> Result<Vec<Vec<f32>>, JudgeError> {
    let mut replies = Vec::with_capacity(branches.len());
    for together in branches.chunks(TOGETHER) {
        replies.extend(generator.branch(prefix, together, wanted)?);
    }
    Ok(replies)
}

/// The tokens that a reply may be.
pub(super) struct Replies {
    letters: Vec<u32>,
    yes: Vec<u32>,
    no: Vec<u32>,
}

impl Replies {
    pub(super) fn of(generator: &dyn Generator) -> Result<Replies, JudgeError> {
        let letters = LETTERS.into_iter().map(|l| single(generator, l)).collect::<Result<_, _>>()?;
        Ok(Replies { letters, yes: any(generator, &YES, "yes")?, no: any(generator, &NO, "no")? })
    }
}

fn single(generator: &dyn Generator, text: &'static str) -> Result<u32, JudgeError> {
    generator.single(text).ok_or_else(|| JudgeError::Vocabulary { model: generator.info().id, text })
}

fn any(
    generator: &dyn Generator,
    texts: &[&'static str],
    name: &'static str,
) -> Result<Vec<u32>, JudgeError> {
    let mut found: Vec<u32> = texts.iter().filter_map(|t| generator.single(t)).collect();
    found.sort_unstable();
    found.dedup();
    if found.is_empty() {
        return Err(JudgeError::Vocabulary { model: generator.info().id, text: name });
    }
    Ok(found)
}
