//! Everything to everything: who gets to whom, in blocks and not in pairs.
//!
//! In the order of thought: `asked` is what is asked of every pair; `sides` which ends are looked at; `judged` what
//! is said of pairs with the same outcome, and `services` takes it apart by service; `matrix` puts these together.
//! `count` counts its pairs, `factored` finds the few sets of interfaces that it speaks of, `labels` what people call them; `talks` are its lines
//! for people, `grouped` is the matrix between groups, `why` names the rules behind a line, and `compare` says what a change of
//! rules opens and closes.

mod asked;
mod blocked;
mod compare;
mod count;
mod factored;
mod grouped;
mod judged;
mod labels;
mod matrix;
mod services;
mod sides;
mod talks;
mod why;

use engine::Network;
use engine::reach::{Prepared, Reach};

pub use asked::everything;
pub(crate) use blocked::Between;
pub use compare::{Affected, Comparison, Moved, compare};
pub use factored::{Factored, Factoring, SetIx, SetLine};
pub use grouped::{By, Cell, Counted, Group, Grouped};
pub(crate) use judged::Found;
pub use judged::Judged;
pub use labels::Labels;
pub use matrix::{Line, Matrix, Pair, Party, Query, Servers};
pub(crate) use services::of as services_of;
pub use services::{ServiceShare, What};
pub use sides::Side;
pub(crate) use sides::meet;
pub use talks::{Summary, Talk, talks};
pub use why::{Others, RuleOnWay, Stopped, Why, others, why};
pub(crate) use why::{gates, rules, without_rules};

/// The whole answer of a network.
pub fn reach(network: &Network, prepared: &Prepared, done: &(dyn Fn(usize, usize) + Sync)) -> Reach {
    Reach::of(network, prepared, &everything(network), done)
}
