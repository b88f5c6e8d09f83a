//! The language model beside the encoder: whose opinion counts how much, and what it adds to a report.

use std::sync::Arc;

use crate::evidence::{Evidence, Role};
use crate::guide::Guide;
use crate::judge::{Engine, Judge, JudgeError, Opinion, Pooling};
use crate::report::{Report, SecondOpinion};
use crate::text::Answer;

/// A language model beside the encoder.
pub struct Second {
    /// It.
    pub judge: Arc<Judge>,
    /// Who judges.
    pub engine: Engine,
    /// What its opinion is worth.
    pub pooling: Pooling,
    /// Whether it writes the critique in words.
    pub writes: bool,
}

impl Second {
    /// The evidence to go on with, and the model's own opinion where it was asked for one.
    pub(super) fn hear(
        &self,
        answer: &Answer,
        guide: &Guide,
        heard: &Evidence,
    ) -> Result<(Evidence, Option<Opinion>), JudgeError> {
        if self.engine == Engine::Encoder {
            return Ok((heard.clone(), None));
        }
        let said = self.judge.opinion(answer, guide, heard)?.calibrated(self.pooling.yes);
        Ok((self.engine.pool(heard, &said, self.pooling), Some(said)))
    }
}

/// Where two opinions differ nothing is sure: a finding that the language model would rather not make is as sure as
/// both are on the average. Nothing is found or dropped because of it.
pub(super) fn doubt(report: &mut Report, said: &Opinion) {
    for finding in &mut report.findings {
        if let Some(&p) = said.mistakes.get(&finding.id)
            && p < 0.5
        {
            finding.confidence = (finding.confidence + p) / 2.0;
        }
    }
    let both = report.sentences.iter().zip(&said.roles).enumerate();
    let differs = both.filter(|(_, (shown, p))| Role::likeliest(p) != shown.role).map(|(i, _)| i).collect();
    report.second = Some(SecondOpinion { mass: said.mass, differs, criteria: said.criteria.clone() });
}

#[cfg(test)]
mod tests {
    use std::ops::ControlFlow;

    use super::*;
    use crate::critic::{Critic, Options, Selection, report};
    use crate::detect::fixture::{Story, guide, story};
    use crate::judge::scripted::Script;
    use crate::model::{Encoder, ModelError, ModelInfo};

    /// Hears a story, whatever is asked.
    struct Deaf(Story);

    impl Encoder for Deaf {
        fn info(&self) -> ModelInfo {
            ModelInfo { id: "deaf".to_owned(), sha256: String::new(), device: "none".to_owned() }
        }

        fn hear(&self, _: &Answer) -> Result<Evidence, ModelError> {
            Ok(self.0.evidence.clone())
        }

        fn ends(&self, text: &str) -> Result<Vec<bool>, ModelError> {
            Ok(vec![false; text.matches(' ').count()])
        }

        fn embed(&self, texts: &[&str]) -> Result<Vec<Vec<f32>>, ModelError> {
            Ok(vec![vec![1.0]; texts.len()])
        }

        fn form_ahead(&self) -> f32 {
            2.0
        }
    }

    fn heard() -> Story {
        let s = story(&[(Role::Context, &[], "We ran late."), (Role::Action, &[], "I moved 14 depots.")]);
        s.judged("no_result", 0.9)
    }

    fn second(engine: Engine, script: Script) -> Second {
        let judge = Arc::new(Judge::new(Box::new(script)).unwrap());
        Second { judge, engine, pooling: Pooling::default(), writes: true }
    }

    fn contrary() -> Script {
        let mut script = Script::new();
        script.replies = vec![
            ("[1]?".to_owned(), [("D", 0.9)].into()),
            ("[2]?".to_owned(), [("C", 0.9)].into()),
            ("make the following".to_owned(), [("no", 0.9)].into()),
            ("free of the following".to_owned(), [("yes", 0.9)].into()),
            ("make clear".to_owned(), [("yes", 0.9)].into()),
            ("still have to ask".to_owned(), [("no", 0.9)].into()),
        ];
        script
    }

    fn critique(s: &Story, engine: Engine) -> Report {
        let critic = Critic::new(Box::new(Deaf(s.clone())), guide()).with(second(engine, contrary()));
        let mut answer = s.answer.clone();
        let mut report = critic.critique(&mut answer, &Selection::default()).unwrap();
        report.words = critic.words(&answer, &report, &mut |_| ControlFlow::Continue(())).unwrap();
        report
    }

    #[test]
    fn where_the_encoder_decides_the_language_model_changes_no_verdict() {
        let s = heard();
        let alone = report(&s.answer, &s.evidence, &guide(), &Options::default());
        let both = critique(&s, Engine::Both);
        assert_eq!(both.verdict, alone.verdict);
        let ids = |r: &Report| r.findings.iter().map(|f| f.id.clone()).collect::<Vec<_>>();
        assert_eq!(ids(&both), ids(&alone));
        let sure = |r: &Report| r.findings.iter().find(|f| f.id == "no_result").map(|f| f.confidence);
        assert!(sure(&both) < sure(&alone), "it is less sure: {:?} {:?}", sure(&both), sure(&alone));
        assert_eq!(both.second.map(|s| s.differs), Some(vec![0]));
        assert_eq!(both.words.map(|w| w.summary).as_deref(), Some("s"));
    }

    #[test]
    fn the_language_model_alone_decides_roles_mistakes_and_criteria() {
        let r = critique(&heard(), Engine::Llm);
        assert!(r.verdict.unwrap().criteria.iter().all(|c| c.score == 1.0));
        assert_eq!(r.sentences[0].role, Role::Result);
        assert!(r.findings.iter().all(|f| f.id != "no_result"));
        assert_eq!(r.second.map(|s| s.differs), Some(Vec::new()));
    }

    #[test]
    fn the_encoder_alone_is_not_asked_twice_and_has_words() {
        let r = critique(&heard(), Engine::Encoder);
        assert_eq!(r.second, None);
        assert!(r.words.is_some());
    }

    #[test]
    fn what_is_no_answer_is_not_judged() {
        let mut s = heard();
        s.evidence.answered.p = 0.1;
        let r = critique(&s, Engine::Both);
        assert!(r.second.is_none() && r.words.is_none() && r.abstention.is_some());
    }
}
