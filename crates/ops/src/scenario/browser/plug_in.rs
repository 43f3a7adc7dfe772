//! Step 16: the delivered key, unlocked with its PIN, as a USB authenticator of the browser.

use keyferry_domain::Pin;

use super::Window;
use crate::scenario::answers::PluggedIn;
use crate::scenario::key::{HeldKey, Use};
use crate::scenario::order::{Ordered, same};
use crate::scenario::parcel::Parcel;
use crate::scenario::step::Steps;
use crate::scenario::wire::Wire;
use crate::scenario::{Trouble, pin};
use crate::webdriver::Authenticator;

impl Window {
    pub(in crate::scenario) async fn plug_in(
        &self,
        wire: &Wire<'_>,
        steps: &mut Steps<'_>,
        ordered: &Ordered,
        parcel: &Parcel,
        pin: &Pin,
    ) -> Result<Authenticator<'_>, Trouble> {
        let held = HeldKey { wire, serial: &parcel.serial };
        let left = held.refuses(Use::PlugIn, &pin::wrong(pin, ordered.pin_length)?).await?;
        let PluggedIn { credentials } = held.accepts(Use::PlugIn, pin).await?.json()?;
        let [credential] = credentials.as_slice() else {
            let got = format!("{}", credentials.len());
            return Err(Trouble::Mismatch { what: "credentials on the key", expected: "1".to_owned(), got });
        };
        same("the credential's id", &parcel.credential_id, &credential.credential_id)?;
        let key = Authenticator::plug_in(&self.session).await?;
        key.add(credential).await?;
        steps.done(format!(
            "key {} refused a wrong PIN ({left} attempts left); with the correct PIN its credential was added to a \
             virtual authenticator (CTAP 2.1, USB)",
            parcel.serial
        ));
        Ok(key)
    }
}
