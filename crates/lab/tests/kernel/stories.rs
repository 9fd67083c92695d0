//! The stories of the scenarios, with real sockets.

use std::net::TcpStream;
use std::path::Path;
use std::thread;
use std::time::Duration;

use engine::Network;
use render::Style;

use crate::sockets::{Echo, answers, dial};
use crate::support::{Standing, possible};

/// The network of a scenario.
pub(crate) fn scenario(path: &str) -> Network {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../scenarios").join(path);
    let style = Style { colour: false, unicode: false };
    (*cli::input::load(&[folder], style).unwrap().network).clone()
}

const WEB: &str = "203.0.113.20";
const ME: &str = "198.51.100.7";

fn ssh(standing: &Standing<'_>) -> std::io::Result<TcpStream> {
    dial(&standing.namespace("world"), &format!("{ME}:0"), &format!("{WEB}:22"))
}

/// `scenarios/forum-yum`: a server that downloads is a client, and the answer comes to its own port (S2.14, T1, T2).
#[test]
fn yum_update_hangs_and_is_mended() {
    if !possible("yum_update_hangs_and_is_mended") {
        return;
    }
    let (broken, mended) = (scenario("forum-yum/export-broken"), scenario("forum-yum/export-mended"));
    let standing = Standing::up(&broken);
    let _mirror = Echo::on(&standing.namespace("world"), 443);
    let _site = Echo::on(&standing.namespace("web-1"), 80);
    let yum = |standing: &Standing<'_>| {
        dial(&standing.namespace("web-1"), "10.0.1.15:0", "198.51.100.20:443")
            .is_ok_and(|mut s| answers(&mut s))
    };
    let visitor = |standing: &Standing<'_>| {
        dial(&standing.namespace("world"), "192.0.2.9:0", &format!("{WEB}:80"))
            .is_ok_and(|mut s| answers(&mut s))
    };
    assert!(!yum(&standing) && visitor(&standing));
    let standing = standing.apply(&mended);
    assert!(yum(&standing) && visitor(&standing));
}

/// `scenarios/ssh-survives`: what is tracked goes on without its rule (S1.37), and a list cuts it (S1.42, S2.16).
#[test]
fn a_tracked_session_survives_its_rule_and_not_a_deny() {
    if !possible("a_tracked_session_survives_its_rule_and_not_a_deny") {
        return;
    }
    let [tracked, removed, cut] =
        ["tracked", "removed", "cut"].map(|name| scenario(&format!("ssh-survives/{name}")));
    let standing = Standing::up(&tracked);
    let _sshd = Echo::on(&standing.namespace("web-1"), 22);
    let mut session = ssh(&standing).unwrap();
    assert!(answers(&mut session));
    let standing = standing.apply(&removed);
    assert!(answers(&mut session), "the session goes on");
    assert!(ssh(&standing).is_err(), "a new one finds no rule");
    let standing = standing.apply(&cut);
    assert!(!answers(&mut session), "the deny cuts it");
    let _standing = standing.apply(&removed);
    // What was sent meanwhile is sent again, at growing intervals.
    let recovered = (0..20).any(|_| {
        thread::sleep(Duration::from_millis(100));
        std::io::Read::read(&mut session, &mut [0; 4]).is_ok_and(|length| length > 0)
    });
    assert!(recovered, "without the deny it goes on");
}

/// The same where the rule is for everybody and everything may leave: no state, cut with the rule (S1.32, S1.38).
#[test]
fn an_untracked_session_is_cut_with_its_rule() {
    if !possible("an_untracked_session_is_cut_with_its_rule") {
        return;
    }
    let [untracked, removed] = ["untracked", "removed"].map(|name| scenario(&format!("ssh-survives/{name}")));
    let standing = Standing::up(&untracked);
    let _sshd = Echo::on(&standing.namespace("web-1"), 22);
    let mut session = ssh(&standing).unwrap();
    assert!(answers(&mut session));
    let _standing = standing.apply(&removed);
    assert!(!answers(&mut session), "it is cut at once");
}

/// `scenarios/sometimes-hangs`: exactly the client ports hang that the list does not let the replies go back to (S2.13,
/// T7).
#[test]
fn exactly_the_client_ports_outside_of_the_range_hang() {
    if !possible("exactly_the_client_ports_outside_of_the_range_hang") {
        return;
    }
    let network = scenario("sometimes-hangs/out-49152-65535");
    let standing = Standing::up(&network);
    let _site = Echo::on(&standing.namespace("web-1"), 80);
    for (port, works) in [(1025, false), (32768, false), (49151, false), (49152, true), (60999, true)] {
        let dialled = dial(&standing.namespace("app-1"), &format!("10.0.2.10:{port}"), "10.0.1.15:80");
        assert_eq!(dialled.is_ok_and(|mut stream| answers(&mut stream)), works, "client port {port}");
    }
    // In the same subnet no list is asked (S2.12).
    let neighbour = dial(&standing.namespace("web-2"), "0.0.0.0:32769", "10.0.1.15:80");
    assert!(neighbour.is_ok_and(|mut stream| answers(&mut stream)));
}

/// A scan from the internet finds open what the model says the internet reaches: every TCP port below 1024 of every public
/// address.
#[test]
fn a_scan_finds_what_the_model_says_is_exposed() {
    if !possible("a_scan_finds_what_the_model_says_is_exposed") {
        return;
    }
    let network = scenario("two-tier/export");
    let standing = Standing::up(&network);
    let mut open = Vec::new();
    for machine in ["web-1", "web-2"] {
        let interface = &standing.state.host(machine).unwrap().interfaces[0];
        let question = testkit::question(&network, &format!("192.0.2.9 -> @{interface}:tcp/1-1023 40000"));
        open.extend(
            standing.scan(question.flow, "192.0.2.9", 1..=1023).into_iter().map(|port| (machine, port)),
        );
    }
    // nacl-web and sg-web let 443 in from everywhere, and nothing else (S2.14).
    assert_eq!(open, [("web-1", 443), ("web-2", 443)]);
}

/// Each interface forgets idle flows after its own time (S1.43): what the kernel counts down for the two ends of one
/// connection.
#[test]
fn idle_timeouts_are_those_of_each_interface() {
    if !possible("idle_timeouts_are_those_of_each_interface") {
        return;
    }
    let network = testkit::network(&["
        vpc vpc-1 10.20.0.0/16
        subnet a 10.20.0.0/24
        sg sg-1 in: tcp 80 10.20.0.0/24
        sg sg-1 out: tcp 80 10.20.0.0/24
        eni w a 10.20.0.10 groups=sg-1 tcp-timeout=60
        eni p a 10.20.0.11 groups=sg-1
    "]);
    let standing = Standing::up(&network);
    let _site = Echo::on(&standing.namespace("p"), 80);
    let mut stream = dial(&standing.namespace("w"), "10.20.0.10:0", "10.20.0.11:80").unwrap();
    assert!(answers(&mut stream));
    let tracked = standing
        .lab
        .names()
        .fabric(0)
        .within(|| Ok(std::fs::read_to_string("/proc/thread-self/net/nf_conntrack").unwrap()));
    // `ipv4 2 tcp 6 SECONDS ESTABLISHED src=... zone=ZONE ...`; the zone is the interface's number.
    let seconds = |zone: &str| -> u32 {
        let text = tracked.as_ref().unwrap();
        let line = text.lines().find(|line| line.split_whitespace().any(|word| word == zone)).unwrap();
        line.split_whitespace().nth(4).unwrap().parse().unwrap()
    };
    assert!((30..=60).contains(&seconds("zone=1")), "{tracked:?}");
    assert!((431_000..=432_000).contains(&seconds("zone=2")), "{tracked:?}");
}
