//! Damaged and strange files: a clear error, and never a panic.

use candle_core::quantized::gguf_file::Value;
use candor::model::decoder::{DecoderError, Files};

use super::tiny::Parts;
use super::*;

fn small() -> Tiny {
    Tiny { hidden: 32, inner: 32, layers: 1, ..model("qwen3") }
}

/// What is said of a small file after a change to its parts.
fn refused(tag: &str, kind: GgmlDType, change: impl FnOnce(&mut Parts)) -> DecoderError {
    let files = small().gguf(&place(&format!("refused-{tag}.gguf")), kind, change);
    match Decoder::read(&files, Device::Cpu) {
        Ok(_) => panic!("{tag} was read"),
        Err(e) => e,
    }
}

fn says(error: &DecoderError, what: &str) {
    let text = error.to_string();
    assert!(text.contains(what), "{text:?} does not say {what:?}");
    assert!(!text.ends_with('.'), "{text}");
}

#[test]
fn a_tensor_that_is_missing_or_misshapen_is_named() {
    let error = refused("missing", GgmlDType::F32, |p| {
        p.tensors.remove("blk.0.ffn_up.weight");
    });
    assert!(matches!(&error, DecoderError::MissingTensor(name) if name == "blk.0.ffn_up.weight"), "{error}");
    let error = refused("no-norm", GgmlDType::F32, |p| {
        p.tensors.remove("blk.0.attn_q_norm.weight");
    });
    says(&error, "blk.0.attn_q_norm.weight");
    let error = refused("misshapen", GgmlDType::F32, |p| {
        p.set("blk.0.ffn_up.weight", &[0.0; 31 * 32], &[31, 32], GgmlDType::F32);
    });
    says(&error, "tensor blk.0.ffn_up.weight has shape [31, 32], not [32, 32]");
    let error = refused("flat", GgmlDType::F32, |p| {
        p.set("token_embd.weight", &[0.0; 32], &[32], GgmlDType::F32);
    });
    says(&error, "token_embd.weight has shape [32]");
}

#[test]
fn a_strange_configuration_is_named() {
    let set = |key: &'static str, value: Value| {
        move |p: &mut Parts| {
            p.metadata.insert(key.to_owned(), value);
        }
    };
    for (i, (key, value, what)) in [
        ("general.architecture", Value::String("mamba".into()), "architecture `mamba`"),
        ("general.architecture", Value::U8(1), "general.architecture is missing"),
        ("general.alignment", Value::U32(0), "its alignment is Whole(0)"),
        ("qwen3.block_count", Value::U32(2), "blk.1."),
        ("qwen3.block_count", Value::U32(0), "qwen3.block_count is 0"),
        ("qwen3.block_count", Value::I64(-1), "qwen3.block_count is -1"),
        ("qwen3.attention.head_count", Value::U32(0), "qwen3.attention.head_count is 0"),
        ("qwen3.attention.head_count_kv", Value::U32(3), "multiple"),
        ("qwen3.embedding_length", Value::U64(u64::MAX), "qwen3.embedding_length is"),
        ("qwen3.attention.value_length", Value::U32(8), "qwen3.attention.value_length"),
        ("qwen3.rope.scaling.type", Value::String("yarn".into()), "yarn"),
        ("qwen3.rope.dimension_count", Value::U32(4), "qwen3.rope.dimension_count"),
        ("qwen3.expert_count", Value::U32(8), "experts"),
        ("qwen3.context_length", Value::String("long".into()), "qwen3.context_length"),
    ]
    .into_iter()
    .enumerate()
    {
        says(&refused(&format!("config-{i}"), GgmlDType::F32, set(key, value)), what);
    }
}

#[test]
fn weights_that_are_no_numbers_are_found() {
    for (i, bad) in [f32::NAN, f32::INFINITY].into_iter().enumerate() {
        for name in ["blk.0.attn_norm.weight", "blk.0.ffn_down.weight", "output_norm.weight"] {
            let error = refused(&format!("not-finite-{i}-{name}"), GgmlDType::F32, |p| {
                let shape = p.tensors[name].shape().dims().to_vec();
                let mut values = vec![0.5; shape.iter().product()];
                values[7] = bad;
                p.set(name, &values, &shape, GgmlDType::F32);
            });
            assert!(matches!(&error, DecoderError::Weight(n) if n == name), "{error}");
        }
    }
    // a scale that overflows f16 hides in a block: the quantizing of activations would make numbers of it
    let error = refused("not-finite-block", GgmlDType::Q8_0, |p| {
        p.set("blk.0.attn_k.weight", &[1e30; 32 * 32], &[32, 32], GgmlDType::Q8_0);
    });
    says(&error, "blk.0.attn_k.weight");
}

#[test]
fn logits_that_are_no_numbers_are_an_error() {
    let files = small().gguf(&place("overflow.gguf"), GgmlDType::F32, |p| {
        p.set("output.weight", &vec![3e38; VOCABULARY * 32], &[VOCABULARY, 32], GgmlDType::F32);
    });
    let decoder = Decoder::read(&files, Device::Cpu).unwrap();
    let hidden = go_on(&decoder, &mut decoder.cache(), &[1, 2, 3]);
    assert!(matches!(decoder.logits(&hidden, 2..3), Err(DecoderError::NotFinite("logits"))));
    let files = small().gguf(&place("overflow-inside.gguf"), GgmlDType::F32, |p| {
        p.set("blk.0.ffn_down.weight", &[3e38; 32 * 32], &[32, 32], GgmlDType::F32);
    });
    let decoder = Decoder::read(&files, Device::Cpu).unwrap();
    let mut cache = decoder.cache();
    let got = decoder.forward(
        &mut cache,
        Input { tokens: &[1, 2, 3], positions: &[0, 1, 2], mask: &Mask::Causal, wanted: &[2] },
    );
    assert!(matches!(got, Err(DecoderError::NotFinite("hidden states"))));
    assert!(cache.is_empty(), "an error leaves the cache as it was");
}

#[test]
fn a_file_that_is_cut_anywhere_is_an_error() {
    let path = place("cut-whole.gguf");
    small().gguf(&path, GgmlDType::Q8_0, |_| ());
    let whole = std::fs::read(&path).unwrap();
    let cut = place("cut.gguf");
    let files = Files::Gguf(cut.clone());
    // each byte of the first values, then now and then to the last tensor
    let cuts = (0..600).chain((600..whole.len() - 64).step_by(331));
    for n in cuts {
        std::fs::write(&cut, &whole[..n]).unwrap();
        let error = Decoder::read(&files, Device::Cpu).err().unwrap_or_else(|| panic!("cut at {n}"));
        assert!(matches!(error, DecoderError::Malformed { .. }), "cut at {n}: {error}");
        says(&error, "cut.gguf");
    }
}

#[test]
fn no_byte_makes_a_panic() {
    let path = place("flip-whole.gguf");
    small().gguf(&path, GgmlDType::Q8_0, |p| {
        p.metadata.remove("tokenizer.ggml.tokens");
        p.metadata.remove("tokenizer.ggml.token_type");
    });
    let whole = std::fs::read(&path).unwrap();
    let flipped = place("flip.gguf");
    let files = Files::Gguf(flipped.clone());
    for at in 0..1800.min(whole.len()) {
        let mut bytes = whole.clone();
        bytes[at] ^= [0x01, 0x80, 0xff][at % 3];
        std::fs::write(&flipped, &bytes).unwrap();
        if let Ok(decoder) = Decoder::read(&files, Device::Cpu) {
            // another number may be a model, too; it runs, or says why not
            let _ = decoder.forward(
                &mut decoder.cache(),
                Input { tokens: &[1, 2, 3], positions: &[0, 1, 2], mask: &Mask::Causal, wanted: &[2] },
            );
        }
    }
}

#[test]
fn damaged_safetensors_are_errors() {
    let folder = place("damaged");
    let Files::Safetensors { config, weights } = small().safetensors(&folder) else { unreachable!() };
    let files = Files::Safetensors { config: config.clone(), weights: weights.clone() };
    assert!(Decoder::read(&files, Device::Cpu).is_ok());
    let error = |files: &Files| Decoder::read(files, Device::Cpu).err().unwrap();
    let half = Files::Safetensors { config: config.clone(), weights: weights[..1].to_vec() };
    assert!(matches!(error(&half), DecoderError::MissingTensor(_)));
    let whole = std::fs::read(&weights[0]).unwrap();
    for n in [0, 4, 8, 100, whole.len() / 2, whole.len() - 1] {
        std::fs::write(&weights[0], &whole[..n]).unwrap();
        error(&files);
    }
    let mut huge = whole.clone();
    huge[..8].fill(0xff);
    std::fs::write(&weights[0], &huge).unwrap();
    says(&error(&files), "ends within its header");
    std::fs::write(&weights[0], &whole).unwrap();
    std::fs::write(&config, "{").unwrap();
    assert!(matches!(error(&files), DecoderError::Json { .. }));
    std::fs::remove_file(&config).unwrap();
    assert!(matches!(error(&files), DecoderError::Read { .. }));
}

#[test]
fn the_self_test_is_trivial_on_the_cpu() {
    let files = small().gguf(&place("self-test.gguf"), GgmlDType::Q8_0, |_| ());
    assert_eq!(Decoder::self_test(&files, Device::Cpu).unwrap(), 0.0);
}
