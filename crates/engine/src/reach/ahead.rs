//! Work in pieces, one piece ahead.

/// Makes something of each piece while what was made of the one before it is taken, in the order of the pieces: what takes
/// one thread then costs no time beside what takes all.
pub fn ahead<P, T: Send>(
    pieces: impl IntoIterator<Item = P, IntoIter: Send>,
    make: impl Fn(P) -> T + Sync,
    mut take: impl FnMut(T),
) {
    let mut pieces = pieces.into_iter();
    let mut made = pieces.next().map(&make);
    while let Some(ready) = made.take() {
        rayon::in_place_scope(|scope| {
            scope.spawn(|_| made = pieces.next().map(&make));
            take(ready);
        });
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn all_pieces_are_taken_in_their_order() {
        for count in [0, 1, 2, 100] {
            let mut taken = Vec::new();
            ahead(0..count, |piece| piece * 2, |made| taken.push(made));
            assert_eq!(taken, (0..count).map(|piece| piece * 2).collect::<Vec<u32>>());
        }
    }
}
