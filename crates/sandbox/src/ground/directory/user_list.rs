//! Users of the tenant, with indexes: a look-up takes the same time in a small and in a large tenant.

use std::collections::{BTreeMap, HashMap};

use serde::{Serialize, Serializer};
use uuid::Uuid;

use super::users::User;

/// Users in the order of their creation.
#[derive(Clone, Debug, Default)]
pub(crate) struct UserList {
    last: u64,
    users: BTreeMap<u64, User>,
    by_id: HashMap<Uuid, u64>,
    /// By user principal name in lower case.
    by_name: HashMap<String, u64>,
    by_handle: HashMap<Vec<u8>, u64>,
}

impl UserList {
    /// Returns the user with this object id.
    pub(crate) fn get(&self, id: Uuid) -> Option<&User> {
        self.users.get(self.by_id.get(&id)?)
    }

    /// Returns the user with this user principal name (case-insensitive).
    pub(crate) fn named(&self, upn: &str) -> Option<&User> {
        self.users.get(self.by_name.get(&upn.to_lowercase())?)
    }

    /// Returns the user with this WebAuthn user handle.
    pub(crate) fn holding(&self, handle: &[u8]) -> Option<&User> {
        self.users.get(self.by_handle.get(handle)?)
    }

    /// Returns all users, oldest first.
    pub(crate) fn iter(&self) -> impl ExactSizeIterator<Item = &User> {
        self.users.values()
    }

    /// Adds a user, or replaces the one with the same object id, which keeps its place in the order.
    ///
    /// The caller checks that the name is free.
    pub(crate) fn put(&mut self, user: User) {
        let number = match self.by_id.get(&user.id) {
            Some(number) => *number,
            None => {
                self.last += 1;
                self.last
            }
        };
        if let Some(old) = self.users.get(&number) {
            let name = old.upn.to_lowercase();
            // In a swap of two names, the other user has this one already.
            if self.by_name.get(&name) == Some(&number) {
                self.by_name.remove(&name);
            }
        }
        self.by_id.insert(user.id, number);
        self.by_name.insert(user.upn.to_lowercase(), number);
        self.by_handle.insert(user.handle(), number);
        self.users.insert(number, user);
    }

    /// Removes a user.
    pub(crate) fn remove(&mut self, id: Uuid) -> Option<User> {
        let number = self.by_id.remove(&id)?;
        let user = self.users.remove(&number)?;
        self.by_name.remove(&user.upn.to_lowercase());
        self.by_handle.remove(&user.handle());
        Some(user)
    }
}

impl Serialize for UserList {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_seq(self.iter())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn indexes_follow_changes() {
        let mut users = UserList::default();
        let [one, two] = [1, 2].map(Uuid::from_u128);
        users.put(User::new(one, "Ann@contoso.example".to_owned(), "Ann".to_owned()));
        users.put(User::new(two, "bob@contoso.example".to_owned(), "Bob".to_owned()));
        assert_eq!(users.named("ANN@contoso.example").unwrap().id, one);
        // A swap of names.
        users.put(User { upn: "bob@contoso.example".to_owned(), ..users.get(one).unwrap().clone() });
        users.put(User { upn: "ann@contoso.example".to_owned(), ..users.get(two).unwrap().clone() });
        assert_eq!(users.named("bob@contoso.example").unwrap().id, one);
        assert_eq!(users.named("ann@contoso.example").unwrap().id, two);
        assert_eq!(users.iter().map(|user| user.id).collect::<Vec<_>>(), [one, two]);
        let removed = users.remove(one).unwrap();
        assert!(users.get(one).is_none() && users.named("bob@contoso.example").is_none());
        assert!(users.holding(&removed.handle()).is_none());
        assert_eq!(users.holding(&users.get(two).unwrap().handle()).unwrap().id, two);
    }
}
