//! People who join, leave, get another name or another manager.

use std::sync::Arc;

use keyferry_domain::EmailAddress;
use keyferry_testkit::outside::lock;

use super::Life;

impl Life {
    /// Adds a person with this name and a manager. Returns the person's number.
    pub(super) fn hire(&self, name: &str) -> usize {
        let mut people = lock(&self.world.outside.people);
        let number = people.add(name);
        let manager = manager(self.index(number.max(8) / 8 + 1), 0);
        people.users[number].manager = Some(manager.clone());
        drop(people);
        self.note_manager(number, &manager);
        number
    }

    fn note_manager(&self, number: usize, manager: &EmailAddress) {
        self.world.meddling.with(|state| {
            state.court.book.managers.entry(number).or_default().insert(manager.to_string());
        });
    }

    /// A person joins and gets a key. Sometimes the new person gets a name that another person had before.
    pub(super) async fn join(self: Arc<Self>) {
        let number = lock(&self.world.outside.people).users.len();
        let number = self.hire(&format!("joiner{number}"));
        let free = lock(&self.free_names).pop();
        if let Some(name) = free {
            self.world.meddling.with(|state| state.court.book.renamed.insert(number));
            lock(&self.world.outside.people).rename(number, name);
        }
        self.world.meddling.life(None, format!("person {number} joins"));
        self.order_at_once(number).await;
    }

    pub(super) fn rename(&self) {
        let mut people = lock(&self.world.outside.people);
        let number = self.index(people.users.len());
        let new = format!("renamed{}.{number}@contoso.example", self.chance.below(1_000_000));
        let old = people.users[number].upn.clone();
        people.rename(number, new);
        drop(people);
        lock(&self.free_names).push(old);
        self.world.meddling.with(|state| state.court.book.renamed.insert(number));
        self.world.meddling.life(None, format!("person {number} gets another name"));
    }

    pub(super) fn change_manager(&self) {
        let mut people = lock(&self.world.outside.people);
        let number = self.index(people.users.len());
        let manager = manager(self.index(people.users.len()), 1);
        people.users[number].manager = Some(manager.clone());
        drop(people);
        self.note_manager(number, &manager);
        self.world.meddling.life(None, format!("person {number} gets another manager"));
    }

    /// Returns the person.
    pub(super) fn leave(&self) -> usize {
        let mut people = lock(&self.world.outside.people);
        let number = self.index(people.users.len());
        people.users[number].enabled = false;
        drop(people);
        self.world.meddling.life(None, format!("person {number} leaves"));
        number
    }
}

fn manager(number: usize, generation: u32) -> EmailAddress {
    EmailAddress::parse(&format!("manager{number}.{generation}@contoso.example")).unwrap()
}
