//! Answers that hold a part of something and do not say of what: entries of a prefix list (S9.10), routes,
//! associations and propagations of a route table of a transit gateway (S9.12).

use model::Id;

use crate::object::Object;

/// What a part belongs to: the object around it says so under `key`, else a key above it or the file's name has the
/// id within it. `names` are the file's name and the keys above; ids begin with `prefix`.
pub(super) fn owner(answer: Object<'_>, key: &'static str, names: &[&str], prefix: &str) -> Option<Id> {
    let from_name = || names.iter().rev().find_map(|name| id_in(name, prefix)).map(Id::from);
    answer.id(key).or_else(from_name)
}

/// The id within a name such as `entries-pl-0123.json`.
fn id_in<'n>(name: &'n str, prefix: &str) -> Option<&'n str> {
    let file = name.rsplit(['/', '\\']).next().unwrap_or(name);
    let (start, _) = file.rmatch_indices(prefix).find(|&(at, _)| {
        !file.get(..at).is_some_and(|before| before.ends_with(|letter: char| letter.is_ascii_alphanumeric()))
    })?;
    let id = file.get(start..)?;
    let digits = id.get(prefix.len()..)?;
    let end = digits.find(|letter: char| !letter.is_ascii_alphanumeric()).unwrap_or(digits.len());
    id.get(..prefix.len() + end).filter(|_| end > 0)
}

#[cfg(test)]
mod tests {
    use super::id_in;

    #[test]
    fn the_id_of_a_list_is_found_in_names() {
        for (name, id) in [
            ("pl-0a1.json", Some("pl-0a1")),
            ("a/prefix-list-entries/pl-office.json", Some("pl-office")),
            ("ec2-get-managed-prefix-list-entries-pl-0a1b.json", Some("pl-0a1b")),
            ("pl-0a1", Some("pl-0a1")),
            ("entries.json", None),
            ("pl-.json", None),
            ("apl-1.json", None),
            ("pl-1/entries.json", None),
        ] {
            assert_eq!(id_in(name, "pl-"), id, "{name}");
        }
    }

    #[test]
    fn the_id_of_a_transit_gateway_route_table_is_found_in_names() {
        for (name, id) in [
            ("ec2-search-transit-gateway-routes-tgw-rtb-0a1.json", Some("tgw-rtb-0a1")),
            ("search-transit-gateway-routes/tgw-rtb-hub.json", Some("tgw-rtb-hub")),
            ("rtb-1.json", None),
        ] {
            assert_eq!(id_in(name, "tgw-rtb-"), id, "{name}");
        }
    }
}
