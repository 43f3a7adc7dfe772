//! One process of a connector.

use std::sync::Mutex;
use std::sync::atomic::{AtomicBool, Ordering};

use chrono::TimeDelta;
use keyferry_domain::Timestamp;
use tokio::sync::Notify;

use super::clock::VirtualClock;
use super::lock::lock;

/// State of one process: running, paused or crashed; and its wall clock.
#[derive(Default)]
pub struct Life {
    over: AtomicBool,
    ended: Notify,
    /// Time until which the process does not run, on a clock that is right.
    paused: Mutex<Option<Timestamp>>,
    /// Error of its wall clock.
    skew: Mutex<TimeDelta>,
}

impl Life {
    /// Kills the process: its calls never return.
    pub fn end(&self) {
        self.over.store(true, Ordering::SeqCst);
        self.ended.notify_waiters();
    }

    pub fn is_over(&self) -> bool {
        self.over.load(Ordering::SeqCst)
    }

    /// Waits until the process has crashed.
    pub async fn ended(&self) {
        while !self.is_over() {
            let ended = self.ended.notified();
            if !self.is_over() {
                ended.await;
            }
        }
    }

    /// Stops the process until this time, as a suspended machine: no call begins, ends or has an effect.
    pub fn pause(&self, until: Timestamp) {
        *lock(&self.paused) = Some(until);
    }

    /// Returns whether the process is paused.
    pub fn is_paused(&self, now: Timestamp) -> bool {
        lock(&self.paused).is_some_and(|until| until > now)
    }

    /// Sets the wall clock of the process to differ by this much from the right time.
    pub fn set_clock(&self, skew: TimeDelta) {
        *lock(&self.skew) = skew;
    }

    /// Returns the error of the wall clock of the process.
    pub fn skew(&self) -> TimeDelta {
        *lock(&self.skew)
    }

    /// Waits while the process is paused, or without end if it crashed.
    pub async fn running(&self, clock: &VirtualClock) {
        loop {
            if self.is_over() {
                return std::future::pending().await;
            }
            let until = *lock(&self.paused);
            match until {
                Some(until) if until > clock.right() => {
                    clock.sleep((until - clock.right()).to_std().unwrap_or_default()).await;
                }
                _ => return,
            }
        }
    }
}
