//! The local language model: a decoder, its tokenizer, its chat template, and the grammar that its words are held to.
//!
//! May import: `model`.

mod branches;
mod error;
mod frame;
mod grammar;
mod reader;
mod template;
mod vocabulary;

use std::ops::ControlFlow;
use std::path::PathBuf;
use std::sync::Arc;

use candle_transformers::generation::{LogitsProcessor, Sampling};
use rayon::prelude::*;
use serde_json::Value;

pub use self::error::LlmError;
pub use self::template::ChatTemplate;

use self::branches::Branches;
use self::grammar::{Grammar, Pen};
use self::reader::Reader;
use self::vocabulary::Vocabulary;
use crate::model::decoder::{
    Architecture, Cache, Chat, Decoder, DecoderError, Device, Files, LOGIT_ROWS, Onward,
};
use crate::model::{Frame, Generator, ModelError, ModelInfo, Written};

/// How words are drawn where a seed is given.
const SAMPLING: Sampling = Sampling::TopP { p: 0.9, temperature: 0.7 };

/// What a local language model is made of.
#[derive(Clone, Debug)]
pub struct Setup {
    /// Its id in reports.
    pub id: String,
    /// sha256 of its weights, in hex, as they were verified; it is not computed here.
    pub sha256: String,
    /// The weights.
    pub files: Files,
    /// What they are said to be of; none for whatever they are of.
    pub architecture: Option<Architecture>,
    /// Its `tokenizer.json`.
    pub tokenizer: PathBuf,
    /// How chats are written; none for what the GGUF file says.
    pub template: Option<ChatTemplate>,
    /// The most tokens that it is given; fewer where it was made for fewer.
    pub context: usize,
    /// Where it runs.
    pub device: Device,
    /// What the words are drawn by; none for the likeliest ones.
    pub seed: Option<u64>,
}

/// A language model on this machine.
pub struct Local {
    info: ModelInfo,
    reader: Reader,
    vocabulary: Arc<Vocabulary>,
    grammar: Grammar,
    frame: Frame,
    context: usize,
    seed: Option<u64>,
    refused: Option<DecoderError>,
}

impl Local {
    /// Reads the weights, and meanwhile makes of the tokenizer what the grammar needs.
    ///
    /// # Errors
    /// When a file can't be read or is damaged, the files are not of one model, the chat template can't be followed, there
    /// is no such device, or it computes otherwise than the CPU.
    pub fn open(setup: &Setup) -> Result<Local, ModelError> {
        let (words, decoder) = std::thread::scope(|scope| {
            let words = scope.spawn(|| Words::read(setup));
            let decoder = Decoder::read_tested(&setup.files, setup.device);
            // a tokenizer that llguidance can't follow may make it panic
            let panicked = |_| {
                let (path, source) = (setup.tokenizer.clone(), "it has tokens of an unknown kind".into());
                Err(LlmError::Vocabulary { path, source }.into())
            };
            (words.join().unwrap_or_else(panicked), decoder)
        });
        let (Words { vocabulary, grammar, frame }, (decoder, refused)) = (words?, decoder?);
        let found = decoder.architecture();
        if let Some(said) = setup.architecture.filter(|said| *said != found) {
            return Err(LlmError::Architecture { said, found }.into());
        }
        let (tokens, logits) = (vocabulary.len(), decoder.vocabulary());
        if tokens > logits {
            return Err(LlmError::Mismatch { tokens, logits }.into());
        }
        let device = decoder.device().to_string();
        Ok(Local {
            info: ModelInfo { id: setup.id.clone(), sha256: setup.sha256.clone(), device },
            context: setup.context.min(decoder.context()),
            reader: Reader::new(decoder, frame.middle.clone()),
            vocabulary,
            grammar,
            frame,
            seed: setup.seed,
            refused,
        })
    }

    /// Why it does not run on the accelerator that is there, where nobody asked for a device.
    #[must_use]
    pub fn refused(&self) -> Option<&DecoderError> {
        self.refused.as_ref()
    }

    fn fits(&self, tokens: usize) -> Result<(), LlmError> {
        if tokens <= self.context { Ok(()) } else { Err(LlmError::Long { tokens, context: self.context }) }
    }
}

/// All that knows no weights.
struct Words {
    vocabulary: Arc<Vocabulary>,
    grammar: Grammar,
    frame: Frame,
}

impl Words {
    fn read(setup: &Setup) -> Result<Words, ModelError> {
        let mut vocabulary = Vocabulary::read(&setup.tokenizer)?;
        let template = match (&setup.template, &setup.files) {
            (Some(template), _) => template.clone(),
            (None, Files::Gguf(path)) => {
                let chat = Chat::read(path)?;
                let untemplated = || LlmError::Untemplated { path: path.clone() };
                let name = |token: Option<u32>| token.and_then(|t| vocabulary.name(t)).unwrap_or_default();
                let source = chat.template.ok_or_else(untemplated)?;
                ChatTemplate { source, bos: name(chat.bos), eos: name(chat.eos) }
            }
            (None, Files::Safetensors { config, .. }) => {
                return Err(LlmError::Untemplated { path: config.clone() }.into());
            }
        };
        let frame = vocabulary.frame(&frame::find(&template)?)?;
        let around = frame.middle.iter().chain(&frame.tail);
        let end = around.copied().find(|&t| vocabulary.is_control(t));
        let end =
            end.ok_or(LlmError::Frame("it ends the user's turn with no control token of the tokenizer"))?;
        let vocabulary = Arc::new(vocabulary);
        Ok(Words { grammar: Grammar::new(Arc::clone(&vocabulary), end)?, vocabulary, frame })
    }
}

impl Generator for Local {
    fn info(&self) -> ModelInfo {
        self.info.clone()
    }

    fn frame(&self) -> &Frame {
        &self.frame
    }

    fn encode(&self, text: &str) -> Result<Vec<u32>, ModelError> {
        self.vocabulary.encode(text)
    }

    fn single(&self, text: &str) -> Option<u32> {
        match self.vocabulary.encode(text).ok()?[..] {
            [token] => Some(token),
            _ => None,
        }
    }

    fn context(&self) -> usize {
        self.context
    }

    fn tokens_read(&self) -> u64 {
        self.reader.tokens_read()
    }

    fn read(&mut self, beginning: &[u32]) -> Result<(), ModelError> {
        self.fits(beginning.len())?;
        Ok(self.reader.read_ahead(beginning)?)
    }

    fn branch(
        &mut self,
        prefix: &[u32],
        branches: &[Vec<u32>],
        wanted: &[u32],
    ) -> Result<Vec<Vec<f32>>, ModelError> {
        if branches.is_empty() {
            return Ok(Vec::new());
        }
        let known = self.reader.decoder().vocabulary();
        if let Some(token) = wanted.iter().find(|&&t| t as usize >= known) {
            return Err(LlmError::Input(format!("token {token} is not among {known}")).into());
        }
        if branches.iter().any(Vec::is_empty) {
            return Err(LlmError::Input("a branch is empty".to_owned()).into());
        }
        let longest = branches.iter().map(Vec::len).max().unwrap_or_default();
        self.fits(prefix.len() + longest)?;
        let tree = Branches::grow(branches);
        let hidden = self.reader.read_branches(prefix, &tree)?;
        let mut out = Vec::with_capacity(branches.len());
        for from in (0..branches.len()).step_by(LOGIT_ROWS) {
            let rows = from..branches.len().min(from + LOGIT_ROWS);
            let logits = self.reader.decoder().logits(&hidden, rows)?;
            out.par_extend(logits.par_iter().map(|logits| probabilities(logits, wanted)));
        }
        Ok(out)
    }

    fn write(
        &mut self,
        prompt: &[u32],
        schemas: &[Value],
        most: usize,
        each: &mut dyn FnMut(&str) -> ControlFlow<()>,
    ) -> Result<Vec<Written>, ModelError> {
        let Some((last, before)) = prompt.split_last() else {
            return Err(LlmError::Input("the prompt is empty".to_owned()).into());
        };
        self.fits(prompt.len() + 1)?;
        let most = most.min((self.context - prompt.len()) / schemas.len().max(1));
        let mut pages = Vec::with_capacity(schemas.len());
        for (i, schema) in schemas.iter().enumerate() {
            // the same seed draws the same words for each answer, wherever it stands in a run
            let sampler =
                self.seed.map(|seed| LogitsProcessor::from_sampling(seed.wrapping_add(i as u64), SAMPLING));
            let mut page = Page::new(&self.vocabulary, self.grammar.start(schema)?, sampler, most);
            // what can begin in one way only is read with the end of the prompt
            page.begin(*last)?;
            pages.push(page);
        }
        if pages.iter().all(|page| page.ended()) {
            return pages.into_iter().map(Page::close).collect();
        }
        let Some(text) = self.reader.read(before, &mut || each(""))? else {
            return Ok(vec![Written { text: String::new(), complete: false }; schemas.len()]);
        };
        let mut caches: Vec<Cache> = pages.iter().map(|_| text.fork()).collect();
        drop(text);
        let begun = pages.iter().find(|page| !page.ended()).filter(|page| !page.bytes.is_empty());
        let mut stopped = begun.is_some_and(|page| each(page.text()).is_break());
        while !stopped && let Some(first) = pages.iter().position(|page| !page.ended()) {
            let open = pages.iter().zip(&mut caches).filter(|(page, _)| !page.ended());
            let mut texts: Vec<Onward<'_>> =
                open.map(|(page, cache)| Onward { cache, tokens: &page.next }).collect();
            let logits = self.reader.go_on(&mut texts)?;
            for (page, logits) in pages.iter_mut().filter(|page| !page.ended()).zip(logits) {
                page.go_on(&logits)?;
            }
            stopped = each(pages[first].text()).is_break();
        }
        pages.into_iter().map(Page::close).collect()
    }
}

/// A text that is being written.
struct Page<'a> {
    vocabulary: &'a Vocabulary,
    pen: Pen,
    sampler: Option<LogitsProcessor>,
    bytes: Vec<u8>,
    /// Tokens for which there is room.
    room: usize,
    /// What is to be read before there can be more.
    next: Vec<u32>,
    /// Whether all is written that is to be.
    complete: bool,
}

impl<'a> Page<'a> {
    fn new(vocabulary: &'a Vocabulary, pen: Pen, sampler: Option<LogitsProcessor>, room: usize) -> Page<'a> {
        let (bytes, next) = (Vec::new(), Vec::new());
        Page { vocabulary, pen, sampler, bytes, room, next, complete: false }
    }

    /// Writes the next token and those that must follow it.
    fn go_on(&mut self, logits: &[f32]) -> Result<(), LlmError> {
        let token = match &mut self.sampler {
            Some(sampler) => self.pen.drawn(logits, sampler)?,
            None => self.pen.likeliest(logits)?,
        };
        self.pen.take(token)?;
        self.next = vec![token];
        self.follow(0)
    }

    fn begin(&mut self, last: u32) -> Result<(), LlmError> {
        self.next = vec![last];
        self.follow(1)
    }

    /// Adds the tokens that must come next to those that are, and writes them but for the first `known`, as far as there is room.
    fn follow(&mut self, known: usize) -> Result<(), LlmError> {
        self.next.extend(self.pen.forced()?);
        let written = &self.next[known..];
        let fit = &written[..written.len().min(self.room)];
        self.bytes.extend(fit.iter().flat_map(|&t| self.vocabulary.text(t)));
        self.room -= fit.len();
        self.complete = fit.len() == written.len() && self.pen.is_done()?;
        Ok(())
    }

    /// Whether no more can come.
    fn ended(&self) -> bool {
        self.complete || self.room == 0
    }

    /// The text without a character of which only the beginning is written.
    fn text(&self) -> &str {
        match std::str::from_utf8(&self.bytes) {
            Ok(text) => text,
            Err(e) => std::str::from_utf8(&self.bytes[..e.valid_up_to()]).unwrap_or_default(),
        }
    }

    fn close(self) -> Result<Written, ModelError> {
        let text = if self.complete {
            std::str::from_utf8(&self.bytes).map_err(LlmError::from)?
        } else {
            self.text()
        };
        Ok(Written { text: text.to_owned(), complete: self.complete })
    }
}

/// The probabilities of some tokens, by the softmax over all.
fn probabilities(logits: &[f32], wanted: &[u32]) -> Vec<f32> {
    let highest = logits.iter().copied().fold(f32::NEG_INFINITY, f32::max);
    let sum: f64 = logits.iter().map(|l| f64::from((l - highest).exp())).sum();
    wanted.iter().map(|&t| (f64::from((logits[t as usize] - highest).exp()) / sum) as f32).collect()
}
