//! The algebra's laws, against brute force over boundary-biased points.

use proptest::prelude::*;

use crate::{Connection, Diagrams, Family, Field, Region, Set, Space, address_value, from_value, prefixes};

/// Values around which rules of the field cut: where an off-by-one would show.
fn edge(last: u128) -> impl Strategy<Value = u128> {
    let near =
        prop_oneof![Just(0), Just(1), Just(22), Just(1023), Just(1024), Just(32768), Just(60999), Just(last)];
    (near, 0u128..3).prop_map(move |(value, step)| value.saturating_add(step).min(last))
}

fn range(last: u128) -> impl Strategy<Value = (u128, u128)> {
    (edge(last), edge(last)).prop_map(|(a, b)| (a.min(b), a.max(b)))
}

fn region() -> impl Strategy<Value = Region> {
    let ranges = Field::ALL.map(|field| range(field.last()));
    ranges.prop_map(|ranges| {
        let sides = Field::ALL.iter().zip(ranges);
        sides.fold(Region::FULL, |region, (&field, (low, high))| region.with(field, low..=high))
    })
}

fn point() -> impl Strategy<Value = Connection> {
    let values = Field::ALL.map(|field| edge(field.last()));
    values.prop_map(|[protocol, remote, client, server, relay, second_relay, draw, second_draw]| {
        let port = |value| u16::try_from(value).unwrap();
        let outcome = |value| u32::try_from(value).unwrap();
        Connection {
            protocol: u8::try_from(protocol).unwrap(),
            remote,
            client: port(client),
            server: port(server),
            relays: [port(relay), port(second_relay)],
            draws: [outcome(draw), outcome(second_draw)],
        }
    })
}

/// A set and the boxes it is the union of.
fn union_of(sets: &mut Diagrams, boxes: &[Region]) -> Set {
    boxes.iter().fold(Set::EMPTY, |set, region| {
        let region = sets.region(region);
        sets.union(set, region)
    })
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(2000))]

    #[test]
    fn operations_agree_with_membership(
        a in prop::collection::vec(region(), 0..5),
        b in prop::collection::vec(region(), 0..5),
        points in prop::collection::vec(point(), 1..20),
    ) {
        let mut sets = Diagrams::new();
        let (set_a, set_b) = (union_of(&mut sets, &a), union_of(&mut sets, &b));
        let union = sets.union(set_a, set_b);
        let both = sets.intersect(set_a, set_b);
        let minus = sets.subtract(set_a, set_b);
        for p in &points {
            let in_a = a.iter().any(|region| region.contains(p));
            let in_b = b.iter().any(|region| region.contains(p));
            prop_assert_eq!(sets.contains(union, p), in_a || in_b);
            prop_assert_eq!(sets.contains(both, p), in_a && in_b);
            prop_assert_eq!(sets.contains(minus, p), in_a && !in_b);
        }
    }

    #[test]
    fn equal_sets_are_one_handle(a in prop::collection::vec(region(), 0..6), b in region()) {
        let mut sets = Diagrams::new();
        let forward = union_of(&mut sets, &a);
        let backward = union_of(&mut sets, &a.iter().rev().cloned().collect::<Vec<_>>());
        prop_assert_eq!(forward, backward);
        let b = sets.region(&b);
        let (inside, outside) = (sets.intersect(forward, b), sets.subtract(forward, b));
        prop_assert_eq!(sets.union(inside, outside), forward);
        let read_back = sets.regions(forward);
        prop_assert_eq!(union_of(&mut sets, &read_back), forward);
    }

    #[test]
    fn count_is_additive_and_regions_are_disjoint(a in prop::collection::vec(region(), 0..5), b in region()) {
        let mut sets = Diagrams::new();
        let all = union_of(&mut sets, &a);
        let b = sets.region(&b);
        let (inside, outside) = (sets.intersect(all, b), sets.subtract(all, b));
        let (sum, whole) = (sets.count(inside) + sets.count(outside), sets.count(all));
        prop_assert!((sum - whole).abs() <= whole * 1e-9);
    }

    #[test]
    fn a_sample_is_a_member_and_only_the_empty_set_has_none(a in prop::collection::vec(region(), 0..5), b in region()) {
        let mut sets = Diagrams::new();
        let all = union_of(&mut sets, &a);
        let b = sets.region(&b);
        let rest = sets.subtract(all, b);
        match sets.sample(rest) {
            Some(connection) => prop_assert!(sets.contains(rest, &connection)),
            None => prop_assert_eq!(rest, Set::EMPTY),
        }
    }

    #[test]
    fn ranges_are_the_projection(a in prop::collection::vec(region(), 1..5), field in 0..Field::ALL.len(), p in point()) {
        let mut sets = Diagrams::new();
        let set = union_of(&mut sets, &a);
        let field = Field::ALL[field];
        let ranges = sets.ranges(set, field);
        let value = p.field(field);
        let expected = a.iter().any(|region| region.range(field).contains(&value));
        prop_assert_eq!(ranges.iter().any(|range| range.contains(&value)), expected);
        for pair in ranges.windows(2) {
            prop_assert!(*pair[0].end() < u128::MAX && pair[0].end() + 1 < *pair[1].start());
        }
    }

    #[test]
    fn a_point_splits_like_the_set_of_it(region in region(), p in point()) {
        let mut sets = Diagrams::new();
        let alone = Field::ALL.iter().fold(Region::FULL, |region, &field| region.with(field, p.field(field)..=p.field(field)));
        let alone = sets.region(&alone);
        let (inside, outside) = Some(p).split(&region, &mut ());
        let (set_inside, set_outside) = alone.split(&region, &mut sets);
        prop_assert_eq!(inside.is_some(), !set_inside.is_empty());
        prop_assert_eq!(outside.is_some(), !set_outside.is_empty());
    }

    #[test]
    fn prefixes_cover_exactly(low in any::<u32>(), size in 0u32..70000, probe in any::<u32>()) {
        let high = low.saturating_add(size);
        let nets = prefixes(Family::V4, &(u128::from(low)..=u128::from(high)));
        for value in [low, high, low.wrapping_sub(1), high.wrapping_add(1), probe] {
            let address = from_value(Family::V4, u128::from(value)).unwrap();
            prop_assert_eq!(nets.iter().filter(|net| net.contains(&address)).count(), usize::from((low..=high).contains(&value)));
            prop_assert_eq!(address_value(address), u128::from(value));
        }
    }
}

#[test]
fn draws_part_all_outcomes_in_equal_shares() {
    let mut sets = Diagrams::new();
    for ways in 1..=16 {
        let shares: Vec<Set> = (0..ways)
            .map(|position| sets.region(&Region::FULL.with(Field::Draw, crate::drawn(position, ways))))
            .collect();
        let whole = sets.count(Set::FULL);
        for (position, &share) in shares.iter().enumerate() {
            assert!((sets.count(share) / whole - 1.0 / ways as f64).abs() < 1e-12);
            assert!(
                shares.iter().skip(position + 1).all(|&other| sets.intersect(share, other) == Set::EMPTY)
            );
        }
        let all = shares.iter().fold(Set::EMPTY, |all, &share| sets.union(all, share));
        assert_eq!(all, Set::FULL);
    }
}

#[test]
fn the_whole_family_is_one_prefix() {
    let of = |family: Family| prefixes(family, &(0..=family.last_address()));
    assert_eq!(of(Family::V4), vec!["0.0.0.0/0".parse().unwrap()]);
    assert_eq!(of(Family::V6), vec!["::/0".parse().unwrap()]);
}

#[test]
fn nothing_counts_as_a_positive_zero() {
    assert!(Diagrams::new().count(Set::EMPTY).is_sign_positive());
}

#[test]
fn a_box_without_room_is_empty() {
    let mut sets = Diagrams::new();
    assert_eq!(sets.region(&Region::FULL.protocol(6).protocol(17)), Set::EMPTY);
}
