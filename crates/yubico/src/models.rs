//! Authenticator models of the delivery service's products, as far as they are published.

use std::collections::BTreeMap;

use keyferry_domain::Aaguid;

/// AAGUIDs by the delivery service's product id.
///
/// The AAGUIDs are from the vendor's published list (yubi.co/aaguids) for firmware 5.2 and later, including enterprise
/// variants. inferred: the product ids of the vendor's samples still mean these models.
const KNOWN: &[(i64, &[&str])] = &[(1, NFC), (29, NFC), (54, NFC_FIPS), (55, NFC_FIPS)];

/// YubiKey 5 NFC and 5C NFC.
const NFC: &[&str] = &[
    "2fc0579f-8113-47ea-b116-bb5a8db9202a",
    "a25342c0-3cdc-4414-8e46-f4807fca511c",
    "d7781e5d-e353-46aa-afe2-3ca49f13332a",
    "1ac71f64-468d-4fe0-bef1-0e5f2f551f18",
    "6ab56fad-881f-4a43-acb2-0be065924522",
    "41e39911-c669-4811-b860-c6ad0b411b96",
    "662ef48a-95e2-4aaa-a6c1-5b9c40375824",
    "b2c1a50b-dad8-4dc7-ba4d-0ce9597904bc",
];

/// YubiKey 5 NFC FIPS and 5C NFC FIPS.
const NFC_FIPS: &[&str] = &[
    "c1f9a0bc-1dd2-404a-b27f-8e29047a43fd",
    "fcc0118f-cd45-435b-8da1-9782b2da0715",
    "79f3c8ba-9e35-484b-8f47-53a5a0f5c630",
];

/// Returns the authenticator models (AAGUIDs) that each product can be.
pub fn known_models() -> BTreeMap<i64, Vec<Aaguid>> {
    KNOWN
        .iter()
        .map(|(product, models)| (*product, models.iter().filter_map(|model| model.parse().ok()).collect()))
        .collect()
}

#[cfg(test)]
mod tests {
    #[test]
    fn every_model_is_a_valid_aaguid() {
        for ((product, models), (_, parsed)) in super::KNOWN.iter().zip(super::known_models()) {
            assert_eq!(models.len(), parsed.len(), "product {product}");
        }
    }
}
