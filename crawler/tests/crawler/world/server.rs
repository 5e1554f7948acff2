//! A real S3 server that a script of tests/stores started beside this program.

use std::{collections::BTreeMap, env, fs, os::unix::fs::PermissionsExt};

use futures_util::{StreamExt, TryStreamExt, stream};
use object_store::{
    ObjectStore, ObjectStoreExt,
    aws::{AmazonS3, AmazonS3Builder},
    path::Path,
};
use sluice_crawler::{config::Config, store::Store};
use sluice_site::Site;
use sluice_testing::leave_out;

use super::{World, block_on};

/// Where it is and what opens it.
#[derive(Clone, Debug)]
pub(crate) struct Server {
    pub(crate) name: String,
    pub(crate) url: String,
    pub(crate) region: String,
    pub(crate) bucket: String,
    pub(crate) key: String,
    pub(crate) secret: String,
}

impl Server {
    /// None where the test is left out, since no script started one.
    pub(crate) fn new() -> Option<Self> {
        let get = |name: &str| env::var(format!("SLUICE_TEST_S3{name}")).ok();
        let found = get("").map(|url| Self {
            name: get("_SERVER").unwrap(),
            url,
            region: get("_REGION").unwrap(),
            bucket: get("_BUCKET").unwrap(),
            key: get("_KEY").unwrap(),
            secret: get("_SECRET").unwrap(),
        });
        if found.is_none() {
            leave_out("an S3 server of tests/stores");
        }
        found
    }

    /// None where the test is left out, since it is one of other servers.
    pub(crate) fn one_of(names: &[&str]) -> Option<Self> {
        let found = Self::new()?;
        let fits = names.contains(&&*found.name);
        if !fits {
            leave_out(&names.join(" or "));
        }
        fits.then_some(found)
    }

    /// The crawler's section of sluice.toml.
    pub(crate) fn section(&self, world: &World, prefix: &str) -> String {
        let credentials = world.at("etc/keys/s3.toml");
        let _ = fs::remove_file(&credentials);
        let keys = format!("access-key = {:?}\nsecret-key = {:?}\n", self.key, self.secret);
        fs::write(&credentials, keys).unwrap();
        fs::set_permissions(&credentials, PermissionsExt::from_mode(0o400)).unwrap();
        format!(
            "store = \"s3://{}/{prefix}\"\nendpoint = {:?}\nregion = {:?}\nallow-http = true
credentials = {credentials:?}\n",
            self.bucket, self.url, self.region
        )
    }

    /// The store as sluice.toml would name it.
    pub(crate) fn store(&self, world: &World, prefix: &str) -> Store {
        let site = world.site_with(&self.section(world, prefix));
        let site = Site::parse(site.as_bytes()).unwrap();
        let config = Config::new(site, &world.at("etc"), &world.at("state")).unwrap();
        Store::open(&config.location).unwrap()
    }

    /// A client of the test's own.
    pub(crate) fn client(&self) -> AmazonS3 {
        AmazonS3Builder::new()
            .with_endpoint(&self.url)
            .with_region(&self.region)
            .with_bucket_name(&self.bucket)
            .with_allow_http(true)
            .with_access_key_id(&self.key)
            .with_secret_access_key(&self.secret)
            .build()
            .unwrap()
    }

    /// Keys and contents of everything below `prefix`.
    pub(crate) fn objects(&self, prefix: &str) -> BTreeMap<String, Vec<u8>> {
        let client = self.client();
        block_on(async {
            let prefix = Path::parse(prefix).unwrap();
            let metas: Vec<_> = client.list(Some(&prefix)).try_collect().await.unwrap();
            let read = metas.into_iter().map(async |meta| {
                let bytes = client.get(&meta.location).await.unwrap().bytes().await.unwrap();
                (meta.location.to_string(), bytes.to_vec())
            });
            stream::iter(read).buffer_unordered(32).collect().await
        })
    }
}
