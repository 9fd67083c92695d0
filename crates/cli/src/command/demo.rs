//! `portcullis demo`: a tour that needs neither AWS nor files.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::ExitCode;

use answers::explain::{Explainer, Options};
use answers::{question, suggest};
use anyhow::Context;
use clap::Args;
use engine::Network;
use model::Resolved;
use read::Reader;
use render::{FixForm, Style};

use crate::output::{self, ColorChoice};
use crate::stories::{Asked, Export, STORIES, Story};

/// Take a tour over networks that do not work, and why: without AWS
#[derive(Debug, Args)]
#[command(after_help = EXAMPLES)]
pub(crate) struct Arguments {
    /// Tell one story, with all of its questions
    #[arg(value_name = "NAME", value_parser = parse_story)]
    story: Option<&'static Story>,
    /// List the stories
    #[arg(long, conflicts_with_all = ["story", "unpack"], env = "PORTCULLIS_LIST")]
    list: bool,
    /// Write the networks to a new folder, as AWS would have printed them, to try the commands
    #[arg(long, value_name = "FOLDER", env = "PORTCULLIS_UNPACK")]
    unpack: Option<PathBuf>,
}

const EXAMPLES: &str = "\
Examples:
  portcullis demo                       the tour
  portcullis demo two-tier              one story, in more detail
  portcullis demo --unpack tour         the networks of all stories as files

Exit codes: 0 it was told or written, 2 no such story, or a folder that cannot be written";

impl std::fmt::Debug for Story {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        formatter.write_str(self.name)
    }
}

fn parse_story(text: &str) -> Result<&'static Story, String> {
    STORIES.iter().find(|story| story.name == text).ok_or_else(|| {
        let meant = suggest::closest(text, STORIES.iter().map(|story| story.name));
        let hint = meant.map_or(String::new(), |meant| format!("; did you mean `{meant}`?"));
        format!("there is no such story{hint} (`portcullis demo --list` lists them)")
    })
}

/// Runs it.
///
/// # Errors
/// If the folder to write to has something in it or cannot be written.
pub(crate) fn run(arguments: &Arguments, color: ColorChoice) -> anyhow::Result<ExitCode> {
    let style = output::style(color, &std::io::stdout());
    let stories: Vec<_> =
        STORIES.iter().filter(|story| arguments.story.is_none_or(|one| one.name == story.name)).collect();
    let text = match (arguments.list, &arguments.unpack, arguments.story) {
        (true, ..) => list(),
        (_, Some(folder), _) => unpack(folder, &stories)?,
        (_, None, Some(story)) => tell(story, story.questions, style)? + "\n" + TRY,
        (_, None, None) => tour(style)?,
    };
    output::print(&text)?;
    Ok(ExitCode::SUCCESS)
}

const TRY: &str = "\
To try the commands, `portcullis demo --unpack tour` writes these networks to the folder `tour`.
";

fn list() -> String {
    let widest = STORIES.iter().map(|story| story.name.len()).max().unwrap_or_default();
    STORIES.iter().map(|story| format!("{:widest$}  {}\n", story.name, story.title)).collect()
}

fn tour(style: Style) -> anyhow::Result<String> {
    let mut text = String::new();
    for story in STORIES {
        text += &tell(story, story.questions.get(..1).unwrap_or_default(), style)?;
        text.push('\n');
    }
    text += TRY;
    text += "`portcullis demo NAME` asks more about one of them; yours: `portcullis snapshot`.\n";
    Ok(text)
}

/// A story, its questions as they would be typed, and the answers.
fn tell(story: &Story, questions: &[Asked], style: Style) -> anyhow::Result<String> {
    let mut text = format!("=== {}: {}\n\n{}\n", story.name, story.title, story.text);
    for asked in questions {
        text += &format!("\n$ {}\n{}", command(story, asked), answer(story, asked, style)?);
    }
    Ok(text)
}

fn command(story: &Story, asked: &Asked) -> String {
    format!("portcullis explain -i {}/{} '{}'", story.name, asked.export, asked.question)
}

/// Asks the question as `explain` would.
fn answer(story: &Story, asked: &Asked, style: Style) -> anyhow::Result<String> {
    let mut reader = Reader::new();
    for (name, contents) in files(story, asked.export) {
        reader.add(&name, contents);
    }
    let network = Network::new(Resolved::new(reader.finish()));
    let wrong =
        |error: question::QuestionError| anyhow::anyhow!("{}: {}", command(story, asked), error.message);
    let options = Options { fix: true, ..Options::default() };
    let question = question::parse(asked.question).map_err(wrong)?;
    let explanation = Explainer::new(&network, None, options).explain(&question).map_err(wrong)?;
    Ok(render::text(&explanation, FixForm::Cli, style))
}

/// The files of one of a story's exports, as they are called once unpacked.
fn files(story: &Story, export: &str) -> impl Iterator<Item = (String, &'static str)> {
    let files = story
        .exports
        .iter()
        .find(|known| known.name == export)
        .map_or(&[][..], |export: &Export| export.files);
    files.iter().map(move |(name, contents)| (format!("{}/{export}/{name}", story.name), *contents))
}

/// Writes the exports, and says what to do with them.
fn unpack(folder: &Path, stories: &[&Story]) -> anyhow::Result<String> {
    let is_new = match fs::read_dir(folder) {
        Ok(mut entries) => entries.next().is_none(),
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => true,
        Err(error) => return Err(error).with_context(|| format!("{} could not be read", folder.display())),
    };
    if !is_new {
        anyhow::bail!("{} is not empty; give a new folder", folder.display());
    }
    let exports = stories.iter().flat_map(|story| story.exports.iter().map(move |export| (story, export)));
    for (story, export) in exports {
        for (name, contents) in files(story, export.name) {
            let path = folder.join(name);
            let write = || {
                path.parent().map_or(Ok(()), fs::create_dir_all)?;
                fs::write(&path, contents)
            };
            write().with_context(|| format!("{} could not be written", path.display()))?;
        }
    }
    let shown = folder.display().to_string().replace('\'', r"'\''");
    let mut text = format!("The networks are in {}. Try:\n\n  cd '{shown}'\n", folder.display());
    for story in stories {
        for asked in story.questions {
            text += &format!("  {}\n", command(story, asked));
        }
    }
    Ok(text)
}
