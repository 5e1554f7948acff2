//! A run's uploads in parts. Each stands in the ledger before its first part is sent, and by that
//! entry alone it is aborted after a kill: a list of the server's shows those of others, too.

use object_store::path::Path;

use crate::{
    ledger::Ledger,
    outcome::Stop,
    store::{About, Store, Upload},
};

/// The uploads of one run, whose owner alone works on it.
pub struct Uploads<'a> {
    ledger: &'a Ledger,
    run: &'a str,
}

impl<'a> Uploads<'a> {
    /// Those of the run that the ledger calls `run`.
    pub fn of(ledger: &'a Ledger, run: &'a str) -> Self {
        Self { ledger, run }
    }

    /// Aborts what earlier attempts left.
    pub async fn abort_left(&self, store: &Store) -> Result<(), Stop> {
        for (key, id) in self.ledger.uploads(self.run).await? {
            if let Ok(key) = Path::parse(&key) {
                store.abort(&key, &id).await?;
            }
            self.over(Some(&id)).await?;
        }
        Ok(())
    }

    pub(crate) async fn start(
        &self,
        store: &Store,
        key: &Path,
        about: &About<'_>,
    ) -> Result<Upload, Stop> {
        let upload = store.multipart(key, about).await?;
        if let Some(id) = upload.id() {
            let noted = self.ledger.upload_begun(self.run, key.as_ref(), id).await;
            if let Err(error) = noted {
                store.abort(key, id).await?;
                return Err(error.into());
            }
        }
        Ok(upload)
    }

    /// Forgets an upload that was completed or aborted.
    pub(crate) async fn over(&self, id: Option<&str>) -> Result<(), Stop> {
        match id {
            Some(id) => Ok(self.ledger.upload_over(self.run, id).await?),
            None => Ok(()),
        }
    }
}
