//! A dense decoder for Llama, Qwen2 and Qwen3, from GGUF or safetensors files: hidden states and logits at all
//! positions, a cache that forks, and many suffixes after one beginning in a single pass.
//!
//! Why not the models of candle-transformers 0.11.1: the quantized ones give the last position's logits only, clone
//! their cache by copying it or not at all, turn Qwen3's queries in f16, and do not know Llama 3's rope factors.
//!
//! Everything is computed in f32. Quantized matrices stay as they are stored, in Q4_K and Q6_K on the CPU in panels of the
//! kernel, else as candle has them; the activations that they are multiplied with are quantized to eight bits. Beside panels
//! keys and values are remembered in f16, and where many tokens attend they too get eight bits. The same pass gives the same
//! bytes with any number of threads. Another way to cut a text into passes need not: attention sums in another order.
//!
//! May import: `model`.

mod attention;
mod cache;
mod chat;
mod config;
mod device;
mod error;
mod gguf;
mod heads;
mod layer;
mod mask;
mod matrix;
mod ops;
mod place;
mod probe;
mod rope;
mod weights;

use std::ops::Range;
use std::path::PathBuf;

use candle_core::{DType, Tensor};
use candle_nn::ops::rms_norm;

pub use self::cache::Cache;
pub use self::chat::Chat;
pub use self::config::Architecture;
pub use self::device::Device;
pub use self::error::DecoderError;
pub use self::mask::{Mask, Segment, Tree};

use self::cache::Shape;
use self::config::Config;
use self::gguf::Gguf;
use self::layer::{Layer, Pass, Text};
use self::matrix::Matrix;
use self::weights::{Shard, Source, Weights};
use super::workers::awake;

/// Rows whose logits a caller asks for at once, if it asks for many: with a vocabulary of 150,000, 20 MB.
pub const LOGIT_ROWS: usize = 32;

/// The files of a model.
#[derive(Clone, Debug)]
pub enum Files {
    /// One GGUF file.
    Gguf(PathBuf),
    /// A `config.json` and the safetensors files that it is of.
    Safetensors {
        /// The configuration.
        config: PathBuf,
        /// The weights, in any order.
        weights: Vec<PathBuf>,
    },
}

/// A decoder with its weights on a device.
pub struct Decoder {
    config: Config,
    device: Device,
    handle: candle_core::Device,
    embedding: Matrix,
    layers: Vec<Layer>,
    norm: Tensor,
    /// The output matrix; the embedding again where the two are tied.
    head: Matrix,
    vocabulary: usize,
}

/// What a pass reads.
#[derive(Clone, Copy, Debug)]
pub struct Input<'a> {
    /// Ids, one at least.
    pub tokens: &'a [u32],
    /// One for each token: the cache's length and up for a text that goes on, [`Tree::positions`] for a tree.
    pub positions: &'a [u32],
    /// What each token sees.
    pub mask: &'a Mask,
    /// The rows whose hidden states are given, in that order, one at least: the last layer computes no more than what they and
    /// the cache need.
    pub wanted: &'a [usize],
}

/// A text of several that are read on in one pass.
pub struct Onward<'a> {
    /// What was read of it.
    pub cache: &'a mut Cache,
    /// What comes next, one token at least; at the positions after those of the cache.
    pub tokens: &'a [u32],
}

/// The hidden states of the wanted rows of one pass, after the last norm. Logits are made of them by
/// [`Decoder::logits`].
pub struct Hidden(Tensor);

impl Hidden {
    /// How many rows were wanted.
    #[must_use]
    pub fn len(&self) -> usize {
        self.0.dims().first().copied().unwrap_or_default()
    }

    /// Whether there are none; one is wanted at least.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }
}

impl Decoder {
    /// Reads a model and puts it on a device.
    ///
    /// # Errors
    /// When a file can't be read, is damaged or of an architecture that is not supported, when a tensor is missing, of
    /// another shape or not finite, or when there is no such device.
    pub fn read(files: &Files, device: Device) -> Result<Decoder, DecoderError> {
        Decoder::read_layers(files, device, usize::MAX)
    }

    /// Reads the first layers only.
    fn read_layers(files: &Files, device: Device, most: usize) -> Result<Decoder, DecoderError> {
        let (device, handle) = device.open()?;
        let (source, mut config) = open(files)?;
        let weights = Weights { source, device: handle.clone() };
        if matches!(files, Files::Gguf(_)) && weights.has("rope_freqs.weight") {
            let factors = weights.vector("rope_freqs.weight", config.rope.pairs())?;
            if factors.iter().any(|f| *f <= 0.0) {
                return Err(DecoderError::Weight("rope_freqs.weight".to_owned()));
            }
            config.rope = config.rope.divided(&factors);
        }
        let hidden = config.hidden;
        let vocabulary = weights.rows("token_embd.weight", hidden)?;
        let embedding = weights.matrix("token_embd.weight", vocabulary, hidden)?;
        let head = match config.tied.unwrap_or_else(|| !weights.has("output.weight")) {
            true => embedding.clone(),
            false => weights.matrix("output.weight", vocabulary, hidden)?,
        };
        let layers = 0..config.layers.min(most);
        let layers: Vec<Layer> =
            layers.map(|i| Layer::load(&weights, &config, i)).collect::<Result<_, _>>()?;
        let norm = weights.norm("output_norm.weight", hidden)?;
        Ok(Decoder { config, device, handle, embedding, layers, norm, head, vocabulary })
    }

    /// The shape of its network.
    #[must_use]
    pub fn architecture(&self) -> Architecture {
        self.config.architecture
    }

    /// Where it runs; never [`Device::Auto`].
    #[must_use]
    pub fn device(&self) -> Device {
        self.device
    }

    /// Logits a position; ids of tokens are below it.
    #[must_use]
    pub fn vocabulary(&self) -> usize {
        self.vocabulary
    }

    /// Positions that the model was made for.
    #[must_use]
    pub fn context(&self) -> usize {
        self.config.context
    }

    /// Bytes of a cache for each token.
    #[must_use]
    pub fn bytes_per_token(&self) -> usize {
        2 * self.layers.len() * self.config.kv_heads * self.config.head * self.shape().kind.size_in_bytes()
    }

    /// A cache that remembers nothing yet.
    #[must_use]
    pub fn cache(&self) -> Cache {
        Cache::new(self.shape())
    }

    fn shape(&self) -> Shape {
        Shape {
            layers: self.layers.len(),
            kv_heads: self.config.kv_heads,
            head: self.config.head,
            device: self.handle.clone(),
            // what is read from memory for each token that is written; weights of a few bits hear no difference
            kind: if self.layers.iter().any(Layer::is_in_panels) { DType::F16 } else { DType::F32 },
        }
    }

    /// Reads tokens after what is in the cache, which must be this decoder's. With [`Mask::Causal`] it holds them afterwards,
    /// with [`Mask::Tree`] it is as before; after an error, too.
    ///
    /// # Errors
    /// [`DecoderError::Input`] when there are no tokens, no row is wanted, or tokens, positions, mask, cache and wanted rows do
    /// not fit together or the model; [`DecoderError::Context`] for a position beyond the model's;
    /// [`DecoderError::NotFinite`] when the hidden states are not finite.
    pub fn forward(&self, cache: &mut Cache, input: Input<'_>) -> Result<Hidden, DecoderError> {
        self.check(input)?;
        if !cache.is_for(&self.shape()) {
            return Err(another_models());
        }
        let mut text = [Onward { cache, tokens: input.tokens }];
        self.handle.with_context(|| awake(|| self.pass(input, &mut text)))
    }

    fn check(&self, Input { tokens, positions, mask, wanted }: Input<'_>) -> Result<(), DecoderError> {
        let n = tokens.len();
        let wrong = |what: String| Err(DecoderError::Input(what));
        if n == 0 {
            return wrong("there are no tokens".to_owned());
        }
        if positions.len() != n {
            return wrong(format!("{n} tokens have {} positions", positions.len()));
        }
        if let Mask::Tree(tree) = mask
            && tree.tokens() != n
        {
            return wrong(format!("{n} tokens are in a tree of {}", tree.tokens()));
        }
        if let Some(token) = tokens.iter().find(|&&t| t as usize >= self.vocabulary) {
            return wrong(format!("token {token} is not among {}", self.vocabulary));
        }
        let last = positions.iter().copied().max().unwrap_or_default() as usize;
        if last >= self.config.context {
            return Err(DecoderError::Context { tokens: last + 1, context: self.config.context });
        }
        if wanted.is_empty() {
            return wrong("no row is wanted".to_owned());
        }
        check_rows(wanted.iter().copied().max(), n)
    }

    /// Reads on in several texts in one pass, which costs little more than in one of them; gives the hidden state of the last
    /// token of each. Each sees what is in its cache, this decoder's, and its own tokens, and its cache holds them afterwards;
    /// after an error it is as before.
    ///
    /// # Errors
    /// As of [`Decoder::forward`].
    pub fn forward_each(&self, texts: &mut [Onward<'_>]) -> Result<Hidden, DecoderError> {
        let (mut tokens, mut positions, mut wanted) = (Vec::new(), Vec::new(), Vec::new());
        for Onward { cache, tokens: new } in &*texts {
            if new.is_empty() {
                return Err(DecoderError::Input("a text does not go on".to_owned()));
            }
            if !cache.is_for(&self.shape()) {
                return Err(another_models());
            }
            tokens.extend_from_slice(new);
            positions.extend((cache.len() as u32..).take(new.len()));
            wanted.push(tokens.len() - 1);
        }
        let input = Input { tokens: &tokens, positions: &positions, mask: &Mask::Causal, wanted: &wanted };
        self.check(input)?;
        self.handle.with_context(|| awake(|| self.pass(input, texts)))
    }

    /// Reads the texts of which an input is made, one after the other.
    fn pass(&self, input: Input<'_>, texts: &mut [Onward<'_>]) -> Result<Hidden, DecoderError> {
        let causal = *input.mask == Mask::Causal;
        let mut each = Vec::with_capacity(texts.len());
        let mut at = 0;
        for Onward { cache, tokens } in texts.iter_mut() {
            if causal {
                cache.reserve(tokens.len())?;
            }
            let blocks = mask::blocks(input.mask, tokens.len(), &self.handle)?;
            each.push(Text { rows: at..at + tokens.len(), mask: input.mask, blocks, cache });
            at += tokens.len();
        }
        let hidden = self.through(input, each)?;
        if causal {
            texts.iter_mut().for_each(|text| text.cache.advance(text.tokens.len()));
        }
        Ok(hidden)
    }

    fn through(&self, input: Input<'_>, texts: Vec<Text<'_>>) -> Result<Hidden, DecoderError> {
        let angles = self.config.rope.angles(input.positions, &self.handle)?;
        let pass = Pass { config: &self.config, angles, texts };
        let rows = Tensor::from_iter(input.wanted.iter().map(|&r| r as u32), &self.handle)?;
        let mut x = self.embedding.embedding(input.tokens, &self.handle)?;
        for (i, layer) in self.layers.iter().enumerate() {
            let last = i + 1 == self.layers.len();
            if last {
                check_finite(&x)?;
            }
            x = layer.forward(&x, &pass, i, last.then_some(&rows))?;
        }
        check_finite(&x)?;
        Ok(Hidden(rms_norm(&x, &self.norm, self.config.epsilon)?))
    }

    /// The logits at some of the rows that were wanted of a pass, [`Decoder::vocabulary`] for each.
    ///
    /// # Errors
    /// [`DecoderError::Input`] for a row that there is not; [`DecoderError::NotFinite`] when a logit is not finite.
    pub fn logits(&self, hidden: &Hidden, rows: Range<usize>) -> Result<Vec<Vec<f32>>, DecoderError> {
        check_rows(rows.clone().next_back(), hidden.len())?;
        if rows.is_empty() {
            return Ok(Vec::new());
        }
        let logits = || {
            let out = self.head.forward(&hidden.0.narrow(0, rows.start, rows.len())?)?.to_vec2::<f32>()?;
            if out.iter().flatten().all(|x| x.is_finite()) {
                Ok(out)
            } else {
                Err(DecoderError::NotFinite("logits"))
            }
        };
        self.handle.with_context(|| awake(logits))
    }
}

fn another_models() -> DecoderError {
    DecoderError::Input("the cache is another model's".to_owned())
}

fn check_rows(last: Option<usize>, rows: usize) -> Result<(), DecoderError> {
    match last {
        Some(row) if row >= rows => Err(DecoderError::Input(format!("row {row} is not among {rows}"))),
        _ => Ok(()),
    }
}

/// A NaN stays in the sum that runs through the layers, but the matmul of the logits could hide it.
fn check_finite(x: &Tensor) -> Result<(), DecoderError> {
    let sums = x.abs()?.sum(1)?.to_vec1::<f32>()?;
    if sums.iter().all(|s| s.is_finite()) { Ok(()) } else { Err(DecoderError::NotFinite("hidden states")) }
}

fn open(files: &Files) -> Result<(Source, Config), DecoderError> {
    match files {
        Files::Gguf(path) => {
            let file = Gguf::open(path)?;
            let config = Config::of_gguf(&file)?;
            Ok((Source::Gguf(file), config))
        }
        Files::Safetensors { config: path, weights } => {
            let text = std::fs::read_to_string(path)
                .map_err(|source| DecoderError::Read { path: path.clone(), source })?;
            let config = Config::of_json(&text, path)?;
            let shards = weights.iter().map(|w| Shard::open(w)).collect::<Result<_, _>>()?;
            Ok((Source::Safetensors(shards), config))
        }
    }
}

impl Config {
    /// Whether the heads of queries and keys are normed.
    fn has_head_norms(&self) -> bool {
        self.architecture == Architecture::Qwen3
    }
}
