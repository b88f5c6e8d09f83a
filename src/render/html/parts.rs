//! What several pages show: roles, the bar of them, lists with their share, severities.
//!
//! May import: what `render` may.

use serde::Serialize;

use crate::evidence::{ROLES, Role};
use crate::guide::Guide;
use crate::render::{ADDRESSED, percent, place, said};
use crate::text::{Answer, LineIndex, Sentence};

/// How the words of an answer are spent.
#[derive(Serialize)]
pub(in crate::render) struct Bar {
    /// The roles that take words, in their order.
    segments: Vec<Segment>,
    /// The same in words.
    text: String,
}

/// A role in a bar; places in percent of its width.
#[derive(Serialize)]
struct Segment {
    role: &'static str,
    title: String,
    percent: usize,
    x: String,
    width: String,
}

impl Bar {
    /// From the words that each role takes; none where there are no words.
    pub(in crate::render) fn of(words: &[usize; ROLES], guide: &Guide) -> Option<Bar> {
        let total: usize = words.iter().sum();
        let share = |words: usize| format!("{:.2}", 100.0 * words as f64 / total as f64);
        let mut before = 0;
        let mut segments = Vec::new();
        for &role in Role::ALL {
            let own = words[role.index()];
            if own > 0 {
                segments.push(Segment {
                    role: role.id(),
                    title: said::role_title(role, guide).to_owned(),
                    percent: percent(own, total),
                    x: share(before),
                    width: share(own),
                });
            }
            before += own;
        }
        let text: Vec<String> = segments.iter().map(|s| format!("{} {}%", s.title, s.percent)).collect();
        (total > 0).then(|| Bar { segments, text: text.join(", ") })
    }
}

/// A chart of columns.
#[derive(Serialize)]
pub(in crate::render) struct Columns {
    title: &'static str,
    /// The same in words.
    text: String,
    width: usize,
    columns: Vec<Column>,
}

/// A column; its height in hundredths of the chart's.
#[derive(Serialize)]
struct Column {
    label: String,
    value: String,
    x: usize,
    height: usize,
    chosen: bool,
}

/// Units from one column of a chart to the next.
const STEP: usize = 44;

impl Columns {
    /// A chart of labels, each with its value in words and its share of the highest column, 0 to 1; the labels that are
    /// chosen stand out.
    pub(in crate::render) fn of(title: &'static str, values: Vec<(String, String, f32, bool)>) -> Columns {
        let text: Vec<String> = values.iter().map(|(label, value, ..)| format!("{label}: {value}")).collect();
        let column = |(i, (label, value, share, chosen)): (usize, (String, String, f32, bool))| Column {
            label,
            value,
            x: i * STEP,
            height: (share.clamp(0.0, 1.0) * 100.0).round() as usize,
            chosen,
        };
        let width = STEP * values.len().max(1);
        Columns {
            title,
            text: text.join(", "),
            width,
            columns: values.into_iter().enumerate().map(column).collect(),
        }
    }
}

/// A role, as the key to the underlines says it.
#[derive(Serialize)]
pub(in crate::render) struct Key {
    /// Its id.
    pub(in crate::render) role: &'static str,
    /// The guide's title.
    pub(in crate::render) title: String,
    /// What an interviewer hears in it.
    pub(in crate::render) hears: String,
    /// How many sentences there are of it.
    pub(in crate::render) count: usize,
    /// Its share of the words.
    pub(in crate::render) percent: usize,
}

/// A sentence that speaks to whoever grades the answer.
#[derive(Serialize)]
pub(in crate::render) struct LeftOut<'a> {
    line: usize,
    text: &'a str,
    why: &'static str,
}

/// What is left out of an answer, in its order.
pub(in crate::render) fn left_out<'a>(answer: &'a Answer) -> Vec<LeftOut<'a>> {
    let index = LineIndex::new(&answer.source);
    let one =
        |s: &'a Sentence| LeftOut { line: place(&index, s.span.start).0, text: &s.text, why: ADDRESSED };
    answer.aside.iter().map(one).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_bar_is_full_and_says_the_same_in_words() {
        let guide = Guide::ownership().unwrap();
        let bar = Bar::of(&[1, 0, 2, 0, 0, 1], &guide).unwrap();
        let places: Vec<(&str, &str, &str)> =
            bar.segments.iter().map(|s| (s.role, s.x.as_str(), s.width.as_str())).collect();
        let known = [("context", "0.00", "25.00"), ("action", "25.00", "50.00"), ("other", "75.00", "25.00")];
        assert_eq!(places, known);
        assert_eq!(bar.text, "Context 25%, Action 50%, Other 25%");
        assert!(Bar::of(&[0; ROLES], &guide).is_none());
    }

    #[test]
    fn columns_stand_side_by_side() {
        let value = |share| (String::from("1"), String::from("9%"), share, false);
        let chart = Columns::of("t", vec![value(0.5), value(2.0)]);
        assert_eq!(chart.columns.iter().map(|c| (c.x, c.height)).collect::<Vec<_>>(), [(0, 50), (STEP, 100)]);
        assert_eq!((chart.width, chart.text.as_str()), (2 * STEP, "1: 9%, 1: 9%"));
    }
}
