//! VPCs that others send through over a transit gateway: S1.19, S1.21, S3.17, S3.24, S3.31, S3.34.

use crate::common::{ask, check, rows, share};

/// S1.19, S1.21: over transit gateways through an inspection VPC, and back through it.
const INSPECTION: &str = "
    tgw tgw-1 sgref
    attachment a1 tgw-1 vpc-1 subnets=at1,at1-2
    attachment a2 tgw-1 vpc-2 subnets=at2,at2-2
    attachment ai tgw-1 vpc-3 subnets=ati,ati-2
    tgwtable spokes tgw-1 static assoc=a1,a2: 0.0.0.0/0 ai
    tgwtable inspection tgw-1 static assoc=ai propagate=a1,a2
    vpc vpc-1 10.20.0.0/16
    table rtb-1 main: 0.0.0.0/0 tgw-1
    subnet app 10.20.1.0/24 az=z1
    subnet at1 10.20.9.0/28 az=z1
    subnet at1-2 10.20.9.16/28 az=z2
    sg sg-a out: all 0.0.0.0/0
    eni A app 10.20.1.10 groups=sg-a
    vpc vpc-2 10.30.0.0/16
    table rtb-2 main: 0.0.0.0/0 tgw-1
    subnet b 10.30.1.0/24 az=z1
    subnet b-2 10.30.2.0/24 az=z2
    subnet at2 10.30.9.0/28 az=z1
    subnet at2-2 10.30.9.16/28 az=z2
    sg sg-b in: tcp 443 10.20.0.0/16 | tcp 22 sg-a
    eni B b 10.30.1.10 groups=sg-b
    eni B2 b-2 10.30.2.10 groups=sg-b
    vpc vpc-3 10.40.0.0/16
    table rtb-ati: 0.0.0.0/0 eni-fw
    table rtb-ati-2: 0.0.0.0/0 eni-fw2
    table rtb-fw: 0.0.0.0/0 tgw-1
    subnet ati 10.40.9.0/28 az=z1 table=rtb-ati
    subnet ati-2 10.40.9.16/28 az=z2 table=rtb-ati-2
    subnet fw 10.40.1.0/24 az=z1 table=rtb-fw
    subnet fw-2 10.40.2.0/24 az=z2 table=rtb-fw
    sg sg-fw in: all 0.0.0.0/0
    sg sg-fw out: all 0.0.0.0/0
    eni eni-fw fw 10.40.1.99 groups=sg-fw forwards
    eni eni-fw2 fw-2 10.40.2.99 groups=sg-fw forwards
";

#[test]
fn s1_19_references_are_lost_in_an_inspection_vpc() {
    rows(&[INSPECTION], &[("A -> B:tcp/443", "allowed"), ("A -> B:tcp/22", "blocked: request sg-in B none")]);
    let straight = INSPECTION.replace("assoc=a1,a2: 0.0.0.0/0 ai", "assoc=a1,a2 propagate=a1,a2");
    rows(&[&straight], &[("A -> B:tcp/22", "allowed")]);
}

/// S3.34: without appliance mode a flow between zones meets one appliance there and the other back; with it the same.
#[test]
fn s3_34_appliance_mode_keeps_a_flow_with_one_appliance() {
    let off = testkit::network(&[INSPECTION]);
    assert_eq!(ask(&off, "A -> B2:tcp/443").verdict(), engine::Verdict::Blocked);
    let on = INSPECTION.replace("subnets=ati,ati-2", "subnets=ati,ati-2 appliance");
    let on = testkit::network(&[&on]);
    assert_eq!(share(&on, "A -> B2:tcp/443"), "100.00 %");
    assert_eq!(share(&on, "A -> B:tcp/443"), "100.00 %");
}

/// A reaches the internet by the NAT gateway of another VPC (S3.31: by the route table of the attachment's subnet).
const EGRESS: &str = "
    tgw tgw-1
    attachment a1 tgw-1 vpc-1 subnets=app
    attachment ae tgw-1 vpc-3 subnets=att
    tgwtable spokes tgw-1 static assoc=a1: 0.0.0.0/0 ae
    tgwtable egress tgw-1 static assoc=ae propagate=a1
    vpc vpc-1 10.20.0.0/16
    table rtb-1 main: 0.0.0.0/0 tgw-1
    subnet app 10.20.1.0/24 az=z1
    sg sg-a out: all 0.0.0.0/0
    eni A app 10.20.1.10 groups=sg-a
    vpc vpc-3 10.40.0.0/16
    igw igw-3
    table rtb-att: 0.0.0.0/0 nat-3
    table rtb-pub: 0.0.0.0/0 igw-3 | 10.20.0.0/16 tgw-1
    subnet att 10.40.9.0/28 az=z1 table=rtb-att acl=acl-att
    subnet pub 10.40.0.0/24 az=z1 table=rtb-pub acl=acl-pub
    nat nat-3 pub 10.40.0.30 public=198.51.100.30
    acl acl-att in: 100 allow all 0.0.0.0/0
    acl acl-att out: 100 allow all 0.0.0.0/0
    acl acl-pub in: 100 allow all 0.0.0.0/0
    acl acl-pub out: 100 allow all 0.0.0.0/0
";
const WEB: &str = "A -> 203.0.113.9:tcp/443";

#[test]
fn s3_31_a_nat_gateway_of_another_vpc() {
    let network = testkit::network(&[EGRESS]);
    check(&network, WEB, "allowed");
    let gates = [
        "request sg-out A",
        "request nacl-out acl-default-vpc-1",
        "request route rtb-1",
        // Attached by A's own subnet: in by source as well (S3.33).
        "request nacl-in acl-default-vpc-1",
        "request attachment a1",
        "request tgw-route spokes",
        "request attachment ae",
        "request nacl-out acl-att",
        "request route rtb-att",
        "request nacl-in acl-pub",
        "request nat nat-3",
        "request nacl-out acl-pub",
        "request route rtb-pub",
        "request igw-out",
        "reply igw-in",
        "reply nacl-in acl-pub",
        "reply nat nat-3",
        "reply nacl-out acl-pub",
        "reply route rtb-pub",
        "reply nacl-in acl-att",
        "reply attachment ae",
        "reply tgw-route egress",
        "reply attachment a1",
        "reply sg-in A",
    ];
    assert_eq!(ask(&network, WEB).gates(), gates);
    for (from, to, expected) in [
        // The NAT gateway's subnet has to lead back.
        (" | 10.20.0.0/16 tgw-1", "", "blocked: reply route rtb-pub no route"),
        ("static assoc=ae propagate=a1", "all assoc=ae", "blocked: reply tgw-route egress no route"),
        // S3.17: an internet gateway does not serve another VPC.
        ("0.0.0.0/0 nat-3", "0.0.0.0/0 igw-3", "blocked: request igw-out not transitive"),
    ] {
        let mut network = EGRESS.replace(from, to);
        if from.starts_with(" |") {
            network = network.replace("0.0.0.0/0 igw-3", "203.0.113.0/24 igw-3");
        }
        rows(&[&network], &[(WEB, expected)]);
    }
    for (broken, blocker) in [
        ("acl-att out: 90 deny tcp 443 203.0.113.0/24", "request nacl-out acl-att 90"),
        ("acl-pub in: 90 deny tcp 443 10.20.1.0/24", "request nacl-in acl-pub 90"),
        ("acl-pub in: 90 deny tcp 1024-65535 203.0.113.0/24", "reply nacl-in acl-pub 90"),
        ("acl-pub out: 90 deny tcp 32768-60999 10.20.1.0/24", "reply nacl-out acl-pub 90"),
        ("acl-att in: 90 deny tcp 32768-60999 203.0.113.0/24", "reply nacl-in acl-att 90"),
    ] {
        rows(&[EGRESS, &format!("acl {broken}")], &[(WEB, &format!("blocked: {blocker}"))]);
    }
    // What is not used (S3.32).
    for unused in
        ["acl-att in: 90 deny tcp 443 10.20.0.0/16", "acl-att out: 90 deny tcp 1024-65535 10.20.0.0/16"]
    {
        rows(&[EGRESS, &format!("acl {unused}")], &[(WEB, "allowed")]);
    }
}
