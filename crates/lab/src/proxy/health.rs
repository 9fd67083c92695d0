//! Whether a target is healthy: what single checks find, and what follows from several.

use std::net::SocketAddr;

use http_body_util::Empty;
use hyper::body::Bytes;
use hyper::client::conn::http1;
use hyper::header::{CONNECTION, HOST, USER_AGENT};
use hyper::{Method, Request};
use hyper_util::rt::TokioIo;
use tokio::net::TcpStream;
use tokio::time::timeout;

use super::config::{CheckConfig, RequestConfig};

/// The state of a target, as one node sees it (S4.13).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum State {
    /// Not known yet.
    Initial,
    Healthy,
    Unhealthy,
}

impl State {
    /// As AWS calls it.
    pub(super) fn word(self) -> &'static str {
        match self {
            State::Initial => "initial",
            State::Healthy => "healthy",
            State::Unhealthy => "unhealthy",
        }
    }
}

/// What checks of a target found.
#[derive(Debug, Clone)]
pub(super) struct Health {
    pub(super) state: State,
    /// What the last check found, where that was no success.
    pub(super) reason: Option<String>,
    /// How many checks in a row contradict the state.
    contradict: u32,
}

impl Health {
    pub(super) fn new() -> Health {
        Health { state: State::Initial, reason: None, contradict: 0 }
    }

    /// Adds what a check found. A new target is healthy with its first success; after that, a state goes with as many
    /// checks in a row as the group asks for.
    pub(super) fn add(&mut self, found: Result<(), String>, check: &CheckConfig) {
        let agrees = match self.state {
            State::Initial => false,
            State::Healthy => found.is_ok(),
            State::Unhealthy => found.is_err(),
        };
        let (next, enough) = match (&found, self.state) {
            (Ok(()), State::Unhealthy) => (State::Healthy, check.healthy),
            (Ok(()), _) => (State::Healthy, 1),
            (Err(_), _) => (State::Unhealthy, check.unhealthy),
        };
        self.contradict = if agrees { 0 } else { self.contradict.saturating_add(1) };
        if !agrees && self.contradict >= enough {
            self.state = next;
            self.contradict = 0;
        }
        self.reason = found.err();
    }
}

/// Checks a target once; the reason if it fails, in AWS's words where it has some.
pub(super) async fn check(target: SocketAddr, check: &CheckConfig) -> Result<(), String> {
    let asked = async {
        let stream = TcpStream::connect(target).await.map_err(|error| failed(&error.kind()))?;
        match &check.request {
            None => Ok(()),
            Some(request) => ask(stream, target, request).await,
        }
    };
    timeout(check.timeout, asked).await.unwrap_or_else(|_| Err("Request timed out".into()))
}

fn failed(error: &dyn std::fmt::Display) -> String {
    format!("Health checks failed: {error}")
}

async fn ask(stream: TcpStream, target: SocketAddr, asked: &RequestConfig) -> Result<(), String> {
    let (mut sender, connection) =
        http1::handshake(TokioIo::new(stream)).await.map_err(|error| failed(&error))?;
    // It ends with the answer.
    let driver = tokio::task::spawn_local(connection);
    let request = Request::builder()
        .method(Method::GET)
        .uri(&asked.path)
        .header(HOST, target.to_string())
        .header(USER_AGENT, &asked.agent)
        .header(CONNECTION, "close")
        .body(Empty::<Bytes>::new())
        .map_err(|error| failed(&error))?;
    let answer = sender.send_request(request).await.map_err(|error| failed(&error));
    driver.abort();
    let code = answer?.status().as_u16();
    if asked.codes.iter().any(|(first, last)| (*first..=*last).contains(&code)) {
        Ok(())
    } else {
        Err(format!("Health checks failed with these codes: [{code}]"))
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;

    fn after(found: &str, healthy: u32, unhealthy: u32) -> State {
        let second = Duration::from_secs(1);
        let check = CheckConfig { request: None, interval: second, timeout: second, healthy, unhealthy };
        let mut health = Health::new();
        for one in found.chars() {
            let result = if one == '+' { Ok(()) } else { Err("Request timed out".into()) };
            health.add(result, &check);
        }
        health.state
    }

    /// `HealthyThresholdCount` and `UnhealthyThresholdCount` are of checks in a row; "after your target is registered, it
    /// must pass one health check to be considered healthy" (AWS's page on health checks of target groups).
    #[test]
    fn states_change_with_as_many_checks_in_a_row_as_the_group_asks_for() {
        for (found, state) in [
            ("", State::Initial),
            ("+", State::Healthy),
            ("-", State::Initial),
            ("-+", State::Healthy),
            ("--", State::Unhealthy),
            ("+-", State::Healthy),
            ("+-+-", State::Healthy),
            ("+--", State::Unhealthy),
            ("--++", State::Unhealthy),
            ("--++-+++", State::Healthy),
            ("--++-++", State::Unhealthy),
            ("--+++", State::Healthy),
        ] {
            assert_eq!(after(found, 3, 2), state, "{found}");
        }
    }
}
