//! Sets of connections: the algebra under every answer.
//!
//! A *connection* is what a client asks for, described by fields ([`Field`]): protocol, the address of the remote
//! end, the client's port and the server's port; and by what chance decides on its way: the ports that devices
//! send from, the ways that they pick. One connection is a point ([`Connection`]); a product of
//! ranges is a box ([`Region`]); any set at all is a hash-consed interval diagram ([`Set`], kept in a
//! [`Diagrams`] arena), so that two sets are equal exactly when their handles are.
//!
//! Why connections and not packets: inside one VPC path the gates look at the peer's address, the protocol and the
//! *destination* port only. The request's destination port is the server's port and the reply's destination port is
//! the client's, so both directions filter the same four fields and a round trip is a plain intersection.
//!
//! This crate knows no AWS: no rules, no names, no files.
//!
//! ```
//! use space::{Diagrams, Region};
//!
//! let mut sets = Diagrams::new();
//! let asked = sets.region(&Region::FULL.protocol(6).server(443..=443).client(32768..=60999));
//! let reply = sets.region(&Region::FULL.protocol(6).client(49152..=65535));
//! let works = sets.intersect(asked, reply);
//! assert_eq!(sets.ranges(works, space::Field::Client), vec![49152..=60999]);
//! ```

mod cidr;
mod diagram;
mod field;
mod region;
#[cfg(test)]
mod tests;

pub use cidr::{address_range, address_value, from_value, prefixes};
pub use diagram::{Diagrams, Set};
pub use field::{Connection, DRAWS, FIRST_RELAY_PORT, Family, Field, drawn};
pub use region::{Region, Space};
