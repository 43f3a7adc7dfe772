//! Sessions in memory.

use std::collections::BTreeMap;
use std::sync::Mutex;

use async_trait::async_trait;
use keyferry_domain::ports::{SessionKey, StoreError, WebSession};
use keyferry_domain::{SessionStore, Timestamp};

/// Sessions in memory.
#[derive(Debug, Default)]
pub struct MemorySessions(Mutex<BTreeMap<SessionKey, WebSession>>);

impl MemorySessions {
    /// Returns the number of sessions, including expired ones.
    pub fn count(&self) -> usize {
        self.0.lock().unwrap().len()
    }
}

#[async_trait]
impl SessionStore for MemorySessions {
    async fn begin_session(&self, key: &SessionKey, session: &WebSession) -> Result<(), StoreError> {
        let mut sessions = self.0.lock().unwrap();
        if sessions.contains_key(key) {
            return Err(StoreError::Exists("a session".into()));
        }
        sessions.insert(*key, session.clone());
        Ok(())
    }

    async fn session(&self, key: &SessionKey) -> Result<Option<WebSession>, StoreError> {
        Ok(self.0.lock().unwrap().get(key).cloned())
    }

    async fn use_session(&self, key: &SessionKey, at: Timestamp) -> Result<(), StoreError> {
        if let Some(session) = self.0.lock().unwrap().get_mut(key) {
            session.used_at = at;
        }
        Ok(())
    }

    async fn end_session(&self, key: &SessionKey) -> Result<(), StoreError> {
        self.0.lock().unwrap().remove(key);
        Ok(())
    }

    async fn sweep_sessions(&self, ended: Timestamp, unused: Timestamp) -> Result<u64, StoreError> {
        let mut sessions = self.0.lock().unwrap();
        let before = sessions.len();
        sessions.retain(|_, session| session.ends_at >= ended && session.used_at >= unused);
        Ok((before - sessions.len()) as u64)
    }
}
