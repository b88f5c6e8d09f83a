//! A tiny tokenizer of the kind that Qwen has: bytes, a few merges, control tokens.

use std::path::Path;

use serde_json::{Value, json};

const MERGES: [(&str, &str); 14] = [
    ("t", "h"),
    ("th", "e"),
    ("i", "n"),
    ("Ġ", "a"),
    ("Ġ", "the"),
    ("e", "r"),
    ("o", "n"),
    ("\"", ":"),
    ("\"", ","),
    ("{", "\""),
    ("Y", "e"),
    ("Ye", "s"),
    ("N", "o"),
    ("i", "m"),
];

/// The characters by which GPT-2's alphabet writes the bytes, by byte.
fn alphabet() -> Vec<String> {
    let own = |b: u8| matches!(b, b'!'..=b'~' | 0xA1..=0xAC | 0xAE..=0xFF);
    let mut next = 0x100;
    let one = |b: u8| {
        let c = if own(b) { u32::from(b) } else { next };
        next += u32::from(!own(b));
        char::from_u32(c).unwrap().to_string()
    };
    (0..=255).map(one).collect()
}

/// Writes the tokenizer, of 275 tokens.
pub(crate) fn write(path: &Path) {
    let mut words = alphabet();
    words.extend(MERGES.iter().map(|(a, b)| format!("{a}{b}")));
    let control = ["<|endoftext|>", "<|im_start|>", "<|im_end|>", "<think>", "</think>"];
    let added: Vec<Value> = control
        .iter()
        .enumerate()
        .map(|(i, content)| {
            // as in Qwen3's, where the last two are not called special
            json!({ "id": words.len() + i, "content": content, "single_word": false, "lstrip": false, "rstrip": false,
                    "normalized": false, "special": i < 3 })
        })
        .collect();
    let vocab: serde_json::Map<String, Value> =
        words.iter().enumerate().map(|(i, w)| (w.clone(), json!(i))).collect();
    let merges: Vec<Value> = MERGES.iter().map(|(a, b)| json!([a, b])).collect();
    let bytes =
        json!({ "type": "ByteLevel", "add_prefix_space": false, "trim_offsets": false, "use_regex": true });
    let tokenizer = json!({
        "version": "1.0", "truncation": null, "padding": null, "added_tokens": added, "normalizer": { "type": "NFC" },
        "pre_tokenizer": bytes, "post_processor": bytes, "decoder": bytes,
        "model": { "type": "BPE", "dropout": null, "unk_token": null, "continuing_subword_prefix": null,
                   "end_of_word_suffix": null, "fuse_unk": false, "byte_fallback": false, "ignore_merges": false,
                   "vocab": vocab, "merges": merges },
    });
    std::fs::write(path, tokenizer.to_string()).unwrap();
}
