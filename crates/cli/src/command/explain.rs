//! `portcullis explain`: does this connection work, and if not, why not.

use std::io::Read;
use std::path::{Path, PathBuf};
use std::process::ExitCode;

use answers::explain::{Explainer, Explanation, Options};
use answers::question;
use anyhow::Context;
use clap::{Args, ValueEnum};
use engine::Verdict;
use engine::ephemeral::{CLIENT_KINDS, ClientKind, client_kind};
use render::{FixForm, Style};

use crate::config::Me;
use crate::input::Inputs;
use crate::output::{self, ColorChoice};

/// Say whether a connection works, which gate and rule decides in each direction, and the smallest fix
#[derive(Debug, Args)]
#[command(after_help = EXAMPLES)]
pub(crate) struct Arguments {
    /// What to ask: `A -> B:SERVICE`
    #[arg(required_unless_present_any = ["questions", "health_check"], conflicts_with_all = ["questions", "health_check"])]
    question: Option<String>,
    #[command(flatten)]
    inputs: Inputs,
    /// Answer every question of a file, one a line; `-` for standard input
    #[arg(long, value_name = "FILE", env = "PORTCULLIS_QUESTIONS")]
    questions: Option<PathBuf>,
    /// Show the health checks of a target group instead: every node of its load balancers with every target
    #[arg(long, value_name = "TG", conflicts_with = "questions", env = "PORTCULLIS_HEALTH_CHECK")]
    health_check: Option<String>,
    /// How to print answers
    #[arg(long, value_enum, default_value_t, env = "PORTCULLIS_FORMAT")]
    format: Format,
    #[command(flatten)]
    me: Me,
    /// The kind of client, where it is not told by what the client is
    #[arg(long, value_name = "KIND", value_parser = parse_kind, env = "PORTCULLIS_CLIENT")]
    client: Option<&'static ClientKind>,
    /// Show every rule that was tried, and when a change of the gate would take effect
    #[arg(long, env = "PORTCULLIS_RULES")]
    rules: bool,
    /// The form of the smallest fix; with --questions, search for fixes at all
    #[arg(long, value_enum, value_name = "FORM", env = "PORTCULLIS_FIX")]
    fix: Option<Form>,
    /// End with 0 whatever the answer is
    #[arg(long, env = "PORTCULLIS_EXIT_ZERO")]
    exit_zero: bool,
}

const EXAMPLES: &str = "\
Questions:
  internet -> web-1:80                 names come from tags; ids, addresses and CIDRs work too
  me -> web-1:ssh                      with --me ADDRESS, or `me:` in portcullis.yaml
  web-1 -> db-1:mysql,icmp/echo        several services; tcp/443, udp/53, 8000-8100, proto/50, any
  (sg:web - web-1) -> internet:443     sets: | & - with spaces around; sg: subnet: vpc: i: eni: tag:Key=value az: pl:
  internet -> lb:shop:443              through a load balancer to each of its targets; also lb: tg: asg: as ends
  app-1 -> aws:ssm                     the endpoints of an AWS service, as the client's VPC reaches them
  web-1 -> 10.0.2.7:443 from-port 1024-65535

Exit codes: 0 it works, 1 blocked or partial, 2 wrong question or input, 3 cannot be decided";

#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, ValueEnum)]
pub(super) enum Format {
    /// For people
    #[default]
    Text,
    /// One object, or a list of them
    Json,
    /// One object a line
    Jsonl,
    /// Markdown
    Md,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
enum Form {
    /// AWS CLI lines
    Cli,
    /// Terraform resources
    Tf,
}

fn parse_kind(text: &str) -> Result<&'static ClientKind, String> {
    client_kind(text).ok_or_else(|| {
        let known: Vec<_> = CLIENT_KINDS.iter().map(|kind| kind.key).collect();
        let meant = answers::suggest::closest(text, known.iter().copied());
        let hint = meant.map_or(String::new(), |meant| format!("; did you mean `{meant}`?"));
        format!("expected one of {}{hint}", known.join(", "))
    })
}

/// Runs it.
///
/// # Errors
/// If the input, the question or the configuration is wrong.
pub(crate) fn run(arguments: &Arguments, color: ColorChoice) -> anyhow::Result<ExitCode> {
    let (style, error_style) =
        (output::style(color, &std::io::stdout()), output::style(color, &std::io::stderr()));
    // The question first: a typing error should not wait for a large input.
    let texts = if arguments.health_check.is_some() { Vec::new() } else { questions(arguments)? };
    let (place, parsed) = parse(arguments, &texts, error_style)?;
    let me = arguments.me.address()?;
    let loaded = arguments.inputs.load(error_style)?;
    let single = arguments.questions.is_none();
    let options = Options {
        client: arguments.client,
        rules: arguments.rules,
        fix: single || arguments.fix.is_some(),
        ..Options::default()
    };
    let explainer = Explainer::new(&loaded.network, me, options);
    if let Some(name) = &arguments.health_check {
        let health =
            super::health_check::run(&explainer, name, arguments.format, fix_form(arguments), style)?;
        return Ok(exit_code(&[health], arguments.exit_zero));
    }
    let mut explanations = Vec::with_capacity(parsed.len());
    for ((line, text), question) in texts.iter().zip(&parsed) {
        match explainer.explain(question) {
            Ok(explanation) => explanations.push(explanation),
            Err(error) => {
                anstream::eprintln!("{}", render::question_error(&error, text, &place, *line, error_style));
                return Ok(ExitCode::from(2));
            }
        }
    }
    output::print(&format(arguments, &explanations, style)?)?;
    let verdicts: Vec<_> = explanations.iter().map(|explanation| explanation.verdict).collect();
    Ok(exit_code(&verdicts, arguments.exit_zero))
}

/// The questions with their line numbers. Empty lines and lines that begin with `#` are none.
fn questions(arguments: &Arguments) -> anyhow::Result<Vec<(usize, String)>> {
    let text = match (&arguments.question, &arguments.questions) {
        (Some(question), _) => return Ok(vec![(1, question.clone())]),
        (None, Some(path)) if path == Path::new("-") => {
            let mut text = String::new();
            std::io::stdin().read_to_string(&mut text).context("the questions could not be read")?;
            text
        }
        (None, Some(path)) => {
            std::fs::read_to_string(path).with_context(|| format!("{} could not be read", path.display()))?
        }
        (None, None) => String::new(),
    };
    // Windows tools begin a file with a byte-order mark.
    let text = text.strip_prefix('\u{feff}').unwrap_or(&text);
    let lines = text.lines().enumerate().map(|(position, line)| (position + 1, line.to_owned()));
    let questions: Vec<_> =
        lines.filter(|(_, line)| !line.trim().is_empty() && !line.trim_start().starts_with('#')).collect();
    if questions.is_empty() {
        // No answer at all must not look like "it works" to whoever goes by the exit code.
        anyhow::bail!(
            "{} has no question; expected one a line, such as `internet -> web-1:443`",
            place(arguments)
        );
    }
    Ok(questions)
}

/// Where the questions come from.
fn place(arguments: &Arguments) -> String {
    match &arguments.questions {
        Some(path) if path != Path::new("-") => path.display().to_string(),
        Some(_) => "standard input".into(),
        None => "question".into(),
    }
}

/// Parses all questions, or shows every error of them.
fn parse(
    arguments: &Arguments,
    texts: &[(usize, String)],
    style: Style,
) -> anyhow::Result<(String, Vec<question::Question>)> {
    let place = place(arguments);
    let (mut parsed, mut wrong) = (Vec::with_capacity(texts.len()), 0);
    for (line, text) in texts {
        match question::parse(text) {
            Ok(question) => parsed.push(question),
            Err(error) => {
                wrong += 1;
                anstream::eprintln!("{}", render::question_error(&error, text, &place, *line, style));
            }
        }
    }
    if wrong > 0 {
        anyhow::bail!("{wrong} question{} could not be read", if wrong == 1 { "" } else { "s" });
    }
    Ok((place, parsed))
}

fn fix_form(arguments: &Arguments) -> FixForm {
    match arguments.fix {
        Some(Form::Tf) => FixForm::Terraform,
        Some(Form::Cli) | None => FixForm::Cli,
    }
}

fn format(arguments: &Arguments, explanations: &[Explanation], style: Style) -> anyhow::Result<String> {
    let form = fix_form(arguments);
    let each =
        |one: &dyn Fn(&Explanation) -> String| explanations.iter().map(one).collect::<Vec<_>>().join("\n");
    Ok(match arguments.format {
        Format::Text => each(&|explanation| render::text(explanation, form, style)),
        Format::Md => each(&render::markdown),
        Format::Json => render::to_json(explanations)? + "\n",
        Format::Jsonl => {
            let lines: Result<Vec<_>, _> = explanations.iter().map(render::to_json_line).collect();
            let mut text = lines?.join("\n");
            if !text.is_empty() {
                text.push('\n');
            }
            text
        }
    })
}

/// The worst of the answers: blocked or partial before undecided before allowed.
/// The worst of the verdicts, as an exit code.
fn exit_code(verdicts: &[Verdict], exit_zero: bool) -> ExitCode {
    if exit_zero {
        ExitCode::SUCCESS
    } else if verdicts.iter().any(|verdict| matches!(verdict, Verdict::Blocked | Verdict::Partial)) {
        ExitCode::from(1)
    } else if verdicts.contains(&Verdict::Undecided) {
        ExitCode::from(3)
    } else {
        ExitCode::SUCCESS
    }
}
