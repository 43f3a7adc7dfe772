//! Policy of an organisation about the passkeys of its users, in the terms of no vendor.

use crate::{Aaguid, ObjectId};

/// Policy about the passkeys that users may register.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PasskeyPolicy {
    /// Whether passkeys are enabled at all.
    pub enabled: bool,
    /// Whether users may set up passkeys themselves, which registrations by an application need as well. `None` if the
    /// provider did not state it.
    pub self_service: Option<bool>,
    /// Groups without passkeys. They take precedence over `targets`.
    pub excluded: Vec<ObjectId>,
    /// Users with passkeys. A user can be in several.
    pub targets: Vec<PolicyTarget>,
}

/// Users to whom rules apply.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PolicyTarget {
    /// Group of the users. `None` for all users.
    pub group: Option<ObjectId>,
    /// Rules for their keys. A key must satisfy one of them.
    pub rules: Vec<ModelRule>,
}

/// Rule about the models of keys.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum ModelRule {
    /// Security keys of any model.
    Any,
    /// Security keys of these models.
    Only(Vec<Aaguid>),
    /// Security keys of all models but these.
    AllBut(Vec<Aaguid>),
    /// No security keys, for example only synced passkeys.
    None,
}

impl ModelRule {
    /// Returns whether keys of this model may be registered.
    pub fn allows(&self, model: &Aaguid) -> bool {
        match self {
            Self::Any => true,
            Self::Only(models) => models.contains(model),
            Self::AllBut(models) => !models.contains(model),
            Self::None => false,
        }
    }
}

impl PasskeyPolicy {
    /// Returns the groups that the policy names, without repetitions.
    pub fn groups(&self) -> Vec<ObjectId> {
        let mut groups: Vec<ObjectId> = Vec::new();
        for group in self.excluded.iter().copied().chain(self.targets.iter().filter_map(|target| target.group)) {
            if !groups.contains(&group) {
                groups.push(group);
            }
        }
        groups
    }

    /// Returns the rules for a user who is a member of `memberships`, of the groups of the policy. `None` if the policy
    /// does not apply to the user.
    pub fn rules_for(&self, memberships: &[ObjectId]) -> Option<Vec<&ModelRule>> {
        if self.excluded.iter().any(|group| memberships.contains(group)) {
            return None;
        }
        let applies = |target: &&PolicyTarget| target.group.is_none_or(|group| memberships.contains(&group));
        let targets: Vec<_> = self.targets.iter().filter(applies).collect();
        (!targets.is_empty()).then(|| targets.into_iter().flat_map(|target| &target.rules).collect())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn excluded_groups_take_precedence_and_rules_add_up() {
        let group = |digit: char| ObjectId::parse(&format!("9c0ffee0-0000-4000-8000-00000000000{digit}")).unwrap();
        let (staff, pilots, leavers) = (group('1'), group('2'), group('3'));
        let model: Aaguid = "a25342c0-3cdc-4414-8e46-f4807fca511c".parse().unwrap();
        let policy = PasskeyPolicy {
            enabled: true,
            self_service: Some(true),
            excluded: vec![leavers],
            targets: vec![
                PolicyTarget { group: Some(staff), rules: vec![ModelRule::None] },
                PolicyTarget { group: Some(pilots), rules: vec![ModelRule::Only(vec![model])] },
            ],
        };
        assert_eq!(policy.groups(), [leavers, staff, pilots]);
        let allows = |memberships: &[ObjectId]| {
            policy.rules_for(memberships).map(|rules| rules.iter().any(|rule| rule.allows(&model)))
        };
        assert_eq!(allows(&[]), None);
        assert_eq!(allows(&[staff]), Some(false));
        assert_eq!(allows(&[staff, pilots]), Some(true));
        assert_eq!(allows(&[pilots, leavers]), None);
        assert!(!ModelRule::AllBut(vec![model]).allows(&model) && ModelRule::Any.allows(&model));
    }
}
