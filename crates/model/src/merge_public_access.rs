//! The effective mode of Block Public Access where `describe-vpcs` and `describe-subnets` do not print it (S3.47): what
//! the account declares, less what is excluded.

use rustc_hash::FxHashMap;

use crate::{BlockMode, BlockPublicAccessOptions, ExclusionMode, Id, Snapshot};

const NO_OPTIONS: &str =
    "the export has no answer of describe-vpc-block-public-access-options of its account and Region";
const SEVERAL_OPTIONS: &str = "several answers of describe-vpc-block-public-access-options may be that of its account and Region, and they differ";
const NO_VPC: &str = "its VPC is not in the export";
const EXCLUSION: &str = "an exclusion could not be read";

/// Fills the mode of every VPC, and of the subnets that have one of their own.
pub(crate) fn merge(snapshot: &mut Snapshot) {
    let options = std::mem::take(&mut snapshot.block_public_access_options);
    // Of something; of nobody knows what.
    let (mut excluded, mut anything) = (FxHashMap::<Id, Option<ExclusionMode>>::default(), false);
    for exclusion in std::mem::take(&mut snapshot.block_public_access_exclusions) {
        match exclusion.resource {
            _ if !exclusion.complete => {}
            None => anything = true,
            Some(id) => {
                let mode = excluded.entry(id).or_insert(exclusion.mode);
                *mode = mode.filter(|_| *mode == exclusion.mode);
            }
        }
    }
    let effective = |declared: BlockMode, id: &Id| match excluded.get(id) {
        Some(&exclusion) => Some(less(declared, exclusion)),
        None if anything && declared != BlockMode::Off => Some(BlockMode::Unknown(EXCLUSION)),
        None => None,
    };

    // A VPC lies where its subnets do.
    let zone = |subnet: &crate::Subnet| Some((subnet.vpc.clone(), subnet.availability_zone.clone()?));
    let zones: FxHashMap<Id, Id> = snapshot.subnets.values().filter_map(zone).collect();
    let mut modes: FxHashMap<Id, (BlockMode, BlockMode)> = FxHashMap::default();
    for vpc in snapshot.vpcs.values_mut() {
        let declared = declared(&options, vpc.owner.as_ref(), zones.get(&vpc.id));
        let printed = vpc.block_public_access;
        let mode = printed.or_else(|| effective(declared, &vpc.id)).unwrap_or(declared);
        vpc.block_public_access = Some(mode);
        let known = !options.is_empty() && !matches!(declared, BlockMode::Unknown(_));
        modes.insert(vpc.id.clone(), (if known { declared } else { printed.unwrap_or(declared) }, mode));
    }
    for subnet in snapshot.subnets.values_mut().filter(|subnet| subnet.block_public_access.is_none()) {
        subnet.block_public_access = match modes.get(&subnet.vpc) {
            Some(&(declared, _)) if excluded.contains_key(&subnet.id) => effective(declared, &subnet.id),
            // Without one of its own, a subnet has its VPC's.
            Some(&(_, mode)) => effective(mode, &subnet.id),
            None => excluded.get(&subnet.id).map(|&own| less(BlockMode::Unknown(NO_VPC), own)),
        };
    }
}

/// What an account declares for a VPC. Without any answer nothing is blocked.
fn declared(options: &[BlockPublicAccessOptions], owner: Option<&Id>, zone: Option<&Id>) -> BlockMode {
    let fits = |option: &&BlockPublicAccessOptions| {
        let account = option.account.as_ref().zip(owner);
        let region = option.region.as_ref().zip(zone);
        account.is_none_or(|(account, owner)| account == owner)
            && region.is_none_or(|(region, zone)| is_in(zone, region))
    };
    let modes = || options.iter().filter(fits).map(|option| option.mode);
    let unknown = modes().find(|mode| matches!(mode, BlockMode::Unknown(_)));
    match unknown.or_else(|| modes().next()) {
        None if options.is_empty() => BlockMode::Off,
        None => BlockMode::Unknown(NO_OPTIONS),
        Some(mode) if unknown.is_some() || modes().all(|other| other == mode) => mode,
        Some(_) => BlockMode::Unknown(SEVERAL_OPTIONS),
    }
}

/// Whether a zone (`eu-west-1a`, `us-west-2-lax-1a`) is of a Region, whose name it begins with.
fn is_in(zone: &Id, region: &Id) -> bool {
    let rest = zone.as_str().strip_prefix(region.as_str());
    rest.is_some_and(|rest| rest.starts_with(|first: char| first.is_ascii_alphabetic() || first == '-'))
}

/// A mode less an exclusion (S3.44).
fn less(declared: BlockMode, exclusion: Option<ExclusionMode>) -> BlockMode {
    match (declared, exclusion) {
        (_, Some(ExclusionMode::Bidirectional)) | (BlockMode::Off, _) => BlockMode::Off,
        (BlockMode::Bidirectional, Some(ExclusionMode::Egress)) => BlockMode::Ingress,
        (_, Some(ExclusionMode::Egress)) => declared,
        (_, None) => BlockMode::Unknown(EXCLUSION),
    }
}

#[cfg(test)]
mod tests;
