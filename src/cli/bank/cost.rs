//! What a language model takes in time: estimated while it reads the guide, said before the first story, and said anew where
//! that story shows that it was wrong.

use std::fs;
use std::ops::ControlFlow;
use std::path::Path;
use std::time::{Duration, Instant};

use anyhow::{Context as _, Result};

use super::progress::Progress;
use super::resume::Begun;
use super::{Run, is_stdin};
use crate::cli::output;
use crate::critic::Second;
use crate::guide::Guide;
use crate::judge::{Engine, Judge, Load};
use crate::render::SecondModel;

/// Passes in which a critique in words is written, which are as many as its longest part has tokens to be chosen: a guess, until
/// the first is written.
const PASSES: f64 = 100.0;
/// How far off an estimate may be before it is mended.
const OFF: f64 = 1.5;

/// What the stories are like.
#[derive(Clone, Copy, Debug, PartialEq)]
struct Stories {
    /// None where that can't be known before they are read.
    number: Option<u64>,
    /// Of one, on the average.
    sentences: f64,
    bytes: f64,
}

impl Default for Stories {
    /// As those of `training/data` are.
    fn default() -> Stories {
        Stories { number: None, sentences: 11.0, bytes: 900.0 }
    }
}

impl Stories {
    /// Reads them all once, which takes nothing beside what a language model takes; but never what can be read only once.
    fn of(run: &Run<'_>) -> Stories {
        let twice = |p: &Path| !is_stdin(p) && fs::metadata(p).is_ok_and(|m| m.is_file() || m.is_dir());
        if !run.args.paths.iter().all(|p| twice(p)) {
            return Stories::default();
        }
        let (mut number, mut sentences, mut bytes) = (0u64, 0, 0);
        for record in run.sources.records().flatten() {
            let answer = record.answer();
            number += 1;
            sentences += answer.sentences.len();
            bytes += answer.source.len();
        }
        let each = |sum: usize| sum as f64 / number.max(1) as f64;
        Stories { number: Some(number), sentences: each(sentences), bytes: each(bytes) }
    }
}

/// The estimate, and whether it was checked.
pub(super) struct Cost<'a> {
    judge: &'a Judge,
    model: &'a str,
    /// Stories that are to be read, where that is known.
    left: Option<u64>,
    /// Of a story; none where nothing was said, or it was checked.
    said: Option<Duration>,
}

impl<'a> Cost<'a> {
    /// Has the model read the guide, and says what that shows.
    pub(super) fn begin(run: &'a Run<'_>, model: &'a SecondModel, begun: &Begun) -> Result<Cost<'a>> {
        let critic = &run.reader.critic;
        let second = critic.second().context("no language model is asked")?;
        let stories = if run.args.quiet { Stories::default() } else { Stories::of(run) };
        let left = stories.number.map(|n| n.saturating_sub(begun.count.good));
        let mut cost = Cost { judge: &second.judge, model: &model.model.id, left, said: None };
        if left == Some(0) {
            return Ok(cost);
        }
        let cannot = || format!("cannot ask model {}", cost.model);
        let started = Instant::now();
        let load = cost.judge.begin(critic.guide()).with_context(cannot)?;
        let guide = started.elapsed();
        if run.args.quiet {
            return Ok(cost);
        }
        let pace = Pace::of(second, critic.guide(), each(guide, load.guide)).with_context(cannot)?;
        let story = pace.story(&load, stories);
        let read = format!("reads the guide once ({} tokens, {})", load.guide, span(guide));
        output::note(&format!("{} {read} and {}", cost.model, cost.needs(story)));
        cost.said = Some(story);
        Ok(cost)
    }

    /// Puts a record through, and mends the estimate by the first that the model is asked about.
    pub(super) fn timed<T>(&mut self, progress: &Progress, each: impl FnOnce() -> Option<T>) -> Option<T> {
        let Some(said) = self.said else { return each() };
        let (before, started) = (self.judge.tokens_read(), Instant::now());
        let done = each();
        if done.is_some() && self.judge.tokens_read() > before {
            self.said = None;
            let took = started.elapsed();
            if is_off(said, took) {
                progress.note(&format!("by its first story {} {}", self.model, self.needs(took)));
            }
        }
        done
    }

    fn needs(&self, story: Duration) -> String {
        let several = self.left.filter(|n| *n > 1);
        let all = several.map(|n| format!(": some {} for {n} stories", span(story.mul_f64(n as f64))));
        format!("needs about {} a story on this machine{}", span(story), all.unwrap_or_default())
    }
}

/// Seconds that a token takes, or a pass in which one of each part is written; 0 where there are none of their kind.
#[derive(Clone, Copy, Debug, PartialEq)]
struct Pace {
    /// Of a text.
    read: f64,
    /// Of a question.
    ask: f64,
    /// The pass.
    write: f64,
}

impl Pace {
    /// As trials show it that take a part of a story's time.
    fn of(second: &Second, guide: &Guide, read: f64) -> Result<Pace> {
        let ask = if second.engine == Engine::Encoder {
            0.0
        } else {
            let started = Instant::now();
            let tokens = second.judge.try_asking(guide)?;
            each(started.elapsed(), tokens)
        };
        let write = if second.writes { step(&second.judge, guide)?.as_secs_f64() } else { 0.0 };
        Ok(Pace { read, ask, write })
    }

    /// What a story takes.
    fn story(self, load: &Load, stories: Stories) -> Duration {
        let read = self.read * stories.bytes * load.byte;
        let asked = self.ask * (stories.sentences * load.sentence + load.answer);
        Duration::try_from_secs_f64(read + asked + self.write * PASSES).unwrap_or_default()
    }
}

/// Seconds of a token, of so many in a time.
fn each(time: Duration, tokens: u64) -> f64 {
    time.as_secs_f64() / tokens.max(1) as f64
}

/// What a pass takes in which words are written: the median of a few.
fn step(judge: &Judge, guide: &Guide) -> Result<Duration> {
    let mut at = Vec::new();
    judge.try_writing(guide, &mut |text| {
        if !text.is_empty() {
            at.push(Instant::now());
        }
        ControlFlow::Continue(())
    })?;
    let mut steps: Vec<Duration> = at.windows(2).map(|pair| pair[1] - pair[0]).collect();
    steps.sort();
    Ok(steps.get(steps.len() / 2).copied().unwrap_or_default())
}

fn is_off(said: Duration, took: Duration) -> bool {
    let (said, took) = (said.as_secs_f64(), took.as_secs_f64());
    took > said * OFF || said > took * OFF
}

/// A span of time as one says it.
fn span(time: Duration) -> String {
    let seconds = time.as_secs_f64();
    match seconds {
        s if s < 0.95 => format!("{:.1} s", s.max(0.1)),
        s if s < 100.0 => format!("{s:.0} s"),
        s if s < 100.0 * 60.0 => format!("{:.0} minutes", s / 60.0),
        s if s < 48.0 * 3600.0 => format!("{:.0} hours", s / 3600.0),
        s => format!("{:.0} days", s / 86400.0),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::judge::scripted::Script;

    #[test]
    fn a_span_is_told_in_the_unit_that_fits() {
        let spans =
            [0.02, 0.4, 41.2, 99.4, 130.0, 1640.0, 7000.0, 90_000.0, 3e6].map(Duration::from_secs_f64);
        let told =
            ["0.1 s", "0.4 s", "41 s", "99 s", "2 minutes", "27 minutes", "2 hours", "25 hours", "35 days"];
        assert_eq!(spans.map(span), told);
    }

    #[test]
    fn what_is_said_names_the_whole_where_it_is_known() {
        let judge = Judge::new(Box::new(Script::new())).unwrap();
        let mut cost = Cost { judge: &judge, model: "tiny", left: Some(40), said: None };
        let story = Duration::from_secs(41);
        assert_eq!(
            cost.needs(story),
            "needs about 41 s a story on this machine: some 27 minutes for 40 stories"
        );
        for left in [Some(1), None] {
            cost.left = left;
            assert_eq!(cost.needs(story), "needs about 41 s a story on this machine");
        }
    }

    #[test]
    fn only_what_is_far_off_is_mended() {
        let seconds = Duration::from_secs;
        assert!(!is_off(seconds(40), seconds(55)) && !is_off(seconds(40), seconds(30)));
        assert!(is_off(seconds(40), seconds(61)) && is_off(seconds(40), seconds(26)));
    }

    #[test]
    fn what_the_model_is_not_asked_takes_nothing() {
        let guide = Guide::ownership().unwrap();
        let load = Load { guide: 2000, byte: 0.25, sentence: 20.0, answer: 900.0 };
        let stories = Stories { number: None, sentences: 10.0, bytes: 800.0 };
        let pace = Pace { read: 0.01, ask: 0.02, write: 0.4 };
        assert_eq!(pace.story(&load, stories), Duration::from_secs(2 + 22 + 40));
        let judge = std::sync::Arc::new(Judge::new(Box::new(Script::new())).unwrap());
        let with = |engine| {
            let pooling = crate::judge::Pooling::default();
            let second = Second { judge: judge.clone(), engine, pooling, writes: false };
            Pace::of(&second, &guide, 0.01).unwrap()
        };
        assert_eq!(with(Engine::Encoder), Pace { read: 0.01, ask: 0.0, write: 0.0 });
        assert_eq!(judge.tokens_read(), 0);
        assert!(with(Engine::Both).ask > 0.0 && judge.tokens_read() > 100);
    }

    #[test]
    fn a_writer_is_tried() {
        let mut script = Script::new();
        script.takes = Duration::from_millis(3);
        let judge = Judge::new(Box::new(script)).unwrap();
        let guide = Guide::ownership().unwrap();
        assert!(step(&judge, &guide).unwrap() >= Duration::from_millis(3));
        assert!(judge.tokens_read() > 100);
    }
}
