//! What systemd is told: ready, reloading, where the work stands, and that the loop still turns.

use std::time::Duration;

use sd_notify::NotifyState;

/// Tells systemd; without one nothing happens.
fn tell(states: &[NotifyState<'_>]) {
    if let Err(error) = sd_notify::notify(states) {
        tracing::warn!("systemd can't be told: {error}");
    }
}

/// The service does its work now.
pub fn ready() {
    tell(&[NotifyState::Ready]);
}

/// The configuration is read again; [`ready`] ends this.
pub fn reloading() {
    match NotifyState::monotonic_usec_now() {
        Ok(now) => tell(&[NotifyState::Reloading, now]),
        Err(error) => tracing::warn!("systemd can't be told: {error}"),
    }
}

/// The service ends because it was told to.
pub fn stopping() {
    tell(&[NotifyState::Stopping]);
}

/// One line for `systemctl status`.
pub fn status(text: &str) {
    tell(&[NotifyState::Status(text)]);
}

/// Tells the watchdog at half its interval while `alive`, for ever: on the loop's own thread, so that
/// a loop that hangs is noticed.
pub async fn watchdog(alive: impl Fn() -> bool) {
    let Some(limit) = sd_notify::watchdog_enabled() else { return std::future::pending().await };
    loop {
        if alive() {
            tell(&[NotifyState::Watchdog]);
        }
        tokio::time::sleep((limit / 2).max(Duration::from_millis(100))).await;
    }
}
