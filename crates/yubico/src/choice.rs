//! A fair choice.

use keyferry_domain::Entropy;

/// One of `items`, each with the same chance (to within 2^-64 times their number); `None` when there are none.
pub(crate) fn pick<'a, T>(items: &'a [T], entropy: &dyn Entropy) -> Option<&'a T> {
    let mut random = [0; 8];
    entropy.fill(&mut random);
    let scaled = (u128::from(u64::from_be_bytes(random)) * items.len() as u128) >> 64;
    items.get(usize::try_from(scaled).ok()?)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::testing::fakes::Dice;

    #[test]
    fn every_item_has_its_turn() {
        let dice = Dice::default();
        let mut seen = [0; 3];
        for _ in 0..300 {
            seen[*pick(&[0, 1, 2], &dice).unwrap()] += 1;
        }
        assert!(seen.iter().all(|count| (60..140).contains(count)), "{seen:?}");
    }

    #[test]
    fn the_ends_are_within_and_nothing_is_chosen_from_nothing() {
        assert_eq!(pick(&["a", "b", "c"], &Dice::fixed(0x00)), Some(&"a"));
        assert_eq!(pick(&["a", "b", "c"], &Dice::fixed(0xff)), Some(&"c"));
        assert_eq!(pick::<u8>(&[], &Dice::fixed(7)), None);
    }
}
