//! Everything to everything: who gets to whom, in blocks and not in pairs.

mod asked;

use engine::Network;
use engine::reach::{Prepared, Reach};

pub use asked::everything;

/// The whole answer of a network.
pub fn reach(network: &Network, prepared: &Prepared, done: &(dyn Fn(usize, usize) + Sync)) -> Reach {
    Reach::of(network, prepared, &everything(network), done)
}
