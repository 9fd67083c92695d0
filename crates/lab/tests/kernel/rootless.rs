//! A lab of somebody who is not root.

use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};
use std::process::{Command, Output};
use std::thread;
use std::time::{Duration, Instant};

use nix::sys::signal::{Signal, kill};
use nix::unistd::Pid;

use crate::support::{LAB, possible};
use crate::whole::text;

/// Somebody without rights: the command and a scenario in a folder that everybody can read.
struct Nobody {
    folder: PathBuf,
    lab: String,
}

impl Nobody {
    fn new(scenario: &str) -> Nobody {
        let lab = format!("t{}-nobody-{scenario}", std::process::id());
        let folder = std::env::temp_dir().join(&lab);
        let scenario = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../scenarios").join(scenario);
        fs::create_dir_all(folder.join("export")).unwrap();
        // A load balancer's attributes are in a folder of their own, and say nothing that matters here.
        let files = fs::read_dir(scenario.join("export")).unwrap().flatten();
        for file in files.filter(|file| file.path().is_file()) {
            fs::copy(file.path(), folder.join("export").join(file.file_name())).unwrap();
        }
        fs::copy(scenario.join("portcullis.yaml"), folder.join("portcullis.yaml")).unwrap();
        fs::copy(LAB, folder.join("portcullis-lab")).unwrap();
        for path in [folder.clone(), folder.join("export")] {
            fs::set_permissions(path, fs::Permissions::from_mode(0o755)).unwrap();
        }
        Nobody { folder, lab }
    }

    fn run(&self, arguments: &[&str]) -> Output {
        let mut command = Command::new("setpriv");
        command.args(["--reuid=65534", "--regid=65534", "--clear-groups", "--inh-caps=-all"]);
        command.arg(self.folder.join("portcullis-lab")).args(["--lab", &self.lab]).args(arguments);
        command.current_dir(&self.folder).output().unwrap()
    }

    /// The processes whose command line ends so.
    fn processes(&self, end: &str) -> Vec<i32> {
        let program = self.folder.join("portcullis-lab").display().to_string();
        let entries = fs::read_dir("/proc").unwrap().flatten();
        let found = entries.filter_map(|entry| {
            let line = fs::read_to_string(entry.path().join("cmdline")).ok()?;
            let its_own = line.starts_with(&program) && line.ends_with(end);
            its_own.then(|| entry.file_name().to_str()?.parse().ok()).flatten()
        });
        found.collect()
    }

    /// The processes that keep the lab.
    fn keepers(&self) -> usize {
        self.processes("\0keep\0").len()
    }
}

impl Drop for Nobody {
    fn drop(&mut self) {
        self.run(&["down"]);
        fs::remove_dir_all(&self.folder).unwrap();
    }
}

#[test]
fn a_lab_without_root_is_its_users_own_and_leaves_nothing() {
    if !possible("a_lab_without_root_is_its_users_own_and_leaves_nothing") {
        return;
    }
    let nobody = Nobody::new("two-tier");
    let up = nobody.run(&["up", "-i", "export"]);
    assert_eq!(up.status.code(), Some(0), "{}", text(&up.stderr));
    assert_eq!(nobody.keepers(), 1);
    // Root does not see it.
    assert!(!Path::new("/run/portcullis-lab").join(format!("{}.json", nobody.lab)).exists());
    assert!(!Path::new("/run/netns").join(format!("{}-world", nobody.lab)).exists());
    let again = nobody.run(&["up", "-i", "export"]);
    assert!(text(&again.stderr).contains(" is up; "), "{}", text(&again.stderr));
    assert_eq!(nobody.keepers(), 1);
    let address = nobody.run(&["exec", "web-1", "--", "ip", "-br", "address", "show", "eth0"]);
    assert!(text(&address.stdout).contains("10.1.0.10/32"), "{}", text(&address.stderr));
    // The README of the scenario: the database is not reached, what is denied is stopped.
    let tested = nobody.run(&["test"]);
    let said = text(&tested.stdout);
    assert_eq!(tested.status.code(), Some(1), "{said}{}", text(&tested.stderr));
    assert!(said.contains("ok         allow internet -> web:443\n"), "{said}");
    assert!(said.contains("FAIL       allow web -> db:mysql\n"), "{said}");
    for watching in [["logs", "--for", "1s"], ["counters", "--format", "json"]] {
        let output = nobody.run(&watching);
        assert_eq!(output.status.code(), Some(0), "{watching:?}: {}", text(&output.stderr));
    }
    let captured = nobody.run(&["capture", "web-1", "--for", "1s"]);
    assert_eq!(captured.status.code(), Some(0), "{}", text(&captured.stderr));
    let down = nobody.run(&["down"]);
    assert_eq!(text(&down.stdout), "ended 4 machines\n", "{}", text(&down.stderr));
    assert_eq!(nobody.keepers(), 0);
    // What cannot come up leaves nobody behind either.
    let wrong = nobody.run(&["up", "-i", "no-such-folder"]);
    assert_eq!(wrong.status.code(), Some(2));
    assert_eq!(nobody.keepers(), 0);
    let down = nobody.run(&["down"]);
    assert!(text(&down.stdout).starts_with("no lab "), "{}", text(&down.stdout));
}

/// Whoever keeps the lab is killed: the load balancer's nodes end as well.
#[test]
fn proxies_of_a_lab_without_root_end_with_who_keeps_it() {
    if !possible("proxies_of_a_lab_without_root_end_with_who_keeps_it") {
        return;
    }
    let nobody = Nobody::new("diagram-b");
    let up = nobody.run(&["up", "-i", "export"]);
    assert!(text(&up.stdout).starts_with("2 machines and 2 load balancer nodes "), "{}", text(&up.stderr));
    assert_eq!(nobody.processes("\0run-node\0").len(), 2);
    assert!(text(&nobody.run(&["status"]).stdout).contains("web-lb 10.0.0.254 ->  web-1:80  "));
    let [keeper] = nobody.processes("\0keep\0")[..] else { panic!("one process keeps it") };
    kill(Pid::from_raw(keeper), Signal::SIGKILL).unwrap();
    let start = Instant::now();
    while !nobody.processes("\0run-node\0").is_empty() {
        assert!(start.elapsed() < Duration::from_secs(15), "they go on");
        thread::sleep(Duration::from_millis(50));
    }
}
