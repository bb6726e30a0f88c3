//! A headless browser, driven over its own pipe: pages are opened, keys pressed and buttons clicked
//! as a person would.
//!
//! Owns the process and its protocol (one JSON value a message, ended by a zero byte; the browser
//! reads file descriptor 3 and writes 4, which a shell connects to the ends that Rust can give it).
//! Where no Chromium is installed, a test says so and is done.

use serde_json::{Value, json};
use std::fs;
use std::io::{BufRead, BufReader, Write};
use std::path::{Path, PathBuf};
use std::process::{Child, ChildStdin, ChildStdout, Command, Stdio};
use std::thread::sleep;
use std::time::Duration;

const NAMES: [&str; 4] = ["chromium", "chromium-browser", "google-chrome", "google-chrome-stable"];

/// What has not come true after so many looks never will.
const LOOKS: u32 = 400;

pub struct Browser {
    process: Child,
    to: ChildStdin,
    from: BufReader<ChildStdout>,
    folder: PathBuf,
    session: Option<String>,
    number: u64,
    problems: Vec<String>,
}

#[allow(dead_code, reason = "no test uses all of it")]
impl Browser {
    /// A browser with an empty page; none where none is installed.
    pub fn start(test: &str) -> Option<Browser> {
        let Some(program) = program() else {
            eprintln!("{test} is skipped: no Chromium in PATH");
            return None;
        };
        let folder = Path::new(env!("CARGO_TARGET_TMPDIR")).join(format!("browser-{test}"));
        let _ = fs::remove_dir_all(&folder);
        fs::create_dir_all(&folder).expect("the target folder can be written to");
        let flags = [
            "--headless",
            "--no-sandbox",
            "--disable-gpu",
            "--disable-quic",
            "--no-first-run",
            "--disable-background-networking",
            "--disable-component-update",
            "--disable-sync",
            "--window-size=1280,800",
            "--remote-debugging-pipe",
        ];
        let mut process = Command::new("sh")
            .args(["-c", "exec \"$0\" \"$@\" 3<&0 4>&1"])
            .arg(program)
            .args(flags)
            .arg(format!("--user-data-dir={}", folder.join("profile").display()))
            .arg("about:blank")
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::null())
            .spawn()
            .expect("a shell starts");
        let to = process.stdin.take().expect("it is piped");
        let from = BufReader::new(process.stdout.take().expect("it is piped"));
        let (session, problems) = (None, Vec::new());
        let mut browser = Browser { process, to, from, folder, session, number: 0, problems };
        let target = browser.wait_for_page();
        let attached =
            browser.call("Target.attachToTarget", json!({ "targetId": target, "flatten": true }));
        browser.session = attached["sessionId"].as_str().map(str::to_owned);
        for domain in ["Page", "Runtime", "Log"] {
            browser.call(&format!("{domain}.enable"), json!({}));
        }
        Some(browser)
    }

    fn wait_for_page(&mut self) -> Value {
        for _ in 0..LOOKS {
            let targets = self.call("Target.getTargets", json!({}));
            let targets = targets["targetInfos"].as_array().cloned().unwrap_or_default();
            if let Some(page) = targets.into_iter().find(|target| target["type"] == "page") {
                return page["targetId"].clone();
            }
            sleep(Duration::from_millis(25));
        }
        panic!("the browser has no page");
    }

    /// Asks the browser for something, and waits until it is done.
    fn call(&mut self, method: &str, parameters: Value) -> Value {
        self.number += 1;
        let mut call = json!({ "id": self.number, "method": method, "params": parameters });
        if let Some(session) = &self.session {
            call["sessionId"] = json!(session);
        }
        write!(self.to, "{call}\0").expect("the browser listens");
        loop {
            let mut bytes = Vec::new();
            self.from.read_until(0, &mut bytes).expect("the browser answers");
            assert_eq!(bytes.pop(), Some(0), "the browser is gone, at {method}");
            let answer: Value = serde_json::from_slice(&bytes).expect("it speaks JSON");
            if matches!(
                answer["method"].as_str(),
                Some("Runtime.exceptionThrown" | "Log.entryAdded")
            ) {
                self.problems.push(answer["params"].to_string());
            }
            if answer["id"] == self.number {
                assert!(answer.get("error").is_none(), "{method}: {answer}");
                return answer["result"].clone();
            }
        }
    }

    /// Opens a page as a file; `place` is what follows its name in the address.
    pub fn open(&mut self, page: &str, place: &str) {
        let path = self.folder.join("page.html");
        fs::write(&path, page).expect("the target folder can be written to");
        self.call("Page.navigate", json!({ "url": "about:blank" }));
        self.wait_for("document.readyState === 'complete' && location.protocol === 'about:'");
        let address = format!("file://{}{place}", path.display());
        self.call("Page.navigate", json!({ "url": address }));
        self.wait_for("document.readyState === 'complete' && location.protocol === 'file:'");
    }

    /// Opens a file that is there already.
    pub fn visit(&mut self, path: &Path) {
        self.call("Page.navigate", json!({ "url": format!("file://{}", path.display()) }));
        self.wait_for("document.readyState === 'complete' && location.protocol === 'file:'");
    }

    /// Makes the window as wide and high as this.
    pub fn resize(&mut self, width: u32, height: u32) {
        let size =
            json!({ "width": width, "height": height, "deviceScaleFactor": 1, "mobile": false });
        self.call("Emulation.setDeviceMetricsOverride", size);
    }

    fn value(&mut self, script: &str) -> Value {
        let asked = json!({ "expression": script, "returnByValue": true, "awaitPromise": true });
        let answer = self.call("Runtime.evaluate", asked);
        assert!(answer.get("exceptionDetails").is_none(), "{script}: {answer}");
        answer["result"]["value"].clone()
    }

    /// What a script gives: a text as it is, anything else as JSON.
    pub fn text(&mut self, script: &str) -> String {
        match self.value(script) {
            Value::String(text) => text,
            other => other.to_string(),
        }
    }

    pub fn yes(&mut self, script: &str) -> bool {
        self.value(script) == Value::Bool(true)
    }

    /// A number, rounded.
    #[expect(clippy::cast_possible_truncation, reason = "places and counts in a page are small")]
    pub fn number(&mut self, script: &str) -> i64 {
        let value = self.value(script);
        value.as_f64().unwrap_or_else(|| panic!("{script} gives {value}")).round() as i64
    }

    /// Waits until a script says true.
    pub fn wait_for(&mut self, script: &str) {
        for _ in 0..LOOKS {
            if self.yes(script) {
                return;
            }
            sleep(Duration::from_millis(25));
        }
        panic!("this never comes true: {script}");
    }

    /// The step that the page says it is at.
    pub fn step(&mut self) -> usize {
        let place = self.text("document.querySelector('.player-place').textContent");
        let word = place.split(' ').nth(1).and_then(|word| word.parse().ok());
        word.unwrap_or_else(|| panic!("\"{place}\" names no step"))
    }

    /// Presses a key; `text` is what it types, if anything.
    pub fn press(&mut self, key: &str, text: &str) {
        for kind in ["keyDown", "keyUp"] {
            let code = if key == "Escape" { 27 } else { 0 };
            let typed = if kind == "keyDown" { text } else { "" };
            let event =
                json!({ "type": kind, "key": key, "text": typed, "windowsVirtualKeyCode": code });
            self.call("Input.dispatchKeyEvent", event);
        }
    }

    /// Clicks the button of this name, with the mouse, where it is.
    pub fn click(&mut self, label: &str) {
        let place = format!(
            "(() => {{ const box = document.querySelector('button[aria-label=\"{label}\"]')\
             .getBoundingClientRect();\
             return [box.x + box.width / 2, box.y + box.height / 2]; }})()"
        );
        let place = self.value(&place);
        self.mouse(place[0].clone(), place[1].clone());
    }

    pub fn click_at(&mut self, x: i64, y: i64) {
        self.mouse(json!(x), json!(y));
    }

    fn mouse(&mut self, x: Value, y: Value) {
        for kind in ["mousePressed", "mouseReleased"] {
            let event = json!({ "type": kind, "x": x, "y": y, "button": "left", "clickCount": 1 });
            self.call("Input.dispatchMouseEvent", event);
        }
    }

    /// Everything that the page complained about: exceptions, and what its policy forbids.
    pub fn problems(&self) -> Vec<String> {
        self.problems.clone()
    }
}

impl Drop for Browser {
    fn drop(&mut self) {
        // The end of its pipe ends it; if it hangs, it has had its time.
        let close = json!({ "id": self.number + 1, "method": "Browser.close" });
        let _ = write!(self.to, "{close}\0");
        for _ in 0..80 {
            if let Ok(Some(_)) = self.process.try_wait() {
                let _ = fs::remove_dir_all(&self.folder);
                return;
            }
            sleep(Duration::from_millis(25));
        }
        let _ = self.process.kill();
        let _ = self.process.wait();
        let _ = fs::remove_dir_all(&self.folder);
    }
}

fn program() -> Option<PathBuf> {
    let paths = std::env::var_os("PATH")?;
    let candidates = std::env::split_paths(&paths)
        .flat_map(|folder| NAMES.iter().map(move |name| folder.join(name)).collect::<Vec<_>>());
    candidates.into_iter().find(|path| path.is_file())
}
