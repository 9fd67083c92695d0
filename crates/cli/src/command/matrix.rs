//! `portcullis matrix`: everything to everything.

use std::path::PathBuf;
use std::process::ExitCode;

use answers::reach::{Matrix, Query};
use clap::{Args, ValueEnum};

use crate::input;
use crate::output::{self, ColorChoice};
use crate::progress::Progress;
use crate::target::Target;

/// Show who gets to whom in the whole network, and with what
#[derive(Debug, Args)]
pub(crate) struct Arguments {
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
    /// How to print it
    #[arg(long, value_enum, default_value_t, env = "PORTCULLIS_FORMAT")]
    format: Format,
    /// Write to a file: it is there in full or not at all
    #[arg(short, long, value_name = "FILE", env = "PORTCULLIS_OUTPUT")]
    output: Option<PathBuf>,
    /// Every pair of interfaces by itself
    #[arg(long, env = "PORTCULLIS_EXPAND")]
    expand: bool,
    /// Show no progress
    #[arg(long, env = "PORTCULLIS_NO_PROGRESS")]
    no_progress: bool,
    /// Show warnings about the input
    #[arg(short, long, env = "PORTCULLIS_VERBOSE")]
    verbose: bool,
    /// Print nothing but what is asked for
    #[arg(short, long, conflicts_with = "verbose", env = "PORTCULLIS_QUIET")]
    quiet: bool,
}

#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, ValueEnum)]
enum Format {
    /// For people
    #[default]
    Text,
    /// One object
    Json,
}

/// Runs it.
///
/// # Errors
/// If the input or an argument is wrong, or the answer cannot be written.
pub(crate) fn run(arguments: &Arguments, color: ColorChoice) -> anyhow::Result<ExitCode> {
    let error_style = output::style(color, &std::io::stderr());
    let target = Target::new(arguments.output.as_deref())?;
    let loaded = input::load(&arguments.inputs, error_style)?;
    let sources = &loaded.network.model().sources;
    input::report(&loaded.problems, sources, arguments.verbose, arguments.quiet, error_style);
    let query = Query::everything(&loaded.network);
    let progress = Progress::new("who gets to whom", !arguments.no_progress && !arguments.quiet);
    let matrix = Matrix::of(&loaded.network, query, &|done, all| progress.at(done, all));
    drop(progress);
    let t = std::time::Instant::now();
    target.write(|out| match (arguments.format, arguments.expand) {
        (_, true) => render::expanded_json(&matrix, out),
        (_, false) => render::matrix_json(&matrix, out),
    })?;
    if std::env::var_os("MXT").is_some() { eprintln!("write {:?}", t.elapsed()); }
    Ok(ExitCode::SUCCESS)
}
