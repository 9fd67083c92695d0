//! `describe-managed-prefix-lists`, `describe-prefix-lists` and `get-managed-prefix-list-entries` (S9.10).

use model::{PrefixList, PrefixListEntry, Problem};

use super::cidr::Family;
use super::part::owner;
use crate::detect::next_page;
use crate::object::{Object, Value};
use crate::snapshot::Context;

pub(crate) fn read(object: Object<'_>, context: &mut Context<'_>) {
    let Some(id) = object.required_id("PrefixListId") else {
        return;
    };
    let errors = object.errors();
    // Only `describe-prefix-lists` has the blocks with the list, as plain texts.
    let entries: Option<Vec<_>> = object.get("Cidrs").map(|cidrs| {
        let entry = |value: Value<'_>| {
            value.cidr(Family::Either).map(|cidr| PrefixListEntry { cidr, origin: value.origin() })
        };
        cidrs.elements().filter_map(entry).collect()
    });
    // A list with an entry that cannot be read is a list whose entries are not known.
    let entries = entries.filter(|_| object.errors() == errors);
    context.insert(
        |snapshot| &mut snapshot.prefix_lists,
        PrefixList {
            id,
            name: object.name("PrefixListName"),
            owner: object.id("OwnerId"),
            max_entries: object.get("MaxEntries").and_then(|value| value.bounded("a number of entries")),
            entries,
            tags: object.tags("Tags"),
            origin: object.origin(),
        },
    );
}

/// Entries, which do not say of which list they are: the object around them, a key above them or the file's name
/// must (S9.10).
pub(crate) fn read_entries(list: Value<'_>, answer: Object<'_>, names: &[&str], context: &mut Context<'_>) {
    let Some(id) = owner(answer, "PrefixListId", names, "pl-") else {
        let problem =
            Problem::warning(list.origin(), "these entries do not say of which prefix list they are");
        answer.report(problem.help("name the file after the list, such as `pl-0123456789abcdef0.json`"));
        return;
    };
    let errors = answer.errors();
    let entry = |object: Object<'_>| {
        let cidr = object.required_cidr("Cidr", Family::Either)?;
        Some(PrefixListEntry { cidr, origin: object.origin() })
    };
    let entries: Vec<_> = list.elements().filter_map(Value::object).filter_map(entry).collect();
    // Of a list that is cut, as of one that cannot be read, the entries are not known.
    if answer.errors() == errors && next_page(answer).is_none() {
        context.insert_entries(id, entries, list.origin());
    }
}

#[cfg(test)]
mod tests {
    use crate::testing::{only, problems, read, sound};

    #[test]
    fn lists_and_their_entries() {
        let snapshot = sound(
            r#"{"a":{"PrefixLists":[{"PrefixListId":"pl-1","PrefixListName":"office","OwnerId":"1","MaxEntries":10,"Tags":[]}]},
            "b":{"PrefixLists":[{"PrefixListId":"pl-1","PrefixListName":"office","Cidrs":["10.0.0.0/8","2001:db8::/32"]}]}}"#,
        );
        let list = only(&snapshot.prefix_lists);
        assert_eq!((list.name.as_deref(), list.max_entries), (Some("office"), Some(10)));
        let entries: Vec<_> = list.entries.iter().flatten().map(|entry| entry.cidr.to_string()).collect();
        assert_eq!(entries, ["10.0.0.0/8", "2001:db8::/32"], "the two calls complete each other");
    }

    #[test]
    fn entries_find_their_list() {
        let entries = r#"{"Entries":[{"Cidr":"203.0.113.0/26","Description":"hq"}]}"#;
        for (name, text) in [
            ("prefix-list-entries/pl-1.json", entries.to_owned()),
            ("all.json", format!(r#"{{"get-managed-prefix-list-entries-pl-1.json":{entries}}}"#)),
            ("all.json", format!(r#"{{"account":{{"pl-1":{entries}}}}}"#)),
            ("all.json", entries.replacen('{', r#"{"PrefixListId":"pl-1","#, 1)),
        ] {
            let mut reader = crate::Reader::new();
            reader.add(name, text);
            let snapshot = reader.finish();
            assert_eq!(problems(&snapshot), Vec::<String>::new());
            let [(id, list)] = &snapshot.prefix_list_entries[..] else { panic!("one list") };
            assert_eq!((id.as_str(), list.len()), ("pl-1", 1));
        }
        let nameless = read(entries);
        assert!(nameless.prefix_list_entries.is_empty());
        assert_eq!(
            problems(&nameless),
            ["warning a.json:1:12: these entries do not say of which prefix list they are"]
        );
    }

    #[test]
    fn a_list_with_a_broken_entry_is_a_list_of_unknown_entries() {
        let snapshot = read(
            r#"{"PrefixListId":"pl-1","Entries":[{"Cidr":"10.0.0.0/8"},{"Cidr":"x"}],
            "PrefixLists":[{"PrefixListId":"pl-2","Cidrs":["10.0.0.0/8",7]}]}"#,
        );
        assert!(snapshot.prefix_list_entries.is_empty());
        assert_eq!(only(&snapshot.prefix_lists).entries, None);
        assert_eq!(
            problems(&snapshot),
            [
                "error a.json:1:65: expected a block such as `10.0.0.0/16` for `Cidr`, found `x`",
                "error a.json:2:73: expected a string for `Cidrs`, found a number",
            ]
        );
    }
}
