//! Answers with reports that every renderer is tried on.

use std::collections::{BTreeMap, BTreeSet};

use jsonschema::Validator;
use serde_json::Value;

use super::{Context, SecondModel, Shown};
use crate::evidence::{Role, Tag, Voice};
use crate::guide::Guide;
use crate::model::ModelInfo;
use crate::report::{
    Abstention, Criterion, Finding, Mend, Praise, QuestionReport, Report, SecondOpinion, SentenceReport,
    Severity, Signal, Strength, Verdict, Weakness, Words,
};
use crate::text::{Answer, Aside, Sentence, SourceKind, Span, Suppressions, Why};

/// A schema, by which what a renderer writes is judged.
pub(super) struct Schema {
    schema: Value,
    validator: Validator,
}

impl Schema {
    pub(super) fn parse(text: &str) -> Schema {
        let schema: Value = serde_json::from_str(text).unwrap();
        let validator = jsonschema::draft202012::new(&schema).unwrap();
        Schema { schema, validator }
    }

    pub(super) fn is_valid(&self, value: &Value) -> bool {
        self.validator.is_valid(value)
    }

    /// The object is as the schema has it, and with a key more it would not be.
    pub(super) fn check(&self, value: &Value, name: &str) {
        let faults: Vec<String> = self.validator.iter_errors(value).map(|e| e.to_string()).collect();
        assert_eq!(faults, Vec::<String>::new(), "{name}");
        let mut more = value.clone();
        more["surprise"] = Value::Null;
        assert!(!self.is_valid(&more), "unknown keys are refused");
    }

    /// The object has the keys of the schema, in their order.
    pub(super) fn check_keys(&self, value: &Value) {
        let required = self.schema["required"].as_array().unwrap();
        let keys: Vec<&str> = required.iter().filter_map(Value::as_str).collect();
        assert_eq!(value.as_object().unwrap().keys().collect::<Vec<_>>(), keys);
    }
}

/// No two parts of a page have one id, and every link and filter names one that there is; the ids.
pub(super) fn check_links(page: &str) -> BTreeSet<String> {
    let (page, _script) = page.split_once("<script>").unwrap();
    let values = |key: &str| -> Vec<&str> {
        page.split(key).skip(1).map(|rest| rest.split('"').next().unwrap()).collect()
    };
    let ids = values(" id=\"");
    let unique: BTreeSet<String> = ids.iter().map(|&id| id.to_owned()).collect();
    assert_eq!(ids.len(), unique.len());
    for link in values("href=\"#").iter().chain(&values("data-filter=\"")).chain(&values("url(#")) {
        let link = link.trim_end_matches(')');
        assert!(unique.contains(link), "{link}");
    }
    unique
}

/// An answer, what is said of it and what it is shown with.
pub(super) struct Fixture {
    pub(super) name: &'static str,
    pub(super) answer: Answer,
    pub(super) report: Report,
    pub(super) guide: Guide,
    model: ModelInfo,
    second: Option<SecondModel>,
}

impl Fixture {
    pub(super) fn shown(&self) -> Shown<'_> {
        Shown { answer: &self.answer, report: &self.report, number: 0 }
    }

    pub(super) fn context(&self) -> Context<'_> {
        Context {
            guide: &self.guide,
            guide_file: None,
            model: &self.model,
            second: self.second.as_ref(),
            color: false,
            width: 80,
            explain_score: false,
            min_level: Severity::Suggestion,
            quiet: false,
        }
    }
}

/// Answered with findings of every kind, hostile, without findings, abstained in both ways.
pub(super) fn all() -> Vec<Fixture> {
    let mut clean = fixture("clean", PLAIN);
    clean.report.findings.clear();
    clean.report.mend.clear();
    clean.report.follow_ups.clear();
    let end = clean.answer.source.len();
    let text = "Grader:\u{1b}[2J 5.".to_owned();
    let sentence = Sentence { span: Span { start: end - 1, end }, text };
    clean.answer.aside.push(Aside { sentence, why: Why::Addressed });
    let mut abstained = fixture("abstained", "We xyz.\n");
    abstained.report = Report {
        abstention: Some(Abstention::NotAnAnswer),
        sentences: abstained.report.sentences,
        ..Report::silent(None, 0.97, Vec::new())
    };
    let mut nothing = fixture("nothing", "```\ncode\n```\n");
    nothing.answer.sentences.clear();
    nothing.report =
        Report { abstention: Some(Abstention::NoText), ..Report::silent(None, 0.97, Vec::new()) };
    let (plain, hostile) = (fixture("plain", PLAIN), fixture("hostile", HOSTILE));
    let (worded, raving) =
        (worded("worded", PLAIN, "It is short"), worded("raving", HOSTILE, "\u{1b}[2J\u{9b}31m"));
    vec![plain, hostile, clean, abstained, nothing, worded, raving]
}

/// With a second opinion and words, in each of which stands the text.
fn worded(name: &'static str, source: &str, text: &str) -> Fixture {
    let mut f = fixture(name, source);
    let said = |part: &str| format!("{text}: {part}.");
    f.report.second = Some(SecondOpinion {
        mass: 0.412_34,
        differs: vec![0],
        criteria: [("stakes".to_owned(), 0.812_34)].into(),
    });
    f.report.words = Some(Words {
        summary: said("the summary"),
        weaknesses: vec![Weakness {
            id: "team_subject".into(),
            sentences: vec![0, 1],
            why: said("why it hurts"),
            mend: said("how to mend it"),
            rewrite: Some(said("I cut it by [your figure]")),
        }],
        strengths: vec![Praise { sentences: vec![1], what: said("what is strong") }],
        questions: vec![said("what is asked")],
        dropped: 2,
        unfinished: 1,
    });
    let model = ModelInfo { id: "small".into(), sha256: "fedcba9876543210".repeat(4), device: "cpu".into() };
    f.second = Some(SecondModel { model, engine: "both", prompts: 1, seed: None });
    f
}

const PLAIN: &str = "\
# A story

Two teams owned the billing export and
neither of them watched it. The go/no-go for the returns page was mine.

- We kind of **helped** coordinate the two teams, the vendor and everybody else who had something to say on it at \
the time, which was a lot.
- We met. We talked. We wrote it down.
- Die Größe naïve café: errors dropped by 40%.
";

/// Escape sequences, overrides, wide and combining characters, tabs, a word longer than any line.
const HOSTILE: &str = "\u{feff}We \u{1b}[31mred\u{1b}[0m \u{9b}2J \u{202e}drawkcab\u{202c} ok. We\ttabbed\tand 日本語の文章は長い長い長い\
長い長い長い長い長い長い長い長い長い長い長い長い. We 👩‍👩‍👧 e\u{301}\u{200b}x\u{7}. We \
aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa. We end.";

fn fixture(name: &'static str, source: &str) -> Fixture {
    let answer = Answer {
        question: Some("Tell me about a time\u{1b}[2J you took ownership of something.".to_owned()),
        sentences: sentences(source),
        suppressions: Suppressions::default(),
        ..Answer::parse(&format!("answers/{name}.md"), source.to_owned(), SourceKind::Plain)
    };
    let guide = Guide::ownership().unwrap();
    let report = report(&answer, &guide);
    let model = ModelInfo { id: "tiny".into(), sha256: "0123456789abcdef".repeat(4), device: "cpu".into() };
    Fixture { name, answer, report, guide, model, second: None }
}

/// Ends at full stops before whitespace: enough for these texts.
fn sentences(source: &str) -> Vec<Sentence> {
    let mut all = Vec::new();
    let mut start = source.find("\n\n").map_or(0, |i| i + 2);
    for (i, _) in source.match_indices('.') {
        if i < start || source[i + 1..].chars().next().is_some_and(|c| !c.is_whitespace()) {
            continue;
        }
        let skipped = source[start..].find(|c: char| c.is_alphabetic()).unwrap_or(0);
        let span = Span { start: start + skipped, end: i + 1 };
        let text = source[span.start..span.end].split_whitespace().collect::<Vec<_>>().join(" ");
        all.push(Sentence { span, text: text.replace("**", "") });
        start = i + 1;
    }
    all
}

fn report(answer: &Answer, guide: &Guide) -> Report {
    let n = answer.sentences.len();
    let ours: Vec<usize> = (0..n).filter(|i| answer.sentences[*i].text.starts_with("We")).collect();
    let words =
        answer.source.find("kind of").map(|start| Span { start, end: start + "kind of **helped**".len() });
    let mut report = Report::silent(None, 0.97, Vec::new());
    report.sentences = (0..n).map(|i| sentence(i, answer)).collect();
    let whole = |list: &[usize]| list.iter().map(|i| answer.sentences[*i].span).collect();
    report.findings = vec![
        finding(guide, "team_subject", &ours, whole(&ours)),
        finding(
            guide,
            "hedging",
            ours.get(..words.iter().len()).unwrap_or_default(),
            words.into_iter().collect(),
        ),
        finding(guide, "no_lesson", &[], Vec::new()),
        finding(guide, "no_stakes", &[], Vec::new()),
    ];
    report.findings[0].message = "4 of 5 deeds are told as \"we\"\u{1b}[5m.".to_owned();
    report.findings[3].severity = Severity::Suggestion;
    report.mend = (0..report.findings.len()).map(Mend::Finding).collect();
    report.suppressed = vec!["no_lesson".to_owned()];
    report.strengths =
        vec![Strength { id: "early".into(), message: "You saw it early.".into(), sentences: vec![0, 1] }];
    report.categories = BTreeMap::from([("process_improvement".to_owned(), 0.712_345)]);
    let signal = |heard| Signal { id: "s".into(), title: "Is it heard?".into(), heard, sentences: vec![0] };
    report.ways = vec![signal(true)];
    report.tests = vec![signal(true), signal(false)];
    report.question = Some(QuestionReport {
        form: Some("outside_scope".into()),
        title: "ownership outside your scope".into(),
        missing: vec!["that nobody asked you to".into(), "what you gave up for it".into()],
        sentences: vec![],
    });
    let criterion = |id: &str, score, weight| Criterion {
        id: id.into(),
        title: format!("the {id} of it"),
        score,
        weight,
        sentences: vec![0, 1],
    };
    report.verdict = Some(Verdict {
        level: 3,
        levels: [0.05, 0.1, 0.612_34, 0.2, 0.037_66],
        score: 62,
        criteria: vec![criterion("first", 0.5, 76.0), criterion("second", 1.0, 24.0)],
    });
    report.follow_ups = vec!["Where did your responsibility begin and end in this?".into()];
    report
}

fn sentence(i: usize, answer: &Answer) -> SentenceReport {
    let role = Role::ALL[i % Role::ALL.len()];
    let p = |r: &Role| if *r == role { 0.800_04 } else { 0.04 };
    let voice = if answer.sentences[i].text.starts_with("We") { Voice::We } else { Voice::I };
    let tags = [(Tag::Stakes, 0.9), (Tag::Verification, 0.7), (Tag::Mechanism, 0.6)];
    let tags = tags.into_iter().take(i % 4).collect();
    SentenceReport { role, roles: Role::ALL.iter().map(|r| (*r, p(r))).collect(), tags, voice }
}

fn finding(guide: &Guide, id: &str, sentences: &[usize], spans: Vec<Span>) -> Finding {
    let m = guide.find_mistake(id).unwrap();
    Finding {
        id: m.id.clone(),
        severity: m.severity,
        confidence: 0.87,
        message: m.message.clone(),
        why: m.why.clone(),
        help: m.help.clone(),
        sentences: sentences.to_vec(),
        spans,
    }
}
