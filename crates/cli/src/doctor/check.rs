//! What a check has found.

use serde::Serialize;

/// How bad it is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "lowercase")]
pub(crate) enum Level {
    /// All is well.
    Ok,
    /// It works, but will not stay so, or not as it should.
    Warning,
    /// It does not work.
    Problem,
}

/// One finding.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub(crate) struct Check {
    /// What was looked at.
    pub(crate) name: &'static str,
    /// How bad it is.
    pub(crate) level: Level,
    /// What was found.
    pub(crate) found: String,
    /// What to do.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) cure: Option<String>,
}

impl Check {
    /// All is well.
    pub(crate) fn ok(name: &'static str, found: impl Into<String>) -> Self {
        Self { name, level: Level::Ok, found: found.into(), cure: None }
    }

    /// It works, but.
    pub(crate) fn warning(name: &'static str, found: impl Into<String>, cure: impl Into<String>) -> Self {
        Self { name, level: Level::Warning, found: found.into(), cure: Some(cure.into()) }
    }

    /// It does not work.
    pub(crate) fn problem(name: &'static str, found: impl Into<String>, cure: impl Into<String>) -> Self {
        Self { name, level: Level::Problem, found: found.into(), cure: Some(cure.into()) }
    }
}
