//! Delivered PINs.

use keyferry_domain::ports::{Addressing, LinkNotice, PersonNews, PersonNotice, PinNotice, ReleaseNotice};
use keyferry_domain::{Language, ShipmentId, UserRef};

/// Delivered PIN.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Sent {
    pub shipment: ShipmentId,
    pub user: UserRef,
    pub user_name: String,
    pub addressees: Vec<String>,
    pub serial: String,
    pub pin: String,
    pub change_on_first_use: bool,
    pub language: Language,
    pub message_id: String,
}

/// Sent link to a PIN.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SentLink {
    pub shipment: ShipmentId,
    pub addressees: Vec<String>,
    pub link: String,
    pub language: Language,
    pub message_id: String,
}

/// Sent mail to a person.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SentNews {
    pub shipment: ShipmentId,
    pub addressee: String,
    pub user_name: String,
    pub language: Language,
    pub contact: String,
    /// `ordered`, `shipped`, `registered`, `address` or `reminder`.
    pub about: &'static str,
    /// Town, tracking number, or name of the key.
    pub detail: String,
    /// Link to the page on which the person can object.
    pub object: Option<String>,
    /// Link to the page with the form of the address.
    pub link: Option<String>,
    pub message_id: String,
}

/// Simulated PIN delivery.
pub struct Pins {
    pub addressing: Addressing,
    pub sent: Vec<Sent>,
    /// Links to PINs that were sent.
    pub links: Vec<SentLink>,
    /// Mails to persons whom keys are for.
    pub news: Vec<SentNews>,
    /// Addressees that were told about a release to another person.
    pub told: Vec<String>,
    /// Shipments whose PIN is refused with 502 each time.
    pub unanswered: Vec<ShipmentId>,
}

impl Default for Pins {
    fn default() -> Self {
        Self {
            addressing: Addressing::Resolved,
            sent: Vec::new(),
            links: Vec::new(),
            news: Vec::new(),
            told: Vec::new(),
            unanswered: Vec::new(),
        }
    }
}

impl Pins {
    pub fn tell(&mut self, notice: &ReleaseNotice<'_>) {
        self.told.extend(notice.addressees.iter().map(ToString::to_string));
    }

    pub fn take_link(&mut self, notice: &LinkNotice<'_>) {
        assert!(!notice.addressees.is_empty(), "a link without an addressee");
        self.links.push(SentLink {
            shipment: notice.shipment,
            addressees: notice.addressees.iter().map(ToString::to_string).collect(),
            link: notice.link.to_owned(),
            language: notice.language,
            message_id: notice.message_id.to_owned(),
        });
    }

    pub fn take_person_mail(&mut self, notice: &PersonNotice<'_>) {
        let owned = |text: Option<&str>| text.map(str::to_owned);
        let (about, detail, object, link) = match notice.news {
            PersonNews::Ordered { town, object, .. } => {
                ("ordered", town.unwrap_or_default().to_owned(), owned(object), None)
            }
            PersonNews::Shipped { tracking, .. } => {
                ("shipped", tracking.number.clone().unwrap_or_default(), None, None)
            }
            PersonNews::Registered { key_name, .. } => ("registered", key_name.to_owned(), None, None),
            PersonNews::Address { link, object, is_reminder, .. } => {
                let about = if is_reminder { "reminder" } else { "address" };
                (about, String::new(), owned(Some(object)), owned(Some(link)))
            }
            PersonNews::Lost(loss) => {
                let about = if loss.to_manager { "lost_to_manager" } else { "lost" };
                let serial = loss.serial.map_or("-", |serial| serial.as_str());
                let detail = format!(
                    "{serial}, by {}, next key: {}",
                    loss.reported_by.unwrap_or("nobody named"),
                    loss.next_key.as_str()
                );
                (about, detail, None, None)
            }
            PersonNews::AccessPass(pass) => {
                let to = if pass.to_manager { "manager" } else { "person" };
                let by = pass.requested_by.unwrap_or("nobody named");
                let detail = format!("to the {to}, requested by {by}, {} minutes", pass.minutes);
                ("access_pass", detail, None, owned(Some(pass.link)))
            }
        };
        self.news.push(SentNews {
            shipment: notice.shipment,
            addressee: notice.addressee.to_string(),
            user_name: notice.user_name.to_owned(),
            language: notice.language,
            contact: notice.contact.to_owned(),
            about,
            detail,
            object,
            link,
            message_id: notice.message_id.to_owned(),
        });
    }

    pub fn take(&mut self, notice: &PinNotice<'_>) {
        if self.addressing == Addressing::Resolved {
            assert!(!notice.addressees.is_empty(), "a PIN without an addressee");
        }
        self.sent.push(Sent {
            shipment: notice.shipment,
            user: notice.user.clone(),
            user_name: notice.user_name.to_owned(),
            addressees: notice.addressees.iter().map(ToString::to_string).collect(),
            serial: notice.serial.to_string(),
            pin: notice.pin.expose().to_owned(),
            change_on_first_use: notice.change_on_first_use,
            language: notice.language,
            message_id: notice.message_id.to_owned(),
        });
    }
}
