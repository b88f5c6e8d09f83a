//! What several pages show: roles, the bar of them, lists with their share, severities.
//!
//! May import: what `render` may.

use serde::Serialize;

use crate::evidence::{ROLES, Role};
use crate::guide::Guide;
use crate::render::{percent, said};

/// Entries of a list that are shown at once; the rest is folded away.
pub(in crate::render) const AT_ONCE: usize = 20;

/// Shares of the roles: of the words of an answer, or of the sentences of a bank.
#[derive(Serialize)]
pub(in crate::render) struct Bar {
    /// The roles that take any, in their order.
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
    /// From what each role takes; none where there is nothing to take.
    pub(in crate::render) fn of(taken: &[usize; ROLES], guide: &Guide) -> Option<Bar> {
        let total: usize = taken.iter().sum();
        let share = |own: usize| format!("{:.2}", 100.0 * own as f64 / total as f64);
        let mut before = 0;
        let mut segments = Vec::new();
        for &role in Role::ALL {
            let own = taken[role.index()];
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

/// An old and a new score on a line from 0 to 100.
#[derive(Serialize)]
pub(in crate::render) struct Scale {
    title: &'static str,
    old: u8,
    new: u8,
    /// The same in words.
    said: [String; 2],
    /// Where nothing is certain.
    band: Option<Band>,
}

/// The scores that are as near to the old one as noise is.
#[derive(Serialize)]
struct Band {
    from: u8,
    to: u8,
}

impl Scale {
    /// Of two scores, with so many points around the old one within which nothing is certain.
    pub(in crate::render) fn of(title: &'static str, old: u8, new: u8, points: u8) -> Scale {
        let band = Band { from: old.saturating_sub(points), to: old.saturating_add(points).min(100) };
        Scale { title, old, new, said: [old.to_string(), new.to_string()], band: Some(band) }
    }

    /// Of two mean scores.
    pub(in crate::render) fn of_means(title: &'static str, old: f32, new: f32) -> Scale {
        let whole = |mean: f32| mean.clamp(0.0, 100.0).round() as u8;
        let said = [old, new].map(|mean| format!("{mean:.1}"));
        Scale { title, old: whole(old), new: whole(new), said, band: None }
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
    fn the_band_of_a_scale_ends_where_scores_do() {
        let band = |old| Scale::of("t", old, 50, 4).band.map(|b| (b.from, b.to));
        assert_eq!([band(2), band(50), band(98)], [Some((0, 6)), Some((46, 54)), Some((94, 100))]);
        let means = Scale::of_means("t", 64.66, 87.5);
        assert_eq!((means.old, means.new, means.band.is_none()), (65, 88, true));
        assert_eq!(means.said, ["64.7", "87.5"]);
    }

    #[test]
    fn columns_stand_side_by_side() {
        let value = |share| (String::from("1"), String::from("9%"), share, false);
        let chart = Columns::of("t", vec![value(0.5), value(2.0)]);
        assert_eq!(chart.columns.iter().map(|c| (c.x, c.height)).collect::<Vec<_>>(), [(0, 50), (STEP, 100)]);
        assert_eq!((chart.width, chart.text.as_str()), (2 * STEP, "1: 9%, 1: 9%"));
    }
}
