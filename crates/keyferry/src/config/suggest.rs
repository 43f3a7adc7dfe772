//! Suggestions for misspelt names.

/// Returns the name with the smallest difference, which must be at most two characters. Case-insensitive.
pub(super) fn nearest<'a>(name: &str, names: &[&'a str]) -> Option<&'a str> {
    let name = name.to_uppercase();
    let distances = names.iter().map(|known| (distance(&name, &known.to_uppercase()), *known));
    distances.filter(|(distance, _)| *distance <= 2).min_by_key(|(distance, _)| *distance).map(|(_, known)| known)
}

/// Returns the Levenshtein distance: the smallest number of characters to insert, delete or replace.
fn distance(left: &str, right: &str) -> usize {
    let right: Vec<char> = right.chars().collect();
    let mut row: Vec<usize> = (0..=right.len()).collect();
    for (i, l) in left.chars().enumerate() {
        let mut diagonal = std::mem::replace(&mut row[0], i + 1);
        for (j, r) in right.iter().enumerate() {
            let replaced = diagonal + usize::from(l != *r);
            diagonal = row[j + 1];
            row[j + 1] = replaced.min(diagonal + 1).min(row[j] + 1);
        }
    }
    row[right.len()]
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn suggests_name_for_small_typo_only() {
        let names = ["KEYFERRY_PIN_BY", "KEYFERRY_BIND", "MS_Graph_Endpoint"];
        assert_eq!(nearest("KEYFERRY_PIN_BI", &names), Some("KEYFERRY_PIN_BY"));
        assert_eq!(nearest("keyferry_bin", &names), Some("KEYFERRY_BIND"));
        assert_eq!(nearest("MS_GRAPH_ENDPIONT", &names), Some("MS_Graph_Endpoint"));
        assert_eq!(nearest("KEYFERRY_SOMETHING", &names), None);
        assert_eq!(nearest("", &names), None);
    }
}
