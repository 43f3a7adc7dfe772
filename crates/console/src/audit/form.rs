//! Form with the conditions.

use keyferry_domain::EventKind;

use super::conditions::{Conditions, Mistake};
use super::parameter::Parameter;
use crate::messages::Messages;

/// The form, filled with the current conditions.
pub(super) struct Form {
    pub(super) inputs: Vec<Input>,
    pub(super) kinds: Vec<Choice>,
    /// Whether a kind is chosen, so that the choice must be visible.
    pub(super) is_open: bool,
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

/// Kind of event that is chosen or not.
pub(super) struct Choice {
    pub(super) value: &'static str,
    pub(super) label: &'static str,
    pub(super) is_chosen: bool,
}

impl Form {
    pub(super) fn new(conditions: &Conditions, m: &'static Messages, mistakes: Vec<Mistake>) -> Self {
        let input = |parameter: Parameter| Input {
            name: parameter.name(),
            label: (m.audit.parameter)(parameter),
            value: conditions.get(parameter).to_owned(),
            example: parameter.example(),
            is_wrong: mistakes.iter().any(|mistake| mistake.parameter == Some(parameter)),
        };
        let choice = |kind: EventKind| Choice {
            value: kind.as_str(),
            label: (m.event)(kind),
            is_chosen: conditions.has_kind(kind),
        };
        Self {
            inputs: [Parameter::Actor, Parameter::Shipment, Parameter::From, Parameter::To].map(input).into(),
            kinds: EventKind::ALL.into_iter().map(choice).collect(),
            is_open: !conditions.get(Parameter::Kind).is_empty(),
            mistakes,
        }
    }
}
