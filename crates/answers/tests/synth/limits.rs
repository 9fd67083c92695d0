//! Block lists, and what quotas leave room for.

use super::*;

fn denied(lines: &[&str]) -> Vec<Denied> {
    let of = |line: &&str| Denied { id: (*line).to_owned(), question: question::parse(line).unwrap() };
    lines.iter().map(of).collect()
}

/// Requests and answers of what a block list names are stopped before anything is let pass (S2.3); groups need not know.
#[test]
fn block_lists_come_first() {
    let network = scenario("diagram-a/export");
    let names = Names::new(&network, None);
    let bad = denied(&["192.0.2.0/24 | 8.8.8.8 -> *"]);
    let lines = declared(&["internet - (192.0.2.0/24 | 8.8.8.8) -> web-1:80"]);
    let found = synth(&names, &lines, &bad, options(Closeness::Full)).unwrap();
    assert!(found.proof.holds() && found.unlisted.is_empty(), "{:?}", found.proof);
    let rows = [
        "sg-web-1",
        "  in allow tcp 80 from 0.0.0.0/0",
        "acl-web-1",
        "  in 10 deny all from 8.8.8.8/32",
        "  in 20 deny all from 192.0.2.0/24",
        "  in 100 allow tcp 80 from 0.0.0.0/0",
        "  out 10 deny all to 8.8.8.8/32",
        "  out 20 deny all to 192.0.2.0/24",
        "  out 100 allow tcp 1024-65535 to 0.0.0.0/0",
    ];
    assert_eq!(table(&found), rows);
    // Nothing but the block list needs the denies.
    assert_eq!(found.lists[0].lines[0], [1]);
    assert_eq!(found.lines[1], "192.0.2.0/24 | 8.8.8.8 -> *");
}

/// A list would stop the answers of those whom a declared line asks, and what is inside the network.
#[test]
fn what_is_spoken_with_is_not_blocked() {
    let network = scenario("diagram-a/export");
    let names = Names::new(&network, None);
    let bad = denied(&["192.0.2.0/24 -> *", "10.0.0.0/9 - * -> web-1", "192.0.2.0/24 -> web-1:ssh"]);
    let found = synth(&names, &declared(&["web-1 -> internet:443"]), &bad, options(Closeness::Full)).unwrap();
    assert!(found.proof.holds(), "{:?}", found.proof);
    let unlisted = [
        Unlisted { id: "192.0.2.0/24 -> *".into(), declared: Some(0) },
        Unlisted { id: "10.0.0.0/9 - * -> web-1".into(), declared: None },
    ];
    assert_eq!(found.unlisted, unlisted);
    assert!(!table(&found).iter().any(|row| row.contains("deny")), "{:#?}", table(&found));
}

/// 19 entries and the final deny are what a list takes (S2.19), 60 rules a group (S1.53), which cannot deny.
#[test]
fn what_block_lists_do_not_fit_into_is_said() {
    let network = scenario("diagram-a/export");
    let names = Names::new(&network, None);
    let blocks: Vec<String> = (0..19).map(|number| format!("192.0.2.{}/32", number * 2)).collect();
    let many = denied(&[&format!("{} -> *", blocks.join(" | "))]);
    let refused = |lines: &[&str], bad: &[Denied], closeness| {
        let found = synth(&names, &declared(lines), bad, options(closeness)).map(|found| table(&found));
        let reasons = found.unwrap_err();
        let quota = |reason: &Impossible| match reason {
            Impossible::Quota { exceeded, lines, deny_instead } => {
                (exceeded.count, lines.clone(), *deny_instead)
            }
            other => panic!("{other:?}"),
        };
        reasons.iter().map(quota).collect::<Vec<_>>()
    };
    let served = format!("internet - ({}) -> web-1:80", blocks.join(" | "));
    // 19 denies, the allow, and the final deny, in both directions; larger blocks would stop visitors.
    let lines = vec![served.clone(), many[0].id.clone()];
    assert_eq!(refused(&[&served], &many, Closeness::Full), [(21, lines.clone(), false), (21, lines, false)]);
    let around = "internet - (192.0.2.1 | 8.8.8.8 | 1.1.1.1) -> web-1:80";
    let found = refused(&[around], &[], Closeness::None);
    let [(count, lines, true)] = found.as_slice() else { panic!("{found:?}") };
    assert!(*count > 60, "{count}");
    assert_eq!(*lines, [around]);
}

/// More subnets ask than a list has entries for (S2.19). Larger blocks let more past the lists and nothing past the groups.
#[test]
fn larger_blocks_where_they_do_no_harm() {
    let mut text = "
        vpc vpc-1 10.0.0.0/16
        sg sg-old
        subnet db 10.0.200.0/24
        eni D db 10.0.200.10 groups=sg-old
    "
    .to_owned();
    for number in (0..40).step_by(2) {
        text.push_str(&format!("subnet app-{number} 10.0.{number}.0/24\n"));
        text.push_str(&format!("eni A{number} app-{number} 10.0.{number}.10 groups=sg-old\n"));
    }
    let network = testkit::network(&[&text]);
    let found = of(&network, &["subnet:app-* -> D:5432"], Closeness::Full);
    assert!(found.proof.holds(), "{:?}", found.proof);
    // 20 blocks are one too many beside the final deny: the first of those that are nearest become one.
    let of_db = |egress| found.widened.iter().filter(move |widened| widened.egress == egress);
    for egress in [false, true] {
        let [widened] = of_db(egress).collect::<Vec<_>>()[..] else { panic!("{:?}", found.widened) };
        assert_eq!((widened.into.to_string().as_str(), widened.extra), ("10.0.0.0/22", 512));
        assert_eq!(widened.blocks.len(), 2);
    }
    let names = Names::new(&network, None);
    let more = Options { max_entries: Some(40), ..options(Closeness::Full) };
    let found = synth(&names, &declared(&["subnet:app-* -> D:5432"]), &[], more).unwrap();
    assert!(found.widened.is_empty() && found.proof.holds());
}

/// Who is let in beside those who are declared is for the user to allow, and is said.
#[test]
fn larger_blocks_where_they_let_more_pass() {
    let network = scenario("diagram-a/export");
    let names = Names::new(&network, None);
    let clients: Vec<String> = (0..20).map(|number| format!("192.0.2.{}/32", number * 3)).collect();
    let line = format!("{} -> web-1:80", clients.join(" | "));
    let lines = declared(&[&line]);
    // A list alone lets nobody in: there larger blocks are harmless.
    let found = synth(&names, &lines, &[], options(Closeness::Full)).unwrap();
    assert!(found.proof.holds() && found.widened.iter().all(|widened| widened.id.as_str() == "acl-web-1"));
    assert_eq!(found.widened.len(), 2, "{:?}", found.widened);
    let few = Options { max_rules: Some(15), ..options(Closeness::Full) };
    let refused = synth(&names, &lines, &[], few).map(|found| table(&found)).unwrap_err();
    let named: Vec<_> = refused
        .iter()
        .map(|reason| match reason {
            Impossible::Quota { exceeded, lines, .. } => (exceeded.count, exceeded.limit, lines.clone()),
            other => panic!("{other:?}"),
        })
        .collect();
    let line = vec![line];
    assert_eq!(named, [(20, 15, line.clone()), (21, 20, line.clone()), (21, 20, line)]);
    let few = Options { aggregate: true, ..few };
    let found = synth(&names, &lines, &[], few).unwrap();
    let of_group = found.widened.iter().filter(|widened| widened.id.as_str() == "sg-web-1").count();
    assert!(of_group > 0 && !found.proof.undeclared.is_empty(), "{:?}", found.widened);
    assert!(found.proof.unmet.is_empty());
    assert!(found.groups[0].group.rules.len() <= 15, "{:#?}", table(&found));
}
