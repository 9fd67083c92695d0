//! `--from`, `--to` and `--ports`: who asks whom for what.

use std::net::IpAddr;

use answers::ends::Names;
use answers::question::{self, Ends, QuestionError, Service};
use answers::reach::{Query, Side};
use engine::Network;
use render::Style;

/// What was said, before there is a network.
pub(crate) struct Words {
    sides: [Option<(String, Ends)>; 2],
    services: Vec<Service>,
}

/// How errors call the two sides.
const PLACES: [&str; 2] = ["--from", "--to"];

/// Reads the words, or shows what is wrong with them.
pub(crate) fn parse(sides: [Option<&str>; 2], ports: Option<&str>, style: Style) -> Option<Words> {
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
    Some(Words { sides: parsed, services })
}

impl Words {
    /// What they mean in a network, or shows what they do not; `me` is what the user's address is.
    pub(crate) fn query(self, network: &Network, me: Option<IpAddr>, style: Style) -> Option<Query> {
        let names = Names::new(network, me);
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
        Some(Query { from: found.next()?, to: found.next()?, services: self.services })
    }
}

fn show<T>(error: &QuestionError, text: &str, place: &str, style: Style) -> Option<T> {
    anstream::eprintln!("{}", render::question_error(error, text, place, 1, style));
    None
}
