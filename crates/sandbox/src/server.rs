//! Start and stop.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr};
use std::sync::Arc;

use axum::Router;
use axum::extract::Request;
use axum::extract::State;
use axum::middleware::{Next, from_fn, from_fn_with_state};
use tokio::net::TcpListener;
use tokio::task::JoinHandle;
use tokio_util::sync::CancellationToken;
use tower_http::limit::RequestBodyLimitLayer;
use url::Url;

use crate::error::Error;
use crate::ground::facts::Facts;
use crate::ground::listener::{Connection, CuttableListener, TlsListener};
use crate::options::SandboxOptions;
use crate::world::World;
use crate::{control, delivery, entra, graph, mailbox, pages, signin, vault};

/// No call of any of the services is larger.
const BODY_LIMIT: usize = 1024 * 1024;

/// The sandbox before it runs.
#[derive(Debug)]
pub struct Sandbox;

/// Where a running sandbox listens.
#[derive(Clone, Copy, Debug)]
pub struct Addresses {
    /// Everything that speaks HTTP.
    pub http: SocketAddr,
    /// SMTP with STARTTLS.
    pub smtp: SocketAddr,
    /// SMTP with implicit TLS.
    pub smtps: SocketAddr,
    /// HTTPS: the vault.
    pub vault: SocketAddr,
}

/// A sandbox that runs until it is shut down or dropped.
#[derive(Debug)]
pub struct RunningSandbox {
    addresses: Addresses,
    world: Arc<World>,
    stop: CancellationToken,
    tasks: Vec<JoinHandle<()>>,
}

impl Sandbox {
    /// Opens the ports and begins to serve on the current runtime.
    ///
    /// # Errors
    /// When a port is taken, the base URL is none, or test keys cannot be made.
    pub async fn start(options: SandboxOptions) -> Result<RunningSandbox, Error> {
        let http = listen(options.bind, options.http_port, "HTTP").await?;
        let smtp = listen(options.bind, options.smtp_port, "SMTP with STARTTLS").await?;
        let smtps = listen(options.bind, options.smtps_port, "SMTP with implicit TLS").await?;
        let vault = listen(options.bind, options.vault_port, "the vault").await?;
        let addresses = Addresses { http: http.1, smtp: smtp.1, smtps: smtps.1, vault: vault.1 };
        let world = Arc::new(World::new(Facts {
            base_url: base_url(options.public_base, addresses.http)?,
            http_port: addresses.http.port(),
            rp_id: options.rp_id,
            seed: options.seed,
            parcel_seconds_per_state: options.parcel_seconds_per_state,
            smtp_port: addresses.smtp.port(),
            smtps_port: addresses.smtps.port(),
            vault_url: format!("https://{}", reachable(addresses.vault)),
        })?);
        let stop = CancellationToken::new();
        let app = router(&world).into_make_service_with_connect_info::<Connection>();
        let serve = axum::serve(CuttableListener(http.0), app).with_graceful_shutdown(stop.clone().cancelled_owned());
        let web = tokio::spawn(async move {
            if let Err(error) = serve.await {
                tracing::error!(%error, "the sandbox stopped serving HTTP");
            }
        });
        let vault = TlsListener { tcp: vault.0, acceptor: world.tls.acceptor.clone() };
        let app = around(vault::router(&world.guard), &world).into_make_service_with_connect_info::<Connection>();
        let serve = axum::serve(vault, app).with_graceful_shutdown(stop.clone().cancelled_owned());
        let secrets = tokio::spawn(async move {
            if let Err(error) = serve.await {
                tracing::error!(%error, "the sandbox stopped serving its vault");
            }
        });
        let mail = tokio::spawn(mailbox::serve(Arc::clone(&world), smtp.0, smtps.0, stop.clone()));
        Ok(RunningSandbox { addresses, world, stop, tasks: vec![web, secrets, mail] })
    }
}

impl RunningSandbox {
    /// Where it listens.
    #[must_use]
    pub fn addresses(&self) -> Addresses {
        self.addresses
    }

    /// Base URL of everything that speaks HTTP; ends with `/`.
    #[must_use]
    pub fn base_url(&self) -> &Url {
        &self.world.facts.base_url
    }

    /// Where a browser signs in: by name, since a relying party id is never an address.
    #[must_use]
    pub fn sign_in_page(&self) -> String {
        self.world.facts.sign_in_page()
    }

    /// Base URL of the vault, without a slash at the end.
    #[must_use]
    pub fn vault_url(&self) -> &str {
        &self.world.facts.vault_url
    }

    /// Certificate authority of the vault and the SMTP ports, PEM.
    #[must_use]
    pub fn ca_pem(&self) -> String {
        self.world.tls.ca_pem.clone()
    }

    /// Certificate and private key, PEM, for a service beside the sandbox on this machine that the same authority vouches for.
    #[must_use]
    pub fn certificate_pem(&self) -> [String; 2] {
        [self.world.tls.chain_pem.clone(), self.world.tls.key_pem.clone()]
    }

    /// Root of the attestation certificates of the simulated keys, PEM. Only for a connector that serves a sandbox.
    #[must_use]
    pub fn attestation_root_pem(&self) -> String {
        self.world.factory.attestation_root_pem()
    }

    #[cfg(test)]
    pub(crate) fn world(&self) -> &Arc<World> {
        &self.world
    }

    /// Stops listening and waits until the calls under way are answered.
    pub async fn shutdown(mut self) {
        self.stop.cancel();
        for task in std::mem::take(&mut self.tasks) {
            if let Err(error) = task.await {
                tracing::error!(%error, "a part of the sandbox did not stop cleanly");
            }
        }
    }
}

impl Drop for RunningSandbox {
    fn drop(&mut self) {
        self.stop.cancel();
    }
}

async fn listen(bind: IpAddr, port: u16, what: &'static str) -> Result<(TcpListener, SocketAddr), Error> {
    let address = SocketAddr::new(bind, port);
    let failed = |source| Error::Listen { address, what, source };
    let listener = TcpListener::bind(address).await.map_err(failed)?;
    let address = listener.local_addr().map_err(failed)?;
    Ok((listener, address))
}

/// What others reach it by. All addresses of this machine at once are no address to call, so the loopback one stands in.
fn reachable(mut address: SocketAddr) -> SocketAddr {
    if address.ip().is_unspecified() {
        address.set_ip(if address.is_ipv4() { Ipv4Addr::LOCALHOST.into() } else { Ipv6Addr::LOCALHOST.into() });
    }
    address
}

fn base_url(public: Option<Url>, http: SocketAddr) -> Result<Url, Error> {
    let text = public.map_or_else(|| format!("http://{}/", reachable(http)), String::from);
    let text = if text.ends_with('/') { text } else { text + "/" };
    Url::parse(&text).ok().filter(Url::has_host).ok_or(Error::BaseUrl { url: text })
}

fn router(world: &Arc<World>) -> Router {
    let guard = &world.guard;
    let all = Router::new()
        .merge(entra::router(guard))
        .merge(graph::router())
        .merge(signin::router(guard))
        .merge(delivery::router(guard))
        .merge(mailbox::router(guard))
        .merge(control::router())
        .merge(pages::router());
    around(all, world)
}

/// What every call goes through.
fn around(router: Router<Arc<World>>, world: &Arc<World>) -> Router {
    router
        .layer(RequestBodyLimitLayer::new(BODY_LIMIT))
        .layer(from_fn(no_caching))
        .layer(from_fn_with_state(Arc::clone(world), dated))
        .with_state(Arc::clone(world))
}

/// The time that answers tell, where it is to be wrong; else the HTTP server tells its own.
async fn dated(State(world): State<Arc<World>>, request: Request, next: Next) -> axum::response::Response {
    let mut response = next.run(request).await;
    let skew = world.settings().date_skew_seconds;
    if skew != 0 {
        let told = world.clock.tokens() + chrono::TimeDelta::seconds(skew);
        if let Ok(date) = told.format("%a, %d %b %Y %H:%M:%S GMT").to_string().parse() {
            response.headers_mut().insert(axum::http::header::DATE, date);
        }
    }
    response
}

/// Nothing here may be kept by a browser or proxy: mails hold PINs, pages change with every call.
async fn no_caching(request: Request, next: Next) -> axum::response::Response {
    let mut response = next.run(request).await;
    let no_store = axum::http::HeaderValue::from_static("no-store");
    response.headers_mut().entry(axum::http::header::CACHE_CONTROL).or_insert(no_store);
    response
}
