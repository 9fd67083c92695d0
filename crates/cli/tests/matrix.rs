//! `portcullis matrix` and `reach`: the shape of what programs read, exit codes, and files that are there in full or not
//! at all.

#![expect(clippy::unwrap_used, reason = "a test may stop at what it does not expect")]

use std::io::Read;
use std::path::{Path, PathBuf};
use std::process::{Command, Output, Stdio};

use serde_json::Value;

fn export(name: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../../scenarios").join(name)
}

fn portcullis() -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_portcullis"));
    command.env("LC_ALL", "C.UTF-8");
    command
}

fn run(command: &str, folder: &str, arguments: &[&str]) -> Output {
    portcullis().args([command, "-q", "-i"]).arg(export(folder)).args(arguments).output().unwrap()
}

fn json(command: &str, folder: &str, arguments: &[&str]) -> Value {
    let output = run(command, folder, &[arguments, &["--format", "json"]].concat());
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    serde_json::from_slice(&output.stdout).unwrap()
}

/// S0.6: of replies to 49152-65535 a Linux client gets 11,848 of 28,232, any client 16,384 of 64,512.
#[test]
fn pairs_by_themselves() {
    let matrix = json("matrix", "sometimes-hangs/out-49152-65535", &["--expand", "--ports", "http"]);
    assert_eq!(
        (matrix["schema"].as_str(), matrix["expanded"].as_bool()),
        (Some("portcullis.matrix/1"), Some(true))
    );
    let pairs = matrix["pairs"].as_array().unwrap();
    let of = |verdict: &str| pairs.iter().filter(|pair| pair["verdict"] == verdict).count();
    assert_eq!((pairs.len(), of("partial"), of("allowed")), (8, 4, 4));
    let share = |share: f64| {
        pairs.iter().filter(|pair| (pair["share"].as_f64().unwrap() - share).abs() < 1e-12).count()
    };
    assert_eq!((share(16384.0 / 64512.0), share(11848.0 / 28232.0)), (2, 2));
    let beyond: Vec<&Value> = pairs.iter().filter(|pair| pair["client"] == "internet").collect();
    for pair in &beyond {
        assert_eq!(pair["services"][0]["client_ports"][0], "49152-65535");
        let first = &pair["works"][0];
        assert_eq!(first["remote"], serde_json::json!(["1.0.0.0", "9.255.255.255"]));
        assert_eq!(
            (&first["protocol"], &first["server"]),
            (&serde_json::json!([6, 6]), &serde_json::json!([80, 80]))
        );
        assert!(first.get("draw").is_none(), "a whole axis is left out");
    }
    assert_eq!(beyond.len(), 2);
}

#[test]
fn blocks_speak_of_sets_that_are_written_once() {
    let matrix = json("matrix", "two-tier-corrected/export", &[]);
    assert_eq!((matrix["ends"].as_u64(), matrix["pairs"].as_u64()), (Some(4), Some(6)));
    let sets = matrix["sets"].as_array().unwrap();
    let names: Vec<&str> = sets.iter().map(|set| set["name"].as_str().unwrap()).collect();
    assert_eq!(names, ["sg:sg-web", "sg:sg-db"]);
    for (id, set) in sets.iter().enumerate() {
        assert_eq!((set["id"].as_u64(), set["ends"].as_array().unwrap().len()), (Some(id as u64), 2));
    }
    let blocks = matrix["blocks"].as_array().unwrap();
    let of = |block: &Value| {
        (block["from"].to_string(), block["to"].to_string(), block["services"][0]["service"].clone())
    };
    let found: Vec<_> = blocks.iter().map(of).collect();
    assert_eq!(
        found,
        [
            (r#"["internet"]"#.into(), "[0]".into(), "tcp/443".into()),
            ("[0]".into(), "[1]".into(), "tcp/3306".into())
        ]
    );
}

#[test]
fn who_reaches_it_and_by_which_rule() {
    let answer = json("reach", "wrong-group/export-broken", &["--to", "db-1"]);
    assert_eq!(answer["schema"], "portcullis.reach/1");
    let groups = answer["groups"].as_array().unwrap();
    let rules = groups.iter().flat_map(|group| group["let_by"].as_array().unwrap());
    let texts: Vec<&str> = rules.map(|rule| rule["text"].as_str().unwrap()).collect();
    assert!(texts.contains(&"allow tcp 5432 from sg-app-old"), "{texts:?}");
    assert!(groups.iter().all(|group| group["let_by"][0]["line"].as_u64().is_some()));
}

#[test]
fn a_page_fetches_and_runs_nothing() {
    let output = run("matrix", "kitchen-sink/export", &["--format", "html"]);
    let page = String::from_utf8(output.stdout).unwrap();
    for word in ["http:", "https:", "<script", "<link", "@import", "url("] {
        assert!(!page.contains(word), "{word}");
    }
    assert!(page.starts_with("<!doctype html>") && page.ends_with("</html>\n"));
}

#[test]
fn what_is_wrong_is_said_and_is_exit_code_2() {
    for (arguments, expected) in [
        (&["matrix", "--by", "subnt"][..], "did you mean `subnet`?"),
        (&["matrix", "--expand"], "--format json"),
        (&["matrix", "--from", "web-9"], "nothing is called `web-9`"),
        (&["matrix", "--ports", "htp"], "did you mean `http`?"),
        (&["matrix", "--to", "aws:s3"], "portcullis explain"),
        (&["matrix", "--to", "192.168.7.7"], "no address of the internet"),
        (&["reach"], "--from"),
        (&["reach", "--from", "web-1", "--to", "db-1", "--internet"], "not both"),
    ] {
        let output = portcullis().args(arguments).arg("-i").arg(export("two-tier/export")).output().unwrap();
        let error = String::from_utf8_lossy(&output.stderr);
        assert_eq!(output.status.code(), Some(2), "{arguments:?}: {error}");
        assert!(error.contains(expected), "{arguments:?}: {error}");
    }
}

fn files(folder: &Path) -> Vec<String> {
    let entries = std::fs::read_dir(folder).unwrap();
    entries.map(|entry| entry.unwrap().file_name().to_string_lossy().into_owned()).collect()
}

#[test]
fn a_file_is_written_in_full() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("matrix.csv");
    std::fs::write(&path, "old").unwrap();
    let output = run("matrix", "two-tier/export", &["--format", "csv", "-o", path.to_str().unwrap()]);
    assert!(output.status.success() && output.stdout.is_empty());
    let text = std::fs::read_to_string(&path).unwrap();
    assert_eq!(
        text,
        "from,to,family,verdict,share,services\ninternet,sg:sg-web,IPv4,partial,0.000007629335172746111,tcp/443\n"
    );
    assert_eq!(files(folder.path()), ["matrix.csv"]);
    // An error leaves what was there.
    let broken = run("matrix", "two-tier/export", &["--from", "nobody", "-o", path.to_str().unwrap()]);
    assert_eq!(broken.status.code(), Some(2));
    assert_eq!((std::fs::read_to_string(&path).unwrap(), files(folder.path()).len()), (text, 1));
}

#[cfg(unix)]
#[test]
fn an_interruption_leaves_nothing_behind() {
    let folder = tempfile::tempdir().unwrap();
    // It waits for its input for ever.
    let mut waiting = portcullis()
        .args(["matrix", "-i", "-", "-o", "matrix.json", "--format", "json"])
        .current_dir(folder.path())
        .stdin(Stdio::piped())
        .spawn()
        .unwrap();
    // Held to the end: `wait` would close it, and an empty input is an error of its own.
    let input = waiting.stdin.take();
    while files(folder.path()).is_empty() {
        std::thread::sleep(std::time::Duration::from_millis(5));
    }
    assert!(Command::new("kill").args(["-INT", &waiting.id().to_string()]).status().unwrap().success());
    assert_eq!(waiting.wait().unwrap().code(), Some(130));
    drop(input);
    assert_eq!(files(folder.path()), Vec::<String>::new());
}

#[test]
fn a_reader_that_goes_away_is_no_error() {
    let mut writing = portcullis()
        .args(["matrix", "-q", "--expand", "--format", "json", "-i"])
        .arg(export("kitchen-sink/export"))
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    drop(writing.stdout.take());
    let mut error = String::new();
    writing.stderr.take().unwrap().read_to_string(&mut error).unwrap();
    assert_eq!((writing.wait().unwrap().code(), error.as_str()), (Some(0), ""));
}

/// `me` is the address that `--me` gives, for `matrix` as for `reach`.
#[test]
fn me_is_an_address() {
    for command in ["matrix", "reach"] {
        let meant = json(command, "diagram-a/export", &["--from", "198.51.100.7", "--to", "web-1"]);
        let said =
            json(command, "diagram-a/export", &["--from", "me", "--me", "198.51.100.7", "--to", "web-1"]);
        let list = if command == "matrix" { "blocks" } else { "groups" };
        assert_eq!((said[list].as_array().map(Vec::len), &said[list]), (Some(1), &meant[list]));
        let nobody = run(command, "diagram-a/export", &["--from", "me"]);
        assert_eq!(nobody.status.code(), Some(2));
        assert!(String::from_utf8_lossy(&nobody.stderr).contains("give it with `--me ADDRESS`"));
    }
}
