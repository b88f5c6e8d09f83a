//! The language model beside the encoder: found on this machine, opened once a run, stopped by Ctrl-C.

use std::io::{self, IsTerminal, Write};
use std::ops::ControlFlow;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use anyhow::{Context as _, Result, bail};

use super::args::{LlmArgs, WordsArgs};
use super::{interrupt, models, output};
use crate::critic::Second;
use crate::guide::Guide;
use crate::judge::{Calibration, Engine, Judge, Pooling};
use crate::model::decoder::{Device, Files};
use crate::model::digest::Digest;
use crate::model::llm::{ChatTemplate, Local, Setup};
use crate::model::manifest::{FileRole, Manifest};
use crate::render;

/// Tokens that a model gets of which no manifest says how many.
const CONTEXT: usize = 8192;

/// What is said where a language model was named and is not needed.
const NOT_ASKED: &str =
    "the language model is not asked: with the engine encoder it only writes words, and here none are shown";

/// Which language model is asked, and for what.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Ask {
    pub(super) engine: Engine,
    /// Id, path of a manifest or of a GGUF file; empty for the default model.
    pub(super) model: String,
    pub(super) device: Device,
    pub(super) words: bool,
    pub(super) seed: Option<u64>,
}

impl Ask {
    /// What options and config ask for; none where the encoder is enough.
    pub(super) fn of(args: &LlmArgs, engine: Option<Engine>, model: Option<&str>) -> Option<Ask> {
        // one that is named by nothing is the config's, or the default one
        let model = args.llm.as_deref().filter(|id| !id.is_empty()).or(model).or(args.llm.as_deref());
        let engine = args.engine.or(engine);
        if model.is_none() && matches!(engine, None | Some(Engine::Encoder)) {
            return None;
        }
        // an option takes a model of the config away again
        if args.llm.is_none() && args.engine == Some(Engine::Encoder) {
            return None;
        }
        let engine = engine.unwrap_or(Engine::Both);
        let model = model.unwrap_or_default().to_owned();
        Some(Ask { engine, model, device: args.device, words: false, seed: None })
    }

    /// The same, and the critique in words, where it can be shown and is wanted.
    pub(super) fn writing(self, args: &WordsArgs) -> Ask {
        Ask { words: !args.no_words, seed: args.seed, ..self }
    }

    /// What is left to be asked: nothing where the encoder judges and no words are shown. Says so where the options name a
    /// model.
    pub(super) fn needed(ask: Option<Ask>, args: &LlmArgs, quiet: bool) -> Option<Ask> {
        let needed = ask.filter(|ask| ask.words || ask.engine != Engine::Encoder);
        if args.llm.is_some() && needed.is_none() && !quiet {
            output::note(NOT_ASKED);
        }
        needed
    }
}

/// An id behind `--llm` and a space is taken for an answer: says how it is to be written.
pub(super) fn refuse_ids<'a>(args: &LlmArgs, answers: impl Iterator<Item = &'a Path>) -> Result<()> {
    if args.llm.as_deref() != Some("") {
        return Ok(());
    }
    let mut missing = answers.filter(|path| !path.exists()).filter_map(Path::to_str);
    match missing.find(|id| models::find(Some(id)).is_ok()) {
        Some(id) => bail!("{id} is a model and no answer; write --llm={id}"),
        None => Ok(()),
    }
}

/// A language model that is open for a run.
pub(super) struct Opened {
    judge: Arc<Judge>,
    ask: Ask,
    /// Whether its weights are about to be fitted, so that those of an earlier time do not count.
    fits: bool,
    /// Where its calibration is kept.
    pub(super) calibration: PathBuf,
}

impl Opened {
    /// Finds and opens it.
    pub(super) fn open(ask: &Ask) -> Result<Opened> {
        let (setup, calibration) = setup(ask)?;
        let generator = Local::open(&setup).with_context(|| format!("cannot use model {}", setup.id))?;
        if let Some(refused) = generator.refused() {
            output::note(&format!("the language model runs on the CPU: {refused}"));
        }
        let judge = Arc::new(Judge::new(Box::new(generator))?);
        Ok(Opened { judge, ask: ask.clone(), fits: false, calibration })
    }

    /// The same, to be fitted.
    pub(super) fn fitting(self) -> Opened {
        Opened { fits: true, ..self }
    }

    /// What its words are drawn by.
    pub(super) fn seed(&self) -> Option<u64> {
        self.ask.seed
    }

    /// The model beside an encoder, for a guide, with the weights that were fitted for the three.
    pub(super) fn beside(&self, encoder: &str, guide: &Guide) -> Result<Second> {
        let engine = self.ask.engine;
        let weighed = engine != Engine::Encoder && !self.fits;
        let pooling = if weighed { self.fitted(encoder, guide)? } else { Pooling::default() };
        Ok(Second { judge: Arc::clone(&self.judge), engine, pooling, writes: self.ask.words })
    }

    /// The weights that were fitted, or the usual ones.
    fn fitted(&self, encoder: &str, guide: &Guide) -> Result<Pooling> {
        match Calibration::read(&self.calibration)? {
            Some(c) if c.is_for(&self.judge, encoder, guide) => return Ok(c.pooling),
            Some(_) => output::note(&format!(
                "{} was fitted for another model, guide or version and is not used; fit it again with `candor eval --fit`",
                self.calibration.display()
            )),
            None => {}
        }
        Ok(Pooling::default())
    }
}

/// Whether a model is named by the path of a GGUF file or of a manifest, and not by an id.
pub(super) fn is_path(model: &str) -> bool {
    is_own(model) || Manifest::is_path(model)
}

fn is_own(model: &str) -> bool {
    Path::new(model).extension().is_some_and(|e| e == "gguf")
}

fn setup(ask: &Ask) -> Result<(Setup, PathBuf)> {
    if is_own(&ask.model) {
        return own(ask);
    }
    let manifest = models::find(Some(ask.model.as_str()).filter(|id| !id.is_empty()))?;
    let store = models::store()?;
    let calibration = store.root().join(format!("{}.calibration.toml", manifest.id));
    let files = store.locate(&manifest)?;
    let [weights] = files.weights.as_slice() else {
        bail!("model {} has its weights in {} files; one GGUF file is read", manifest.id, files.weights.len())
    };
    let digests = manifest.file.iter().zip(&files.sha256);
    let sha256 =
        digests.filter(|(file, _)| file.role == FileRole::Weights).map(|(_, d)| d.to_string()).collect();
    let setup = Setup {
        id: manifest.id.clone(),
        sha256,
        files: Files::Gguf(weights.clone()),
        architecture: Some(manifest.architecture),
        tokenizer: files.tokenizer.clone(),
        template: Some(ChatTemplate::built_in(&manifest.template)?),
        context: manifest.context as usize,
        device: ask.device,
        seed: ask.seed,
    };
    Ok((setup, calibration))
}

/// The user's own GGUF file, with the `tokenizer.json` beside it.
fn own(ask: &Ask) -> Result<(Setup, PathBuf)> {
    let path = PathBuf::from(&ask.model);
    let tokenizer = path.with_file_name("tokenizer.json");
    for file in [&path, &tokenizer] {
        if !file.is_file() {
            bail!(
                "there is no {}; a model of your own is a GGUF file with its tokenizer.json beside it",
                file.display()
            );
        }
    }
    let digest = Digest::of_file(&path).with_context(|| format!("cannot read {}", path.display()))?;
    let calibration = path.with_extension("calibration.toml");
    let setup = Setup {
        id: path.file_stem().unwrap_or_default().to_string_lossy().into_owned(),
        sha256: digest.to_string(),
        files: Files::Gguf(path),
        architecture: None,
        tokenizer,
        template: None,
        context: CONTEXT,
        device: ask.device,
        seed: ask.seed,
    };
    Ok((setup, calibration))
}

/// Whether words are being written, so that Ctrl-C ends the writing and not the program.
static WRITING: AtomicBool = AtomicBool::new(false);

/// Makes Ctrl-C end the writing of words. Where none are written it ends candor, but of `several` answers the one that is read
/// is brought to its end, without words, so that nothing is lost that others have got. The second Ctrl-C ends candor.
pub(super) fn listen(several: bool) -> Result<()> {
    interrupt::listen(move || several || WRITING.load(Ordering::SeqCst))
}

/// Columns of what is shown of a draft.
const DRAFT: usize = 60;

/// The end of the text that is being written as JSON, so far: no keys, brackets and escapes.
fn draft(json: &str) -> String {
    let mut texts = Vec::new();
    let mut rest = json;
    while let Some((_, after)) = rest.split_once('"') {
        let mut escaped = false;
        let end = after.find(|c| {
            let ends = c == '"' && !escaped;
            escaped = c == '\\' && !escaped;
            ends
        });
        let Some(end) = end else {
            texts.push(after);
            break;
        };
        rest = &after[end + 1..];
        if !rest.starts_with(':') {
            texts.push(&after[..end]);
        }
    }
    let text = render::escape(&texts.join(" ")).replace("\\n", " ").replace("\\\"", "\"");
    let skip = text.chars().count().saturating_sub(DRAFT);
    text.chars().skip(skip).collect()
}

/// Writes something, which Ctrl-C ends; on a terminal, standard error shows how it goes on.
pub(super) fn written<T>(write: impl FnOnce(&mut dyn FnMut(&str) -> ControlFlow<()>) -> T) -> T {
    let shown = io::stderr().is_terminal();
    WRITING.store(true, Ordering::SeqCst);
    let mut each = |text: &str| {
        if shown {
            // nothing can be told when standard error is closed
            let _ = write!(io::stderr(), "\r\u{1b}[Kwriting: {}", draft(text));
        }
        interrupt::goes_on()
    };
    let out = write(&mut each);
    WRITING.store(false, Ordering::SeqCst);
    if shown {
        let _ = write!(io::stderr(), "\r\u{1b}[K");
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::judge::scripted::Script;

    fn args(llm: Option<&str>, engine: Option<Engine>) -> LlmArgs {
        LlmArgs { llm: llm.map(str::to_owned), engine, ..LlmArgs::default() }
    }

    #[test]
    fn a_draft_is_the_end_of_the_text() {
        assert_eq!(draft(r#"{"summary":"Cle"#), "Cle");
        assert_eq!(
            draft(r#"{"summary":"He said \"no\".","weaknesses":[{"mistake":"vague","why":"It"#),
            "He said \"no\". vague It"
        );
        assert_eq!(draft("{"), "");
        let long = format!("{{\"summary\":\"{}\u{1b}[2J", "ü".repeat(200));
        assert!(draft(&long).chars().count() <= DRAFT && !draft(&long).contains('\u{1b}'));
    }

    #[test]
    fn a_damaged_calibration_is_in_the_way_of_nobody_who_does_not_need_it() {
        let calibration = std::env::temp_dir().join(format!("candor-damaged-{}.toml", std::process::id()));
        std::fs::write(&calibration, "model = 1").unwrap();
        let guide = Guide::ownership().unwrap();
        let opened = |engine| {
            let judge = Arc::new(Judge::new(Box::new(Script::new())).unwrap());
            let ask = Ask::of(&args(Some("x"), Some(engine)), None, None).unwrap();
            Opened { judge, ask, fits: false, calibration: calibration.clone() }
        };
        let error = opened(Engine::Both).beside("abc", &guide).err().unwrap().to_string();
        assert!(error.contains("candor eval --fit"), "{error}");
        assert!(opened(Engine::Encoder).beside("abc", &guide).is_ok(), "it only writes");
        let fits = opened(Engine::Both).fitting();
        assert!(fits.beside("abc", &guide).is_ok());
        let kept = Calibration::new(&fits.judge, "abc", &guide, 1, Pooling::default());
        kept.write(&calibration).unwrap();
        assert!(opened(Engine::Both).beside("abc", &guide).is_ok(), "as it was said");
        std::fs::remove_file(&calibration).unwrap();
    }

    #[test]
    fn who_is_asked() {
        let engine = |a: &LlmArgs, e, m| Ask::of(a, e, m).map(|a| (a.engine, a.model));
        let none = args(None, None);
        assert_eq!(engine(&none, None, None), None);
        assert_eq!(engine(&args(Some(""), None), None, None), Some((Engine::Both, String::new())));
        assert_eq!(
            engine(&args(Some("x"), Some(Engine::Llm)), None, None),
            Some((Engine::Llm, "x".to_owned()))
        );
        assert_eq!(
            engine(&none, Some(Engine::Both), None),
            Some((Engine::Both, String::new())),
            "of the config"
        );
        assert_eq!(engine(&none, None, Some("x")), Some((Engine::Both, "x".to_owned())), "of the config");
        let bare = args(Some(""), None);
        assert_eq!(engine(&bare, None, Some("x")), Some((Engine::Both, "x".to_owned())), "the config's");
        assert_eq!(engine(&none, Some(Engine::Encoder), None), None);
        let encoder = args(None, Some(Engine::Encoder));
        assert_eq!(engine(&encoder, Some(Engine::Both), Some("x")), None, "the option counts more");
        let words = args(Some("x"), Some(Engine::Encoder));
        assert_eq!(engine(&words, None, None), Some((Engine::Encoder, "x".to_owned())), "only for the words");
        let ask = Ask::of(&words, None, None).unwrap();
        let needed = |ask| Ask::needed(Some(ask), &words, true);
        assert_eq!(needed(ask.clone()), None, "and no words are shown");
        assert!(needed(ask.clone().writing(&WordsArgs::default())).is_some());
        let none = WordsArgs { no_words: true, seed: None };
        assert_eq!(needed(ask.writing(&none)), None);
    }
}
