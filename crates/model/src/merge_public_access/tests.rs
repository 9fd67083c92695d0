//! What the account declares and excludes, and what comes of it.

use super::{EXCLUSION, NO_OPTIONS, NO_VPC, SEVERAL_OPTIONS, merge};
use crate::BlockMode::{Bidirectional, Ingress, Off, Unknown};
use crate::*;

const ORIGIN: Origin = Origin::PROPOSED;

fn options(account: Option<&str>, region: Option<&str>, mode: BlockMode) -> BlockPublicAccessOptions {
    BlockPublicAccessOptions {
        account: account.map(Id::from),
        region: region.map(Id::from),
        mode,
        origin: ORIGIN,
    }
}

fn exclusion(resource: Option<&str>, mode: Option<ExclusionMode>) -> BlockPublicAccessExclusion {
    BlockPublicAccessExclusion {
        id: None,
        resource: resource.map(Id::from),
        mode,
        complete: true,
        origin: ORIGIN,
    }
}

/// `vpc-1` of account 1 with `subnet-1` in Ireland, `vpc-2` of account 2 with `subnet-2` in London, `vpc-3` of nobody
/// knows whom with `subnet-3` nobody knows where; `subnet-4` of a VPC that the export lacks.
fn snapshot() -> Snapshot {
    let mut snapshot = Snapshot::default();
    for (id, owner) in [("vpc-1", Some("1")), ("vpc-2", Some("2")), ("vpc-3", None)] {
        let vpc = Vpc {
            id: id.into(),
            owner: owner.map(Id::from),
            cidrs: Vec::new(),
            block_public_access: None,
            tags: Tags::default(),
            origin: ORIGIN,
        };
        snapshot.vpcs.insert(id.into(), vpc).unwrap();
    }
    for (id, vpc, zone) in [
        ("subnet-1", "vpc-1", Some("eu-west-1a")),
        ("subnet-2", "vpc-2", Some("eu-west-2a")),
        ("subnet-3", "vpc-3", None),
        ("subnet-4", "vpc-4", None),
    ] {
        let subnet = Subnet {
            id: id.into(),
            vpc: vpc.into(),
            owner: None,
            availability_zone: zone.map(Id::from),
            availability_zone_id: None,
            cidrs: Vec::new(),
            block_public_access: None,
            tags: Tags::default(),
            origin: ORIGIN,
        };
        snapshot.subnets.insert(id.into(), subnet).unwrap();
    }
    snapshot
}

type Modes = ([Option<BlockMode>; 3], [Option<BlockMode>; 4]);

fn modes(mut snapshot: Snapshot) -> Modes {
    merge(&mut snapshot);
    let vpcs = ["vpc-1", "vpc-2", "vpc-3"].map(|id| snapshot.vpcs.get(id).unwrap().block_public_access);
    let subnets = ["subnet-1", "subnet-2", "subnet-3", "subnet-4"];
    let subnets = subnets.map(|id| snapshot.subnets.get(id).unwrap().block_public_access);
    (vpcs, subnets)
}

fn of(options: &[BlockPublicAccessOptions], exclusions: &[BlockPublicAccessExclusion]) -> Modes {
    let mut snapshot = snapshot();
    snapshot.block_public_access_options = options.to_vec();
    snapshot.block_public_access_exclusions = exclusions.to_vec();
    modes(snapshot)
}

fn vpcs(options: &[BlockPublicAccessOptions]) -> [BlockMode; 3] {
    let (vpcs, subnets) = of(options, &[]);
    assert_eq!(subnets, [None; 4], "a subnet has its VPC's");
    vpcs.map(Option::unwrap)
}

#[test]
fn without_options_nothing_is_blocked() {
    assert_eq!(vpcs(&[]), [Off; 3]);
    let egress = exclusion(Some("subnet-1"), Some(ExclusionMode::Egress));
    assert_eq!(of(&[], &[egress]), ([Some(Off); 3], [Some(Off), None, None, None]));
}

#[test]
fn options_are_of_an_account_and_a_region() {
    let (several, none) = (Unknown(SEVERAL_OPTIONS), Unknown(NO_OPTIONS));
    let one = |mode| options(Some("1"), Some("eu-west-1"), mode);
    let two = |mode| options(Some("2"), Some("eu-west-2"), mode);
    assert_eq!(vpcs(&[one(Ingress)]), [Ingress, none, Ingress]);
    assert_eq!(vpcs(&[one(Ingress), two(Bidirectional)]), [Ingress, Bidirectional, several]);
    assert_eq!(vpcs(&[one(Ingress), two(Ingress)]), [Ingress; 3], "they agree");
    // The account is right and the Region is not.
    assert_eq!(vpcs(&[options(Some("1"), Some("eu-west-2"), Ingress), two(Off)]), [none, Off, several]);
    // The name of another Region may begin like it.
    assert_eq!(vpcs(&[options(Some("1"), Some("eu-west-"), Ingress), two(Off)]), [none, Off, several]);
    // Two Regions of one account.
    let elsewhere = options(Some("1"), Some("eu-west-2"), Off);
    assert_eq!(vpcs(&[one(Ingress), elsewhere.clone()])[0], Ingress);
    assert_eq!(vpcs(&[one(Ingress), elsewhere])[2], several);
    // Options that do not say whose they are.
    assert_eq!(vpcs(&[options(None, None, Bidirectional)]), [Bidirectional; 3]);
    assert_eq!(vpcs(&[options(None, None, Bidirectional), one(Ingress)]), [several, Bidirectional, several]);
}

#[test]
fn a_vpc_whose_subnets_have_no_zone_lies_anywhere() {
    let mut snapshot = snapshot();
    snapshot.subnets.get_mut("subnet-1").unwrap().availability_zone = None;
    snapshot.block_public_access_options =
        vec![options(Some("1"), Some("eu-west-1"), Ingress), options(Some("1"), Some("eu-west-2"), Off)];
    assert_eq!(modes(snapshot).0[0], Some(Unknown(SEVERAL_OPTIONS)));
}

#[test]
fn options_that_cannot_be_read_may_be_anybodys() {
    let unreadable = BlockPublicAccessOptions::unreadable(ORIGIN);
    let mode = unreadable.mode;
    assert_eq!(vpcs(&[options(Some("1"), None, Ingress), unreadable]), [mode; 3]);
}

#[test]
fn what_is_printed_is_preferred() {
    let mut snapshot = snapshot();
    snapshot.vpcs.get_mut("vpc-1").unwrap().block_public_access = Some(Ingress);
    snapshot.subnets.get_mut("subnet-2").unwrap().block_public_access = Some(Off);
    snapshot.block_public_access_options = vec![options(None, None, Bidirectional)];
    snapshot.block_public_access_exclusions = ["vpc-1", "subnet-2"]
        .map(|id| exclusion(Some(id), Some(ExclusionMode::Bidirectional)))
        .into_iter()
        .collect();
    let (vpcs, subnets) = modes(snapshot);
    assert_eq!(vpcs, [Ingress, Bidirectional, Bidirectional].map(Some));
    assert_eq!(subnets, [None, Some(Off), None, None]);
}

/// S3.44.
#[test]
fn an_exclusion_of_a_vpc() {
    for (declared, mode, expected) in [
        (Bidirectional, ExclusionMode::Bidirectional, Off),
        (Ingress, ExclusionMode::Bidirectional, Off),
        (Off, ExclusionMode::Bidirectional, Off),
        (Unknown("why"), ExclusionMode::Bidirectional, Off),
        (Bidirectional, ExclusionMode::Egress, Ingress),
        (Ingress, ExclusionMode::Egress, Ingress),
        (Off, ExclusionMode::Egress, Off),
        (Unknown("why"), ExclusionMode::Egress, Unknown("why")),
    ] {
        let (vpcs, subnets) = of(&[options(None, None, declared)], &[exclusion(Some("vpc-1"), Some(mode))]);
        assert_eq!(vpcs, [expected, declared, declared].map(Some), "{declared:?} less {mode:?}");
        assert_eq!(subnets, [None; 4]);
    }
}

#[test]
fn an_exclusion_of_a_subnet_goes_before_that_of_its_vpc() {
    let declared = [options(None, None, Bidirectional)];
    let of_vpc = exclusion(Some("vpc-1"), Some(ExclusionMode::Bidirectional));
    let egress = |id| exclusion(Some(id), Some(ExclusionMode::Egress));
    let (vpcs, subnets) = of(&declared, &[of_vpc, egress("subnet-1"), egress("subnet-2")]);
    assert_eq!(vpcs, [Off, Bidirectional, Bidirectional].map(Some));
    assert_eq!(subnets, [Some(Ingress), Some(Ingress), None, None]);
}

#[test]
fn a_subnet_is_excluded_from_what_its_vpc_prints() {
    let mut snapshot = snapshot();
    snapshot.vpcs.get_mut("vpc-1").unwrap().block_public_access = Some(Bidirectional);
    snapshot.block_public_access_exclusions = vec![exclusion(Some("subnet-1"), Some(ExclusionMode::Egress))];
    assert_eq!(modes(snapshot).1[0], Some(Ingress));
}

#[test]
fn a_subnet_whose_vpc_the_export_lacks() {
    for (mode, expected) in [(ExclusionMode::Bidirectional, Off), (ExclusionMode::Egress, Unknown(NO_VPC))] {
        let (_, subnets) = of(&[], &[exclusion(Some("subnet-4"), Some(mode))]);
        assert_eq!(subnets[3], Some(expected));
    }
}

#[test]
fn an_exclusion_that_is_not_complete_does_not_count() {
    let mut pending = exclusion(Some("vpc-1"), Some(ExclusionMode::Bidirectional));
    pending.complete = false;
    let (vpcs, _) = of(&[options(None, None, Bidirectional)], &[pending]);
    assert_eq!(vpcs, [Some(Bidirectional); 3]);
}

#[test]
fn exclusions_that_cannot_be_read() {
    let unknown = Some(Unknown(EXCLUSION));
    let declared = [options(Some("1"), None, Ingress), options(Some("2"), None, Off)];
    // What it allows is not known, or two of them differ.
    let (vpcs, subnets) = of(&declared, &[exclusion(Some("vpc-1"), None), exclusion(Some("vpc-2"), None)]);
    assert_eq!((vpcs[0], vpcs[1], subnets), (unknown, Some(Off), [None; 4]));
    let both = [ExclusionMode::Egress, ExclusionMode::Bidirectional];
    let both = both.map(|mode| exclusion(Some("vpc-1"), Some(mode)));
    assert_eq!(of(&declared, &both).0[0], unknown);
    // Of what it is, is not known: of anything that is not excluded by another.
    let anything = BlockPublicAccessExclusion::unreadable(ORIGIN);
    let own = exclusion(Some("subnet-1"), Some(ExclusionMode::Bidirectional));
    let (vpcs, subnets) = of(&declared, &[anything.clone(), own]);
    assert_eq!((vpcs[0], vpcs[1]), (unknown, Some(Off)));
    assert_eq!((subnets[0], subnets[1]), (Some(Off), None));
    let mut printed = snapshot();
    printed.vpcs.get_mut("vpc-1").unwrap().block_public_access = Some(Bidirectional);
    printed.block_public_access_exclusions = vec![anything];
    let (vpcs, subnets) = modes(printed);
    assert_eq!((vpcs[0], subnets[0]), (Some(Bidirectional), unknown));
}
