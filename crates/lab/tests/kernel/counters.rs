//! What rules count.

use std::collections::HashMap;

use lab::counters::{self, Count};

use crate::sockets::{Echo, answers, dial};
use crate::support::{Standing, possible};
use crate::whole::{Named, text};

/// The counts of a lab's rules, by group or list, direction and the position of the rule.
fn counts(standing: &Standing<'_>) -> HashMap<String, Count> {
    let lab = &standing.lab;
    let found = counters::read(lab.topology(), lab.names(), &lab.rules().marks).unwrap();
    let model = lab.network().model();
    let name = |rule| match rule {
        engine::RuleRef::SecurityGroup(ix, at) => format!("{} {at}", model.security_groups.at(ix).id),
        engine::RuleRef::NetworkAcl(ix, at) => {
            let acl = model.network_acls.at(ix);
            let entry = acl.entries.get(at).unwrap();
            format!("{} {} {}", acl.id, if entry.egress { "out" } else { "in" }, entry.number)
        }
        engine::RuleRef::Missing => "missing".into(),
    };
    found.into_iter().map(|(rule, count)| (name(rule), count)).collect()
}

/// A list counts every packet (S2.13), a group the first of each tracked connection (S1.30), by whichever of several
/// elements of a rule it came.
#[test]
fn lists_count_every_packet_and_groups_every_connection() {
    if !possible("lists_count_every_packet_and_groups_every_connection") {
        return;
    }
    let network = testkit::network(&["
        vpc vpc-1 10.20.0.0/16
        subnet a 10.20.0.0/24 acl=acl-a
        subnet b 10.20.1.0/24 acl=acl-b
        acl acl-a in: 100 allow all 0.0.0.0/0
        acl acl-a out: 100 allow all 0.0.0.0/0
        acl acl-b in: 90 deny tcp 81 0.0.0.0/0 | 100 allow tcp 0-65535 10.20.0.0/16 | 110 allow udp 53 10.20.0.0/16 | 120 allow tcp 80 10.20.0.0/24
        acl acl-b out: 100 allow all 0.0.0.0/0
        sg sg-c out: tcp 80-81 10.20.0.0/16
        sg sg-s in: tcp 80 sg-c | tcp 443 10.20.0.0/16
        sg sg-idle in: tcp 80 10.20.0.0/16
        eni c a 10.20.0.10 groups=sg-c
        eni d a 10.20.0.11 groups=sg-c
        eni s b 10.20.1.10 groups=sg-s
    "]);
    let standing = Standing::up(&network);
    let _site = Echo::on(&standing.namespace("s"), 80);
    let before = counts(&standing);
    assert!(before.values().all(|count| *count == Count::default()), "{before:?}");
    for (machine, times) in [("c", 2), ("d", 1)] {
        let address = standing.state.host(machine).unwrap().addresses[0];
        for _ in 0..times {
            let mut session =
                dial(&standing.namespace(machine), &format!("{address}:0"), "10.20.1.10:80").unwrap();
            assert!(answers(&mut session));
        }
    }
    assert!(dial(&standing.namespace("c"), "10.20.0.10:0", "10.20.1.10:81").is_err());
    let after = counts(&standing);
    let packets = |name: &str| after.get(name).map(|count| count.packets);
    // Three connections to port 80, from two interfaces: one SYN each. That to port 81 is let out, too, and its SYN is
    // sent again while nobody answers.
    let refused = packets("acl-b in 90").unwrap();
    assert!(refused >= 1, "{after:?}");
    assert_eq!(packets("sg-c 0"), Some(3 + refused));
    assert_eq!((packets("sg-s 0"), packets("sg-s 1")), (Some(3), Some(0)));
    // 60 bytes each: a SYN with the options that Linux sends.
    assert_eq!(after["sg-s 0"].bytes, 180);
    // SYN, ACK and data at least.
    assert!(packets("acl-b in 100").unwrap() >= 9, "{after:?}");
    assert!(packets("acl-b out 100").unwrap() >= 6, "{after:?}");
    assert_eq!(packets("acl-b in 110"), Some(0));
    // What no packet can meet: an entry behind one that takes all of it, a group that nobody has.
    assert_eq!((packets("acl-b in 120"), packets("sg-idle 0")), (None, None));
}

/// As people and programs read it.
#[test]
fn counters_are_named_as_in_aws() {
    if !possible("counters_are_named_as_in_aws") {
        return;
    }
    let lab = Named::new("counters");
    assert_eq!(lab.run(&["up", "-i", "scenarios/two-tier/export"]).status.code(), Some(0));
    // Nobody listens: the list lets the SYN in and the refusal out.
    lab.run(&["exec", "world", "--", "bash", "-c", "exec 3<>/dev/tcp/203.0.113.20/443"]);
    let said = text(&lab.run(&["counters"]).stdout);
    let line =
        |start: &str| said.lines().find(|line| line.starts_with(start)).unwrap_or_else(|| panic!("{said}"));
    assert!(said.contains("allow tcp 443 from 0.0.0.0/0  "), "{said}");
    assert!(line("  in   allow tcp 443 from 0.0.0.0/0").ends_with("  1 packet  60 bytes"), "{said}");
    assert!(said.contains("  unused\n"), "{said}");
    let json = text(&lab.run(&["counters", "--format", "json"]).stdout);
    let json: serde_json::Value = serde_json::from_str(&json).unwrap();
    assert_eq!(json["schema"], "portcullis.lab-counters/1");
    let rules = json["rules"].as_array().unwrap();
    let taken: Vec<_> = rules.iter().filter(|rule| rule["packets"] != 0).collect();
    assert!(taken.iter().any(|rule| rule["kind"] == "network-acl" && rule["number"] == "100"), "{json:#}");
    let group: Vec<_> = taken.iter().filter(|rule| rule["kind"] == "security-group").collect();
    assert_eq!(group.len(), 1, "{json:#}");
    assert_eq!(
        (&group[0]["packets"], &group[0]["direction"], &group[0]["in_force"]),
        (&1.into(), &"in".into(), &true.into())
    );
    let status = text(&lab.run(&["status", "--format", "json"]).stdout);
    let status: serde_json::Value = serde_json::from_str(&status).unwrap();
    assert_eq!(status["schema"], "portcullis.lab-status/1");
    let web = status["machines"].as_array().unwrap().iter().find(|one| one["name"] == "web-1").unwrap();
    assert_eq!((&web["addresses"][0], &web["public"][0]), (&"10.1.0.10".into(), &"203.0.113.20".into()));
}
