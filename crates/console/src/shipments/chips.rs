//! Conditions that are set, each with a link to the list without it.

use super::conditions::Conditions;
use super::paths::LIST;
use crate::field::Field;
use crate::messages::Messages;

/// A condition that is set.
pub(super) struct Chip {
    pub(super) text: String,
    /// Address of the list without it.
    pub(super) without: String,
}

/// Returns the conditions that are set.
pub(super) fn chips(conditions: &Conditions, m: &'static Messages) -> Vec<Chip> {
    let chip = |field| Chip { text: text(conditions, field, m), without: conditions.without(field).address(LIST) };
    conditions.set().map(chip).collect()
}

/// Returns a condition in words, for example `State: Being made or Shipped`.
pub(super) fn text(conditions: &Conditions, field: Field, m: &'static Messages) -> String {
    let (label, value) = ((m.field)(field), conditions.get(field));
    let shown = |name: &str| match field {
        Field::Phase => keyferry_listing::shown_phases().find(|it| it.as_str() == name).map(m.phase),
        Field::Obstacle if name == "none" => Some(m.filter_without_obstacle),
        Field::Obstacle => keyferry_domain::ObstacleClass::parse(name).map(m.class),
        _ => None,
    };
    if matches!(field, Field::NeedsHuman | Field::AwaitsAddress) {
        return label.to_owned();
    }
    let values: Vec<_> = match field.is_list() {
        true => value.split(',').map(|name| shown(name).map_or_else(|| name.to_owned(), str::to_owned)).collect(),
        false => vec![value.to_owned()],
    };
    format!("{label}: {}", values.join(m.shipments.or))
}
