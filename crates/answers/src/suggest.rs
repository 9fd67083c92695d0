//! "Did you mean": the candidate a mistyped word was probably meant to be.

/// The candidate closest to `word`, if one is close enough that a person would have meant it.
///
/// Case does not count. A short word must be nearer than a long one: `gs` is `sg` (one
/// transposition), but `ab` is not `sg`. Of candidates alike in every way the first wins.
///
/// ```
/// assert_eq!(answers::suggest::closest("msyql", ["mssql", "mysql", "postgres"]), Some("mysql"));
/// assert_eq!(answers::suggest::closest("teapot", ["mssql", "mysql", "postgres"]), None);
/// ```
pub fn closest<'a>(word: &str, candidates: impl IntoIterator<Item = &'a str>) -> Option<&'a str> {
    let word = word.to_lowercase();
    let length = word.chars().count();
    let furthest = match length {
        0 | 1 => return None,
        2..=4 => 1,
        5..=7 => 2,
        _ => 3,
    };
    candidates
        .into_iter()
        // The distance is at least the difference in length: a cheap way past most of a long list.
        .filter(|candidate| candidate.chars().count().abs_diff(length) <= furthest)
        .map(|candidate| (Distance::between(&word, &candidate.to_lowercase()), candidate))
        .filter(|(distance, _)| distance.edits <= furthest)
        .min_by(|(a, _), (b, _)| a.edits.cmp(&b.edits).then(b.likeness.total_cmp(&a.likeness)))
        .map(|(_, candidate)| candidate)
}

/// How far apart two words are: by edits, and where those are equal by how many letters they share.
/// `msyql` is one edit from `mssql` too, but only `mysql` has all of its letters.
struct Distance {
    edits: usize,
    likeness: f64,
}

impl Distance {
    fn between(a: &str, b: &str) -> Self {
        Self { edits: strsim::damerau_levenshtein(a, b), likeness: strsim::jaro_winkler(a, b) }
    }
}

#[cfg(test)]
mod tests {
    use super::closest;

    #[test]
    fn suggests_what_a_person_would_have_meant() {
        for (word, candidates, expected) in [
            ("mysq", &["mysql", "mssql"][..], Some("mysql")),
            ("subent", &["subnet", "sg"], Some("subnet")),
            ("gs", &["sg", "tg"], Some("sg")),
            ("HTPS", &["http", "https"], Some("https")),
            ("web-01", &["web-1", "db-1"], Some("web-1")),
            ("mysql", &["mysql"], Some("mysql")),
            ("orders-databse", &["orders-database", "orders"], Some("orders-database")),
        ] {
            assert_eq!(closest(word, candidates.iter().copied()), expected, "{word}");
        }
    }

    #[test]
    fn says_nothing_rather_than_something_silly() {
        for (word, candidates) in
            [("", &["a", "sg"][..]), ("x", &["i"]), ("ab", &["sg"]), ("web", &["database"]), ("web", &[])]
        {
            assert_eq!(closest(word, candidates.iter().copied()), None, "{word}");
        }
    }
}
