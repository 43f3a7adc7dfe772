//! Sessions of the console. The key of a row is the SHA-256 of the session's id, in hex.

use async_trait::async_trait;
use keyferry_domain::Timestamp;
use keyferry_domain::ports::{SessionKey, SessionStore, StoreError, WebSession};

use super::columns::{Row, columns};
use super::key::quoted;
use super::{TableStore, partition, row};

const USER: &str = "session_user";
const ROLES: &str = "session_roles";
const AUTHENTICATED: &str = "authenticated_at";
const BEGAN: &str = "began_at";
const USED: &str = "used_at";
const ENDS: &str = "ends_at";

/// How often a change of a session is tried. Another request of the same browser may change it in between.
const MAX_TRIES: usize = 3;

#[async_trait]
impl SessionStore for TableStore {
    async fn begin_session(&self, key: &SessionKey, session: &WebSession) -> Result<(), StoreError> {
        let user = serde_json::to_string(&session.user).map_err(|error| broken(&error.to_string()))?;
        let columns = columns([
            (USER, &user),
            (ROLES, &session.roles.join(" ")),
            (AUTHENTICATED, &session.authenticated_at.map(row::time_text).unwrap_or_default()),
            (BEGAN, &row::time_text(session.began_at)),
            (USED, &row::time_text(session.used_at)),
            (ENDS, &row::time_text(session.ends_at)),
        ]);
        self.insert_row(partition::SESSIONS, &key.to_string(), columns).await.map(drop)
    }

    async fn session(&self, key: &SessionKey) -> Result<Option<WebSession>, StoreError> {
        let found = self.service.row(partition::SESSIONS, &key.to_string()).await?;
        found.as_ref().map(read).transpose()
    }

    async fn use_session(&self, key: &SessionKey, at: Timestamp) -> Result<(), StoreError> {
        let key = key.to_string();
        let Some(found) = self.service.row(partition::SESSIONS, &key).await? else { return Ok(()) };
        let used = columns([(USED, &row::time_text(at))]);
        match self.merge_row(partition::SESSIONS, &key, &found.etag, used).await {
            // Another request noted its use, or the session was ended.
            Ok(_) | Err(StoreError::Conflict(_)) => Ok(()),
            Err(error) => Err(error),
        }
    }

    async fn end_session(&self, key: &SessionKey) -> Result<(), StoreError> {
        let key = key.to_string();
        for _ in 0..MAX_TRIES {
            let Some(found) = self.service.row(partition::SESSIONS, &key).await? else { return Ok(()) };
            match self.delete_row(partition::SESSIONS, &key, &found.etag).await {
                Err(StoreError::Conflict(_)) => {}
                answer => return answer,
            }
        }
        Err(StoreError::Unavailable("a session changes repeatedly while it is ended".into()))
    }

    async fn sweep_sessions(&self, ended: Timestamp, unused: Timestamp) -> Result<u64, StoreError> {
        let filter = format!(
            "PartitionKey eq {} and ({ENDS} lt {} or {USED} lt {})",
            quoted(partition::SESSIONS),
            quoted(&row::time_text(ended)),
            quoted(&row::time_text(unused)),
        );
        let mut swept = 0;
        for found in self.service.all_keys(filter).await? {
            match self.delete_row(partition::SESSIONS, found.key(), &found.etag).await {
                Ok(()) => swept += 1,
                // The session was used meanwhile, or another replica deleted it.
                Err(StoreError::Conflict(_)) => {}
                Err(error) => return Err(error),
            }
        }
        Ok(swept)
    }
}

fn read(found: &Row) -> Result<WebSession, StoreError> {
    let user = serde_json::from_str(found.text(USER)).map_err(|_| broken("the user is not the JSON of a user"))?;
    let times = [BEGAN, USED, ENDS].map(|name| row::time(found.text(name)));
    let [Some(began_at), Some(used_at), Some(ends_at)] = times else {
        return Err(broken("a column with a time is not a time"));
    };
    let authenticated_at = row::time(found.text(AUTHENTICATED));
    let roles = found.text(ROLES).split_whitespace().map(str::to_owned).collect();
    Ok(WebSession { user, roles, authenticated_at, began_at, used_at, ends_at })
}

fn broken(reason: &str) -> StoreError {
    StoreError::Broken { id: "a session".into(), reason: reason.into() }
}
