//! Findings about an order before it is placed.

use std::fmt;

use serde::{Deserialize, Serialize};

/// Consequence of a finding.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Severity {
    /// The order would be refused, or would not end with a usable key.
    Error,
    /// The order can be placed. An operator should look at it first.
    Warning,
}

impl Severity {
    /// All severities.
    pub const ALL: [Self; 2] = [Self::Error, Self::Warning];

    /// Returns the name.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Error => "error",
            Self::Warning => "warning",
        }
    }
}

/// Declares the codes: name, severity, meaning and remedy.
macro_rules! codes {
    ($($name:ident = $text:literal, $severity:ident, $meaning:literal, $remedy:literal;)*) => {
        /// Kind of a finding.
        #[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
        pub enum CheckCode {
            $(#[doc = $meaning] $name,)*
        }

        impl CheckCode {
            /// All codes, in the order of the reference page.
            pub const ALL: &'static [Self] = &[$(Self::$name),*];

            /// Returns the code as text.
            pub const fn as_str(self) -> &'static str {
                match self { $(Self::$name => $text,)* }
            }

            /// Returns the severity, which is the same for each finding with this code.
            pub const fn severity(self) -> Severity {
                match self { $(Self::$name => Severity::$severity,)* }
            }

            /// Returns what the code means, for the reference page.
            pub const fn meaning(self) -> &'static str {
                match self { $(Self::$name => $meaning,)* }
            }

            /// Returns the next step.
            pub const fn remedy(self) -> &'static str {
                match self { $(Self::$name => $remedy,)* }
            }
        }
    };
}

codes! {
    InvalidMember = "invalid-member", Error,
        "A member of the order is missing or invalid.",
        "Correct the member.";
    MissingRecipientData = "missing-recipient-data", Error,
        "The order lacks data of the recipient, and the directory has no usable value either.",
        "Complete the user in the directory, or add the data to the order.";
    AddressByPerson = "address-by-person", Warning,
        "The persons of some orders will be asked for their addresses. These orders wait until the addresses are \
         given.",
        "To send an order without asking, add the address to it.";
    PersonNotReachable = "person-not-reachable", Warning,
        "The person would be asked for the address, but has no mail address in the directory.",
        "Add a mail address in the directory, or the postal address to the order.";
    UnknownMember = "unknown-member", Warning,
        "The order has a member that the API does not know and ignores.",
        "Correct the name of the member, or remove it.";
    TooLong = "too-long", Error,
        "A value is longer than the delivery service accepts. Letters with diacritics count as two characters.",
        "Shorten the value.";
    StreetTooLong = "street-too-long", Error,
        "Both street lines together are longer than the delivery service accepts: 120 characters, or 510 for the \
         countries in KEYFERRY_LONG_STREET_COUNTRIES.",
        "Shorten the street lines. If the delivery service enabled long street lines for this country, add the country \
         to KEYFERRY_LONG_STREET_COUNTRIES.";
    InvalidCharacters = "invalid-characters", Error,
        "A value contains characters that the delivery service does not accept.",
        "Write the value in Latin letters.";
    RegionRequired = "region-required", Error,
        "Addresses in the United States and Canada require a region.",
        "Add the two-letter code of the state or province.";
    UnknownRegion = "unknown-region", Error,
        "The country does not have this region.",
        "Correct the code of the state or province.";
    InvalidPostalCode = "invalid-postal-code", Error,
        "The postal code does not have the form of the country.",
        "Correct the postal code.";
    InvalidCountry = "invalid-country", Error,
        "The country is not a code of two letters.",
        "Use the code of the country in ISO 3166-1 alpha-2, for example US.";
    PostOfficeBox = "post-office-box", Error,
        "The address is a post office box outside the United States, where parcels do not reach it.",
        "Use an address with a street.";
    PinTooShort = "pin-too-short", Error,
        "The PIN is shorter than KEYFERRY_MIN_PIN_LENGTH permits.",
        "Request a longer PIN.";
    UnservedCountry = "unserved-country", Error,
        "The delivery service does not deliver to this country for the organization.",
        "Use an address in a country of `GET /v1/countries`, or have the delivery service enable the country.";
    UnknownDeliveryType = "unknown-delivery-type", Error,
        "The delivery service does not offer this type of delivery in this country.",
        "Use a delivery type of `GET /v1/countries`.";
    UnknownProduct = "unknown-product", Error,
        "The delivery service does not have this product.",
        "Use a product of `GET /v1/products`.";
    UnknownInventory = "unknown-inventory", Error,
        "The organization does not have this inventory.",
        "Use an inventory of `GET /v1/products`.";
    InventoryForOtherProducts = "inventory-for-other-products", Warning,
        "The inventory is listed for other products than the ordered one.",
        "Check product and inventory against `GET /v1/products`.";
    StockExceeded = "stock-exceeded", Warning,
        "The checked orders together need more keys than the inventory has. The delivery service reduces the inventory \
         once a day, so it may contain less than it shows.",
        "Order from another inventory, or buy more keys before you place these orders.";
    UnknownCustomization = "unknown-customization", Error,
        "The customization is not one of KEYFERRY_CUSTOMIZATIONS.",
        "Correct the customization, or add it to KEYFERRY_CUSTOMIZATIONS.";
    UndeliverableAddress = "undeliverable-address", Error,
        "The delivery service cannot deliver to the address.",
        "Correct the address. To order without validation, set `address_validation_bypass`.";
    RepeatedUser = "repeated-user", Error,
        "Another row of the check is for the same user.",
        "Remove one of the rows, or set `additional` in the second one.";
    OpenOrder = "open-order", Error,
        "The user has an open order, and only one is allowed.",
        "Wait for the open order, or set `additional` if the user needs both keys.";
    HasKey = "has-key", Warning,
        "A key was ordered for the user before.",
        "Check that the user needs another key.";
    UnknownUser = "unknown-user", Error,
        "The user does not exist in the identity provider.",
        "Correct `user_id`. A new user may take a few minutes to appear.";
    DisabledUser = "disabled-user", Error,
        "The account of the user is disabled.",
        "Enable the account, or remove the row.";
    GuestUser = "guest-user", Warning,
        "The user is a guest. Guests normally sign in with the credentials of their own organization.",
        "Check that this guest signs in here with a passkey.";
    UserNotAllowed = "user-not-allowed", Error,
        "The user is not in a group of KEYFERRY_ALLOWED_GROUPS.",
        "Add the user to an allowed group, or remove the row.";
    UserExcluded = "user-excluded", Error,
        "The user is in a group of KEYFERRY_EXCLUDED_GROUPS.",
        "Remove the row, or remove the user from the excluded group.";
    PrivilegedUser = "privileged-user", Error,
        "The user holds a privileged directory role, and KEYFERRY_PRIVILEGED_USERS refuses such users.",
        "Have a caller with the role Keyferry.Admin place the order.";
    ContactNotAllowed = "contact-not-allowed", Error,
        "A contact of the order may not receive the PIN.",
        "Use a contact in a domain of KEYFERRY_CONTACT_DOMAINS that is not the user's own address.";
    NoAddressee = "no-addressee", Error,
        "The PIN has no addressee, for example because the user has no manager, or the manager has no mail address.",
        "Correct the manager in the directory, or add `enrollment_contacts`.";
    NoManager = "no-manager", Warning,
        "The user has no manager with a mail address. The PIN delivery determines the addressee itself, and by the \
         guide it is the manager.",
        "Correct the manager in the directory, or add `enrollment_contacts`.";
    TooManyPasskeys = "too-many-passkeys", Error,
        "The user has as many passkeys as the identity provider allows.",
        "Remove an unused passkey of the user.";
    RefusedByProvider = "refused-by-provider", Error,
        "The identity provider refuses passkeys for the user.",
        "Check the passkey policy (enabled for the user, self-service setup) and the account.";
    PasskeysDisabled = "passkeys-disabled", Error,
        "The passkey policy of the tenant disables passkeys.",
        "Enable the method Passkey (FIDO2) in the authentication methods policy.";
    SelfServiceOff = "self-service-off", Error,
        "The passkey policy does not allow self-service setup. Keys cannot be registered without it, not even by an \
         application.",
        "Allow self-service setup in the passkey policy.";
    OutsidePolicy = "outside-policy", Error,
        "The passkey policy does not apply to the user: the user is in an excluded group, or in no included group.",
        "Change the groups of the passkey policy, or remove the row.";
    ModelNotAllowed = "model-not-allowed", Error,
        "No passkey profile of the user allows the ordered model.",
        "Allow the AAGUIDs of the model in a passkey profile of the user, or order another model.";
    ModelPartlyAllowed = "model-partly-allowed", Warning,
        "The passkey profiles of the user allow some variants of the ordered model (firmware, edition), not all.",
        "Allow all AAGUIDs of the model, or verify which firmware the delivery service ships.";
    UnknownModel = "unknown-model", Warning,
        "Keyferry does not know the AAGUIDs of the product, so it did not compare them with the passkey policy.",
        "Add the product to KEYFERRY_PRODUCT_AAGUIDS.";
    NeededTooSoon = "needed-too-soon", Warning,
        "The person needs the key earlier than parcels usually arrive (KEYFERRY_USUAL_DELIVERY_DAYS).",
        "Order with expedited delivery (`delivery_type` 2), or agree on a later day.";
    NotChecked = "not-checked", Warning,
        "Something was not checked: another system failed, does not offer it or does not permit it, or the time was \
         too short. The message names it.",
        "Grant the permission or set the setting that the message names, or check again later.";
}

impl fmt::Display for CheckCode {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

/// Member of an order that a finding is about.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Member {
    /// The user.
    User,
    /// Length of the PIN.
    PinLength,
    /// Contacts that receive the PIN.
    Contacts,
    /// Day on which the person needs the key.
    NeededBy,
    /// Member of the order for the delivery service, as a path such as `recipient.recipient_lastname`.
    Parcel(&'static str),
}

/// Finding about an order.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct OrderFinding {
    /// Kind of the finding.
    pub code: CheckCode,
    /// Member of the order. `None` if the finding is not about one of them.
    pub member: Option<Member>,
    /// What was found, in one sentence. Contains values of the order only if the delivery service repeats them.
    pub message: String,
}

impl OrderFinding {
    /// Creates a finding about a member.
    pub fn new(code: CheckCode, member: Member, message: impl Into<String>) -> Self {
        Self { code, member: Some(member), message: message.into() }
    }

    /// Creates a finding that is not about one member.
    pub fn general(code: CheckCode, message: impl Into<String>) -> Self {
        Self { code, member: None, message: message.into() }
    }

    /// Returns whether the order would be refused, or would not end with a usable key.
    pub fn is_error(&self) -> bool {
        self.code.severity() == Severity::Error
    }
}

impl fmt::Display for OrderFinding {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.message)
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;

    #[test]
    fn codes_are_distinct_and_have_remedies() {
        let names: BTreeSet<_> = CheckCode::ALL.iter().map(|code| code.as_str()).collect();
        assert_eq!(names.len(), CheckCode::ALL.len());
        for code in CheckCode::ALL {
            assert!(code.as_str().bytes().all(|b| b.is_ascii_lowercase() || b == b'-'), "{code}");
            assert!(code.meaning().ends_with('.') && code.remedy().ends_with('.'), "{code}");
        }
    }
}
