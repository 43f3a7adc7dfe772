//! Opens the ports and starts the servers.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr};
use std::sync::Arc;

use axum::Router;
use tokio::net::TcpListener;
use tokio_util::sync::CancellationToken;
use url::Url;

use crate::error::Error;
use crate::ground::facts::Facts;
use crate::ground::listener::{Connection, CuttableListener, TlsListener};
use crate::layers::around;
use crate::options::SandboxOptions;
use crate::running::{Addresses, RunningSandbox};
use crate::world::World;
use crate::{control, mailbox, pages, vault};

/// A sandbox that is not started.
#[derive(Debug)]
pub struct Sandbox;

impl Sandbox {
    /// Opens the ports and starts the servers on the current Tokio runtime.
    ///
    /// # Errors
    /// Returns an error if a port cannot be opened, if the base URL is invalid, or if key generation fails.
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
            people: options.people,
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
                tracing::error!(%error, "sandbox HTTP server failed");
            }
        });
        let vault = TlsListener { tcp: vault.0, acceptor: world.ground.tls.acceptor.clone() };
        let app =
            around(vault::router(&world.vault), &world.ground).into_make_service_with_connect_info::<Connection>();
        let serve = axum::serve(vault, app).with_graceful_shutdown(stop.clone().cancelled_owned());
        let secrets = tokio::spawn(async move {
            if let Err(error) = serve.await {
                tracing::error!(%error, "sandbox vault server failed");
            }
        });
        let mail = tokio::spawn(mailbox::serve(Arc::clone(&world.mailbox), smtp.0, smtps.0, stop.clone()));
        Ok(RunningSandbox::new(addresses, world, stop, vec![web, secrets, mail]))
    }
}

async fn listen(bind: IpAddr, port: u16, what: &'static str) -> Result<(TcpListener, SocketAddr), Error> {
    let address = SocketAddr::new(bind, port);
    let failed = |source| Error::Listen { address, what, source };
    let listener = TcpListener::bind(address).await.map_err(failed)?;
    let address = listener.local_addr().map_err(failed)?;
    Ok((listener, address))
}

/// Replaces an unspecified address (`0.0.0.0`, `::`) with the loopback address: clients cannot call an unspecified one.
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
    let all = world.router().merge(control::router(world)).merge(pages::router());
    let all = all.fallback(pages::unknown_path).method_not_allowed_fallback(pages::wrong_method);
    around(all, &world.ground)
}
