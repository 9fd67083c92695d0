//! Blocks of IPv4 addresses, to be cut in pieces.

use std::fmt;

use super::super::random::Random;

/// A block of addresses.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Block {
    pub(super) start: u32,
    pub(super) length: u32,
}

impl Block {
    pub(super) fn new(bytes: [u8; 4], length: u32) -> Block {
        Block { start: u32::from_be_bytes(bytes), length }
    }

    pub(super) fn size(self) -> u32 {
        1 << (32 - self.length)
    }

    /// The block of a length around an address of this one, or all of this one if that is smaller.
    pub(super) fn around(self, offset: u32, length: u32) -> Block {
        let length = length.max(self.length);
        let size = 1_u32 << (32 - length);
        Block { start: (self.start + offset) / size * size, length }
    }

    /// A piece: all of it, a half, or less.
    pub(super) fn piece(self, random: &mut Random) -> Block {
        let length = self.length + [0, 0, 1, 1, 2, 3].get(random.below(6)).copied().unwrap_or(0);
        let offset = random.below(self.size() as usize);
        self.around(u32::try_from(offset).unwrap_or(0), length.min(32))
    }
}

impl fmt::Display for Block {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "{}/{}", dotted(self.start), self.length)
    }
}

/// An address as people write it.
pub(super) fn dotted(address: u32) -> String {
    std::net::Ipv4Addr::from(address).to_string()
}
