//! Sessions of the console.

use async_trait::async_trait;
use keyferry_domain::Timestamp;
use keyferry_domain::ports::{SessionKey, SessionStore, StoreError, WebSession};
use rusqlite::{OptionalExtension as _, params};

use crate::failure::Failure;
use crate::store::SqliteStore;
use crate::time;

/// Columns of a session, in the order in which they are read.
type Columns = (String, String, Option<String>, [String; 3]);

#[async_trait]
impl SessionStore for SqliteStore {
    async fn begin_session(&self, key: &SessionKey, session: &WebSession) -> Result<(), StoreError> {
        let user = serde_json::to_string(&session.user).map_err(|error| broken(&error.to_string()))?;
        let (key, session) = (*key, session.clone());
        self.write("begin a session", move |transaction, _| {
            let begun = transaction.execute(
                "INSERT INTO sessions (id_hash, \"user\", roles, authenticated_at, began_at, used_at, ends_at)
                 VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7) ON CONFLICT (id_hash) DO NOTHING",
                params![
                    key.to_string(),
                    user,
                    session.roles.join(" "),
                    session.authenticated_at.map(time::text),
                    time::text(session.began_at),
                    time::text(session.used_at),
                    time::text(session.ends_at),
                ],
            )?;
            if begun == 0 { Err(Failure::Store(StoreError::Exists("a session".into()))) } else { Ok(()) }
        })
        .await
    }

    async fn session(&self, key: &SessionKey) -> Result<Option<WebSession>, StoreError> {
        let key = key.to_string();
        let found: Option<Columns> = self
            .read("read a session", move |connection, _| {
                let found = connection.query_row(
                    "SELECT \"user\", roles, authenticated_at, began_at, used_at, ends_at FROM sessions
                     WHERE id_hash = ?1",
                    params![key],
                    |row| Ok((row.get(0)?, row.get(1)?, row.get(2)?, [row.get(3)?, row.get(4)?, row.get(5)?])),
                );
                Ok(found.optional()?)
            })
            .await?;
        found.map(read).transpose()
    }

    async fn use_session(&self, key: &SessionKey, at: Timestamp) -> Result<(), StoreError> {
        let key = key.to_string();
        self.write("note the use of a session", move |transaction, _| {
            transaction.execute("UPDATE sessions SET used_at = ?2 WHERE id_hash = ?1", params![key, time::text(at)])?;
            Ok(())
        })
        .await
    }

    async fn end_session(&self, key: &SessionKey) -> Result<(), StoreError> {
        let key = key.to_string();
        self.write("end a session", move |transaction, _| {
            transaction.execute("DELETE FROM sessions WHERE id_hash = ?1", params![key])?;
            Ok(())
        })
        .await
    }

    async fn sweep_sessions(&self, ended: Timestamp, unused: Timestamp) -> Result<u64, StoreError> {
        self.write("delete expired sessions", move |transaction, _| {
            let swept = transaction.execute(
                "DELETE FROM sessions WHERE ends_at < ?1 OR used_at < ?2",
                params![time::text(ended), time::text(unused)],
            )?;
            Ok(swept as u64)
        })
        .await
    }
}

fn read((user, roles, authenticated_at, times): Columns) -> Result<WebSession, StoreError> {
    let user = serde_json::from_str(&user).map_err(|_| broken("column `user` is not the JSON of a user"))?;
    let [Some(began_at), Some(used_at), Some(ends_at)] = times.each_ref().map(|text| time::parse(text)) else {
        return Err(broken("a column with a time is not a time"));
    };
    let roles = roles.split_whitespace().map(str::to_owned).collect();
    let authenticated_at = authenticated_at.and_then(|text| time::parse(&text));
    Ok(WebSession { user, roles, authenticated_at, began_at, used_at, ends_at })
}

fn broken(reason: &str) -> StoreError {
    StoreError::Broken { id: "a session".into(), reason: reason.into() }
}
