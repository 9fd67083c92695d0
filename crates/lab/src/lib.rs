//! The VPC of an export on one Linux machine, with real packets: every instance a network namespace, every gate
//! nftables. The kernel, which nobody here wrote, checks the model.
//!
//! [`topology`] plans what there has to be, `ruleset` what nft is told; both are data. [`build`] carries the plan out,
//! [`state`] writes down what is up, [`probe`] sends crafted packets and reads what became of each, [`verify`] holds
//! that against the engine's answer.

pub mod addresses;
pub mod build;
pub mod capture;
pub mod carried;
pub mod clear;
pub mod counters;
mod error;
pub mod flow_log;
pub mod in_force;
mod links;
pub mod marks;
pub mod namespace;
mod nflog;
pub mod numbers;
pub mod places;
pub mod privileges;
pub mod probe;
pub mod proxy;
pub mod rootless;
mod ruleset;
pub mod sample;
pub mod stage;
pub mod state;
pub mod topology;
pub mod verify;
mod wire;

pub use error::{Doing, LabError};
pub use ruleset::{
    Change, Compiled, Generation, PROBES_ARE_KNOWN, Rulesets, TABLE, Table, TransitRules, VpcRules,
};
