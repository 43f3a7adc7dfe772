//! Uniform random choice.

use keyferry_domain::Entropy;

/// Returns one of `items`, or `None` if there are none.
///
/// All items have the same probability, up to a bias of 2^-64 times their number.
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
    fn picks_every_item_about_equally_often() {
        let dice = Dice::default();
        let mut seen = [0; 3];
        for _ in 0..300 {
            seen[*pick(&[0, 1, 2], &dice).unwrap()] += 1;
        }
        assert!(seen.iter().all(|count| (60..140).contains(count)), "{seen:?}");
    }

    #[test]
    fn picks_first_and_last_item_and_none_from_empty_slice() {
        assert_eq!(pick(&["a", "b", "c"], &Dice::fixed(0x00)), Some(&"a"));
        assert_eq!(pick(&["a", "b", "c"], &Dice::fixed(0xff)), Some(&"c"));
        assert_eq!(pick::<u8>(&[], &Dice::fixed(7)), None);
    }
}
