//! Rules of the organisation about the users for whom keys may be ordered.
//!
//! Checked before an order, and again before its key is registered: parcels take days, and a user can become privileged
//! meanwhile.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use keyferry_domain::{Directory, Failure, FailureClass, Operation, UserRef};

use crate::failures::findings;
use crate::settings::{EngineSettings, PrivilegedUsers};

/// User for whom a key is to be ordered or registered.
pub(crate) struct Candidate<'a> {
    pub(crate) user: &'a UserRef,
    /// Whether the order was placed by a caller that may order for privileged users.
    pub(crate) may_be_privileged: bool,
}

/// Checks users against the rules of the settings. Asks the directory only what the rules need.
pub(crate) struct Eligibility {
    settings: Arc<EngineSettings>,
    /// Whether it was logged that roles cannot be read.
    unreadable: AtomicBool,
}

impl Eligibility {
    pub(crate) fn new(settings: Arc<EngineSettings>) -> Self {
        Self { settings, unreadable: AtomicBool::new(false) }
    }

    /// Checks the user against all rules.
    ///
    /// Without the permission to read roles, the user counts as not privileged: the organisation did not ask for a rule
    /// that a default switched on.
    ///
    /// # Errors
    /// A finding of operation `before`, the operation about to start, if a rule refuses the user. The failure of the
    /// directory if groups could not be read, or roles for another reason than a missing permission.
    pub(crate) async fn check(
        &self,
        directory: &dyn Directory,
        candidate: &Candidate<'_>,
        before: Operation,
    ) -> Result<(), Failure> {
        self.check_groups(directory, candidate.user, before).await?;
        match self.check_roles(directory, candidate, before).await {
            Err(failure) if failure.class() == FailureClass::Forbidden => {
                if !self.unreadable.swap(true, Ordering::Relaxed) {
                    let remedy = failure.remedy();
                    tracing::warn!(%failure, remedy, "could not read roles of users: privileged users are not refused");
                }
                Ok(())
            }
            result => result,
        }
    }

    /// Checks the groups of the user.
    pub(crate) async fn check_groups(
        &self,
        directory: &dyn Directory,
        user: &UserRef,
        before: Operation,
    ) -> Result<(), Failure> {
        let (allowed, excluded) = (&self.settings.allowed_groups, &self.settings.excluded_groups);
        if allowed.is_empty() && excluded.is_empty() {
            return Ok(());
        }
        let memberships = directory.memberships(user, &[allowed.as_slice(), excluded].concat()).await?;
        if let Some(group) = memberships.iter().find(|group| excluded.contains(group)) {
            let message = format!("{user} is a member of the excluded group {group}");
            return Err(findings::identity(before, "user-excluded", message));
        }
        if !allowed.is_empty() && !memberships.iter().any(|group| allowed.contains(group)) {
            let message = format!("{user} is not a member of any allowed group");
            return Err(findings::identity(before, "user-not-allowed", message));
        }
        Ok(())
    }

    /// Checks the roles of the user.
    ///
    /// # Errors
    /// Class [`Forbidden`](FailureClass::Forbidden) if roles cannot be read.
    pub(crate) async fn check_roles(
        &self,
        directory: &dyn Directory,
        candidate: &Candidate<'_>,
        before: Operation,
    ) -> Result<(), Failure> {
        if self.settings.privileged_users == PrivilegedUsers::Allow || candidate.may_be_privileged {
            return Ok(());
        }
        let roles = directory.privileged_roles(candidate.user).await?;
        self.unreadable.store(false, Ordering::Relaxed);
        if roles.is_empty() {
            return Ok(());
        }
        let message = format!("{} holds a privileged role: {}", candidate.user, roles.join(", "));
        Err(findings::identity(before, "user-privileged", message))
    }
}
