//! What files say, and what is said of those that say it wrong.

use super::*;
use crate::question::Service;

fn read(text: &str) -> Result<Intent, Vec<String>> {
    let file_of = |name: &str| match name {
        "bad.txt" => Ok("# ours\n203.0.113.7\n198.51.100.0/24 # office\n\n2001:db8::/32\n".to_owned()),
        "wrong.txt" => Ok("10.0.0.1/8\nhome\n".to_owned()),
        _ => Err("no such file".to_owned()),
    };
    parse("portcullis.yaml", text, &file_of).map_err(|errors| {
        let line = |error: &IntentError| {
            let help = error.help.as_ref().map_or(String::new(), |help| format!(" ({help})"));
            format!("{error}{help}")
        };
        errors.iter().map(line).collect()
    })
}

fn errors(text: &str) -> Vec<String> {
    read(text).unwrap_err()
}

const TWO_TIER: &str = r##"version: 1
names:
  web:    sg:web & subnet:web-*
  db:     sg:db  & subnet:db-*
  office: 198.51.100.0/24
  bad:    file:bad.txt
  others: "* - tiers"
  tiers:  web | db
profiles: { internet: 1024-65535, web: linux }
allow:
  - { flow: "internet - bad -> web:443", why: the shop }
  - { flow: "web -> db:mysql",           why: orders, id: orders }
  - office -> web:icmp/echo   # why: ping
deny:
  - { flow: "(* - web) -> db:any", layers: 2, id: only-web-reaches-db }
  - web -> internet:any
closed: [db, { ends: web, why: nothing else }]
temporary:
  - { flow: "office -> web:ssh", max: 2h, approve: "#ops" }
waive:
  - { finding: PC0302, on: sg:web, until: 2027-01-31, why: migration }
expect:
  - subnet:db-* uses nacl:db
  - { uses: "db uses sg:db", id: group }
audit: { skip: [PC0303, { rule: PC0205, why: later }], severity: warning }
"##;

#[test]
fn a_whole_file() {
    let intent = read(TWO_TIER).unwrap();
    let names: Vec<&str> = intent.names.iter().map(|defined| defined.name.as_str()).collect();
    assert_eq!(names, ["web", "db", "office", "bad", "tiers", "others"], "each behind those it speaks of");
    let Meaning::Blocks { blocks, .. } = &intent.names[3].meaning else { panic!("a file") };
    let blocks: Vec<String> = blocks.iter().map(ToString::to_string).collect();
    assert_eq!(blocks, ["203.0.113.7/32", "198.51.100.0/24", "2001:db8::/32"]);
    let profiles: Vec<_> =
        intent.profiles.iter().map(|of| (of.text.as_str(), of.ports.from, of.ports.to)).collect();
    assert_eq!(profiles, [("internet", 1024, 65535), ("web", 32768, 60999)]);

    let allow: Vec<_> =
        intent.allow.iter().map(|allow| (allow.line.id.as_str(), allow.line.why.as_deref())).collect();
    assert_eq!(
        allow,
        [
            ("internet - bad -> web:443", Some("the shop")),
            ("orders", Some("orders")),
            ("office -> web:icmp/echo", Some("ping"))
        ]
    );
    assert_eq!(intent.allow[1].flow.services[0].node, Service::Tcp(crate::question::PortRange::single(3306)));
    assert_eq!(intent.allow[2].line.place.to_string(), "portcullis.yaml:13:5");
    assert_eq!(intent.deny.iter().map(|deny| deny.two_layers).collect::<Vec<_>>(), [true, false]);
    let closed: Vec<_> =
        intent.closed.iter().map(|closed| (closed.text.as_str(), closed.line.id.as_str())).collect();
    assert_eq!(closed, [("db", "closed: db"), ("web", "closed: web")]);
    assert_eq!(intent.temporary[0].max.as_deref(), Some("2h"));
    let waive = &intent.waive[0];
    assert_eq!(
        (waive.finding.as_str(), waive.on.as_ref().map(|(text, _)| text.as_str())),
        ("PC0302", Some("sg:web"))
    );
    assert!(waive.holds("2027-01-31".parse().unwrap()) && !waive.holds("2027-02-01".parse().unwrap()));
    let expect: Vec<_> =
        intent.expect.iter().map(|of| (of.text.as_str(), of.uses, of.glob.as_str())).collect();
    assert_eq!(expect, [("subnet:db-*", Expected::NetworkAcl, "db"), ("db", Expected::SecurityGroup, "db")]);
    assert_eq!(
        intent.audit.skip.iter().map(|skip| skip.rule.as_str()).collect::<Vec<_>>(),
        ["PC0303", "PC0205"]
    );
    assert_eq!(intent.audit.severity.as_ref().map(|(level, _)| level.as_str()), Some("warning"));
}

#[test]
fn nothing_is_an_intent_of_nothing() {
    for text in ["", "# later\n", "version: 1\nallow:\ndeny: []\nnames:\n", "\u{feff}version: 1\n"] {
        assert_eq!(read(text), Ok(Intent::default()), "{text:?}");
    }
    assert_eq!(read("me: '2001:db8::9'\n").unwrap().me, Some("2001:db8::9".parse().unwrap()));
}

#[test]
fn errors_say_where_and_what() {
    for (text, expected) in [
        ("alow: []", "portcullis.yaml:1:1: unknown key `alow` in the intent (did you mean `allow`?)"),
        ("version: 2", "portcullis.yaml:1:10: `version`: expected 1, the only one there is"),
        ("me: home", "portcullis.yaml:1:5: `me`: expected an address such as 198.51.100.7, found `home`"),
        (
            "allow:\n  - web > db",
            "portcullis.yaml:2:9: expected `->`, found `>` (a name with white space in it needs quotes)",
        ),
        (
            "allow:\n  - { flow: \"web -> shop:mysq\" }",
            "portcullis.yaml:2:26: unknown service `mysq` (did you mean `mysql`?)",
        ),
        (
            "deny:\n  - 'a -> b : http:/admin*'",
            "portcullis.yaml:2:20: paths of requests are decided by a web ACL, which portcullis does not model yet (leave `/admin*` out to ask about the connection)",
        ),
        (
            "allow:\n  - a -> b within 2h",
            "portcullis.yaml:2:19: `within` is understood but not checked (leave it out; a flow for a while goes below `temporary`)",
        ),
        (
            "allow:\n  - { flow: a -> b, layers: 2 }",
            "portcullis.yaml:2:21: unknown key `layers` in `allow` (the keys are flow, id, why)",
        ),
        (
            "deny:\n  - { flow: a -> b, layers: 3 }",
            "portcullis.yaml:2:29: `layers`: expected 1, or 2 for security groups and network ACLs each alone",
        ),
        (
            "deny: a -> b",
            "portcullis.yaml:1:7: `deny`: expected a list, found `a -> b` (write `deny: [..]`, or an item a line, each behind `- `)",
        ),
        (
            "deny:\n  - { id: x }",
            "portcullis.yaml:2:5: a line of `deny` without `flow` (write `{ flow: \"a -> b:443\" }`)",
        ),
        (
            "names: { internet: sg:a }",
            "portcullis.yaml:1:10: `internet` means something else in questions (give it another name)",
        ),
        (
            "names: { web: web }",
            "portcullis.yaml:1:15: `web` stands for itself (write the kind of the resource that is called so: `sg:web`)",
        ),
        ("names: { a: file:gone.txt }", "portcullis.yaml:1:13: `gone.txt` could not be read: no such file"),
        (
            "profiles: { web: linus }",
            "portcullis.yaml:1:18: `linus` is no kind of client and no range of ports (did you mean `linux`?)",
        ),
        (
            "profiles: { web: 9-1 }",
            "portcullis.yaml:1:18: `9-1` is no kind of client and no range of ports (write a range such as 1024-65535, or one of linux, linux-doc, windows, windows-legacy, elb, nat-gateway, lambda, macos, bsd, internet, any)",
        ),
        (
            "temporary:\n  - { flow: a -> b, max: soon }",
            "portcullis.yaml:2:26: `soon` is not a duration (write a number and `s`, `m`, `h` or `d`: `2h`)",
        ),
        (
            "waive:\n  - { finding: SG1, why: x }",
            "portcullis.yaml:2:16: expected the id of a rule such as PC0302, found `SG1`",
        ),
        ("waive:\n  - { finding: PC0302 }", "portcullis.yaml:2:5: a line of `waive` without `why`"),
        (
            "waive:\n  - { finding: PC0302, why: x, until: 2027-02-30 }",
            "portcullis.yaml:2:39: `until`: expected a day such as 2027-01-31, found `2027-02-30`",
        ),
        (
            "expect:\n  - subnet:a has nacl:b",
            "portcullis.yaml:2:5: expected `subnet:db-* uses nacl:db`, found `subnet:a has nacl:b`",
        ),
        (
            "expect:\n  - subnet:a uses rtb:b",
            "portcullis.yaml:2:5: expected `nacl:` or `sg:` and a name behind `uses`, found `rtb:b`",
        ),
        (
            "audit: { severity: eror }",
            "portcullis.yaml:1:20: `severity`: expected note, warning or error, found `eror` (did you mean `error`?)",
        ),
        (
            "closed: [a, a]",
            "portcullis.yaml:1:13: `closed: a` is the id of line 1 too (give one of them another `id:`)",
        ),
        ("- a", "portcullis.yaml:1:1: the intent: expected `key: value`, found a list"),
        ("allow:\n\t- a -> b", "portcullis.yaml:2:2: no YAML: "),
        (
            "allow:\n  - true",
            "portcullis.yaml:2:5: expected a flow such as `web -> db:mysql`, found `true` (put it in quotes if it is meant as a text)",
        ),
        (
            "version: 1\n---\nversion: 1\n",
            "portcullis.yaml:3:1: expected one document, found another behind `---`",
        ),
    ] {
        let found = errors(text);
        assert!(found.len() == 1 || text.contains("SG1"), "{found:?}");
        match expected.strip_suffix("no YAML: ") {
            Some(place) => assert!(found[0].starts_with(place), "{found:?}"),
            None => assert_eq!(found[0], expected),
        }
    }
}

#[test]
fn several_errors_at_once_in_the_order_of_lines() {
    let found = errors(
        "deny:\n  - a ->\nnames:\n  a: b\n  b: a | c\n  c: 10.0.0.0/8\n  d: file:wrong.txt\nalow: 1\n",
    );
    let expected = [
        "portcullis.yaml:2:9: expected a destination, found the end",
        "portcullis.yaml:4:6: `a` stands for names that in the end stand for it (say without them what one of these names is)",
        "portcullis.yaml:5:6: `b` stands for names that in the end stand for it (say without them what one of these names is)",
        "portcullis.yaml:8:1: unknown key `alow` in the intent (did you mean `allow`?)",
        "wrong.txt:1:1: `10.0.0.1/8` has bits set behind its prefix; expected 10.0.0.0/8",
        "wrong.txt:2:1: expected an address or a block, found `home`",
    ];
    assert_eq!(found, expected);
}

#[test]
fn no_text_is_too_deep() {
    assert_eq!(
        errors(&"[".repeat(100_000)),
        ["portcullis.yaml:1:1: longer than 16 MiB, or nested deeper than 64"]
    );
    let deep: String = (0..1000).map(|depth| format!("{}a:\n", " ".repeat(depth))).collect();
    assert_eq!(errors(&deep).len(), 1);
}

/// The keys of an object of the schema: of the file itself, of a definition, or of the items of a list.
fn keys(schema: &serde_json::Value, key: &str) -> Vec<String> {
    let of = |object: &serde_json::Value| -> Vec<String> {
        assert_eq!(object["additionalProperties"], serde_json::Value::Bool(false), "{key}");
        object["properties"].as_object().unwrap().keys().cloned().collect()
    };
    if key.is_empty() {
        return of(schema);
    }
    let definition = &schema["$defs"][key];
    if definition["properties"].is_object() {
        return of(definition);
    }
    let property = &schema["properties"][key];
    let items = &property["items"];
    let object = [property, items].into_iter().chain(items["anyOf"].as_array().into_iter().flatten());
    of(object.into_iter().find(|one| one["properties"].is_object()).unwrap())
}

#[test]
fn the_schema_has_the_keys_of_the_parser() {
    let schema: serde_json::Value = serde_json::from_str(SCHEMA).unwrap();
    for (key, known) in KEYS {
        let mut of_schema = keys(&schema, key);
        of_schema.sort();
        let mut known: Vec<String> = known.iter().map(|key| (*key).to_owned()).collect();
        known.sort();
        assert_eq!(of_schema, known, "{key}");
    }
    let kinds: Vec<&str> = engine::ephemeral::CLIENT_KINDS.iter().map(|kind| kind.key).collect();
    let of_schema = &schema["properties"]["profiles"]["additionalProperties"]["anyOf"][0]["enum"];
    assert_eq!(*of_schema, serde_json::json!(kinds));
}

const TO_BE: &str = "network:
  shop:
    cidrs: [10.0.0.0/16, 2001:db8::/56]
    public:
      public-a: [10.0.0.0/24, 2001:db8:0:1::/64]
    nat: { app-a: 10.0.2.0/24 }
    nat-gateway: public-a
    private: { db-a: 10.0.4.0/24 }
    tiers: { web: app-a, db: [db-a] }
    load-balancers:
      front: { kind: application, subnets: public-a, listens: [80 -> web:8080, 443 -> web:8443] }
";

#[test]
fn a_network_to_be() {
    let intent = read(TO_BE).unwrap();
    let [vpc] = intent.network.as_slice() else { panic!("{:?}", intent.network) };
    let subnets: Vec<_> = vpc.subnets.iter().map(|of| (of.name.as_str(), of.way_out)).collect();
    assert_eq!(subnets, [("public-a", WayOut::Internet), ("app-a", WayOut::Nat), ("db-a", WayOut::None)]);
    let listens: Vec<_> = vpc.load_balancers[0].listens.iter().map(|of| (of.port, of.target)).collect();
    assert_eq!(listens, [(80, 8080), (443, 8443)]);
    let snapshot = to_be(&intent.network);
    // Two of each tier and of each subnet, the node of the load balancer not yet, and the NAT gateway.
    assert_eq!(snapshot.network_interfaces.values().count(), 5);
    let routes = |table: &str| snapshot.route_tables.get(table).unwrap().routes.len();
    // Two local ones, and the default ones of the families.
    assert_eq!(["shop/internet-routes", "shop/nat-routes", "shop/main-routes"].map(routes), [4, 4, 2]);
}

#[test]
fn what_is_wrong_with_a_network_to_be() {
    for (good, bad, said) in [
        (
            "tiers: { web: app-a",
            "teirs: { web: app-a",
            "9:5: unknown key `teirs` in a VPC (did you mean `tiers`?)",
        ),
        (
            "nat-gateway: public-a",
            "nat-gateway: app-a",
            "7:18: expected a subnet below `public`, found `app-a` (there are public-a)",
        ),
        (
            "    nat-gateway: public-a\n",
            "",
            "6:10: subnets behind a NAT gateway, and no `nat-gateway` (write `nat-gateway: NAME`, the subnet below `public` that it is in)",
        ),
        (
            "10.0.2.0/24",
            "10.0.2.1/24",
            "6:19: `10.0.2.1/24` has bits set behind its prefix (did you mean `10.0.2.0/24`?)",
        ),
        ("10.0.2.0/24", "10.0.0.128/25", "6:19: 10.0.0.128/25 overlaps the subnet `public-a`"),
        ("10.0.2.0/24", "10.1.0.0/24", "6:19: 10.1.0.0/24 is not in the VPC `shop`"),
        (
            "10.0.2.0/24",
            "10.0.2.0/29",
            "6:19: `10.0.2.0/29` is of a size that AWS refuses: expected /16 to /28",
        ),
        (
            "web: app-a",
            "web: app-b",
            "9:19: expected a subnet of the VPC, found `app-b` (did you mean `app-a`?)",
        ),
        ("db: [db-a]", "db-a: [db-a]", "9:26: `db-a` is the name of something else too"),
        (
            "db: [db-a]",
            "internet: [db-a]",
            "9:26: `internet` is no name for it (expected letters, digits and `-`, and no word that questions have)",
        ),
        (
            "kind: application",
            "kind: aplication",
            "11:22: expected application, network or classic, found `aplication` (did you mean `application`?)",
        ),
        (
            "443 -> web:8443",
            "443 -> wep:8443",
            "11:80: no tier of the VPC is called `wep` (did you mean `web`?)",
        ),
        (
            "443 -> web:8443",
            "443",
            "11:80: expected a port and what is behind it, such as `443 -> web:8080`, found `443`",
        ),
    ] {
        assert!(TO_BE.contains(good), "{good}");
        // What speaks of it may be wrong then too.
        let errors = errors(&TO_BE.replace(good, bad));
        assert_eq!(errors.first(), Some(&format!("portcullis.yaml:{said}")), "{bad}");
    }
}
