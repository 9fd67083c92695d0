//! What the internet reaches: each grade by its clauses, how many gates are left, and the surface.

#![expect(clippy::unwrap_used, reason = "a test may stop at what it does not expect")]

use answers::ends::Names;
use answers::exposure::{Exposure, Finding, Grade, Interfaces, Surface, check_services, exposure};
use answers::question;

fn ask(pieces: &[&str], ends: Option<&str>, services: &str) -> Exposure {
    let network = testkit::network(pieces);
    let ends = ends.map(|ends| question::parse_ends(ends).unwrap());
    let services = if services.is_empty() { Vec::new() } else { question::parse_services(services).unwrap() };
    exposure(&Names::new(&network, None), ends.as_ref(), &services).unwrap()
}

fn all(pieces: &[&str]) -> Exposure {
    ask(pieces, None, "")
}

/// A finding in one line: grade, services, from where, which share.
fn line(finding: &Finding) -> String {
    let services = finding.services.iter().map(|services| match services.all {
        true => format!("{} all", services.protocol),
        false => format!("{} {}", services.protocol, services.numbers.join(",")),
    });
    let services = services.collect::<Vec<_>>().join("; ");
    let from = if finding.from.all { "internet".into() } else { finding.from.addresses.clone() };
    let of = finding.of.iter().map(|who| who.name.as_str()).collect::<Vec<_>>().join(",");
    let grade = match (finding.grade, finding.gates_left) {
        (Grade::Exposed, _) => "exposed".into(),
        (Grade::Partial, _) => format!("partial {:.4}", finding.share),
        (Grade::Undecided, _) => "undecided".into(),
        (Grade::Latent, left) => format!("latent({})", left.unwrap()),
    };
    format!("{of} {}: {services} from {from}: {grade}", finding.family)
}

fn lines(exposure: &Exposure) -> Vec<String> {
    exposure.findings.iter().map(line).collect()
}

/// What stops a finding: why, with the rules that decided.
fn gates(finding: &Finding) -> Vec<String> {
    let text = |stop: &answers::exposure::Stop| {
        let rules = stop.rules.iter().map(|rule| format!(" | {}", rule.text)).collect::<String>();
        format!("{}{rules}", stop.why)
    };
    finding.gates.iter().map(text).collect()
}

const PUBLIC: &str = "
    vpc vpc-1 10.0.0.0/16
    igw igw-1
    table rtb-public: 0.0.0.0/0 igw-1
    table rtb-private:
    subnet pub 10.0.0.0/24 table=rtb-public acl=acl-pub
    subnet private 10.0.1.0/24 table=rtb-private acl=acl-pub
    sg sg-ssh in: tcp 22 0.0.0.0/0
    sg sg-closed in: tcp 22 sg-ssh
    eni W pub 10.0.0.10 public=203.0.113.10 groups=sg-ssh
";
const OPEN: &str = "acl acl-pub in: 100 allow all 0.0.0.0/0\nacl acl-pub out: 100 allow all 0.0.0.0/0";

/// Address, route, list and group let it in, and the list lets every answer out (S3.14, S3.15).
#[test]
fn s3_15_all_gates_open_is_exposed() {
    let found = all(&[PUBLIC, OPEN]);
    assert_eq!(lines(&found), ["W IPv4: tcp 22 from internet: exposed"]);
    assert_eq!(found.surface, Surface { pairs: 1, partial: 0, undecided: 0 });
    assert_eq!(found.interfaces, Interfaces { all: 1, exposed: 1, ..Interfaces::default() });
    assert_eq!(found.findings[0].rules[0].text, "allow tcp 22 from 0.0.0.0/0");
    assert_eq!(found.findings[0].of[0].public_address.as_deref(), Some("203.0.113.10"));
}

/// The two halves of IPv4 are all of it: no rule has to say 0.0.0.0/0.
#[test]
fn two_halves_are_the_internet() {
    let halves = "sg sg-h in: tcp 22 0.0.0.0/1 | tcp 22 128.0.0.0/1\n
        eni H pub 10.0.0.11 public=203.0.113.11 groups=sg-h";
    let found = ask(&[PUBLIC, OPEN, halves], Some("H"), "");
    assert_eq!(lines(&found), ["H IPv4: tcp 22 from internet: exposed"]);
    assert_eq!(found.findings[0].rules.len(), 2);
}

/// Narrower blocks are exposed to these, and their addresses are counted; private ones are none of the internet's.
#[test]
fn a_narrower_block_is_counted() {
    let office =
        "sg sg-o in: tcp 443 8.8.8.0/24 | tcp 443 8.8.8.0/25 | tcp 443 9.9.9.9/32 | tcp 443 10.0.0.0/8\n
        eni O pub 10.0.0.11 public=203.0.113.11 groups=sg-o";
    let found = ask(&[PUBLIC, OPEN, office], Some("O"), "");
    assert_eq!(lines(&found), ["O IPv4: tcp 443 from 257: exposed"]);
    assert_eq!(found.findings[0].from.blocks, ["8.8.8.0/24", "9.9.9.9"]);
    // The half block lets in no more than the whole one.
    assert_eq!(found.findings[0].rules.len(), 2);
}

/// The list lets answers out to some of the ports that clients take: 16384 of 64512 (S0.6, S2.21).
#[test]
fn s2_21_answers_to_some_ports_is_partial() {
    let narrow =
        "acl acl-pub in: 100 allow all 0.0.0.0/0\nacl acl-pub out: 100 allow tcp 49152-65535 0.0.0.0/0";
    let found = all(&[PUBLIC, narrow]);
    assert_eq!(lines(&found), ["W IPv4: tcp 22 from internet: partial 0.2540"]);
    assert_eq!(found.findings[0].works, "client ports 49152-65535");
    assert_eq!(
        gates(&found.findings[0]),
        ["acl-pub out | allow tcp 49152-65535 to 0.0.0.0/0 | deny all to 0.0.0.0/0"]
    );
    assert_eq!(found.surface, Surface { pairs: 1, partial: 1, undecided: 0 });
}

/// Exposed to some clients and partial to others is one pair of the surface, and not one that is partial.
#[test]
fn exposed_to_some_and_partial_to_others() {
    let mixed = "acl acl-pub in: 100 allow all 0.0.0.0/0\n
        acl acl-pub out: 90 allow all 8.8.8.0/24 | 100 allow tcp 49152-65535 0.0.0.0/0";
    let found = all(&[PUBLIC, mixed]);
    assert_eq!(found.findings[0].grade, Grade::Exposed);
    assert_eq!(found.findings[0].from.blocks, ["8.8.8.0/24"]);
    assert_eq!(found.findings[1].grade, Grade::Partial);
    assert_eq!(found.findings[1].from.without, "256");
    assert_eq!(found.surface, Surface { pairs: 1, partial: 0, undecided: 0 });
}

/// A list that stops requests is one gate; one that stops both directions is two, since each has its own rules (S2.1).
#[test]
fn a_network_acl_stops_it() {
    let replies_only = "acl acl-pub out: 100 allow all 0.0.0.0/0";
    let found = all(&[PUBLIC, replies_only]);
    assert_eq!(lines(&found), ["W IPv4: tcp 22 from internet: latent(1)"]);
    assert_eq!(gates(&found.findings[0]), ["acl-pub in | deny all from 0.0.0.0/0"]);
    assert_eq!(found.surface, Surface::default());
    let found = all(&[PUBLIC, "acl acl-pub in: 90 deny tcp 22 0.0.0.0/0 | 100 allow all 0.0.0.0/0"]);
    assert_eq!(lines(&found), ["W IPv4: tcp 22 from internet: latent(2)"]);
    assert_eq!(
        gates(&found.findings[0]),
        ["acl-pub in | deny tcp 22 from 0.0.0.0/0", "acl-pub out | deny all to 0.0.0.0/0"]
    );
}

/// Each direction lets something through, and nothing both: one of the two has to open.
#[test]
fn gates_that_stop_it_together() {
    let halves = "acl acl-pub in: 100 allow all 8.0.0.0/8\nacl acl-pub out: 100 allow all 9.0.0.0/8";
    let found = all(&[PUBLIC, halves]);
    assert_eq!(lines(&found), ["W IPv4: tcp 22 from internet: latent(1)"]);
}

/// A private subnet: no public address, and no route to the gateway (S3.14, S3.15).
#[test]
fn s3_15_a_private_subnet_with_an_open_group() {
    let database = "sg sg-db in: tcp 3306 0.0.0.0/0\neni D private 10.0.1.10 groups=sg-db";
    let found = ask(&[PUBLIC, OPEN, database], Some("D"), "");
    assert_eq!(lines(&found), ["D IPv4: tcp 3306 from internet: latent(2)"]);
    assert_eq!(gates(&found.findings[0]), ["no public address", "no route to an internet gateway"]);
    assert_eq!(found.interfaces, Interfaces { all: 1, latent: 1, ..Interfaces::default() });
    // A default route to a NAT gateway is none for answers: it did not open the flow (S3.22).
    let nat = "nat nat-1 pub 10.0.0.99 public=203.0.113.99\ntable rtb-private: 0.0.0.0/0 nat-1";
    let found = ask(&[PUBLIC, OPEN, database, nat], Some("D"), "");
    assert_eq!(
        gates(&found.findings[0]),
        ["no public address", "no route to an internet gateway | 0.0.0.0/0 to nat-1"]
    );
}

/// One setting stops both directions, and counts once (S3.43).
#[test]
fn s3_43_block_public_access() {
    let blocked = PUBLIC.replace("vpc vpc-1 10.0.0.0/16", "vpc vpc-1 10.0.0.0/16 bpa=ingress");
    let found = all(&[&blocked, OPEN]);
    assert_eq!(lines(&found), ["W IPv4: tcp 22 from internet: latent(1)"]);
    assert_eq!(gates(&found.findings[0]), ["Block Public Access"]);
}

/// An instance that does not run neither gets nor answers: one gate (S9.4).
#[test]
fn s9_4_a_stopped_instance() {
    let stopped = "instance i-1 stopped\neni S pub 10.0.0.12 public=203.0.113.12 groups=sg-ssh instance=i-1";
    let found = ask(&[PUBLIC, OPEN, stopped], Some("S"), "");
    assert_eq!(lines(&found), ["S IPv4: tcp 22 from internet: latent(1)"]);
    assert_eq!(gates(&found.findings[0]), ["the instance is stopped"]);
}

/// IPv6 has no translation: the address is public, and `::/0` is another rule and another route (S0.1, S3.16).
#[test]
fn s3_16_ipv6_alone() {
    let dual = "
        vpc vpc-6 10.6.0.0/16 2001:db8:6::/56
        igw igw-6
        table rtb-6 main: 0.0.0.0/0 igw-6 | ::/0 igw-6
        subnet six 10.6.0.0/24 2001:db8:6::/64
        sg sg-6 in: tcp 443 ::/0 | tcp 22 0.0.0.0/0
        eni X six 10.6.0.10 2001:db8:6::10 groups=sg-6
        eni Y six 10.6.0.11 2001:db8:6::11 groups=sg-6 deny-igw
    ";
    let found = all(&[dual]);
    assert_eq!(
        lines(&found),
        [
            "X IPv6: tcp 443 from internet: exposed",
            "X,Y IPv4: tcp 22 from internet: latent(1)",
            "Y IPv6: tcp 443 from internet: latent(1)",
        ]
    );
    assert_eq!(gates(&found.findings[2]), ["the interface denies all traffic from internet gateways"]);
    assert_eq!(found.interfaces, Interfaces { all: 2, exposed: 1, latent: 1, ..Interfaces::default() });
    assert_eq!(found.surface.pairs, 1);
}

/// Each address counts for itself, whichever of them is called by a name; why nothing is reached is said of each family.
#[test]
fn further_addresses_count() {
    let dual = "
        vpc vpc-6 10.6.0.0/16 2001:db8:6::/56
        igw igw-6
        table rtb-6 main: 0.0.0.0/0 igw-6 | ::/0 igw-6
        subnet six 10.6.0.0/24 2001:db8:6::/64
        sg sg-6 in: tcp 443 ::/0
        sg sg-none:
        eni X six 10.6.0.10 2001:db8:6::10 2001:db8:6::11 groups=sg-6
        eni Z six 10.6.0.12 2001:db8:6::12 groups=sg-none
    ";
    let found = all(&[dual]);
    assert_eq!(lines(&found), ["X,X IPv6: tcp 443 from internet: exposed"]);
    assert_eq!(found.surface.pairs, 2);
    assert_eq!(found.interfaces, Interfaces { all: 2, exposed: 1, unreachable: 1, ..Interfaces::default() });
    assert_eq!(found.unreachable.len(), 1);
    assert_eq!(found.unreachable[0].reason, "no public address");
    assert_eq!(
        found.unreachable[0].also,
        [
            "no security group lets anything in from the internet",
            "over IPv6: no security group lets anything in from the internet"
        ]
    );
}

/// Protocols without a handshake need their answers too (S0.5): groups track them, lists do not.
#[test]
fn udp_and_icmp() {
    let dns = "sg sg-dns in: udp 53 0.0.0.0/0 | icmp 8/0 0.0.0.0/0\n
        eni N pub 10.0.0.13 public=203.0.113.13 groups=sg-dns";
    let found = ask(&[PUBLIC, OPEN, dns], Some("N"), "");
    assert_eq!(
        lines(&found),
        ["N IPv4: icmp 8 from internet: exposed", "N IPv4: udp 53 from internet: exposed"]
    );
    assert_eq!(found.surface.pairs, 2);
    // The list lets no echo reply out.
    let tcp_and_udp = "acl acl-pub in: 100 allow all 0.0.0.0/0\n
        acl acl-pub out: 100 allow udp 1024-65535 0.0.0.0/0";
    let found = ask(&[PUBLIC, tcp_and_udp, dns], Some("N"), "");
    assert_eq!(
        lines(&found),
        ["N IPv4: udp 53 from internet: exposed", "N IPv4: icmp 8 from internet: latent(1)"]
    );
}

/// Everything: 65,536 ports each of TCP and UDP, ICMP, and 252 protocols without ports.
#[test]
fn the_surface_of_everything() {
    let open = "sg sg-all in: all 0.0.0.0/0\neni A pub 10.0.0.14 public=203.0.113.14 groups=sg-all";
    let found = ask(&[PUBLIC, OPEN, open], Some("A"), "");
    assert_eq!(lines(&found), ["A IPv4: tcp all; udp all; icmp all; proto all from internet: exposed"]);
    assert_eq!(found.surface.pairs, 65_536 + 65_536 + 1 + 252);
    let found = ask(&[PUBLIC, OPEN, open], Some("A"), "ssh,udp/8000-8099");
    assert_eq!(lines(&found), ["A IPv4: tcp 22; udp 8000-8099 from internet: exposed"]);
    assert_eq!(found.surface.pairs, 101);
}

const BALANCED: &str = "
    lb lb-1 application subnets=pub groups=sg-lb
    listener l-1 lb-1 tcp 443 tg-1
    tg tg-1 tcp 8080 instance: i-1 | i-2
    sg sg-lb in: tcp 443 0.0.0.0/0 | tcp 8443 0.0.0.0/0
    sg sg-lb out: all 0.0.0.0/0
    eni L pub 10.0.0.20 public=203.0.113.20 elb=lb-1 groups=sg-lb
    sg sg-app in: tcp 8080 sg-lb
    instance i-1
    instance i-2
    eni A private 10.0.1.21 instance=i-1 groups=sg-app
    eni B private 10.0.1.22 instance=i-2 groups=sg-app
    eni C private 10.0.1.23 groups=sg-app
";

/// The node is exposed and its targets are behind it. What no listener takes is not latent: nothing is there.
#[test]
fn s4_a_load_balancer_exposes_its_node() {
    let found = all(&[PUBLIC, OPEN, BALANCED]);
    let of_node: Vec<_> =
        lines(&found).into_iter().filter(|line| line.starts_with("lb-1") || line.starts_with('L')).collect();
    assert_eq!(of_node.len(), 1, "{of_node:?}");
    assert!(of_node[0].ends_with("IPv4: tcp 443 from internet: exposed"), "{of_node:?}");
    assert_eq!(found.behind.len(), 1);
    assert_eq!(found.behind[0].by, ["lb-1"]);
    assert_eq!(found.behind[0].target_port, Some(8080));
    assert_eq!(found.behind[0].targets, ["A", "B"]);
    assert_eq!(
        found.interfaces,
        Interfaces { all: 5, exposed: 2, behind: 2, unreachable: 1, ..Interfaces::default() }
    );
    assert_eq!(found.unreachable.len(), 1);
    assert_eq!(found.unreachable[0].reason, "no public address");
    assert_eq!(found.unreachable[0].of[0].name, "C");
    // Asked for a target alone, the way in is still found.
    let found = ask(&[PUBLIC, OPEN, BALANCED], Some("A"), "");
    assert_eq!(found.behind[0].targets, ["A"]);
    assert_eq!(found.interfaces, Interfaces { all: 1, behind: 1, ..Interfaces::default() });
    assert_eq!(found.surface.pairs, 0);
}

/// One target of two has no rule for the load balancer: half of its picks.
#[test]
fn a_share_of_picks_is_partial() {
    let broken = BALANCED.replace("instance=i-2 groups=sg-app", "instance=i-2 groups=sg-closed");
    let found = all(&[PUBLIC, OPEN, &broken]);
    let partial: Vec<_> = found.findings.iter().filter(|finding| finding.grade == Grade::Partial).collect();
    assert_eq!(partial.len(), 1);
    assert!((partial[0].share - 0.5).abs() < 1e-12);
    assert_eq!(gates(partial[0]), ["sg-closed in | no rule allows it"]);
    assert_eq!(found.behind[0].targets, ["A"]);
    // And where none has one, it is the groups of the targets that are left.
    let broken = broken.replace("instance=i-1 groups=sg-app", "instance=i-1 groups=sg-closed");
    let found = all(&[PUBLIC, OPEN, &broken]);
    let latent: Vec<_> = found.findings.iter().filter(|finding| finding.grade == Grade::Latent).collect();
    assert_eq!(latent.len(), 1);
    assert_eq!(latent[0].gates_left, Some(1));
    assert!(found.behind.is_empty());
}

/// No group lets anything in: unreachable, and by how many lines of defence.
#[test]
fn unreachable_says_why() {
    let closed =
        "eni P pub 10.0.0.15 public=203.0.113.15 groups=sg-closed\neni Q private 10.0.1.15 groups=sg-closed";
    let found = ask(&[PUBLIC, OPEN, closed], Some("P | Q"), "");
    assert!(found.findings.is_empty());
    let why =
        found.unreachable.iter().map(|one| (one.of[0].name.as_str(), one.reason.as_str(), one.also.len()));
    assert_eq!(
        why.collect::<Vec<_>>(),
        [("Q", "no public address", 2), ("P", "no security group lets anything in from the internet", 0)]
    );
}

/// A rule with a prefix list that the export lacks may let the internet in (S0.6): not exposed, and not safe.
#[test]
fn s0_6_an_unknown_rule_is_undecided() {
    let unknown =
        "pl pl-1 unknown\nsg sg-pl in: tcp 22 pl-1\neni U pub 10.0.0.16 public=203.0.113.16 groups=sg-pl";
    let found = ask(&[PUBLIC, OPEN, unknown], Some("U"), "");
    assert_eq!(lines(&found), ["U IPv4: tcp 22 from internet: undecided"]);
    assert_eq!(found.surface, Surface { pairs: 0, partial: 0, undecided: 1 });
    assert!(found.findings[0].reasons[0].contains("pl-1"), "{:?}", found.findings[0].reasons);
}

/// What comes over a private gateway is no way of the internet, although its addresses may look like it.
#[test]
fn a_private_gateway_is_no_way_of_the_internet() {
    let private = "
        vgw vgw-1
        table rtb-vpn: 0.0.0.0/0 vgw-1
        subnet vpn 10.0.2.0/24 table=rtb-vpn acl=acl-pub
        eni V vpn 10.0.2.10 groups=sg-ssh
    ";
    let found = ask(&[PUBLIC, OPEN, private], Some("V"), "");
    assert_eq!(lines(&found), ["V IPv4: tcp 22 from internet: latent(2)"]);
    assert_eq!(
        gates(&found.findings[0]),
        ["no public address", "no route to an internet gateway | 0.0.0.0/0 to vgw-1"]
    );
}

/// ICMP messages that ask for nothing are answered by nobody.
#[test]
fn services_that_ask_for_nothing_are_refused() {
    let check = |text: &str| check_services(&question::parse_services(text).unwrap());
    assert!(check("ssh,icmp/echo,proto/50").is_ok());
    let error = check("ssh,icmp/3/4").unwrap_err();
    assert_eq!(error.span, 4..12);
}
