//! Settings of the pages for people.

use keyferry_settings::{parse, setting, settings};

settings! {
    /// Pages for people.
    #[derive(Clone, Debug)]
    pub struct PortalSettings in "Pages for people" {
        /// Whether the [pages for people](../how-to/show-pins-on-a-page.md) are served, at `/me` on the API's port.
        /// Users sign in as to the console, with the same app registration, and need no role.
        pub enabled: bool = setting("KEYFERRY_PORTAL", |text| parse::choice(text, &[("on", true), ("off", false)]))
            .default("off")
            .expected("`on` or `off`")
            .example("on"),
    }
}
