//! Which mistakes are looked for: `--select` and `--ignore`, resolved against a guide.

use std::collections::BTreeSet;

use crate::guide::{Guide, Mistake};

/// An id that names no mistake of the guide.
#[derive(Debug, PartialEq, Eq, thiserror::Error)]
#[error("unknown mistake `{id}`{}; guide {guide} knows {known}", hint(near.as_deref()))]
pub struct UnknownMistake {
    /// As it was given.
    pub id: String,
    /// The guide that was asked.
    pub guide: String,
    /// The nearest id or alias, where one is near.
    pub near: Option<String>,
    /// Every id of the guide, comma-separated.
    pub known: String,
}

fn hint(near: Option<&str>) -> String {
    near.map(|near| format!(" (did you mean `{near}`?)")).unwrap_or_default()
}

/// The mistakes that are looked for.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Selection {
    only: Option<BTreeSet<String>>,
    without: BTreeSet<String>,
}

impl Selection {
    /// Those of `select`, or all where it is empty, without those of `ignore`. Aliases are taken for their ids.
    ///
    /// # Errors
    /// When an id names no mistake of the guide.
    pub fn new(guide: &Guide, select: &[String], ignore: &[String]) -> Result<Selection, UnknownMistake> {
        let only = resolve(guide, select)?;
        Ok(Selection { only: (!only.is_empty()).then_some(only), without: resolve(guide, ignore)? })
    }

    /// Whether the mistake of this id is looked for.
    #[must_use]
    pub fn wants(&self, id: &str) -> bool {
        self.only.as_ref().is_none_or(|only| only.contains(id)) && !self.without.contains(id)
    }
}

fn resolve(guide: &Guide, ids: &[String]) -> Result<BTreeSet<String>, UnknownMistake> {
    let canonical = |id: &String| guide.find_mistake(id.trim()).map(|m| m.id.clone());
    ids.iter().map(|id| canonical(id).ok_or_else(|| UnknownMistake::new(guide, id))).collect()
}

impl UnknownMistake {
    /// The error for an id, with the nearest one that the guide knows.
    #[must_use]
    pub fn new(guide: &Guide, id: &str) -> UnknownMistake {
        let names = guide.mistake.iter().flat_map(Mistake::names);
        let plain = id.to_lowercase().replace('-', "_");
        let scored = names.map(|name| (strsim::damerau_levenshtein(&plain, name), name));
        // Up to a third of the letters may be wrong: more is another word.
        let near = scored.filter(|(distance, name)| distance * 3 <= name.len()).min();
        let known = guide.mistake.iter().map(|m| m.id.as_str()).collect::<Vec<_>>().join(", ");
        UnknownMistake {
            id: id.to_owned(),
            guide: guide.id.clone(),
            near: near.map(|(_, n)| n.clone()),
            known,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn guide() -> Guide {
        Guide::ownership().unwrap()
    }

    #[test]
    fn everything_is_wanted_where_nothing_is_selected() {
        let all = Selection::new(&guide(), &[], &[]).unwrap();
        assert_eq!(all, Selection::default());
        assert!(guide().mistake.iter().all(|m| all.wants(&m.id)));
    }

    #[test]
    fn ignore_beats_select() {
        let both = ["no_result".to_owned(), " no_lesson".to_owned()];
        let s = Selection::new(&guide(), &both, &both[1..]).unwrap();
        assert!(s.wants("no_result") && !s.wants("no_lesson") && !s.wants("vague"));
    }

    #[test]
    fn an_alias_stands_for_its_id() {
        let mut guide = guide();
        guide.mistake[0].aliases = vec!["former_name".to_owned()];
        let s = Selection::new(&guide, &["former_name".to_owned()], &[]).unwrap();
        assert!(s.wants(&guide.mistake[0].id) && !s.wants("former_name"));
    }

    #[test]
    fn an_unknown_id_names_the_nearest_and_all_known() {
        let error = Selection::new(&guide(), &["no-results".to_owned()], &[]).unwrap_err();
        assert_eq!(error.near.as_deref(), Some("no_result"));
        assert!(error.to_string().contains("no_lesson"), "{error}");
        let error = Selection::new(&guide(), &[], &["zebra".to_owned()]).unwrap_err();
        assert_eq!(error.near, None);
    }
}
