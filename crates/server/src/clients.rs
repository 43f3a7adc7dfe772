//! Number of connections or requests of each client.

use std::collections::HashMap;
use std::net::IpAddr;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use crate::address::group;
use crate::load::{Load, lower_mark};

/// Counts what each client has open.
pub(crate) struct Clients {
    limit: usize,
    load: Arc<Load>,
    open: Mutex<HashMap<IpAddr, Open>>,
}

#[derive(Default)]
struct Open {
    number: usize,
    /// Whether the client reached the limit, and has not gone below the lower mark since.
    is_limited: bool,
}

/// One of the places of a client, until it is dropped.
pub(crate) struct Place {
    clients: Arc<Clients>,
    group: IpAddr,
}

impl Clients {
    pub(crate) fn new(limit: usize, load: Arc<Load>) -> Arc<Self> {
        Arc::new(Self { limit, load, open: Mutex::default() })
    }

    /// Takes a place for this client. `None` if it has as many as it may have.
    pub(crate) fn enter(self: &Arc<Self>, client: IpAddr) -> Option<Place> {
        let group = group(client);
        let (place, newly_limited) = {
            let mut clients = self.open();
            let open = clients.entry(group).or_default();
            if open.number < self.limit {
                open.number += 1;
                (Some(Place { clients: self.clone(), group }), false)
            } else {
                (None, !std::mem::replace(&mut open.is_limited, true))
            }
        };
        if place.is_none() {
            self.load.refused(group, self.limit, newly_limited);
        }
        place
    }

    fn open(&self) -> MutexGuard<'_, HashMap<IpAddr, Open>> {
        self.open.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Drop for Place {
    fn drop(&mut self) {
        let mut clients = self.clients.open();
        let Some(open) = clients.get_mut(&self.group) else { return };
        open.number = open.number.saturating_sub(1);
        let relaxes = open.is_limited && open.number <= lower_mark(self.clients.limit);
        if relaxes {
            open.is_limited = false;
        }
        if open.number == 0 {
            clients.remove(&self.group);
        }
        drop(clients);
        if relaxes {
            self.clients.load.client_relaxed();
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::load::Overload;

    #[test]
    fn client_gets_places_back_and_others_are_not_affected() {
        let load = Arc::new(Load::new("api", 100));
        let clients = Clients::new(4, load.clone());
        let ip = |text: &str| text.parse::<IpAddr>().unwrap();
        let mut places: Vec<_> = (0..4).map(|_| clients.enter(ip("192.0.2.1")).unwrap()).collect();
        assert_eq!(load.overload(), None);
        assert!(clients.enter(ip("192.0.2.1")).is_none());
        assert_eq!(load.overload(), Some(Overload::Clients));
        assert!(clients.enter(ip("192.0.2.2")).is_some());
        places.pop();
        assert_eq!(load.overload(), None);
        places.push(clients.enter(ip("192.0.2.1")).unwrap());
        assert!(clients.enter(ip("::ffff:192.0.2.1")).is_none());
        drop(places);
        assert!(clients.open().is_empty());
        assert_eq!(load.overload(), None);
    }

    #[test]
    fn limit_of_one_recovers() {
        let load = Arc::new(Load::new("api", 100));
        let clients = Clients::new(1, load.clone());
        let place = clients.enter([192, 0, 2, 1].into()).unwrap();
        assert!(clients.enter([192, 0, 2, 1].into()).is_none());
        drop(place);
        assert_eq!(load.overload(), None);
        assert!(clients.enter([192, 0, 2, 1].into()).is_some());
    }
}
