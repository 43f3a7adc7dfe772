//! Post office boxes in street lines.
//!
//! inferred: the vendor states that post office boxes work only inside the United States, but not how it recognizes
//! them. Only wordings that name nothing else are recognized: "Box Hill" is a town.

/// Wordings, as consecutive words.
const WORDINGS: &[&[&str]] = &[
    &["po", "box"],
    &["p", "o", "box"],
    &["pobox"],
    &["post", "office", "box"],
    &["postfach"],
    &["postbus"],
    &["postboks"],
    &["postbox"],
    &["boite", "postale"],
    &["boîte", "postale"],
    &["casella", "postale"],
    &["apartado", "postal"],
    &["apartado", "de", "correos"],
    &["caixa", "postal"],
    &["skrytka", "pocztowa"],
];

/// Returns whether the line names a post office box.
pub(super) fn is_in(line: &str) -> bool {
    let lower = line.to_lowercase();
    let words: Vec<&str> = lower.split(|c: char| !c.is_alphanumeric()).filter(|word| !word.is_empty()).collect();
    WORDINGS.iter().any(|wording| words.windows(wording.len()).any(|some| some == *wording))
}

#[cfg(test)]
mod tests {
    use super::is_in;

    #[test]
    fn recognizes_post_office_boxes_and_nothing_else() {
        for boxed in [
            "PO Box 12",
            "P.O. Box 12",
            "P. O. BOX 7",
            "c/o Ada, POBox 1",
            "Postfach 10 01",
            "Postbus 9",
            "Boîte postale 3",
            "Apartado de Correos 4",
        ] {
            assert!(is_in(boxed), "{boxed}");
        }
        for street in ["1 Box Hill Road", "Postfachweg 3", "12 Po Street", "Boxgatan 4", "Rue de la Poste 1", "Box 12"]
        {
            assert!(!is_in(street), "{street}");
        }
    }
}
