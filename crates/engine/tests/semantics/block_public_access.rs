//! VPC Block Public Access: S3.43 to S3.47, T71, T72. No measured row turns on it (S12): these tests carry it.

use crate::common::rows;

/// W in a public subnet, A behind a NAT gateway in it, X with IPv6 behind an egress-only gateway; `BPA` stands for what
/// `describe` says of the VPC.
const NETWORK: &str = "
    vpc vpc-1 10.20.0.0/16 2001:db8:20::/56 BPA
    igw igw-1
    eigw eigw-1
    vgw vgw-1
    table rtb-pub: 0.0.0.0/0 igw-1 | ::/0 igw-1 | 192.168.0.0/16 vgw-1
    table rtb-app: 0.0.0.0/0 nat-1 | ::/0 eigw-1
    subnet pub 10.20.0.0/24 2001:db8:20::/64 table=rtb-pub PUB
    subnet other 10.20.5.0/24 table=rtb-pub
    subnet app 10.20.1.0/24 2001:db8:20:1::/64 table=rtb-app
    nat nat-1 pub 10.20.0.30 public=198.51.100.30
    sg sg-web in: all 0.0.0.0/0 | all ::/0
    sg sg-web out: all 0.0.0.0/0 | all ::/0
    eni W pub 10.20.0.10 2001:db8:20::10 public=198.51.100.10 groups=sg-web
    eni O other 10.20.5.10 public=198.51.100.50 groups=sg-web
    eni A app 10.20.1.10 2001:db8:20:1::10 groups=sg-web
";

fn with(vpc: &str, public: &str, questions: &[(&str, &str)]) {
    rows(&[&NETWORK.replace("BPA", vpc).replace("PUB", public)], questions);
}

const IN: &str = "203.0.113.9 -> @W:tcp/80";
const IN_6: &str = "2001:db8::9 -> W:tcp/80";
const OUT: &str = "W -> 203.0.113.9:tcp/443";
const OUT_6: &str = "W -> 2001:db8::9:tcp/443";
const BY_NAT: &str = "A -> 203.0.113.9:tcp/443";
const BY_EIGW: &str = "A -> 2001:db8::9:tcp/443";
const BLOCKED: &str = "blocked: request bpa pub public access";

#[test]
fn s3_43_off_blocks_nothing() {
    for mode in ["", "bpa=off"] {
        let all = [IN, IN_6, OUT, OUT_6, BY_NAT, BY_EIGW].map(|question| (question, "allowed"));
        with(mode, "", &all);
    }
}

/// T71, S3.45: what starts inside passes by NAT gateways and egress-only gateways, and not straight.
#[test]
fn t71_block_ingress() {
    with(
        "bpa=ingress",
        "",
        &[
            (IN, BLOCKED),
            (IN_6, BLOCKED),
            (OUT, BLOCKED),
            (OUT_6, BLOCKED),
            ("W -> 203.0.113.9:udp/53", BLOCKED),
            (BY_NAT, "allowed"),
            ("A -> 203.0.113.9:udp/53", "allowed"),
            ("A -> 203.0.113.9:icmp/8/0", "allowed"),
            (BY_EIGW, "allowed"),
        ],
    );
}

#[test]
fn s3_43_block_bidirectional_blocks_all_of_them() {
    with(
        "bpa=bidirectional",
        "",
        &[
            (IN, BLOCKED),
            (IN_6, BLOCKED),
            (OUT, BLOCKED),
            (OUT_6, BLOCKED),
            // S3.46: NAT gateways too.
            (BY_NAT, BLOCKED),
            (BY_EIGW, "blocked: request bpa app public access"),
        ],
    );
}

/// T72: the account blocks both directions, the VPC is excluded for egress; `describe` then says `block-ingress` of the
/// VPC (S3.47).
#[test]
fn t72_an_exclusion_that_allows_egress() {
    with("bpa=ingress", "", &[(IN, BLOCKED), (BY_NAT, "allowed")]);
    // Excluded is only the gateway's subnet.
    with("bpa=bidirectional", "bpa=ingress", &[(IN, BLOCKED), (OUT, BLOCKED), (BY_NAT, "allowed")]);
}

/// S3.44, S3.47: what a subnet says of itself goes before what its VPC says.
#[test]
fn s3_44_an_exclusion_of_one_subnet() {
    with(
        "bpa=bidirectional",
        "bpa=off",
        &[
            (IN, "allowed"),
            (IN_6, "allowed"),
            (OUT, "allowed"),
            (OUT_6, "allowed"),
            ("203.0.113.9 -> @O:tcp/80", "blocked: request bpa other public access"),
            ("O -> 203.0.113.9:tcp/443", "blocked: request bpa other public access"),
        ],
    );
    with(
        "",
        "bpa=bidirectional",
        &[(IN, BLOCKED), (BY_NAT, BLOCKED), ("203.0.113.9 -> @O:tcp/80", "allowed")],
    );
}

/// T72 and T71 from what the account declares, where `describe` says nothing of the VPC.
#[test]
fn t72_options_and_exclusions() {
    let given = |vpc: &str, public: &str, options: &str, questions: &[(&str, &str)]| {
        rows(&[&NETWORK.replace("BPA", vpc).replace("PUB", public), options], questions);
    };
    let both = "bpa bidirectional account=1 region=eu-west-1";
    let excluded = |what: &str| format!("{both}\n exclusion {what}");
    let all_blocked = [(IN, BLOCKED), (OUT, BLOCKED), (BY_NAT, BLOCKED)];
    let all_allowed = [(IN, "allowed"), (OUT, "allowed"), (BY_NAT, "allowed"), (BY_EIGW, "allowed")];
    let egress_only =
        [(IN, BLOCKED), (IN_6, BLOCKED), (OUT, BLOCKED), (BY_NAT, "allowed"), (BY_EIGW, "allowed")];
    given("owner=1", "az=eu-west-1a", both, &all_blocked);
    given("owner=1", "az=eu-west-1a", &excluded("vpc-1 egress"), &egress_only);
    given("owner=1", "az=eu-west-1a", &excluded("vpc-1 bidirectional"), &all_allowed);
    given("owner=1", "az=eu-west-1a", &excluded("vpc-1 bidirectional pending"), &all_blocked);
    given("", "", &excluded("pub egress"), &[(IN, BLOCKED), (OUT, BLOCKED), (BY_NAT, "allowed")]);
    given(
        "",
        "",
        &excluded("pub bidirectional\n exclusion vpc-1 egress"),
        &[(IN, "allowed"), (OUT, "allowed")],
    );
    given("", "", "bpa ingress\n exclusion vpc-1 egress", &egress_only);
    // S3.47: what `describe` says is preferred.
    given("bpa=off", "", both, &all_allowed);
    given("bpa=ingress", "", &excluded("vpc-1 bidirectional"), &egress_only);
}

/// S0.6: what cannot be told whose it is decides nothing, and only about internet gateways.
#[test]
fn s3_43_options_of_nobody_knows_whom() {
    const UNKNOWN: &str = "undecided: request bpa pub unknown, reply bpa pub unknown";
    const BY_NAT_UNKNOWN: &str = "undecided: request bpa pub unknown";
    for options in [
        // Two that disagree, and none that is its account's or its Region's.
        "bpa off region=eu-west-1\n bpa ingress region=eu-west-2",
        "bpa off account=2",
        "bpa bidirectional account=1 region=eu-west-2",
    ] {
        let zone = if options.contains("off region") { "" } else { "az=eu-west-1a" };
        let network = NETWORK.replace("BPA", "owner=1").replace("PUB", zone);
        let all = [(IN, UNKNOWN), (OUT, UNKNOWN), (BY_NAT, BY_NAT_UNKNOWN)];
        rows(&[&network, options], &all);
        rows(&[&network, options], &[("W -> A:tcp/80", "allowed"), ("W -> 192.168.1.1:tcp/443", "allowed")]);
    }
}

/// S3.43: where only what comes in is blocked, what left by a NAT gateway or an egress-only gateway, whoever's, gets in no
/// more than anything else from the internet.
#[test]
fn s3_43_nobody_gets_in_by_way_of_a_nat_gateway() {
    let elsewhere = "
        vpc vpc-2 10.21.0.0/16 2001:db8:21::/56
        igw igw-2
        eigw eigw-2
        table rtb-2: 0.0.0.0/0 igw-2
        table rtb-3: 0.0.0.0/0 nat-2 | ::/0 eigw-2
        subnet pub-2 10.21.0.0/24 table=rtb-2
        subnet app-2 10.21.1.0/24 2001:db8:21:1::/64 table=rtb-3
        nat nat-2 pub-2 10.21.0.30 public=198.51.100.31
        eni B app-2 10.21.1.10 2001:db8:21:1::10 groups=sg-web
    ";
    let into = |mode: &str, questions: &[(&str, &str)]| {
        rows(&[&NETWORK.replace("BPA", mode).replace("PUB", ""), elsewhere], questions);
    };
    for question in ["A -> @W:tcp/80", "B -> @W:tcp/80", "B -> @W:udp/53", "B -> W.6:tcp/80"] {
        into("bpa=off", &[(question, "allowed")]);
        into("bpa=ingress", &[(question, BLOCKED)]);
    }
}

/// It is about internet gateways and nothing else.
#[test]
fn s3_43_what_does_not_leave_for_the_internet_passes() {
    with(
        "bpa=bidirectional",
        "",
        &[
            ("W -> A:tcp/80", "allowed"),
            ("W -> A.6:tcp/80", "allowed"),
            ("W -> 192.168.1.1:tcp/443", "allowed"),
            ("192.168.1.1 -> W:tcp/443", "allowed"),
            ("W -> 169.254.169.254:tcp/80", "allowed"),
        ],
    );
    // Public addresses of the same VPC are reached over the gateway (S3.18).
    with("bpa=bidirectional", "", &[("W -> @O:tcp/80", BLOCKED), ("W -> O:tcp/80", "allowed")]);
}
