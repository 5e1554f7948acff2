//! A bound on the memory that file contents take, over all runs that are in work.

use tokio::sync::{Semaphore, SemaphorePermit};

/// All buffers together, in MiB. A file that needs more waits until it is alone.
const TOTAL: u32 = 32;

/// Room for contents.
pub struct Buffers(Semaphore);

/// Room that is taken until this is dropped.
pub type Buffer<'a> = Option<SemaphorePermit<'a>>;

impl Buffers {
    /// All room is free.
    pub fn new() -> Self {
        Self(Semaphore::new(TOTAL as usize))
    }

    /// Waits for room for `bytes`.
    pub async fn take(&self, bytes: u64) -> Buffer<'_> {
        let mebibytes = (bytes >> 20) + 1;
        let permits = u32::try_from(mebibytes).unwrap_or(TOTAL).min(TOTAL);
        // An error would mean that the semaphore was closed, which it never is.
        self.0.acquire_many(permits).await.ok()
    }
}

impl Default for Buffers {
    fn default() -> Self {
        Self::new()
    }
}
