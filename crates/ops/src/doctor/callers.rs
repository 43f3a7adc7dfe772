//! Checks that the signing keys for callers' tokens are available.

use keyferry_domain::Finding;
use serde_json::Value;
use url::Url;

use super::target::Target;

const CHECK: &str = "callers' tokens";

pub(super) async fn key_set(target: &Target) -> Finding {
    let Some(metadata) = &target.callers_metadata else {
        let todo = "Make sure that no caller can bypass the platform. To check tokens in the connector as well, set \
                    KEYFERRY_CALLERS_CHECKED_BY=keyferry.";
        return Finding::warning(
            CHECK,
            "the platform in front of the connector checks callers; the connector does not",
            todo,
        );
    };
    match fetch(target, metadata).await {
        Ok(found) => Finding::ok(CHECK, found),
        Err(found) => {
            let todo = "The connector cannot verify callers' tokens. Check AZURE_TENANT_ID, MS_Login_Online_Endpoint \
                        and KEYFERRY_TOKEN_METADATA_URL.";
            Finding::failed(CHECK, found, todo)
        }
    }
}

async fn fetch(target: &Target, metadata: &Url) -> Result<String, String> {
    let get = async |url: &Url| -> Result<Value, String> {
        let answer = target.http.get(url).send().await.map_err(|error| error.to_string())?;
        if !answer.is_success() {
            return Err(format!("{url} returned status {}", answer.status));
        }
        answer.json().map_err(|error| error.to_string())
    };
    let described = get(metadata).await?;
    let keys = described["jwks_uri"].as_str().and_then(|text| Url::parse(text).ok());
    let keys = get(&keys.ok_or_else(|| format!("{metadata} has no jwks_uri"))?).await?;
    match keys["keys"].as_array().map_or(0, Vec::len) {
        0 => Err("the issuer publishes no signing keys".to_owned()),
        count => Ok(format!("{} publishes {count} signing keys", described["issuer"].as_str().unwrap_or("the issuer"))),
    }
}
