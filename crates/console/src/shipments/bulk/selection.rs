//! Which action for which shipments, in an address.

use keyferry_domain::ShipmentId;
use url::form_urlencoded;

use super::super::conditions::Conditions;
use super::super::paths::ACTIONS;
use crate::shipment::Verb;

/// Actions that are possible for many shipments.
pub(super) const VERBS: [Verb; 5] = [Verb::Retry, Verb::ResendPin, Verb::Resolve, Verb::Abandon, Verb::Cancel];

const ACTION: &str = "action";
const ID: &str = "id";
const FOR: &str = "for";

/// Values of `for`.
pub(super) const TICKED: &str = "ticked";
pub(super) const MATCHING: &str = "all";

/// An action, and the shipments that it is for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Selection {
    /// `None` if none was chosen.
    pub(super) verb: Option<Verb>,
    /// Ids of the ticked shipments. `None`: all that match the conditions.
    pub(super) ids: Option<Vec<ShipmentId>>,
    /// The list.
    pub(super) conditions: Conditions,
}

impl Selection {
    /// Reads a query string. Also returns whether [`Self::query`] is a shorter one of the same selection: the form
    /// around the list sends the ids one by one, also those of ticked rows that are not meant.
    pub(super) fn read(query: &str) -> (Self, bool) {
        let (mut verb, mut ids, mut meant) = (None, Vec::new(), None);
        let mut rest = form_urlencoded::Serializer::new(String::new());
        for (name, value) in form_urlencoded::parse(query.as_bytes()) {
            match name.as_ref() {
                ACTION => verb = VERBS.into_iter().find(|verb| verb.as_str() == value),
                ID => ids.extend(value.split(',').filter_map(ShipmentId::parse)),
                FOR => meant = Some(value.into_owned()),
                _ => drop(rest.append_pair(&name, &value)),
            }
        }
        ids.sort();
        ids.dedup();
        // Without a word about it, only what is ticked: that is less.
        let ids = (meant.as_deref() != Some(MATCHING)).then_some(ids);
        let selection = Self { verb, ids, conditions: Conditions::read(&rest.finish()).0 };
        let is_long = selection.query() != query;
        (selection, is_long)
    }

    /// Returns the query string.
    pub(super) fn query(&self) -> String {
        let mut query = form_urlencoded::Serializer::new(String::new());
        if let Some(verb) = self.verb {
            query.append_pair(ACTION, verb.as_str());
        }
        match &self.ids {
            Some(ids) => {
                let ids: Vec<_> = ids.iter().map(ToString::to_string).collect();
                query.append_pair(ID, &ids.join(","));
            }
            None => drop(query.append_pair(FOR, MATCHING)),
        }
        let query = query.finish();
        match self.conditions.query() {
            list if list.is_empty() => query,
            list => format!("{query}&{list}"),
        }
    }

    /// Returns the address of the dry run.
    pub(super) fn address(&self) -> String {
        format!("{ACTIONS}?{}", self.query())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const ONE: &str = "019a0000-0000-7000-8000-000000000001";
    const TWO: &str = "019a0000-0000-7000-8000-000000000002";

    #[test]
    fn form_of_the_list_becomes_a_short_address() {
        let form = format!("action=cancel&for=ticked&phase=accepted&id={TWO}&id={ONE}&id={TWO}&id=nobody");
        let (selection, is_long) = Selection::read(&form);
        assert!(is_long);
        assert_eq!(selection.query(), format!("action=cancel&id={ONE}%2C{TWO}&phase=accepted"));
        assert_eq!(Selection::read(&selection.query()), (selection, false));
        let (all, _) = Selection::read(&format!("action=retry&for=all&code=no-manager&id={ONE}"));
        assert_eq!((all.ids.clone(), all.query().as_str()), (None, "action=retry&for=all&code=no-manager"));
        assert_eq!(Selection::read(&all.query()), (all, false));
    }

    #[test]
    fn what_is_not_said_is_not_everything() {
        assert_eq!(Selection::read("action=cancel").0.ids, Some(Vec::new()));
        assert_eq!(Selection::read("action=cancel&for=everything").0.ids, Some(Vec::new()));
        for action in ["adopt", "recall", "delete", ""] {
            assert_eq!(Selection::read(&format!("action={action}&for=all")).0.verb, None, "{action}");
        }
    }
}
