//! What holds for the options of every command.

use clap::builder::BoolishValueParser;
use clap::{ArgAction, Command};

/// A command and all below it, whose flags can be set in the environment by `1`, `true`, `yes` or `on` and unset by their
/// opposites. clap by itself takes only `true` and `false`.
pub(crate) fn flags_from_environment(command: Command) -> Command {
    command
        .mut_args(|arg| match arg.get_action() {
            ArgAction::SetTrue => arg.value_parser(BoolishValueParser::new()),
            _ => arg,
        })
        .mut_subcommands(flags_from_environment)
}

#[cfg(test)]
mod tests {
    use clap::{Arg, CommandFactory, Parser};

    use super::*;
    use crate::Arguments;

    /// Every command, `portcullis` itself first.
    fn commands() -> Vec<Command> {
        let mut root = flags_from_environment(Arguments::command());
        root.build();
        let below = root.get_subcommands().filter(|command| command.get_name() != "help").cloned();
        std::iter::once(root.clone()).chain(below).collect()
    }

    /// Its options, without those that only print something about the command.
    fn options(command: &Command) -> Vec<&Arg> {
        let printing = |arg: &Arg| {
            matches!(
                arg.get_action(),
                ArgAction::Help | ArgAction::HelpShort | ArgAction::HelpLong | ArgAction::Version
            )
        };
        command.get_arguments().filter(|arg| !arg.is_positional() && !printing(arg)).collect()
    }

    #[test]
    fn every_option_has_an_environment_variable_named_after_it() {
        for command in commands() {
            for option in options(&command) {
                let long = option.get_long().map(|long| long.to_uppercase().replace('-', "_"));
                let expected = format!("PORTCULLIS_{}", long.unwrap_or_default());
                let found = option.get_env().and_then(|name| name.to_str());
                assert_eq!(found, Some(expected.as_str()), "{} of {}", option.get_id(), command.get_name());
            }
        }
    }

    #[test]
    fn every_command_has_examples_and_exit_codes() {
        for command in commands() {
            let help = command.get_after_help().map(ToString::to_string).unwrap_or_default();
            assert!(
                help.contains("portcullis ") || help.contains(" -> "),
                "{}: no example",
                command.get_name()
            );
            assert!(help.contains("Exit codes: 0 "), "{}: no exit codes", command.get_name());
        }
    }

    #[test]
    fn clap_finds_nothing_wrong() {
        flags_from_environment(Arguments::command()).debug_assert();
        assert!(Arguments::try_parse_from(["portcullis", "show", "-i", "export", "--quiet"]).is_ok());
    }
}
