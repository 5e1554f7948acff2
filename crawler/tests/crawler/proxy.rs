//! Faults between the crawler and a real S3 server: a proxy that answers in the server's place, cuts
//! connections and changes bytes. Started by a script of tests/stores; else these tests do nothing.

use std::{
    io::{self, Read, Write},
    net::{Shutdown, TcpListener, TcpStream},
    sync::{
        Arc,
        atomic::{AtomicUsize, Ordering},
    },
    thread::{sleep, spawn},
    time::Duration,
};

use object_store::{ObjectStoreExt, multipart::MultipartStore, path::Path};
use sluice_crawler::outcome::State;

use crate::world::{World, block_on, server::Server};

const TABLE: &[u8] = b"a,b\n1,2\n";
/// Passes until everything has to be published.
const PASSES: usize = 40;

/// What happens to a request.
#[derive(Clone, Copy, Debug)]
enum Fault {
    None,
    /// Answered by the proxy with this status and these header lines.
    Answer(&'static str),
    /// The connection ends when half of the request is through.
    CutRequest,
    /// The request is carried out, its answer lost.
    CutAnswer,
    /// The last byte of the body is another one.
    Corrupt,
    /// Everything takes a while.
    Slow,
    /// It gets no answer.
    Hang,
}

/// Which fault the request with this number, method and target meets.
type Plan = fn(usize, &str, &str) -> Fault;

/// A proxy for `server` that lives as long as the test program.
fn behind(server: &Server, plan: Plan) -> Server {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let url = format!("http://{}", listener.local_addr().unwrap());
    let upstream = server.url.trim_start_matches("http://").to_owned();
    let count = Arc::new(AtomicUsize::new(0));
    spawn(move || {
        for client in listener.incoming().flatten() {
            let (upstream, count) = (upstream.clone(), count.clone());
            // A client that goes away is no failure of the test.
            spawn(move || drop(serve(client, &upstream, &count, plan)));
        }
    });
    Server { url, ..server.clone() }
}

/// One request a connection.
fn serve(mut client: TcpStream, upstream: &str, count: &AtomicUsize, plan: Plan) -> io::Result<()> {
    let (head, mut body) = request(&mut client)?;
    let mut words = head.split(' ');
    let (method, target) = (words.next().unwrap_or_default(), words.next().unwrap_or_default());
    let fault = plan(count.fetch_add(1, Ordering::SeqCst), method, target);
    match fault {
        Fault::Answer(lines) => {
            let answer =
                format!("HTTP/1.1 {lines}\r\nContent-Length: 0\r\nConnection: close\r\n\r\n");
            client.write_all(answer.as_bytes())?;
            return client.shutdown(Shutdown::Both);
        }
        Fault::Corrupt => {
            if let Some(last) = body.last_mut() {
                *last ^= 1;
            }
        }
        // Until the client goes away.
        Fault::Hang => return client.read(&mut [0]).map(drop),
        Fault::Slow => sleep(Duration::from_millis(20)),
        Fault::None | Fault::CutRequest | Fault::CutAnswer => {}
    }
    let mut server = TcpStream::connect(upstream)?;
    server.write_all(head.replacen("\r\n", "\r\nConnection: close\r\n", 1).as_bytes())?;
    if let Fault::CutRequest = fault {
        server.write_all(&body[..body.len() / 2])?;
        server.shutdown(Shutdown::Both)?;
        return client.shutdown(Shutdown::Both);
    }
    server.write_all(&body)?;
    let mut answer = Vec::new();
    server.read_to_end(&mut answer)?;
    if let Fault::CutAnswer = fault {
        client.write_all(&answer[..answer.len().min(30)])?;
        return client.shutdown(Shutdown::Both);
    }
    client.write_all(&answer)?;
    client.shutdown(Shutdown::Write)
}

pub(crate) fn request(client: &mut TcpStream) -> io::Result<(String, Vec<u8>)> {
    let mut bytes = Vec::new();
    let end = loop {
        if let Some(at) = bytes.windows(4).position(|it| it == b"\r\n\r\n") {
            break at + 4;
        }
        let mut chunk = [0; 4096];
        match client.read(&mut chunk)? {
            0 => return Err(io::ErrorKind::UnexpectedEof.into()),
            length => bytes.extend_from_slice(&chunk[..length]),
        }
    };
    let mut body = bytes.split_off(end);
    let head = String::from_utf8_lossy(&bytes).into_owned();
    let length = head.lines().find_map(|line| {
        let (name, value) = line.split_once(':')?;
        name.eq_ignore_ascii_case("content-length").then(|| value.trim().parse().ok())?
    });
    let mut rest = vec![0; length.unwrap_or(0usize).saturating_sub(body.len())];
    client.read_exact(&mut rest)?;
    body.extend_from_slice(&rest);
    Ok((head, body))
}

/// Publishes through the faults until all is there, and checks that it is there once and whole.
fn comes_through(name: &str, plan: Plan) {
    let Some((server, world)) = Server::new().zip(World::new()) else { return };
    let faulty = behind(&server, plan);
    let big = b"0123456789abcde\n".repeat((9 << 20) / 16);
    for job in 1..6 {
        world.run(job, "box").file("results.csv", TABLE).file("plots/x", b"x\n").attest();
    }
    world.run(6, "box").file("results.csv", TABLE).file("big.txt", &big).attest();
    let prefix = format!("fault-{name}");
    let mut published = 0;
    for _ in 0..PASSES {
        let crawler = world.crawler_with(faulty.store(&world, &prefix));
        published += block_on(crawler.pass()).unwrap().published;
        if published == 6 {
            break;
        }
    }
    let stands: Vec<_> = (1..7).map(|job| world.stands(job)).collect();
    assert!(stands.iter().all(|run| run.state == State::Published), "{name}: {stands:?}");
    let objects = server.objects(&prefix);
    assert_eq!(objects.len(), 6 * 4, "{name}");
    for job in 1..7 {
        let run = format!("{prefix}/alice/box-lab-{job}.0");
        assert_eq!(objects[&format!("{run}/results.csv")], TABLE, "{name}");
        assert!(objects.contains_key(&format!("{run}/manifest.json")), "{name}");
    }
    assert_eq!(objects[&format!("{prefix}/alice/box-lab-6.0/big.txt")], big, "{name}");
    let published = world.audit().iter().filter(|line| line["event"] == "publish").count();
    assert!(published >= 6, "{name}");
}

#[test]
#[ignore = "needs an S3 server of tests/stores"]
fn s3_errors_of_the_server_lose_nothing() {
    comes_through("500", |number, _, _| match number % 5 {
        0 => Fault::Answer("500 Internal Server Error"),
        _ => Fault::None,
    });
    comes_through("503", |number, _, _| match number % 7 {
        3 => Fault::Answer("503 Slow Down\r\nRetry-After: 1"),
        _ => Fault::None,
    });
}

#[test]
#[ignore = "needs an S3 server of tests/stores"]
fn s3_cut_connections_lose_nothing() {
    comes_through("request", |number, method, _| match (number % 6, method) {
        (2, "PUT") => Fault::CutRequest,
        _ => Fault::None,
    });
    comes_through("answer", |number, _, _| match number % 6 {
        2 => Fault::CutAnswer,
        _ => Fault::None,
    });
}

#[test]
#[ignore = "needs an S3 server of tests/stores"]
fn s3_bytes_that_change_on_the_way_are_not_published() {
    comes_through("corrupt", |number, method, _| match (number % 6, method) {
        (2, "PUT") => Fault::Corrupt,
        _ => Fault::None,
    });
}

#[test]
#[ignore = "needs an S3 server of tests/stores"]
fn s3_no_upload_but_the_run_s_own_is_aborted() {
    let Some((server, world)) = Server::new().zip(World::new()) else { return };
    let big = b"0123456789abcde\n".repeat((17 << 20) / 16);
    world.run(7, "box").file("results.csv", TABLE).file("big.txt", &big).attest();
    let run = "uploads/own/alice/box-lab-7.0";
    let others = [
        "uploads/own-of-others/huge.bam".to_owned(),
        "somebody/else.bam".to_owned(),
        format!("{run}/big.txt.trimmed"),
        format!("{run}/big.txt"),
    ];
    let client = server.client();
    let others = others.map(|key| {
        block_on(async {
            let key = Path::parse(key).unwrap();
            let mut upload = client.put_multipart(&key).await.unwrap();
            upload.put_part("others'".into()).await.unwrap();
            upload
        })
    });
    // Killed between two parts.
    let stalled = behind(&server, |_, _, target| match target.contains("partNumber=2") {
        true => Fault::Hang,
        false => Fault::None,
    });
    block_on(async {
        let crawler = world.crawler_with(stalled.store(&world, "uploads/own"));
        tokio::select! {
            pass = crawler.pass() => panic!("{pass:?}"),
            () = async { while unfinished(&world).is_empty() { pause(20).await } } => {}
        }
    });
    let left = unfinished(&world);
    assert_eq!(left.len(), 1);
    let crawler = world.crawler_with(server.store(&world, "uploads/own"));
    assert_eq!(block_on(crawler.pass()).unwrap().published, 1);
    assert!(unfinished(&world).is_empty());
    let (key, id) = &left[0];
    assert_eq!(*key, format!("{run}/big.txt"));
    let key = Path::parse(key).unwrap();
    let again = block_on(client.put_part(&key, id, 0, "x".into()));
    assert!(again.is_err(), "the parts of the killed attempt are gone");
    assert_eq!(server.objects("uploads/own")[key.as_ref()], big);
    // Garage drops the older uploads of a key by itself once it has an object there.
    let theirs = if server.name == "garage" { 3 } else { 4 };
    for mut upload in others.into_iter().take(theirs) {
        block_on(upload.complete()).expect("nobody else's upload is touched");
    }
}

/// Key and id of the uploads in the ledger.
fn unfinished(world: &World) -> Vec<(String, String)> {
    let db = rusqlite::Connection::open(world.at("state/ledger.sqlite")).unwrap();
    let Ok(mut uploads) = db.prepare("SELECT key, id FROM upload") else { return Vec::new() };
    let rows = uploads.query_map([], |row| Ok((row.get(0)?, row.get(1)?))).unwrap();
    rows.map(Result::unwrap).collect()
}

async fn pause(milliseconds: u64) {
    tokio::time::sleep(Duration::from_millis(milliseconds)).await;
}

#[test]
#[ignore = "needs an S3 server of tests/stores"]
fn s3_slow_servers_are_waited_for() {
    comes_through("slow", |_, _, _| Fault::Slow);
}

#[test]
#[ignore = "needs an S3 server of tests/stores"]
fn s3_a_right_that_is_missing_is_named() {
    let Some((server, world)) = Server::new().zip(World::new()) else { return };
    world.run(7, "box").file("results.csv", TABLE).attest();
    let denied: [(Plan, &str); 3] = [
        (
            |_, method, _| match method {
                "PUT" => Fault::Answer("403 Forbidden"),
                _ => Fault::None,
            },
            "s3:PutObject",
        ),
        (
            |_, method, _| match method {
                "DELETE" => Fault::Answer("403 Forbidden"),
                _ => Fault::None,
            },
            "s3:DeleteObject",
        ),
        (|_, _, _| Fault::Answer("403 Forbidden"), "s3:ListBucket"),
    ];
    for (plan, right) in denied {
        let store = behind(&server, plan).store(&world, "rights");
        assert_eq!(block_on(world.crawler_with(store).pass()).unwrap().retry, 1);
        let reason = world.stands(7).reason;
        assert_eq!(reason.code(), "store-denied");
        let error = block_on(behind(&server, plan).store(&world, "rights").probe()).unwrap_err();
        assert!(error.reason().message.contains(right), "{error:?}");
    }
    // No bucket, and no right to make one.
    let nowhere = Server { bucket: "nowhere".into(), ..server.clone() };
    let plan: Plan = |_, method, _| match method {
        "PUT" => Fault::Answer("403 Forbidden"),
        _ => Fault::None,
    };
    let error = block_on(behind(&nowhere, plan).store(&world, "x").probe()).unwrap_err();
    assert!(error.reason().message.contains("no bucket nowhere"), "{error:?}");
}

/// What one key is refused is no outage: the others go through, and nobody else hears of it.
#[test]
#[ignore = "needs an S3 server of tests/stores"]
fn s3_a_refused_object_holds_its_own_run_alone() {
    let Some((server, world)) = Server::new().zip(World::new()) else { return };
    let plan: Plan = |_, method, target| match method {
        "PUT" if target.contains("lab-1.0/results.csv") => Fault::Answer("403 Forbidden"),
        "PUT" if target.contains("lab-2.0/results.csv") => Fault::Answer("400 Bad Request"),
        "POST" if target.contains("lab-3.0/big.txt") => Fault::Answer("404 Not Found"),
        _ => Fault::None,
    };
    let refusing = behind(&server, plan);
    let pass = |server: &Server| {
        block_on(world.crawler_with(server.store(&world, "refused")).pass()).unwrap()
    };
    let big = b"0123456789abcde\n".repeat((9 << 20) / 16);
    for job in 1..7 {
        let run = world.run(job, "box").file("results.csv", TABLE).file("plots/x", b"x\n");
        if job == 3 { run.file("big.txt", &big) } else { run }.attest();
    }
    let first = pass(&refusing);
    assert_eq!((first.published, first.held, first.retry), (3, 3, 0));
    let stands: Vec<_> = (1..4).map(|job| world.stands(job)).collect();
    for (job, run) in (1..).zip(&stands) {
        assert_eq!((run.state, run.reason.code()), (State::Held, "store-refused"), "{job}");
        let told = world.status(job);
        assert_eq!((&told["state"], &told["code"]), (&"held".into(), &"site-unavailable".into()));
        assert!(!told["message"].as_str().unwrap().contains("results.csv"), "{told}");
        // What the store took stays, so that it isn't sent again with each try.
        let taken = format!("refused/alice/box-lab-{job}.0/plots/x");
        assert!(server.objects("refused").contains_key(&taken), "{job}");
    }
    assert_eq!(pass(&refusing).held, 3);
    assert!((1..4).zip(stands).all(|(job, run)| world.stands(job).changed == run.changed));
    assert_eq!(pass(&server).published, 3);
}

#[test]
#[ignore = "needs an S3 server of tests/stores"]
fn s3_one_owner_s_bucket_is_no_outage_for_others() {
    let Some((server, world)) = Server::new().zip(World::new()) else { return };
    let plan: Plan = |_, _, target| match target.starts_with("/of-bob") {
        true => Fault::Answer("403 Forbidden"),
        false => Fault::None,
    };
    let buckets = Server { bucket: "of-{owner}".into(), ..behind(&server, plan) };
    for (job, owner) in [(1, "bob"), (2, "alice"), (3, "bob"), (4, "carol")] {
        let run = world.run(job, "box").file("results.csv", TABLE);
        run.but(|it| it.run.user = owner.into()).attest();
    }
    let pass = block_on(world.crawler_with(buckets.store(&world, "one")).pass()).unwrap();
    assert_eq!((pass.published, pass.retry, pass.held), (2, 2, 0));
    for job in [1, 3] {
        assert_eq!(world.stands(job).reason.code(), "store-denied");
        assert!(!world.status(job)["message"].as_str().unwrap().contains("of-bob"));
    }
}
