//! Answers about one load balancer, target group or listener that come apart from it.
//!
//! Some do not say whose they are: the object around them, a key above them or the file's name must, in any order of
//! the files. That is settled when all are read.

use std::collections::hash_map::Entry;

use model::{Id, ListenerRule, Origin, Problem, RegisteredTarget, TargetHealth};
use rustc_hash::{FxHashMap, FxHashSet};

use crate::named::Named;
use crate::snapshot::{Context, Growing};

/// Whose an answer is, as far as one can tell when it is read.
pub(crate) struct About {
    id: Option<Id>,
    /// The file's name and the keys above the answer.
    names: Vec<String>,
}

impl About {
    pub(crate) fn new(id: Option<Id>, names: &[&str]) -> About {
        // A name is the last resort.
        let names =
            if id.is_none() { names.iter().map(|&name| name.to_owned()).collect() } else { Vec::new() };
        About { id, names }
    }
}

/// What such an answer says.
#[derive(PartialEq)]
pub(crate) enum Answer {
    /// The targets of a target group.
    Health(Vec<RegisteredTarget>),
    /// Keys and values, of a load balancer or a target group.
    Attributes(Vec<(String, String)>),
}

/// What waits for all files to be read.
#[derive(Default)]
pub(crate) struct Waiting {
    answers: Vec<(About, Answer, Origin)>,
    /// Rules of listeners; a default rule is none, and shows that the others were listed.
    rules: Vec<(Id, Option<ListenerRule>, Origin)>,
    /// Listeners of which a rule could not be read. A rule that does not name its listener may be any listener's.
    broken_rules: Vec<(Option<Id>, Origin)>,
    /// Load balancers of which a listener could not be read, likewise.
    broken_listeners: Vec<(Option<Id>, Origin)>,
}

impl Waiting {
    pub(crate) fn incomplete_listener(&mut self, listener: Option<Id>, origin: Origin) {
        self.broken_rules.push((listener, origin));
    }

    pub(crate) fn incomplete_balancer(&mut self, balancer: Option<Id>, origin: Origin) {
        self.broken_listeners.push((balancer, origin));
    }
}

impl Context<'_> {
    /// Adds an answer that does not say whose it is.
    pub(crate) fn insert_nameless(&mut self, about: About, answer: Answer, origin: Origin) {
        self.file.add(move |growing| growing.waiting.answers.push((about, answer, origin)));
    }

    /// Adds a rule of a listener, or that it has its default rule.
    pub(crate) fn insert_listener_rule(&mut self, listener: Id, rule: Option<ListenerRule>, origin: Origin) {
        self.file.add(move |growing| growing.waiting.rules.push((listener, rule, origin)));
    }

    /// Remembers that a rule of a listener could not be read.
    pub(crate) fn incomplete_listener(&mut self, listener: Option<Id>, origin: Origin) {
        self.file.add(move |growing| growing.waiting.incomplete_listener(listener, origin));
    }

    /// Remembers that a listener of a load balancer could not be read.
    pub(crate) fn incomplete_balancer(&mut self, balancer: Option<Id>, origin: Origin) {
        self.file.add(move |growing| growing.waiting.incomplete_balancer(balancer, origin));
    }
}

impl Growing {
    /// Finds out whose the answers are that did not say so.
    pub(crate) fn settle_nameless(&mut self) {
        let waiting = std::mem::take(&mut self.waiting);
        self.settle_answers(waiting.answers);
        self.settle_listener_rules(waiting.rules, &waiting.broken_rules);
        for (balancer, _) in waiting.broken_listeners {
            let known = balancer.filter(|id| self.snapshot.load_balancers.get(id.as_str()).is_some());
            match known {
                Some(id) => {
                    self.snapshot
                        .load_balancers
                        .get_mut(id.as_str())
                        .into_iter()
                        .for_each(|noun| noun.incomplete = true);
                }
                None => self.snapshot.load_balancers.values_mut().for_each(|noun| noun.incomplete = true),
            }
        }
    }

    /// A later layer replaces; within a layer the first answer stays.
    fn settle_answers(&mut self, answers: Vec<(About, Answer, Origin)>) {
        let mut latest: FxHashMap<(Id, bool), (Answer, Origin)> = FxHashMap::default();
        let mut order = Vec::new();
        let named = Named::of(&self.snapshot);
        for (about, answer, origin) in answers {
            let is_health = matches!(answer, Answer::Health(_));
            let Some(id) = about.id.or_else(|| named.find(&about.names, is_health)) else {
                self.snapshot.problems.push(nobody(is_health, origin));
                continue;
            };
            match latest.entry((id, is_health)) {
                Entry::Vacant(place) => {
                    order.push(place.key().clone());
                    place.insert((answer, origin));
                }
                Entry::Occupied(mut place) if self.layer(place.get().1.file) < self.layer(origin.file) => {
                    place.insert((answer, origin));
                }
                Entry::Occupied(place) if !same(&place.get().0, &answer) => {
                    let problem = self.contradiction(&place.key().0, origin, place.get().1);
                    self.snapshot.problems.push(problem);
                }
                Entry::Occupied(_) => {}
            }
        }
        for key in order {
            let Some((answer, _)) = latest.remove(&key) else { continue };
            let (id, _) = key;
            match answer {
                Answer::Health(targets) => {
                    self.snapshot.target_health.push(TargetHealth { group: id, targets });
                }
                Answer::Attributes(attributes) => {
                    let is_group = self.snapshot.target_groups.get(id.as_str()).is_some()
                        || id.as_str().contains(":targetgroup/");
                    let list = if is_group {
                        &mut self.snapshot.target_group_attributes
                    } else {
                        &mut self.snapshot.load_balancer_attributes
                    };
                    list.extend(attributes.into_iter().map(|(key, value)| (id.clone(), key, value)));
                }
            }
        }
    }

    /// Rules are those of the last layer that lists a listener's, and known only where all of them could be read.
    fn settle_listener_rules(
        &mut self,
        rules: Vec<(Id, Option<ListenerRule>, Origin)>,
        broken: &[(Option<Id>, Origin)],
    ) {
        let mut latest: FxHashMap<Id, usize> = FxHashMap::default();
        for (listener, _, origin) in &rules {
            let layer = self.layer(origin.file);
            let known = latest.entry(listener.clone()).or_insert(layer);
            *known = layer.max(*known);
        }
        let mut unknown: FxHashSet<Id> = FxHashSet::default();
        for (listener, origin) in broken {
            let layer = self.layer(origin.file);
            let is_current = |found: &Id| latest.get(found).is_none_or(|&known| known <= layer);
            match listener {
                Some(listener) => unknown.extend(is_current(listener).then(|| listener.clone())),
                None => unknown.extend(latest.keys().filter(|found| is_current(found)).cloned()),
            }
        }
        let mut at: FxHashMap<Id, usize> = FxHashMap::default();
        let mut seen: FxHashMap<Id, Origin> = FxHashMap::default();
        for (listener, rule, origin) in rules {
            let outdated = latest.get(&listener).is_some_and(|&known| self.layer(origin.file) < known);
            if outdated || unknown.contains(&listener) {
                continue;
            }
            let next = self.snapshot.listener_rules.len();
            let position = *at.entry(listener.clone()).or_insert(next);
            if position == next {
                self.snapshot.listener_rules.push((listener, Vec::new()));
            }
            let Some(rule) = rule else { continue };
            let Some((_, list)) = self.snapshot.listener_rules.get_mut(position) else { continue };
            match list.iter().find(|present| present.id == rule.id) {
                None => {
                    seen.insert(rule.id.clone(), origin);
                    list.push(rule);
                }
                Some(present) if *present != (ListenerRule { origin: present.origin, ..rule.clone() }) => {
                    let first = seen.get(&rule.id).copied().unwrap_or(origin);
                    let problem = self.contradiction(&rule.id, origin, first);
                    self.snapshot.problems.push(problem);
                }
                Some(_) => {}
            }
        }
    }
}

/// Whether two answers say the same, wherever they were written.
fn same(left: &Answer, right: &Answer) -> bool {
    match (left, right) {
        (Answer::Health(left), Answer::Health(right)) => {
            let placeless = |targets: &[RegisteredTarget], origin| {
                let mut targets: Vec<_> =
                    targets.iter().map(|target| RegisteredTarget { origin, ..target.clone() }).collect();
                targets.sort_by_cached_key(|target| format!("{target:?}"));
                targets
            };
            placeless(left, Origin::PROPOSED) == placeless(right, Origin::PROPOSED)
        }
        _ => left == right,
    }
}

fn nobody(is_health: bool, origin: Origin) -> Problem {
    let (what, example) = if is_health {
        ("target group", "target group, such as `targetgroup-web-0123456789abcdef.json`")
    } else {
        ("load balancer or target group", "one, such as `loadbalancer-app-web-0123456789abcdef.json`")
    };
    let problem = Problem::warning(origin, format!("this answer does not say of which {what} it is"));
    problem.help(format!("name the file after the {example}"))
}

#[cfg(test)]
mod tests {
    use crate::testing::{problems, read};

    #[test]
    fn a_second_answer_replaces_in_a_later_layer_and_contradicts_in_the_same() {
        let health = |state: &str| {
            format!(
                r#"{{"TargetGroupArn":"arn:tg","TargetHealthDescriptions":[{{"Target":{{"Id":"i-1"}},"TargetHealth":{{"State":"{state}"}}}}]}}"#
            )
        };
        let pair = |first: &str, second: &str| format!("[{},{}]", health(first), health(second));
        assert_eq!(problems(&read(&pair("healthy", "healthy"))), Vec::<String>::new());
        let told = read(&pair("healthy", "unhealthy"));
        assert_eq!(
            problems(&told),
            [
                "warning a.json:1:172: `arn:tg` is described twice, and differently; the description at a.json:1:56 is used"
            ]
        );
        assert_eq!(told.target_health[0].targets[0].state, model::TargetState::Healthy);

        let mut reader = crate::Reader::new();
        reader.add("a.json", health("healthy"));
        reader.next_layer();
        reader.add("b.json", health("unhealthy"));
        let later = reader.finish();
        assert_eq!(problems(&later), Vec::<String>::new());
        assert_eq!(later.target_health[0].targets[0].state, model::TargetState::Unhealthy);
    }
}
