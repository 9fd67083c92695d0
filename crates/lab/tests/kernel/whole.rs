//! The command: up and down, what it refuses, what is left after a crash.

use std::io::{BufRead, BufReader};
use std::path::Path;
use std::process::{Child, Command, Output, Stdio};

use crate::support::{LAB, possible};

/// A lab that is brought up by the command, and down when this is dropped.
pub(crate) struct Named(pub(crate) String);

impl Named {
    pub(crate) fn new(part: &str) -> Named {
        Named(format!("t{}-{part}", std::process::id()))
    }

    pub(crate) fn run(&self, arguments: &[&str]) -> Output {
        self.command(arguments).output().unwrap()
    }

    fn command(&self, arguments: &[&str]) -> Command {
        let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("../..");
        let mut command = Command::new(LAB);
        command.current_dir(root).args(["--lab", &self.0]).args(arguments);
        command
    }

    /// A command that goes on until it is told to end. It has begun when this returns: it says so.
    pub(crate) fn follow(&self, arguments: &[&str]) -> Following {
        let mut command = self.command(arguments);
        let mut child = command.stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
        let mut stderr = BufReader::new(child.stderr.take().unwrap());
        let mut line = String::new();
        stderr.read_line(&mut line).unwrap();
        assert!(!line.starts_with("error"), "{line}");
        Following(child)
    }

    pub(crate) fn namespaces(&self) -> usize {
        let prefix = format!("{}-", self.0);
        let names = std::fs::read_dir("/run/netns").into_iter().flatten().flatten();
        names.filter(|entry| entry.file_name().to_string_lossy().starts_with(&prefix)).count()
    }
}

impl Drop for Named {
    fn drop(&mut self) {
        self.run(&["down"]);
    }
}

/// A command that goes on.
pub(crate) struct Following(Child);

impl Following {
    /// Ends it as Ctrl-C does; what it printed.
    pub(crate) fn end(self) -> String {
        // What was logged last is handed over after a moment.
        std::thread::sleep(std::time::Duration::from_millis(300));
        let id = nix::unistd::Pid::from_raw(self.0.id().try_into().unwrap());
        nix::sys::signal::kill(id, nix::sys::signal::Signal::SIGINT).unwrap();
        let output = self.0.wait_with_output().unwrap();
        assert_eq!(output.status.code(), Some(0));
        text(&output.stdout)
    }
}

pub(crate) fn text(bytes: &[u8]) -> String {
    String::from_utf8_lossy(bytes).into_owned()
}

#[test]
fn up_test_exec_and_down() {
    if !possible("up_test_exec_and_down") {
        return;
    }
    let lab = Named::new("whole");
    let up = lab.run(&["up", "-i", "scenarios/two-tier/export"]);
    assert_eq!(up.status.code(), Some(0), "{}", text(&up.stderr));
    assert!(text(&up.stdout).starts_with("4 machines in 1 VPC up in "), "{}", text(&up.stdout));
    assert_eq!(lab.namespaces(), 8);
    let again = lab.run(&["up", "-i", "scenarios/two-tier/export"]);
    assert_eq!(again.status.code(), Some(2));
    assert!(text(&again.stderr).contains("is up"), "{}", text(&again.stderr));
    let status = text(&lab.run(&["status"]).stdout);
    assert!(status.contains("web-1  10.1.0.10   203.0.113.20"), "{status}");
    let address = lab.run(&["exec", "web-1", "--", "ip", "-br", "address", "show", "eth0"]);
    assert!(text(&address.stdout).contains("10.1.0.10/32"), "{}", text(&address.stdout));
    let nobody = lab.run(&["exec", "web-3", "--", "true"]);
    assert_eq!(nobody.status.code(), Some(2));
    assert!(text(&nobody.stderr).contains("did you mean `web-1`?"), "{}", text(&nobody.stderr));
    // The README of the scenario: the database is not reached, what is denied is stopped.
    let tested = lab.run(&["test", "scenarios/two-tier/portcullis.yaml"]);
    let said = text(&tested.stdout);
    assert_eq!(tested.status.code(), Some(1), "{said}{}", text(&tested.stderr));
    assert!(said.contains("ok         allow internet -> web:443\n"), "{said}");
    assert!(said.contains("FAIL       allow web -> db:mysql\n"), "{said}");
    assert!(said.contains("from port 32768: security groups, out\n"), "{said}");
    assert!(said.contains("ok         deny (* - web) -> db:any\n"), "{said}");
    assert!(said.contains("undecided  closed db\n"), "{said}");
    let down = lab.run(&["down"]);
    assert_eq!(text(&down.stdout), "ended 4 machines\n");
    assert_eq!(lab.namespaces(), 0);
}

#[test]
fn what_is_not_carried_is_named_and_undecided() {
    if !possible("what_is_not_carried_is_named_and_undecided") {
        return;
    }
    let lab = Named::new("carried");
    let up = lab.run(&["up", "-i", "scenarios/endpoint-wrong-group/export-broken"]);
    let said = text(&up.stdout) + &text(&up.stderr);
    assert_eq!(up.status.code(), Some(0), "{said}");
    assert!(said.contains("not carried, what goes there is dropped:\n"), "{said}");
    assert!(said.contains("  VPC endpoint `vpce-08384c7e8c0f5187d`, where a route leads\n"), "{said}");
    let intent = std::env::temp_dir().join(format!("{}.yaml", lab.0));
    std::fs::write(&intent, "version: 1\nallow:\n  - app-1 -> aws:s3:443\n").unwrap();
    let tested = lab.run(&["test", intent.to_str().unwrap()]);
    std::fs::remove_file(&intent).unwrap();
    let said = text(&tested.stdout) + &text(&tested.stderr);
    assert_eq!(tested.status.code(), Some(3), "{said}");
    assert!(said.contains("undecided  allow app-1 -> aws:s3:443\n"), "{said}");
}

#[test]
fn nothing_is_left_after_a_crash() {
    if !possible("nothing_is_left_after_a_crash") {
        return;
    }
    let lab = Named::new("crash");
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("../..");
    // Killed at some moment of coming up: sooner and sooner until it is in the middle.
    for milliseconds in [200, 120, 80, 50, 30] {
        let mut child = Command::new(LAB)
            .current_dir(&root)
            .args(["--lab", &lab.0, "up", "-i", "scenarios/diagram-b/export"])
            .stdout(std::process::Stdio::null())
            .spawn()
            .unwrap();
        std::thread::sleep(std::time::Duration::from_millis(milliseconds));
        child.kill().unwrap();
        child.wait().unwrap();
        let down = lab.run(&["down"]);
        assert_eq!(down.status.code(), Some(0), "{}", text(&down.stderr));
        assert_eq!(lab.namespaces(), 0, "killed after {milliseconds} ms");
        for file in ["json", "rules", "draft"] {
            assert!(!Path::new("/run/portcullis-lab").join(format!("{}.{file}", lab.0)).exists());
        }
    }
}

/// Another process applies only what differs, and everything where nobody knows what is in force.
#[test]
fn a_change_that_was_cut_off_is_made_whole_by_the_next() {
    if !possible("a_change_that_was_cut_off_is_made_whole_by_the_next") {
        return;
    }
    let lab = Named::new("cut");
    let up = lab.run(&["up", "-i", "scenarios/ssh-survives/tracked"]);
    assert_eq!(up.status.code(), Some(0), "{}", text(&up.stderr));
    let router = lab::namespace::Namespace::new(format!("{}-r1", lab.0));
    let same = router.rules().unwrap();
    let applied = lab.run(&["apply", "-i", "scenarios/ssh-survives/removed"]);
    let said = text(&applied.stdout) + &text(&applied.stderr);
    assert!(said.starts_with("in force in "), "{said}");
    assert_eq!(router.rules().unwrap(), same, "only a rule of a group has changed");
    let whole = lab::namespace::Namespace::new(format!("{}-f1", lab.0)).rules().unwrap();
    // As if killed while it changed something.
    std::fs::remove_file(format!("/run/portcullis-lab/{}.rules", lab.0)).unwrap();
    let tested = lab.run(&["test", "scenarios/two-tier/portcullis.yaml"]);
    assert_eq!(tested.status.code(), Some(2));
    assert!(text(&tested.stderr).contains("a change was cut off"), "{}", text(&tested.stderr));
    let applied = lab.run(&["apply", "-i", "scenarios/ssh-survives/removed"]);
    assert_eq!(applied.status.code(), Some(0), "{}", text(&applied.stderr));
    let again = lab::namespace::Namespace::new(format!("{}-f1", lab.0)).rules().unwrap();
    let sorted = |rules: &str| {
        let mut lines: Vec<_> = rules.lines().map(|line| line.trim().to_owned()).collect();
        lines.sort();
        lines
    };
    // What is put together from differences is the whole.
    assert_eq!(sorted(&again), sorted(&whole));
}

/// Files are followed: each change comes into force, a broken export leaves the rules, Ctrl-C ends it.
#[test]
fn changes_of_the_input_are_followed() {
    if !possible("changes_of_the_input_are_followed") {
        return;
    }
    let lab = Named::new("follow");
    let folder = tempfile::tempdir().unwrap();
    let (input, said) = (folder.path().join("export"), folder.path().join("said"));
    std::fs::create_dir(&input).unwrap();
    let export = |name: &str| {
        let from = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../scenarios/ssh-survives").join(name);
        for entry in std::fs::read_dir(from).unwrap() {
            let entry = entry.unwrap();
            std::fs::copy(entry.path(), input.join(entry.file_name())).unwrap();
        }
    };
    export("tracked");
    let input = input.to_str().unwrap();
    assert_eq!(lab.run(&["up", "-i", input]).status.code(), Some(0));
    let output = std::fs::File::create(&said).unwrap();
    let mut command = lab.command(&["apply", "--follow", "-i", input]);
    command.stdout(output.try_clone().unwrap()).stderr(output);
    let mut child = command.spawn().unwrap();
    let waits_for = |times: usize, word: &str| {
        for _ in 0..200 {
            let text = std::fs::read_to_string(&said).unwrap();
            if text.matches(word).count() == times && text.ends_with("Ctrl-C ends\n") {
                return;
            }
            std::thread::sleep(std::time::Duration::from_millis(50));
        }
        panic!("{}", std::fs::read_to_string(&said).unwrap());
    };
    waits_for(1, "in force in ");
    let fabric = lab::namespace::Namespace::new(format!("{}-f1", lab.0));
    let before = fabric.rules().unwrap();
    // What somebody else has put into force meanwhile is what the next change begins with.
    assert_eq!(lab.run(&["apply", "-i", "scenarios/ssh-survives/removed"]).status.code(), Some(0));
    let removed = fabric.rules().unwrap();
    assert_ne!(removed, before);
    for (times, name, rules) in [(2, "removed", &removed), (3, "tracked", &before), (4, "removed", &removed)]
    {
        export(name);
        waits_for(times, "in force in ");
        assert_eq!(fabric.rules().unwrap(), *rules);
    }
    std::fs::write(Path::new(input).join("broken.json"), "{").unwrap();
    waits_for(1, "error: the input could not be read");
    assert_eq!(fabric.rules().unwrap(), removed);
    let id = nix::unistd::Pid::from_raw(child.id().try_into().unwrap());
    nix::sys::signal::kill(id, nix::sys::signal::Signal::SIGINT).unwrap();
    assert_eq!(child.wait().unwrap().code(), Some(0));
}

#[test]
fn rights_that_are_missing_are_named_before_anything_is_touched() {
    if !possible("rights_that_are_missing_are_named_before_anything_is_touched") {
        return;
    }
    let lab = Named::new("rights");
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("../..");
    // Every capability but those that a program needs to read files.
    let dropped = Command::new("setpriv")
        .current_dir(root)
        .args(["--bounding-set", "-net_admin,-sys_admin", "--inh-caps", "-net_admin,-sys_admin", LAB])
        .args(["--lab", &lab.0, "up", "-i", "scenarios/two-tier/export"])
        .output()
        .unwrap();
    let said = text(&dropped.stderr);
    assert_eq!(dropped.status.code(), Some(2), "{said}");
    assert!(said.contains("CAP_NET_ADMIN is needed") && said.contains("CAP_SYS_ADMIN is needed"), "{said}");
    assert_eq!(lab.namespaces(), 0);
}

/// `scenarios/nat-reply/linux-ports`: half of the ports that the NAT gateway may draw get no answer, so that nothing which
/// happens to work is taken for proof.
#[test]
fn what_depends_on_a_nat_gateways_port_is_said_to() {
    if !possible("what_depends_on_a_nat_gateways_port_is_said_to") {
        return;
    }
    let lab = Named::new("chance");
    let up = lab.run(&["up", "-i", "scenarios/nat-reply/linux-ports"]);
    assert_eq!(up.status.code(), Some(0), "{}", text(&up.stderr));
    let intent = std::env::temp_dir().join(format!("{}.yaml", lab.0));
    std::fs::write(&intent, "version: 1\nallow:\n  - app-1 -> internet:443\n").unwrap();
    let tested = lab.run(&["test", intent.to_str().unwrap()]);
    std::fs::remove_file(&intent).unwrap();
    let said = text(&tested.stdout) + &text(&tested.stderr);
    assert_eq!(tested.status.code(), Some(1), "{said}");
    assert!(said.contains("do not always work, such as 10.20.1.10 -> "), "{said}");
    assert!(said.contains(": it depends on the port that a NAT gateway draws\n"), "{said}");
}
