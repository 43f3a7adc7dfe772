//! Suggestions for misspelt names.

use strsim::damerau_levenshtein;

/// Longest name that is compared, in bytes. The comparison takes quadratic time.
const LONGEST: usize = 100;

/// Returns the name with the smallest Damerau-Levenshtein distance, which must be at most two. Case-insensitive.
pub fn nearest<'a>(name: &str, known: impl IntoIterator<Item = &'a str>) -> Option<&'a str> {
    if name.len() > LONGEST {
        return None;
    }
    let name = name.to_uppercase();
    let distances = known.into_iter().map(|known| (damerau_levenshtein(&name, &known.to_uppercase()), known));
    distances.filter(|(distance, _)| *distance <= 2).min_by_key(|(distance, _)| *distance).map(|(_, known)| known)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn suggests_name_for_small_typo_only() {
        let nearest = |name: &str| nearest(name, ["KEYFERRY_PIN_BY", "KEYFERRY_BIND", "MS_Graph_Endpoint"]);
        assert_eq!(nearest("KEYFERRY_PIN_BI"), Some("KEYFERRY_PIN_BY"));
        assert_eq!(nearest("keyferry_bin"), Some("KEYFERRY_BIND"));
        assert_eq!(nearest("MS_GRAPH_ENDPIONT"), Some("MS_Graph_Endpoint"));
        assert_eq!(nearest("MS_GRPAH_ENDPIONT"), Some("MS_Graph_Endpoint"));
        assert_eq!(nearest("KEYFERRY_SOMETHING"), None);
        assert_eq!(nearest(""), None);
        assert_eq!(nearest(&"K".repeat(1_000_000)), None);
    }
}
