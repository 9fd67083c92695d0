//! The fields of a connection, and one connection.

use std::net::IpAddr;
use std::ops::RangeInclusive;

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
///
/// The first four are the connection's own. The others are what it does not decide: the port that a device on its way
/// sends from, and which of several ways a device picks. A set that looks at one of them works for a share of what
/// chance decides, and shares of several devices multiply, since each has an axis of its own.
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
    /// The port that the first device on the way which puts its own in place of the client's sends from, less
    /// [`FIRST_RELAY_PORT`].
    Relay,
    /// The same for the second such device.
    SecondRelay,
    /// What the first device that picks one of several ways draws; see [`drawn`].
    Draw,
    /// The same for the second such device.
    SecondDraw,
}

/// The lowest port that devices send from (S2.21: load balancers and NAT gateways use 1024 to 65535).
pub const FIRST_RELAY_PORT: u16 = 1024;

/// How many outcomes a draw has: the least common multiple of 1 to 16, so that up to 16 ways have equal shares.
pub const DRAWS: u32 = 720_720;

/// The outcomes of a draw by which the way at `position` of `ways` is picked.
pub fn drawn(position: usize, ways: usize) -> RangeInclusive<u128> {
    let bound =
        |position: usize| (position as u128).saturating_mul(u128::from(DRAWS)) / (ways.max(1) as u128);
    bound(position)..=bound(position + 1).saturating_sub(1)
}

impl Field {
    /// All fields, outermost level first.
    pub const ALL: [Field; FIELDS] = [
        Field::Protocol,
        Field::Remote,
        Field::Client,
        Field::Server,
        Field::Relay,
        Field::SecondRelay,
        Field::Draw,
        Field::SecondDraw,
    ];

    /// The largest value of the field.
    pub const fn last(self) -> u128 {
        match self {
            Field::Protocol => 255,
            Field::Remote => u128::MAX,
            Field::Client | Field::Server => 65535,
            Field::Relay | Field::SecondRelay => 65535 - FIRST_RELAY_PORT as u128,
            Field::Draw | Field::SecondDraw => DRAWS as u128 - 1,
        }
    }

    /// Whether it is not the connection's own but chance's: a share of it is a share of the connections.
    pub const fn is_chance(self) -> bool {
        matches!(self, Field::Relay | Field::SecondRelay | Field::Draw | Field::SecondDraw)
    }

    pub(crate) const fn level(self) -> u8 {
        self as u8
    }
}

/// How many fields there are.
pub(crate) const FIELDS: usize = 8;

/// One connection: a point of the space.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Default)]
pub struct Connection {
    /// IP protocol number.
    pub protocol: u8,
    /// See [`Field::Remote`].
    pub remote: u128,
    /// See [`Field::Client`].
    pub client: u16,
    /// See [`Field::Server`].
    pub server: u16,
    /// See [`Field::Relay`] and [`Field::SecondRelay`].
    pub relays: [u16; 2],
    /// See [`Field::Draw`] and [`Field::SecondDraw`].
    pub draws: [u32; 2],
}

impl Connection {
    /// The connection's value on one axis.
    pub fn field(&self, field: Field) -> u128 {
        let ([relay, second_relay], [draw, second_draw]) = (self.relays, self.draws);
        match field {
            Field::Protocol => u128::from(self.protocol),
            Field::Remote => self.remote,
            Field::Client => u128::from(self.client),
            Field::Server => u128::from(self.server),
            Field::Relay => u128::from(relay),
            Field::SecondRelay => u128::from(second_relay),
            Field::Draw => u128::from(draw),
            Field::SecondDraw => u128::from(second_draw),
        }
    }
}
