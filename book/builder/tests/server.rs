//! The server of `serve`: what it hands out, and what it never does.

mod demo;

use std::fs;
use std::io::{Read, Write};
use std::net::{Shutdown, SocketAddr, TcpStream};
use std::path::Path;
use std::thread;

use book_builder::changes;
use book_builder::serve::{Renewed, Server};
use demo::Demo;

fn start(folder: &Path) -> (SocketAddr, Renewed) {
    let server = Server::bind(folder, 0).expect("a free port");
    let address = server.address().expect("its address");
    let renewed = server.renewed();
    thread::spawn(move || server.run());
    (address, renewed)
}

fn ask(address: SocketAddr, request: &[u8]) -> String {
    let mut stream = TcpStream::connect(address).expect("a connection");
    stream.write_all(request).expect("the request");
    let _ = stream.shutdown(Shutdown::Write);
    let mut answer = Vec::new();
    let _ = stream.read_to_end(&mut answer);
    String::from_utf8_lossy(&answer).into_owned()
}

fn get(address: SocketAddr, path: &str) -> String {
    ask(address, format!("GET {path} HTTP/1.1\r\nhost: localhost\r\n\r\n").as_bytes())
}

#[test]
fn files_below_the_folder_are_served() {
    let folder = tempfile::tempdir().expect("a folder");
    fs::create_dir(folder.path().join("a b")).expect("a folder");
    fs::write(folder.path().join("index.html"), "<p>top</p>").expect("a page");
    fs::write(folder.path().join("a b/index.html"), "<p>inner</p>").expect("a page");
    fs::write(folder.path().join("s.css"), "p {}").expect("a style");
    let (address, renewed) = start(folder.path());
    let top = get(address, "/");
    assert!(top.starts_with("HTTP/1.1 200 OK\r\ncontent-type: text/html"), "{top}");
    assert!(top.contains("<p>top</p><script>"), "{top}");
    assert!(get(address, "/a%20b/?q=1").contains("<p>inner</p>"));
    assert!(get(address, "/s.css").ends_with("\r\n\r\np {}"));
    let head = ask(address, b"HEAD /s.css HTTP/1.1\r\n\r\n");
    assert!(head.contains("content-length: 4\r\n") && head.ends_with("\r\n\r\n"), "{head}");
    assert!(get(address, "/-/version").ends_with("\r\n\r\n0"));
    renewed.announce();
    assert!(get(address, "/-/version").ends_with("\r\n\r\n1"));
}

#[test]
fn nothing_else_is() {
    let outer = tempfile::tempdir().expect("a folder");
    fs::write(outer.path().join("secret"), "secret").expect("a secret");
    let folder = outer.path().join("site");
    fs::create_dir(&folder).expect("a folder");
    fs::write(folder.join(".hidden"), "secret").expect("a secret");
    #[cfg(unix)]
    std::os::unix::fs::symlink(outer.path().join("secret"), folder.join("link")).expect("a link");
    let (address, _) = start(&folder);
    for path in [
        "/../secret",
        "/%2e%2e/secret",
        "/..%2fsecret",
        "//secret",
        "/./../secret",
        "/link",
        "/.hidden",
        "/..\\secret",
        "/%00",
        "/site/../../secret",
        "secret",
        "/%ff",
        "/",
        "/etc/passwd",
        "",
    ] {
        let answer = get(address, path);
        assert!(answer.starts_with("HTTP/1.1 404 "), "{path}: {answer}");
        assert!(!answer.contains("secret"), "{path}: {answer}");
    }
    assert!(ask(address, b"POST / HTTP/1.1\r\n\r\n").starts_with("HTTP/1.1 405 "));
    assert!(ask(address, b"\xff\xfe\r\n\r\n").starts_with("HTTP/1.1 405 "));
    let long = [b"GET /".as_slice(), &[b'a'; 20_000]].concat();
    let answer = ask(address, &long);
    assert!(answer.is_empty() || answer.starts_with("HTTP/1.1 431 "), "{answer}");
    // It still answers.
    assert!(get(address, "/x").starts_with("HTTP/1.1 404 "));
}

#[test]
fn many_silent_clients_do_not_stop_it_for_ever() {
    let folder = tempfile::tempdir().expect("a folder");
    fs::write(folder.path().join("index.html"), "top").expect("a page");
    let (address, _) = start(folder.path());
    let silent: Vec<TcpStream> =
        (0..80).map(|_| TcpStream::connect(address).expect("a connection")).collect();
    drop(silent);
    for _ in 0..200 {
        if get(address, "/").starts_with("HTTP/1.1 200") {
            return;
        }
        thread::sleep(std::time::Duration::from_millis(20));
    }
    panic!("it never answers again");
}

#[test]
fn a_changed_source_is_noticed() {
    let demo = Demo::new();
    let before = changes::stamp(&demo.checkout());
    assert_eq!(before, changes::stamp(&demo.checkout()));
    let demo = demo.with("book/dist/index.html", "built");
    assert_eq!(before, changes::stamp(&demo.checkout()));
    let demo = demo.with("solutions/01-vote/src/more.rs", "");
    assert_ne!(before, changes::stamp(&demo.checkout()));
}
