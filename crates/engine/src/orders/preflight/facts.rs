//! Facts about the tenant and the delivery service, kept for some minutes.

use std::sync::Arc;
use std::time::Duration;

use keyferry_domain::ports::{Country, Inventory, OfferedProduct};
use keyferry_domain::{Failure, PasskeyPolicy, Timestamp};
use tokio::sync::Mutex;

use crate::context::Context;
use crate::providers::Registration;

/// Time for which a fact is kept.
const LIFETIME: Duration = Duration::from_secs(300);

/// Time for which a failure is kept, so that many checks do not repeat a failing call.
const LIFETIME_OF_FAILURE: Duration = Duration::from_secs(30);

/// Fact with its age.
#[derive(Debug)]
pub(super) struct Fact<T> {
    /// `None` if the other side does not offer it.
    pub(super) value: Option<Arc<T>>,
    /// Time at which it was read.
    pub(super) read_at: Timestamp,
}

impl<T> Clone for Fact<T> {
    fn clone(&self) -> Self {
        Self { value: self.value.clone(), read_at: self.read_at }
    }
}

/// Facts that are the same for all rows.
#[derive(Default)]
pub(super) struct Facts {
    products: Kept<Vec<OfferedProduct>>,
    inventory: Kept<Vec<Inventory>>,
    countries: Kept<Vec<Country>>,
    policy: Kept<PasskeyPolicy>,
}

impl Facts {
    pub(super) async fn products(&self, context: &Context) -> Result<Fact<Vec<OfferedProduct>>, Failure> {
        self.products.get(context, context.ports.delivery_service.products()).await
    }

    pub(super) async fn inventory(&self, context: &Context) -> Result<Fact<Vec<Inventory>>, Failure> {
        self.inventory.get(context, context.ports.delivery_service.inventory()).await
    }

    pub(super) async fn countries(&self, context: &Context) -> Result<Fact<Vec<Country>>, Failure> {
        self.countries.get(context, context.ports.delivery_service.countries()).await
    }

    /// Returns the passkey policy of the default provider.
    pub(super) async fn policy(&self, context: &Context) -> Result<Fact<PasskeyPolicy>, Failure> {
        let providers = &context.ports.providers;
        let read = async {
            match providers.get(providers.default_id()).map(|provider| &provider.registration) {
                Some(Registration::CreationOptions(identity)) => identity.passkey_policy().await,
                Some(Registration::Own(_)) | None => Ok(None),
            }
        };
        self.policy.get(context, read).await
    }
}

/// Last result of a call, with the monotonic time at which it ends.
struct Kept<T>(Mutex<Option<Timed<T>>>);

/// Result of a call, and the time of the call on the monotonic clock.
type Timed<T> = (Duration, Result<Fact<T>, Failure>);

impl<T> Default for Kept<T> {
    fn default() -> Self {
        Self(Mutex::new(None))
    }
}

impl<T> Kept<T> {
    /// Returns the kept result, or the new one of `read`. Concurrent callers wait for one call.
    async fn get(
        &self,
        context: &Context,
        read: impl Future<Output = Result<Option<T>, Failure>>,
    ) -> Result<Fact<T>, Failure> {
        let mut kept = self.0.lock().await;
        let now = context.ports.clock.monotonic();
        if let Some((until, result)) = &*kept
            && now < *until
        {
            return result.clone();
        }
        let result = read.await.map(|value| Fact { value: value.map(Arc::new), read_at: context.now() });
        let lifetime = if result.is_ok() { LIFETIME } else { LIFETIME_OF_FAILURE };
        *kept = Some((now + lifetime, result.clone()));
        result
    }
}
