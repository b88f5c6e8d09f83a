//! Sentences that run on without a stop, as people dictate and type them: found here, and cut where a model hears an end.

use std::ops::Range;

use super::capitals::{capitals, opens_sentence};
use super::inline::Rendered;
use super::{Answer, Sentence, Span, has_words};

/// From so many words on a sentence runs on, however it is written. The longest of 23,891 annotated ones has 54.
const LONG: usize = 80;
/// From so many words on it does without any punctuation inside: the longest such one has 34.
const BARE: usize = 45;

/// A sentence that runs on.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct RunOn {
    /// Of the sentence.
    span: Span,
    /// Where each of its words stands, in its text and in the source.
    words: Vec<(Range<usize>, Span)>,
}

impl RunOn {
    /// The sentence at `span`, whose text is at `range` of what was rendered, if it runs on.
    pub(super) fn find(span: Span, words: &Rendered, range: Range<usize>) -> Option<RunOn> {
        let text = &words.text[range.clone()];
        if !runs_on(text) {
            return None;
        }
        let mut at = 0;
        let place = |word: &str| {
            let here = at..at + word.len();
            at = here.end + 1;
            Some((here.clone(), words.span(range.start + here.start..range.start + here.end)?))
        };
        let words = text.split(' ').map(place).collect::<Option<_>>()?;
        Some(RunOn { span, words })
    }

    /// Its parts, where it is cut after each word for which `ends` is true and which may end one, unless a part would hold no
    /// letter and no digit.
    fn parts(&self, whole: &Sentence, ends: &[bool]) -> Vec<Sentence> {
        let mut from = 0;
        let mut parts = Vec::new();
        let open = self.open(&whole.text);
        let cuts =
            ends.iter().zip(open).zip(1..).filter_map(|((end, open), to)| (*end && open).then_some(to));
        for to in cuts.chain([self.words.len()]) {
            let (first, last) = (&self.words[from], &self.words[to - 1]);
            let (text, rest) = (&whole.text[first.0.start..last.0.end], &whole.text[last.0.end..]);
            let is_last = to == self.words.len();
            if !is_last && (!has_words(text) || !has_words(rest)) {
                continue;
            }
            let start = if from == 0 { whole.span.start } else { first.1.start };
            let end = if is_last { whole.span.end } else { last.1.end };
            parts.push(Sentence { span: Span { start, end }, text: text.to_owned() });
            from = to;
        }
        parts
    }

    /// Of each word but the last whether a sentence may end with it: before a word that opens one by its capital one may, but what
    /// stands between two signs and is no run-on by itself is left whole otherwise.
    fn open(&self, text: &str) -> Vec<bool> {
        let words: Vec<&str> = self.words.iter().map(|(word, _)| &text[word.clone()]).collect();
        let signs: Vec<bool> = words.iter().map(|word| ends_in_sign(word)).collect();
        let stretches = signs.split_inclusive(|sign| *sign);
        let free = stretches.flat_map(|s| s.iter().map(move |sign| *sign || s.len() >= BARE));
        // of two words with a capital the second one may belong to the first one's name
        let apart = |pair: &[&str]| {
            pair[0].starts_with(char::is_lowercase) || matches!(pair[1], "He" | "She" | "We" | "They")
        };
        let pairs = words.windows(2).map(|pair| apart(pair) && opens_sentence(pair[1]));
        free.zip(pairs).map(|(free, opens)| free || opens).collect()
    }
}

/// Whether it has so many words, for its punctuation, or capitals where others would begin, that hardly anybody means it as one
/// sentence. Of 88,955 annotated ones 1 has such capitals.
fn runs_on(text: &str) -> bool {
    let words = text.split(' ').filter(|w| has_words(w)).count();
    let bare = words >= BARE && !text.split(' ').rev().skip(1).any(ends_in_sign);
    words >= LONG || bare || capitals(text).is_some()
}

fn ends_in_sign(word: &str) -> bool {
    word.ends_with([',', ';', ':', '.', '!', '?', '…', ')', '—', '–', '-'])
}

impl Answer {
    /// Cuts the sentences that run on. `ends` is given the text of each, its words with single spaces between them, and says of
    /// each space whether a sentence ends there.
    ///
    /// # Errors
    /// The first that `ends` gives; then nothing is cut.
    pub(crate) fn cut_run_ons<E>(
        &mut self,
        mut ends: impl FnMut(&str) -> Result<Vec<bool>, E>,
    ) -> Result<(), E> {
        let mut run_ons = self.run_ons.iter().peekable();
        let mut sentences = Vec::new();
        for sentence in &self.sentences {
            while run_ons.next_if(|r| r.span < sentence.span).is_some() {}
            match run_ons.next_if(|r| r.span == sentence.span) {
                Some(run_on) => sentences.extend(run_on.parts(sentence, &ends(&sentence.text)?)),
                None => sentences.push(sentence.clone()),
            }
        }
        self.sentences = sentences;
        self.run_ons.clear();
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::text::SourceKind;

    const DICTATED: &str = "Task: so the **export** was late again in the first week of may and nobody looked after it I took \
        charge of the whole thing and asked both leads for a date they gave me one and we kept them since then the file has \
        been on time every night";

    fn cut(source: &str, after: &[&str]) -> Answer {
        let mut answer = Answer::parse("-", source.to_owned(), SourceKind::Markdown);
        let ends = |text: &str| {
            let word = text.split(' ').take(text.matches(' ').count());
            Ok::<_, ()>(word.map(|w| after.contains(&w)).collect::<Vec<_>>())
        };
        answer.cut_run_ons(ends).unwrap();
        answer
    }

    #[test]
    fn it_is_cut_where_it_is_said_to_end() {
        let answer = cut(DICTATED, &["it", "date", "them"]);
        let shown = |s: &Sentence| s.span.text(&answer.source).to_owned();
        let spans: Vec<String> = answer.sentences.iter().map(shown).collect();
        let parts = [
            "Task: so the **export** was late again in the first week of may and nobody looked after it",
            "I took charge of the whole thing and asked both leads for a date",
            "they gave me one and we kept them",
            "since then the file has been on time every night",
        ];
        assert_eq!(spans, parts);
        assert!(
            answer.sentences[0].text.starts_with("so the export was late"),
            "the label is no part of what is heard"
        );
    }

    #[test]
    fn it_is_not_cut_between_signs_that_stand_close() {
        let told = "IT said that it could not move before the freeze, so I proposed a printed list, which meant that we \
            loaded without the check, and I told the manager that I would compare each morning the list with the notice \
            myself, and that I would stop it after three wrong pallets in a week, whoever complained, and he signed it, \
            and we did so for nine weeks, until the job was moved, and one pallet in all went wrong, for which I called \
            the customer myself";
        let answer = cut(told, &["freeze,", "morning", "week,", "weeks,"]);
        let ends: Vec<&str> = answer.sentences.iter().filter_map(|s| s.text.split(' ').next_back()).collect();
        assert_eq!(ends, ["freeze,", "week,", "weeks,", "myself"], "not after \"morning\"");
    }

    #[test]
    fn it_may_be_cut_before_a_capital() {
        let told = "Trainee joined our team, came from a bootcamp She could write React, had never seen a database I was \
            her mentor, the goal was that she can be on call Started with reading, each Monday one report from the past, \
            she explains it to me Gave her the list service, because it is small, if it fails nobody stays hungry In \
            month three she broke the import, wanted to give up, said she is not made for this Told her about my own \
            deleted table, from 2017";
        let answer = cut(told, &["bootcamp", "database", "call", "me", "small", "this", "table,"]);
        let ends: Vec<&str> = answer.sentences.iter().filter_map(|s| s.text.split(' ').next_back()).collect();
        assert_eq!(ends, ["bootcamp", "call", "me", "this", "table,", "2017"], "nor before \"I\"");
    }

    #[test]
    fn it_runs_on_by_its_capitals() {
        let told = "Took over the late export Asked both leads for a date They gave me one";
        let answer = cut(told, &["export", "late", "date"]);
        let shown: Vec<&str> = answer.sentences.iter().map(|s| s.text.as_str()).collect();
        assert_eq!(shown, ["Took over the late export", "Asked both leads for a date", "They gave me one"]);
    }

    #[test]
    fn what_does_not_run_on_is_never_asked_about() {
        let told = "I moved the orders, which were late, to the second queue and told both leads; they agreed, and we \
            watched it for a week: nothing was lost, none came twice, and support had no call about it.";
        let listed = "- I asked both leads for a date\n- They gave me one\n- We kept it";
        for source in [told, listed] {
            let mut answer = Answer::parse("-", source.to_owned(), SourceKind::Markdown);
            let before = answer.sentences.clone();
            answer.cut_run_ons(|text| Err(text.to_owned())).unwrap();
            assert_eq!(answer.sentences, before);
        }
    }

    #[test]
    fn an_error_cuts_nothing_and_the_next_call_does() {
        let mut answer = Answer::parse("-", DICTATED.to_owned(), SourceKind::Markdown);
        assert_eq!(answer.cut_run_ons(|_| Err("no")), Err("no"));
        assert_eq!(answer.sentences.len(), 1);
        answer.cut_run_ons(|text| Ok::<_, ()>(vec![true; text.matches(' ').count()])).unwrap();
        assert_eq!(
            answer.sentences.len(),
            DICTATED.split(' ').count() - 1,
            "a word each, the label with the first"
        );
    }

    #[test]
    fn it_runs_on_by_its_words_and_its_signs() {
        let words = |n: usize, with: &str| ["word"; 90][..n].join(" ").replacen(' ', with, 1);
        for (text, runs) in [
            (words(BARE - 1, " "), false),
            (words(BARE, " "), true),
            (words(BARE, ", "), false),
            (words(BARE, " 2.1 or 10:30 "), true),
            (words(LONG - 1, " - "), false),
            (words(LONG, "; "), true),
            ("– ".repeat(LONG + 1), false),
        ] {
            assert_eq!(runs_on(&text), runs, "{text}");
            assert_eq!(runs_on(&format!("{text}.")), runs, "a stop at its end is none inside");
        }
    }

    proptest! {
        #[test]
        fn parts_are_sentences_and_make_up_the_whole(
            words in prop::collection::vec(
                prop::sample::select(vec![
                    "I", "wir", "naïve", "👍", "–", "&amp;", "**late**", "a&nbsp;b", "<!-- x -->", "2.1", "\n", "it's",
                ]),
                44..120,
            ),
            ends in prop::collection::vec(any::<bool>(), 0..120),
        ) {
            let mut answer = Answer::parse("-", format!("Task: so {}", words.join(" ")), SourceKind::Markdown);
            let whole: Vec<String> = answer.sentences.iter().map(|s| s.text.clone()).collect();
            answer.cut_run_ons(|_| Ok::<_, ()>(ends.clone())).unwrap();
            let parts: Vec<&str> = answer.sentences.iter().map(|s| s.text.as_str()).collect();
            prop_assert_eq!(parts.join(" "), whole.join(" "));
            for s in &answer.sentences {
                prop_assert!(has_words(&s.text) && !s.text.starts_with(' ') && !s.text.ends_with(' '), "{:?}", s);
                prop_assert!(answer.source.get(s.span.start..s.span.end).is_some_and(has_words), "{:?}", s);
            }
            prop_assert!(answer.sentences.windows(2).all(|p| p[0].span.end <= p[1].span.start));
        }
    }
}
