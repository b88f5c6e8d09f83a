//! Two opinions made one: what the encoder hears and what a language model says.

use serde::{Deserialize, Serialize};

use super::Opinion;
use crate::evidence::{Evidence, Judgement, ROLES};

/// Who judges.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, clap::ValueEnum)]
#[serde(rename_all = "snake_case")]
pub enum Engine {
    /// The embedded encoder alone
    #[default]
    Encoder,
    /// The language model: roles, mistakes and criteria; the rest is the encoder's
    Llm,
    /// Both, pooled by the model's weights; where they differ, findings are less sure
    Both,
}

impl Engine {
    /// The id in reports and settings.
    #[must_use]
    pub fn id(self) -> &'static str {
        match self {
            Engine::Encoder => "encoder",
            Engine::Llm => "llm",
            Engine::Both => "both",
        }
    }
}

/// How much a language model's opinion weighs beside the encoder's, 0 (nothing) to 1 (it alone). Nothing until its
/// accuracy has been measured: a model that was never checked must not make a verdict worse.
#[derive(Clone, Copy, Debug, Default, PartialEq, Deserialize, Serialize)]
#[serde(deny_unknown_fields)]
pub struct Pooling {
    /// For the roles.
    pub roles: f32,
    /// For the mistakes.
    pub mistakes: f32,
}

impl Engine {
    /// The evidence to go on with, from what the encoder heard and what the language model says of the same answer.
    #[must_use]
    pub fn pool(self, heard: &Evidence, said: &Opinion, pooling: Pooling) -> Evidence {
        let weights = match self {
            Engine::Encoder => return heard.clone(),
            Engine::Llm => Pooling { roles: 1.0, mistakes: 1.0 },
            Engine::Both => pooling,
        };
        let mut out = heard.clone();
        for (sentence, roles) in out.sentences.iter_mut().zip(&said.roles) {
            if weights.roles > 0.0 {
                sentence.roles = roles_between(&sentence.roles, roles, weights.roles);
            }
        }
        for (id, judgement) in &mut out.mistakes {
            let Some(&p) = said.mistakes.get(id) else { continue };
            if weights.mistakes > 0.0 {
                *judgement = between(*judgement, p, weights.mistakes);
            }
        }
        out
    }
}

/// The weighted geometric mean of two distributions (a logarithmic opinion pool, Genest and Zidek 1986).
fn roles_between(a: &[f32; ROLES], b: &[f32; ROLES], weight: f32) -> [f32; ROLES] {
    let log = |p: f32| p.max(1e-6).ln();
    let mixed: [f32; ROLES] =
        std::array::from_fn(|r| ((1.0 - weight) * log(a[r]) + weight * log(b[r])).exp());
    let sum: f32 = mixed.iter().sum();
    mixed.map(|p| p / sum)
}

/// The same for a judgement; its threshold moves towards one half, that of a model without its own.
fn between(heard: Judgement, said: f32, weight: f32) -> Judgement {
    let odds = |p: f32| {
        let p = p.clamp(1e-4, 1.0 - 1e-4);
        (p / (1.0 - p)).ln()
    };
    let mix = |a: f32, b: f32| 1.0 / (1.0 + (-((1.0 - weight) * odds(a) + weight * odds(b))).exp());
    Judgement { p: mix(heard.p, said), threshold: mix(heard.threshold, 0.5) }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::detect::fixture::story;
    use crate::evidence::Role;

    fn both() -> (Evidence, Opinion) {
        let heard = story(&[(Role::Action, &[], "I moved it.")]).judged("vague", 0.2).evidence;
        let mut roles = [0.02; ROLES];
        roles[Role::Result.index()] = 0.9;
        let mistakes = [("vague".to_owned(), 0.9)].into();
        (heard, Opinion { roles: vec![roles], mistakes, criteria: [].into(), mass: 1.0 })
    }

    #[test]
    fn what_was_never_measured_weighs_nothing() {
        let (heard, said) = both();
        assert_eq!(Engine::Both.pool(&heard, &said, Pooling::default()), heard);
        assert_eq!(Engine::Encoder.pool(&heard, &said, Pooling { roles: 1.0, mistakes: 1.0 }), heard);
    }

    #[test]
    fn a_language_model_alone_decides_roles_and_mistakes() {
        let (heard, said) = both();
        let out = Engine::Llm.pool(&heard, &said, Pooling::default());
        assert_eq!(out.role(0), Role::Result);
        assert!((out.mistakes["vague"].p - 0.9).abs() < 1e-3 && out.mistakes["vague"].holds());
        assert_eq!(out.levels, heard.levels, "the level is the encoder's");
    }

    #[test]
    fn pooling_lies_between() {
        let (heard, said) = both();
        let out = Engine::Both.pool(&heard, &said, Pooling { roles: 0.5, mistakes: 0.5 });
        let p = out.mistakes["vague"].p;
        assert!(p > 0.2 && p < 0.9, "{p}");
        assert!((out.sentences[0].roles.iter().sum::<f32>() - 1.0).abs() < 1e-5);
    }
}
