//! Who sees a temporary access pass.

/// Who sees the temporary access pass of a person whose key was lost.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum PassRule {
    /// Nobody: none can be requested.
    #[default]
    Off,
    /// The manager of the person.
    Manager,
    /// The person, who can sign in another way.
    Person,
}
