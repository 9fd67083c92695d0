//! The intent file `portcullis.yaml`: what a network is meant to let through, and what not.
//!
//! `parse` reads the file into an [`Intent`] and knows no network; every line keeps its place. [`names`] finds what its
//! names mean in a network.
//!
//! ```yaml
//! version: 1
//! names:
//!   lb:   lb:classic-b          # every node of the load balancer
//!   web:  asg:web
//!   bad:  file:blocklist.txt    # one address or block a line
//! profiles: { web: linux }      # the ports that clients send from
//! allow:
//!   - internet - bad -> lb:80   # why: customers
//!   - { flow: "lb -> web:80", id: traffic, why: traffic and health checks }
//! deny:
//!   - { flow: "(* - lb) -> web", layers: 2 }
//! closed: [lb, web]
//! ```

mod answer;
mod check;
mod closed;
mod comment;
mod data;
mod date;
mod declared;
mod define;
mod expect;
mod mend;
mod mutate;
mod names;
mod narrow;
mod network;
mod node;
mod open;
mod pairs;
mod parse;
mod profiles;
mod proof;
mod tested;
mod witness;

pub use answer::{Settings, test};
pub use data::{
    Allow, AuditSettings, Closed, Defined, Deny, Expect, Expected, Intent, IntentError, Line, Meaning,
    Profile, Skip, Temporary, Waive,
};
pub use date::Date;
pub use declared::{declared, denied, impossible, means_others, still_closed};
pub use names::names;
pub use network::{
    Listens, PlannedLoadBalancer, PlannedSubnet, PlannedVpc, Tier, WayOut, meant_to_be, to_be,
};
pub(crate) use pairs::declared_pairs;
pub use pairs::{AskedLine, asked};
pub use parse::{FileOf, KEYS, parse};
pub(crate) use profiles::by_profile;
pub use tested::{Asks, Counterexample, Entry, Killed, LineFix, Mutated, Rule, Status, Tested, TestedLine};

/// The name of the file that is looked for.
pub const FILE: &str = "portcullis.yaml";

/// The JSON Schema of the file, for editors.
pub const SCHEMA: &str = include_str!("portcullis.schema.json");

#[cfg(test)]
mod tests;
