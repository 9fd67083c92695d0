//! Load balancers with real sockets: pages, health checks that pass and fail, and what becomes of both.

use std::collections::BTreeSet;
use std::io::{Read, Write};
use std::net::TcpListener;
use std::process::Command;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread::{self, JoinHandle};
use std::time::{Duration, Instant};

use engine::{Flow, Network, Server};
use lab::addresses;
use lab::namespace::Namespace;
use lab::probe::Prober;
use lab::proxy::report;
use lab::sample::{Probes, points};
use lab::verify::{Outcome, Probe, verify};
use model::{Holder, Noun};
use space::{Diagrams, Family, Region, address_value};

use crate::sockets::dial;
use crate::stories::scenario;
use crate::support::{Standing, possible};
use crate::whole::{Named, text};

const ME: &str = "198.51.100.7";
/// How long states may take to change: thresholds of up to five checks, each a timeout of 100 ms, on a busy machine.
const PATIENCE: Duration = Duration::from_secs(15);

/// A site whose page is its name and what the proxy says of the client, until it is dropped.
struct Site {
    ends: Arc<AtomicBool>,
    threads: Vec<JoinHandle<()>>,
}

impl Site {
    fn on(standing: &Standing<'_>, machine: &str, ports: &[u16]) -> Site {
        let ends = Arc::new(AtomicBool::new(false));
        let threads = ports.iter().map(|port| {
            let bound =
                standing.namespace(machine).within(|| Ok(TcpListener::bind(("0.0.0.0", *port)).unwrap()));
            let (listener, flag, name) = (bound.unwrap(), Arc::clone(&ends), machine.to_owned());
            listener.set_nonblocking(true).unwrap();
            thread::spawn(move || {
                while !flag.load(Ordering::Relaxed) {
                    match listener.accept() {
                        Ok((stream, _)) => drop(page(stream, &name)),
                        Err(_) => thread::sleep(Duration::from_millis(2)),
                    }
                }
            })
        });
        Site { threads: threads.collect(), ends }
    }
}

impl Drop for Site {
    fn drop(&mut self) {
        self.ends.store(true, Ordering::Relaxed);
        self.threads.drain(..).for_each(|thread| thread.join().unwrap());
    }
}

fn page(mut stream: std::net::TcpStream, name: &str) -> std::io::Result<()> {
    stream.set_nonblocking(false)?;
    stream.set_read_timeout(Some(Duration::from_secs(1)))?;
    let (mut request, mut bytes) = (Vec::new(), [0; 1024]);
    while !request.ends_with(b"\r\n\r\n") {
        match stream.read(&mut bytes)? {
            0 => return Ok(()),
            length => request.extend_from_slice(bytes.get(..length).unwrap()),
        }
    }
    let request = String::from_utf8_lossy(&request).into_owned();
    let client = request.lines().find_map(|line| line.strip_prefix("x-forwarded-for: ")).unwrap_or("-");
    let page = format!("{name} for {client}");
    let head = format!("HTTP/1.1 200 OK\r\nContent-Length: {}\r\nConnection: close", page.len());
    stream.write_all(format!("{head}\r\n\r\n{page}").as_bytes())
}

/// What a load balancer answers somebody on the internet: the code and the page.
fn get(standing: &Standing<'_>, balancer: &str) -> (u16, String) {
    let mut stream =
        dial(&standing.namespace("world"), &format!("{ME}:0"), &format!("{balancer}:80")).unwrap();
    stream.set_read_timeout(Some(Duration::from_secs(5))).unwrap();
    stream.write_all(b"GET / HTTP/1.1\r\nHost: shop.example\r\nConnection: close\r\n\r\n").unwrap();
    let mut answer = String::new();
    stream.read_to_string(&mut answer).unwrap();
    let (head, page) = answer.split_once("\r\n\r\n").unwrap();
    (head.split(' ').nth(1).unwrap().parse().unwrap(), page.to_owned())
}

/// The pages that come of one request for each node and target, and one more each.
fn pages(standing: &Standing<'_>, balancers: &[&str]) -> BTreeSet<String> {
    let asked = balancers.iter().flat_map(|balancer| [balancer; 6]);
    asked
        .map(|balancer| {
            let (code, page) = get(standing, balancer);
            assert_eq!(code, 200, "{page}");
            page
        })
        .collect()
}

fn set(pages: &[&str]) -> BTreeSet<String> {
    pages.iter().map(|name| format!("{name} for {ME}")).collect()
}

/// What every node says of each target, by its name.
fn states(standing: &Standing<'_>) -> BTreeSet<(String, String)> {
    let nodes = standing.state.hosts.iter().filter(|host| host.is_node);
    let reports = nodes.map(|host| report(&Namespace::new(&host.namespace)).unwrap());
    reports.flatten().map(|target| (target.target, target.state)).collect()
}

/// Waits until all nodes say this of the targets, and nothing else.
#[track_caller]
fn until(standing: &Standing<'_>, expected: &[(&str, &str)]) {
    let expected: BTreeSet<_> =
        expected.iter().map(|(target, state)| ((*target).to_owned(), (*state).to_owned())).collect();
    let start = Instant::now();
    while states(standing) != expected {
        assert!(start.elapsed() < PATIENCE, "{:?}", states(standing));
        thread::sleep(Duration::from_millis(20));
    }
}

/// A scenario whose load balancer's nodes have addresses.
fn balanced(path: &str) -> Network {
    addresses::given(&scenario(path)).0.into_owned()
}

/// Diagram B: a Classic Load Balancer in front of two private instances in two zones.
const DIAGRAM_B: [&str; 2] = ["203.0.113.254", "203.0.113.253"];

#[test]
fn diagram_b_serves_a_page_through_its_load_balancer() {
    if !possible("diagram_b_serves_a_page_through_its_load_balancer") {
        return;
    }
    let [export, check, own] =
        ["export", "health-check", "own-subnets"].map(|name| balanced(&format!("diagram-b/{name}")));
    let standing = Standing::up(&export);
    let _first = Site::on(&standing, "web-1", &[80, 8081]);
    let second = Site::on(&standing, "web-2", &[80, 8081]);
    let healthy = [("web-1", "healthy"), ("web-2", "healthy")];
    let unhealthy = [("web-1", "unhealthy"), ("web-2", "unhealthy")];
    until(&standing, &healthy);
    // Both nodes use both zones' targets, and say who asks (S4.15).
    assert_eq!(pages(&standing, &DIAGRAM_B), set(&["web-1", "web-2"]));
    // The instances themselves stay out of sight (S3.14).
    for address in ["10.0.2.14:80", "10.0.3.27:80"] {
        assert!(dial(&standing.namespace("world"), &format!("{ME}:0"), address).is_err(), "{address}");
    }
    // One that ends gets no more requests, until it is there again.
    drop(second);
    until(&standing, &[("web-1", "healthy"), ("web-2", "unhealthy")]);
    assert_eq!(pages(&standing, &DIAGRAM_B), set(&["web-1"]));
    let _second = Site::on(&standing, "web-2", &[80, 8081]);
    until(&standing, &healthy);
    assert_eq!(pages(&standing, &DIAGRAM_B), set(&["web-1", "web-2"]));
    // The check asks a port that no rule opens, and the data port is open: no data all the same (T76).
    let standing = standing.apply(&check);
    until(&standing, &unhealthy);
    for node in DIAGRAM_B {
        assert_eq!(get(&standing, node).0, 503, "a Classic Load Balancer has no healthy instance");
    }
    let standing = standing.apply(&export);
    until(&standing, &healthy);
    // The instances' group names their own subnets instead of the load balancer's group (S4.3).
    let standing = standing.apply(&own);
    until(&standing, &unhealthy);
    assert_eq!(get(&standing, DIAGRAM_B[0]).0, 503);
    let standing = standing.apply(&export);
    until(&standing, &healthy);
    assert_eq!(pages(&standing, &DIAGRAM_B), set(&["web-1", "web-2"]));
}

/// `scenarios/health-checks-failing`: an Application Load Balancer whose targets are all unhealthy sends to all of them
/// (S4.5, S12.5); with some healthy, to these.
#[test]
fn an_application_load_balancer_fails_open() {
    if !possible("an_application_load_balancer_fails_open") {
        return;
    }
    let [egress, list, fixed] = ["export-egress", "export-list", "export-fixed"]
        .map(|name| balanced(&format!("health-checks-failing/{name}")));
    let nodes = ["203.0.113.20", "203.0.113.21"];
    let all = ["web-1", "web-2", "web-3"];
    let standing = Standing::up(&egress);
    let _sites = all.map(|machine| Site::on(&standing, machine, &[80, 8081]));
    until(&standing, &all.map(|machine| (machine, "unhealthy")));
    assert_eq!(pages(&standing, &nodes), set(&all));
    let standing = standing.apply(&list);
    until(&standing, &[("web-1", "healthy"), ("web-2", "healthy"), ("web-3", "unhealthy")]);
    assert_eq!(pages(&standing, &nodes), set(&["web-1", "web-2"]));
    let standing = standing.apply(&fixed);
    until(&standing, &all.map(|machine| (machine, "healthy")));
    assert_eq!(pages(&standing, &nodes), set(&all));
}

/// A target that nobody can reach and that is picked all the same: 504 after the load balancer's patience, and 502 where
/// the machine refuses.
#[test]
fn a_target_that_refuses_is_a_bad_gateway() {
    if !possible("a_target_that_refuses_is_a_bad_gateway") {
        return;
    }
    let network = balanced("health-checks-failing/export-fixed");
    let standing = Standing::up(&network);
    // Nobody listens: every check fails, the load balancer fails open, and the targets' kernels refuse.
    until(&standing, &["web-1", "web-2", "web-3"].map(|machine| (machine, "unhealthy")));
    assert_eq!(get(&standing, "203.0.113.20").0, 502);
    // What no listener takes is dropped (S12.3).
    assert!(dial(&standing.namespace("world"), &format!("{ME}:0"), "203.0.113.20:443").is_err());
}

/// The proxies: killed, they are named and started again; without their namespace they end; `lab down` ends them.
#[test]
fn proxies_end_with_their_lab() {
    if !possible("proxies_end_with_their_lab") {
        return;
    }
    let network = balanced("diagram-b/export");
    let standing = Standing::up(&network);
    let node = standing.state.hosts.iter().find(|host| host.is_node).unwrap();
    let namespace = Namespace::new(&node.namespace);
    let runs = || report(&namespace).is_ok();
    assert!(runs());
    let processes = |name: &str| -> Vec<i32> {
        let inode = |path: String| {
            std::fs::metadata(path).map(|found| std::os::unix::fs::MetadataExt::ino(&found)).ok()
        };
        let wanted = inode(format!("/run/netns/{name}"));
        let entries = std::fs::read_dir("/proc").unwrap().flatten();
        let numbers = entries.filter_map(|entry| entry.file_name().to_str()?.parse::<i32>().ok());
        numbers.filter(|pid| wanted.is_some() && inode(format!("/proc/{pid}/ns/net")) == wanted).collect()
    };
    let [process] = processes(&node.namespace)[..] else { panic!("one process") };
    let kill =
        |pid| nix::sys::signal::kill(nix::unistd::Pid::from_raw(pid), nix::sys::signal::Signal::SIGKILL);
    kill(process).unwrap();
    let start = Instant::now();
    while runs() {
        assert!(start.elapsed() < PATIENCE);
        thread::sleep(Duration::from_millis(20));
    }
    // The same lab applied again: what is gone is started.
    let standing = standing.apply(&network);
    assert!(runs());
    let [process] = processes(&node_of(&standing))[..] else { panic!("one process") };
    // Somebody removes the namespace by hand.
    namespace.end().unwrap();
    let start = Instant::now();
    // A process that has ended and that nobody waited for has no namespace.
    while std::fs::metadata(format!("/proc/{process}/ns/net")).is_ok() {
        assert!(start.elapsed() < PATIENCE, "it goes on without its namespace");
        thread::sleep(Duration::from_millis(50));
    }
}

fn node_of(standing: &Standing<'_>) -> String {
    standing.state.hosts.iter().find(|host| host.is_node).unwrap().namespace.clone()
}

/// The command: what it says of load balancers, and what it does not carry of them.
#[test]
fn the_command_names_nodes_targets_and_what_is_left_out() {
    if !possible("the_command_names_nodes_targets_and_what_is_left_out") {
        return;
    }
    let lab = Named::new("balanced");
    let up = lab.run(&["up", "-i", "scenarios/diagram-b/export", "--check-interval", "1"]);
    let said = text(&up.stdout);
    assert_eq!(up.status.code(), Some(0), "{}", text(&up.stderr));
    assert!(said.starts_with("2 machines and 2 load balancer nodes in 1 VPC up in "), "{said}");
    let made_up =
        "  `web-lb` has 10.0.0.254 and 203.0.113.254 in public-a: the export lacks its interface there\n";
    assert!(said.contains(made_up), "{said}");
    // Nobody listens on the instances.
    let start = Instant::now();
    let unhealthy = "web-lb 10.0.0.254 ->  web-1:80  unhealthy: Health checks failed: connection refused\n";
    while !text(&lab.run(&["status"]).stdout).contains(unhealthy) {
        assert!(start.elapsed() < PATIENCE, "{}", text(&lab.run(&["status"]).stdout));
        thread::sleep(Duration::from_millis(100));
    }
    // Both connections are probed, and the one that the load balancer makes by itself.
    let tested = text(&lab.run(&["test", "scenarios/diagram-b/portcullis.yaml"]).stdout);
    assert!(tested.contains("ok         allow internet -> lb:80\n"), "{tested}");
    assert!(tested.contains("ok         allow lb -> web:80\n"), "{tested}");
    // The proxies are the lab's own.
    assert_eq!(text(&lab.run(&["down"]).stdout), "ended 2 machines\n");
    let encrypted = text(&lab.run(&["up", "-i", "scenarios/diagram-b-alb/export"]).stdout);
    let unsigned =
        "  listener 443 of `shop-alb` has a certificate that nobody signed, as with `curl --insecure`\n";
    assert!(encrypted.contains(unsigned), "{encrypted}");
    lab.run(&["down"]);
    let other = text(&lab.run(&["up", "-i", "scenarios/health-checks-failing/export-nlb"]).stdout);
    assert!(other.contains("  the load balancer's node `eni-"), "{other}");
}

/// The shop's load balancer takes HTTPS on 443 and asks its targets by HTTP on 8080; whoever refuses its certificate, which
/// nobody signed, gets no page.
#[test]
fn a_page_over_https() {
    if !possible("a_page_over_https") {
        return;
    }
    let export = balanced("diagram-b-alb/export");
    let standing = Standing::up(&export);
    let _sites = ["app-1", "app-2", "app-3"].map(|name| Site::on(&standing, name, &[8080]));
    until(&standing, &["app-1", "app-2", "app-3"].map(|name| (name, "healthy")));
    let get = |options: &[&str]| {
        let asked = standing.namespace("world").within(|| {
            let mut curl = Command::new("curl");
            curl.args(["--silent", "--max-time", "5", "--interface", ME, "https://203.0.113.40/"]);
            Ok(curl.args(options).output().unwrap())
        });
        let asked = asked.unwrap();
        (asked.status.success(), text(&asked.stdout))
    };
    let pages: BTreeSet<_> = (0..6).map(|_| get(&["--insecure"])).collect();
    let expected = set(&["app-1", "app-2", "app-3"]).into_iter().map(|page| (true, page)).collect();
    assert_eq!(pages, expected);
    assert_eq!(get(&[]), (false, String::new()));
}

/// How many of the connections of somebody on the internet with each node of a load balancer work, and how many do not,
/// at every edge of what the model says; model and kernel agree at every gate of both connections.
fn probed(standing: &Standing<'_>, balancer: &str) -> (usize, usize) {
    let network = standing.lab.network();
    let (resolved, model) = (network.resolved(), network.model());
    let (ix, _) = model.load_balancers.iter().find(|(_, noun)| noun.name() == Some(balancer)).unwrap();
    let (mut sets, mut probes) = (Diagrams::new(), Probes::default());
    let me = address_value(ME.parse().unwrap());
    let asked = sets.region(&Region::FULL.protocol(6).remote(me..=me).server(80..=80));
    for &interface in resolved.nodes_of(ix) {
        let address = model.network_interfaces.at(interface).own_addresses().next().unwrap();
        let flow =
            Flow { family: Family::V4, client: None, server: Server::Public(Holder { interface, address }) };
        for point in points(network, &flow, asked, &mut sets) {
            probes.add(Probe { flow, point });
        }
    }
    let mut prober = Prober::new(standing.lab.topology(), standing.lab.names()).unwrap();
    let marks = &standing.lab.rules().marks;
    let outcomes = verify(network, standing.lab.topology(), marks, &mut prober, &probes.all).unwrap();
    let worked = |wanted: bool| {
        let agree = outcomes
            .iter()
            .filter(|outcome| matches!(outcome, Outcome::Agree { works, .. } if *works == wanted));
        agree.count()
    };
    assert_eq!(worked(true) + worked(false), outcomes.len(), "{outcomes:?}");
    (worked(true), worked(false))
}

/// Both connections of a load balancer, gate by gate, for each target (S4.2 to S4.4).
#[test]
fn model_and_kernel_agree_on_both_connections() {
    if !possible("model_and_kernel_agree_on_both_connections") {
        return;
    }
    let [export, own, narrow] =
        ["export", "own-subnets", "narrow-replies"].map(|name| balanced(&format!("diagram-b/{name}")));
    let standing = Standing::up(&export);
    let (works, fails) = probed(&standing, "web-lb");
    // Client ports below 1024 find no rule for the answers in nacl-2, all others work.
    assert!(works >= 4 && fails >= 2, "{works} {fails}");
    let standing = standing.apply(&own);
    assert_eq!(probed(&standing, "web-lb").0, 0, "no target lets the load balancer in");
    // The load balancer's own port is below 32768 in half of all cases, and hangs.
    let standing = standing.apply(&narrow);
    let (works, fails) = probed(&standing, "web-lb");
    assert!(works >= 4 && fails >= 4, "{works} {fails}");
    let fixed = balanced("health-checks-failing/export-fixed");
    let standing = Standing::up(&fixed);
    assert!(probed(&standing, "shop-alb").0 >= 6, "two nodes with three targets each");
}
