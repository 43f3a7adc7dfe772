//! The administrator's policy for models and firmware of keys.

use keyferry_domain::{Failure, FirmwareVersion, Product, Timestamp};
use keyferry_webauthn::{Metadata, StatusReport};

use super::accepted_keys::CompromisedModels;
use super::verify::Checked;
use crate::failures::findings::factory;
use crate::settings::EngineSettings;

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
