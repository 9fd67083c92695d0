//! Everything to everything: who gets to whom, in blocks and not in pairs.
//!
//! In the order of the files: `asked` is what is asked of every pair; `sides` which ends are looked at; `judged` what
//! is said of pairs with the same outcome, and `services` takes it apart by service; `matrix` puts these together.

mod asked;
mod factored;
mod judged;
mod labels;
mod matrix;
mod services;
mod sides;

use engine::Network;
use engine::reach::{Prepared, Reach};

pub use asked::everything;
pub use factored::{Factored, SetIx, SetLine};
pub use judged::Judged;
pub use labels::Labels;
pub use matrix::{Line, Matrix, Pair, Party, Query, Servers};
pub use services::{ServiceShare, What};
pub use sides::Side;

/// The whole answer of a network.
pub fn reach(network: &Network, prepared: &Prepared, done: &(dyn Fn(usize, usize) + Sync)) -> Reach {
    Reach::of(network, prepared, &everything(network), done)
}
