//! What a connection meets on its way there and back.
//!
//! The pipeline, in the order of the files: a [`Network`] compiles the model's rules once; a [`Gate`] is an ordered
//! list of rules and [`cross`] is the only function that knows what a gate does; routes choose the way ([`route`]);
//! `walk` strings gates and routes together for one packet class, there and back; [`judge`] folds the two ways
//! into a [`Judgement`].
//!
//! [`reach`] asks all of it at once: everything to everything, from the same walk and the same gates.
//!
//! Everything is generic over what flows ([`space::Space`]): one connection, or a set of them. There is no second
//! definition of a gate for symbolic answers.
//!
//! No input or output, no clock, no names for people: those are the answers' business.

pub mod ephemeral;
pub mod facts;
mod gate;
mod icmp;
mod judge;
mod live;
mod matching;
mod network;
pub mod reach;
pub mod route;
mod targets;
mod trace;
pub mod transit_route;
mod unfiltered;
mod walk;

pub use gate::security_group::untracked;
pub use gate::{Crossing, Gate, Log, Rule, RuleAction, RuleRef, Taken, cross};
pub use icmp::icmp_queries;
pub use judge::{Flow, Goal, Judgement, RoundTrip, Server, Verdict, judge, judge_for};
pub use live::{Fate, after_idle, fate};
pub use matching::{Between, Header, Leg, Match, PeerMatch, Ports, Seen, View};
pub use network::Network;
pub use trace::{Arrival, Cause, Checkpoint, Device, Door, Hop, Relay, Way};
pub use unfiltered::service_at;
pub use walk::zone;
