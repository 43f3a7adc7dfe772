//! Form with the conditions of the list.

use keyferry_domain::ObstacleClass;

use super::columns::Column;
use super::conditions::{Conditions, Mistake};
use crate::field::Field;
use crate::messages::Messages;

/// The form, filled with the current conditions.
pub(super) struct Form {
    pub(super) phases: Vec<Choice>,
    pub(super) phase_label: &'static str,
    pub(super) obstacles: Vec<Choice>,
    pub(super) obstacle_label: &'static str,
    pub(super) more: Vec<Input>,
    /// Whether a condition of `more` is wrong, so that it must be visible.
    pub(super) is_more_open: bool,
    pub(super) columns: Vec<Choice>,
    pub(super) needs_human: Choice,
    pub(super) awaits_address: Choice,
    pub(super) orders: Vec<Choice>,
    pub(super) order_label: &'static str,
    pub(super) mistakes: Vec<Mistake>,
}

/// Field for a text.
pub(super) struct Input {
    pub(super) name: &'static str,
    pub(super) label: &'static str,
    pub(super) value: String,
    pub(super) example: &'static str,
    pub(super) is_wrong: bool,
}

/// Value that is chosen or not.
pub(super) struct Choice {
    pub(super) value: &'static str,
    pub(super) label: &'static str,
    pub(super) is_chosen: bool,
}

const MORE: [Field; 16] = [
    Field::User,
    Field::Serial,
    Field::Tracking,
    Field::Reference,
    Field::CreatedFrom,
    Field::CreatedTo,
    Field::DeadlineFrom,
    Field::DeadlineTo,
    Field::NeededFrom,
    Field::NeededTo,
    Field::UpdatedFrom,
    Field::UpdatedTo,
    Field::Code,
    Field::Batch,
    Field::Product,
    Field::Country,
];

impl Form {
    pub(super) fn new(conditions: &Conditions, m: &'static Messages, mistakes: Vec<Mistake>) -> Self {
        let input = |field: Field| Input {
            name: field.name(),
            label: (m.field)(field),
            value: conditions.get(field).to_owned(),
            example: field.example(),
            is_wrong: mistakes.iter().any(|mistake| mistake.field == Some(field)),
        };
        let choice = |field: Field, value, label| Choice { value, label, is_chosen: conditions.has(field, value) };
        let phases = keyferry_listing::shown_phases();
        let classes = ObstacleClass::ALL.map(|class| choice(Field::Obstacle, class.as_str(), (m.class)(class)));
        let none = choice(Field::Obstacle, "none", m.filter_without_obstacle);
        let orders = [
            ("newest", m.sort_newest),
            ("id", m.sort_id),
            ("updated", m.sort_updated),
            ("deadline", m.sort_deadline),
            ("next_attempt", m.sort_next_attempt),
        ];
        let column = |column: Column| Choice {
            value: column.name(),
            label: (m.shipments.column)(column),
            is_chosen: conditions.columns().has(column),
        };
        Self {
            phases: phases.map(|phase| choice(Field::Phase, phase.as_str(), (m.phase)(phase))).collect(),
            phase_label: (m.field)(Field::Phase),
            obstacles: classes.into_iter().chain([none]).collect(),
            obstacle_label: (m.field)(Field::Obstacle),
            more: MORE.map(input).into(),
            is_more_open: mistakes
                .iter()
                .any(|mistake| mistake.field.is_some_and(|field| MORE.contains(&field) || field == Field::Obstacle)),
            columns: Column::ALL.map(column).into(),
            needs_human: choice(Field::NeedsHuman, "true", (m.field)(Field::NeedsHuman)),
            awaits_address: choice(Field::AwaitsAddress, "true", (m.field)(Field::AwaitsAddress)),
            orders: orders.map(|(value, label)| choice(Field::Sort, value, label)).into(),
            order_label: (m.field)(Field::Sort),
            mistakes,
        }
    }
}

impl Mistake {
    /// Returns the id of the input in question.
    pub(crate) fn input(&self) -> &'static str {
        self.field.map_or("conditions", Field::name)
    }
}
