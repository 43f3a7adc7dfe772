//! The table itself: one rule a line.

use keyferry_domain::{ObstacleClass, Operation, Party};

use super::{Rule, Scope, When, rule};
use ObstacleClass::{Attention, Final, Retry};

/// The table.
#[rustfmt::skip]
pub const RULES: &[Rule] = {
    use Operation as Op;
    use Party::{DeliveryService, Factory, IdentityProvider, PinDelivery, Store, TokenEndpoint};
    use Scope::{Run, Shipment};
    use When::{Anything, Code, NoAnswer, NotUnderstood, ServerError, Status, Unreachable};
    &[
        rule(TokenEndpoint, None, Code("AADSTS7000215"), Attention, Run, "The connector's client secret is wrong: set the current one (the secret's value, not its id)."),
        rule(TokenEndpoint, None, Code("AADSTS7000222"), Attention, Run, "The connector's client secret has expired: make a new one and set it."),
        rule(TokenEndpoint, None, Status(400), Attention, Run, "The connector's app registration or tenant setting is wrong: compare tenant id and client id."),
        rule(TokenEndpoint, None, Status(401), Attention, Run, "The connector's credentials are refused: check the client secret."),
        rule(TokenEndpoint, None, Code("secret-unreadable"), Attention, Run, "The connector's client secret cannot be read: mend its file."),
        rule(TokenEndpoint, None, Anything, Retry, Run, "No access token can be had for now; the next run tries again."),
        rule(IdentityProvider, None, Status(429), Retry, Run, "The identity provider throttles; the next run goes on."),
        rule(IdentityProvider, None, Status(401), Attention, Run, "The identity provider does not take the connector's token: check tenant, endpoint and app registration."),
        rule(IdentityProvider, Some(Op::Register), Status(400), Final, Shipment, "The identity provider will not take this credential: its challenge may have run out, or the policy (attestation, key restrictions, self-service) forbids the key. Check the policy, then ask for a retry, or order a new key."),
        rule(IdentityProvider, Some(Op::Register), Status(403), Attention, Shipment, "The connector may not register keys for this user: check the permission UserAuthMethod-Passkey.ReadWrite.All and its consent."),
        rule(IdentityProvider, Some(Op::Register), Status(404), Attention, Shipment, "The user is not found any more: was the account deleted or renamed?"),
        rule(IdentityProvider, Some(Op::Register), Status(405), Final, Shipment, "The identity provider does not allow this registration at all."),
        rule(IdentityProvider, Some(Op::Register), Status(409), Retry, Shipment, "The identity provider says the method exists, but it cannot be found yet; the next run looks again."),
        rule(IdentityProvider, Some(Op::CreationOptions), Status(404), Attention, Shipment, "The user is not found: was the account deleted or renamed?"),
        rule(IdentityProvider, Some(Op::Register), Code("user-changed"), Final, Shipment, "The name belongs to somebody else now. Nothing was registered. If that is as it should be, resolve this shipment; the key must not be used."),
        rule(IdentityProvider, Some(Op::DeliverPin), Code("user-changed"), Final, Shipment, "The name belongs to somebody else now, so no PIN was sent: it would go to that person's manager. Resolve this shipment, and order a new key by object id."),
        rule(IdentityProvider, None, Status(403), Attention, Shipment, "The connector lacks a permission for this call: grant it and consent to it."),
        rule(IdentityProvider, None, Status(404), Attention, Shipment, "The identity provider does not find it: was the account deleted or renamed?"),
        rule(IdentityProvider, None, Status(400), Attention, Shipment, "The identity provider refuses the call: check the authentication methods policy and the user."),
        rule(IdentityProvider, None, ServerError, Retry, Shipment, "The identity provider has trouble; the next run tries again."),
        rule(IdentityProvider, None, NoAnswer, Retry, Shipment, "The identity provider did not answer; the next run tries again."),
        rule(IdentityProvider, None, NotUnderstood, Attention, Shipment, "The identity provider's answer is not what its documentation says: check the endpoint setting."),
        rule(IdentityProvider, None, Anything, Attention, Shipment, "Check the identity provider."),
        rule(DeliveryService, None, Status(401), Attention, Run, "The delivery service refuses our API token: it is wrong, expired or its user was removed. Set a new token."),
        rule(DeliveryService, None, Status(403), Attention, Run, "The delivery service refuses our API token for this: check its user's role and organisation."),
        rule(DeliveryService, None, Code("token-not-text"), Attention, Run, "The delivery service's API token is not a token: set it anew."),
        rule(DeliveryService, None, Code("secret-unreadable"), Attention, Run, "The delivery service's API token cannot be read: mend its file."),
        rule(DeliveryService, None, Code("no-signing-key"), Attention, Run, "The delivery service publishes no key that could have signed a response: check the endpoint setting."),
        rule(DeliveryService, None, Status(429), Retry, Run, "The delivery service throttles; the next run goes on."),
        rule(DeliveryService, None, Code("needs-editing"), Attention, Shipment, "The delivery service holds the order back: edit it in its console, every run looks again."),
        rule(DeliveryService, None, Code("delivery-failed"), Final, Shipment, "The delivery failed. Ask the delivery service's support; then ask for a retry, or resolve this shipment and order again."),
        rule(DeliveryService, None, Code("unknown-state"), Attention, Shipment, "The delivery service reports a state that this version does not know; nothing is done with it. Look at the shipment in its console."),
        rule(DeliveryService, None, Code("responses-missing"), Retry, Shipment, "The shipment is ready but its responses are not there yet; the next run looks again."),
        rule(DeliveryService, None, Code("pin-missing"), Attention, Shipment, "The delivery service does not serve the PIN response, or not any more; every run looks again. If it stays away, ask its support."),
        rule(DeliveryService, None, Code("unexpected-keys"), Final, Shipment, "The delivery service reports other keys than were ordered. Nothing was registered. Ask its support."),
        rule(DeliveryService, None, Code("shipment-gone"), Final, Shipment, "The key is registered, but its PIN cannot be fetched any more. Order a new key, or have the person's key reset."),
        rule(DeliveryService, None, ServerError, Retry, Shipment, "The delivery service has trouble; the next run tries again."),
        rule(DeliveryService, None, NoAnswer, Retry, Shipment, "The delivery service did not answer; the next run tries again."),
        rule(DeliveryService, None, NotUnderstood, Attention, Shipment, "The delivery service's answer is not what its documentation says: check the endpoint setting."),
        rule(DeliveryService, None, Anything, Attention, Shipment, "Look at the shipment in the delivery service's console."),
        rule(Factory, None, Code("response-key-gone"), Final, Shipment, "Without the response key nothing that the factory sends can be opened. Restore it from a backup and ask for a retry, or order a new key."),
        rule(Factory, None, Code("library-failed"), Retry, Shipment, "The cryptographic library gave up; the next run tries again."),
        rule(Factory, None, Code("unknown-signing-key"), Attention, Shipment, "The response is signed by a key that the delivery service does not publish. If it stays, ask its support; nothing was registered."),
        rule(Factory, None, Anything, Final, Shipment, "The response is not what was asked for, so it is not used. Do not hand out this key; ask the delivery service's support."),
        rule(PinDelivery, Some(Op::ResolveAddressee), Code("no-manager"), Attention, Shipment, "Set a manager for the user; every run looks again."),
        rule(PinDelivery, Some(Op::ResolveAddressee), Anything, Attention, Shipment, "Mend the addressee of the PIN; every run looks again."),
        rule(PinDelivery, None, Code("starttls-not-offered"), Attention, Run, "The mail server offers no TLS, and no PIN goes without: check host and port."),
        rule(PinDelivery, None, Code("sign-in-not-offered"), Attention, Run, "The mail server offers no sign-in: check host and port, or send without user and password."),
        rule(PinDelivery, None, Code("secret-unreadable"), Attention, Run, "The mail server's password cannot be read: mend its file."),
        rule(PinDelivery, None, Code("wrong-password-form"), Attention, Run, "The mail server's password is not text: mend it."),
        rule(PinDelivery, None, Status(401), Attention, Run, "The way the PIN goes refuses our credentials: check them."),
        rule(PinDelivery, None, Status(429), Retry, Run, "The way the PIN goes throttles; the next run goes on."),
        rule(PinDelivery, None, Status(535), Attention, Run, "The mail server refuses our credentials: check user and password."),
        rule(PinDelivery, None, Status(421), Retry, Shipment, "The mail server is not available; the next run tries again."),
        rule(PinDelivery, None, Status(450), Retry, Shipment, "The mail server asks to come back later; the next run does."),
        rule(PinDelivery, None, Status(451), Retry, Shipment, "The mail server asks to come back later; the next run does."),
        rule(PinDelivery, None, Status(452), Retry, Shipment, "The mail server asks to come back later; the next run does."),
        rule(PinDelivery, None, Status(550), Attention, Shipment, "The mail server does not know the addressee: mend the mail address."),
        rule(PinDelivery, None, ServerError, Retry, Shipment, "The PIN was not taken; the next run tries again, without registering again."),
        rule(PinDelivery, None, Unreachable, Retry, Shipment, "The PIN has not gone out; the next run tries again."),
        rule(PinDelivery, None, NoAnswer, Retry, Shipment, "The PIN may or may not have gone out; the next run sends it again under the same message id."),
        rule(PinDelivery, None, Anything, Attention, Shipment, "The PIN was not taken: check the way it goes (Logic App run history, mail server log)."),
        rule(Store, None, Anything, Retry, Run, "The store does not work: check disk space, permissions and its log."),
    ]
};
