//! The subcommands, one file each.

pub(crate) mod backup;
#[cfg(unix)]
pub(crate) mod bench;
pub(crate) mod catalog;
pub(crate) mod completions;
pub(crate) mod config;
pub(crate) mod dead_letters;
pub(crate) mod doctor;
pub(crate) mod entities;
pub(crate) mod erase;
pub(crate) mod events;
pub(crate) mod openapi;
mod pages;
pub(crate) mod receive;
pub(crate) mod replay;
pub(crate) mod restore;
pub(crate) mod serve;
pub(crate) mod shops;
pub(crate) mod translate;
pub(crate) mod trigger;
pub(crate) mod verify;
pub(crate) mod verify_log;

use std::process::ExitCode;

/// What a command that ran to its end came to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Verdict {
    /// Done; yes; genuine; healthy.
    Good,
    /// The answer is no: not a 2xx, not genuine, problems found.
    Bad,
}

impl Verdict {
    /// Good if so.
    pub(crate) const fn of(good: bool) -> Self {
        if good { Self::Good } else { Self::Bad }
    }
}

impl From<Verdict> for ExitCode {
    fn from(verdict: Verdict) -> Self {
        match verdict {
            Verdict::Good => Self::SUCCESS,
            Verdict::Bad => Self::FAILURE,
        }
    }
}

/// What a command gives: an error means that it could not even try, and ends with exit code 2.
pub(crate) type Outcome = anyhow::Result<Verdict>;
