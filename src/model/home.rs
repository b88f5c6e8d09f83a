//! Where a user's files are, by the environment. Source: the XDG base directory specification.
//!
//! May import: nothing.

use std::ffi::OsString;
use std::path::PathBuf;

/// Gives the value of a variable.
pub(super) type Variable<'a> = dyn Fn(&str) -> Option<OsString> + 'a;

/// A variable's value; an empty one counts as unset.
pub(super) fn set(variable: &Variable<'_>, name: &str) -> Option<OsString> {
    variable(name).filter(|v| !v.is_empty())
}

/// What can't be had again: `$XDG_DATA_HOME`, else `.local/share` at home; none without a home.
pub(super) fn data(variable: &Variable<'_>) -> Option<PathBuf> {
    folder(variable, "XDG_DATA_HOME", ".local/share")
}

/// What can be thrown away: `$XDG_CACHE_HOME`, else `.cache` at home; none without a home.
pub(super) fn cache(variable: &Variable<'_>) -> Option<PathBuf> {
    folder(variable, "XDG_CACHE_HOME", ".cache")
}

fn folder(variable: &Variable<'_>, name: &str, at_home: &str) -> Option<PathBuf> {
    let absolute = |value: OsString| Some(PathBuf::from(value)).filter(|p| p.is_absolute());
    let home = || set(variable, "HOME").or_else(|| set(variable, "USERPROFILE")).and_then(absolute);
    set(variable, name).and_then(absolute).or_else(|| Some(home()?.join(at_home)))
}
