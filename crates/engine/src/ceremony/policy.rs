//! The administrator's policy for models and firmware of keys.

use std::collections::BTreeMap;
use std::str::FromStr;

use keyferry_domain::{Failure, FirmwareVersion, Product, Timestamp};
use keyferry_webauthn::{Metadata, StatusReport};
use serde_json::Value;

use super::verify::Checked;
use crate::failures::findings::factory;
use crate::settings::EngineSettings;

/// Minimum firmware version of each product. By default there is none.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct MinimumFirmware {
    by_product: BTreeMap<i64, FirmwareVersion>,
    others: Option<FirmwareVersion>,
}

impl MinimumFirmware {
    /// Returns the minimum for a product. `None` if there is none.
    pub fn of(&self, product_id: i64) -> Option<FirmwareVersion> {
        self.by_product.get(&product_id).copied().or(self.others)
    }
}

impl FromStr for MinimumFirmware {
    type Err = String;

    /// Parses a version for all products, for example `5.7`, or a JSON object of product ids to versions, in which `*`
    /// stands for all other products.
    fn from_str(text: &str) -> Result<Self, String> {
        if !text.trim_start().starts_with('{') {
            let all = text.trim().parse().map_err(|error| format!("{error}"))?;
            return Ok(Self { by_product: BTreeMap::new(), others: Some(all) });
        }
        let members: BTreeMap<String, Value> =
            serde_json::from_str(text).map_err(|error| format!("not a JSON object ({error})"))?;
        let mut minimum = Self::default();
        for (product, version) in members {
            let version = version.as_str().ok_or_else(|| format!("the version of {product:?} is not a string"))?;
            let version = version.parse().map_err(|error| format!("{product:?}: {error}"))?;
            if product == "*" {
                minimum.others = Some(version);
                continue;
            }
            let id = product.parse().map_err(|_| format!("{product:?} is not a product id or \"*\""))?;
            minimum.by_product.insert(id, version);
        }
        Ok(minimum)
    }
}

/// What Keyferry does with a key of a model that the FIDO metadata reports as compromised.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum CompromisedModels {
    /// Does not register it.
    Refuse,
    /// Registers it and logs a warning.
    Warn,
}

/// Checks a key against the policy. Called before the registration, and not for a credential that is registered.
///
/// `reported` are the firmware versions that the factory and the delivery service report.
pub(super) fn check(
    settings: &EngineSettings,
    now: Timestamp,
    checked: &Checked,
    product: &Product,
    reported: [Option<&str>; 2],
) -> Result<(), Failure> {
    if let Some(minimum) = settings.minimum_firmware.of(product.product_id) {
        check_firmware(minimum, checked.attested_firmware, reported)?;
    }
    match &settings.fido_metadata {
        Some(metadata) => check_status(settings.compromised_models, metadata, now, checked),
        None => Ok(()),
    }
}

/// Checks the lowest version that is known, so that a wrong version in one place does not hide an old key.
fn check_firmware(
    minimum: FirmwareVersion,
    attested: Option<FirmwareVersion>,
    reported: [Option<&str>; 2],
) -> Result<(), Failure> {
    let known = reported.into_iter().flatten().filter_map(|text| text.parse().ok()).chain(attested);
    match known.min() {
        Some(lowest) if lowest >= minimum => Ok(()),
        Some(lowest) => {
            let message = format!("the key has firmware {lowest}, but the minimum for this product is {minimum}");
            Err(factory("firmware-too-old", &message))
        }
        None => {
            let message = format!(
                "the minimum firmware for this product is {minimum}, but neither the attestation nor the delivery \
                 service states the firmware of the key"
            );
            Err(factory("firmware-unknown", &message))
        }
    }
}

fn check_status(
    action: CompromisedModels,
    metadata: &Metadata,
    now: Timestamp,
    checked: &Checked,
) -> Result<(), Failure> {
    let model = keyferry_webauthn::Aaguid::from_bytes(*checked.aaguid.as_bytes());
    if !metadata.lists(model) {
        tracing::warn!(%model, number = metadata.number(), "FIDO metadata does not list model of key; status unknown");
        return Ok(());
    }
    let reports: Vec<_> = metadata.compromises(model, now).map(described).collect();
    if reports.is_empty() {
        return Ok(());
    }
    let status = reports.join(", ");
    match action {
        CompromisedModels::Refuse => {
            let message = format!("the FIDO metadata reports the model {model} of the key as compromised: {status}");
            Err(factory("model-compromised", &message))
        }
        CompromisedModels::Warn => {
            tracing::warn!(%model, status, "FIDO metadata reports model of key as compromised; registering it");
            Ok(())
        }
    }
}

fn described(report: &StatusReport) -> String {
    let since = report.effective_date.map(|date| format!(" since {date}")).unwrap_or_default();
    format!("{}{since}", report.status)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn minimum(text: &str) -> Result<MinimumFirmware, String> {
        text.parse()
    }

    #[test]
    fn minimum_is_for_all_products_or_by_product() {
        let version = |text: &str| Some(text.parse().unwrap());
        assert_eq!(MinimumFirmware::default().of(29), None);
        assert_eq!(minimum("5.7").unwrap().of(29), version("5.7"));
        let by_product = minimum(r#"{"29": "5.7.4", "*": "5.4"}"#).unwrap();
        assert_eq!((by_product.of(29), by_product.of(1)), (version("5.7.4"), version("5.4")));
        assert_eq!(minimum(r#"{"29": "5.7"}"#).unwrap().of(1), None);
    }

    #[test]
    fn rejects_other_texts() {
        for text in ["", "new", "5.7,5.8", "{", r#"{"29": 5.7}"#, r#"{"x": "5.7"}"#, r#"{"29": "v5"}"#] {
            assert!(minimum(text).is_err(), "{text}");
        }
    }

    #[test]
    fn lowest_known_version_counts() {
        let old = Some(FirmwareVersion::new(5, 4, 3));
        let new = Some(FirmwareVersion::new(5, 7, 4));
        let check = |attested, reported| {
            check_firmware(FirmwareVersion::new(5, 7, 0), attested, reported).map_err(|failure| failure.short())
        };
        for (attested, reported, code) in [
            (new, [Some("5.7.4"), Some("5.7.4")], None),
            (None, [None, Some("5.7.0")], None),
            (new, [None, Some("unknown")], None),
            (old, [Some("5.7.4"), Some("5.7.4")], Some("firmware-too-old")),
            (new, [Some("5.4.3"), Some("5.7.4")], Some("firmware-too-old")),
            (new, [None, Some("5.4.3")], Some("firmware-too-old")),
            (None, [None, None], Some("firmware-unknown")),
            (None, [Some(""), Some("latest")], Some("firmware-unknown")),
        ] {
            let found = check(attested, reported).err();
            assert_eq!(found.as_deref(), code, "{attested:?} {reported:?}");
        }
    }
}
