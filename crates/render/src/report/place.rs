//! Paths as other tools want them: with slashes, from the folder that the command ran in.

use std::path::{Component, Path};

use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, utf8_percent_encode};

/// What stands for itself in a path of a URI (RFC 3986, 3.3). No colon, which would make a scheme of the first part.
const PATH: &AsciiSet = &NON_ALPHANUMERIC
    .remove(b'-')
    .remove(b'.')
    .remove(b'_')
    .remove(b'~')
    .remove(b'!')
    .remove(b'$')
    .remove(b'&')
    .remove(b'\'')
    .remove(b'(')
    .remove(b')')
    .remove(b'*')
    .remove(b'+')
    .remove(b',')
    .remove(b';')
    .remove(b'=')
    .remove(b'@')
    .remove(b'/');

/// A path with slashes and without `.`, as the user gave it otherwise.
pub(super) fn path(file: &str) -> String {
    let mut path = String::with_capacity(file.len());
    for component in Path::new(file).components() {
        match component {
            Component::CurDir => continue,
            Component::RootDir => {
                path.push('/');
                continue;
            }
            part => {
                if !path.is_empty() && !path.ends_with('/') {
                    path.push('/');
                }
                path.push_str(&part.as_os_str().to_string_lossy());
            }
        }
    }
    if path.is_empty() { ".".to_owned() } else { path }
}

/// A path as a URI: relative to where the command ran, or with the scheme `file`.
pub(super) fn uri(file: &str) -> String {
    let path = path(file);
    let encoded = utf8_percent_encode(&path, PATH);
    match Path::new(file).is_absolute() {
        true => format!("file://{}{encoded}", if path.starts_with('/') { "" } else { "/" }),
        false => encoded.to_string(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn paths_start_where_the_command_ran() {
        assert_eq!(path("export/acls.json"), "export/acls.json");
        assert_eq!(path("./export//acls.json"), "export/acls.json");
        assert_eq!(path("../export/./acls.json"), "../export/acls.json");
        assert_eq!(path("/srv/acls.json"), "/srv/acls.json");
        assert_eq!(path("."), ".");
    }

    #[test]
    fn uris_are_of_rfc_3986() {
        assert_eq!(uri("a b/50%.json"), "a%20b/50%25.json");
        assert_eq!(uri("tag:x/\u{e5}#?.json"), "tag%3Ax/%C3%A5%23%3F.json");
        assert_eq!(uri("/srv/a b.json"), "file:///srv/a%20b.json");
        assert_eq!(uri("standard input"), "standard%20input");
    }
}
