//! Display name of a registered method in the user's security info.

use keyferry_domain::{Hardware, Product};
use minijinja::{Environment, UndefinedBehavior, context};

/// Validated template of the display name.
#[derive(Clone, Debug)]
pub struct DisplayName(String);

/// Longest display name, in characters. inferred: all tools for Microsoft's API allow it; the official limit is not
/// published.
pub(super) const MAX_CHARACTERS: usize = 30;

impl DisplayName {
    /// Validates a template by rendering an example. Variables: `serial`, `firmware`, `product_id`. Example:
    /// `YubiKey {{ serial }}`.
    ///
    /// # Errors
    /// A message if the template does not parse, uses an unknown variable, or renders an empty text.
    pub fn new(template: &str) -> Result<Self, String> {
        let name = render(template, "12345678", "5.7.4", 1)
            .map_err(|error| format!("invalid template: {error}. Available variables: serial, firmware, product_id"))?;
        if name.is_empty() {
            return Err("the template renders an empty text".into());
        }
        Ok(Self(template.to_owned()))
    }

    /// Renders the display name of this key, truncated to [`MAX_CHARACTERS`].
    pub fn render(&self, hardware: &Hardware, product: &Product) -> String {
        let serial = hardware.serial.as_str();
        let firmware = hardware.firmware.as_deref().unwrap_or_default();
        let name = render(&self.0, serial, firmware, product.product_id).unwrap_or_default();
        if name.is_empty() { cut(&format!("Security key {serial}")) } else { name }
    }
}

impl Default for DisplayName {
    fn default() -> Self {
        Self("YubiKey {{ serial }}".to_owned())
    }
}

fn render(template: &str, serial: &str, firmware: &str, product_id: i64) -> Result<String, minijinja::Error> {
    let mut environment = Environment::new();
    environment.set_undefined_behavior(UndefinedBehavior::Strict);
    let name = environment.render_str(template, context! { serial, firmware, product_id })?;
    Ok(cut(name.trim()))
}

fn cut(name: &str) -> String {
    name.chars().filter(|c| !c.is_control()).take(MAX_CHARACTERS).collect()
}

#[cfg(test)]
mod tests {
    use keyferry_domain::SerialNumber;

    use super::*;

    fn named(template: &str) -> String {
        let hardware = Hardware { serial: SerialNumber::new("24681357"), firmware: None };
        let product = Product { product_id: 29, inventory_product_id: 106, customization_id: "CUSTID".into() };
        DisplayName::new(template).unwrap().render(&hardware, &product)
    }

    #[test]
    fn default_name_contains_serial() {
        let hardware = Hardware { serial: SerialNumber::new("24681357"), firmware: None };
        let product = Product { product_id: 29, inventory_product_id: 106, customization_id: "CUSTID".into() };
        assert_eq!(DisplayName::default().render(&hardware, &product), "YubiKey 24681357");
    }

    #[test]
    fn truncates_name_to_30_characters() {
        assert_eq!(named("Schlüssel für alle, immer und überall {{ serial }}").chars().count(), 30);
    }

    #[test]
    fn rejects_invalid_templates() {
        assert!(DisplayName::new("{{ unknown }}").unwrap_err().contains("serial"));
        assert!(DisplayName::new("{{ serial").is_err());
        assert!(DisplayName::new("  ").is_err());
    }
}
