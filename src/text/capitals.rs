//! What the capitals of a text tell of where its sentences begin.

/// Small words, and what notes say was done, that stand in no name. "I" has its capital anywhere. `training/ends.py` reads them too.
const OPENERS: &str = include_str!("openers.txt");
/// From one of them in so many words on, and from two, a text has its capitals where sentences begin.
const CASED: usize = 50;

/// How the word behind a gap is written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Case {
    /// With a capital.
    Capital,
    /// Without.
    Small,
    /// "I", or no letter first: the same anywhere.
    Any,
}

/// How the word behind each gap between two words is written; none for a text without a capital where its sentences begin, as
/// machines write down what is said.
pub(crate) fn capitals(text: &str) -> Option<Vec<Case>> {
    let words: Vec<&str> = text.split(' ').collect();
    let opens = |pair: &&[&str]| pair[0].starts_with(char::is_lowercase) && opens_sentence(pair[1]);
    let opened = words.windows(2).filter(opens).count();
    let case = |word: &&str| match word.chars().next() {
        Some(c) if !c.is_alphabetic() || bare(word) == "I" => Case::Any,
        Some(c) if c.is_uppercase() => Case::Capital,
        _ => Case::Small,
    };
    (opened >= 2 && opened * CASED >= words.len()).then(|| words.iter().skip(1).map(case).collect())
}

/// Whether a word with a capital is none of a name's but opens a sentence or a line of notes.
pub(super) fn opens_sentence(word: &str) -> bool {
    let bare = bare(word);
    if !bare.starts_with(char::is_uppercase) || !bare.chars().skip(1).all(char::is_lowercase) {
        return false;
    }
    let small = bare.to_lowercase();
    // "Asked", but neither "Ahmed" nor "Reed"
    let did = small.len() >= 5 && small.ends_with("ed") && !small.ends_with("med") && !small.ends_with("eed");
    did || OPENERS.split_whitespace().any(|opener| opener == small)
}

/// A word without the signs behind it and what an apostrophe joins to it.
fn bare(word: &str) -> &str {
    let word = word.trim_end_matches(|c: char| !c.is_alphanumeric());
    word.split(['\'', '’']).next().unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn capitals_tell_where_they_begin_sentences() {
        use Case::{Any, Capital, Small};
        let told = capitals("we met Maria twice Then I asked 2 leads She agreed");
        let known = [Small, Capital, Small, Capital, Any, Small, Any, Small, Capital, Small];
        assert_eq!(told.as_deref(), Some(&known[..]));
        for said in [
            "so we met Maria Lopez and then I asked the team in Madrid and she agreed",
            "we met Maria twice Then I asked her",
            &format!("we met Then I asked She agreed {}", "and so on ".repeat(40)),
        ] {
            assert_eq!(capitals(said), None, "{said}");
        }
    }

    #[test]
    fn a_name_opens_no_sentence() {
        let names = "Maria Fernandez Lopez, Temenos Transact, Epic Games Support, our developer Sunita, since Ahmed, Reed, Will, \
            iOS, SAP";
        assert!(!names.split_whitespace().any(opens_sentence));
        assert!(["She", "Started", "Told", "In"].into_iter().all(opens_sentence));
    }
}
