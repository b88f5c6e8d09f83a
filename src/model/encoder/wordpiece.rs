//! Cuts a text into the encoder's tokens: BERT's uncased WordPiece, over a vocabulary that is used where it lies in the binary.
//! `tokenizers` says what a word is, by its rules for BERT; only its model is not used, since it must be read at each start.
//!
//! May import: `model`.

use tokenizers::normalizers::BertNormalizer;
use tokenizers::pre_tokenizers::bert::BertPreTokenizer;
use tokenizers::{
    NormalizedString, Normalizer, OffsetReferential, OffsetType, PreTokenizedString, PreTokenizer,
};

use crate::model::ModelError;

/// A hash table; `training/vocabulary.py` writes it, and says what lies where.
static VOCABULARY: &[u8] = include_bytes!("../../../models/encoder/vocabulary.bin");
const BUCKETS: usize = 1 << 14;
/// Bytes of the longest piece, its mark left out.
const LONGEST: usize = 18;
/// What a piece that goes on a word is marked by.
const GOES_ON: &[u8] = b"##";
/// Characters of a word; a longer one is unknown.
const WORD: usize = 100;

/// The token of a word that no pieces make up.
pub(super) const UNKNOWN: u32 = 100;
/// Tokens that a text may have as they are written here, in the midst of a word too.
const SPECIAL: [(&str, u32); 5] =
    [("[PAD]", 0), ("[UNK]", UNKNOWN), ("[CLS]", 101), ("[SEP]", 102), ("[MASK]", 103)];

/// The tokens of a text, without any around it; none of a text without words.
///
/// # Errors
/// Never, as far as we know: the rules of `tokenizers` could fail, but those for BERT don't.
pub(super) fn tokens(text: &str) -> Result<Vec<u32>, ModelError> {
    let (mut ids, mut rest) = (Vec::new(), text);
    while let Some((at, length, id)) = special(rest) {
        read(&rest[..at], &mut ids)?;
        ids.push(id);
        rest = &rest[at + length..];
    }
    read(rest, &mut ids)?;
    Ok(ids)
}

/// Where the first special token of a text is, how long, and which.
fn special(text: &str) -> Option<(usize, usize, u32)> {
    text.match_indices('[').find_map(|(at, _)| {
        let (word, id) = SPECIAL.iter().find(|(word, _)| text[at..].starts_with(word))?;
        Some((at, word.len(), *id))
    })
}

/// Reads a text without special tokens. No rule looks across these four characters.
fn read(text: &str, ids: &mut Vec<u32>) -> Result<(), ModelError> {
    for part in text.split([' ', '\t', '\n', '\r']) {
        if part.is_ascii() {
            read_ascii(part, ids);
        } else {
            read_any(part, ids).map_err(ModelError::Tokenizer)?;
        }
    }
    Ok(())
}

/// What the rules of [`read_any`] come to in ASCII, in a small part of the time.
fn read_ascii(text: &str, ids: &mut Vec<u32>) {
    let text: String =
        text.chars().filter(|c| !c.is_ascii_control()).map(|c| c.to_ascii_lowercase()).collect();
    for part in text.split_inclusive(|c: char| c.is_ascii_punctuation()) {
        let word = part.trim_end_matches(|c: char| c.is_ascii_punctuation());
        pieces(word, ids);
        pieces(&part[word.len()..], ids);
    }
}

fn read_any(text: &str, ids: &mut Vec<u32>) -> tokenizers::Result<()> {
    let mut text = NormalizedString::from(text);
    BertNormalizer::new(true, true, None, true).normalize(&mut text)?;
    let mut words = PreTokenizedString::from(text);
    BertPreTokenizer.pre_tokenize(&mut words)?;
    for (word, _, _) in words.get_splits(OffsetReferential::Normalized, OffsetType::None) {
        pieces(word, ids);
    }
    Ok(())
}

/// Adds the pieces of a word: again and again the longest that it goes on with.
fn pieces(word: &str, ids: &mut Vec<u32>) {
    let (before, mut rest, mut mark) = (ids.len(), word.as_bytes(), &b""[..]);
    let mut known = word.len() <= WORD || word.chars().count() <= WORD;
    while known && !rest.is_empty() {
        known = longest(mark, rest).is_some_and(|(length, id)| {
            ids.push(id);
            rest = &rest[length..];
            true
        });
        mark = GOES_ON;
    }
    if !known {
        ids.truncate(before);
        ids.push(UNKNOWN);
    }
}

/// The longest piece with a mark that a word begins with: its bytes without the mark, and its id.
fn longest(mark: &[u8], word: &[u8]) -> Option<(usize, u32)> {
    let word = &word[..word.len().min(LONGEST)];
    let mut hashes = [hash(HASH, mark); LONGEST + 1];
    for (i, byte) in word.iter().enumerate() {
        hashes[i + 1] = hash(hashes[i], &[*byte]);
    }
    (1..=word.len()).rev().find_map(|n| {
        let same = |piece: &[u8]| piece.strip_prefix(mark) == Some(&word[..n]);
        bucket(hashes[n]).find_map(|(piece, id)| same(piece).then_some((n, id)))
    })
}

/// FNV-1a of nothing.
const HASH: u32 = 0x811c_9dc5;

/// FNV-1a of what was hashed, with some bytes more.
fn hash(before: u32, bytes: &[u8]) -> u32 {
    bytes.iter().fold(before, |h, b| (h ^ u32::from(*b)).wrapping_mul(0x0100_0193))
}

/// The pieces and ids that lie where one with this hash would.
fn bucket(hash: u32) -> impl Iterator<Item = (&'static [u8], u32)> {
    let at = (hash ^ hash >> 16) as usize % BUCKETS;
    let starts = VOCABULARY.as_chunks::<4>().0;
    let [from, to] = [at, at + 1].map(|i| u32::from_le_bytes(starts[i]) as usize);
    let mut entries = &VOCABULARY[from..to];
    std::iter::from_fn(move || {
        let ([length, low, high], rest) = entries.split_first_chunk()?;
        let (piece, rest) = rest.split_at_checked(usize::from(*length))?;
        entries = rest;
        Some((piece, u32::from(u16::from_le_bytes([*low, *high]))))
    })
}

#[cfg(test)]
mod tests {
    use std::collections::HashMap;
    use std::path::{Path, PathBuf};

    use proptest::prelude::*;
    use tokenizers::Tokenizer;

    use super::*;

    fn place(of: &str) -> PathBuf {
        Path::new(env!("CARGO_MANIFEST_DIR")).join(of)
    }

    /// What the tokens must be those of.
    fn reference() -> Tokenizer {
        Tokenizer::from_file(place("tests/goldens/tokenizer.json")).unwrap()
    }

    fn expected(reference: &Tokenizer, text: &str) -> Vec<u32> {
        reference.encode_fast(text, false).unwrap().get_ids().to_vec()
    }

    #[test]
    fn the_table_is_the_vocabulary() {
        let vocabulary = reference().get_vocab(true);
        let hashes = (0..BUCKETS as u32).flat_map(bucket);
        let table: Vec<_> = hashes.map(|(p, i)| (String::from_utf8(p.to_vec()).unwrap(), i)).collect();
        assert_eq!(table.len(), vocabulary.len(), "each piece once");
        assert_eq!(table.iter().cloned().collect::<HashMap<_, _>>(), vocabulary);
        for (piece, id) in &table {
            let (mark, rest) = piece.strip_prefix("##").map_or(("", piece.as_str()), |rest| ("##", rest));
            assert_eq!(longest(mark.as_bytes(), rest.as_bytes()), Some((rest.len(), *id)), "{piece}");
        }
        SPECIAL.iter().for_each(|(word, id)| assert_eq!(vocabulary[*word], *id));
        assert!(table.iter().any(|(p, _)| p.trim_start_matches("##").len() == LONGEST));
    }

    #[test]
    fn words_are_cut_into_their_longest_pieces() {
        assert_eq!(tokens("I onboarded them.").unwrap(), [1045, 27120, 2098, 2068, 1012]);
        assert_eq!(tokens("").unwrap(), [0; 0]);
        assert_eq!(tokens(" \u{7}\u{301} ").unwrap(), [0; 0], "what is left out");
    }

    #[test]
    fn odd_texts_have_the_tokens_of_the_reference() {
        let reference = reference();
        let long = |n: usize, word: &str| word.repeat(n);
        let texts = [
            "Don’t — “naïve” CAFÉ, E\u{301}lan… ﬁne",
            "[SEP] a[CLS]b [ SEP] [sep] [[UNK]] [PAD][MASK]] [SE\0P] [UN[UNK]K] é[SEP]é",
            "a\0b\u{b}c\u{7f}d\te\nf\rg\u{85}h\u{a0}i\u{200b}j\u{2028}k\u{fffd}l",
            "今日は日本語 中文字 한국어 ไทย नमस्ते",
            "👩\u{200d}💻🇪🇺 ☕️ 10×",
            "##ing # ##ed a##b",
            "ǅ İstanbul ΣΑΣ ẞ",
            &long(99, "x"),
            &long(100, "a"),
            &long(101, "a"),
            &long(100, "é"),
            &long(101, "é"),
            &(long(100, "a") + ".b"),
            &long(100, "a\u{301}"),
            &long(34, "中"),
        ];
        for text in texts {
            assert_eq!(tokens(text).unwrap(), expected(&reference, text), "{text:?}");
        }
    }

    /// The sentences of all annotated answers in a folder of `training/`.
    fn annotated(folder: &str) -> Vec<String> {
        let files = std::fs::read_dir(place("training").join(folder)).unwrap().map(|f| f.unwrap().path());
        let files = files.filter(|path| path.extension().is_some_and(|e| e == "jsonl"));
        let text: String = files.map(|path| std::fs::read_to_string(path).unwrap()).collect();
        let answers = text.lines().map(|line| serde_json::from_str::<serde_json::Value>(line).unwrap());
        answers
            .flat_map(|answer| answer["sentences"].as_array().unwrap().clone())
            .map(|sentence| sentence["text"].as_str().unwrap().to_owned())
            .collect()
    }

    #[test]
    fn all_annotated_sentences_have_the_tokens_of_the_reference() {
        let reference = reference();
        for (folder, least) in [("data", 16_000), ("heldout", 1000)] {
            let sentences = annotated(folder);
            assert!(sentences.len() > least, "{folder}: {}", sentences.len());
            for text in sentences {
                assert_eq!(tokens(&text).unwrap(), expected(&reference, &text), "{text:?}");
            }
        }
    }

    /// Parts of which texts are made: of each kind that a rule looks at.
    fn part() -> impl Strategy<Value = String> {
        let special =
            vec!["[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]", "[sep]", "[", "]", "##", "[SE", "P]"];
        prop_oneof![
            4 => "[ -~]{0,12}",
            4 => "[a-zA-Z]{1,14}",
            2 => "[a-zà-ÿÀ-ÞĀ-ſ]{1,8}",
            1 => "[a-e\u{300}-\u{36f}\u{591}-\u{5bd}\u{93c}]{1,6}",
            1 => "[\u{4e00}-\u{4fff}\u{3041}-\u{30ff}\u{ac00}-\u{acff}\u{f900}-\u{faff}]{1,5}",
            1 => "[☀-➿😀-🙏\u{200d}\u{fe0f}🏻-🏿]{1,4}",
            1 => "[\0-\u{20}\u{7f}-\u{a0}\u{2000}-\u{200f}\u{2028}-\u{202f}\u{feff}\u{fffd}]{1,3}",
            1 => "[‘’“”–—…•×·¿¡«»€™]{1,2}",
            2 => proptest::sample::select(special).prop_map(str::to_owned),
            1 => ("[a-zé中]{1,3}", 20..120_usize).prop_map(|(word, n)| word.repeat(n)),
            1 => any::<String>(),
            4 => Just(" ".to_owned()),
        ]
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(10_000))]
        #[test]
        fn any_text_has_the_tokens_of_the_reference(parts in proptest::collection::vec(part(), 0..12)) {
            thread_local!(static REFERENCE: Tokenizer = reference());
            let text = parts.concat();
            prop_assert_eq!(tokens(&text).unwrap(), REFERENCE.with(|r| expected(r, &text)));
        }
    }
}
