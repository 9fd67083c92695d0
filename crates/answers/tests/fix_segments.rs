//! The smallest fix on ways over gateways and load balancers: one broken gate at a time, and what the fix has to name
//! there: which list or group, which direction, whose address, which ports.

#![expect(clippy::unwrap_used, clippy::panic, reason = "a test may stop at what it does not expect")]

mod support;

use engine::Verdict;
use model::Change;

use crate::support::{explain, fix, mended};

/// Lists that let everything pass, apart from those that are given: `acl-pub in` with its entries.
fn lists(all: &[&str], broken: &[(&str, &str)]) -> String {
    let mut text = String::new();
    for list in all {
        for way in ["in", "out"] {
            let name = format!("{list} {way}");
            let given = broken.iter().find(|(broken, _)| *broken == name).map(|(_, entries)| *entries);
            text += &format!("acl {name}: {}\n", given.unwrap_or("100 allow all 0.0.0.0/0"));
        }
    }
    text
}

/// One broken list: its entries, the change that mends it, and what that opens besides.
type Row<'a> = (&'a str, &'a str, &'a str, &'a [&'a str]);

fn check(base: &[&str], all: &[&str], question: &str, rows: &[Row<'_>]) {
    let whole = lists(all, &[]);
    let sound = testkit::network(&[base, &[whole.as_str()]].concat());
    assert_eq!(explain(&sound, question).verdict, Verdict::Allowed, "{question} without a broken list");
    for (list, entries, change, opens) in rows {
        let broken = lists(all, &[(*list, *entries)]);
        let network = testkit::network(&[base, &[broken.as_str()]].concat());
        let (changes, fix) = mended(&network, question);
        assert_eq!(changes, [*change], "{list} {entries}");
        assert_eq!(fix.also_opens, *opens, "{list} {entries}");
        assert_eq!(fix.also_opens_incomplete, None, "{list} {entries}");
    }
}

const NAT: &str = "
    vpc vpc-1 10.20.0.0/16
    igw igw-1
    table rtb-pub: 0.0.0.0/0 igw-1
    table rtb-app: 0.0.0.0/0 nat-1
    subnet pub 10.20.0.0/24 table=rtb-pub acl=acl-pub
    subnet app 10.20.1.0/24 table=rtb-app acl=acl-app
    nat nat-1 pub 10.20.0.30 public=198.51.100.30
    eni A app 10.20.1.10 groups=sg-app
    eni B app 10.20.1.11 groups=sg-app
";
const OPEN_OUT: &str = "sg sg-app out: all 0.0.0.0/0";
const NAT_LISTS: &[&str] = &["acl-pub", "acl-app"];

/// The six crossings, in their order. The client's range is Linux's (D2), the gateway's own 1024-65535 (S3.20).
#[test]
fn s3_24_each_crossing_of_a_nat_way() {
    let internet = "B -> internet: tcp 443 (203.0.113.9)";
    check(
        &[NAT, OPEN_OUT],
        NAT_LISTS,
        "A -> 203.0.113.9:443",
        &[
            (
                "acl-app out",
                "100 allow tcp 80 0.0.0.0/0",
                "acl-app out  + 110 allow tcp 443 to 203.0.113.9/32",
                &[internet],
            ),
            // Inbound rules judge by the source: whom it asks they do not see.
            (
                "acl-pub in",
                "100 allow tcp 1024-65535 0.0.0.0/0",
                "acl-pub in  + 110 allow tcp 443 from 10.20.1.10/32",
                &["A -> internet: tcp 443"],
            ),
            (
                "acl-pub out",
                "100 allow tcp 1024-65535 10.20.0.0/16",
                "acl-pub out  + 110 allow tcp 443 to 203.0.113.9/32",
                &[internet],
            ),
            (
                "acl-pub in",
                "100 allow tcp 443 10.20.0.0/16",
                "acl-pub in  + 110 allow tcp 1024-65535 from 203.0.113.9/32",
                &[internet],
            ),
            (
                "acl-pub out",
                "100 allow tcp 443 0.0.0.0/0",
                "acl-pub out  + 110 allow tcp 32768-61000 to 10.20.1.10/32",
                &["A -> internet: tcp 443"],
            ),
            // T59: from the NAT gateway's subnet, in the belief that the gateway answers.
            (
                "acl-app in",
                "100 allow tcp 1024-65535 10.20.0.0/24",
                "acl-app in  + 110 allow tcp 32768-61000 from 203.0.113.9/32",
                &[
                    "A -> internet: tcp 0-442, 444-65535 (203.0.113.9)",
                    "B -> internet: tcp 0-65535 (203.0.113.9)",
                ],
            ),
        ],
    );
}

/// A gap in the gateway's range is a gap for some connections only, and is closed by widening what is there.
#[test]
fn s3_20_the_range_of_the_gateway_is_widened() {
    let broken = lists(
        NAT_LISTS,
        &[("acl-pub in", "100 allow tcp 443 10.20.0.0/16 | 110 allow tcp 32768-65535 0.0.0.0/0")],
    );
    let network = testkit::network(&[NAT, OPEN_OUT, &broken]);
    let answer = explain(&network, "A -> internet:443");
    assert_eq!(answer.verdict, Verdict::Partial);
    assert!((answer.share - 32768.0 / 64512.0).abs() < 1e-9, "{}", answer.share);
    let (changes, _) = mended(&network, "A -> internet:443");
    assert_eq!(changes, ["acl-pub in  ~ 110 allow tcp 1024-65535 from 0.0.0.0/0"]);
}

#[test]
fn all_layers_of_a_nat_way_are_mended_together() {
    let broken = lists(
        NAT_LISTS,
        &[
            ("acl-pub in", "100 allow tcp 443 10.20.0.0/16"),
            ("acl-app in", "100 allow tcp 1024-65535 10.20.0.0/16"),
        ],
    );
    let network = testkit::network(&[NAT, "sg sg-app out: tcp 80 0.0.0.0/0", &broken]);
    let (changes, _) = mended(&network, "A -> internet:443");
    assert_eq!(
        changes,
        [
            "sg-app out  + allow tcp 443 to 0.0.0.0/0",
            "acl-pub in  + 110 allow tcp 1024-65535 from 0.0.0.0/0",
            "acl-app in  + 110 allow tcp 32768-61000 from 0.0.0.0/0",
        ]
    );
}

/// A list that lets the gateway's answers in lets them in for its neighbours too.
#[test]
fn hosts_beside_the_gateway_are_opened_too_and_named() {
    let neighbour = "
        eni W pub 10.20.0.10 public=198.51.100.10 groups=sg-web
        sg sg-web in: tcp 8080 0.0.0.0/0";
    let broken = lists(NAT_LISTS, &[("acl-pub in", "100 allow tcp 443 10.20.0.0/16")]);
    let network = testkit::network(&[NAT, OPEN_OUT, neighbour, &broken]);
    let (changes, fix) = mended(&network, "A -> 203.0.113.9:443");
    assert_eq!(changes, ["acl-pub in  + 110 allow tcp 1024-65535 from 203.0.113.9/32"]);
    assert_eq!(
        fix.also_opens,
        ["B -> internet: tcp 443 (203.0.113.9)", "internet -> W: tcp 8080 (203.0.113.9)",]
    );
}

#[test]
fn what_a_nat_gateway_never_does_is_advice() {
    let network = testkit::network(&[NAT, OPEN_OUT, &lists(NAT_LISTS, &[])]);
    for (question, words) in [
        // S3.20.
        ("A -> 203.0.113.9:proto/47", "TCP, UDP and ICMP only"),
        // S3.22, T60.
        ("203.0.113.9 -> 198.51.100.30:443", "load balancer or a public address"),
    ] {
        let fix = fix(&network, question);
        assert!(fix.changes.is_empty() && !fix.proved, "{question}: {fix:?}");
        assert!(matches!(fix.advice.as_slice(), [one] if one.contains(words)), "{question}: {fix:?}");
    }
}

const TGW: &str = "
    vpc vpc-1 10.20.0.0/16
    table rtb-app: 10.30.0.0/16 tgw-1
    subnet app 10.20.1.0/24 table=rtb-app acl=acl-app az=az1
    subnet att-a 10.20.9.0/28 acl=acl-att-a az=az1
    eni A app 10.20.1.10 groups=sg-app
    eni B app 10.20.1.11 groups=sg-app
    vpc vpc-2 10.30.0.0/16
    table rtb-db: 10.20.0.0/16 tgw-1
    subnet db 10.30.1.0/24 table=rtb-db acl=acl-db az=az1
    subnet att-b 10.30.9.0/28 table=rtb-db acl=acl-att-b az=az1
    eni D db 10.30.1.10 groups=sg-db
    eni E db 10.30.1.11 groups=sg-db
    attachment at-a tgw-1 vpc-1 subnets=att-a
    attachment at-b tgw-1 vpc-2 subnets=att-b
";
const TGW_ROUTES: &str = "
    tgw tgw-1
    tgwtable hub tgw-1 all assoc=at-a,at-b propagate=at-a,at-b: 10.20.0.0/16 at-a propagated | 10.30.0.0/16 at-b propagated
";
const TGW_LISTS: &[&str] = &["acl-app", "acl-att-a", "acl-att-b", "acl-db"];
/// Neither side starts anything but 5432.
const DB: &str = "
    sg sg-app out: tcp 5432 10.30.0.0/16
    sg sg-db in: tcp 5432 10.20.0.0/16
";

/// Each list of a way over a transit gateway: those of attachments inbound by the source, outbound by the destination.
#[test]
fn s3_32_each_list_of_a_transit_gateway_way() {
    let ssh = "100 allow tcp 22 0.0.0.0/0";
    let to_db = &["B -> D: tcp 5432"][..];
    let from_app = &["A -> E: tcp 5432"][..];
    check(
        &[TGW, TGW_ROUTES, DB],
        TGW_LISTS,
        "A -> D:5432",
        &[
            ("acl-app out", ssh, "acl-app out  + 110 allow tcp 5432 to 10.30.1.10/32", to_db),
            ("acl-att-a in", ssh, "acl-att-a in  + 110 allow tcp 5432 from 10.20.1.10/32", from_app),
            ("acl-att-b out", ssh, "acl-att-b out  + 110 allow tcp 5432 to 10.30.1.10/32", to_db),
            ("acl-db in", ssh, "acl-db in  + 110 allow tcp 5432 from 10.20.1.10/32", from_app),
            ("acl-db out", ssh, "acl-db out  + 110 allow tcp 32768-61000 to 10.20.1.10/32", from_app),
            ("acl-att-b in", ssh, "acl-att-b in  + 110 allow tcp 32768-61000 from 10.30.1.10/32", to_db),
            ("acl-att-a out", ssh, "acl-att-a out  + 110 allow tcp 32768-61000 to 10.20.1.10/32", from_app),
            ("acl-app in", ssh, "acl-app in  + 110 allow tcp 32768-61000 from 10.30.1.10/32", to_db),
        ],
    );
}

/// The attachment in the sender's own subnet: both directions of its list judge what leaves, neither what comes.
#[test]
fn s3_33_an_attachment_in_the_subnet_of_the_sender() {
    let same =
        TGW.replace("attachment at-a tgw-1 vpc-1 subnets=att-a", "attachment at-a tgw-1 vpc-1 subnets=app");
    let ssh = "100 allow tcp 22 0.0.0.0/0";
    check(
        &[&same, TGW_ROUTES, DB],
        TGW_LISTS,
        "A -> D:5432",
        &[
            ("acl-app out", ssh, "acl-app out  + 110 allow tcp 5432 to 10.30.1.10/32", &["B -> D: tcp 5432"]),
            ("acl-app in", ssh, "acl-app in  + 110 allow tcp 5432 from 10.20.1.10/32", &["A -> E: tcp 5432"]),
        ],
    );
}

/// References to groups work over a transit gateway inbound, and only where it carries them (S1.20).
#[test]
fn groups_over_a_transit_gateway() {
    let open = lists(TGW_LISTS, &[]);
    let closed = "sg sg-app\nsg sg-db";
    let network = testkit::network(&[TGW, TGW_ROUTES, closed, &open]);
    let (changes, _) = mended(&network, "A -> D:5432");
    assert_eq!(
        changes,
        ["sg-app out  + allow tcp 5432 to 10.30.1.10/32", "sg-db in  + allow tcp 5432 from 10.20.1.10/32",]
    );
    let carries = TGW_ROUTES.replace("tgw tgw-1\n", "tgw tgw-1 sgref\n");
    let network = testkit::network(&[TGW, &carries, closed, &open]);
    let (changes, _) = mended(&network, "A -> D:5432");
    assert_eq!(
        changes,
        ["sg-app out  + allow tcp 5432 to 10.30.1.10/32", "sg-db in  + allow tcp 5432 from sg-app",]
    );
}

#[test]
fn what_no_rule_mends_over_a_transit_gateway_is_advice() {
    let away = TGW.replace("table=rtb-app acl=acl-app az=az1", "table=rtb-app acl=acl-app az=az2");
    let blackhole = TGW_ROUTES.replace("10.30.0.0/16 at-b propagated", "10.30.0.0/16 blackhole");
    let without = TGW_ROUTES.replace(" | 10.30.0.0/16 at-b propagated", "");
    for (vpcs, routes, words) in [
        // S3.31, T69.
        (away.as_str(), TGW_ROUTES, "add a subnet of the sender's Availability Zone to at-a"),
        (TGW, blackhole.as_str(), "the route 10.30.0.0/16 of hub is a blackhole"),
        (TGW, without.as_str(), "add a route to D in hub"),
    ] {
        let network = testkit::network(&[vpcs, routes, DB, &lists(TGW_LISTS, &[])]);
        let fix = fix(&network, "A -> D:5432");
        assert!(fix.changes.is_empty() && !fix.proved, "{fix:?}");
        assert!(matches!(fix.advice.as_slice(), [one] if one.starts_with(words)), "{fix:?}");
    }
}

/// With a route missing too, the rules that were in the way are named all the same, and nothing is called proved.
#[test]
fn rules_beside_advice_are_not_proved() {
    let blackhole = TGW_ROUTES.replace("10.20.0.0/16 at-a propagated", "10.20.0.0/16 blackhole");
    let broken = lists(TGW_LISTS, &[("acl-db in", "100 allow tcp 22 0.0.0.0/0")]);
    let network = testkit::network(&[TGW, &blackhole, DB, &broken]);
    let fix = fix(&network, "A -> D:5432");
    let changes: Vec<_> = fix.changes.iter().map(Change::to_string).collect();
    assert_eq!(changes.len(), 1, "{fix:?}");
    assert!(changes.iter().all(|change| change.starts_with("acl-db in  + 110 allow tcp 5432 from 10.20.1.")));
    assert!(!fix.proved && fix.advice.len() == 1, "{fix:?}");
}

/// S3.40: one direction only through an appliance; S3.13: an appliance that takes only what is its own.
#[test]
fn appliances_are_advice() {
    let appliance = |flags: &str, back: &str| {
        testkit::network(&[&format!(
            "vpc vpc-1 10.20.0.0/16
             table rtb-app: 10.20.2.0/24 eni-fw
             table rtb-db{back}
             subnet app 10.20.1.0/24 table=rtb-app
             subnet db 10.20.2.0/24 table=rtb-db
             subnet fw 10.20.5.0/24
             eni A app 10.20.1.10 groups=sg-all
             eni D db 10.20.2.10 groups=sg-all
             eni eni-fw fw 10.20.5.5 groups=sg-all {flags}
             sg sg-all in: all 0.0.0.0/0
             sg sg-all out: all 0.0.0.0/0"
        )])
    };
    // T74.
    let one_way = fix(&appliance("forwards", ""), "A -> D:3306");
    assert!(one_way.changes.is_empty() && !one_way.proved, "{one_way:?}");
    let [advice] = one_way.advice.as_slice() else { panic!("{one_way:?}") };
    assert!(advice.contains("both directions through eni-fw"), "{advice}");
    // T70.
    let checks = fix(&appliance("", ": 10.20.1.0/24 eni-fw"), "A -> D:3306");
    assert!(checks.changes.is_empty() && !checks.proved, "{checks:?}");
    let [advice] = checks.advice.as_slice() else { panic!("{checks:?}") };
    assert!(advice.contains("--network-interface-id eni-fw --no-source-dest-check"), "{advice}");
}

/// Behind an appliance no reference matches (S1.21): the fix names the address, as T46 says.
#[test]
fn t46_behind_an_appliance_the_address_is_named() {
    let network = testkit::network(&["
        vpc vpc-1 10.20.0.0/16
        table rtb-app: 10.20.2.0/24 eni-fw
        table rtb-db: 10.20.1.0/24 eni-fw
        subnet app 10.20.1.0/24 table=rtb-app
        subnet db 10.20.2.0/24 table=rtb-db
        subnet fw 10.20.5.0/24
        eni A app 10.20.1.10 groups=sg-app
        eni D db 10.20.2.10 groups=sg-db
        eni eni-fw fw 10.20.5.5 groups=sg-fw forwards
        sg sg-app out: all 0.0.0.0/0
        sg sg-fw in: all 10.20.0.0/16
        sg sg-fw out: all 10.20.0.0/16
        sg sg-db in: tcp 3306 sg-app
    "]);
    let (changes, _) = mended(&network, "A -> D:3306");
    assert_eq!(changes, ["sg-db in  + allow tcp 3306 from 10.20.1.10/32"]);
}

/// Two addresses that a list keeps out need two entries, each with a number of its own.
#[test]
fn entries_for_several_pairs_have_numbers_of_their_own() {
    let deny = "90 deny tcp 443 203.0.113.0/24 | 100 allow all 0.0.0.0/0";
    let network = testkit::network(&[NAT, OPEN_OUT, &lists(NAT_LISTS, &[("acl-pub out", deny)])]);
    let (changes, fix) = mended(&network, "A -> (203.0.113.9 | 203.0.113.20):443");
    assert_eq!(
        changes,
        [
            "acl-pub out  + 10 allow tcp 443 to 203.0.113.9/32",
            "acl-pub out  + 20 allow tcp 443 to 203.0.113.20/32",
        ]
    );
    assert_eq!(fix.also_opens.len(), 1, "{fix:?}");
    let network = testkit::network(&[
        NAT,
        OPEN_OUT,
        &lists(NAT_LISTS, &[("acl-pub in", "100 allow tcp 1024-65535 0.0.0.0/0")]),
    ]);
    let (changes, _) = mended(&network, "(A | B) -> 203.0.113.9:443");
    assert_eq!(changes, ["acl-pub in  + 110 allow tcp 443 from 10.20.1.0/24"]);
}

/// Clients in two subnets behind one gateway: an entry for each, in one list.
#[test]
fn entries_for_clients_of_two_subnets() {
    let more = "
        subnet app2 10.20.2.0/24 table=rtb-app
        eni C app2 10.20.2.10 groups=sg-app";
    let broken = lists(NAT_LISTS, &[("acl-pub in", "100 allow tcp 1024-65535 0.0.0.0/0")]);
    let network = testkit::network(&[NAT, more, OPEN_OUT, &broken]);
    let (changes, _) = mended(&network, "(A | C) -> 203.0.113.9:443");
    assert_eq!(
        changes,
        [
            "acl-pub in  + 110 allow tcp 443 from 10.20.1.10/32",
            "acl-pub in  + 120 allow tcp 443 from 10.20.2.0/24",
        ]
    );
}

/// One entry around all of them is one change; for one of them it would open more than it needs.
#[test]
fn an_entry_around_several_clients_is_widened() {
    let more = "
        subnet app2 10.20.2.0/24 table=rtb-app
        eni C app2 10.20.2.10 groups=sg-app";
    let narrow = "100 allow tcp 443 0.0.0.0/0 | 110 allow tcp 49152-65535 10.20.0.0/16";
    let network = testkit::network(&[NAT, more, OPEN_OUT, &lists(NAT_LISTS, &[("acl-pub out", narrow)])]);
    let (changes, fix) = mended(&network, "(A | C) -> 203.0.113.9:443");
    assert_eq!(changes, ["acl-pub out  ~ 110 allow tcp 32768-65535 to 10.20.0.0/16"]);
    assert!(fix.also_opens.iter().any(|opens| opens.starts_with("B -> internet: tcp 443")), "{fix:?}");
    let (changes, fix) = mended(&network, "A -> 203.0.113.9:443");
    assert_eq!(changes, ["acl-pub out  + 120 allow tcp 32768-49151 to 10.20.1.10/32"]);
    assert!(fix.also_opens.iter().all(|opens| opens.starts_with("A -> internet: tcp 443")), "{fix:?}");
}
