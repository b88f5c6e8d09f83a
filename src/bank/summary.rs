//! What the stories of a bank come to together. Pure: the same stories give the same summary.

use std::collections::BTreeSet;

use rayon::prelude::*;

use super::alike::{Index, Words};
use super::story::Story;
use crate::critic::Critic;
use crate::guide::{Category, Guide};
use crate::model::ModelError;
use crate::report::{Abstention, GOOD};

/// Below this level a story is weak, whatever it passes.
const GOOD_ENOUGH: u8 = 3;
/// Stories that are compared with each other: the time grows with the square of their number.
pub(super) const MOST_COMPARED: usize = 10_000;
/// The share of the words of a question of no form that a story must have to be named for it.
const SHARED: f32 = 0.1;
/// Stories that are named for a question, or for the weakest link.
const NAMED: usize = 3;

/// A bank as a whole. Stories are named by their place, from 0.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Summary {
    /// Stories on which there is a verdict.
    pub told: usize,
    /// The mean of their scores, 0 to 100; none where there are none.
    pub mean_score: Option<f32>,
    /// The categories of the guide.
    pub categories: Vec<Covered>,
    /// Stories that have no verdict, or are of a low level, or of a middling one and don't stand the pressure test.
    pub weak: Vec<Weak>,
    /// Stories that tell the same episode.
    pub episodes: Vec<Episode>,
    /// How many of the first stories were compared.
    pub compared: usize,
    /// The forms of the guide, then the questions that were asked.
    pub serves: Vec<Serves>,
    /// What to mend first.
    pub weakest: Option<Link>,
}

/// A category, and the stories in it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Covered {
    /// Its id.
    pub id: String,
    /// Its words.
    pub title: String,
    /// The stories.
    pub stories: Vec<usize>,
}

/// A weak story, and why.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Weak {
    /// The story.
    pub story: usize,
    /// Why it has no verdict, where it has none.
    pub abstention: Option<Abstention>,
    /// Its level, where that is low.
    pub level: Option<u8>,
    /// Words of the questions of the pressure test that it fails.
    pub fails: Vec<String>,
}

/// Stories that tell one episode: each is as like the first as is said, at least.
#[derive(Clone, Debug, PartialEq)]
pub struct Episode {
    /// Two at least.
    pub stories: Vec<usize>,
    /// The least likeness to the first.
    pub likeness: f32,
}

/// A question that the stories of a bank are to serve.
#[derive(Clone, Debug, PartialEq)]
pub struct Asked {
    /// As it was asked; none for a form of the guide.
    pub question: Option<String>,
    /// The place of its form in the guide, where it is of one.
    pub form: Option<usize>,
    /// Its words; none for a form of the guide.
    words: Words,
}

/// A question, and the stories that serve it best.
#[derive(Clone, Debug, PartialEq)]
pub struct Serves {
    /// As it was asked; none for a form of the guide.
    pub question: Option<String>,
    /// Id and words of its form.
    pub form: Option<(String, String)>,
    /// The best first, and one that tells the episode of a better one after all others.
    pub best: Vec<Served>,
}

/// A story for a question.
#[derive(Clone, Debug, PartialEq)]
pub struct Served {
    /// The story.
    pub story: usize,
    /// What the form asks for and the story tells.
    pub heard: Vec<String>,
    /// What it doesn't tell.
    pub missing: Vec<String>,
    /// Whether it was written for a question of this form.
    pub written_for: bool,
    /// Its categories among those that mostly answer the form, in their words.
    pub kinds: Vec<String>,
    /// How like its categories are to those of the form, 0 to 1: those of both over those of either (Jaccard).
    pub likeness: f32,
    /// The share of the question's words, by weight, that it has too, 0 to 1; 0 for a form of the guide.
    pub shared: f32,
}

/// The criterion that costs the bank most points.
#[derive(Clone, Debug, PartialEq)]
pub struct Link {
    /// Its id.
    pub criterion: String,
    /// Its words.
    pub title: String,
    /// Points that it costs all stories together.
    pub lost: f32,
    /// The stories that it costs most, each with its points.
    pub stories: Vec<(usize, f32)>,
    /// What to do, in the guide's words; empty where it has none.
    pub help: String,
}

impl Asked {
    /// Every form of the guide, then these questions.
    ///
    /// # Errors
    /// When the encoder fails.
    pub fn all(critic: &Critic, questions: &[String]) -> Result<Vec<Asked>, ModelError> {
        let forms = 0..critic.guide().form.len();
        let mut asked: Vec<Asked> =
            forms.map(|i| Asked { question: None, form: Some(i), words: Words::default() }).collect();
        for question in questions {
            let of = critic.form(question)?.map(|f| f.id.clone());
            let form = of.and_then(|id| critic.guide().form.iter().position(|f| f.id == id));
            let words = Words::of_question(question);
            asked.push(Asked { question: Some(question.clone()), form, words });
        }
        Ok(asked)
    }
}

/// Sums a bank up. The stories are of this guide.
#[must_use]
pub fn summary(stories: &[Story], guide: &Guide, asked: &[Asked]) -> Summary {
    let scores: Vec<f32> =
        stories.iter().filter_map(|s| s.standing.ok()).map(|s| f32::from(s.score)).collect();
    let compared = stories.len().min(MOST_COMPARED);
    let categories: Vec<&[String]> = stories.iter().map(|s| s.categories.as_slice()).collect();
    let lost: Vec<&[f32]> = stories.iter().map(|s| s.lost.as_slice()).collect();
    let episodes = episodes(&stories[..compared]);
    Summary {
        told: scores.len(),
        mean_score: (!scores.is_empty()).then(|| scores.iter().sum::<f32>() / scores.len() as f32),
        categories: covered(&categories, guide),
        weak: stories.iter().enumerate().filter_map(|(i, s)| weak(i, s)).collect(),
        compared,
        serves: asked.iter().map(|a| serves(a, stories, &episodes, guide)).collect(),
        episodes,
        weakest: weakest(&lost, guide),
    }
}

/// The categories of the guide, from those that each story belongs to.
pub(super) fn covered(categories: &[&[String]], guide: &Guide) -> Vec<Covered> {
    let holds = |id: &String| (0..categories.len()).filter(|&i| categories[i].contains(id)).collect();
    let covered = |c: &Category| Covered { id: c.id.clone(), title: c.title.clone(), stories: holds(&c.id) };
    guide.category.iter().map(covered).collect()
}

fn weak(i: usize, story: &Story) -> Option<Weak> {
    let doubted = story.standing.is_ok_and(|s| s.level < GOOD);
    let fails = story.pressure.iter().filter(|p| doubted && !p.told).map(|p| p.title.clone());
    let weak = Weak {
        story: i,
        abstention: story.standing.err(),
        level: story.standing.ok().map(|s| s.level).filter(|&level| level < GOOD_ENOUGH),
        fails: fails.collect(),
    };
    let is_weak = !story.is_told() || weak.level.is_some() || !weak.fails.is_empty();
    is_weak.then_some(weak)
}

/// Each story joins the earlier one that it is most like, if it is like enough and that one leads its own episode.
fn episodes(stories: &[Story]) -> Vec<Episode> {
    let index = Index::new(stories.iter().map(|s| &s.words));
    // More than 64 are never needed: it joins one of the first that leads.
    let near = |i: usize| index.likest(&stories[i].words, 64, |j| j < i && stories[j].is_told());
    let near: Vec<Vec<(usize, f32)>> = (0..stories.len())
        .into_par_iter()
        .map(|i| if stories[i].is_told() { near(i) } else { Vec::new() })
        .collect();
    let mut found: Vec<Episode> = Vec::new();
    let mut leads = vec![true; stories.len()];
    for (i, near) in near.iter().enumerate() {
        let Some(&(first, likeness)) = near.iter().find(|(j, _)| leads[*j]) else { continue };
        leads[i] = false;
        match found.iter_mut().find(|e| e.stories[0] == first) {
            Some(episode) => {
                episode.stories.push(i);
                episode.likeness = episode.likeness.min(likeness);
            }
            None => found.push(Episode { stories: vec![first, i], likeness }),
        }
    }
    found.sort_by_key(|e| e.stories[0]);
    found
}

fn serves(asked: &Asked, stories: &[Story], episodes: &[Episode], guide: &Guide) -> Serves {
    let form = asked.form.map(|f| &guide.form[f]);
    let told = stories.iter().enumerate().filter(|(_, s)| s.is_told());
    let mut best: Vec<(f32, Served)> = told
        .map(|(i, story)| {
            let served = served(i, story, asked, guide);
            (fit(&served, story), served)
        })
        // What tells no more than half of what is asked serves nobody, unless it was written for it; without a form a story is known
        // by its own question or its words.
        .filter(|(_, s)| match form {
            Some(_) => s.heard.len() > s.missing.len() || s.written_for && !s.heard.is_empty(),
            None => s.written_for || s.shared >= SHARED,
        })
        .collect();
    // what is of another kind is named where nothing else is there
    let fits = |served: &Served| served.written_for || !served.kinds.is_empty();
    if form.is_some_and(|f| !f.categories.is_empty()) && best.iter().any(|(_, served)| fits(served)) {
        best.retain(|(_, served)| fits(served));
    }
    best.sort_by(|a, b| b.0.total_cmp(&a.0).then(a.1.story.cmp(&b.1.story)));
    // an episode is told once in an interview: its copies take no place from another
    let mut told = BTreeSet::new();
    let (first, copies): (Vec<_>, Vec<_>) = best.into_iter().map(|b| b.1).partition(|served| {
        let episode = episodes.iter().find(|e| e.stories.contains(&served.story));
        told.insert(episode.map_or(served.story, |e| e.stories[0]))
    });
    Serves {
        question: asked.question.clone(),
        form: form.map(|f| (f.id.clone(), f.title.clone())),
        best: first.into_iter().chain(copies).take(NAMED).collect(),
    }
}

fn served(i: usize, story: &Story, asked: &Asked, guide: &Guide) -> Served {
    let form = asked.form.map(|f| &guide.form[f]);
    let wanted = form.map_or(&[][..], |f| f.categories.as_slice());
    let both = guide.category.iter().filter(|c| wanted.contains(&c.id) && story.categories.contains(&c.id));
    let kinds: Vec<String> = both.map(|c| c.title.clone()).collect();
    let either = wanted.len() + story.categories.len() - kinds.len();
    let heard = asked.form.and_then(|f| story.needs.get(f));
    let needs = form.map_or(&[][..], |f| f.needs.as_slice());
    let of = |wanted: bool| {
        let told = needs.iter().enumerate().filter(|(n, _)| heard.is_some_and(|h| h[*n]) == wanted);
        told.map(|(_, need)| need.title.clone()).collect()
    };
    Served {
        story: i,
        heard: of(true),
        missing: of(false),
        written_for: form.is_some_and(|f| story.form.as_ref() == Some(&f.id)) || is_same(asked, story),
        likeness: kinds.len() as f32 / either.max(1) as f32,
        kinds,
        shared: asked.words.found_in(&story.words),
    }
}

/// Whether the story was written for this very question.
fn is_same(asked: &Asked, story: &Story) -> bool {
    let words = |q: &str| {
        q.split(|c: char| !c.is_alphanumeric())
            .filter(|w| !w.is_empty())
            .map(str::to_lowercase)
            .collect::<Vec<_>>()
    };
    asked.question.as_deref().zip(story.question.as_deref()).is_some_and(|(a, b)| words(a) == words(b))
}

/// How well a story serves a question, in points of the score: something missing that the question asks for counts
/// most, then that the story was written for such a question, then that it is of its kind, then the words that it shares and how
/// strong it is. (Of 248 stories by unseen authors, taken by twelves without their questions, the first for a form was written for such
/// a question in 27 of 100 cases without the kinds, hardly more than by chance, and is in 57 with them.)
fn fit(served: &Served, story: &Story) -> f32 {
    let missing = 1000.0 * served.missing.len() as f32;
    let written = if served.written_for { 400.0 } else { 0.0 };
    written
        + 200.0 * served.likeness
        + 100.0 * served.shared
        + story.standing.map_or(0.0, |s| f32::from(s.score))
        - missing
}

/// The criterion that costs most, from the points that each story loses by each; those without a verdict lose none.
pub(super) fn weakest(points: &[&[f32]], guide: &Guide) -> Option<Link> {
    let lost = |c: usize| points.iter().filter_map(|lost| lost.get(c)).sum::<f32>();
    let mut worst: Option<(usize, f32)> = None;
    for c in 0..guide.criterion.len() {
        if worst.is_none_or(|(_, most)| lost(c) > most) {
            worst = Some((c, lost(c)));
        }
    }
    let (c, lost) = worst.filter(|(_, lost)| *lost >= 1.0)?;
    let mut costs: Vec<(usize, f32)> =
        points.iter().enumerate().filter_map(|(i, lost)| Some((i, *lost.get(c)?))).collect();
    costs.sort_by(|a, b| b.1.total_cmp(&a.1).then(a.0.cmp(&b.0)));
    // the worst at least, however little it loses by itself
    costs.truncate(costs.iter().take_while(|(_, lost)| *lost >= 1.0).count().clamp(1, NAMED));
    let criterion = &guide.criterion[c];
    Some(Link {
        criterion: criterion.id.clone(),
        title: criterion.title.clone(),
        lost,
        stories: costs,
        help: guide.help(criterion).unwrap_or_default().to_owned(),
    })
}

#[cfg(test)]
#[path = "summary_tests.rs"]
mod tests;
