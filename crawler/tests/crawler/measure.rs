use crate::world::{World, block_on};
use sluice_crawler::{
    config::{Config, Location},
    store::Store,
};
use sluice_site::Site;
use std::{env, fs, os::unix::fs::PermissionsExt, time::Instant};
#[test]
fn measure() {
    let world = World::new().unwrap();
    let n = 2000;
    for job in 1..=n {
        world.run(job, "box").file("results.csv", b"a,b\n1,2\n").attest();
    }
    let store = || match env::var("SLUICE_TEST_S3") {
        Ok(url) => {
            let c = world.at("etc/keys/s3.toml");
            let _ = fs::remove_file(&c);
            fs::write(&c, "access-key = \"test\"\nsecret-key = \"test-secret\"\n").unwrap();
            fs::set_permissions(&c, PermissionsExt::from_mode(0o400)).unwrap();
            let site = world.site();
            let (site, _) = site.split_once("[crawler]").unwrap();
            let site = Site::parse(format!("{site}[crawler]\nstore = \"s3://results/m\"\nendpoint = {url:?}\nregion = \"lab\"\nallow-http = true\ncredentials = {c:?}\n").as_bytes()).unwrap();
            Store::open(&Config::new(site, &world.at("etc"), &world.at("state")).unwrap().location)
                .unwrap()
        }
        Err(_) => {
            let d = world.at("published");
            let _ = fs::create_dir(&d);
            Store::open(&Location::Directory(d)).unwrap()
        }
    };
    let crawler = world.crawler_with(store());
    for _ in 0..3 {
        let t = Instant::now();
        let p = block_on(crawler.pass()).unwrap();
        eprintln!("MEASURE {p:?} {:?}", t.elapsed());
    }
}
