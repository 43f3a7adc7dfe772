//! Settings that determine which keys are accepted.

use std::collections::BTreeMap;
use std::str::FromStr;

use keyferry_domain::FirmwareVersion;
use serde_json::Value;

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
}
