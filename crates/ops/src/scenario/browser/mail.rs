//! Step 15: the mail in the browser.

use super::Window;
use crate::scenario::mail::PinMail;
use crate::scenario::order::Ordered;
use crate::scenario::parcel::Parcel;
use crate::scenario::step::Steps;
use crate::scenario::wire::Wire;
use crate::scenario::{Trouble, pin};

impl Window {
    pub(in crate::scenario) async fn show_mail(
        &self,
        wire: &Wire<'_>,
        steps: &mut Steps<'_>,
        ordered: &Ordered,
        parcel: &Parcel,
        mail: &PinMail,
    ) -> Result<(), Trouble> {
        self.session.go(&wire.sandbox(&["mailbox", &mail.id.to_string()])?).await?;
        let text = if mail.html_alone {
            self.session.enter("article iframe").await?;
            let text = self.session.text("body").await?;
            self.session.leave().await?;
            text
        } else {
            self.session.text("article").await?
        };
        let seen = pin::read(&text.unwrap_or_default(), ordered.pin_length, &parcel.serial)?;
        if seen.expose() != mail.pin.expose() {
            return Err(Trouble::OtherPinShown);
        }
        let picture = self.keep("mail.png").await?;
        let browser = self.session.browser();
        steps.done(format!("{browser} shows the mail about key {} with the same PIN{picture}", parcel.serial));
        Ok(())
    }
}
