//! `portcullis rule`: the rules of `audit` and their documentation, without a network.

use std::process::ExitCode;

use answers::audit::RULES;
use anyhow::anyhow;
use clap::Args;

use crate::output::{self, ColorChoice};

/// List the rules of `audit`, or print the documentation of one
#[derive(Debug, Args)]
#[command(after_help = EXAMPLES)]
pub(crate) struct Arguments {
    /// The rule: its id or its name
    #[arg(value_name = "RULE")]
    rule: Option<String>,
    /// Print the documentation of all rules, as one page of Markdown
    #[arg(long, conflicts_with = "rule", env = "PORTCULLIS_ALL")]
    all: bool,
}

const EXAMPLES: &str = "\
Examples:
  portcullis rule                     all rules: how bad, and what about
  portcullis rule PC0203              what it looks for, why that is bad, an example, the fix
  portcullis rule shadowed-entry      the same by its name

Exit codes: 0 it was shown, 2 there is no such rule";

/// Runs it.
///
/// # Errors
/// If there is no such rule.
pub(crate) fn run(arguments: &Arguments, color: ColorChoice) -> anyhow::Result<ExitCode> {
    let style = output::style(color, &std::io::stdout());
    let text = match &arguments.rule {
        None if arguments.all => render::rules_page(RULES),
        None => render::rule_list(RULES, style),
        Some(called) => render::rule_page(answers::audit::rule(called).ok_or_else(|| no_rule(called))?),
    };
    output::print(&text)?;
    Ok(ExitCode::SUCCESS)
}

/// What to say of a word that is no rule.
pub(crate) fn no_rule(called: &str) -> anyhow::Error {
    let known = RULES.iter().flat_map(|rule| [rule.id, rule.name]);
    match answers::suggest::closest(called, known) {
        Some(close) => anyhow!("no rule `{called}`; did you mean `{close}`?"),
        None => anyhow!("no rule `{called}`; `portcullis rule` lists them"),
    }
}
