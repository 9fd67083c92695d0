//! Whether the lab can run here: said before anything is touched.

use std::fs;
use std::process::{Command, Stdio};
use std::thread;

use nix::sched::{CloneFlags, unshare};

use crate::error::LabError;

/// `CAP_NET_ADMIN`, `CAP_NET_RAW` and `CAP_SYS_ADMIN`, by their numbers in `/proc/self/status`.
const CAPABILITIES: [(u32, &str, &str); 3] = [
    (12, "CAP_NET_ADMIN", "to make links and routes"),
    (13, "CAP_NET_RAW", "to send crafted packets"),
    (21, "CAP_SYS_ADMIN", "to make namespaces"),
];

/// A table with everything that the lab's rules use; it is loaded into a namespace that ends with the check.
const EVERYTHING: &str = r#"table inet portcullis_check {
  map z { typeof iifname : ct zone; elements = { "e1" : 1 } }
  map m { type inet_proto . ipv4_addr . inet_service : mark; flags interval; counter
    elements = { 6 . 0.0.0.0-9.255.255.255 . 0-79 : 0x5 } }
  map n { type ipv4_addr : ipv4_addr; elements = { 192.0.2.1 : 192.0.2.2 } }
  set f { type ifname . ipv4_addr . inet_proto; size 65535; flags dynamic,timeout; timeout 10m
  }
  chain a { type filter hook prerouting priority raw; policy accept
    ct zone set iifname map @z
    meta l4proto 50 notrack
    ip daddr set ip daddr map @n
  }
  chain b { type filter hook forward priority filter; policy drop
    ct state established,related accept
    meta mark set meta l4proto . ip daddr . th dport map @m
    update @f { iifname . ip daddr . meta l4proto }
    ip dscp 42 log prefix "x" group 1 snaplen 192
  }
}
"#;

/// Checks rights, tools and features of the kernel.
///
/// # Errors
/// With all that is missing.
pub fn check() -> Result<(), LabError> {
    let mut missing = Vec::new();
    let held = capabilities();
    for (number, name, why) in CAPABILITIES {
        if held.is_none_or(|held| held & (1 << number) == 0) {
            missing.push(format!("{name} is needed {why}: run it as root"));
        }
    }
    let nft = Command::new("nft").arg("--version").stdout(Stdio::null()).stderr(Stdio::null()).status();
    if !nft.is_ok_and(|status| status.success()) {
        missing.push("`nft` is needed: install nftables".into());
    }
    if missing.is_empty() {
        missing.extend(features().err());
    }
    if missing.is_empty() { Ok(()) } else { Err(LabError::Missing(missing)) }
}

/// The capabilities in effect.
fn capabilities() -> Option<u64> {
    let status = fs::read_to_string("/proc/self/status").ok()?;
    let line = status.lines().find_map(|line| line.strip_prefix("CapEff:"))?;
    u64::from_str_radix(line.trim(), 16).ok()
}

/// Tries what the rules use, in a namespace without a name.
fn features() -> Result<(), String> {
    let work = || -> Result<(), String> {
        unshare(CloneFlags::CLONE_NEWNET)
            .map_err(|error| format!("no network namespace can be made: {error}"))?;
        let child = Command::new("nft")
            .args(["-f", "-"])
            .stdin(Stdio::piped())
            .stdout(Stdio::null())
            .stderr(Stdio::piped())
            .spawn();
        let mut child = child.map_err(|error| format!("`nft` could not be started: {error}"))?;
        if let Some(mut input) = child.stdin.take() {
            let _ = std::io::Write::write_all(&mut input, EVERYTHING.as_bytes());
        }
        let output = child.wait_with_output().map_err(|error| format!("`nft` failed: {error}"))?;
        if output.status.success() {
            return Ok(());
        }
        let said = String::from_utf8_lossy(&output.stderr);
        Err(format!("the kernel lacks a feature of nftables: {}", said.lines().next().unwrap_or_default()))
    };
    thread::scope(|scope| scope.spawn(work).join().unwrap_or_else(|_| Err("the check was given up".into())))
}
