//! Users of the directory.

use std::sync::Arc;

use axum::Json;
use axum::extract::{Path, State};
use axum::http::StatusCode;
use axum::response::Response;
use serde::Deserialize;
use serde::de::DeserializeOwned;
use serde_json::{Map, Value, json};
use uuid::Uuid;

use super::groups::check_roles;
use super::listed::Paged;
use super::refused::Refused;
use crate::ground::directory::{API_ROLES, DOMAIN, Directory, User};
use crate::ground::random;
use crate::world::World;

/// Members of a change that are not contact data.
const MEMBERS: &str = "upn, displayName, mail, accountEnabled, userType, manager, preferredLanguage, roles or \
                       appRoles, or contact data such as city";

/// One object, or a list of objects.
#[derive(Debug, Deserialize)]
#[serde(untagged)]
pub(super) enum OneOrMany {
    One(Map<String, Value>),
    Many(Vec<Map<String, Value>>),
}

/// Returns a page of the users.
pub(super) async fn list(State(world): State<Arc<World>>, page: Paged) -> Response {
    page.page(world.ground.directory.lock().users.iter())
}

/// Returns a user by object id or user principal name.
pub(super) async fn one(State(world): State<Arc<World>>, Path(name): Path<String>) -> Result<Json<Value>, Refused> {
    let directory = world.ground.directory.lock();
    directory
        .user(&name)
        .map(|user| Json(json!(user)))
        .ok_or_else(|| Refused::unknown(format!("no user is named {name}")))
}

/// Creates one or many users: all, or none if one is invalid. `id` and `displayName` are optional.
pub(super) async fn create(
    State(world): State<Arc<World>>,
    Json(body): Json<OneOrMany>,
) -> Result<(StatusCode, Json<Value>), Refused> {
    let mut directory = world.ground.directory.lock();
    let create = |changed: &mut Directory, mut members: Map<String, Value>| {
        let id = taken(&mut members, "id")?.unwrap_or_else(random::uuid);
        if changed.user_by_id(id).is_some() {
            return Err(Refused::bad(format!("there is a user with the id {id}")));
        }
        let upn: String = taken(&mut members, "upn")?
            .ok_or_else(|| Refused::bad(format!("upn is required, for example new.hire@{DOMAIN}")))?;
        let name = upn.split('@').next().unwrap_or_default().to_owned();
        apply(changed, User::new(id, upn, name), members)
    };
    Ok((StatusCode::CREATED, each(&mut directory, body, create)?))
}

/// Changes a user. `null` removes a member that is optional.
pub(super) async fn change(
    State(world): State<Arc<World>>,
    Path(id): Path<Uuid>,
    Json(change): Json<Map<String, Value>>,
) -> Result<Json<Value>, Refused> {
    let mut directory = world.ground.directory.lock();
    each(&mut directory, OneOrMany::One(change), |changed, members| apply(changed, known(changed, id)?, members))
}

/// Changes many users, each named by `id`: all, or none if one change is invalid.
pub(super) async fn change_many(
    State(world): State<Arc<World>>,
    Json(changes): Json<Vec<Map<String, Value>>>,
) -> Result<Json<Value>, Refused> {
    let mut directory = world.ground.directory.lock();
    each(&mut directory, OneOrMany::Many(changes), |changed, mut members| {
        let id = taken(&mut members, "id")?.ok_or_else(|| Refused::bad("id is required"))?;
        apply(changed, known(changed, id)?, members)
    })
}

/// Deletes a user with the passkeys. Parcels and keys stay, as in reality.
pub(super) async fn remove(State(world): State<Arc<World>>, Path(id): Path<Uuid>) -> Result<StatusCode, Refused> {
    remove_all(&world, &[id])
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Removal {
    ids: Vec<Uuid>,
}

/// Deletes many users: all, or none if one does not exist.
pub(super) async fn remove_many(
    State(world): State<Arc<World>>,
    Json(removal): Json<Removal>,
) -> Result<StatusCode, Refused> {
    remove_all(&world, &removal.ids)
}

fn remove_all(world: &World, ids: &[Uuid]) -> Result<StatusCode, Refused> {
    {
        let mut directory = world.ground.directory.lock();
        for id in ids {
            known(&directory, *id)?;
        }
        for id in ids {
            directory.users.remove(*id);
        }
    }
    for id in ids {
        world.graph.methods.remove_all(*id);
    }
    Ok(StatusCode::NO_CONTENT)
}

/// Runs an action for each object. The directory changes only if all of them succeed.
fn each(
    directory: &mut Directory,
    body: OneOrMany,
    mut act: impl FnMut(&mut Directory, Map<String, Value>) -> Result<User, Refused>,
) -> Result<Json<Value>, Refused> {
    match body {
        OneOrMany::One(members) => {
            let user = act(directory, members)?;
            directory.users.put(user.clone());
            Ok(Json(json!(user)))
        }
        OneOrMany::Many(list) => {
            let mut changed = directory.clone();
            let mut users = Vec::with_capacity(list.len());
            for members in list {
                let user = act(&mut changed, members)?;
                changed.users.put(user.clone());
                users.push(user);
            }
            *directory = changed;
            Ok(Json(json!(users)))
        }
    }
}

fn known(directory: &Directory, id: Uuid) -> Result<User, Refused> {
    directory.user_by_id(id).cloned().ok_or_else(|| Refused::unknown(format!("no user has the id {id}")))
}

/// Removes a member from an object and reads it.
fn taken<T: DeserializeOwned>(members: &mut Map<String, Value>, name: &str) -> Result<Option<T>, Refused> {
    members.remove(name).map(|value| read(name, value)).transpose()
}

fn read<T: DeserializeOwned>(name: &str, value: Value) -> Result<T, Refused> {
    serde_json::from_value(value).map_err(|error| Refused::bad(format!("{name}: {error}")))
}

/// Returns the user with these changes. Members have Graph's names, except for `upn`.
fn apply(directory: &Directory, mut user: User, change: Map<String, Value>) -> Result<User, Refused> {
    for (name, value) in change {
        let profile = &mut user.profile;
        match name.as_str() {
            "upn" => user.upn = read(&name, value)?,
            "displayName" => user.display_name = read(&name, value)?,
            "mail" => user.mail = read(&name, value)?,
            "accountEnabled" => user.account_enabled = read(&name, value)?,
            "userType" => user.user_type = read(&name, value)?,
            "preferredLanguage" => user.preferred_language = read(&name, value)?,
            "manager" => user.manager = read(&name, value)?,
            "roles" => {
                user.roles = read(&name, value)?;
                check_roles(&user.roles)?;
            }
            "appRoles" => {
                user.app_roles = read(&name, value)?;
                if let Some(unknown) = user.app_roles.iter().find(|role| !API_ROLES.contains(&role.as_str())) {
                    return Err(Refused::bad(format!("appRoles: {unknown}: expected {}", API_ROLES.join(", "))));
                }
            }
            "givenName" => profile.given_name = read(&name, value)?,
            "surname" => profile.surname = read(&name, value)?,
            "companyName" => profile.company_name = read(&name, value)?,
            "department" => profile.department = read(&name, value)?,
            "employeeId" => profile.employee_id = read(&name, value)?,
            "mobilePhone" => profile.mobile_phone = read(&name, value)?,
            "streetAddress" => profile.street_address = read(&name, value)?,
            "city" => profile.city = read(&name, value)?,
            "state" => profile.state = read(&name, value)?,
            "postalCode" => profile.postal_code = read(&name, value)?,
            "country" => profile.country = read(&name, value)?,
            _ => return Err(Refused::bad(format!("{name}: expected {MEMBERS}"))),
        }
    }
    if directory.user(&user.upn).is_some_and(|other| other.id != user.id) {
        return Err(Refused::bad(format!("{} is another user's name; see /control/users/swap-upn", user.upn)));
    }
    Ok(user)
}

#[derive(Debug, Deserialize)]
pub(super) struct Swap {
    from: Uuid,
    to: Uuid,
}

/// Swaps the names of two users. A connector that identifies users by name must detect this.
pub(super) async fn swap_upn(State(world): State<Arc<World>>, Json(swap): Json<Swap>) -> Result<StatusCode, Refused> {
    let mut directory = world.ground.directory.lock();
    let (from, to) = (known(&directory, swap.from)?, known(&directory, swap.to)?);
    let names = (from.upn.clone(), to.upn.clone());
    directory.users.put(User { upn: names.1, ..from });
    directory.users.put(User { upn: names.0, ..to });
    Ok(StatusCode::NO_CONTENT)
}

#[cfg(test)]
mod tests;
