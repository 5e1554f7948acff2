//! A store that fails, or brings its caller to a halt, at the request of the test's choice.

use std::{
    fmt,
    sync::{
        Arc, Mutex,
        atomic::{AtomicUsize, Ordering},
    },
};

use async_trait::async_trait;
use futures_util::{
    StreamExt,
    stream::{self, BoxStream},
};
use object_store::{
    CopyOptions, Error, GetOptions, GetResult, ListResult, MultipartUpload, ObjectMeta,
    ObjectStore, PutMultipartOptions, PutOptions, PutPayload, PutResult, Result, memory::InMemory,
    path::Path,
};
use tokio::sync::Notify;

/// What happens at the request.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Fault {
    /// It and all later ones get no answer: dropping the caller then is kill -9 before it.
    HangBefore,
    /// The same, though the request was carried out: kill -9 before its answer.
    HangAfter,
    /// It and all later ones fail.
    Fail,
    /// What is sent under keys with this in them gets no answer.
    HangAt(&'static str),
    /// It keeps other bytes than it was sent, from the first on.
    Alter,
}

type Hook = Box<dyn FnOnce(&Path) + Send>;

pub(crate) struct Faulty {
    objects: Arc<InMemory>,
    fault: Fault,
    /// Requests that got no answer.
    hung: AtomicUsize,
    /// Requests that still go well.
    left: AtomicUsize,
    /// Called at the first request that sends something.
    hook: Mutex<Option<Hook>>,
    halted: Notify,
}

impl Faulty {
    pub(crate) fn new(objects: Arc<InMemory>, fault: Fault, after: usize) -> Arc<Self> {
        Arc::new(Self {
            objects,
            fault,
            hung: AtomicUsize::new(0),
            left: AtomicUsize::new(after),
            hook: Mutex::default(),
            halted: Notify::new(),
        })
    }

    /// A store without fault that calls `hook` when something is first sent.
    pub(crate) fn hooked(
        objects: Arc<InMemory>,
        hook: impl FnOnce(&Path) + Send + 'static,
    ) -> Arc<Self> {
        let left = AtomicUsize::new(usize::MAX);
        Arc::new(Self {
            objects,
            fault: Fault::Fail,
            hung: AtomicUsize::new(0),
            left,
            hook: Mutex::new(Some(Box::new(hook))),
            halted: Notify::new(),
        })
    }

    /// Whether all requests went well.
    pub(crate) fn is_unspent(&self) -> bool {
        self.left.load(Ordering::SeqCst) > 0
    }

    /// Returns once a request gets no answer.
    pub(crate) async fn halted(&self) {
        self.halted.notified().await;
    }

    /// Requests that got no answer so far.
    pub(crate) fn hung(&self) -> usize {
        self.hung.load(Ordering::SeqCst)
    }

    fn goes_well(&self) -> bool {
        let spend = |left: usize| left.checked_sub(1);
        self.left.fetch_update(Ordering::SeqCst, Ordering::SeqCst, spend).is_ok()
    }

    async fn request<T>(&self, work: impl Future<Output = Result<T>>) -> Result<T> {
        if self.goes_well() {
            return work.await;
        }
        match self.fault {
            Fault::HangBefore | Fault::HangAt(_) => {}
            Fault::HangAfter => drop(work.await),
            Fault::Fail => return Err(outage()),
            Fault::Alter => return work.await,
        }
        self.hang().await
    }

    async fn hang<T>(&self) -> T {
        self.hung.fetch_add(1, Ordering::SeqCst);
        self.halted.notify_one();
        std::future::pending().await
    }

    fn sending(&self, key: &Path) {
        if let Some(hook) = self.hook.lock().unwrap().take() {
            hook(key);
        }
    }
}

fn outage() -> Error {
    Error::Generic { store: "test", source: "connection refused".into() }
}

impl fmt::Debug for Faulty {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Faulty")
    }
}

impl fmt::Display for Faulty {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Faulty")
    }
}

#[async_trait]
impl ObjectStore for Faulty {
    async fn put_opts(&self, key: &Path, bytes: PutPayload, how: PutOptions) -> Result<PutResult> {
        self.sending(key);
        if let Fault::HangAt(part) = self.fault
            && key.as_ref().contains(part)
        {
            return self.hang().await;
        }
        let bytes = if self.fault == Fault::Alter { "altered".into() } else { bytes };
        self.request(self.objects.put_opts(key, bytes, how)).await
    }

    async fn put_multipart_opts(
        &self,
        key: &Path,
        how: PutMultipartOptions,
    ) -> Result<Box<dyn MultipartUpload>> {
        self.sending(key);
        self.request(self.objects.put_multipart_opts(key, how)).await
    }

    async fn get_opts(&self, key: &Path, how: GetOptions) -> Result<GetResult> {
        self.request(self.objects.get_opts(key, how)).await
    }

    fn delete_stream(
        &self,
        keys: BoxStream<'static, Result<Path>>,
    ) -> BoxStream<'static, Result<Path>> {
        if self.goes_well() {
            return self.objects.delete_stream(keys);
        }
        match self.fault {
            Fault::Fail => stream::iter([Err(outage())]).boxed(),
            _ => {
                self.halted.notify_one();
                stream::pending().boxed()
            }
        }
    }

    fn list(&self, prefix: Option<&Path>) -> BoxStream<'static, Result<ObjectMeta>> {
        if self.goes_well() {
            return self.objects.list(prefix);
        }
        match self.fault {
            Fault::Fail => stream::iter([Err(outage())]).boxed(),
            _ => {
                self.halted.notify_one();
                stream::pending().boxed()
            }
        }
    }

    async fn list_with_delimiter(&self, prefix: Option<&Path>) -> Result<ListResult> {
        self.objects.list_with_delimiter(prefix).await
    }

    async fn copy_opts(&self, from: &Path, to: &Path, how: CopyOptions) -> Result<()> {
        self.objects.copy_opts(from, to, how).await
    }
}
