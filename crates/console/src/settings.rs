//! Settings of the console.

use keyferry_http::setting::https_url;
use keyferry_settings::{Invalid, Secret, parse, secret, setting, settings};
use url::Url;

/// Component that signs users in.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum SignInBy {
    /// The console.
    Own,
    /// The platform in front.
    Platform,
}

settings! {
    /// The operator's console.
    #[derive(Clone, Debug)]
    pub struct ConsoleSettings in "Console" {
        /// Whether the [console](../how-to/set-up-the-console.md) is served, at `/console` on the API's port.
        pub enabled: bool = setting("KEYFERRY_CONSOLE", |text| parse::choice(text, &[("on", true), ("off", false)]))
            .default("off")
            .expected("`on` or `off`")
            .example("on"),

        /// Address of the service for browsers. After a sign-in, the browser returns to this address with
        /// `/console/callback`, which must be a redirect URI of the app registration.
        pub public_url: Option<Url> = setting("KEYFERRY_PUBLIC_URL", origin)
            .otherwise("required with `KEYFERRY_CONSOLE=on`, unless `KEYFERRY_BIND` is a loopback address")
            .expected("an https URL without a path")
            .example("https://keyferry.contoso.com"),

        /// Component that signs users in to the console. `platform`: the platform in front, such as Container Apps
        /// built-in authentication. It must pass the user's ID token, which its token store does, and
        /// [sign users in to all pages](../how-to/set-up-the-console.md#sign-in-by-the-platform).
        pub sign_in: SignInBy = setting("KEYFERRY_CONSOLE_SIGN_IN", |text| {
                parse::choice(text, &[("own", SignInBy::Own), ("platform", SignInBy::Platform)])
            })
            .default("own")
            .expected("`own`, or `platform` if the platform in front signs every user in")
            .example("platform"),

        /// Client id of the app registration that users sign in to. Its app roles permit what users may do.
        pub client_id: Option<String> = setting("KEYFERRY_CONSOLE_CLIENT_ID", parse::guid)
            .otherwise("the connector's app registration, with its app credential")
            .expected("the app registration's client id, a GUID")
            .example("0c0ffee0-0000-4000-8000-000000000001"),

        /// Client secret of that app registration. It is read again when the token endpoint refuses it.
        pub client_secret: Option<Secret> = secret("KEYFERRY_CONSOLE_CLIENT_SECRET")
            .otherwise("required with `KEYFERRY_CONSOLE_CLIENT_ID`, unless `KEYFERRY_CONSOLE_SIGN_IN=platform`")
            .expected("the client secret's value (not its id)"),
    }
}

/// Parses the address of the service for browsers: scheme, host and port.
///
/// # Errors
/// If it is no https address, or has a path. http is permitted for this machine.
pub fn origin(text: &str) -> Result<Url, Invalid> {
    let url = https_url(text)?;
    if url.path() == "/" { Ok(url) } else { Err("it has a path".into()) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn public_url_is_an_origin() {
        for good in ["https://keyferry.contoso.com", "https://keyferry.contoso.com:8443/", "http://127.0.0.1:8080"] {
            assert!(origin(good).is_ok(), "{good}");
        }
        for bad in ["https://contoso.com/keyferry", "http://keyferry.contoso.com", "keyferry.contoso.com", ""] {
            assert!(origin(bad).is_err(), "{bad}");
        }
    }
}
