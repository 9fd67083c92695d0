//! `--from`, `--to` and `--ports`: who asks whom for what, up to the matrix of all that.

use std::net::IpAddr;

use answers::ends::Names;
use answers::question::{self, Ends, QuestionError, Service};
use answers::reach::{Matrix, Query, Side};
use clap::Args;
use engine::Network;
use render::Style;

use crate::config::Me;
use crate::input::Inputs;
use crate::progress::Progress;

/// What is sought, and in what.
#[derive(Debug, Args)]
pub(crate) struct Sought {
    /// Only these services, as in questions: `https,icmp/echo`
    #[arg(long, value_name = "SERVICES", env = "PORTCULLIS_PORTS")]
    ports: Option<String>,
    #[command(flatten)]
    me: Me,
    /// Show no progress
    #[arg(long, env = "PORTCULLIS_NO_PROGRESS")]
    no_progress: bool,
    #[command(flatten)]
    pub(crate) inputs: Inputs,
}

impl Sought {
    /// Reads the words of the two sides and the services, or shows what is wrong with them: an error in them should
    /// not wait for a large input.
    ///
    /// # Errors
    /// If the configuration file is needed and cannot be read or understood.
    pub(crate) fn words(&self, sides: [Option<&str>; 2], style: Style) -> anyhow::Result<Option<Words>> {
        let Some(words) = parse(sides, self.ports.as_deref(), style) else { return Ok(None) };
        Ok(Some(Words { me: self.me.address()?, ..words }))
    }

    /// Who gets to whom of these, or shows what the words do not mean in this network.
    pub(crate) fn matrix<'n>(&self, words: Words, network: &'n Network, style: Style) -> Option<Matrix<'n>> {
        let query = words.query(network, style)?;
        let progress = Progress::new("who gets to whom", !self.no_progress && !self.inputs.notes.quiet);
        Some(Matrix::of(network, query, &|done, all| progress.at(done, all)))
    }
}

/// What was said, before there is a network.
pub(crate) struct Words {
    sides: [Option<(String, Ends)>; 2],
    services: Vec<Service>,
    /// What the user's address is.
    me: Option<IpAddr>,
}

/// How errors call the two sides.
const PLACES: [&str; 2] = ["--from", "--to"];

/// Reads the words, or shows what is wrong with them.
fn parse(sides: [Option<&str>; 2], ports: Option<&str>, style: Style) -> Option<Words> {
    let mut parsed = [None, None];
    for ((place, text), parsed) in PLACES.iter().zip(sides).zip(&mut parsed) {
        let Some(text) = text else { continue };
        match question::parse_ends(text) {
            Ok(ends) => *parsed = Some((text.to_owned(), ends)),
            Err(error) => return show(&error, text, place, style),
        }
    }
    let services = match ports {
        None => vec![Service::Any],
        Some(text) => match question::parse_services(text) {
            Ok(services) => services.iter().map(|service| service.node).collect(),
            Err(error) => return show(&error, text, "--ports", style),
        },
    };
    Some(Words { sides: parsed, services, me: None })
}

impl Words {
    /// What they mean in a network, or shows what they do not.
    fn query(self, network: &Network, style: Style) -> Option<Query> {
        let names = Names::new(network, self.me);
        let mut found = Vec::new();
        for (place, side) in PLACES.iter().zip(&self.sides) {
            found.push(match side {
                None => Side::everybody(network),
                Some((text, ends)) => match Side::of(&names, ends) {
                    Ok(side) => side,
                    Err(error) => return show(&error, text, place, style),
                },
            });
        }
        let mut found = found.into_iter();
        Some(Query {
            from: found.next()?,
            to: found.next()?,
            services: self.services,
            client_ports: None,
            goal: engine::Goal::Answered,
        })
    }
}

fn show<T>(error: &QuestionError, text: &str, place: &str, style: Style) -> Option<T> {
    anstream::eprintln!("{}", render::question_error(error, text, place, 1, style));
    None
}
