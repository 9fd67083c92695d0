//! Which load balancer or target group a name names: that of a file, or a key above an answer.

use model::{Id, Noun, Snapshot, Table};
use rustc_hash::FxHashMap;

/// What is shorter is no number that AWS gives, and may be a page's.
const SHORTEST: usize = 8;

/// The load balancers and target groups of a snapshot, by what names may have of them.
pub(crate) struct Named {
    groups: Parts,
    balancers: Parts,
}

impl Named {
    pub(crate) fn of(snapshot: &Snapshot) -> Named {
        Named {
            groups: Parts::of(&snapshot.target_groups, |group| group.name.as_deref()),
            balancers: Parts::of(&snapshot.load_balancers, |balancer| balancer.name.as_deref()),
        }
    }

    /// The one noun that a name names best, from the innermost name out.
    pub(crate) fn find(&self, names: &[String], is_health: bool) -> Option<Id> {
        names.iter().rev().find_map(|name| {
            let mentions = |words: [&str; 2]| words.iter().any(|word| name.contains(word));
            let of_balancer = mentions(["load-balancer", "loadbalancer"]);
            let of_group = is_health || mentions(["target-group", "targetgroup"]);
            let mut best = Best::default();
            if of_group || !of_balancer {
                best.among(name, &self.groups);
            }
            if !of_group {
                best.among(name, &self.balancers);
            }
            best.only()
        })
    }
}

/// How well a name fits a noun, the best last.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Fit {
    /// It ends in the noun's name.
    Name,
    /// It has the last part of the ARN.
    Digits,
    /// It has all of the ARN behind the last colon, as the collector names files.
    Whole,
}

/// What names may have of the nouns of a table, and whose it is.
#[derive(Default)]
struct Parts {
    ids: Vec<Id>,
    /// The positions of the ids.
    nouns: FxHashMap<String, Vec<(Fit, usize)>>,
    longest: usize,
}

impl Parts {
    fn of<T: Noun>(table: &Table<T>, own: impl Fn(&T) -> Option<&str>) -> Parts {
        let mut parts = Parts::default();
        for noun in table.values() {
            parts.add(noun.id(), own(noun));
        }
        parts
    }

    fn add(&mut self, id: &Id, own: Option<&str>) {
        let tail = id.as_str().rsplit(':').next().unwrap_or(id.as_str());
        if tail.contains('/') {
            let is_plain = |c: char| c.is_ascii_alphanumeric() || matches!(c, '.' | '_' | '-');
            let plain = tail.chars().map(|c| if is_plain(c) { c } else { '-' }).collect();
            self.put(plain, Fit::Whole);
            if let Some(digits) = tail.rsplit('/').next().filter(|digits| digits.len() >= SHORTEST) {
                self.put(digits.to_owned(), Fit::Digits);
            }
        }
        if let Some(own) = own.filter(|own| !own.is_empty()) {
            self.put(own.to_owned(), Fit::Name);
        }
        self.ids.push(id.clone());
    }

    /// Puts down a part of the noun that comes next.
    fn put(&mut self, part: String, fit: Fit) {
        self.longest = self.longest.max(part.len());
        self.nouns.entry(part).or_default().push((fit, self.ids.len()));
    }
}

/// The noun that a name fits best.
#[derive(Default)]
struct Best<'n> {
    fit: Option<(Fit, usize)>,
    id: Option<&'n Id>,
    /// It fits others as well.
    several: bool,
}

impl<'n> Best<'n> {
    /// Looks up each part of a name that neither begins nor ends within a word.
    fn among(&mut self, name: &str, parts: &'n Parts) {
        let file = name.rsplit(['/', '\\']).next().unwrap_or(name);
        let stem = file.strip_suffix(".json").unwrap_or(file);
        let is_letter = |letter: Option<char>| letter.is_some_and(|letter| letter.is_ascii_alphanumeric());
        let places = || stem.char_indices().map(|(at, _)| at).chain([stem.len()]);
        let ends: Vec<usize> = places()
            .filter(|&end| !is_letter(stem.get(end..).and_then(|after| after.chars().next())))
            .collect();
        for start in places()
            .filter(|&start| !is_letter(stem.get(..start).and_then(|before| before.chars().next_back())))
        {
            let first = ends.partition_point(|&end| end <= start);
            let ends = ends.get(first..).unwrap_or_default();
            for &end in ends.iter().take_while(|&&end| end - start <= parts.longest) {
                let nouns = stem.get(start..end).and_then(|part| parts.nouns.get(part));
                for &(fit, noun) in nouns.into_iter().flatten() {
                    // A longer fit is the better of two: `shop-web` rather than `web`.
                    let length = if fit == Fit::Digits { 0 } else { end - start };
                    if fit != Fit::Name || end == stem.len() {
                        self.take((fit, length), parts.ids.get(noun));
                    }
                }
            }
        }
    }

    fn take(&mut self, fit: (Fit, usize), id: Option<&'n Id>) {
        let is_same = self.id.zip(id).is_some_and(|(best, id)| std::ptr::eq(best, id));
        if self.fit.is_none_or(|best| fit > best) {
            *self = Best { fit: Some(fit), id, several: false };
        } else if self.fit == Some(fit) && !is_same {
            self.several = true;
        }
    }

    fn only(self) -> Option<Id> {
        self.id.filter(|_| !self.several).cloned()
    }
}

#[cfg(test)]
mod tests {
    use super::{Best, Fit, Parts};
    use model::Id;

    fn fit(name: &str, id: &str, own: Option<&str>) -> Option<(Fit, usize)> {
        let mut parts = Parts::default();
        parts.add(&Id::from(id), own);
        let mut best = Best::default();
        best.among(name, &parts);
        best.fit
    }

    #[test]
    fn names_and_what_they_name() {
        let id = "arn:aws:elasticloadbalancing:eu-west-1:1:targetgroup/web/5f194be3864595ba";
        for (name, expected) in [
            ("a/targetgroup-web-5f194be3864595ba.json", Some(Fit::Whole)),
            ("health-5f194be3864595ba", Some(Fit::Digits)),
            ("health-web.json", Some(Fit::Name)),
            ("web", Some(Fit::Name)),
            ("web/health.json", None),
            ("cobweb.json", None),
            ("health-x5f194be3864595ba.json", None),
        ] {
            assert_eq!(fit(name, id, Some("web")).map(|(fit, _)| fit), expected, "{name}");
        }
        assert_eq!(
            fit("page-1.json", "arn:aws:elb:r:1:targetgroup/web/1", None),
            None,
            "too short for a number"
        );
        assert_eq!(fit("old.json", "old", Some("old")).map(|(fit, _)| fit), Some(Fit::Name));
    }
}
