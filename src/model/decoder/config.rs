//! The shape of a model, from a GGUF file's metadata or a `config.json`.

use std::fmt;
use std::path::Path;

use serde::{Deserialize, Serialize};

use super::DecoderError;
use super::gguf::{Gguf, Value};
use super::rope::{Llama3, Rope};

/// The most of anything that is believed: no number below it overflows when shapes are computed.
const MOST: usize = 1 << 24;

/// The shape of a network.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Architecture {
    /// Llama and what is built like it, such as SmolLM2.
    Llama,
    /// Qwen2 and Qwen2.5.
    Qwen2,
    /// Qwen3.
    Qwen3,
}

/// The shape of a model.
#[derive(Clone, Debug)]
pub(super) struct Config {
    pub(super) architecture: Architecture,
    pub(super) layers: usize,
    pub(super) hidden: usize,
    pub(super) inner: usize,
    pub(super) heads: usize,
    /// Heads of keys and values, each shared by `heads / kv_heads` of queries.
    pub(super) kv_heads: usize,
    /// Width of a head.
    pub(super) head: usize,
    /// Positions that the model was made for.
    pub(super) context: usize,
    pub(super) epsilon: f32,
    pub(super) rope: Rope,
    /// Whether the embedding is the output matrix too; none where the presence of an output matrix says it.
    pub(super) tied: Option<bool>,
}

fn fault(key: &str, what: impl Into<String>) -> DecoderError {
    DecoderError::Config { key: key.to_owned(), what: what.into() }
}

impl fmt::Display for Architecture {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Architecture::Llama => "llama",
            Architecture::Qwen2 => "qwen2",
            Architecture::Qwen3 => "qwen3",
        })
    }
}

impl Architecture {
    fn named(name: &str) -> Result<Architecture, DecoderError> {
        match name {
            "llama" => Ok(Architecture::Llama),
            "qwen2" => Ok(Architecture::Qwen2),
            "qwen3" => Ok(Architecture::Qwen3),
            other => Err(DecoderError::Architecture(other.to_owned())),
        }
    }
}

impl Config {
    /// Reads a GGUF file's metadata. The factors of a `rope_freqs.weight` are the caller's to apply.
    pub(super) fn of_gguf(file: &Gguf) -> Result<Config, DecoderError> {
        let Some(Value::Text(name)) = file.value("general.architecture") else {
            return Err(fault("general.architecture", "is missing"));
        };
        let keys = Keys { file, name };
        let architecture = Architecture::named(name)?;
        let heads = keys.whole("attention.head_count")?;
        let hidden = keys.whole("embedding_length")?;
        let head = keys.whole_or("attention.key_length", hidden / heads)?;
        if keys.whole_or("attention.value_length", head)? != head {
            return Err(keys.fault("attention.value_length", "is not attention.key_length"));
        }
        if keys.whole_or("rope.dimension_count", head)? != head {
            return Err(keys.fault("rope.dimension_count", "turns a part of a head only"));
        }
        if keys.whole_or("expert_count", 0)? > 0 {
            return Err(keys.fault("expert_count", "is not 0: experts are not supported"));
        }
        let rope =
            Rope::new(keys.real_or("rope.freq_base", 10_000.0)?, head, architecture == Architecture::Llama);
        let rope = match keys.text("rope.scaling.type") {
            None | Some("none") => rope,
            Some("linear") => {
                let factor = keys.real_or("rope.scaling.factor", 1.0)? as f32;
                let factors = vec![factor; rope.pairs()];
                rope.divided(&factors)
            }
            Some(other) => return Err(keys.fault("rope.scaling.type", &format!("is {other}"))),
        };
        Config {
            architecture,
            layers: keys.whole("block_count")?,
            hidden,
            inner: keys.whole("feed_forward_length")?,
            heads,
            kv_heads: keys.whole_or("attention.head_count_kv", heads)?,
            head,
            context: keys.whole("context_length")?,
            epsilon: keys.real("attention.layer_norm_rms_epsilon")? as f32,
            rope,
            tied: None,
        }
        .checked()
    }

    /// Reads the text of a `config.json`; `path` is its name in errors.
    pub(super) fn of_json(text: &str, path: &Path) -> Result<Config, DecoderError> {
        let json = |source| DecoderError::Json { path: path.to_owned(), source };
        // the name alone first: the configuration of another architecture has other fields
        let Named { model_type } = serde_json::from_str(text).map_err(json)?;
        let architecture = Architecture::named(&model_type)?;
        let found: Found = serde_json::from_str(text).map_err(json)?;
        let heads = positive("num_attention_heads", found.num_attention_heads)?;
        let head = found.head_dim.unwrap_or(match architecture {
            Architecture::Qwen3 => 128,
            Architecture::Llama | Architecture::Qwen2 => found.hidden_size / heads,
        });
        if found.hidden_act.as_deref().is_some_and(|a| a != "silu") {
            return Err(fault("hidden_act", "is not silu"));
        }
        if found.use_sliding_window == Some(true) {
            return Err(fault("use_sliding_window", "is true"));
        }
        Config {
            architecture,
            layers: found.num_hidden_layers,
            hidden: found.hidden_size,
            inner: found.intermediate_size,
            heads,
            kv_heads: found.num_key_value_heads.unwrap_or(heads),
            head: positive("head_dim", head)?,
            context: found.max_position_embeddings,
            epsilon: found.rms_norm_eps,
            rope: found.rope(head)?,
            tied: found.tie_word_embeddings,
        }
        .checked()
    }

    fn checked(self) -> Result<Config, DecoderError> {
        positive("the number of layers", self.layers)?;
        positive("the hidden size", self.hidden)?;
        positive("the feed-forward size", self.inner)?;
        positive("the context", self.context)?;
        positive("the number of key-value heads", self.kv_heads)?;
        positive("the number of heads times their size", self.heads.saturating_mul(self.head))?;
        if self.layers > 1024 {
            return Err(fault("the number of layers", format!("is {}", self.layers)));
        }
        if !self.heads.is_multiple_of(self.kv_heads) {
            return Err(fault("the number of heads", "is no multiple of that of key-value heads"));
        }
        if !self.head.is_multiple_of(2) {
            return Err(fault("the size of a head", "is odd"));
        }
        if !(self.epsilon.is_finite() && self.epsilon >= 0.0) {
            return Err(fault("the epsilon of the norms", format!("is {}", self.epsilon)));
        }
        Ok(self)
    }
}

fn positive(key: &str, n: usize) -> Result<usize, DecoderError> {
    if (1..=MOST).contains(&n) { Ok(n) } else { Err(fault(key, format!("is {n}"))) }
}

/// The metadata of one architecture.
struct Keys<'a> {
    file: &'a Gguf,
    name: &'a str,
}

impl Keys<'_> {
    fn get(&self, key: &str) -> (String, Option<&Value>) {
        let key = format!("{}.{key}", self.name);
        let value = self.file.value(&key);
        (key, value)
    }

    fn fault(&self, key: &str, what: &str) -> DecoderError {
        fault(&self.get(key).0, what)
    }

    fn whole(&self, key: &str) -> Result<usize, DecoderError> {
        match self.get(key) {
            (key, None) => Err(fault(&key, "is missing")),
            (key, Some(Value::Whole(n))) => {
                let n = usize::try_from(*n).map_err(|_| fault(&key, format!("is {n}")))?;
                positive(&key, n)
            }
            (key, Some(other)) => Err(fault(&key, format!("is {other:?}"))),
        }
    }

    fn whole_or(&self, key: &str, default: usize) -> Result<usize, DecoderError> {
        match self.get(key).1 {
            None => Ok(default),
            Some(Value::Whole(0)) if default == 0 => Ok(0),
            Some(_) => self.whole(key),
        }
    }

    fn real(&self, key: &str) -> Result<f64, DecoderError> {
        match self.get(key) {
            (key, None) => Err(fault(&key, "is missing")),
            (_, Some(&Value::Real(x))) if x.is_finite() && x > 0.0 => Ok(x),
            (key, Some(other)) => Err(fault(&key, format!("is {other:?}"))),
        }
    }

    fn real_or(&self, key: &str, default: f64) -> Result<f64, DecoderError> {
        if self.get(key).1.is_none() { Ok(default) } else { self.real(key) }
    }

    fn text(&self, key: &str) -> Option<&str> {
        match self.get(key).1 {
            Some(Value::Text(s)) => Some(s),
            _ => None,
        }
    }
}

#[derive(Deserialize)]
struct Named {
    model_type: String,
}

/// The fields of `config.json` that matter, by their names there.
#[derive(Deserialize)]
struct Found {
    hidden_size: usize,
    intermediate_size: usize,
    num_hidden_layers: usize,
    num_attention_heads: usize,
    num_key_value_heads: Option<usize>,
    head_dim: Option<usize>,
    max_position_embeddings: usize,
    rms_norm_eps: f32,
    hidden_act: Option<String>,
    use_sliding_window: Option<bool>,
    tie_word_embeddings: Option<bool>,
    rope_theta: Option<f64>,
    rope_scaling: Option<Scaling>,
    /// Both of the two above, since transformers 5.
    rope_parameters: Option<Scaling>,
}

#[derive(Deserialize)]
struct Scaling {
    #[serde(alias = "type")]
    rope_type: Option<String>,
    rope_theta: Option<f64>,
    factor: Option<f64>,
    low_freq_factor: Option<f64>,
    high_freq_factor: Option<f64>,
    original_max_position_embeddings: Option<f64>,
}

impl Found {
    fn rope(&self, head: usize) -> Result<Rope, DecoderError> {
        let scaling = self.rope_parameters.as_ref().or(self.rope_scaling.as_ref());
        let theta = scaling.and_then(|s| s.rope_theta).or(self.rope_theta).unwrap_or(10_000.0);
        let real = |key: &str, x: Option<f64>| {
            x.filter(|x| x.is_finite() && *x > 0.0).ok_or_else(|| fault(key, format!("is {x:?}")))
        };
        let rope = Rope::new(real("rope_theta", Some(theta))?, head, false);
        let Some(s) = scaling else { return Ok(rope) };
        match s.rope_type.as_deref() {
            None | Some("default") => Ok(rope),
            Some("linear") => {
                let factor = real("rope factor", s.factor)? as f32;
                let factors = vec![factor; rope.pairs()];
                Ok(rope.divided(&factors))
            }
            Some("llama3") => Ok(rope.stretched(Llama3 {
                factor: real("rope factor", s.factor)?,
                low: real("low_freq_factor", s.low_freq_factor)?,
                high: real("high_freq_factor", s.high_freq_factor)?,
                original: real("original_max_position_embeddings", s.original_max_position_embeddings)?,
            })),
            Some(other) => Err(fault("rope_type", format!("is {other}"))),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const QWEN3: &str = r#"{"model_type": "qwen3", "hidden_size": 1024, "intermediate_size": 3072,
        "num_hidden_layers": 28, "num_attention_heads": 16, "num_key_value_heads": 8,
        "max_position_embeddings": 40960, "rms_norm_eps": 1e-06, "hidden_act": "silu", "rope_theta": 1000000,
        "rope_scaling": null, "use_sliding_window": false, "tie_word_embeddings": true}"#;

    fn read(text: &str) -> Result<Config, DecoderError> {
        Config::of_json(text, Path::new("config.json"))
    }

    #[test]
    fn heads_of_qwen3_have_their_own_width() {
        let config = read(QWEN3).unwrap();
        assert_eq!((config.head, config.kv_heads, config.tied), (128, 8, Some(true)));
        assert_eq!(config.rope, Rope::new(1e6, 128, false));
    }

    #[test]
    fn what_is_not_supported_is_named() {
        for (from, to, named) in [
            ("qwen3", "gemma3", "gemma3"),
            ("\"silu\"", "\"gelu\"", "hidden_act"),
            ("\"use_sliding_window\": false", "\"use_sliding_window\": true", "use_sliding_window"),
            ("\"rope_scaling\": null", "\"rope_scaling\": {\"type\": \"yarn\"}", "yarn"),
            ("\"num_key_value_heads\": 8", "\"num_key_value_heads\": 0", "key-value heads"),
            ("\"num_key_value_heads\": 8", "\"num_key_value_heads\": 5", "multiple"),
            ("\"num_attention_heads\": 16", "\"num_attention_heads\": 0", "num_attention_heads"),
            ("\"hidden_size\": 1024", "\"hidden_size\": 99999999999", "hidden"),
            ("\"rope_theta\": 1000000", "\"rope_theta\": -1", "rope_theta"),
            ("\"hidden_size\": 1024, ", "", "config.json"),
        ] {
            assert!(QWEN3.contains(from), "{from}");
            let error = read(&QWEN3.replacen(from, to, 1)).unwrap_err().to_string();
            assert!(error.contains(named), "{to}: {error}");
        }
    }
}
