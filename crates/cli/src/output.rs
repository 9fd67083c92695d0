//! Where text goes and how it may look.

use std::io::{IsTerminal, Write};
use std::process::ExitCode;

use clap::ValueEnum;
use render::Style;

/// When to use colours.
#[derive(Debug, Clone, Copy, Default, ValueEnum)]
pub enum ColorChoice {
    /// On a terminal, unless NO_COLOR is set
    #[default]
    Auto,
    /// Always
    Always,
    /// Never
    Never,
}

/// How text on standard output may look.
pub fn style(choice: ColorChoice, stream: &impl IsTerminal) -> Style {
    let auto = || {
        let wanted = std::env::var_os("NO_COLOR").is_none_or(|value| value.is_empty());
        wanted && stream.is_terminal() && std::env::var_os("TERM").is_none_or(|term| term != "dumb")
    };
    let colour = match choice {
        ColorChoice::Auto => auto(),
        ColorChoice::Always => true,
        ColorChoice::Never => false,
    };
    Style { colour, unicode: unicode() }
}

/// Whether the locale is UTF-8. Where none is set, it is taken to be: terminals are.
fn unicode() -> bool {
    let set = |name: &&str| std::env::var(name).ok().filter(|value| !value.is_empty());
    let locale = ["LC_ALL", "LC_CTYPE", "LANG"].iter().find_map(set);
    locale.is_none_or(|locale| {
        let locale = locale.to_lowercase();
        locale.contains("utf-8") || locale.contains("utf8")
    })
}

/// How many letters fit on a line of standard output; where it is no terminal, as many as a wide one has.
pub fn width() -> usize {
    const ELSEWHERE: usize = 120;
    let terminal = std::io::stdout().is_terminal().then(terminal_size::terminal_size).flatten();
    terminal.map_or(ELSEWHERE, |(width, _)| usize::from(width.0))
}

/// Writes to standard output.
pub fn print(text: &str) -> anyhow::Result<()> {
    let mut out = std::io::stdout().lock();
    out.write_all(text.as_bytes())?;
    out.flush()?;
    Ok(())
}

/// How a command ends: what is wrong is said on standard error.
pub fn ended(result: anyhow::Result<ExitCode>) -> ExitCode {
    match result {
        Ok(code) => code,
        Err(error) if is_broken_pipe(&error) => ExitCode::SUCCESS,
        Err(error) => {
            anstream::eprintln!("error: {error:#}");
            ExitCode::from(2)
        }
    }
}

/// A reader that went away, such as `head`, is no error.
fn is_broken_pipe(error: &anyhow::Error) -> bool {
    let io = error.chain().find_map(|cause| cause.downcast_ref::<std::io::Error>());
    io.is_some_and(|error| error.kind() == std::io::ErrorKind::BrokenPipe)
}
