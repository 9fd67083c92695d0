//! Nodes from outside: started, told what to do, asked how their targets are.

use std::io::{BufRead, BufReader, Write};
use std::os::linux::net::SocketAddrExt;
use std::os::unix::net::{SocketAddr, UnixStream};
use std::os::unix::process::CommandExt;
use std::path::Path;
use std::process::{Command, Stdio};
use std::time::Duration;

use super::config::{NodeConfig, Order, Reply, TargetHealth};
use super::serve::{READY, SOCKET};
use crate::error::{Doing, LabError};
use crate::namespace::Namespace;

/// What makes the program a node: `portcullis-lab NODE`, which people have no use for.
pub const NODE: &str = "run-node";
/// How long a node may take to answer.
const PATIENCE: Duration = Duration::from_secs(5);

/// Starts a node's process in its namespace, and waits until it takes connections.
///
/// # Errors
/// If it cannot be started, or says that it cannot begin.
pub fn start(program: &Path, config: &NodeConfig) -> Result<(), LabError> {
    let namespace = Namespace::new(&config.namespace);
    let text = text(config)?;
    namespace.within(|| {
        let failed = || format!("the load balancer's node in `{}` could not be started", namespace.name());
        let mut child = Command::new(program)
            .arg(NODE)
            // Neither what is typed at the terminal nor its end is for it.
            .process_group(0)
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
            .doing(failed)?;
        if let Some(mut input) = child.stdin.take() {
            input.write_all(text.as_bytes()).doing(failed)?;
        }
        let mut line = String::new();
        if let Some(output) = child.stdout.take() {
            BufReader::new(output).read_line(&mut line).doing(failed)?;
        }
        if line.trim() == READY {
            return Ok(());
        }
        let output = child.wait_with_output().doing(failed)?;
        let said = String::from_utf8_lossy(&output.stderr);
        Err(LabError::State(format!(
            "{}: {}",
            failed(),
            said.lines().next().unwrap_or("it does not say why")
        )))
    })
}

/// Has a node that runs do what a configuration says.
///
/// # Errors
/// If it does not run, or refuses.
pub fn configure(config: &NodeConfig) -> Result<(), LabError> {
    match ask(&Namespace::new(&config.namespace), &Order::Configure(config.clone()))? {
        Reply::Refused(reason) => Err(LabError::State(format!("`{}`: {reason}", config.namespace))),
        Reply::Done | Reply::Health(_) => Ok(()),
    }
}

/// How a node's targets are.
///
/// # Errors
/// If it does not run.
pub fn report(namespace: &Namespace) -> Result<Vec<TargetHealth>, LabError> {
    match ask(namespace, &Order::Report)? {
        Reply::Health(targets) => Ok(targets),
        Reply::Done => Ok(Vec::new()),
        Reply::Refused(reason) => Err(LabError::State(format!("`{}`: {reason}", namespace.name()))),
    }
}

fn ask(namespace: &Namespace, order: &Order) -> Result<Reply, LabError> {
    let text = text(order)?;
    namespace.within(|| {
        let failed = || format!("the load balancer's node in `{}` does not answer", namespace.name());
        let address = SocketAddr::from_abstract_name(SOCKET).doing(failed)?;
        let mut stream = UnixStream::connect_addr(&address).doing(failed)?;
        stream.set_read_timeout(Some(PATIENCE)).doing(failed)?;
        stream.write_all(text.as_bytes()).doing(failed)?;
        let mut line = String::new();
        BufReader::new(stream).read_line(&mut line).doing(failed)?;
        serde_json::from_str(&line).map_err(|error| LabError::State(format!("{}: {error}", failed())))
    })
}

/// One line of JSON.
fn text(value: &impl serde::Serialize) -> Result<String, LabError> {
    let text = serde_json::to_string(value)
        .map_err(|error| LabError::State(format!("the configuration of a node has no text: {error}")))?;
    Ok(text + "\n")
}
