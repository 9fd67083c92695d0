//! Single pairs of a matrix: one that stands for a line, and one of which nothing works.

use engine::reach::{ClassIx, Servers};
use model::Holder;
use rustc_hash::FxHashMap;
use space::Family;

use super::matrix::has;
use super::{Line, Matrix};

/// Two ends of one family; `None` is the internet.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Between {
    pub(crate) family: Family,
    pub(crate) client: Option<Holder>,
    pub(crate) server: Option<Holder>,
}

impl Matrix<'_> {
    /// A pair that stands for a line.
    pub(crate) fn one_of(&self, line: &Line) -> Option<Between> {
        let family = self.says(line)?.family;
        let client_classes = line.clients.expand(self.ends());
        // Two are enough to have one that is not the other end.
        let clients = client_classes.flat_map(|class| self.clients_of(class)).take(2).map(Some);
        let clients: Vec<Option<Holder>> = clients.chain(line.clients.internet.then_some(None)).collect();
        let servers: Vec<Option<Holder>> = match &line.servers {
            Servers::Internet => vec![None],
            Servers::Classes(classes) => {
                classes.iter().flat_map(|class| self.servers_of(*class)).take(2).map(Some).collect()
            }
        };
        let pairs = clients.iter().flat_map(|client| servers.iter().map(move |server| (*client, *server)));
        let (client, server) = pairs.into_iter().find(|(client, server)| differ(*client, *server))?;
        Some(Between { family, client, server })
    }

    /// A pair of which something was asked and nothing works nor may work: one that is in no line. `families` are those
    /// in which something is asked.
    pub(crate) fn one_blocked(&self, families: &[Family]) -> Option<Between> {
        families.iter().find_map(|family| self.one_blocked_of(*family))
    }

    fn one_blocked_of(&self, family: Family) -> Option<Between> {
        let ends = self.ends();
        let of_family = |line: &&Line| self.says(line).is_some_and(|says| says.family == family);
        let mut lines_to: FxHashMap<Option<ClassIx>, Vec<&Line>> = FxHashMap::default();
        for line in self.lines.iter().filter(of_family) {
            match &line.servers {
                Servers::Internet => lines_to.entry(None).or_default().push(line),
                Servers::Classes(classes) => {
                    for class in classes {
                        lines_to.entry(Some(*class)).or_default().push(line);
                    }
                }
            }
        }
        let of_side = |side: &super::Side| -> Vec<ClassIx> {
            let all = || (0u32..).zip(&ends.classes).map(|(ix, _)| ix).collect();
            let classes: Vec<ClassIx> = side.classes(ends).unwrap_or_else(all);
            let wanted = |class: &ClassIx| ends.class(*class).is_some_and(|class| class.family == family);
            classes.into_iter().filter(wanted).collect()
        };
        let clients = of_side(&self.query.from);
        let from_internet = self.query.from.has_internet(family);
        let to_internet = self.query.to.has_internet(family).then_some(None);
        for server_class in of_side(&self.query.to).into_iter().map(Some).chain(to_internet) {
            let lines = lines_to.get(&server_class).map_or(&[][..], Vec::as_slice);
            let servers: Vec<Option<Holder>> = match server_class {
                Some(class) => self.servers_of(class).take(2).map(Some).collect(),
                None => vec![None],
            };
            let listed = |class: ClassIx| lines.iter().any(|line| has(&line.clients, ends, class));
            let others = clients.iter().filter(|class| !listed(**class));
            let others = others.flat_map(|class| self.clients_of(*class).take(2)).map(Some);
            let internet =
                from_internet && server_class.is_some() && !lines.iter().any(|line| line.clients.internet);
            for client in others.chain(internet.then_some(None)) {
                let server = servers.iter().copied().find(|server| differ(client, *server));
                if let Some(server) = server {
                    return Some(Between { family, client, server });
                }
            }
        }
        None
    }
}

/// Whether two ends are two.
fn differ(client: Option<Holder>, server: Option<Holder>) -> bool {
    client.map(|end| end.interface) != server.map(|end| end.interface)
}
