//! Connects adapters to ports, and starts the engine and the two HTTP servers.

mod administration;
mod console;
mod doctor;
mod embedded;
mod identity;
mod mail;
mod outside;
mod permissions;
mod port_wrapper;
mod reconcile;
mod serve;
mod status;
mod store;
mod trust;

use std::net::{Ipv4Addr, Ipv6Addr, SocketAddr};
use std::sync::Arc;

use axum::middleware::from_fn;
use keyferry_access::{Limits, Sessions};
use keyferry_api::ApiState;
use keyferry_azure_identity::{AppCredentialExpiries, TokenSource};
use keyferry_console::{Chain, ConsoleState, Health, HealthSources, ServerProblem};
use keyferry_domain::ports::{SelfCheck, ShipmentFilter, ShipmentStore};
use keyferry_domain::{Entropy, SavedViewStore, SecretBytes, SessionStore, WebhookSender as _};
use keyferry_engine::{Engine, Ports, Provider, Providers, Registration};
use keyferry_entra::Entra;
use keyferry_evidence::EvidenceStore;
use keyferry_http::Client;
use keyferry_pages::{PublicUrl, Site};
use keyferry_portal::PortalState;
use keyferry_webhooks::Sender;
use keyferry_yubico::Delivery;
use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;

pub(crate) use self::administration::{GivenToken, setup};
pub(crate) use self::doctor::{archive, examine};
pub(crate) use self::embedded::{embedded_store, evidence_store};
pub use self::port_wrapper::{PortWrapper, Unwrapped};
pub(crate) use self::reconcile::reconcile;
#[cfg(test)]
pub(crate) use self::status::report as status_report;
use crate::config::Settings;
use crate::system::{SystemClock, SystemEntropy};
use crate::telemetry::{page, requests};
use console::ConsoleSignIn;
use outside::SecretSources;
use store::LostDatabase;

/// Adapters as ports, before anything is started.
struct Parts {
    ports: Ports,
    entra: Arc<Entra>,
    delivery: Arc<Delivery>,
    store_checks: Vec<Arc<dyn SelfCheck>>,
    pin_check: Arc<dyn SelfCheck>,
    http: Client,
    graph_tokens: Arc<dyn TokenSource>,
    expiries: AppCredentialExpiries,
    sessions: Arc<dyn SessionStore>,
    views: Arc<dyn SavedViewStore>,
    evidence: Arc<dyn EvidenceStore>,
    /// Sign-in of the console, if it is on.
    sign_in: Option<ConsoleSignIn>,
}

/// Checks the webhook of the settings, without calling it.
fn check_webhook(settings: &Settings, sender: &Sender) -> Result<(), String> {
    if let Some(url) = &settings.engine.webhook_url {
        sender.check_url(url).map_err(|reason| format!("KEYFERRY_WEBHOOK_URL: {reason}"))?;
    }
    let Some(secret) = &settings.engine.webhook_secret else { return Ok(()) };
    let text = secret.read().map_err(|error| error.to_string())?;
    for one in text.split_whitespace() {
        let secret = SecretBytes::new(one.as_bytes().to_vec());
        sender.check_secret(&secret).map_err(|reason| format!("KEYFERRY_WEBHOOK_SECRET: {reason}"))?;
    }
    Ok(())
}

async fn parts(settings: &Settings, wrapper: &dyn PortWrapper, lost_database: LostDatabase) -> Result<Parts, String> {
    let clock = wrapper.clock(Arc::new(SystemClock));
    let entropy: Arc<dyn Entropy> = Arc::new(SystemEntropy);
    let expiries = AppCredentialExpiries::default();
    let keyring = SecretSources { vault: None, clock: &clock, expiries: &expiries };
    let stores = store::open(settings, &entropy, keyring, lost_database).await?;
    let keyring = SecretSources { vault: stores.vault.as_ref(), ..keyring };
    let outside = outside::adapters(settings, &entropy, keyring)?;
    let (pin_delivery, pin_check) = mail::way(settings, &outside, keyring)?;
    let sign_in = console::sign_in(settings, keyring)?;
    let registration = Registration::CreationOptions(outside.entra.clone());
    let entra = Provider { registration, directory: outside.entra.clone() };
    let webhook_sender =
        Sender::new(&settings.webhooks, settings.outgoing.extra_ca.as_deref()).map_err(|error| error.to_string())?;
    check_webhook(settings, &webhook_sender)?;
    let ports = Ports {
        clock,
        entropy,
        providers: Providers::new(keyferry_entra::provider_id(), entra),
        delivery_service: outside.delivery.clone(),
        sealer: outside.delivery.clone(),
        pin_delivery,
        shipments: stores.shipments,
        secrets: stores.secrets,
        idempotency: stores.idempotency,
        leases: stores.leases,
        batches: stores.batches,
        journal: stores.journal,
        webhooks: stores.webhooks,
        webhook_sender: Arc::new(webhook_sender),
    };
    Ok(Parts {
        ports,
        entra: outside.entra,
        delivery: outside.delivery,
        store_checks: stores.checks,
        pin_check,
        http: outside.http,
        graph_tokens: outside.graph_tokens,
        expiries,
        sessions: stores.sessions,
        views: stores.views,
        evidence: stores.evidence,
        sign_in,
    })
}

/// A running connector.
pub(crate) struct Connector {
    engine: Engine,
    shipments: Arc<dyn ShipmentStore>,
    api: SocketAddr,
    probes: SocketAddr,
    console: Option<String>,
    stop: CancellationToken,
    tasks: TaskTracker,
}

impl Connector {
    /// Builds and starts a connector. The error message is meant for the operator.
    pub(crate) async fn start(settings: Settings, wrapper: &dyn PortWrapper) -> Result<Self, String> {
        let status = status::report(&settings.status)?;
        let parts = parts(&settings, wrapper, LostDatabase::Refused).await?;
        let authentication = identity::authentication(&settings, parts.ports.clock.clone())?;
        let trust_anchors = trust::anchors(&settings.trust)?;
        let fido_metadata = trust::fido_metadata(&settings.trust, parts.ports.clock.now())?;
        trust::warn_if_outdated(fido_metadata.as_ref(), parts.ports.clock.now());
        if settings.engine.challenge_lifetime < std::time::Duration::from_secs(24 * 3600) {
            tracing::warn!(
                "ENTRA_FIDO_API_CHALLENGE_TIMEOUT_MINUTES is less than one day: few parcels arrive that quickly, and a \
                 key whose challenge has expired cannot be registered"
            );
        }
        permissions::check(&settings, parts.graph_tokens.as_ref()).await?;
        let checks = doctor::of_running(&settings, &parts)?;
        let (expiries, now) = (parts.expiries, parts.ports.clock.clone());
        let app_credentials = expiries.clone();
        let expiring_app_credentials = Arc::new(move || expiries.soon(now.now()));
        let mut flow = settings.engine;
        let drain = serve::drain_timeout(flow.create_budget);
        flow.trust_anchors = trust_anchors;
        let meter = opentelemetry::global::meter("keyferry");
        let limits = Limits::new(settings.limits, parts.ports.clock.clone(), &meter);
        flow.fido_metadata = fido_metadata.map(Arc::new);
        let (process_schedule, cleanup_schedule) = (flow.process_schedule.clone(), flow.cleanup_schedule.clone());
        let reconcile_schedule = flow.reconcile_schedule.clone();
        let ports = wrapper.ports(parts.ports);
        let clock = ports.clock.clone();
        let shipments = ports.shipments.clone();
        let server_problem = ServerProblem::default();
        let health = HealthSources {
            examine: doctor::on_demand(checks, &ports, settings.trust),
            settings: settings.effective.into(),
            app_credentials: Arc::new(move || app_credentials.known()),
            server: server_problem.clone(),
            version: console::version(),
            is_sandbox: console::is_sandbox(&settings.login),
        };
        let pages = [
            ("/me/pin/", flow.pin_page.clone()),
            ("/me/address/", flow.address_page.clone()),
            ("/me/object/", flow.object_page.clone()),
            ("/me/pass/", flow.pass_page.clone()),
        ];
        let engine = Engine::new(ports, flow, &meter);
        reconcile::require_intact(&engine).await?;
        let state = ApiState {
            engine: engine.clone(),
            authentication,
            limits,
            status,
            expiring_app_credentials,
            unknown_members: settings.bodies.unknown_members,
        };
        let public_url = PublicUrl::default();
        let (has_console, has_portal) = (settings.console.enabled, settings.portal.enabled);
        let operations = keyferry_api::operations(state.clone());
        let mut routes = wrapper.routes(keyferry_api::router(state));
        if let Some(sign_in) = parts.sign_in {
            let sessions = Sessions::new(parts.sessions, clock.clone(), sign_in.own.client_id());
            let site = |area| Site {
                area,
                sign_in: sign_in.own.clone(),
                platform: sign_in.platform.clone(),
                sessions: sessions.clone(),
                clock: clock.clone(),
                public_url: public_url.clone(),
            };
            if has_portal {
                let state = PortalState::new(site(&keyferry_portal::AREA), &engine);
                routes = routes.merge(keyferry_portal::router(state));
            }
            if has_console {
                routes = routes.merge(keyferry_console::router(ConsoleState {
                    engine: engine.clone(),
                    api: operations,
                    site: site(&keyferry_console::AREA),
                    views: parts.views,
                    health: Health::new(health),
                    chain: Chain::new(parts.evidence),
                    clock,
                }));
            }
        }
        let routes = routes.layer(from_fn(requests::measure));
        let (stop, tasks) = (CancellationToken::new(), TaskTracker::new());
        let listen = settings.listen;
        let wanted = SocketAddr::new(listen.bind, listen.api_port);
        let (api, api_server) = serve::api(wanted, routes, settings.connections, drain, &stop).await?;
        let console = console::set_address(&public_url, settings.console.public_url, reachable(api));
        let console = console.filter(|_| has_console);
        for (path, page) in pages {
            if let Some(address) = public_url.page(path) {
                page.set(address);
            }
        }
        let load = api_server.load();
        let problems = Arc::new(move || serve::problem(&load));
        server_problem.set(problems.clone());
        let probe_routes = keyferry_api::probes(engine.clone(), problems).merge(page::routes());
        let wanted = SocketAddr::new(listen.bind, listen.probe_port);
        let (probes, probe_server) = serve::probes(wanted, probe_routes, &stop).await?;
        tasks.spawn(api_server.run());
        tasks.spawn(probe_server.run());
        let (worker, token) = (engine.clone(), stop.clone());
        tasks.spawn(async move { worker.dispatcher.run(&token).await });
        let (worker, token) = (engine.clone(), stop.clone());
        tasks.spawn(async move { worker.batch_worker.run(&token).await });
        let (worker, token) = (engine.clone(), stop.clone());
        tasks.spawn(async move { worker.webhook_worker.run(&token).await });
        let (worker, token, schedule) = (engine.clone(), stop.clone(), process_schedule);
        tasks.spawn(async move { worker.schedules.process_on_schedule(&schedule, &token).await });
        let (worker, token, schedule) = (engine.clone(), stop.clone(), cleanup_schedule);
        tasks.spawn(async move { worker.schedules.clean_up_on_schedule(&schedule, &token).await });
        let (worker, token, schedule) = (engine.clone(), stop.clone(), reconcile_schedule);
        tasks.spawn(async move { worker.schedules.reconcile_on_schedule(&schedule, &token).await });
        Ok(Self { engine, shipments, api, probes, console, stop, tasks })
    }

    /// Processes all shipments, if one is open. Returns when they were processed, or after a limited wait.
    pub(crate) async fn process_open(&self) {
        // A failure of the store is reported by the run.
        let open = self.shipments.counts(&ShipmentFilter::open()).await;
        if open.map_or(true, |counts| !counts.0.is_empty()) {
            self.engine.processing.process_on_demand().await;
        }
    }

    /// Returns the address at which this machine can reach the API.
    pub(crate) fn api(&self) -> SocketAddr {
        reachable(self.api)
    }

    /// Returns the address at which this machine can reach the probes.
    pub(crate) fn probes(&self) -> SocketAddr {
        reachable(self.probes)
    }

    /// Returns the address of the console for browsers, if it is on.
    pub(crate) fn console(&self) -> Option<&str> {
        self.console.as_deref()
    }

    /// Stops accepting calls and completes work in progress.
    pub(crate) async fn shut_down(self) {
        self.stop.cancel();
        self.tasks.close();
        self.tasks.wait().await;
        self.engine.shut_down().await;
    }
}

/// Replaces an unspecified address such as 0.0.0.0, which cannot be called, with the loopback address.
fn reachable(mut address: SocketAddr) -> SocketAddr {
    if address.ip().is_unspecified() {
        address.set_ip(if address.is_ipv4() { Ipv4Addr::LOCALHOST.into() } else { Ipv6Addr::LOCALHOST.into() });
    }
    address
}
