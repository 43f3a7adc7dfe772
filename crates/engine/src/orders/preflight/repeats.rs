//! Comparison of the rows of one check with each other.

use std::collections::HashMap;

use keyferry_domain::ports::Inventory;
use keyferry_domain::{CheckCode, Member, ObjectId, OrderFinding, Term, UserKey};

use super::CheckRow;

/// Users and inventories of the rows so far. Grows with the number of users, by about a hundred bytes each.
#[derive(Default)]
pub(super) struct Repeats {
    /// Row of each user. A user that the directory returned is under its object id as well.
    rows: HashMap<Term, u64>,
    /// Number of keys that the rows take from each inventory.
    taken: HashMap<i64, i64>,
}

impl Repeats {
    /// Compares the user of the row with the earlier rows. `one_order` states whether only one open order per user is
    /// allowed.
    pub(super) fn user(&mut self, row: &CheckRow, id: Option<ObjectId>, one_order: bool) -> Option<OrderFinding> {
        let people = [Some(UserKey::from(&row.order.user)), id.map(UserKey::ObjectId)];
        let terms: Vec<_> = people.iter().flatten().map(Term::person).collect();
        let earlier = terms.iter().find_map(|term| self.rows.get(term)).copied();
        for term in terms {
            self.rows.entry(term).or_insert(row.row);
        }
        let earlier = earlier.filter(|_| !row.additional)?;
        let code = if one_order { CheckCode::RepeatedUser } else { CheckCode::HasKey };
        Some(OrderFinding::new(code, Member::User, format!("Row {earlier} is for the same user")))
    }

    /// Notes that an earlier row took a key from the inventory with this id.
    pub(super) fn note_taken(&mut self, inventory: i64) {
        *self.taken.entry(inventory).or_default() += 1;
    }

    /// Takes a key from the inventory.
    pub(super) fn take(&mut self, inventory: &Inventory) -> Option<OrderFinding> {
        let taken = self.taken.entry(inventory.id).or_default();
        *taken += 1;
        let left = inventory.quantity.filter(|left| *taken > *left)?;
        let message = format!(
            "Inventory {} has {} keys left, and the checked orders so far need {taken}",
            inventory.id,
            left.max(0)
        );
        Some(OrderFinding::new(CheckCode::StockExceeded, INVENTORY, message))
    }
}

/// Member of an order that names the inventory.
pub(super) const INVENTORY: Member = Member::Parcel("shipment_items[0].inventory_product_id");
