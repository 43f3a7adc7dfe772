//! Members of an order that a column can fill.

/// Member of the body of `POST /v1/orders` that a column can fill, and the house number, which becomes part of the
/// street.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
#[expect(missing_docs, reason = "named like the members of the order")]
pub enum Member {
    UserId,
    RecipientFirstname,
    RecipientLastname,
    RecipientEmail,
    RecipientTelephone,
    RecipientCompany,
    StreetLine1,
    HouseNumber,
    StreetLine2,
    City,
    Region,
    PostalCode,
    CountryCode2,
    AddressBy,
    ProductId,
    InventoryProductId,
    CustomizationId,
    ProductQuantity,
    PinLength,
    PinType,
    EmailsTo,
    DeliveryType,
    AddressValidationBypass,
    ResellerOrganizationId,
    Additional,
    Reference,
    RequestedBy,
    NotBefore,
    NeededBy,
}

/// What a member contains.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Kind {
    /// Text.
    Text,
    /// Text of digits that spreadsheets take for a number and damage: telephone number, postal code.
    Digits,
    /// Country, by code or name.
    Country,
    /// Integer.
    Integer,
    /// Boolean.
    Flag,
    /// Day.
    Date,
    /// Mail addresses.
    Addresses,
    /// Word, without regard to case.
    Word,
}

/// When a member may be missing.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Need {
    /// Always needed.
    Always,
    /// Needed, unless missing recipient data is filled from the directory, or the person gives it.
    UnlessFilled,
    /// Optional.
    Never,
}

/// Prefixes that a name in a mapping may have: the objects of the order that contain the member.
const PREFIXES: [&str; 6] = [
    "yubico_shipment_request.",
    "shipment_items[0].",
    "shipment_items.0.",
    "shipment_items.",
    "mailing_address.",
    "recipient.",
];

impl Member {
    /// All members, in the order of the reference page.
    pub const ALL: [Self; 29] = [
        Self::UserId,
        Self::RecipientFirstname,
        Self::RecipientLastname,
        Self::RecipientEmail,
        Self::RecipientTelephone,
        Self::RecipientCompany,
        Self::StreetLine1,
        Self::HouseNumber,
        Self::StreetLine2,
        Self::City,
        Self::Region,
        Self::PostalCode,
        Self::CountryCode2,
        Self::AddressBy,
        Self::ProductId,
        Self::InventoryProductId,
        Self::CustomizationId,
        Self::ProductQuantity,
        Self::PinLength,
        Self::PinType,
        Self::EmailsTo,
        Self::DeliveryType,
        Self::AddressValidationBypass,
        Self::ResellerOrganizationId,
        Self::Additional,
        Self::Reference,
        Self::RequestedBy,
        Self::NotBefore,
        Self::NeededBy,
    ];

    /// Returns the path of the member in the order, for example `yubico_shipment_request.mailing_address.city`. The
    /// path of the house number is that of the street.
    pub fn path(self) -> &'static str {
        match self {
            Self::UserId => "user_id",
            Self::RecipientFirstname => "yubico_shipment_request.recipient.recipient_firstname",
            Self::RecipientLastname => "yubico_shipment_request.recipient.recipient_lastname",
            Self::RecipientEmail => "yubico_shipment_request.recipient.recipient_email",
            Self::RecipientTelephone => "yubico_shipment_request.recipient.recipient_telephone",
            Self::RecipientCompany => "yubico_shipment_request.recipient.recipient_company",
            Self::StreetLine1 | Self::HouseNumber => "yubico_shipment_request.mailing_address.street_line1",
            Self::StreetLine2 => "yubico_shipment_request.mailing_address.street_line2",
            Self::City => "yubico_shipment_request.mailing_address.city",
            Self::Region => "yubico_shipment_request.mailing_address.region",
            Self::PostalCode => "yubico_shipment_request.mailing_address.postal_code",
            Self::CountryCode2 => "yubico_shipment_request.mailing_address.country_code_2",
            Self::AddressBy => "address_by",
            Self::ProductId => "yubico_shipment_request.shipment_items[0].product_id",
            Self::InventoryProductId => "yubico_shipment_request.shipment_items[0].inventory_product_id",
            Self::CustomizationId => "yubico_shipment_request.shipment_items[0].customization_id",
            Self::ProductQuantity => "yubico_shipment_request.shipment_items[0].product_quantity",
            Self::PinLength => "pin_request.length",
            Self::PinType => "pin_request.type",
            Self::EmailsTo => "enrollment_contacts.emails_to",
            Self::DeliveryType => "yubico_shipment_request.delivery_type",
            Self::AddressValidationBypass => "yubico_shipment_request.address_validation_bypass",
            Self::ResellerOrganizationId => "yubico_shipment_request.reseller_organization_id",
            Self::Additional => "additional",
            Self::Reference => "reference",
            Self::RequestedBy => "requested_by",
            Self::NotBefore => "not_before",
            Self::NeededBy => "needed_by",
        }
    }

    /// Returns the short name, which is unique: the last part of the path, in most cases.
    pub fn name(self) -> &'static str {
        match self {
            Self::HouseNumber => "house_number",
            Self::PinLength => "pin_length",
            Self::PinType => "pin_type",
            _ => self.path().rsplit('.').next().unwrap_or_default(),
        }
    }

    /// Finds a member by its short name, its path, or an end of the path, such as `mailing_address.city`. Members of
    /// the address may also be written as members of the recipient: `recipient.city`.
    pub fn find(name: &str) -> Option<Self> {
        let name = name.trim();
        if let Some(member) = Self::ALL.into_iter().find(|member| *member != Self::HouseNumber && member.path() == name)
        {
            return Some(member);
        }
        let mut tail = name;
        while let Some(rest) = PREFIXES.iter().find_map(|prefix| tail.strip_prefix(prefix)) {
            tail = rest;
        }
        let of_recipient = name.contains("recipient.").then(|| format!("recipient_{tail}"));
        Self::ALL.into_iter().find(|member| member.name() == tail || of_recipient.as_deref() == Some(member.name()))
    }

    pub(crate) fn kind(self) -> Kind {
        match self {
            Self::RecipientTelephone | Self::PostalCode => Kind::Digits,
            Self::CountryCode2 => Kind::Country,
            Self::ProductId
            | Self::InventoryProductId
            | Self::ProductQuantity
            | Self::PinLength
            | Self::DeliveryType => Kind::Integer,
            Self::AddressValidationBypass | Self::Additional => Kind::Flag,
            Self::NotBefore | Self::NeededBy => Kind::Date,
            Self::EmailsTo => Kind::Addresses,
            Self::AddressBy => Kind::Word,
            _ => Kind::Text,
        }
    }

    /// Returns whether the member is text that is printed on the parcel.
    pub(crate) fn is_name_or_address(self) -> bool {
        matches!(
            self,
            Self::RecipientFirstname
                | Self::RecipientLastname
                | Self::RecipientCompany
                | Self::StreetLine1
                | Self::StreetLine2
                | Self::HouseNumber
                | Self::City
                | Self::Region
        )
    }

    /// Returns whether the member makes an address. A country or a region alone does not.
    pub(crate) fn is_place(self) -> bool {
        matches!(self, Self::StreetLine1 | Self::StreetLine2 | Self::City | Self::PostalCode)
    }

    pub(crate) fn need(self) -> Need {
        match self {
            Self::UserId
            | Self::ProductId
            | Self::InventoryProductId
            | Self::CustomizationId
            | Self::ProductQuantity
            | Self::PinLength
            | Self::PinType => Need::Always,
            Self::RecipientFirstname
            | Self::RecipientLastname
            | Self::RecipientEmail
            | Self::RecipientTelephone
            | Self::RecipientCompany
            | Self::StreetLine1
            | Self::City
            | Self::PostalCode
            | Self::CountryCode2 => Need::UnlessFilled,
            _ => Need::Never,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_member_is_found_by_its_names() {
        for member in Member::ALL {
            assert_eq!(Member::find(member.name()), Some(member), "{member:?}");
            if member != Member::HouseNumber {
                assert_eq!(Member::find(member.path()), Some(member), "{member:?}");
            }
        }
        assert_eq!(Member::find("recipient.city"), Some(Member::City));
        assert_eq!(Member::find("recipient.firstname"), Some(Member::RecipientFirstname));
        assert_eq!(Member::find("mailing_address.region"), Some(Member::Region));
        assert_eq!(Member::find("shipment_items[0].product_id"), Some(Member::ProductId));
        for name in ["", "town", "firstname", "yubico_shipment_request", "length"] {
            assert_eq!(Member::find(name), None, "{name}");
        }
    }
}
