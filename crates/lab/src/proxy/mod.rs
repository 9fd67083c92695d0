//! Load balancers: every node of an Application or Classic Load Balancer is a namespace with an interface like any other,
//! and a proxy in it. Two connections, then, each with its own gates (S4.2); targets are healthy when the node's own
//! checks reach them (S4.5).
//!
//! `plan` says what of a network a node does, [`config`] is what it is told, `serve` runs it, `process` is how others start
//! and ask it.

pub mod config;
mod health;
mod http;
mod plan;
mod process;
mod serve;
mod tls;

pub use plan::{Remarks, has_node, node, remarks};
pub use process::{NODE, configure, report, start};
pub use serve::run;
