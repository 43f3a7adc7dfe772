//! The command line.

mod checks;
mod connection;
mod login;
mod orders;
mod sandbox;
mod server;
mod service;
mod setup;
mod shell;
mod shipments;
mod webhooks;

use clap::{Parser, Subcommand};

pub(crate) use checks::{Audit, AuditCommand, AuditExport, AuditVerify, Doctor, Reconcile, Rekey, Trail};
pub(crate) use connection::{Connection, Reason};
pub(crate) use login::{Login, Logout, Profiles, ProfilesCommand};
pub(crate) use orders::{
    BatchFile, BatchList, BatchResult, BatchSteer, BatchSubmit, Batches, BatchesCommand, Format, OrderFile, Orders,
    OrdersCommand, QueueOrder, SubmitFile,
};
pub(crate) use sandbox::{Demo, PinChannel, PinRelease, Sabotage, Sandbox, SandboxWorld};
pub(crate) use server::{Healthcheck, Listen, Schedule, Serve};
pub(crate) use service::{Countries, LostKey, People, PeopleCommand, Process, Products, Report, Status};
pub(crate) use setup::{Setup, SetupEntra};
pub(crate) use shell::{Completions, Man};
pub(crate) use shipments::{
    Address, Adopt, Bulk, Export, Filters, List, Outcome, PrintPin, Replace, Resolve, Shipments, ShipmentsCommand,
    Watch,
};
pub(crate) use webhooks::{
    CreateWebhook, Deliveries, DeliveryPage, ListenEvents, Replay, RotateSecret, SecretSource, WebhookChanges,
    Webhooks, WebhooksCommand,
};

/// A connector for pre-registered security keys.
#[derive(Parser)]
#[command(name = "keyferry", version, about, max_term_width = 100)]
pub(crate) struct Cli {
    #[command(subcommand)]
    pub(crate) command: Command,
}

#[derive(Subcommand)]
pub(crate) enum Command {
    /// Runs the connector against the real services
    Serve(Serve),
    /// Runs the sandbox alone: stand-ins for Entra, Graph, the delivery service, the key factory and a mailbox
    Sandbox(Sandbox),
    /// Runs connector and sandbox in one process, to try Keyferry
    Demo(Demo),
    /// Checks whether the connector on this machine is ready: for a container's health check. Exits with 0 if it is
    Healthcheck(Healthcheck),
    /// Checks everything that a deployment can get wrong. Exits with 0 if no check failed
    Doctor(Doctor),
    /// Compares the records with the delivery service and the identity provider, and shows what to do about each
    /// difference. Changes nothing. Exits with 5 if there are differences
    Reconcile(Reconcile),
    /// Shows the records of the tenant's audit log for a shipment, verifies the chain of all events, or exports it
    Audit(Audit),
    /// Adds a sealing key and seals all secrets with it, while the connector runs. Continues where it was interrupted
    Rekey(Rekey),
    /// Sets up what the connector needs in other systems. Only shows the changes, unless --apply is given
    #[command(subcommand)]
    Setup(Setup),
    /// Stores how to reach a connector and its tokens: a profile for the commands below
    Login(Login),
    /// Removes the stored tokens of a profile
    Logout(Logout),
    /// Lists, selects and removes profiles
    Profiles(Profiles),
    /// Orders keys: one, or those of a file
    Orders(Orders),
    /// Shows, checks, submits and steers batches of orders
    Batches(Batches),
    /// Shows shipments and decides about them
    Shipments(Shipments),
    /// Shows the keys that were ordered for a person
    People(People),
    /// Prints figures about the shipments that were ordered in a period
    Report(Report),
    /// Has the connector process open shipments now
    Process(Process),
    /// Shows the connector's effective settings
    Status(Status),
    /// Lists what can be ordered
    Products(Products),
    /// Lists where keys can be ordered to
    Countries(Countries),
    /// Shows webhooks and what was sent to them, and changes them
    Webhooks(Webhooks),
    /// Prints events as they happen, and forwards them to a receiver that you develop
    Listen(ListenEvents),
    /// Prints the completions for a shell
    Completions(Completions),
    /// Prints the man page of a command, for example: keyferry man shipments list | man -l -
    Man(Man),
    /// Prints the next runs of a cron expression, one RFC 3339 time a line
    Schedule(Schedule),
    /// Prints the reference page of all settings
    Settings,
    /// Prints the API's OpenAPI document
    Openapi,
}
