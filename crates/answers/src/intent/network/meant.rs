//! What the names of an intent mean while there is only a description.

use super::PlannedVpc;
use crate::intent::{Defined, Intent, Meaning};
use crate::question;

/// The intent as it is asked of [`super::to_be`]: there the names of tiers and load balancers mean these, whatever
/// `names` says that they will be.
pub fn meant_to_be(intent: &Intent) -> Intent {
    let described = intent.network.iter().flat_map(names);
    let mut names: Vec<Defined> = described.collect();
    let others = intent.names.iter().filter(|defined| !names.iter().any(|own| own.name == defined.name));
    let others: Vec<Defined> = others.cloned().collect();
    names.extend(others);
    Intent { names, ..intent.clone() }
}

fn names(vpc: &PlannedVpc) -> impl Iterator<Item = Defined> {
    let tiers = vpc.tiers.iter().map(|tier| (&tier.name, "asg"));
    let balancers = vpc.load_balancers.iter().map(|balancer| (&balancer.name, "lb"));
    tiers.chain(balancers).filter_map(|(name, kind)| {
        let text = format!("{kind}:{name}");
        let ends = question::parse_ends(&text).ok()?;
        Some(Defined { name: name.clone(), meaning: Meaning::Ends { text, ends }, place: vpc.place.clone() })
    })
}
