//! Flow logs of a lab's interfaces (S7): what passes the groups of an interface and the list of its subnet is accepted
//! there, what either stops is rejected.
//!
//! Rules log to a group that the kernel skips while nobody reads it. So there is no switch that could be left on.

mod field;
mod flows;
mod watch;

pub use field::{Field, Fields};
pub use flows::{Flow, Record};
pub use watch::Watch;

/// What became of a packet at an interface, and which way it went.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(crate) enum Action {
    /// It left the interface and its subnet.
    AcceptOut,
    /// The interface's groups or the subnet's list did not let it out.
    RejectOut,
    /// It came to the interface.
    AcceptIn,
    /// The subnet's list or the interface's groups did not let it in.
    RejectIn,
}

impl Action {
    const ALL: [Action; 4] = [Action::AcceptOut, Action::RejectOut, Action::AcceptIn, Action::RejectIn];

    /// What its log lines begin with.
    pub(crate) fn prefix(self) -> &'static str {
        match self {
            Action::AcceptOut => "ea",
            Action::RejectOut => "er",
            Action::AcceptIn => "ia",
            Action::RejectIn => "ir",
        }
    }

    fn from_prefix(prefix: &str) -> Option<Action> {
        Action::ALL.into_iter().find(|action| action.prefix() == prefix)
    }

    fn is_egress(self) -> bool {
        matches!(self, Action::AcceptOut | Action::RejectOut)
    }

    fn accepts(self) -> bool {
        matches!(self, Action::AcceptOut | Action::AcceptIn)
    }
}
