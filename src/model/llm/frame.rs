//! Finds what a chat template puts around the texts of a chat, by rendering it once with texts that can be found again.

use super::{ChatTemplate, LlmError};

/// Plain words, so that no template has a reason to change them, and long, so that none has them itself.
const SYSTEM: &str = "candorsystemtextgoeshere";
const USER: &str = "candorusertextgoeshere";

/// What stands around the texts, as text with control tokens in it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Literal {
    pub(super) head: String,
    pub(super) middle: String,
    pub(super) tail: String,
}

/// Renders a template and cuts it at the texts.
///
/// Where a template trims the texts, the caller's are not trimmed: they are encoded by themselves.
pub(super) fn find(template: &ChatTemplate) -> Result<Literal, LlmError> {
    let rendered = template.render(SYSTEM, USER)?;
    let once = |text: &str| rendered.matches(text).count() == 1;
    if !once(SYSTEM) {
        return Err(LlmError::Frame("it does not give the system text back once"));
    }
    if !once(USER) {
        return Err(LlmError::Frame("it does not give the user's text back once"));
    }
    let order = LlmError::Frame("it puts the user's text before the system text");
    let (head, rest) = rendered.split_once(SYSTEM).ok_or(LlmError::Frame("it loses the system text"))?;
    let (middle, tail) = rest.split_once(USER).ok_or(order)?;
    Ok(Literal { head: head.to_owned(), middle: middle.to_owned(), tail: tail.to_owned() })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn of(source: &str) -> Result<Literal, LlmError> {
        find(&ChatTemplate { source: source.to_owned(), ..ChatTemplate::default() })
    }

    #[test]
    fn built_in_templates_have_their_frames() {
        let literal = find(&ChatTemplate::built_in("qwen3").unwrap()).unwrap();
        assert_eq!(literal.head, "<|im_start|>system\n");
        assert_eq!(literal.middle, "<|im_end|>\n<|im_start|>user\n");
        assert_eq!(literal.tail, "<|im_end|>\n<|im_start|>assistant\n<think>\n\n</think>\n\n");
        let literal = find(&ChatTemplate::built_in("chatml").unwrap()).unwrap();
        assert_eq!(literal.tail, "<|im_end|>\n<|im_start|>assistant\n");
    }

    #[test]
    fn templates_that_do_more_to_a_text_are_refused() {
        let (system, user) = ("{{ messages[0].content }}", "{{ messages[1].content }}");
        assert!(of(&format!("{system}|{user}")).is_ok());
        for wrong in
            [user, system, &format!("{user}{system}"), &format!("{system}{user}{user}"), "{{ messages", ""]
        {
            assert!(of(wrong).is_err(), "{wrong}");
        }
    }

    #[test]
    fn a_template_that_refuses_or_never_ends_is_an_error() {
        let refused = of("{{ raise_exception('no system text, please') }}").unwrap_err();
        let why = std::error::Error::source(&refused).unwrap().to_string();
        assert!(why.contains("no system text, please"), "{why}");
        let nested = "{% for i in range(99999) %}{% for j in range(99999) %}x{% endfor %}{% endfor %}";
        assert!(matches!(of(nested), Err(LlmError::Template(_))));
    }

    #[test]
    fn the_date_stands_still() {
        let dated = "{{ strftime_now('%d %b %Y') }}{{ messages[0].content }}{{ messages[1].content }}";
        assert_eq!(of(dated).unwrap().head, "26 Jul 2024");
    }
}
