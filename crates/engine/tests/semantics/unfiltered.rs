//! S1.49 to S1.52, S2.15 and S12.9 to S12.11: what no gate filters, what nobody holds, what never leaves.

use crate::common::{OPEN, SG_OPEN, VPC, ask, check, rows};

#[test]
fn s1_49_the_resolver() {
    // Neither group nor list lets anything out.
    rows(
        &[VPC, "sg sg-web"],
        &[
            ("W -> 10.20.0.2:udp/53", "allowed"),
            ("W -> 10.20.0.2:tcp/53", "allowed"),
            ("W -> 169.254.169.253:udp/53", "allowed"),
        ],
    );
    let v6 = "
        vpc vpc-1 10.20.0.0/16 2001:db8:20::/56
        subnet pub 10.20.0.0/24 2001:db8:20::/64 acl=acl-pub
        eni W pub 10.20.0.10 2001:db8:20::10 groups=sg-web
        sg sg-web
    ";
    rows(&[v6], &[("W -> fd00:ec2::253:udp/53", "allowed"), ("W -> fd00:ec2::254:tcp/80", "allowed")]);
}

#[test]
fn s1_50_metadata_time_licences_and_the_router() {
    let services = [
        "169.254.169.254",
        "169.254.170.2",
        "169.254.169.123",
        "169.254.169.250",
        "169.254.169.251",
        "10.20.0.1",
    ];
    let network = testkit::network(&[VPC, "sg sg-web"]);
    for service in services {
        check(&network, &format!("W -> {service}:tcp/80"), "allowed");
    }
}

#[test]
fn s1_50_services_answer_and_never_ask() {
    // What they send to is what asked them: none of them opens a connection. A route forwards nothing to such an
    // address (S3.8) and an internet gateway drops it (S12.10).
    let network = testkit::network(&[VPC, OPEN, SG_OPEN]);
    for service in ["169.254.169.254", "169.254.169.123", "255.255.255.255"] {
        assert_eq!(
            ask(&network, &format!("{service} -> W:tcp/80")).verdict(),
            engine::Verdict::Blocked,
            "{service}"
        );
    }
}

#[test]
fn s1_51_another_resolver_is_filtered() {
    rows(
        &[VPC, OPEN, "sg sg-web", "eni R app 10.20.1.53 groups=sg-web"],
        &[
            ("W -> 8.8.8.8:udp/53", "blocked: request sg-out W none"),
            ("W -> R:udp/53", "blocked: request sg-out W none"),
        ],
    );
}

#[test]
fn s1_52_the_resolver_is_two_above_the_primary_block() {
    let network = "
        vpc vpc-1 10.20.0.0/16 10.30.0.0/16
        subnet pub 10.20.0.0/24
        subnet other 10.30.1.0/24
        eni W pub 10.20.0.10 groups=sg-web
        eni O other 10.30.1.10 groups=sg-web
    ";
    rows(
        &[network, SG_OPEN],
        &[
            ("O -> 10.20.0.2:udp/53", "allowed"),
            ("W -> 10.30.0.2:udp/53", "blocked: request host not held"),
            ("O -> 10.30.1.2:udp/53", "blocked: request host not held"),
        ],
    );
}

#[test]
fn s2_15_lists_filter_none_of_them() {
    let deny = "
        acl acl-pub in: 1 deny all 0.0.0.0/0
        acl acl-pub out: 1 deny all 0.0.0.0/0
    ";
    rows(
        &[VPC, SG_OPEN, deny],
        &[
            ("W -> 10.20.0.2:udp/53", "allowed"),
            ("W -> 169.254.169.254:tcp/80", "allowed"),
            // The set splits: the resolver's address and no other.
            ("W -> 10.20.0.2/31:udp/53 40000", "partial 1/2: request nacl-out acl-pub 1"),
        ],
    );
}

#[test]
fn metadata_needs_no_subnet_in_the_export() {
    let network = "
        vpc vpc-1 10.20.0.0/16
        eni W lost 10.20.0.10 groups=sg-web
        sg sg-web out: tcp 443 0.0.0.0/0
    ";
    rows(
        &[network],
        &[
            ("W -> 169.254.169.254:tcp/80", "allowed"),
            ("W -> 203.0.113.9:tcp/443", "undecided: request host W unknown"),
            // What its groups do not let out goes nowhere, whatever its subnet would do (S1.1).
            ("W -> 203.0.113.9:tcp/80", "blocked: request sg-out W none"),
        ],
    );
}

#[test]
fn s12_09_what_nobody_holds_does_not_answer() {
    rows(
        &[VPC, OPEN, SG_OPEN],
        &[
            ("W -> 10.20.1.99:tcp/80", "blocked: request host not held"),
            ("W -> 10.20.0.99:tcp/80", "blocked: request host not held"),
            ("10.20.1.99 -> W:tcp/80", "blocked: request host not held"),
        ],
    );
}

#[test]
fn s12_10_an_internet_gateway_drops_private_destinations() {
    let other = "
        vpc vpc-2 10.30.0.0/16
        subnet o 10.30.0.0/24
        eni O o 10.30.0.10 groups=sg-web
    ";
    rows(
        &[VPC, OPEN, SG_OPEN, other],
        &[
            ("W -> 10.99.0.1:tcp/80", "blocked: request igw-out private destination"),
            ("W -> 192.168.0.1:tcp/80", "blocked: request igw-out private destination"),
            ("W -> O:tcp/80", "blocked: request igw-out private destination"),
            ("W -> 100.64.0.1:tcp/80", "blocked: request igw-out private destination"),
            // A set that is part private.
            (
                "W -> 172.0.0.0/11:tcp/80 40000",
                "partial 1048576/2097152: request igw-out private destination",
            ),
        ],
    );
}

#[test]
fn s12_10_also_in_ipv6() {
    let network = "
        vpc vpc-1 fd00:20::/56
        igw igw-1
        table rtb-1 main: ::/0 igw-1
        subnet a fd00:20::/64
        eni A a fd00:20::10 groups=sg-web
        vpc vpc-2 fd00:30::/56
        igw igw-2
        table rtb-2 main: ::/0 igw-2
        subnet b fd00:30::/64
        eni B b fd00:30::10 groups=sg-web
    ";
    rows(
        &[network, SG_OPEN],
        &[
            ("A -> B.6:tcp/80", "blocked: request igw-out private destination"),
            ("A -> fd00:40::1:tcp/80", "blocked: request igw-out private destination"),
        ],
    );
}

#[test]
fn s12_11_an_instances_own_addresses_are_met_inside_it() {
    let network = "
        instance i-1
        eni A app 10.20.1.10 10.20.1.11 groups=sg-none instance=i-1
        eni B db 10.20.2.10 groups=sg-none instance=i-1
        sg sg-none
    ";
    let network = testkit::network(&[VPC, network]);
    check(&network, "A -> B:tcp/80", "allowed");
    check(&network, "10.20.1.10 -> 10.20.1.11:tcp/80", "allowed");
    assert!(ask(&network, "A -> B:tcp/80").gates().is_empty());
}

#[test]
fn s09_04_a_stopped_instance_neither_sends_nor_answers() {
    let network = "
        instance i-1 stopped
        eni A app 10.20.1.10 groups=sg-web instance=i-1
        eni B app 10.20.1.11 groups=sg-web
    ";
    rows(
        &[VPC, SG_OPEN, network],
        &[
            ("A -> B:tcp/80", "blocked: request host A not running"),
            ("B -> A:tcp/80", "blocked: request host A not running"),
        ],
    );
}
