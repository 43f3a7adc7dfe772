//! Response body.

use keyferry_domain::ports::{Inventory, OfferedProduct};
use serde::Serialize;
use utoipa::ToSchema;

/// What can be ordered.
#[derive(Serialize, ToSchema)]
pub(crate) struct Products {
    /// Products. `null` if the delivery service does not offer the list.
    pub(super) items: Option<Vec<ProductBody>>,
    /// Always `null`: the list has one page.
    #[schema(value_type = Option<String>)]
    pub(super) next_cursor: (),
    /// Subscriptions and stocks of the organization. `null` if the delivery service does not offer the list.
    pub(super) inventory: Option<Vec<InventoryBody>>,
    /// Customizations of the organization (`KEYFERRY_CUSTOMIZATIONS`). `null` if they are not known.
    #[schema(example = json!(["CUSTID"]))]
    pub(super) customizations: Option<Vec<String>>,
    /// Time at which the inventory was read from the delivery service.
    #[schema(format = DateTime, example = "2026-11-28T12:00:00Z")]
    pub(super) read_at: String,
}

/// Product.
#[derive(Serialize, ToSchema)]
pub(crate) struct ProductBody {
    /// Id of the model, for orders.
    #[schema(example = 29)]
    product_id: i64,
    /// Name.
    #[schema(example = "YubiKey 5C NFC")]
    name: Option<String>,
}

/// Subscription or stock.
#[derive(Serialize, ToSchema)]
pub(crate) struct InventoryBody {
    /// Id of the subscription or stock, for orders.
    #[schema(example = 106)]
    inventory_product_id: i64,
    /// Name.
    #[schema(example = "Advanced Plus - Initial")]
    name: Option<String>,
    /// Number of keys that are left. The delivery service reduces it once a day. `null` if it is not known.
    #[schema(example = 20000)]
    quantity: Option<i64>,
    /// Products that can be ordered from it. Empty if they are not known.
    #[schema(example = json!([1, 29]))]
    product_ids: Vec<i64>,
}

impl From<&OfferedProduct> for ProductBody {
    fn from(product: &OfferedProduct) -> Self {
        Self { product_id: product.id, name: product.name.clone() }
    }
}

impl From<&Inventory> for InventoryBody {
    fn from(inventory: &Inventory) -> Self {
        Self {
            inventory_product_id: inventory.id,
            name: inventory.name.clone(),
            quantity: inventory.quantity,
            product_ids: inventory.products.clone(),
        }
    }
}
