//! A gate: an ordered list of rules, and the one function that says what it does.

pub(crate) mod network_acl;
pub(crate) mod security_group;

use model::{Ix, NetworkAcl, SecurityGroup};
use space::Space;

use crate::{Match, Network, View};

/// What a rule does with what it matches first.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum RuleAction {
    /// Lets it pass.
    Allow,
    /// Drops it.
    Deny,
    /// Nobody can say, for the reason given: a prefix list without entries, a group that the export lacks.
    Unknown(String),
}

/// Which rule of the model it is, so that an answer can name it and its line.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum RuleRef {
    /// A rule of a security group, by its position.
    SecurityGroup(Ix<SecurityGroup>, usize),
    /// An entry of a network ACL, by its position.
    NetworkAcl(Ix<NetworkAcl>, usize),
    /// Something that the export lacks.
    Missing,
}

/// One rule of a gate.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Rule {
    /// Which rule of the model.
    pub origin: RuleRef,
    /// What it matches.
    pub matches: Match,
    /// What it does.
    pub action: RuleAction,
}

/// A gate at one place: its rules in the order in which they are tried. What no rule takes is dropped (S1.29, S2.5).
#[derive(Debug, Clone)]
pub struct Gate<'n> {
    /// The rules, in several pieces so that an interface's gate is its groups' rules without a copy (S1.26).
    pub rules: Vec<&'n [Rule]>,
}

/// What became of what came to a gate; the rest was dropped.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct Crossing<S> {
    /// What passes.
    pub passed: S,
    /// What may or may not pass.
    pub unknown: S,
}

/// Told which rule took which part, and what no rule took. `()` for when nobody asks.
pub trait Log<S> {
    /// `rule` is `None` for the implicit deny at the end.
    fn take(&mut self, rule: Option<&Rule>, part: &S);
}

impl<S> Log<S> for () {
    fn take(&mut self, _: Option<&Rule>, _: &S) {}
}

/// A part of the flow and the rule that took it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Taken<S> {
    /// Which rule; `None` for the implicit deny.
    pub rule: Option<RuleRef>,
    /// What it did; for the implicit deny [`RuleAction::Deny`].
    pub action: RuleAction,
    /// The part.
    pub part: S,
}

impl<S: Clone> Log<S> for Vec<Taken<S>> {
    fn take(&mut self, rule: Option<&Rule>, part: &S) {
        self.push(Taken {
            rule: rule.map(|rule| rule.origin),
            action: rule.map_or(RuleAction::Deny, |rule| rule.action.clone()),
            part: part.clone(),
        });
    }
}

/// What a gate does with a flow: each rule in turn takes what it matches of what is left (S2.4); what none takes is
/// dropped. For rules that only allow, the order changes which rule is named and nothing else (S1.1).
pub fn cross<S: Space>(
    gate: &Gate<'_>,
    view: &View,
    flow: S,
    network: &Network,
    arena: &mut S::Arena,
    log: &mut impl Log<S>,
) -> Crossing<S> {
    let mut crossing = Crossing { passed: S::nothing(), unknown: S::nothing() };
    let (mut maybe_allowed, mut maybe_denied) = (S::nothing(), S::nothing());
    let mut rest = flow;
    for rule in gate.rules.iter().copied().flatten() {
        if rest.is_empty() {
            break;
        }
        let (mut taken, mut left) = (S::nothing(), rest.clone());
        for region in rule.matches.regions(view, network) {
            let (inside, outside) = left.split(&region, arena);
            left = outside;
            taken = taken.join(inside, arena);
        }
        if taken.is_empty() {
            continue;
        }
        if rule.matches.is_uncertain(view, network) {
            // It may take this part, and the rules after it may.
            let reason = "which address of its subnet it has is not known".into();
            log.take(Some(&Rule { action: RuleAction::Unknown(reason), ..rule.clone() }), &taken);
            match rule.action {
                RuleAction::Deny => maybe_denied = maybe_denied.join(taken, arena),
                _ => maybe_allowed = maybe_allowed.join(taken, arena),
            }
            continue;
        }
        rest = left;
        log.take(Some(rule), &taken);
        match rule.action {
            RuleAction::Allow => crossing.passed = crossing.passed.join(taken, arena),
            RuleAction::Deny => {}
            RuleAction::Unknown(_) => crossing.unknown = crossing.unknown.join(taken, arena),
        }
    }
    let doubtful = crossing.passed.clone().meet(maybe_denied.clone(), arena);
    crossing.passed = crossing.passed.minus(maybe_denied, arena);
    let possible = maybe_allowed.minus(crossing.passed.clone(), arena).join(doubtful, arena);
    crossing.unknown = crossing.unknown.join(possible, arena);
    if !rest.is_empty() {
        log.take(None, &rest);
    }
    crossing
}
