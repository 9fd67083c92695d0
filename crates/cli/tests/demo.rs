//! `portcullis demo`: its answers are those of `explain`, and what it unpacks gives the same ones.

#![expect(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    reason = "a test may stop at what it does not expect"
)]

use std::fs;
use std::path::Path;
use std::process::{Command, Output};

/// Every story with the verdicts of all of its questions, the one of the tour first.
const STORIES: &[(&str, &[&str])] = &[
    ("diagram-a", &["OK", "BLOCKED"]),
    ("diagram-a-beginner", &["BLOCKED", "BLOCKED"]),
    ("forum-yum", &["BLOCKED", "OK", "OK"]),
    ("sometimes-hangs", &["PARTIAL", "OK", "PARTIAL"]),
    ("two-tier", &["BLOCKED", "OK"]),
    ("two-tier-corrected", &["OK", "BLOCKED"]),
];

fn run(arguments: &[&str], folder: &Path) -> Output {
    let mut command = Command::new(env!("CARGO_BIN_EXE_portcullis"));
    command.args(arguments).current_dir(folder).output().unwrap()
}

/// What it prints, where it succeeds.
fn text(arguments: &[&str], folder: &Path) -> String {
    let output = run(arguments, folder);
    assert_eq!(output.status.code(), Some(0), "{arguments:?}: {}", String::from_utf8_lossy(&output.stderr));
    assert!(output.stderr.is_empty(), "{arguments:?}: {}", String::from_utf8_lossy(&output.stderr));
    String::from_utf8(output.stdout).unwrap()
}

fn demo(arguments: &[&str]) -> String {
    text(&[&["demo"], arguments].concat(), Path::new("."))
}

/// What it says where it refuses.
fn refused(arguments: &[&str], folder: &Path) -> String {
    let output = run(&[&["demo"], arguments].concat(), folder);
    assert_eq!(output.status.code(), Some(2), "{arguments:?}");
    assert!(output.stdout.is_empty(), "{arguments:?}");
    String::from_utf8(output.stderr).unwrap()
}

/// The verdict words below the command lines of a text.
fn verdicts(text: &str) -> Vec<&str> {
    let lines: Vec<_> = text.lines().collect();
    let answers = lines.windows(2).filter(|pair| pair[0].starts_with("$ portcullis explain "));
    answers.map(|pair| pair[1].split_whitespace().next().unwrap()).collect()
}

#[test]
fn the_tour_tells_every_story_and_asks_one_question_of_each() {
    let tour = demo(&[]);
    let first: Vec<_> = STORIES.iter().map(|(_, verdicts)| verdicts[0]).collect();
    assert_eq!(verdicts(&tour), first);
    let titles: Vec<_> =
        tour.lines().filter_map(|line| line.strip_prefix("=== ")?.split(':').next()).collect();
    assert_eq!(titles, STORIES.iter().map(|(name, _)| *name).collect::<Vec<_>>());
    assert!(tour.lines().count() < 300, "{} lines are no tour", tour.lines().count());
    assert!(!tour.contains('\u{1b}'), "colours are for terminals");
}

#[test]
fn a_story_asks_all_of_its_questions() {
    for (name, expected) in STORIES {
        let story = demo(&[name]);
        assert_eq!(verdicts(&story), *expected, "{name}");
        assert!(story.starts_with(&format!("=== {name}: ")), "{name}");
    }
}

#[test]
fn the_list_names_every_story() {
    let list = demo(&["--list"]);
    let names: Vec<_> = list.lines().map(|line| line.split_whitespace().next().unwrap()).collect();
    assert_eq!(names, STORIES.iter().map(|(name, _)| *name).collect::<Vec<_>>());
}

#[test]
fn what_is_unpacked_gives_the_same_answers() {
    let folder = tempfile::tempdir().unwrap();
    let printed = text(&["demo", "--unpack", "a tour"], folder.path());
    assert!(printed.contains("  cd 'a tour'\n"), "{printed}");
    let stories: String = STORIES.iter().map(|(name, _)| demo(&[name])).collect();
    let commands: Vec<_> = printed.lines().filter_map(|line| line.strip_prefix("  portcullis ")).collect();
    assert_eq!(commands.len(), verdicts(&stories).len());
    for command in commands {
        let (words, question) = command.split_once(" '").unwrap();
        let mut arguments: Vec<_> = words.split(' ').collect();
        arguments.push(question.strip_suffix('\'').unwrap());
        let output = run(&arguments, &folder.path().join("a tour"));
        assert!(output.stderr.is_empty(), "{command}: {}", String::from_utf8_lossy(&output.stderr));
        let answer = String::from_utf8(output.stdout).unwrap();
        assert!(
            stories.contains(&format!("\n$ portcullis {command}\n{answer}")),
            "{command} answers\n{answer}"
        );
        assert_eq!(output.status.code(), Some(if answer.starts_with("OK") { 0 } else { 1 }), "{command}");
    }
}

#[test]
fn what_is_unpacked_is_what_the_scenarios_hold() {
    let folder = tempfile::tempdir().unwrap();
    text(&["demo", "--unpack", "tour"], folder.path());
    for (story, _) in STORIES {
        for export in fs::read_dir(folder.path().join("tour").join(story)).unwrap() {
            let export = export.unwrap().path();
            let relative = export.strip_prefix(folder.path().join("tour")).unwrap();
            let scenario = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../scenarios").join(relative);
            let names = |folder: &Path| {
                let entries = fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().file_name());
                entries.collect::<std::collections::BTreeSet<_>>()
            };
            assert_eq!(names(&export), names(&scenario), "{}", relative.display());
            for name in names(&export) {
                let read = |folder: &Path| fs::read(folder.join(&name)).unwrap();
                assert!(read(&export) == read(&scenario), "{}/{}", relative.display(), name.display());
            }
        }
    }
}

#[test]
fn one_story_is_unpacked_alone_and_into_an_empty_folder() {
    let folder = tempfile::tempdir().unwrap();
    fs::create_dir(folder.path().join("new")).unwrap();
    let printed = text(&["demo", "two-tier", "--unpack", "new"], folder.path());
    assert_eq!(printed.matches("portcullis explain").count(), 2);
    let entries = fs::read_dir(folder.path().join("new")).unwrap();
    assert_eq!(entries.map(|entry| entry.unwrap().file_name()).collect::<Vec<_>>(), ["two-tier"]);
}

#[test]
fn nothing_is_overwritten() {
    let folder = tempfile::tempdir().unwrap();
    fs::write(folder.path().join("mine"), "mine").unwrap();
    let message = refused(&["--unpack", "."], folder.path());
    assert_eq!(message, "error: . is not empty; give a new folder\n");
    assert_eq!(fs::read_dir(folder.path()).unwrap().count(), 1);
    let message = refused(&["--unpack", "mine"], folder.path());
    assert!(message.starts_with("error: mine could not be read: "), "{message}");
    assert_eq!(fs::read(folder.path().join("mine")).unwrap(), b"mine");
}

#[test]
fn an_unknown_story_is_guessed_at() {
    let message = refused(&["two-teir"], Path::new("."));
    assert!(message.contains("there is no such story; did you mean `two-tier`?"), "{message}");
    assert!(!message.contains("panicked"));
    let message = refused(&["teapot"], Path::new("."));
    assert!(message.contains("no such story (`portcullis demo --list`"), "{message}");
    refused(&["--list", "two-tier"], Path::new("."));
    refused(&["--list", "--unpack", "x"], Path::new("."));
}
