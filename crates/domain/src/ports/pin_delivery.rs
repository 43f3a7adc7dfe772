//! Delivery of PINs to their addressees.

use async_trait::async_trait;
use serde::{Deserialize, Serialize};

use crate::{DeliveryId, EmailAddress, Failure, Language, Pin, SerialNumber, ShipmentId, Timestamp, Tracking, UserRef};

/// Delivers PINs.
#[async_trait]
pub trait PinDelivery: Send + Sync {
    /// Returns who determines the addressees.
    fn addressing(&self) -> Addressing;

    /// Delivers the PIN. `Ok` means that the other side accepted responsibility for it.
    async fn deliver(&self, notice: &PinNotice<'_>) -> Result<(), Failure>;

    /// Sends a link to the page that shows the PIN. The message contains no PIN. `Ok` means that the other side
    /// accepted responsibility for it.
    ///
    /// # Errors
    /// Also fails if this kind of delivery can send PINs only.
    async fn deliver_link(&self, notice: &LinkNotice<'_>) -> Result<(), Failure>;

    /// Tells the previous addressees that the PIN was released to another person. The message contains no PIN. `Ok`
    /// means that the other side accepted responsibility for it.
    async fn tell_released(&self, notice: &ReleaseNotice<'_>) -> Result<Told, Failure>;

    /// Sends a mail to the person whom a key is for. The message contains no PIN. `Ok` means that the other side
    /// accepted responsibility for it.
    ///
    /// # Errors
    /// Also fails if this kind of delivery can send PINs only.
    async fn mail_person(&self, notice: &PersonNotice<'_>) -> Result<(), Failure>;
}

/// Result of telling the previous addressees.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Told {
    /// The message was sent.
    Sent,
    /// This kind of delivery can send PINs only.
    NotPossible,
}

/// Data of the message to the previous addressees of a PIN.
#[derive(Clone, Copy, Debug)]
pub struct ReleaseNotice<'a> {
    /// Keyferry's id of the shipment.
    pub shipment: ShipmentId,
    /// Delivery service's id of the shipment.
    pub delivery_id: &'a DeliveryId,
    /// Display name of the holder if known, else the user as given by the caller.
    pub user_name: &'a str,
    /// Serial number of the key.
    pub serial: &'a SerialNumber,
    /// Language of the addressees.
    pub language: Language,
    /// Previous addressees. Never empty.
    pub addressees: &'a [EmailAddress],
    /// Left part of the `Message-ID`.
    pub message_id: &'a str,
}

/// Data of a mail to the person whom a key is for. Not `Debug`, so that links cannot be logged.
pub struct PersonNotice<'a> {
    /// Keyferry's id of the shipment.
    pub shipment: ShipmentId,
    /// Mail address of the person, from the directory.
    pub addressee: &'a EmailAddress,
    /// Display name of the person if known, else the user as given by the caller.
    pub user_name: &'a str,
    /// Language of the addressee.
    pub language: Language,
    /// Whom to call. Empty if the settings contain nothing.
    pub contact: &'a str,
    /// What the mail is about.
    pub news: PersonNews<'a>,
    /// Left part of the `Message-ID`. The same for all attempts to send this mail.
    pub message_id: &'a str,
}

/// What a mail to the person is about.
#[derive(Clone, Copy)]
pub enum PersonNews<'a> {
    /// A key was ordered.
    Ordered {
        /// Who ordered it. `None` without a name.
        ordered_by: Option<&'a str>,
        /// Town or country to which it is sent, as far as known.
        town: Option<&'a str>,
        /// Address of the page on which the person can object. `None` if it is too late for that.
        object: Option<&'a str>,
    },
    /// The key was shipped.
    Shipped {
        /// Serial number of the key.
        serial: &'a SerialNumber,
        /// Tracking data of the parcel.
        tracking: &'a Tracking,
    },
    /// The key is registered.
    Registered {
        /// Serial number of the key.
        serial: &'a SerialNumber,
        /// Name of the key in the person's security info.
        key_name: &'a str,
    },
    /// The person is asked for the address to which the key is sent.
    Address {
        /// Who ordered the key. `None` without a name.
        ordered_by: Option<&'a str>,
        /// Address of the page with the form.
        link: &'a str,
        /// Address of the page on which the person can object.
        object: &'a str,
        /// Time until which the person can give the address.
        until: Timestamp,
        /// Whether the person was asked before.
        is_reminder: bool,
    },
    /// The key was reported as lost, and cannot be used any more. Also goes to the person's manager.
    Lost(LossNews<'a>),
    /// A temporary access pass waits for its addressee: the person, or the person's manager.
    AccessPass(PassNews<'a>),
}

/// What a mail about a lost key is about.
#[derive(Clone, Copy)]
pub struct LossNews<'a> {
    /// Whether the addressee is the manager of the person.
    pub to_manager: bool,
    /// Serial number of the key. `None` if its parcel was lost before it was known.
    pub serial: Option<&'a SerialNumber>,
    /// Time of the key's order.
    pub ordered_at: Timestamp,
    /// Who reported it. `None` without a name.
    pub reported_by: Option<&'a str>,
    /// Time of the report.
    pub reported_at: Timestamp,
    /// Time from which the key cannot be used.
    pub unusable_since: Timestamp,
    /// Whether the key could be used before.
    pub was_registered: bool,
    /// What is known about the next key.
    pub next_key: NextKey,
}

/// What a mail about a temporary access pass is about. The mail contains no pass.
#[derive(Clone, Copy)]
pub struct PassNews<'a> {
    /// Whether the addressee is the manager of the person.
    pub to_manager: bool,
    /// Who requested it. `None` without a name.
    pub requested_by: Option<&'a str>,
    /// Address of the page. Whoever has it must still sign in as the addressee.
    pub link: &'a str,
    /// Time from which the link is not valid any more.
    pub until: Timestamp,
    /// Time for which the pass is valid once it was shown, in minutes.
    pub minutes: u32,
}

/// What is known about the key that replaces a lost one.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum NextKey {
    /// None is ordered.
    None,
    /// Its order was requested, and is not in the queue yet.
    Planned,
    /// It is ordered.
    Ordered,
}

impl NextKey {
    /// Returns the name used in templates.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::None => "none",
            Self::Planned => "planned",
            Self::Ordered => "ordered",
        }
    }
}

/// Determines who resolves the addressees of a PIN.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Addressing {
    /// Keyferry resolves them. `PinNotice::addressees` is never empty.
    Resolved,
    /// The other side resolves them (the Logic App, with its own identity). Only the contacts of the order are passed
    /// on.
    ByTheOtherSide,
}

/// Link to a PIN and the data for its message. Not `Debug`, so that the link cannot be logged.
pub struct LinkNotice<'a> {
    /// Keyferry's id of the shipment.
    pub shipment: ShipmentId,
    /// Delivery service's id of the shipment.
    pub delivery_id: &'a DeliveryId,
    /// Display name of the holder if known, else the user as given by the caller.
    pub user_name: &'a str,
    /// Serial number of the key.
    pub serial: &'a SerialNumber,
    /// Address of the page. Whoever has it must still sign in as the addressee.
    pub link: &'a str,
    /// Time from which the link is not valid any more.
    pub expires_at: Timestamp,
    /// Language of the addressees.
    pub language: Language,
    /// Addressees of the PIN. Never empty.
    pub addressees: &'a [EmailAddress],
    /// Left part of the `Message-ID`. New for each link, because a link makes the previous one worthless.
    pub message_id: &'a str,
}

/// PIN and the data for its message. Not `Debug`, so that the PIN cannot be logged.
pub struct PinNotice<'a> {
    /// Keyferry's id of the shipment.
    pub shipment: ShipmentId,
    /// Delivery service's id of the shipment.
    pub delivery_id: &'a DeliveryId,
    /// Holder of the key, by object id if known.
    pub user: &'a UserRef,
    /// Display name of the holder if known, else the user as given by the caller.
    pub user_name: &'a str,
    /// Serial number of the key.
    pub serial: &'a SerialNumber,
    /// PIN of the key.
    pub pin: &'a Pin,
    /// Whether the key requires a new PIN before its first use.
    pub change_on_first_use: bool,
    /// Language of the addressees.
    pub language: Language,
    /// Addressees of the PIN. With [`Addressing::ByTheOtherSide`], only the order's contacts, possibly none.
    pub addressees: &'a [EmailAddress],
    /// Left part of the `Message-ID` (RFC 5322 section 3.6.4). The same for all automatic attempts for this PIN; new
    /// for each resend by an operator.
    pub message_id: &'a str,
}
