//! Work in pieces, one piece ahead.

/// Makes something of each piece while what was made of the one before it is taken, in the order of the pieces: what takes
/// one thread then costs no time beside what takes all.
///
/// # Errors
/// The first one of `take`, which is not asked again.
pub fn ahead<P, T: Send, E>(
    pieces: impl IntoIterator<Item = P, IntoIter: Send>,
    make: impl Fn(P) -> T + Sync,
    mut take: impl FnMut(T) -> Result<(), E>,
) -> Result<(), E> {
    let mut pieces = pieces.into_iter();
    let mut made = pieces.next().map(&make);
    while let Some(ready) = made.take() {
        rayon::in_place_scope(|scope| {
            scope.spawn(|_| made = pieces.next().map(&make));
            take(ready)
        })?;
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    /// What is taken of so many pieces if that fails at some, and the error.
    fn taken(count: u32, fails_at: u32) -> (Vec<u32>, Result<(), u32>) {
        let mut taken = Vec::new();
        let take = |made| {
            taken.push(made);
            if made == fails_at { Err(made) } else { Ok(()) }
        };
        let outcome = ahead(0..count, |piece| piece * 2, take);
        (taken, outcome)
    }

    #[test]
    fn all_pieces_are_taken_in_their_order() {
        for count in [0, 1, 2, 100] {
            assert_eq!(taken(count, u32::MAX), ((0..count).map(|piece| piece * 2).collect(), Ok(())));
        }
    }

    #[test]
    fn what_cannot_be_taken_ends_it() {
        assert_eq!(taken(100, 4), (vec![0, 2, 4], Err(4)));
    }
}
