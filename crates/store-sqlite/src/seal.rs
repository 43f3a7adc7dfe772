//! Sealing of secrets with AES-256-GCM (NIST SP 800-38D) and random nonces. The purpose is authenticated, too.

use std::path::{Path, PathBuf};
use std::sync::{Arc, PoisonError, RwLock};

use aws_lc_rs::aead::{AES_256_GCM, Aad, NONCE_LEN, Nonce, RandomizedNonceKey};
use aws_lc_rs::digest;
use keyferry_domain::SecretBytes;
use keyferry_domain::ports::StoreError;
use rusqlite::Connection;
use zeroize::Zeroizing;

use crate::Error;
use crate::files::{self, Key};

/// Number of bytes of a key's id. Two of a handful of keys practically never have the same id.
const ID_LENGTH: usize = 8;

/// Value and purpose of the row that detects a wrong key file.
pub(crate) const KEY_CHECK: &str = "keyferry key check 1";

/// Returns the purpose that binds a secret to its name, so that it cannot be opened under another name.
pub(crate) fn secret_purpose(name: &str) -> String {
    format!("keyferry secret 1 {name}")
}

/// Returns the id of the key that seals new values.
pub(crate) fn current_key(connection: &Connection) -> rusqlite::Result<String> {
    connection.prepare_cached("SELECT sealing_key FROM key_check")?.query_row([], |row| row.get(0))
}

/// Converts an error of sealing while the store is in use.
pub(crate) fn unavailable(error: Error) -> StoreError {
    StoreError::Unavailable(error.to_string())
}

/// Seals and opens values with one key.
struct Sealer {
    id: String,
    key: RandomizedNonceKey,
}

/// The keys of the key file, oldest first. All of them open values.
///
/// Another process may add a key: `keyferry rekey`. The file is read again when an unknown key is needed.
pub(crate) struct Keyring {
    file: PathBuf,
    sealers: RwLock<Vec<Arc<Sealer>>>,
}

/// A sealed value cannot be opened: its key is not in the key file, it has another purpose, or it was changed.
#[derive(Debug)]
pub(crate) struct DoesNotOpen;

/// Returns a new random key.
pub(crate) fn new_key() -> Result<Key, Error> {
    let mut key = Zeroizing::new([0; files::KEY_LENGTH]);
    aws_lc_rs::rand::fill(&mut *key).map_err(|_| Error::Cryptography("generating a key"))?;
    Ok(key)
}

/// Returns the id of a key: the first bytes of a hash, hex. It does not reveal the key.
pub(crate) fn id(key: &Key) -> String {
    let mut hashed = digest::Context::new(&digest::SHA256);
    hashed.update(b"keyferry sealing key 1");
    hashed.update(&key[..]);
    hashed.finish().as_ref()[..ID_LENGTH].iter().map(|byte| format!("{byte:02x}")).collect()
}

impl Keyring {
    /// Creates a keyring from the keys of a file.
    pub(crate) fn new(file: &Path, keys: &[Key]) -> Result<Self, Error> {
        Ok(Self { file: file.to_owned(), sealers: RwLock::new(sealers(keys)?) })
    }

    /// Returns the ids of the keys, oldest first.
    pub(crate) fn ids(&self) -> Vec<String> {
        self.read().iter().map(|sealer| sealer.id.clone()).collect()
    }

    /// Returns nonce, ciphertext and tag.
    pub(crate) fn seal(&self, id: &str, purpose: &str, value: &[u8]) -> Result<Vec<u8>, Error> {
        match self.sealer(id)? {
            Some(sealer) => sealer.seal(purpose, value),
            None => Err(Error::KeyNotInFile { key_file: self.file.clone(), id: id.to_owned() }),
        }
    }

    /// Returns whether the key with this id is in the file.
    ///
    /// # Errors
    /// Fails if the file cannot be read, and the key is not known without it.
    pub(crate) fn has(&self, id: &str) -> Result<bool, Error> {
        Ok(self.sealer(id)?.is_some())
    }

    pub(crate) fn open(&self, id: &str, purpose: &str, sealed: &[u8]) -> Result<SecretBytes, DoesNotOpen> {
        self.sealer(id).ok().flatten().ok_or(DoesNotOpen)?.open(purpose, sealed)
    }

    /// Returns the keys in the file.
    pub(crate) fn stored(&self) -> Result<Option<Vec<Key>>, Error> {
        files::read_keys(&self.file)
    }

    /// Replaces the keys in the file.
    pub(crate) fn replace(&self, keys: &[Key]) -> Result<(), Error> {
        files::replace_keys(&self.file, keys)?;
        self.reload()
    }

    /// Reads the file again.
    fn reload(&self) -> Result<(), Error> {
        if let Some(keys) = files::read_keys(&self.file)? {
            *self.sealers.write().unwrap_or_else(PoisonError::into_inner) = sealers(&keys)?;
        }
        Ok(())
    }

    fn sealer(&self, id: &str) -> Result<Option<Arc<Sealer>>, Error> {
        let find = || self.read().iter().find(|sealer| sealer.id == id).cloned();
        match find() {
            Some(sealer) => Ok(Some(sealer)),
            None => self.reload().map(|()| find()),
        }
    }

    fn read(&self) -> std::sync::RwLockReadGuard<'_, Vec<Arc<Sealer>>> {
        self.sealers.read().unwrap_or_else(PoisonError::into_inner)
    }
}

fn sealers(keys: &[Key]) -> Result<Vec<Arc<Sealer>>, Error> {
    keys.iter().map(|key| Sealer::new(key).map(Arc::new)).collect()
}

impl Sealer {
    fn new(key: &Key) -> Result<Self, Error> {
        RandomizedNonceKey::new(&AES_256_GCM, &**key)
            .map(|sealing| Self { id: id(key), key: sealing })
            .map_err(|_| Error::Cryptography("loading the key"))
    }

    fn seal(&self, purpose: &str, value: &[u8]) -> Result<Vec<u8>, Error> {
        // Reserves space for the tag: a reallocation would leave a copy of the plaintext in memory.
        let mut buffer = Zeroizing::new(Vec::with_capacity(value.len() + AES_256_GCM.tag_len()));
        buffer.extend_from_slice(value);
        let nonce = self
            .key
            .seal_in_place_append_tag(Aad::from(purpose), &mut *buffer)
            .map_err(|_| Error::Cryptography("sealing a secret"))?;
        let mut sealed = nonce.as_ref().to_vec();
        sealed.extend_from_slice(&buffer);
        Ok(sealed)
    }

    fn open(&self, purpose: &str, sealed: &[u8]) -> Result<SecretBytes, DoesNotOpen> {
        let (nonce, body) = sealed.split_at_checked(NONCE_LEN).ok_or(DoesNotOpen)?;
        let nonce = Nonce::try_assume_unique_for_key(nonce).map_err(|_| DoesNotOpen)?;
        let mut buffer = Zeroizing::new(body.to_vec());
        let length = self.key.open_in_place(nonce, Aad::from(purpose), &mut buffer).map_err(|_| DoesNotOpen)?.len();
        buffer.truncate(length);
        Ok(buffer.into())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn key(byte: u8) -> Key {
        Zeroizing::new([byte; files::KEY_LENGTH])
    }

    fn ring(keys: &[Key]) -> Keyring {
        Keyring::new(Path::new("/nonexistent/keyferry.key"), keys).unwrap()
    }

    #[test]
    fn opens_only_with_the_same_key_and_purpose() {
        let (seven, eight) = (id(&key(7)), id(&key(8)));
        let keyring = ring(&[key(7), key(8)]);
        let mut sealed = keyring.seal(&seven, "a", b"canary").unwrap();
        assert_eq!(keyring.open(&seven, "a", &sealed).unwrap().expose(), b"canary");
        assert!(keyring.open(&seven, "b", &sealed).is_err());
        assert!(keyring.open(&eight, "a", &sealed).is_err());
        assert!(ring(&[key(8)]).open(&seven, "a", &sealed).is_err());
        assert!(keyring.open(&seven, "a", &sealed[..5]).is_err());
        *sealed.last_mut().unwrap() ^= 1;
        assert!(keyring.open(&seven, "a", &sealed).is_err());
    }

    #[test]
    fn sealing_twice_gives_different_bytes() {
        let key = new_key().unwrap();
        let (id, keyring) = (id(&key), ring(&[key]));
        assert_ne!(keyring.seal(&id, "a", b"canary").unwrap(), keyring.seal(&id, "a", b"canary").unwrap());
    }

    #[test]
    fn does_not_seal_with_a_key_that_is_not_in_the_file() {
        let error = ring(&[key(7)]).seal(&id(&key(8)), "a", b"canary").unwrap_err();
        assert!(matches!(error, Error::KeyNotInFile { .. }), "{error}");
    }
}
