//! The lines of a matrix in terms of few sets of interfaces: those that appear in the same lines are one set.

use engine::reach::{ClassIx, Clients, Cohort, Unique, random};
use indexmap::IndexSet;
use model::{Ix, NetworkInterface};
use rayon::prelude::*;
use rustc_hash::{FxBuildHasher, FxHashMap};

use super::{Line, Matrix, Servers};

/// The position of a set in [`Factored::sets`].
pub type SetIx = u32;

/// The lines of a matrix, and the sets that they speak of.
#[derive(Debug)]
pub struct Factored {
    /// The sets; several may have an interface in common, where its addresses of two families differ.
    pub sets: Vec<Vec<Ix<NetworkInterface>>>,
    /// The lines, as [`Matrix::lines`] has them.
    pub lines: Vec<SetLine>,
}

/// A line in terms of sets.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SetLine {
    /// From the interfaces of these.
    pub from: Vec<SetIx>,
    /// And from the internet.
    pub from_internet: bool,
    /// To the interfaces of these.
    pub to: Vec<SetIx>,
    /// To the internet.
    pub to_internet: bool,
    /// The position of what is said in [`Matrix::judged`].
    pub judged: usize,
}

/// In which lines a class is: a sum of random numbers, one a line.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Hash)]
struct Signature {
    clients: u128,
    servers: u128,
}

/// The sets, and which of them a line speaks of: for lines one after the other, of which all together would be much.
pub struct Factoring<'m, 'n> {
    cells: Cells<'m, 'n>,
    /// The cells of each cohort's classes.
    of_cohort: Vec<Vec<u32>>,
    /// See [`Factored::sets`].
    pub sets: Vec<Vec<Ix<NetworkInterface>>>,
    of_cell: SetsOfCells,
}

/// The sets of each cell's clients and servers; `None` where nobody of them is asked for.
type SetsOfCells = [Vec<Option<SetIx>>; 2];

impl Factored {
    /// Finds the sets and makes all lines.
    pub fn of(matrix: &Matrix<'_>) -> Factored {
        let factoring = Factoring::of(matrix);
        let unique = || factoring.unique();
        let line = |unique: &mut Unique, line: &Line| factoring.line(line, unique);
        let lines = matrix.lines.par_iter().map_init(unique, line).collect();
        Factored { sets: factoring.sets, lines }
    }
}

impl<'m, 'n> Factoring<'m, 'n> {
    /// Finds the sets.
    pub fn of(matrix: &'m Matrix<'n>) -> Factoring<'m, 'n> {
        let ends = matrix.ends();
        let mut of_class = vec![Signature::default(); ends.classes.len()];
        let mut of_cohort = vec![0u128; ends.cohorts.len()];
        for (position, line) in matrix.lines.iter().enumerate() {
            let random = random(position as u64);
            for cohort in &line.clients.cohorts {
                add(of_cohort.get_mut(*cohort as usize), random);
            }
            for class in &line.clients.except {
                add(of_class.get_mut(*class as usize).map(|of| &mut of.clients), random.wrapping_neg());
            }
            for class in &line.clients.classes {
                add(of_class.get_mut(*class as usize).map(|of| &mut of.clients), random);
            }
            if let Servers::Classes(classes) = &line.servers {
                for class in classes {
                    add(of_class.get_mut(*class as usize).map(|of| &mut of.servers), random);
                }
            }
        }
        let mut cells =
            Cells { matrix, by_signature: FxHashMap::default(), of_class: Vec::new(), classes: Vec::new() };
        for ((class, noun), signature) in (0u32..).zip(&ends.classes).zip(of_class) {
            let by_cohort = of_cohort.get(noun.cohort as usize).copied().unwrap_or_default();
            let clients = signature.clients.wrapping_add(by_cohort);
            cells.add(class, noun.family, Signature { clients, ..signature });
        }
        let cells_of = |cohort: &Cohort| cohort.classes.iter().map(|class| cells.cell(*class)).collect();
        let of_cohort: Vec<Vec<u32>> = ends.cohorts.par_iter().map(cells_of).collect();
        let mut sets: IndexSet<Vec<Ix<NetworkInterface>>, FxBuildHasher> = IndexSet::default();
        let mut of_cell = [vec![None; cells.classes.len()], vec![None; cells.classes.len()]];
        for (cell, clients) in cells.by_first_line(&of_cohort) {
            let interfaces = cells.interfaces(cell, clients);
            let set = (!interfaces.is_empty()).then(|| sets.insert_full(interfaces).0);
            let [of_clients, of_servers] = &mut of_cell;
            if let Some(place) = if clients { of_clients } else { of_servers }.get_mut(cell as usize) {
                *place = set.map(|set| SetIx::try_from(set).unwrap_or(SetIx::MAX));
            }
        }
        Factoring { cells, of_cohort, sets: sets.into_iter().collect(), of_cell }
    }

    /// What puts the sets of a line in their order.
    pub fn unique(&self) -> Unique {
        Unique::below(self.sets.len())
    }

    /// A line of [`Matrix::lines`] in terms of the sets.
    pub fn line(&self, line: &Line, unique: &mut Unique) -> SetLine {
        let Factoring { cells, of_cohort, of_cell: [of_clients, of_servers], .. } = self;
        let set = |of: &[Option<SetIx>], cell: u32| of.get(cell as usize).copied().flatten();
        SetLine {
            from: unique.of(cells.clients(line, of_cohort).filter_map(|cell| set(of_clients, cell))),
            from_internet: line.clients.internet,
            to: unique.of(cells.servers(line).filter_map(|cell| set(of_servers, cell))),
            to_internet: line.servers == Servers::Internet,
            judged: line.judged,
        }
    }
}

/// Classes that appear in the same lines.
struct Cells<'m, 'n> {
    matrix: &'m Matrix<'n>,
    by_signature: FxHashMap<(space::Family, Signature), u32>,
    of_class: Vec<u32>,
    classes: Vec<Vec<ClassIx>>,
}

impl Cells<'_, '_> {
    fn add(&mut self, class: ClassIx, family: space::Family, signature: Signature) {
        let next = u32::try_from(self.classes.len()).unwrap_or(u32::MAX);
        let cell = *self.by_signature.entry((family, signature)).or_insert(next);
        if cell == next {
            self.classes.push(Vec::new());
        }
        if let Some(classes) = self.classes.get_mut(cell as usize) {
            classes.push(class);
        }
        self.of_class.push(cell);
    }

    fn cell(&self, class: ClassIx) -> u32 {
        self.of_class.get(class as usize).copied().unwrap_or(u32::MAX)
    }

    /// Cells as clients and as servers, in the order in which lines speak of them: so their sets are numbered.
    fn by_first_line(&self, of_cohort: &[Vec<u32>]) -> impl Iterator<Item = (u32, bool)> {
        let cells = self.classes.len();
        let none = || [vec![u32::MAX; cells], vec![u32::MAX; cells]];
        let note = |of: &mut Vec<u32>, cell: u32, line: u32| {
            of.get_mut(cell as usize).into_iter().for_each(|first| *first = line.min(*first));
        };
        let seen = |[mut of_clients, mut of_servers]: [Vec<u32>; 2], (at, line): (usize, &Line)| {
            let at = u32::try_from(at).unwrap_or(u32::MAX);
            self.clients(line, of_cohort).for_each(|cell| note(&mut of_clients, cell, at));
            self.servers(line).for_each(|cell| note(&mut of_servers, cell, at));
            [of_clients, of_servers]
        };
        let least = |mut one: [Vec<u32>; 2], other: [Vec<u32>; 2]| {
            for (one, other) in one.iter_mut().flatten().zip(other.iter().flatten()) {
                *one = (*one).min(*other);
            }
            one
        };
        let [of_clients, of_servers] =
            self.matrix.lines.par_iter().enumerate().fold(none, seen).reduce(none, least);
        let lined = |of: Vec<u32>, servers: bool| {
            (0u32..)
                .zip(of)
                .filter(|(_, line)| *line != u32::MAX)
                .map(move |(cell, line)| (line, servers, cell))
        };
        let mut all: Vec<_> = lined(of_clients, false).chain(lined(of_servers, true)).collect();
        all.sort_unstable();
        all.into_iter().map(|(_, servers, cell)| (cell, !servers))
    }

    /// The cells of a line's clients.
    fn clients<'l>(&'l self, line: &'l Line, of_cohort: &'l [Vec<u32>]) -> impl Iterator<Item = u32> + 'l {
        let Clients { cohorts, except, classes, .. } = &line.clients;
        let mut but: Vec<u32> = except.iter().map(|class| self.cell(*class)).collect();
        but.sort_unstable();
        let of_cohorts =
            cohorts.iter().filter_map(|cohort| of_cohort.get(*cohort as usize)).flatten().copied();
        of_cohorts
            .filter(move |cell| but.is_empty() || but.binary_search(cell).is_err())
            .chain(classes.iter().map(|class| self.cell(*class)))
    }

    /// The cells of a line's servers.
    fn servers<'l>(&'l self, line: &'l Line) -> impl Iterator<Item = u32> + 'l {
        let classes: &[ClassIx] = match &line.servers {
            Servers::Internet => &[],
            Servers::Classes(classes) => classes,
        };
        classes.iter().map(|class| self.cell(*class))
    }

    /// The interfaces of a cell that are asked for.
    fn interfaces(&self, cell: u32, clients: bool) -> Vec<Ix<NetworkInterface>> {
        let classes = self.classes.get(cell as usize).into_iter().flatten();
        let mut all: Vec<_> = match clients {
            true => {
                classes.flat_map(|class| self.matrix.clients_of(*class)).map(|end| end.interface).collect()
            }
            false => {
                classes.flat_map(|class| self.matrix.servers_of(*class)).map(|end| end.interface).collect()
            }
        };
        all.sort_unstable();
        all
    }
}

fn add(sum: Option<&mut u128>, random: u128) {
    if let Some(sum) = sum {
        *sum = sum.wrapping_add(random);
    }
}
