//! The subcommands, one a file.

pub(crate) mod block;
pub(crate) mod demo;
pub(crate) mod explain;
pub(crate) mod exposure;
pub(crate) mod grant;
mod health_check;
pub(crate) mod matrix;
pub(crate) mod reach;
pub(crate) mod show;
pub(crate) mod snapshot;
pub(crate) mod test;
pub(crate) mod tighten;
