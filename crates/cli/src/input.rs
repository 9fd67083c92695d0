//! `-i`: folders, files and standard input, to a network.

use std::fs::File;
use std::io::{Read, Seek, SeekFrom};
use std::mem::ManuallyDrop;
use std::path::{Path, PathBuf};

use anyhow::Context;
use clap::Args;
use engine::Network;
use model::{Problem, Resolved, Severity, Sources};
use rayon::iter::{IndexedParallelIterator, IntoParallelRefIterator, ParallelIterator};
use rayon::slice::ParallelSliceMut;
use read::Reader;
use render::Style;

/// `-i`: what is read.
#[derive(Debug, Args)]
pub struct Inputs {
    /// A folder of `aws ... describe-*` answers, a file, or `-` for standard input; later ones overlay earlier ones
    #[arg(
        short,
        long = "input",
        value_name = "PATH",
        required = true,
        env = "PORTCULLIS_INPUT",
        value_delimiter = ','
    )]
    inputs: Vec<PathBuf>,
    #[command(flatten)]
    #[expect(missing_docs, reason = "a comment would become part of the help")]
    pub notes: Notes,
}

impl Inputs {
    /// What is read, as given.
    pub fn paths(&self) -> &[PathBuf] {
        &self.inputs
    }

    /// The first of them, as the user calls it.
    pub fn first(&self) -> String {
        self.inputs.first().map(|input| input.display().to_string()).unwrap_or_default()
    }

    /// The network that they describe. What is wrong with them is shown.
    ///
    /// # Errors
    /// As [`load`].
    pub fn load(&self, style: Style) -> anyhow::Result<Loaded> {
        let loaded = load(&self.inputs, style)?;
        self.notes.report(&loaded, style);
        Ok(loaded)
    }
}

/// `-i`, for a command that can do without.
#[derive(Debug, Args)]
pub struct MaybeInputs {
    /// A folder of `aws ... describe-*` answers, a file, or `-` for standard input; later ones overlay earlier ones
    #[arg(short, long = "input", value_name = "PATH", env = "PORTCULLIS_INPUT", value_delimiter = ',')]
    inputs: Vec<PathBuf>,
    #[command(flatten)]
    /// What is said beside the answer.
    pub notes: Notes,
}

impl MaybeInputs {
    /// What is read, as given.
    pub fn paths(&self) -> &[PathBuf] {
        &self.inputs
    }

    /// The network that they describe, if any are given. What is wrong with them is shown.
    ///
    /// # Errors
    /// As [`load`].
    pub fn load(&self, style: Style) -> anyhow::Result<Option<Loaded>> {
        if self.inputs.is_empty() {
            return Ok(None);
        }
        let loaded = load(&self.inputs, style)?;
        self.notes.report(&loaded, style);
        Ok(Some(loaded))
    }
}

/// `-v` and `-q`: how much is said beside the answer.
#[derive(Debug, Args)]
pub struct Notes {
    /// Show warnings about the input
    #[arg(short, long, env = "PORTCULLIS_VERBOSE")]
    verbose: bool,
    /// Print nothing but what is asked for
    #[arg(short, long, conflicts_with = "verbose", env = "PORTCULLIS_QUIET")]
    pub quiet: bool,
}

impl Notes {
    /// Prints problems to standard error: errors always, the rest if asked for; else how many there are.
    pub fn report(&self, loaded: &Loaded, style: Style) {
        if self.quiet {
            return;
        }
        let problems = &loaded.problems;
        let shown: Vec<&Problem> =
            problems.iter().filter(|problem| self.verbose || problem.severity == Severity::Error).collect();
        show(&shown, &loaded.network.model().sources, self.verbose, style);
        let hidden = problems.iter().filter(|problem| problem.severity == Severity::Warning).count();
        if hidden > 0 && !self.verbose {
            anstream::eprintln!(
                "{hidden} warning{} about the input; -v shows them",
                if hidden == 1 { "" } else { "s" }
            );
        }
    }
}

/// A network and what was wrong with its input.
pub struct Loaded {
    /// Never dropped: a process that ends gives its memory back at once, and millions of pieces one by one take time.
    pub network: ManuallyDrop<Network>,
    problems: Vec<Problem>,
}

/// Reads inputs, later ones over earlier ones.
///
/// # Errors
/// If a path cannot be read, or a file cannot be parsed: then the diagnostics are the error's text.
pub fn load(inputs: &[PathBuf], style: Style) -> anyhow::Result<Loaded> {
    let mut reader = Reader::new();
    for (position, input) in inputs.iter().enumerate() {
        if position > 0 {
            reader.next_layer();
        }
        read_input(&mut reader, input)?;
    }
    let resolved = Resolved::new(reader.finish());
    let (fatal, problems): (Vec<_>, Vec<_>) =
        resolved.snapshot.problems.iter().cloned().partition(|problem| problem.severity == Severity::Fatal);
    if !fatal.is_empty() {
        show(&fatal.iter().collect::<Vec<_>>(), &resolved.snapshot.sources, false, style);
        anyhow::bail!("the input could not be read");
    }
    let nothing = resolved.snapshot.network_interfaces.is_empty() && resolved.snapshot.vpcs.is_empty();
    if nothing {
        // Whatever was wrong with the input is why.
        show(&problems.iter().collect::<Vec<_>>(), &resolved.snapshot.sources, false, style);
        anyhow::bail!(
            "no VPC and no network interface in {}; expected what `aws ec2 describe-vpcs` and the like print (`portcullis snapshot` collects it)",
            inputs.iter().map(|input| input.display().to_string()).collect::<Vec<_>>().join(", ")
        );
    }
    Ok(Loaded { network: ManuallyDrop::new(Network::new(resolved)), problems })
}

fn read_input(reader: &mut Reader, input: &Path) -> anyhow::Result<()> {
    if input == Path::new("-") {
        let mut bytes = Vec::new();
        std::io::stdin().read_to_end(&mut bytes).context("standard input could not be read")?;
        reader.add_bytes("standard input", bytes);
        return Ok(());
    }
    if !input.is_dir() {
        return add_files(reader, &[input.to_owned()]);
    }
    let mut files = Vec::new();
    json_files(input, 0, &mut files)?;
    if files.is_empty() {
        anyhow::bail!("no .json file below {}", input.display());
    }
    files.sort();
    add_files(reader, &files)
}

/// All JSON files below a folder. Links are followed; a depth limit stops one that leads back.
fn json_files(folder: &Path, depth: usize, files: &mut Vec<PathBuf>) -> anyhow::Result<()> {
    const DEEPEST: usize = 16;
    if depth > DEEPEST {
        anyhow::bail!("{} is nested deeper than {DEEPEST} folders", folder.display());
    }
    for entry in
        std::fs::read_dir(folder).with_context(|| format!("{} could not be read", folder.display()))?
    {
        let path = entry.with_context(|| format!("{} could not be read", folder.display()))?.path();
        let hidden = path.file_name().is_some_and(|name| name.to_string_lossy().starts_with('.'));
        if path.is_dir() && !hidden {
            json_files(&path, depth + 1, files)?;
        } else if path.extension().is_some_and(|extension| extension.eq_ignore_ascii_case("json")) {
            files.push(path);
        }
    }
    Ok(())
}

fn add_files(reader: &mut Reader, files: &[PathBuf]) -> anyhow::Result<()> {
    let read = |file: &PathBuf| {
        let bytes = contents(file).with_context(|| format!("{} could not be read", file.display()))?;
        Ok((file.display().to_string(), bytes))
    };
    let read: Vec<anyhow::Result<_>> = files.par_iter().map(read).collect();
    // Of several that cannot be read, the first is named.
    reader.add_all(read.into_iter().collect::<anyhow::Result<Vec<_>>>()?);
    Ok(())
}

/// What is in a file; parts of a large one are read at the same time.
fn contents(file: &Path) -> std::io::Result<Vec<u8>> {
    const PART: usize = 8 << 20;
    let metadata = std::fs::metadata(file)?;
    let length = usize::try_from(metadata.len()).unwrap_or(usize::MAX);
    if !metadata.is_file() || length <= PART {
        return std::fs::read(file);
    }
    let mut bytes = vec![0; length];
    let parts = bytes.par_chunks_mut(PART).enumerate().try_for_each(|(number, part)| {
        let mut file = File::open(file)?;
        file.seek(SeekFrom::Start((number * PART) as u64))?;
        file.read_exact(part)
    });
    // Whoever writes to it meanwhile makes it longer or shorter.
    match parts {
        Ok(()) if std::fs::metadata(file)?.len() == metadata.len() => Ok(bytes),
        _ => std::fs::read(file),
    }
}

/// Shows problems: the first of them, unless all are asked for. A file of the wrong kind can have millions.
fn show(problems: &[&Problem], sources: &Sources, all: bool, style: Style) {
    const MOST: usize = 20;
    let most = if all { problems.len() } else { MOST.min(problems.len()) };
    let (first, rest) = problems.split_at(most);
    if !first.is_empty() {
        anstream::eprintln!("{}\n", render::problems(first, sources, style));
    }
    if !rest.is_empty() {
        anstream::eprintln!("and {} more\n", rest.len());
    }
}
