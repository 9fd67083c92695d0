//! moto in the place of AWS, and the real AWS CLI before it. moto is a control plane without packets: no answer about
//! filtering is taken from it. [.ci/run](../../../../.ci/run) installs both.

use std::fs::{self, File};
use std::io::Write;
use std::net::TcpListener;
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

/// The emulator: it ends with this.
pub(crate) struct Moto {
    process: Child,
    /// Where it listens.
    pub(crate) endpoint: String,
}

impl Drop for Moto {
    fn drop(&mut self) {
        self.process.kill().unwrap();
        self.process.wait().unwrap();
    }
}

impl Moto {
    /// Starts one that writes to a log.
    pub(crate) fn start(log: &Path) -> Moto {
        // A port that nobody has may be somebody's before the emulator listens there.
        let moto = (0..5).find_map(|_| Moto::start_at_a_port(log));
        assert!(moto.is_some(), "moto_server does not start: {}", fs::read_to_string(log).unwrap());
        moto.unwrap()
    }

    /// Starts one, unless it ends before it listens.
    fn start_at_a_port(log: &Path) -> Option<Moto> {
        let port = TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port();
        let mut command = Command::new("moto_server");
        command.args(["-H", "127.0.0.1", "-p", &port.to_string()]).stdin(Stdio::null());
        let file = File::create(log).unwrap();
        let process = command.stdout(file.try_clone().unwrap()).stderr(file).spawn().unwrap();
        let mut moto = Moto { process, endpoint: format!("http://127.0.0.1:{port}") };
        let started = Instant::now();
        // Its own word for it: whoever connects may be answered by somebody else.
        while !fs::read_to_string(log).unwrap().contains("Running on") {
            if moto.process.try_wait().unwrap().is_some() {
                return None;
            }
            assert!(started.elapsed() < Duration::from_secs(60), "moto_server does not listen");
            std::thread::sleep(Duration::from_millis(100));
        }
        Some(moto)
    }

    /// A call of the AWS CLI; what `--query` takes of its answer.
    pub(crate) fn aws(&self, line: &str, query: &str) -> String {
        let mut command = Command::new("aws");
        credentials(&mut command).args(["--endpoint-url", &self.endpoint, "--region", "eu-west-1"]);
        command.args(line.split(' ')).args(["--query", query, "--output", "text"]);
        let output = command.output().unwrap();
        assert!(output.status.success(), "{line}: {}", String::from_utf8_lossy(&output.stderr));
        String::from_utf8(output.stdout).unwrap().trim().to_owned()
    }
}

/// Credentials of nobody, and nothing of whoever runs the tests.
pub(crate) fn credentials(command: &mut Command) -> &mut Command {
    for name in ["AWS_PROFILE", "AWS_SESSION_TOKEN"] {
        command.env_remove(name);
    }
    command
        .env("AWS_ACCESS_KEY_ID", "testing")
        .env("AWS_SECRET_ACCESS_KEY", "testing")
        .env("AWS_EC2_METADATA_DISABLED", "true")
        .env("AWS_CONFIG_FILE", "/dev/null")
        .env("AWS_SHARED_CREDENTIALS_FILE", "/dev/null")
        .env("AWS_MAX_ATTEMPTS", "1")
}

fn is_installed(program: &str) -> bool {
    let path = std::env::var_os("PATH").unwrap_or_default();
    std::env::split_paths(&path).any(|folder| folder.join(program).is_file())
}

/// Whether a test has its tools. Without them it is skipped, which is said; in CI that is a failure.
pub(crate) fn has(test: &str, programs: &[&str]) -> bool {
    let Some(missing) = programs.iter().find(|program| !is_installed(program)) else { return true };
    skip(test, &format!("needs {missing}, which .ci/run installs"));
    false
}

/// Says that a test is skipped, past the test harness, which shows only what failing tests print.
pub(crate) fn skip(test: &str, why: &str) {
    assert!(std::env::var("CI").as_deref() != Ok("true"), "{test} {why}");
    let mut past_the_harness = std::io::stderr();
    writeln!(past_the_harness, "skipped: {test} {why}").unwrap();
}
