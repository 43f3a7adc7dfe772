//! `GET` and `POST` of `/console/order` and `/console/shipments/{id}/replace`. Every step is a form that is posted, so
//! that no address contains personal data.

use askama::Template;
use axum::extract::rejection::QueryRejection;
use axum::extract::{Path, Query, State};
use axum::http::{HeaderMap, Method, StatusCode};
use axum::response::{IntoResponse, Redirect, Response};
use keyferry_access::{Operation, Role, may};
use keyferry_domain::{AddressDraft, Product, RecipientDraft};
use keyferry_sheet::Member;
use serde::Deserialize;
use serde_json::{Value, json};

use super::confirm::{Line, summary};
use super::key;
use super::replaced::Replaced;
use super::who::{self, LookUp};
use crate::frame::{Frame, Place, page};
use crate::operations::Refusal;
use crate::order_form::{Finding, Group, Offer, Reading, Values, groups, of_check, of_sheet};
use crate::problem::Problem;
use crate::shipment::find;
use crate::state::ConsoleState;
use crate::visitor::{Allowed, Submitted, Visitor};

/// Length of the PIN that a new form proposes.
const PIN_LENGTH: &str = "8";

/// Code of the finding that a replacement has no reason.
const REASON: &str = "reason";

/// Header of requests that a script makes.
const BACKGROUND: &str = "hx-request";

/// The form.
#[derive(Template)]
#[template(path = "order.html")]
struct OrderPage {
    frame: Frame,
    action: String,
    replaces: Option<Replaced>,
    key: String,
    user: String,
    look_up: LookUp,
    /// What the directory filled in. `None`: nothing was asked.
    filled: Option<bool>,
    fills: bool,
    may_create_batches: bool,
    is_checked: bool,
    groups: Vec<Group>,
    findings: Vec<Finding>,
    refusal: Option<Refusal>,
}

/// What is ordered, before it is ordered.
#[derive(Template)]
#[template(path = "order_confirm.html")]
struct ConfirmPage {
    frame: Frame,
    action: String,
    replaces: Option<Replaced>,
    key: String,
    lines: Vec<Line>,
    warnings: Vec<Finding>,
    values: Vec<(&'static str, String)>,
}

/// A request about the form.
struct Work<'a> {
    state: &'a ConsoleState,
    visitor: &'a Visitor,
    values: Values,
    key: String,
    replaces: Option<Replaced>,
}

/// Shows the empty form.
pub(crate) async fn ask(
    State(state): State<ConsoleState>,
    Allowed(visitor, ..): Allowed<may::QueueOrder>,
) -> Result<Response, Problem> {
    let offer = Offer::read(&state.engine.preflight).await;
    Ok(Work::begin(&state, &visitor, &offer, None).form(StatusCode::OK, &offer, Shown::default()))
}

/// Shows the form for a key in place of another one, filled with the data of its person.
pub(crate) async fn ask_replacement(
    State(state): State<ConsoleState>,
    Allowed(visitor, ..): Allowed<may::ReplaceShipment>,
    Path(id): Path<String>,
    query: Result<Query<Chosen>, QueryRejection>,
) -> Result<Response, Problem> {
    let is_lost = query.is_ok_and(|Query(chosen)| !chosen.lost.is_empty()) && visitor.may(Operation::LoseKey);
    let details = find(&state, &visitor, &id).await?;
    let offer = Offer::read(&state.engine.preflight).await;
    let replaces = Replaced::of(&details.shipment, String::new(), is_lost);
    let user = replaces.user.clone();
    let mut work = Work::begin(&state, &visitor, &offer, Some(replaces));
    if let Some(key) = details.shipment.keys().first() {
        let Product { product_id, inventory_product_id, customization_id } = &key.product;
        work.values.put(Member::ProductId, Some(product_id.to_string()));
        work.values.put(Member::InventoryProductId, Some(inventory_product_id.to_string()));
        work.values.put(Member::CustomizationId, Some(customization_id.clone()));
        work.values.put(Member::PinLength, Some(key.pin_length.get().to_string()));
    }
    work.pick(&user).await
}

/// Query of the address of the form.
#[derive(Default, Deserialize)]
#[serde(default)]
pub(crate) struct Chosen {
    /// Not empty if the key is reported as lost.
    lost: String,
}

/// What a form shows beside its fields.
#[derive(Default)]
struct Shown {
    look_up: LookUp,
    filled: Option<bool>,
    is_checked: bool,
    findings: Vec<Finding>,
    refusal: Option<Refusal>,
}

/// Takes the next step: looks up, fills in, checks, asks for confirmation, or orders.
pub(crate) async fn work(
    State(state): State<ConsoleState>,
    headers: HeaderMap,
    Submitted(visitor, fields, ..): Submitted<may::QueueOrder, Vec<(String, String)>>,
) -> Result<Response, Problem> {
    step(&state, &headers, &visitor, &fields, None).await
}

/// The same, for a replacement.
pub(crate) async fn replace(
    State(state): State<ConsoleState>,
    Path(id): Path<String>,
    headers: HeaderMap,
    Submitted(visitor, fields, ..): Submitted<may::ReplaceShipment, Vec<(String, String)>>,
) -> Result<Response, Problem> {
    let reason = fields.iter().rev().find(|(name, _)| name == "reason").map(|(_, value)| value.trim().to_owned());
    let is_lost = fields.iter().any(|(name, value)| name == "lost" && !value.is_empty());
    let is_lost = is_lost && visitor.may(Operation::LoseKey);
    let replaces = Replaced::of(&find(&state, &visitor, &id).await?.shipment, reason.unwrap_or_default(), is_lost);
    step(&state, &headers, &visitor, &fields, Some(replaces)).await
}

async fn step(
    state: &ConsoleState,
    headers: &HeaderMap,
    visitor: &Visitor,
    fields: &[(String, String)],
    replaces: Option<Replaced>,
) -> Result<Response, Problem> {
    let last = |wanted: &str| fields.iter().rev().find(|(name, _)| name == wanted).map(|(_, value)| value.as_str());
    let mut values = Values::of_form(fields);
    if let Some(replaces) = &replaces {
        // Whatever the form contains.
        values.put(Member::UserId, Some(replaces.user.clone()));
    }
    let key = last("key").unwrap_or_default().to_owned();
    let work = Work { state, visitor, values, key, replaces };
    if let Some(user) = last("pick") {
        return work.pick(user).await;
    }
    let step = last("step").unwrap_or_default();
    let user = work.values.get(Member::UserId).to_owned();
    match step {
        "search" if who::is_exact(&user) => work.pick_or_search(&user).await,
        "search" => work.search(&user).await,
        "edit" => work.shown(Shown::default()).await,
        "confirm" => work.confirm().await,
        "order" => work.order().await,
        // A check in the background, while the user fills the form in.
        _ => work.check(headers.contains_key(BACKGROUND)).await,
    }
}

impl<'a> Work<'a> {
    /// Begins an empty form.
    fn begin(state: &'a ConsoleState, visitor: &'a Visitor, offer: &Offer, replaces: Option<Replaced>) -> Self {
        let mut values = Values::default();
        values.put(Member::PinLength, Some(PIN_LENGTH.to_owned()));
        for member in [Member::ProductId, Member::InventoryProductId, Member::CustomizationId] {
            values.put(member, offer.only(member));
        }
        let key = key::new(&visitor.visit.session.csrf_token(), state.clock.now());
        Self { state, visitor, values, key, replaces }
    }

    /// Returns the address of the form.
    fn action(&self) -> String {
        self.replaces.as_ref().map_or_else(|| "/console/order".to_owned(), Replaced::form)
    }

    /// Returns whether the user may know about other users. As in the API, the role for orders alone does not permit
    /// to read the directory.
    fn is_informed(&self) -> bool {
        let informed = [Role::Read, Role::Operate, Role::Audit];
        informed.into_iter().any(|role| self.visitor.principal().has(role))
    }

    fn form(self, status: StatusCode, offer: &Offer, shown: Shown) -> Response {
        let frame = self.visitor.frame(Place::Order);
        let Shown { look_up, filled, is_checked, findings, refusal } = shown;
        let reading = Reading::of(&self.state.engine);
        let form = OrderPage {
            groups: groups(frame.m, &self.values, offer, &findings, reading, false),
            user: self.values.get(Member::UserId).to_owned(),
            action: self.action(),
            replaces: self.replaces,
            key: self.key,
            fills: reading.fills(),
            may_create_batches: frame.may(Operation::CreateBatch),
            look_up,
            filled,
            is_checked,
            findings,
            refusal,
            frame,
        };
        page(status, &form)
    }

    async fn shown(self, shown: Shown) -> Result<Response, Problem> {
        let offer = Offer::read(&self.state.engine.preflight).await;
        Ok(self.form(StatusCode::OK, &offer, shown))
    }

    async fn search(self, text: &str) -> Result<Response, Problem> {
        if !self.is_informed() {
            return self.shown(Shown { look_up: LookUp::Failed(None), ..Shown::default() }).await;
        }
        let look_up = LookUp::search(&self.state.engine.recipients, text).await;
        self.shown(Shown { look_up, ..Shown::default() }).await
    }

    /// Fills the form in, if the text names a user, and searches otherwise.
    async fn pick_or_search(self, text: &str) -> Result<Response, Problem> {
        if !self.is_informed() {
            return self.search(text).await;
        }
        match LookUp::search(&self.state.engine.recipients, text).await {
            look_up if look_up.found().is_empty() && !look_up.is_failed() => {
                self.shown(Shown { look_up, ..Shown::default() }).await
            }
            look_up if look_up.found().len() > 1 => self.shown(Shown { look_up, ..Shown::default() }).await,
            _ => self.pick(text).await,
        }
    }

    /// Fills the form in with the data of a user.
    async fn pick(mut self, user: &str) -> Result<Response, Problem> {
        if !self.is_informed() {
            return self.search(user).await;
        }
        let found = match who::get(&self.state.engine.recipients, user).await {
            Ok(found) => found,
            Err(look_up) => return self.shown(Shown { look_up, ..Shown::default() }).await,
        };
        tracing::info!(caller = %self.visitor.principal().caller(), user, "operator looked up a person for an order");
        self.values.put(Member::UserId, Some(user.to_owned()));
        let has_address = found.profile.as_ref().is_some_and(|profile| profile.address.street_line1.is_some());
        match found.profile {
            Some(profile) => self.values.fill(profile.recipient, profile.address),
            None => {
                let name = found.display_name.unwrap_or_default();
                let (first, last) = name.rsplit_once(' ').unwrap_or(("", &name));
                let recipient = RecipientDraft {
                    recipient_firstname: Some(first.to_owned()),
                    recipient_lastname: Some(last.to_owned()),
                    recipient_email: found.mail.map(|mail| mail.as_str().to_owned()),
                    ..RecipientDraft::default()
                };
                self.values.fill(recipient, AddressDraft::default());
            }
        }
        self.shown(Shown { filled: Some(has_address), ..Shown::default() }).await
    }

    /// Reads the fields and checks the order. Returns the order unless it cannot be read.
    async fn findings(&self, is_in_background: bool) -> (Option<Value>, Vec<Finding>) {
        let Some(row) = self.values.read(Reading::of(&self.state.engine)) else { return (None, Vec::new()) };
        let mut findings: Vec<_> = row.findings.iter().map(of_sheet).collect();
        if row.has_errors() {
            return (None, findings);
        }
        let order = Value::Object(row.order);
        // Checks of users who may not know about others are limited, and are kept for the last step.
        if is_in_background && !self.is_informed() {
            return (Some(order), findings);
        }
        // An operator may replace a key without the role for orders.
        if self.replaces.is_some() && !self.visitor.may(Operation::CheckOrders) {
            return (Some(order), findings);
        }
        let body = json!({ "orders": [order] });
        match self.visitor.ask(self.state, Method::POST, "/v1/orders/check", Some(body)).await {
            Ok(checked) => {
                findings.extend(of_check(&checked["rows"][0]["findings"]));
                findings.extend(of_check(&checked["findings"]));
            }
            // The order has limits of its own.
            Err(refusal) => findings.push(Finding {
                is_error: refusal.status != StatusCode::TOO_MANY_REQUESTS,
                member: None,
                code: String::new(),
                message: refusal.message,
                remedy: String::new(),
            }),
        }
        (Some(order), findings)
    }

    async fn check(self, is_in_background: bool) -> Result<Response, Problem> {
        let user = self.values.get(Member::UserId).to_owned();
        if !user.is_empty() && !who::is_exact(&user) && !is_in_background {
            return self.search(&user).await;
        }
        let (_, mut findings) = self.findings(is_in_background).await;
        let is_complete = !findings.iter().any(Finding::is_missing);
        if is_in_background {
            findings.retain(|finding| !finding.is_missing());
        }
        self.shown(Shown { is_checked: is_complete || !is_in_background, findings, ..Shown::default() }).await
    }

    async fn confirm(self) -> Result<Response, Problem> {
        let (offer, (order, mut findings)) =
            tokio::join!(Offer::read(&self.state.engine.preflight), self.findings(false));
        if self.replaces.as_ref().is_some_and(|replaces| replaces.reason.is_empty()) {
            let message = self.visitor.frame(Place::Order).m.order.replace_reason.to_owned();
            findings.push(Finding {
                is_error: true,
                member: None,
                code: REASON.to_owned(),
                message,
                remedy: String::new(),
            });
        }
        if order.is_none() || findings.iter().any(|finding| finding.is_error) {
            let shown = Shown { is_checked: true, findings, ..Shown::default() };
            return Ok(self.form(StatusCode::UNPROCESSABLE_ENTITY, &offer, shown));
        }
        let frame = self.visitor.frame(Place::Order);
        let lines = summary(&self.state.engine, frame.m, &self.values, &offer, self.is_informed()).await;
        let values = self.values.iter().map(|(name, value)| (name, value.to_owned())).collect();
        Ok(page(
            StatusCode::OK,
            &ConfirmPage {
                action: self.action(),
                replaces: self.replaces,
                lines,
                warnings: findings,
                values,
                key: self.key,
                frame,
            },
        ))
    }

    async fn order(self) -> Result<Response, Problem> {
        let row = self.values.read(Reading::of(&self.state.engine)).filter(|row| !row.has_errors());
        let Some(row) = row else { return self.confirm().await };
        let order = Value::Object(row.order);
        let (path, body) = match &self.replaces {
            None => ("/v1/orders".to_owned(), order),
            Some(replaces) => replaces.request(order),
        };
        match self.visitor.ask_once(self.state, &path, body, &self.key).await {
            Ok(queued) => {
                let id = match &self.replaces {
                    Some(replaces) => replaces.new_id(&queued),
                    None => queued["id"].as_str(),
                };
                let id = id.unwrap_or_default();
                tracing::info!(shipment = id, caller = %self.visitor.principal().caller(), "operator ordered a key");
                Ok(Redirect::to(&format!("/console/shipments/{id}")).into_response())
            }
            Err(refusal) => {
                let offer = Offer::read(&self.state.engine.preflight).await;
                let member = refusal
                    .field
                    .as_deref()
                    .map(|field| field.strip_prefix("order.").unwrap_or(field))
                    .and_then(Member::find);
                let at_field = member.map(|member| Finding {
                    is_error: true,
                    member: Some(member),
                    code: String::new(),
                    message: refusal.message.clone(),
                    remedy: String::new(),
                });
                let status = refusal.status;
                let shown =
                    Shown { findings: at_field.into_iter().collect(), refusal: Some(refusal), ..Shown::default() };
                Ok(self.form(status, &offer, shown))
            }
        }
    }
}

impl OrderPage {
    fn has_errors(&self) -> bool {
        self.findings.iter().any(|finding| finding.is_error)
    }

    fn has_general_warnings(&self) -> bool {
        self.findings.iter().any(|finding| finding.member.is_none() && !finding.is_error)
    }

    fn is_user_wrong(&self) -> bool {
        self.findings.iter().any(|finding| finding.member == Some(Member::UserId) && finding.is_error)
    }

    fn is_reason_wrong(&self) -> bool {
        self.findings.iter().any(|finding| finding.code == REASON)
    }

    /// Parts of the page that a check in the background replaces: the findings, and not the fields.
    fn oob(&self) -> String {
        let fields = self.groups.iter().flat_map(|group| &group.fields).map(|field| format!("#e-{}", field.name));
        ["#findings".to_owned(), "#e-user_id".to_owned()].into_iter().chain(fields).collect::<Vec<_>>().join(",")
    }
}
