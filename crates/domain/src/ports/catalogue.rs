//! What can be ordered from a delivery service, and where to.

/// Product of the delivery service.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct OfferedProduct {
    /// `product_id` of an order.
    pub id: i64,
    /// Name of the product.
    pub name: Option<String>,
}

/// Subscription or stock of the organisation.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Inventory {
    /// `inventory_product_id` of an order.
    pub id: i64,
    /// Name of the inventory.
    pub name: Option<String>,
    /// Number of keys that are left, as of the delivery service's last update. `None` if it does not state it.
    pub quantity: Option<i64>,
    /// Products that can be ordered from it. Empty if the delivery service does not state it.
    pub products: Vec<i64>,
}

/// Destination country.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Country {
    /// ISO 3166-1 alpha-2 code, upper case.
    pub code: String,
    /// Name of the country.
    pub name: Option<String>,
    /// Values of `delivery_type` that are offered. Empty if the delivery service does not state it.
    pub delivery_types: Vec<i64>,
    /// Codes of the regions. Empty if the delivery service does not state it.
    pub regions: Vec<String>,
}

/// Judgement of the delivery service about an address.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum AddressVerdict {
    /// It delivers to the address.
    Deliverable,
    /// It cannot deliver to the address.
    Undeliverable {
        /// Reasons, in the words of the delivery service. Empty if it gave none.
        reasons: Vec<String>,
    },
}
