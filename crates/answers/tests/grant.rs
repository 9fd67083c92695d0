//! Something is open until its end: the changes make it work and only add, what takes them away leaves everything as it
//! was, and who reads the network afterwards finds out when they end.

#![expect(clippy::unwrap_used, reason = "a test may stop at what it does not expect")]

use std::time::Duration;

use answers::explain::{Explainer, Options};
use answers::grant::{Moment, Plan, Refused, Request, expiries, grant};
use answers::intent::{self, FILE, Intent};
use answers::question;
use engine::{Network, Verdict};
use model::Change;

const CLOSED: &str = "
    vpc vpc-1 10.20.0.0/16
    igw igw-1
    table rtb-pub: 0.0.0.0/0 igw-1
    subnet pub 10.20.0.0/24 table=rtb-pub acl=acl-pub
    acl acl-pub in: 90 deny tcp 22 0.0.0.0/0 | 100 allow all 0.0.0.0/0
    acl acl-pub out: 100 allow all 0.0.0.0/0
    sg sg-web in: tcp 80 0.0.0.0/0
    eni W pub 10.20.0.10 public=198.51.100.10 groups=sg-web
    eni X pub 10.20.0.11 groups=sg-web
";

fn moment(text: &str) -> Moment {
    text.parse().unwrap()
}

fn intent(text: &str) -> Intent {
    intent::parse(FILE, text, &|_| Err("no file".into())).unwrap()
}

fn asked(network: &Network, text: &str, intent: &Intent, hours: u64, why: &str) -> Result<Plan, Refused> {
    let question = question::parse(text).unwrap();
    let (now, length) = (moment("2026-11-21T12:00:00Z"), Duration::from_secs(hours * 3_600));
    let me = Some("203.0.113.9".parse().unwrap());
    grant(network, &Request { question: &question, intent, me, now, length, why })
}

fn verdict(network: &Network, text: &str) -> Verdict {
    let explainer = Explainer::new(network, Some("203.0.113.9".parse().unwrap()), Options::default());
    explainer.explain(&question::parse(text).unwrap()).unwrap().verdict
}

#[test]
fn open_until_its_end() {
    let network = testkit::network(&[CLOSED]);
    let plan = asked(&network, "me -> W:ssh", &Intent::default(), 2, "T-123").unwrap();
    assert!(plan.is_proved() && !plan.is_idle());
    assert_eq!(plan.mark.expires, moment("2026-11-21T14:00:00Z"));
    // A deny in the way gets an entry before it, and stays.
    let adds = |change: &Change| {
        matches!(change, Change::AuthorizeSecurityGroup { .. } | Change::CreateNetworkAclEntry { .. })
    };
    assert!(plan.changes.iter().all(adds), "{:?}", plan.changes);
    assert_eq!(plan.list_tags.len(), 1);
    let mut open = network.after(&plan.changes).unwrap();
    assert_eq!(
        (verdict(&network, "me -> W:ssh"), verdict(&open, "me -> W:ssh")),
        (Verdict::Blocked, Verdict::Allowed)
    );
    let closed = open.after(&plan.undo).unwrap();
    let rules = |network: &Network| -> Vec<_> {
        let groups = network.model().security_groups.values().map(|group| group.rules.clone());
        let lists = network.model().network_acls.values().map(|acl| acl.entries.clone());
        groups.zip(lists).collect()
    };
    assert_eq!(rules(&closed), rules(&network));
    // As an export of it would say it.
    let description = "portcullis:expires=2026-11-21T14:00:00Z portcullis:why=T-123";
    let group = open.model().security_groups.get("sg-web").unwrap();
    assert!(group.rules.iter().any(|rule| rule.description.as_deref() == Some(description)));
    let mut snapshot = open.model().clone();
    for tag in &plan.list_tags {
        let acl = snapshot.network_acls.get_mut(tag.acl.as_str()).unwrap();
        acl.tags.0.push((tag.key.as_str().into(), tag.value.as_str().into()));
    }
    open = Network::new(model::Resolved::new(snapshot));
    let early = expiries(&open, moment("2026-11-21T13:59:59Z"));
    assert_eq!((early.overdue.len(), early.running.len()), (0, 2));
    let late = expiries(&open, moment("2026-11-21T14:00:00Z"));
    assert_eq!((late.overdue.len(), late.running.len(), late.unreadable.len()), (2, 0, 0));
    let removals: Vec<Change> = late.overdue.iter().filter_map(|granted| granted.remove.clone()).collect();
    assert_eq!(rules(&open.after(&removals).unwrap()), rules(&network));
    assert!(late.overdue.iter().all(|granted| granted.mark.why == "T-123"));
}

#[test]
fn what_works_needs_no_grant() {
    let network = testkit::network(&[CLOSED]);
    let plan = asked(&network, "internet -> W:80", &Intent::default(), 2, "T-123").unwrap();
    assert!(plan.is_idle() && plan.changes.is_empty());
    // X has no public address: no rule alone makes it reachable, so nothing is opened for nothing.
    let plan = asked(&network, "me -> X:ssh", &Intent::default(), 2, "T-123").unwrap();
    assert!(!plan.is_idle() && plan.changes.is_empty() && !plan.now.fix.unwrap().advice.is_empty());
}

#[test]
fn what_is_declared() {
    let network = testkit::network(&[CLOSED]);
    let temporary = "version: 1\nclosed: [W]\nallow: ['internet -> W:80']\ntemporary:\n  - { flow: 'me -> W:ssh', id: admin, max: 2h, approve: '#ops' }\n";
    let plan = asked(&network, "me -> W:ssh", &intent(temporary), 2, "T-123").unwrap();
    let under: Vec<_> =
        plan.under.iter().map(|under| (under.id.as_str(), under.approve.as_deref())).collect();
    assert_eq!(under, [("admin", Some("#ops"))]);
    assert!(plan.broken.is_empty(), "{:?}", plan.broken);
    let Err(Refused::Intent(errors)) = asked(&network, "me -> W:ssh", &intent(temporary), 3, "T-123") else {
        panic!("longer than it may be")
    };
    let error = errors.first().unwrap();
    assert_eq!(error.to_string(), "portcullis.yaml:5:5: `admin` may be granted for 2h at most");
    let denied = "version: 1\ndeny: ['internet -> W:ssh']\n";
    let plan = asked(&network, "me -> W:ssh", &intent(denied), 2, "T-123").unwrap();
    assert_eq!(plan.broken.first().map(|line| line.id.as_str()), Some("internet -> W:ssh"));
}

/// What descriptions of rules can hold, by AWS's reference of `IpRange`.
#[test]
fn reasons() {
    let network = testkit::network(&[CLOSED]);
    let with = |why: &str| match asked(&network, "me -> W:ssh", &Intent::default(), 2, why) {
        Err(Refused::Reason(error)) => error.to_string(),
        other => panic!("{other:?}"),
    };
    assert!(with("caf\u{e9}").starts_with("descriptions of rules cannot hold `\u{e9}`"));
    assert!(with(&"x".repeat(201)).contains("characters too long"));
    assert_eq!(with(" "), "expected a reason, such as the number of a ticket");
    let fits = asked(&network, "me -> W:ssh", &Intent::default(), 2, &"x".repeat(200)).unwrap();
    assert_eq!(fits.mark.description().len(), 255);
}

#[test]
fn marks_that_cannot_be_read_are_said() {
    let mut snapshot = testkit::snapshot(&[CLOSED]);
    let group = snapshot.security_groups.get_mut("sg-web").unwrap();
    group.rules.first_mut().unwrap().description = Some("portcullis:expires=tomorrow".into());
    let network = Network::new(model::Resolved::new(snapshot));
    let found = expiries(&network, moment("2026-11-21T14:00:00Z"));
    assert_eq!(found.unreadable.len(), 1);
    assert!(found.overdue.is_empty() && found.running.is_empty());
}
