//! Findings about the parcel: destination, product, inventory and customization.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use keyferry_domain::ports::{AddressVerdict, Country, Inventory, OfferedProduct};
use keyferry_domain::{CheckCode, Failure, MailingAddress, Member, Order, OrderFinding, Party, Product};

use super::asking::Asking;
use super::facts::{Fact, Facts};
use super::repeats::INVENTORY;
use crate::context::Context;

/// What can be ordered, as far as it could be read.
pub(super) struct Offer {
    products: Option<Arc<Vec<OfferedProduct>>>,
    inventory: Option<Arc<Vec<Inventory>>>,
    countries: Option<Arc<Vec<Country>>>,
    /// Known customizations. Empty if none are configured.
    customizations: Vec<String>,
}

impl Offer {
    /// Reads what can be ordered. What cannot be read becomes a finding of the whole check.
    pub(super) async fn read(context: &Context, facts: &Facts, asking: &Asking) -> Self {
        let customizations = context.settings.customizations.clone();
        if customizations.is_empty() {
            let why = "The delivery service offers no list of them, and KEYFERRY_CUSTOMIZATIONS is not set";
            asking.not_offered("customizations", why);
        }
        Self {
            products: known(asking, Party::DeliveryService, "products", facts.products(context).await),
            inventory: known(asking, Party::DeliveryService, "inventories and stock", facts.inventory(context).await),
            countries: known(
                asking,
                Party::DeliveryService,
                "countries and delivery types",
                facts.countries(context).await,
            ),
            customizations,
        }
    }

    /// Returns the findings about the destination of an order.
    pub(super) fn check_destination(&self, order: &Order) -> Vec<OrderFinding> {
        self.countries.as_ref().map_or_else(Vec::new, |countries| check_country(countries, order))
    }

    /// Returns the findings about the product of an order.
    pub(super) fn check_product(&self, ordered: &Product) -> Vec<OrderFinding> {
        let mut findings = Vec::new();
        let product = ordered.product_id;
        if self.products.as_ref().is_some_and(|products| products.iter().all(|one| one.id != product)) {
            let member = Member::Parcel("shipment_items[0].product_id");
            findings.push(OrderFinding::new(
                CheckCode::UnknownProduct,
                member,
                format!("Product {product} is unknown"),
            ));
        }
        let id = ordered.inventory_product_id;
        if let Some(inventories) = &self.inventory {
            match inventories.iter().find(|one| one.id == id) {
                None => {
                    let message = format!("The organization has no inventory {id}");
                    findings.push(OrderFinding::new(CheckCode::UnknownInventory, INVENTORY, message));
                }
                Some(one) if !one.products.is_empty() && !one.products.contains(&product) => {
                    let message = format!("Inventory {id} is not listed for product {product}");
                    findings.push(OrderFinding::new(CheckCode::InventoryForOtherProducts, INVENTORY, message));
                }
                Some(_) => {}
            }
        }
        let customization = &ordered.customization_id;
        if !self.customizations.is_empty() && !self.customizations.contains(customization) {
            let member = Member::Parcel("shipment_items[0].customization_id");
            let message = "The customization is not one of KEYFERRY_CUSTOMIZATIONS";
            findings.push(OrderFinding::new(CheckCode::UnknownCustomization, member, message));
        }
        findings
    }

    /// Returns the inventory of an order, if it is known.
    pub(super) fn inventory_of(&self, product: &Product) -> Option<&Inventory> {
        self.inventory.as_ref()?.iter().find(|one| one.id == product.inventory_product_id)
    }
}

/// Returns the fact that `party` stated. Adds a finding of the whole check if it could not be read.
pub(super) fn known<T>(asking: &Asking, party: Party, what: &str, read: Result<Fact<T>, Failure>) -> Option<Arc<T>> {
    match read {
        Ok(Fact { value: Some(value), .. }) => Some(value),
        Ok(Fact { value: None, .. }) => {
            asking.not_offered(what, &format!("The {party} does not offer it"));
            None
        }
        Err(failure) => {
            asking.fact_not_checked(what, &failure);
            None
        }
    }
}

fn check_country(countries: &[Country], order: &Order) -> Vec<OrderFinding> {
    let address = &order.mailing_address;
    let code = &address.country_code_2;
    let Some(country) = countries.iter().find(|one| one.code == *code) else {
        let member = Member::Parcel("mailing_address.country_code_2");
        let message = format!("The delivery service does not deliver to {code} for the organization");
        return vec![OrderFinding::new(CheckCode::UnservedCountry, member, message)];
    };
    let mut findings = Vec::new();
    if let Some(region) = &address.region
        && !country.regions.is_empty()
        && !country.regions.contains(region)
    {
        let message = format!("The delivery service lists no such region in {code}");
        findings.push(OrderFinding::new(CheckCode::UnknownRegion, Member::Parcel("mailing_address.region"), message));
    }
    let kind = order.delivery_type;
    if !country.delivery_types.is_empty() && !country.delivery_types.contains(&kind) {
        let message = format!("The delivery service does not offer delivery type {kind} in {code}");
        findings.push(OrderFinding::new(CheckCode::UnknownDeliveryType, Member::Parcel("delivery_type"), message));
    }
    findings
}

/// Most addresses that are remembered.
const MOST_ADDRESSES: usize = 10_000;

/// Judgements about addresses. Many orders of a rollout go to the same few offices.
#[derive(Default)]
pub(super) struct Addresses(Mutex<HashMap<String, Option<OrderFinding>>>);

impl Addresses {
    /// Has the delivery service judge the address, unless the order bypasses that.
    pub(super) async fn check(&self, context: &Context, asking: &Asking, order: &Order) -> Option<OrderFinding> {
        const WHAT: &str = "postal addresses";
        if order.address_validation_bypass {
            return None;
        }
        let key = key(&order.mailing_address);
        if let Some(known) = self.known().get(&key) {
            return known.clone();
        }
        let call = || context.ports.delivery_service.validate_address(&order.mailing_address);
        let judged = match asking.ask(context.ports.clock.as_ref(), Party::DeliveryService, call).await {
            Ok(Some(verdict)) => finding(verdict),
            Ok(None) => {
                asking.not_offered(WHAT, "The delivery service does not offer it");
                None
            }
            Err(reason) => return asking.not_checked(WHAT, reason),
        };
        let mut known = self.known();
        if known.len() >= MOST_ADDRESSES {
            known.clear();
        }
        known.insert(key, judged.clone());
        judged
    }

    fn known(&self) -> MutexGuard<'_, HashMap<String, Option<OrderFinding>>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Returns the address as one text. The lines contain no line feeds.
fn key(address: &MailingAddress) -> String {
    let optional = |line: &Option<String>| line.clone().unwrap_or_default();
    [
        &address.street_line1,
        &optional(&address.street_line2),
        &address.city,
        &optional(&address.region),
        &address.postal_code,
        &address.country_code_2,
    ]
    .map(String::as_str)
    .join("\n")
}

fn finding(verdict: AddressVerdict) -> Option<OrderFinding> {
    let AddressVerdict::Undeliverable { reasons } = verdict else { return None };
    let reasons = if reasons.is_empty() { "it gave no reason".to_owned() } else { reasons.join("; ") };
    let message = format!("The delivery service cannot deliver to the address: {reasons}");
    let member = Member::Parcel("mailing_address.street_line1");
    Some(OrderFinding::new(CheckCode::UndeliverableAddress, member, message))
}
