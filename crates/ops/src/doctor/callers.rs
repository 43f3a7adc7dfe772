//! Whoever issues callers' tokens: can they be checked?

use keyferry_domain::Finding;
use serde_json::Value;
use url::Url;

use super::target::Target;

const CHECK: &str = "callers' tokens";

pub(super) async fn key_set(target: &Target) -> Finding {
    let Some(metadata) = &target.callers_metadata else {
        let todo = "See that nobody reaches the API around it. KEYFERRY_CALLERS_CHECKED_BY=keyferry checks here, too.";
        return Finding::warning(CHECK, "the platform in front checks callers, the connector does not", todo);
    };
    match look(target, metadata).await {
        Ok(found) => Finding::ok(CHECK, found),
        Err(found) => {
            let todo = "Look at AZURE_TENANT_ID, MS_Login_Online_Endpoint and KEYFERRY_TOKEN_METADATA_URL: no caller can be let in.";
            Finding::failed(CHECK, found, todo)
        }
    }
}

async fn look(target: &Target, metadata: &Url) -> Result<String, String> {
    let get = async |url: &Url| -> Result<Value, String> {
        let answer = target.http.get(url).send().await.map_err(|error| error.to_string())?;
        if !answer.is_success() {
            return Err(format!("{url} answers {}", answer.status));
        }
        answer.json().map_err(|error| error.to_string())
    };
    let described = get(metadata).await?;
    let keys = described["jwks_uri"].as_str().and_then(|text| Url::parse(text).ok());
    let keys = get(&keys.ok_or_else(|| format!("{metadata} names no jwks_uri"))?).await?;
    match keys["keys"].as_array().map_or(0, Vec::len) {
        0 => Err("the issuer publishes no key".to_owned()),
        count => Ok(format!("keys of {}: {count}", described["issuer"].as_str().unwrap_or("the issuer"))),
    }
}
