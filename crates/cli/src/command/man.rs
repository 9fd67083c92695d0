//! `portcullis man`: manual pages, made of the help.

use std::process::ExitCode;

use clap::{Args, Command};
use clap_mangen::Man;

use crate::output;

/// Print a manual page, to be read by `man`
#[derive(Debug, Args)]
#[command(after_help = EXAMPLES)]
pub(crate) struct Arguments {
    /// Of which command. Without it: of portcullis itself
    #[arg(value_name = "COMMAND")]
    command: Option<String>,
}

const EXAMPLES: &str = "\
Examples:
  portcullis man > ~/.local/share/man/man1/portcullis.1
  portcullis man explain > ~/.local/share/man/man1/portcullis-explain.1
  portcullis man explain | man -l -

Exit codes: 0 it was printed, 2 no such command";

/// Runs it, for `root` or a command below it.
///
/// # Errors
/// If there is no such command, or standard output cannot be written.
pub(crate) fn run(arguments: &Arguments, mut root: Command) -> anyhow::Result<ExitCode> {
    root.build();
    let command = match &arguments.command {
        None => root,
        Some(name) => {
            let Some(command) = root.find_subcommand(name) else {
                let names: Vec<_> = root.get_subcommands().map(Command::get_name).collect();
                let meant = answers::suggest::closest(name, names.iter().copied());
                let hint = meant.map_or(String::new(), |meant| format!("; did you mean `{meant}`?"));
                anyhow::bail!("no command is called `{name}`; expected one of {}{hint}", names.join(", "));
            };
            // As the file is called: `man portcullis-explain`.
            let full = format!("portcullis-{name}");
            command.clone().display_name(full)
        }
    };
    let mut text = Vec::new();
    Man::new(command).manual("portcullis").render(&mut text)?;
    output::print(&String::from_utf8(text)?)?;
    Ok(ExitCode::SUCCESS)
}
