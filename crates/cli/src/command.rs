//! The subcommands, one a file.

pub(crate) mod audit;
pub(crate) mod block;
pub(crate) mod completions;
pub(crate) mod demo;
pub(crate) mod diff;
pub(crate) mod explain;
pub(crate) mod exposure;
pub(crate) mod grant;
mod health_check;
pub(crate) mod lab;
pub(crate) mod man;
pub(crate) mod matrix;
pub(crate) mod reach;
pub(crate) mod rule;
pub(crate) mod schema;
pub(crate) mod show;
pub(crate) mod snapshot;
pub(crate) mod synth;
pub(crate) mod test;
pub(crate) mod tighten;
pub(crate) mod version;
