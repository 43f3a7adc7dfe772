//! Thresholds and orders of preference, as settings name them.

use std::collections::{BTreeMap, BTreeSet};

use keyferry_settings::{Invalid, parse};

/// Parses thresholds, for example `106=50, 107=20`: the inventory, and the number of keys below which it is low.
pub(crate) fn thresholds(text: &str) -> Result<BTreeMap<i64, i64>, Invalid> {
    let mut found = BTreeMap::new();
    for part in parse::nonempty_list(text)? {
        let (id, least) = part.split_once('=').ok_or_else(|| Invalid::from(format!("\"{part}\" has no `=`")))?;
        let least = parse::number(least.trim(), 1, 1_000_000)?;
        if found.insert(inventory(id)?, least).is_some() {
            return Err(format!("inventory {} has two thresholds", id.trim()).into());
        }
    }
    Ok(found)
}

/// Parses orders of preference, for example `106>107>133, 44>18`. Each inventory is in one of them at most, and once:
/// otherwise an order could go in a circle.
pub(crate) fn preferences(text: &str) -> Result<Vec<Vec<i64>>, Invalid> {
    let (mut found, mut seen) = (Vec::new(), BTreeSet::new());
    for part in parse::nonempty_list(text)? {
        let order = part.split('>').map(inventory).collect::<Result<Vec<_>, _>>()?;
        if order.len() < 2 {
            return Err(format!("\"{part}\" names no inventory to roll over to").into());
        }
        if let Some(twice) = order.iter().find(|id| !seen.insert(**id)) {
            return Err(format!("inventory {twice} is named twice").into());
        }
        found.push(order);
    }
    Ok(found)
}

fn inventory(text: &str) -> Result<i64, Invalid> {
    parse::number(text.trim(), 1, i64::MAX)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn thresholds_are_one_per_inventory() {
        assert_eq!(thresholds("106=50, 107 = 20").unwrap(), BTreeMap::from([(106, 50), (107, 20)]));
        for wrong in ["", "106", "106=", "106=0", "x=5", "106=50,106=60", "106=-1"] {
            assert!(thresholds(wrong).is_err(), "{wrong}");
        }
    }

    #[test]
    fn preferences_have_no_circles() {
        assert_eq!(preferences("106>107 > 133, 44>18").unwrap(), [vec![106, 107, 133], vec![44, 18]]);
        for wrong in ["", "106", "106>", "106>106", "106>107,107>106", "106>107,44>107", "a>b", "0>1"] {
            assert!(preferences(wrong).is_err(), "{wrong}");
        }
    }
}
