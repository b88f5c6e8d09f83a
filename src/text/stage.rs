//! Remarks of whoever wrote down what was said: "`[laughs]`", "(pause)", "[inaudible 00:03:12]".

/// Between brackets of either kind. `training/clean.py` holds the same words.
const HEARD: &str = "laughs|laughing|laughter|laugh|chuckles|chuckle|sighs|pause|pauses|long pause|inaudible|unintelligible|\
indistinct|crosstalk|cross talk|overlapping speech|coughs|applause|background noise";

/// No remark is longer.
const MOST: usize = 40;

/// The length of the remark with which a text begins.
pub(super) fn remark(text: &str) -> Option<usize> {
    let close = match text.as_bytes().first()? {
        b'[' => ']',
        b'(' => ')',
        _ => return None,
    };
    let end = text.char_indices().take(MOST).find_map(|(at, c)| (c == close).then_some(at))?;
    let words = text[1..end].trim_end_matches(|c: char| c.is_ascii_digit() || c == ':' || c == ' ');
    let heard = HEARD.split('|').any(|heard| heard.eq_ignore_ascii_case(words.trim_start()));
    // "[pause](…)" is a link
    (heard && !text[end + 1..].starts_with('(')).then_some(end + 1)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_was_only_heard_is_a_remark() {
        for text in
            ["[laughs]", "(Laughs)", "[inaudible 00:03:12]", "[crosstalk 3:12]", "(long pause)", "[PAUSE]"]
        {
            assert_eq!(remark(&format!("{text} It held.")), Some(text.len()), "{text}");
        }
        for text in [
            "[laughs](a.md)",
            "(it laughs)",
            "[pause",
            "(silence on the line)",
            "(",
            "[x]",
            "laughs",
            "",
            "(päuse)",
        ] {
            assert_eq!(remark(text), None, "{text}");
        }
    }
}
