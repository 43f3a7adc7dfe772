//! Findings about the user of an order: account, groups, roles, addressee of the PIN, passkey policy, and keys that the
//! user has already.

use std::sync::Arc;

use keyferry_domain::ports::{Addressing, ShipmentFilter, ShipmentSort, Summary};
use keyferry_domain::{
    Account, CheckCode, Directory, EmailAddress, Failure, FailureClass, FilledOrder, Member, ObjectId, Operation,
    OrderDraft, OrderFinding, Party, PasskeyPolicy, PhaseName, UserKey, UserRef,
};

use super::asking::{Asking, Unasked};
use super::{CheckRow, PreflightOptions};
use crate::ceremony::PinSource;
use crate::context::Context;
use crate::eligibility::Candidate;
use crate::failures::findings;
use crate::pins::{Addressees, OrderAddresses};
use crate::providers::Registration;

/// What is known about the user of a row.
#[derive(Default)]
pub(super) struct UserReport {
    pub(super) findings: Vec<OrderFinding>,
    /// Object id, if the account could be read.
    pub(super) id: Option<ObjectId>,
    /// Whether the identity provider may be asked whether it accepts another passkey.
    pub(super) ask_for_passkeys: bool,
}

/// Checks users.
pub(super) struct Users<'a> {
    pub(super) context: &'a Context,
    pub(super) asking: &'a Asking,
    pub(super) options: &'a PreflightOptions,
    pub(super) policy: Option<Arc<PasskeyPolicy>>,
}

impl Users<'_> {
    /// Completes an order from the directory.
    ///
    /// # Errors
    /// Findings about the data that is missing, or about the call. None if the call fails for all users: that is a
    /// finding of the whole check.
    pub(super) async fn fill(&self, draft: &OrderDraft) -> Result<FilledOrder, Vec<OrderFinding>> {
        const WHAT: &str = "data of recipients from the directory";
        let directory = match self.context.directory(self.context.ports.providers.default_id()) {
            Ok(directory) => directory,
            Err(failure) => {
                self.asking.fact_not_checked(WHAT, &failure);
                return Err(Vec::new());
            }
        };
        if !self.context.settings.fill_from_directory {
            self.asking.not_offered(WHAT, "KEYFERRY_FILL_FROM_DIRECTORY is off");
            return Err(Vec::new());
        }
        match self.ask(|| directory.profile(&draft.user)).await {
            Ok(profile) => draft.clone().fill(profile).map_err(|missing| missing.into_iter().map(not_found).collect()),
            // The check of the account reports it.
            Err(reason) if self.is_unknown(&reason) => Err(Vec::new()),
            Err(reason) => Err(self.asking.not_checked(WHAT, reason).into_iter().collect()),
        }
    }

    /// Checks the user of a row. `recipient` is the mail address of the parcel's recipient, if it is known.
    pub(super) async fn check(&self, row: &CheckRow, recipient: Option<&EmailAddress>) -> UserReport {
        let (context, user) = (self.context, &row.order.user);
        let provider = context.ports.providers.default_id();
        let mut report = UserReport::default();
        let (known, directory) = (context.ports.providers.get(provider), context.directory(provider));
        let (Some(provider), Ok(directory)) = (known, directory) else { return report };
        if let Registration::CreationOptions(identity) = &provider.registration {
            match self.ask(|| identity.account(user)).await {
                Ok(account) => self.check_account(account, &mut report),
                Err(reason) if self.is_unknown(&reason) => {
                    report.findings.push(unknown_user(user));
                    return report;
                }
                Err(reason) => self.not_checked("whether users exist and are enabled", reason, &mut report),
            }
        }
        if !self.check_rules(directory, user, &mut report).await {
            report.findings.push(unknown_user(user));
            return report;
        }
        self.check_addressee(directory, row, recipient, &mut report).await;
        self.check_policy(directory, row, &mut report).await;
        let is_open = self.check_keys(row, &mut report).await;
        let is_refused = report.findings.iter().any(OrderFinding::is_error);
        report.ask_for_passkeys =
            !is_open && !is_refused && matches!(provider.registration, Registration::CreationOptions(_));
        report
    }

    /// Asks the identity provider for creation options, which are refused if the user may not have a passkey.
    ///
    /// Not for users with an open order: a new challenge might end the challenge of that order. No document says.
    pub(super) async fn check_passkeys(&self, user: &UserRef) -> Option<OrderFinding> {
        let context = self.context;
        let provider = context.ports.providers.get(context.ports.providers.default_id())?;
        let Registration::CreationOptions(identity) = &provider.registration else { return None };
        match self.ask(|| identity.creation_options(user, context.settings.challenge_lifetime)).await {
            Ok(options) => {
                let existing = options.existing_credentials;
                let most = identity.max_credentials().filter(|most| existing >= *most)?;
                let message = format!("The user has {existing} passkeys, and at most {most} are allowed");
                Some(OrderFinding::new(CheckCode::TooManyPasskeys, Member::User, message))
            }
            Err(reason) if self.is_unknown(&reason) => Some(unknown_user(user)),
            Err(Unasked::Failed(failure)) if failure.class() == FailureClass::Rejected => {
                Some(OrderFinding::new(CheckCode::RefusedByProvider, Member::User, failure.message))
            }
            Err(reason) => self.asking.not_checked("passkeys of users", reason),
        }
    }

    fn check_account(&self, account: Option<Account>, report: &mut UserReport) {
        let why = "The connector may not read users. Grant it the permission to read them";
        let Some(account) = account else {
            return self.asking.not_offered("whether users exist and are enabled", why);
        };
        report.id = Some(account.id);
        if account.enabled.is_none() || account.guest.is_none() {
            self.asking.not_offered("whether accounts are disabled or those of guests", why);
        }
        if account.enabled == Some(false) {
            let message = "The account of the user is disabled";
            report.findings.push(OrderFinding::new(CheckCode::DisabledUser, Member::User, message));
        }
        if account.guest == Some(true) {
            report.findings.push(OrderFinding::new(CheckCode::GuestUser, Member::User, "The user is a guest"));
        }
    }

    /// Checks the rules of the organisation. Returns whether the user exists, as far as the directory states it.
    async fn check_rules(&self, directory: &dyn Directory, user: &UserRef, report: &mut UserReport) -> bool {
        const OPERATION: Operation = Operation::CreationOptions;
        let eligibility = &self.context.eligibility;
        let candidate = Candidate { user, may_be_privileged: self.options.may_be_privileged };
        let groups = self.ask(|| eligibility.check_groups(directory, user, OPERATION)).await;
        let roles = self.ask(|| eligibility.check_roles(directory, &candidate, OPERATION)).await;
        for (what, result) in [("groups of users", groups), ("directory roles of users", roles)] {
            match result {
                Ok(()) => {}
                Err(reason) if self.is_unknown(&reason) => return false,
                Err(Unasked::Failed(failure)) if failure.class() == FailureClass::AgainstPolicy => {
                    let code = match failure.code() {
                        Some("user-excluded") => CheckCode::UserExcluded,
                        Some("user-privileged") => CheckCode::PrivilegedUser,
                        _ => CheckCode::UserNotAllowed,
                    };
                    report.findings.push(OrderFinding::new(code, Member::User, failure.message));
                }
                Err(reason) => self.not_checked(what, reason, report),
            }
        }
        true
    }

    /// Resolves the addressee of the PIN, as it will be when the key is registered.
    async fn check_addressee(
        &self,
        directory: &dyn Directory,
        row: &CheckRow,
        recipient: Option<&EmailAddress>,
        report: &mut UserReport,
    ) {
        let provider = self.context.ports.providers.default_id();
        let Ok(ceremony) = self.context.ceremonies.of_provider(provider) else { return };
        if let PinSource::Provider(_) = ceremony.pin() {
            return;
        }
        let order = &row.order;
        let addresses = OrderAddresses { contacts: &order.enrollment_contacts, recipient };
        let addressees = Addressees { context: self.context, directory, refuses_disabled: false };
        match self.ask(|| async { addressees.of(addresses, &order.user, &order.user).await.map(drop) }).await {
            Ok(()) => self.check_manager(directory, row, report).await,
            Err(Unasked::Failed(failure)) if failure.class() == FailureClass::NoAddressee => {
                let (code, member) = match order.enrollment_contacts.is_empty() {
                    false => (CheckCode::ContactNotAllowed, Member::Contacts),
                    true => (CheckCode::NoAddressee, Member::User),
                };
                report.findings.push(OrderFinding::new(code, member, failure.message));
            }
            Err(reason) if self.is_unknown(&reason) => report.findings.push(unknown_user(&order.user)),
            Err(reason) => self.not_checked("addressees of PINs", reason, report),
        }
    }

    /// Looks for the mail address at which the person would be asked for the address.
    pub(super) async fn check_reachable(&self, row: &CheckRow, report: &mut UserReport) {
        let provider = self.context.ports.providers.default_id();
        let Ok(directory) = self.context.directory(provider) else { return };
        match self.ask(|| directory.entry(&row.order.user, false)).await {
            Ok(entry) if entry.person.mail.is_some() => {}
            Ok(_) => {
                let message = "The user has no mail address in the directory, and cannot be asked for the address";
                report.findings.push(OrderFinding::new(CheckCode::PersonNotReachable, Member::User, message));
            }
            // The check of the account reports it.
            Err(reason) if self.is_unknown(&reason) => {}
            Err(reason) => self.not_checked("mail addresses of persons", reason, report),
        }
    }

    /// Looks for the manager if the other side of the PIN delivery determines the addressee.
    async fn check_manager(&self, directory: &dyn Directory, row: &CheckRow, report: &mut UserReport) {
        let by_other_side = self.context.ports.pin_delivery.addressing() == Addressing::ByTheOtherSide;
        if !by_other_side || !row.order.enrollment_contacts.is_empty() {
            return;
        }
        match self.ask(|| directory.entry(&row.order.user, true)).await {
            Ok(entry) if entry.manager.as_ref().is_some_and(|manager| manager.mail.is_some()) => {}
            Ok(_) => {
                let message = "The user has no manager with a mail address";
                report.findings.push(OrderFinding::new(CheckCode::NoManager, Member::User, message));
            }
            Err(reason) => self.not_checked("managers of users", reason, report),
        }
    }

    /// Compares the models that the product can be with the passkey policy, by the groups of the user.
    async fn check_policy(&self, directory: &dyn Directory, row: &CheckRow, report: &mut UserReport) {
        let Some(policy) = &self.policy else { return };
        let (groups, user) = (policy.groups(), &row.order.user);
        let memberships = match groups.is_empty() {
            true => Ok(Vec::new()),
            false => self.ask(|| directory.memberships(user, &groups)).await,
        };
        let rules = match memberships {
            Ok(memberships) => match policy.rules_for(&memberships) {
                Some(rules) => rules,
                None => {
                    let message = "The passkey policy does not apply to the user";
                    report.findings.push(OrderFinding::new(CheckCode::OutsidePolicy, Member::User, message));
                    return;
                }
            },
            Err(reason) => {
                self.not_checked("groups of the passkey policy", reason, report);
                // A model that no rule of any group allows is refused for every user.
                policy.targets.iter().flat_map(|target| &target.rules).collect()
            }
        };
        let product = row.order.product.product_id;
        let Some(models) = self.context.settings.product_aaguids.get(&product).filter(|models| !models.is_empty())
        else {
            let message = format!("The AAGUIDs of product {product} are not known");
            return self.asking.add(&format!("model {product}"), CheckCode::UnknownModel, message);
        };
        let allowed = models.iter().filter(|model| rules.iter().any(|rule| rule.allows(model))).count();
        if allowed == 0 {
            let message = format!("No passkey profile of the user allows product {product}");
            let member = Member::Parcel("shipment_items[0].product_id");
            report.findings.push(OrderFinding::new(CheckCode::ModelNotAllowed, member, message));
        } else if allowed < models.len() {
            let message = format!(
                "The passkey profiles of at least one user allow {allowed} of {} variants of product {product}",
                models.len()
            );
            self.asking.add(&format!("model {product}"), CheckCode::ModelPartlyAllowed, message);
        }
    }

    /// Looks for earlier orders of the user. Returns whether one is open.
    async fn check_keys(&self, row: &CheckRow, report: &mut UserReport) -> bool {
        let people = [Some(UserKey::from(&row.order.user)), report.id.map(UserKey::ObjectId)];
        let mut found: Vec<Summary> = Vec::new();
        for person in people.into_iter().flatten() {
            match self.shipments_of(person).await {
                Ok(summaries) => found.extend(summaries),
                Err(reason) => {
                    self.not_checked("earlier orders of users", reason, report);
                    return true;
                }
            }
        }
        let is_open = |one: &&Summary| !one.set_by_hand && PhaseName::PENDING.contains(&one.phase);
        let named = |one: &Summary| match self.options.shows_shipments {
            true => format!(": {}", one.delivery_id.as_ref().map_or_else(|| one.id.to_string(), ToString::to_string)),
            false => String::new(),
        };
        if let Some(open) = found.iter().find(is_open) {
            let refused = self.context.settings.one_open_order_per_user && !row.additional;
            let code = if refused { CheckCode::OpenOrder } else { CheckCode::HasKey };
            let message = format!("The user has an open order{}", named(open));
            report.findings.push(OrderFinding::new(code, Member::User, message));
            return true;
        }
        if let Some(complete) = found.iter().find(|one| one.set_by_hand || one.phase == PhaseName::Complete) {
            let message = format!("A key was ordered for the user before{}", named(complete));
            report.findings.push(OrderFinding::new(CheckCode::HasKey, Member::User, message));
        }
        false
    }

    async fn shipments_of(&self, person: UserKey) -> Result<Vec<Summary>, Unasked> {
        let store = &self.context.ports.shipments;
        let filter = ShipmentFilter { person: Some(person), ..ShipmentFilter::default() };
        let (mut found, mut after) = (Vec::new(), None);
        loop {
            let call = || async {
                let page = store.query(&filter, ShipmentSort::Newest, after.as_ref(), 100).await;
                page.map_err(|error| findings::store(&error))
            };
            let page = self.asking.ask(self.context.ports.clock.as_ref(), Party::Store, call).await?;
            found.extend(page.items);
            if let Some((id, reason)) = page.broken.into_iter().next() {
                let error = keyferry_domain::ports::StoreError::Broken { id, reason };
                return Err(Unasked::Failed(findings::store(&error)));
            }
            match page.next {
                Some(next) => after = Some(next),
                None => return Ok(found),
            }
        }
    }

    async fn ask<T, F: Future<Output = Result<T, Failure>>>(&self, call: impl Fn() -> F) -> Result<T, Unasked> {
        self.asking.ask(self.context.ports.clock.as_ref(), Party::IdentityProvider, call).await
    }

    fn not_checked(&self, what: &str, reason: Unasked, report: &mut UserReport) {
        report.findings.extend(self.asking.not_checked(what, reason));
    }

    fn is_unknown(&self, reason: &Unasked) -> bool {
        matches!(reason, Unasked::Failed(failure)
            if (failure.party, failure.class()) == (Party::IdentityProvider, FailureClass::NotFound))
    }
}

fn not_found(member: &'static str) -> OrderFinding {
    let message = "Neither the order nor the directory has a usable value";
    OrderFinding::new(CheckCode::MissingRecipientData, Member::Parcel(member), message)
}

fn unknown_user(user: &UserRef) -> OrderFinding {
    OrderFinding::new(CheckCode::UnknownUser, Member::User, format!("Could not find user: {user}"))
}
