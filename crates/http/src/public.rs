//! Reading of public documents, which may have moved.

use keyferry_domain::{Operation, Party};
use url::Url;

use crate::call::target;
use crate::{Answer, CallError, Client};

/// Most redirects that are followed for one document.
const MAX_REDIRECTS: usize = 2;

impl Client {
    /// Gets a public document, for example a key set, without an `Authorization` header.
    ///
    /// Follows up to two redirects (301, 302, 307, 308) to the same scheme, host and port as `url` or as one of
    /// `also_from`: a document may move there, and both are configured. Any other redirect is an error, because the
    /// document is trusted for the host that it comes from.
    ///
    /// # Errors
    /// As [`crate::Request::send`], and [`CallError::Moved`] for a redirect that is not followed.
    pub async fn get_public(
        &self,
        url: &Url,
        also_from: &[&Url],
        party: Party,
        operation: Operation,
    ) -> Result<Answer, CallError> {
        let mut at = url.clone();
        let mut redirects = 0;
        loop {
            let answer = self.get(&at).about(party, operation).send().await?;
            if !matches!(answer.status, 301 | 302 | 307 | 308) {
                return Ok(answer);
            }
            let next = answer.header("location").and_then(|location| at.join(location).ok());
            let known = |next: &Url| [url].iter().chain(also_from).any(|known| known.origin() == next.origin());
            match next {
                Some(next) if redirects < MAX_REDIRECTS && known(&next) => {
                    tracing::warn!(
                        from = target(&at),
                        to = target(&next),
                        remedy = "Set the new address in the settings.",
                        "followed redirect of a public document"
                    );
                    redirects += 1;
                    at = next;
                }
                next => {
                    let to = next.as_ref().map_or_else(|| "an invalid address".to_owned(), target);
                    return Err(CallError::Moved { call: answer.call().clone(), status: answer.status, to });
                }
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use keyferry_testkit::scripted::{Double, Then};

    use super::*;
    use crate::ClientOptions;

    async fn get(double: &Double, also_from: &[&Url]) -> Result<Answer, CallError> {
        let client = Client::new(ClientOptions::default()).unwrap();
        client.get_public(&double.url, also_from, Party::IdentityProvider, Operation::SigningKeys).await
    }

    fn moved(status: u16, to: &str) -> Then {
        Then::with(status, &format!("location: {to}"), "")
    }

    #[tokio::test]
    async fn follows_redirect_on_the_same_host() {
        for status in [301, 302, 307, 308] {
            let mut double = Double::start([moved(status, "/new/keys?v=2"), Then::json(200, "{}")]).await;
            assert_eq!(get(&double, &[]).await.unwrap().status, 200);
            let requests = double.requests();
            assert!(requests[1].starts_with("GET /new/keys?v=2 HTTP/1.1\r\n"), "{requests:?}");
            assert!(!requests[1].contains("authorization"), "{requests:?}");
        }
    }

    #[tokio::test]
    async fn follows_redirect_to_another_host_only_if_configured() {
        let new = Double::start([Then::json(200, "{}")]).await;
        let to = new.url.join("keys?sig=x").unwrap();
        let old = Double::start([moved(301, to.as_str()), moved(301, to.as_str())]).await;
        let error = get(&old, &[]).await.unwrap_err();
        let named = format!("returned 301: it moved to http://{}/keys", to.authority());
        assert!(matches!(error, CallError::Moved { .. }) && error.to_string().contains(&named), "{error}");
        assert!(!error.to_string().contains("sig="), "{error}");
        assert_eq!(get(&old, &[&new.url]).await.unwrap().status, 200);
    }

    #[tokio::test]
    async fn follows_two_redirects_at_most() {
        let mut double = Double::start((0..4).map(|_| moved(302, "/again"))).await;
        assert!(matches!(get(&double, &[]).await, Err(CallError::Moved { .. })));
        assert_eq!(double.requests().len(), 3);
    }

    #[tokio::test]
    async fn never_leaves_tls_or_follows_an_invalid_address() {
        for to in ["ftp://localhost/", "http://graph.example/", "https://[broken"] {
            let double = Double::start([moved(301, to)]).await;
            assert!(matches!(get(&double, &[]).await, Err(CallError::Moved { .. })), "{to}");
        }
        let double = Double::start([Then::json(301, "{}")]).await;
        let error = get(&double, &[]).await.unwrap_err().to_string();
        assert!(error.contains("it moved to an invalid address"), "{error}");
    }
}
