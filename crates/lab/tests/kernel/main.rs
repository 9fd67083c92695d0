//! The lab with real packets: the kernel against the model, and stories with real sockets.
//!
//! These need root and nftables. Elsewhere they are skipped, and say why; with `CI=true` they fail instead.
#![expect(clippy::unwrap_used, clippy::panic, reason = "a test may stop at what it does not expect")]

mod balancers;
mod capture;
mod changes;
mod changes_random;
mod changes_whole;
mod counters;
mod differential;
#[path = "../../../cli/tests/emulator/mod.rs"]
mod emulator;
mod endpoint;
mod flow_log;
mod mistakes;
mod nmap;
mod regressions;
mod rootless;
mod same;
mod size;
mod sockets;
mod stories;
mod support;
mod told;
mod ways;
mod whole;

/// The one that `portcullis-lab` has.
#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;
