//! What can be ordered, where to, and whether an address can be reached.

use keyferry_domain::ports::{AddressVerdict, Country, Inventory, ListedOrders, OfferedProduct};
use keyferry_domain::{Failure, FailureKind, MailingAddress, Operation};
use keyferry_http::{Client, UrlExt as _};
use serde::de::DeserializeOwned;
use url::Url;

use crate::call::{Caller, refusal};
use crate::failures::DELIVERY_SERVICE;
use crate::wire::{AddressBody, AddressJudgement, CountryRow, InventoryRow, Listing, ProductRow, listed};

/// Statuses of a service that does not offer the call.
const NOT_OFFERED: [u16; 3] = [404, 405, 501];

/// Calls about what can be ordered. They change nothing.
pub(crate) struct Catalogue<'a> {
    pub(crate) base: &'a Url,
    pub(crate) http: &'a Client,
    pub(crate) caller: &'a Caller,
}

impl Catalogue<'_> {
    pub(crate) async fn products(&self) -> Result<Option<Vec<OfferedProduct>>, Failure> {
        let rows = self.list::<ProductRow>("products", "products").await?;
        Ok(rows.map(|rows| rows.into_iter().map(ProductRow::into_product).collect()))
    }

    pub(crate) async fn inventory(&self) -> Result<Option<Vec<Inventory>>, Failure> {
        let rows = self.list::<InventoryRow>("inventory", "organization_product_inventory").await?;
        Ok(rows.map(|rows| rows.into_iter().map(InventoryRow::into_inventory).collect()))
    }

    pub(crate) async fn countries(&self) -> Result<Option<Vec<Country>>, Failure> {
        let rows = self.list::<CountryRow>("countries", "countries").await?;
        Ok(rows.map(|rows| rows.into_iter().map(CountryRow::into_country).collect()))
    }

    /// Returns a page of all orders, with the most rows that a call returns.
    pub(crate) async fn orders(&self, offset: u64) -> Result<Option<ListedOrders>, Failure> {
        const OPERATION: Operation = Operation::ListOrders;
        let mut url = self.url("shipments_exact", OPERATION)?;
        url.query_pairs_mut().append_pair("limit", "100").append_pair("offset", &offset.to_string());
        let answer = self.caller.exchange(OPERATION, || self.http.get(&url)).await?;
        if NOT_OFFERED.contains(&answer.status) {
            return Ok(None);
        }
        if !answer.is_success() {
            return Err(refusal(&answer, OPERATION));
        }
        let body = answer.json().map_err(|error| error.into_failure(&DELIVERY_SERVICE, OPERATION))?;
        let page = listed(body, offset);
        page.map(Some).map_err(|reason| answer.not_understood(&DELIVERY_SERVICE, OPERATION, reason))
    }

    /// Returns the rows of a list. `member` is the member of the response that contains them.
    async fn list<T: DeserializeOwned>(&self, path: &str, member: &'static str) -> Result<Option<Vec<T>>, Failure> {
        const OPERATION: Operation = Operation::ReadCatalogue;
        let url = self.url(path, OPERATION)?;
        let answer = self.caller.exchange(OPERATION, || self.http.get(&url)).await?;
        if NOT_OFFERED.contains(&answer.status) {
            return Ok(None);
        }
        if !answer.is_success() {
            return Err(refusal(&answer, OPERATION));
        }
        let listing: Listing = answer.json().map_err(|error| error.into_failure(&DELIVERY_SERVICE, OPERATION))?;
        let rows = listing.rows(member);
        rows.map(Some).map_err(|reason| answer.not_understood(&DELIVERY_SERVICE, OPERATION, reason))
    }

    /// A valid address receives status 200, any other 400, both with a judgement.
    pub(crate) async fn validate(&self, address: &MailingAddress) -> Result<Option<AddressVerdict>, Failure> {
        const OPERATION: Operation = Operation::ValidateAddress;
        let url = self.url("validate-address", OPERATION)?;
        let body = AddressBody::new(address);
        // It changes nothing, so a lost response has no effect.
        let request = || self.http.post(&url).json(&body).idempotent(true);
        let answer = self.caller.exchange(OPERATION, request).await?;
        if NOT_OFFERED.contains(&answer.status) {
            return Ok(None);
        }
        if !answer.is_success() && answer.status != 400 {
            return Err(refusal(&answer, OPERATION));
        }
        match answer.json::<AddressJudgement>().ok().and_then(AddressJudgement::into_verdict) {
            Some(verdict) => Ok(Some(verdict)),
            None if answer.is_success() => {
                Err(answer.not_understood(&DELIVERY_SERVICE, OPERATION, "it states no known `status` of the address"))
            }
            None => Err(refusal(&answer, OPERATION)),
        }
    }

    fn url(&self, path: &str, operation: Operation) -> Result<Url, Failure> {
        self.base.join_segments([path]).map_err(|error| {
            Failure::new(&DELIVERY_SERVICE, operation, FailureKind::Found("unusable-base-url"), error.to_string())
        })
    }
}
