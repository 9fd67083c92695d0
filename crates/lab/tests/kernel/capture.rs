//! Captured packets.

use std::process::Command;

use lab::namespace::Namespace;

use crate::sockets::{Echo, answers, dial};
use crate::support::possible;
use crate::whole::{Named, text};

/// What a machine sends is seen though groups stop it; what comes to it only if no gate does.
#[test]
fn a_capture_sees_what_leaves_and_what_arrives() {
    if !possible("a_capture_sees_what_leaves_and_what_arrives") {
        return;
    }
    let lab = Named::new("capture");
    assert_eq!(lab.run(&["up", "-i", "scenarios/two-tier/export"]).status.code(), Some(0));
    let file = std::env::temp_dir().join(format!("{}.pcap", lab.0));
    let written = lab.follow(&["capture", "web-1", "--write", file.to_str().unwrap()]);
    let shown = lab.follow(&["capture", "10.1.0.10"]);
    let [web, world] = ["h1", "world"].map(|name| Namespace::new(format!("{}-{name}", lab.0)));
    {
        let _site = Echo::on(&web, 443);
        let mut session = dial(&world, "203.0.113.1:40000", "203.0.113.20:443").unwrap();
        assert!(answers(&mut session));
        assert!(dial(&world, "203.0.113.1:40001", "203.0.113.20:22").is_err());
        // sg-web lets nothing out.
        assert!(dial(&web, "10.1.0.10:40002", "10.1.10.10:3306").is_err());
    }
    let shown = shown.end();
    let has = |words: &str| shown.lines().any(|line| line.contains(words));
    assert!(has(" eth0 In  IP 203.0.113.1.40000 > 10.1.0.10.443: Flags [S], length 0"), "{shown}");
    assert!(has(" eth0 Out IP 10.1.0.10.443 > 203.0.113.1.40000: Flags [S.], length 0"), "{shown}");
    assert!(has(" eth0 In  IP 203.0.113.1.40000 > 10.1.0.10.443: Flags [P.], length 4"), "{shown}");
    assert!(has(" eth0 Out IP 10.1.0.10.40002 > 10.1.10.10.3306: Flags [S], length 0"), "{shown}");
    assert!(!has(".40001 "), "the list stops it before: {shown}");
    assert_eq!(written.end(), "");
    // Read by somebody else, where that is at hand.
    let read = Command::new("tcpdump").args(["-n", "-r"]).arg(&file).output();
    std::fs::remove_file(&file).unwrap();
    match read {
        Ok(read) => {
            let said = text(&read.stdout);
            assert!(read.status.success(), "{}", text(&read.stderr));
            assert!(said.contains("IP 203.0.113.1.40000 > 10.1.0.10.443: Flags [S], seq "), "{said}");
            // As many packets, in the same order.
            assert_eq!(said.lines().count(), shown.lines().count(), "{said}\n{shown}");
        }
        Err(error) => {
            assert!(std::env::var_os("CI").is_none_or(|ci| ci != "true"), "tcpdump: {error}");
            eprintln!("skipped: reading the file with tcpdump: {error}");
        }
    }
    let few = lab.run(&["capture", "eni-0dd9f01cc167a60da", "--for", "1s"]);
    assert_eq!(few.status.code(), Some(0));
    assert_eq!(text(&few.stderr), "capturing at eth0 of eni-0dd9f01cc167a60da\n0 packets\n");
    let nobody = lab.run(&["capture", "web-9"]);
    assert_eq!(nobody.status.code(), Some(2));
}
