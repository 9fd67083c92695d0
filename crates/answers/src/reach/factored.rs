//! The lines of a matrix in terms of few sets of interfaces: those that appear in the same lines are one set.

use engine::reach::{ClassIx, Cohort, Unique};
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

/// In which lines a class is: a sum of random numbers, one a line. Equal for equal sets of lines, and only by a chance of
/// one in 2^128 for others.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Hash)]
struct Signature {
    clients: u128,
    servers: u128,
}

impl Factored {
    /// Finds the sets.
    pub fn of(matrix: &Matrix<'_>) -> Factored {
        let ends = matrix.ends();
        let mut of_class = vec![Signature::default(); ends.classes.len()];
        let mut of_cohort = vec![0u128; ends.cohorts.len()];
        for (position, line) in matrix.lines.iter().enumerate() {
            let random = random(position);
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
        cells.lines()
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

    fn lines(&self) -> Factored {
        let ends = self.matrix.ends();
        let cells_of = |cohort: &Cohort| cohort.classes.iter().map(|class| self.cell(*class)).collect();
        let of_cohort: Vec<Vec<u32>> = ends.cohorts.par_iter().map(cells_of).collect();
        let cells = || Unique::below(self.classes.len());
        let sides: Vec<_> = (self.matrix.lines.par_iter())
            .map_init(cells, |unique, line| self.sides(line, &of_cohort, unique))
            .collect();
        let mut sets = Sets::of(self.classes.len());
        for (from, to) in &sides {
            // In this order they are numbered.
            from.iter().for_each(|cell| sets.add(self, *cell, true));
            to.iter().for_each(|cell| sets.add(self, *cell, false));
        }
        let set_line = |unique: &mut Unique, (line, (from, to)): (&Line, (Vec<u32>, Vec<u32>))| SetLine {
            from: sets.ids(from, true, unique),
            from_internet: line.clients.internet,
            to: sets.ids(to, false, unique),
            to_internet: line.servers == Servers::Internet,
            judged: line.judged,
        };
        let ids = || Unique::below(sets.all.len());
        let lines = self.matrix.lines.par_iter().zip(sides).map_init(ids, set_line).collect();
        Factored { sets: sets.all.into_iter().collect(), lines }
    }

    /// The cells of a line's clients and servers, each once.
    fn sides(&self, line: &Line, of_cohort: &[Vec<u32>], unique: &mut Unique) -> (Vec<u32>, Vec<u32>) {
        let of_classes = |classes: &[ClassIx]| classes.iter().map(|class| self.cell(*class)).collect();
        let clients = &line.clients;
        let of_cohorts = clients.cohorts.iter().filter_map(|cohort| of_cohort.get(*cohort as usize));
        let mut from: Vec<u32> = of_cohorts.flatten().copied().collect();
        if !clients.except.is_empty() {
            let except = unique.of(of_classes(&clients.except));
            from.retain(|cell| except.binary_search(cell).is_err());
        }
        from.extend(clients.classes.iter().map(|class| self.cell(*class)));
        let to = match &line.servers {
            Servers::Internet => Vec::new(),
            Servers::Classes(classes) => of_classes(classes),
        };
        (unique.of(from), unique.of(to))
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

/// The sets that lines speak of, each once.
struct Sets {
    all: IndexSet<Vec<Ix<NetworkInterface>>, FxBuildHasher>,
    /// Of each cell's clients and servers, once they were looked at; `None` in it where nobody of them is asked for.
    of_cell: [Vec<Option<Option<SetIx>>>; 2],
}

impl Sets {
    fn of(cells: usize) -> Sets {
        Sets { all: IndexSet::default(), of_cell: [vec![None; cells], vec![None; cells]] }
    }

    fn add(&mut self, cells: &Cells<'_, '_>, cell: u32, clients: bool) {
        let [of_servers, of_clients] = &mut self.of_cell;
        let place = if clients { of_clients } else { of_servers }.get_mut(cell as usize);
        if let Some(place @ None) = place {
            let interfaces = cells.interfaces(cell, clients);
            let set = (!interfaces.is_empty()).then(|| self.all.insert_full(interfaces).0);
            *place = Some(set.map(|set| SetIx::try_from(set).unwrap_or(SetIx::MAX)));
        }
    }

    /// The sets of some cells, each once.
    fn ids(&self, mut cells: Vec<u32>, clients: bool, unique: &mut Unique) -> Vec<SetIx> {
        let [of_servers, of_clients] = &self.of_cell;
        let of_cell = if clients { of_clients } else { of_servers };
        let set = |cell: u32| of_cell.get(cell as usize).copied().flatten().flatten();
        cells.retain_mut(|cell| set(*cell).map(|set| *cell = set).is_some());
        unique.of(cells)
    }
}

fn add(sum: Option<&mut u128>, random: u128) {
    if let Some(sum) = sum {
        *sum = sum.wrapping_add(random);
    }
}

/// A number that has nothing to do with those of other lines, and is the same in every run (splitmix64, twice).
fn random(line: usize) -> u128 {
    let mix = |seed: u64| {
        let mixed = (line as u64).wrapping_add(1).wrapping_mul(0x9e37_79b9_7f4a_7c15).wrapping_add(seed);
        let mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        let mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        mixed ^ (mixed >> 31)
    };
    (u128::from(mix(0x243f_6a88_85a3_08d3)) << 64) | u128::from(mix(0x1319_8a2e_0370_7344))
}
