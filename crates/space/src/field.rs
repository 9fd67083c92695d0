//! The four fields of a connection, and one connection.

use std::net::IpAddr;

/// Address family. Sets of the two families never mix (S0.1), so a set is always "of" one of them.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Family {
    /// IPv4: addresses are the values 0 to 2^32 - 1.
    V4,
    /// IPv6: addresses are the values 0 to 2^128 - 1.
    V6,
}

impl Family {
    /// The family of an address.
    pub fn of(address: IpAddr) -> Family {
        match address {
            IpAddr::V4(_) => Family::V4,
            IpAddr::V6(_) => Family::V6,
        }
    }

    /// The largest address, as a value of [`Field::Remote`].
    pub fn last_address(self) -> u128 {
        match self {
            Family::V4 => u128::from(u32::MAX),
            Family::V6 => u128::MAX,
        }
    }
}

/// One axis of the space, in the order of the diagram's levels.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
#[repr(u8)]
pub enum Field {
    /// IP protocol number, 0 to 255.
    Protocol,
    /// Address of the end that is not an interface of the network; 0 where both ends are.
    Remote,
    /// The client's port for TCP and UDP, the request's code for ICMP, 0 for protocols without ports.
    Client,
    /// The server's port for TCP and UDP, the request's type for ICMP, 0 for protocols without ports.
    Server,
}

impl Field {
    /// All fields, outermost level first.
    pub const ALL: [Field; 4] = [Field::Protocol, Field::Remote, Field::Client, Field::Server];

    /// The largest value of the field.
    pub const fn last(self) -> u128 {
        match self {
            Field::Protocol => 255,
            Field::Remote => u128::MAX,
            Field::Client | Field::Server => 65535,
        }
    }

    pub(crate) const fn level(self) -> u8 {
        self as u8
    }
}

/// One connection: a point of the space.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Connection {
    /// IP protocol number.
    pub protocol: u8,
    /// See [`Field::Remote`].
    pub remote: u128,
    /// See [`Field::Client`].
    pub client: u16,
    /// See [`Field::Server`].
    pub server: u16,
}

impl Connection {
    /// The connection's value on one axis.
    pub fn field(&self, field: Field) -> u128 {
        match field {
            Field::Protocol => u128::from(self.protocol),
            Field::Remote => self.remote,
            Field::Client => u128::from(self.client),
            Field::Server => u128::from(self.server),
        }
    }
}
