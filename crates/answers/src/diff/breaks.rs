//! Lines of an intent that hold before a change and not after it, and the flows that do it.

use engine::{Goal, Network};
use rustc_hash::FxHashSet;
use space::{Diagrams, Set};

use super::Both;
use super::data::{Broken, Difference, Flow, Verdict};
use crate::ends::{EndSet, Names};
use crate::explain::pairs_of;
use crate::intent::{self, Asks, Intent, IntentError, Settings, Status, Tested, TestedLine};
use crate::question::Question;

/// Ends of each side that are alike in a flow: more than one, since an interface does not ask itself.
const FEW: usize = 8;

impl Difference {
    /// Holds a change against what is meant: notes down which lines hold in the earlier network and not in the later one,
    /// and of each flow which lines below `allow` and `deny` it breaks. `networks` are those of the difference.
    ///
    /// # Errors
    /// Names and lines that speak of what one of the networks does not have.
    pub fn hold_against(
        &mut self,
        intent: &Intent,
        networks: Both<&Network>,
    ) -> Result<(), Vec<IntentError>> {
        // Where no answer differs a request may still arrive that did not, which `deny` forbids.
        if self.verdict == Verdict::Same || intent.is_empty() {
            return Ok(());
        }
        let Both { old, new } = networks.map(|network| intent::names(intent, network, None));
        let names = Both { old: old?, new: new? };
        let tested = |names: &Names<'_>| intent::test(intent, names, &Settings::default(), &|_, _| {});
        let Both { old, new } = names.as_ref().map(tested);
        let tested: Both<Tested> = Both { old: old?, new: new? };
        let numbers = numbers(&tested.new.lines);
        let both = tested.old.lines.iter().zip(&tested.new.lines).zip(numbers);
        for ((was, is), number) in both {
            if was.status != Status::Ok || !matches!(is.status, Status::Fail | Status::Partial) {
                continue;
            }
            let question = match is.asks {
                Asks::Allow => intent.allow.get(number - 1).map(|line| (&line.flow, false)),
                Asks::Deny => intent.deny.get(number - 1).map(|line| (&line.flow, true)),
                Asks::Closed | Asks::Temporary | Asks::Expect => None,
            };
            let broken = broken(is, number);
            if let Some((question, opens)) = question {
                let sides = [&question.source, &question.destination]
                    .map(|ends| crate::ends::resolve_even_nobody(&names.new, ends).unwrap_or_default());
                for flow in self.flows.iter_mut().filter(|flow| if opens { flow.opens } else { flow.closes })
                {
                    if breaks(networks.new, question, &sides, flow, opens) {
                        flow.breaks.push(broken.called());
                    }
                }
            }
            self.broken.push(broken);
        }
        Ok(())
    }
}

/// Which of the lines below its key each is, from 1, as they are written.
fn numbers(lines: &[TestedLine]) -> Vec<usize> {
    let before = |at: usize, asks: Asks| lines.iter().take(at).filter(|line| line.asks == asks).count();
    lines.iter().enumerate().map(|(at, line)| before(at, line.asks) + 1).collect()
}

fn broken(line: &TestedLine, number: usize) -> Broken {
    Broken {
        asks: line.asks.word(),
        number,
        id: line.id.clone(),
        text: line.text.clone(),
        location: Some(line.place.clone()),
        question: line.counterexamples.first().map(|shown| shown.question.clone()),
    }
}

/// Whether something of what a flow is about and a line speaks of is now otherwise than the line says. Before the change
/// the line held, so that it is the change that did it; nothing tells the pairs of a flow apart.
fn breaks(network: &Network, question: &Question, sides: &[EndSet; 2], flow: &Flow, opens: bool) -> bool {
    let [clients, servers] = sides;
    let (clients, servers) = (among(network, clients, &flow.from), among(network, servers, &flow.to));
    let mut sets = Diagrams::new();
    let services = flow.services.iter().fold(Set::EMPTY, |all, service| {
        let of_service = sets.set_of(service.what.regions());
        sets.union(all, of_service)
    });
    let pairs = pairs_of(network, question, &clients, &servers, None, &mut sets);
    let itself = |held: Option<crate::ends::Held>| held.map(|held| held.holder.interface);
    pairs.iter().filter(|pair| pair.client.is_none() || itself(pair.client) != itself(pair.server)).any(
        |pair| {
            let asked = sets.intersect(pair.asked, services);
            // What none may do has to be stopped before it arrives.
            let goal = if opens { Goal::Delivered } else { Goal::Answered };
            let judgement = engine::judge_for(goal, network, &pair.flow, asked, &mut sets);
            let works = match opens {
                true => judgement.works,
                false => {
                    let possible = sets.union(judgement.works, judgement.unknown);
                    sets.subtract(asked, possible)
                }
            };
            works != Set::EMPTY
        },
    )
}

/// The first ends of a side that are ends of a flow.
fn among(network: &Network, side: &EndSet, flow: &super::EndsOfFlow) -> EndSet {
    let ids: FxHashSet<&str> = flow.interfaces.iter().map(String::as_str).collect();
    let interfaces = &network.model().network_interfaces;
    let held = side.held.iter().filter(|held| ids.contains(interfaces.at(held.holder.interface).id.as_str()));
    let mut ends = EndSet { held: held.take(FEW).copied().collect(), ..EndSet::default() };
    if flow.internet {
        ends.outside = side.outside.clone();
    }
    ends
}

#[cfg(test)]
mod tests {
    use super::super::diff;
    use super::*;

    const NETWORK: &str = "
        vpc vpc-1 10.0.0.0/16
        igw igw-1
        table rtb-1 main: 0.0.0.0/0 igw-1
        subnet public 10.0.0.0/24
        sg sg-web out: all 0.0.0.0/0
        sg sg-db in: tcp 5432 sg-web
        eni web public 10.0.0.10 public=198.51.100.10 groups=sg-web
        eni db public 10.0.0.20 public=198.51.100.20 groups=sg-db
    ";
    const WEB: &str = "sg sg-web in: tcp 443 0.0.0.0/0";
    const INTENT: &str = "version: 1
allow:
  - internet -> web:443
  - web -> db:5432
deny:
  - internet -> db
  - internet -> web:ssh
closed: [db]
";

    /// What becomes of the lines, and what each flow says: of a network with other rules of sg-web, and more of sg-db.
    fn held(web: &str, db: &str) -> (Vec<String>, Vec<Vec<String>>) {
        let old = testkit::network(&[NETWORK, WEB]);
        let new = testkit::network(&[NETWORK, web, db]);
        let networks = Both { old: &old, new: &new };
        let intent = intent::parse("portcullis.yaml", INTENT, &|_| Err(String::new())).unwrap();
        let mut difference = diff(networks);
        difference.hold_against(&intent, networks).unwrap();
        let broken = difference.broken.iter().map(Broken::called).collect();
        (broken, difference.flows.into_iter().map(|flow| flow.breaks).collect())
    }

    #[test]
    fn an_opened_port_breaks_the_line_that_denies_it() {
        let opened = "sg sg-web in: tcp 443 0.0.0.0/0 | tcp 22 0.0.0.0/0";
        assert_eq!(held(opened, ""), (vec!["deny #2".into()], vec![vec!["deny #2".into()]]));
    }

    /// Two flows, of which each breaks its own line.
    #[test]
    fn a_flow_breaks_what_it_is_about() {
        let (broken, flows) = held("sg sg-web in: tcp 22 0.0.0.0/0", "");
        assert_eq!(broken, ["allow #1", "deny #2"]);
        let mut flows: Vec<String> = flows.into_iter().flatten().collect();
        flows.sort();
        assert_eq!(flows, ["allow #1", "deny #2"]);
    }

    #[test]
    fn closed_ends_are_lines_too() {
        let (broken, _) = held(WEB, "sg sg-db in: tcp 80 0.0.0.0/0");
        assert_eq!(broken, ["deny #1", "closed #1"]);
    }

    /// No answer gets back, so that no flow opens; what `deny` forbids arrives all the same.
    #[test]
    fn a_request_that_arrives_breaks_a_line_without_a_flow() {
        let network = |group: &str| {
            testkit::network(&[
                "vpc vpc-1 10.0.0.0/16\nigw igw-1\ntable rtb-1 main: 0.0.0.0/0 igw-1
                subnet public 10.0.0.0/24 acl=acl-1\nacl acl-1 in: 100 allow all 0.0.0.0/0
                eni web public 10.0.0.10 public=198.51.100.10 groups=sg-web",
                group,
            ])
        };
        let (old, new) = (network("sg sg-web"), network("sg sg-web in: udp 53 0.0.0.0/0"));
        let networks = Both { old: &old, new: &new };
        let text = "version: 1\ndeny:\n  - internet -> web\n";
        let intent = intent::parse("portcullis.yaml", text, &|_| Err(String::new())).unwrap();
        let mut difference = diff(networks);
        difference.hold_against(&intent, networks).unwrap();
        assert_eq!((difference.verdict, difference.flows.len()), (Verdict::Refactor, 0));
        assert_eq!(difference.broken.iter().map(Broken::called).collect::<Vec<_>>(), ["deny #1"]);
    }

    #[test]
    fn what_opens_and_is_not_denied_breaks_nothing() {
        let (broken, flows) = held("sg sg-web in: tcp 443 0.0.0.0/0 | tcp 80 0.0.0.0/0", "");
        assert_eq!((broken.len(), flows.len(), flows.concat().len()), (0, 1, 0));
    }
}
