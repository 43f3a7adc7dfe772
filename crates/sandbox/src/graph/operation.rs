//! Maps a method and a path to an operation. An operation can have several forms of path.

use axum::http::Method as Verb;

use super::error::GraphError;

/// An operation. `user` is the object id or user principal name from the path, URL-decoded.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Operation {
    SearchUsers,
    GetUser { user: String },
    GetManager { user: String },
    CheckMemberGroups { user: String },
    CreationOptions { user: String, arguments: Option<String> },
    ListMethods { user: String },
    Register { user: String },
    GetMethod { user: String, method: String },
    DeleteMethod { user: String, method: String },
    ListPasses { user: String },
    CreatePass { user: String },
    DeletePass { user: String, pass: String },
    SendMail { user: String },
    GetGroup { id: String },
    ListRoleAssignments,
    GetRoleDefinition { id: String },
    ListAudits,
    GetPolicy,
    SetPolicy,
    GetOrganization,
    ListApplications,
    CreateApplication,
    UpdateApplication { id: String },
    AddPassword { id: String },
    ListPrincipals,
    CreatePrincipal,
    ListAssignments { id: String },
    Assign { id: String },
}

impl Operation {
    /// Returns the name of the endpoint, for faults and the journal.
    pub(super) fn endpoint(&self) -> &'static str {
        match self {
            Self::SearchUsers => "graph.users",
            Self::GetUser { .. } => "graph.user",
            Self::GetManager { .. } => "graph.manager",
            Self::CheckMemberGroups { .. } => "graph.member_groups",
            Self::GetGroup { .. } => "graph.group",
            Self::ListRoleAssignments => "graph.role_assignments",
            Self::GetRoleDefinition { .. } => "graph.role_definition",
            Self::CreationOptions { .. } => "graph.creation_options",
            Self::ListMethods { .. } => "graph.methods",
            Self::Register { .. } => "graph.register",
            Self::GetMethod { .. } | Self::DeleteMethod { .. } => "graph.method",
            Self::ListPasses { .. } | Self::CreatePass { .. } => "graph.passes",
            Self::DeletePass { .. } => "graph.pass",
            Self::SendMail { .. } => "graph.send_mail",
            Self::ListAudits => "graph.audits",
            Self::GetPolicy | Self::SetPolicy => "graph.policy",
            Self::GetOrganization => "graph.organization",
            Self::ListApplications | Self::CreateApplication => "graph.applications",
            Self::UpdateApplication { .. } => "graph.application",
            Self::AddPassword { .. } => "graph.password",
            Self::ListPrincipals | Self::CreatePrincipal => "graph.principals",
            Self::ListAssignments { .. } | Self::Assign { .. } => "graph.assignments",
        }
    }

    /// Reads a method and a URL-decoded path without the version.
    ///
    /// # Errors
    /// Returns an error if the path or the method is unknown.
    pub(super) fn read(verb: &Verb, path: &str) -> Result<Self, GraphError> {
        let segments: Vec<&str> = path.trim_end_matches('/').split('/').collect();
        if let Some(found) = tenant_wide(verb, &segments) {
            return found;
        }
        let (user, rest) = user(&segments)?;
        let lower: Vec<String> = rest.iter().map(|segment| segment.to_ascii_lowercase()).collect();
        let lower: Vec<&str> = lower.iter().map(String::as_str).collect();
        let get = verb == Verb::GET;
        match lower.as_slice() {
            [] if get => Ok(Self::GetUser { user }),
            ["manager"] if get => Ok(Self::GetManager { user }),
            ["checkmembergroups" | "microsoft.graph.checkmembergroups"] if verb == Verb::POST => {
                Ok(Self::CheckMemberGroups { user })
            }
            ["sendmail" | "microsoft.graph.sendmail"] if verb == Verb::POST => Ok(Self::SendMail { user }),
            ["authentication", "fido2methods"] if get => Ok(Self::ListMethods { user }),
            ["authentication", "fido2methods"] if verb == Verb::POST => Ok(Self::Register { user }),
            ["authentication", "fido2methods", last] if last.starts_with("creationoptions") => {
                let arguments = rest.last().map_or("", |last| &last["creationOptions".len()..]);
                creation_options(get, user, arguments)
            }
            ["authentication", "fido2methods", _] => {
                let method = rest.last().copied().unwrap_or_default().to_owned();
                match *verb {
                    Verb::GET => Ok(Self::GetMethod { user, method }),
                    Verb::DELETE => Ok(Self::DeleteMethod { user, method }),
                    _ => Err(GraphError::method_not_allowed()),
                }
            }
            ["authentication", "temporaryaccesspassmethods"] if get => Ok(Self::ListPasses { user }),
            ["authentication", "temporaryaccesspassmethods"] if verb == Verb::POST => Ok(Self::CreatePass { user }),
            ["authentication", "temporaryaccesspassmethods", _] if verb == Verb::DELETE => {
                let pass = rest.last().copied().unwrap_or_default().to_owned();
                Ok(Self::DeletePass { user, pass })
            }
            []
            | ["manager" | "sendmail" | "checkmembergroups"]
            | ["authentication", "fido2methods"]
            | ["authentication", "temporaryaccesspassmethods", ..] => Err(GraphError::method_not_allowed()),
            [first, ..] => Err(GraphError::unknown_segment(first)),
        }
    }
}

fn tenant_wide(verb: &Verb, segments: &[&str]) -> Option<Result<Operation, GraphError>> {
    let lower: Vec<String> = segments.iter().map(|segment| segment.to_ascii_lowercase()).collect();
    let lower: Vec<&str> = lower.iter().map(String::as_str).collect();
    let of_id = || segments.get(1).copied().unwrap_or_default().to_owned();
    let operations: &[(Verb, Operation)] = &match lower.as_slice() {
        ["auditlogs", "directoryaudits"] => vec![(Verb::GET, Operation::ListAudits)],
        ["policies", "authenticationmethodspolicy", "authenticationmethodconfigurations", "fido2"]
        | ["authenticationmethodspolicy", "authenticationmethodconfigurations", "fido2"] => {
            vec![(Verb::GET, Operation::GetPolicy), (Verb::PATCH, Operation::SetPolicy)]
        }
        ["users"] => vec![(Verb::GET, Operation::SearchUsers)],
        ["groups", _] => vec![(Verb::GET, Operation::GetGroup { id: of_id() })],
        ["rolemanagement", "directory", "transitiveroleassignments"] => {
            vec![(Verb::GET, Operation::ListRoleAssignments)]
        }
        ["rolemanagement", "directory", "roledefinitions", id] => {
            vec![(Verb::GET, Operation::GetRoleDefinition { id: (*id).to_owned() })]
        }
        ["organization"] => vec![(Verb::GET, Operation::GetOrganization)],
        ["applications"] => vec![(Verb::GET, Operation::ListApplications), (Verb::POST, Operation::CreateApplication)],
        ["applications", _] => vec![(Verb::PATCH, Operation::UpdateApplication { id: of_id() })],
        ["applications", _, "addpassword"] => vec![(Verb::POST, Operation::AddPassword { id: of_id() })],
        ["serviceprincipals"] => vec![(Verb::GET, Operation::ListPrincipals), (Verb::POST, Operation::CreatePrincipal)],
        ["serviceprincipals", _, "approleassignments"] => {
            vec![
                (Verb::GET, Operation::ListAssignments { id: of_id() }),
                (Verb::POST, Operation::Assign { id: of_id() }),
            ]
        }
        _ => return None,
    };
    let found = operations.iter().find(|(taken, _)| taken == verb).map(|(_, operation)| operation.clone());
    Some(found.ok_or_else(GraphError::method_not_allowed))
}

/// Returns the user of `users/{key}/…` or `users('{key}')/…`, and the remaining segments.
fn user<'a>(segments: &'a [&'a str]) -> Result<(String, &'a [&'a str]), GraphError> {
    let unknown = |segment: &str| Err(GraphError::unknown_segment(segment));
    let Some((first, rest)) = segments.split_first() else {
        return unknown("");
    };
    if let Some(quoted) = first.strip_prefix("users('").and_then(|rest| rest.strip_suffix("')")) {
        // OData doubles a quote inside a string. A single one would end the string.
        if quoted.replace("''", "").contains('\'') {
            return Err(GraphError::bad_syntax());
        }
        return Ok((quoted.replace("''", "'"), rest));
    }
    match (*first, rest.split_first()) {
        // Documented: a user principal name that starts with `$` needs the quoted form.
        ("users", Some((key, _))) if key.starts_with('$') => Err(GraphError::bad_syntax()),
        ("users", Some((key, rest))) if !key.is_empty() => Ok(((*key).to_owned(), rest)),
        _ => unknown(first),
    }
}

fn creation_options(get: bool, user: String, arguments: &str) -> Result<Operation, GraphError> {
    if !get {
        return Err(GraphError::method_not_allowed());
    }
    let arguments = match arguments {
        "" | "()" => None,
        other => match other.strip_prefix('(').and_then(|rest| rest.strip_suffix(')')) {
            Some(inner) => Some(inner.to_owned()),
            None => return Err(GraphError::unknown_segment(other)),
        },
    };
    Ok(Operation::CreationOptions { user, arguments })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn get(path: &str) -> Result<Operation, GraphError> {
        Operation::read(&Verb::GET, path)
    }

    fn named(user: &str) -> Operation {
        Operation::GetUser { user: user.to_owned() }
    }

    #[test]
    fn reads_both_forms_of_user_paths() {
        assert_eq!(get("users/a@b.c").unwrap(), named("a@b.c"));
        assert_eq!(get("users('a@b.c')").unwrap(), named("a@b.c"));
        assert_eq!(get("users('o''brien#x@b.c')").unwrap(), named("o'brien#x@b.c"));
        assert_eq!(get("users('$a@b.c')").unwrap(), named("$a@b.c"));
        assert_eq!(get("users/$a@b.c").unwrap_err().status.as_u16(), 400);
        assert_eq!(get("users('o'brien@b.c')").unwrap_err().status.as_u16(), 400);
    }

    #[test]
    fn reads_arguments_of_creation_options() {
        let of = |path: &str| match get(path).unwrap() {
            Operation::CreationOptions { arguments, .. } => arguments,
            other => panic!("{other:?}"),
        };
        let base = "users/u/authentication/fido2Methods/creationOptions";
        assert_eq!(of(base), None);
        assert_eq!(of(&format!("{base}()")), None);
        assert_eq!(of(&format!("{base}(challengeTimeoutInMinutes=10)")), Some("challengeTimeoutInMinutes=10".into()));
        assert!(get(&format!("{base}(x")).is_err());
        let post = Operation::read(&Verb::POST, base).unwrap_err();
        assert_eq!(post.status.as_u16(), 405);
    }

    #[test]
    fn refuses_unknown_paths_and_methods() {
        assert!(get("devices/x").is_err());
        assert_eq!(get("users").unwrap(), Operation::SearchUsers);
        assert_eq!(Operation::read(&Verb::DELETE, "users").unwrap_err().status.as_u16(), 405);
        assert!(get("users/u/photos").is_err());
        assert_eq!(Operation::read(&Verb::PUT, "users/u").unwrap_err().status.as_u16(), 405);
    }
}
