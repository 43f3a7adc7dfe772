//! What completes orders of the queue that lack data.

use keyferry_domain::AddressBy;

use crate::person::AddressRule;
use crate::settings::EngineSettings;

/// What completes orders of the queue that lack data of the recipient or the address. By default, nothing does.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Completion {
    /// Whether the directory does.
    pub directory: bool,
    /// Whether the person does.
    pub address: AddressRule,
}

impl Completion {
    pub(crate) fn of(settings: &EngineSettings) -> Self {
        Self { directory: settings.fill_from_directory, address: settings.address_by }
    }

    /// Returns whether some orders may lack data.
    pub fn is_possible(self) -> bool {
        self.directory || self.offers_person()
    }

    /// Returns whether an order may ask for the address from the person.
    pub fn offers_person(self) -> bool {
        self.address != AddressRule::Caller
    }

    /// Returns whether the person gives what an order with this choice lacks.
    pub fn asks_person(self, by: Option<AddressBy>) -> bool {
        match (self.address, by) {
            (AddressRule::Caller, _) | (AddressRule::Order, None) => false,
            (AddressRule::Person, None) => true,
            (_, Some(by)) => by == AddressBy::Person,
        }
    }

    /// Returns whether an order with this choice may lack data.
    pub fn permits_gaps(self, by: Option<AddressBy>) -> bool {
        self.directory || self.asks_person(by)
    }

    /// Returns whether the settings permit this choice of an order.
    pub fn permits(self, by: Option<AddressBy>) -> bool {
        by != Some(AddressBy::Person) || self.offers_person()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn order_decides_as_far_as_the_setting_permits() {
        use AddressRule::{Caller, Order, Person};
        let (none, caller, person) = (None, Some(AddressBy::Caller), Some(AddressBy::Person));
        for (address, by, asks, permits) in [
            (Caller, none, false, true),
            (Caller, caller, false, true),
            (Caller, person, false, false),
            (Order, none, false, true),
            (Order, caller, false, true),
            (Order, person, true, true),
            (Person, none, true, true),
            (Person, caller, false, true),
            (Person, person, true, true),
        ] {
            let completion = Completion { directory: false, address };
            assert_eq!((completion.asks_person(by), completion.permits(by)), (asks, permits), "{address:?} {by:?}");
            assert_eq!(completion.permits_gaps(by), asks);
            assert!(Completion { directory: true, address }.permits_gaps(by));
        }
    }
}
