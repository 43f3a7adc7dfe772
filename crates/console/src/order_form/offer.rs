//! What can be ordered, for the fields with choices.

use keyferry_engine::Preflight;
use keyferry_sheet::Member;

use super::choice::Choice;

/// Choices of the fields. Empty where the delivery service offers no list, or cannot be reached: then the field is a
/// text.
#[derive(Clone, Debug, Default)]
pub(crate) struct Offer {
    products: Vec<Choice>,
    inventory: Vec<Choice>,
    countries: Vec<Choice>,
    customizations: Vec<Choice>,
}

impl Offer {
    /// Reads the lists, which are kept for some minutes.
    pub(crate) async fn read(preflight: &Preflight) -> Self {
        let (products, inventory, countries) =
            tokio::join!(preflight.products(), preflight.inventory(), preflight.countries());
        let products = products.ok().and_then(|listed| listed.items).into_iter().flat_map(|items| {
            let shown = |id: i64, name: Option<&String>| Choice::named(id.to_string(), name.map(String::as_str));
            items.iter().map(|product| shown(product.id, product.name.as_ref())).collect::<Vec<_>>()
        });
        let inventory = inventory.ok().and_then(|listed| listed.items).into_iter().flat_map(|items| {
            let shown =
                |stock: &keyferry_domain::ports::Inventory| Choice::named(stock.id.to_string(), stock.name.as_deref());
            items.iter().map(shown).collect::<Vec<_>>()
        });
        let countries = countries.ok().and_then(|listed| listed.items).into_iter().flat_map(|items| {
            items.iter().map(|it| Choice::named(it.code.clone(), it.name.as_deref())).collect::<Vec<_>>()
        });
        let customizations = preflight.customizations().iter().map(|id| Choice::named(id.clone(), None));
        Self {
            products: products.collect(),
            inventory: inventory.collect(),
            countries: countries.collect(),
            customizations: customizations.collect(),
        }
    }

    /// Returns the choices of a field. Empty: any text.
    pub(super) fn choices(&self, member: Member) -> &[Choice] {
        match member {
            Member::ProductId => &self.products,
            Member::InventoryProductId => &self.inventory,
            Member::CountryCode2 => &self.countries,
            Member::CustomizationId => &self.customizations,
            _ => &[],
        }
    }

    /// Returns the only choice of a field, if there is one.
    pub(crate) fn only(&self, member: Member) -> Option<String> {
        match self.choices(member) {
            [one] => Some(one.value.clone()),
            _ => None,
        }
    }

    /// Returns the name of a value.
    pub(crate) fn name<'a>(&'a self, member: Member, value: &'a str) -> &'a str {
        self.choices(member).iter().find(|choice| choice.value == value).map_or(value, |choice| choice.label.as_str())
    }
}
