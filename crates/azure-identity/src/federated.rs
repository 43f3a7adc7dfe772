//! Token that the platform writes to a file and renews there, for example of a Kubernetes service account
//! (<https://learn.microsoft.com/entra/workload-id/workload-identity-federation>).

use std::path::{Path, PathBuf};

use async_trait::async_trait;
use keyferry_domain::{Failure, FailureKind, Operation};
use zeroize::Zeroizing;

use crate::failures::FAILURES;
use crate::token::{AccessToken, TokenSource};

/// Largest file accepted, in bytes. No token is as large.
const LARGEST: u64 = 64 * 1024;

/// Token in a file. The file is read for each grant.
#[derive(Debug)]
pub struct FederatedToken {
    file: PathBuf,
}

impl FederatedToken {
    /// Creates the token source. Does not read the file yet.
    pub fn in_file(file: impl Into<PathBuf>) -> Self {
        Self { file: file.into() }
    }
}

#[async_trait]
impl TokenSource for FederatedToken {
    async fn token(&self) -> Result<AccessToken, Failure> {
        read(&self.file).map_err(|what| {
            let file = self.file.display();
            let message = format!("the token file {file} (AZURE_FEDERATED_TOKEN_FILE) {what}");
            let kind = FailureKind::Found("federated-token-unreadable");
            Failure::new(&FAILURES, Operation::AcquireToken, kind, message)
        })
    }

    fn invalidate(&self, _: &AccessToken) {}
}

fn read(file: &Path) -> Result<AccessToken, String> {
    let size = std::fs::metadata(file).map_err(|error| format!("cannot be read: {error}"))?.len();
    if size > LARGEST {
        return Err(format!("is too large for a token: {size} bytes"));
    }
    let text = std::fs::read_to_string(file).map_err(|error| format!("cannot be read: {error}"))?;
    let text = Zeroizing::new(text);
    match text.trim() {
        "" => Err("is empty".to_owned()),
        token => Ok(AccessToken::new(token)),
    }
}
