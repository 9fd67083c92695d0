//! The whole export in short.

use model::Id;
use rustc_hash::FxHashSet;

use super::kinds::{KINDS, vpc_lists};
use super::{Count, Look, Resource, Shown};

pub(crate) fn overview(look: &Look<'_>) -> Shown {
    let model = look.model();
    let mut resources: Vec<Resource> = model
        .vpcs
        .values()
        .filter_map(|vpc| {
            let entry = KINDS.iter().find(|entry| entry.selector == Some(crate::question::Kind::Vpc))?;
            (entry.show)(look, &vpc.id, false)
        })
        .collect();
    // An export may have the subnets of a VPC and not the VPC.
    resources.extend(unseen(look).iter().map(|vpc| unseen_vpc(look, vpc)));
    let counts = KINDS.iter().filter_map(|entry| {
        entry.count((entry.find)(look.resolved, &|candidate| candidate.vpc.is_none()).len())
    });
    // The VPCs themselves are in no VPC.
    let counts = counts.filter(|count| !matches!(count.kind, "VPC" | "VPCs")).collect();
    Shown { resources, counts }
}

/// VPCs that something is in, and that are not in the export themselves.
fn unseen(look: &Look<'_>) -> Vec<Id> {
    let model = look.model();
    let named = std::cell::RefCell::new((FxHashSet::default(), Vec::new()));
    for entry in KINDS {
        (entry.find)(look.resolved, &|candidate| {
            if let Some(vpc) = candidate.vpc.filter(|vpc| model.vpcs.get(vpc.as_str()).is_none()) {
                let (seen, order) = &mut *named.borrow_mut();
                if seen.insert(vpc.clone()) {
                    order.push(vpc.clone());
                }
            }
            false
        });
    }
    named.into_inner().1
}

fn unseen_vpc(look: &Look<'_>, vpc: &Id) -> Resource {
    let mut resource = Resource {
        kind: "VPC".into(),
        name: None,
        id: vpc.to_string(),
        place: None,
        fields: Vec::new(),
        lists: Vec::new(),
        notes: Vec::new(),
        uses: None,
    };
    vpc_lists(look, vpc, &mut resource);
    resource.note("the export does not have this VPC itself: add the answer of describe-vpcs");
    resource
}

/// How many of each kind are in a VPC.
pub(crate) fn counts_in(look: &Look<'_>, vpc: &Id) -> Vec<Count> {
    let count = |entry: &super::KindEntry| {
        entry.count((entry.find)(look.resolved, &|candidate| candidate.vpc == Some(vpc)).len())
    };
    KINDS.iter().filter_map(count).collect()
}
