//! The page in a real browser: Chromium without a window, driven by `chromedriver` over WebDriver (<https://www.w3.org/TR/webdriver2/>). Where no
//! `chromedriver` is installed, the test says so and skips; `.ci/run` installs one.

use std::io::{BufRead as _, BufReader, Read as _, Write as _};
use std::net::TcpStream;
use std::process::{Child, ChildStdout, Command, Stdio};
use std::time::Duration;

use linchpin_codegen::drift::Class;
use serde_json::{Value, json};

use super::Format;
use super::examples::{HOSTILE, changes, hostile, shown};

/// A browser with a page in it.
struct Browser {
    driver: Child,
    /// A driver whose output nobody holds open dies of the next line.
    _output: BufReader<ChildStdout>,
    port: u16,
    session: String,
}

impl Drop for Browser {
    fn drop(&mut self) {
        // The driver ends the browser with its session; what is left of both is ended with the driver.
        if !self.session.is_empty() {
            let _ = request(self.port, "DELETE", &format!("/session/{}", self.session), &Value::Null);
        }
        let _ = self.driver.kill();
        let _ = self.driver.wait();
    }
}

/// One request of WebDriver, and the value of its answer.
fn request(port: u16, method: &str, path: &str, body: &Value) -> Value {
    let mut stream = TcpStream::connect(("127.0.0.1", port)).expect("the driver listens");
    stream.set_read_timeout(Some(Duration::from_secs(300))).expect("a timeout");
    let body = if body.is_null() { String::new() } else { body.to_string() };
    let head = format!(
        "{method} {path} HTTP/1.1\r\nHost: 127.0.0.1:{port}\r\nContent-Type: application/json\r\nContent-Length: {}\r\n\
         Connection: close\r\n\r\n",
        body.len()
    );
    stream.write_all(head.as_bytes()).and_then(|()| stream.write_all(body.as_bytes())).expect("a request");
    let mut reader = BufReader::new(stream);
    let mut length = 0;
    loop {
        let mut line = String::new();
        reader.read_line(&mut line).expect("a header");
        if line.trim().is_empty() {
            break;
        }
        if let Some((key, value)) = line.split_once(':')
            && key.eq_ignore_ascii_case("content-length")
        {
            length = value.trim().parse().expect("a length");
        }
    }
    let mut answer = vec![0; length];
    reader.read_exact(&mut answer).expect("a body");
    let mut answer: Value = serde_json::from_slice(&answer).expect("JSON");
    let value = answer["value"].take();
    assert!(value.get("error").is_none(), "{method} {path} {body}: {value}");
    value
}

impl Browser {
    /// `None` where there is no driver.
    fn start() -> Option<Self> {
        let mut driver = Command::new("chromedriver")
            .arg("--port=0")
            .stdout(Stdio::piped())
            .stderr(Stdio::null())
            .spawn()
            .ok()?;
        let mut output = BufReader::new(driver.stdout.take().expect("an output"));
        let port = output
            .by_ref()
            .lines()
            .map_while(Result::ok)
            .find_map(|line| {
                line.split_once("started successfully on port ")?.1.trim_end_matches('.').parse().ok()
            })
            .expect("the driver tells its port");
        let mut browser = Self { driver, _output: output, port, session: String::new() };
        let capabilities = json!({ "capabilities": { "alwaysMatch": {
            "browserName": "chrome",
            "goog:chromeOptions": { "args": ["--headless=new", "--no-sandbox", "--disable-dev-shm-usage", "--disable-gpu"] },
            "goog:loggingPrefs": { "browser": "ALL" },
        } } });
        let session = request(browser.port, "POST", "/session", &capabilities);
        browser.session = session["sessionId"].as_str().expect("a session").to_owned();
        Some(browser)
    }

    fn post(&self, path: &str, body: &Value) -> Value {
        request(self.port, "POST", &format!("/session/{}{path}", self.session), body)
    }

    fn open(&self, page: &std::path::Path) {
        self.post("/url", &json!({ "url": format!("file://{}", page.display()) }));
    }

    fn run(&self, script: &str) -> Value {
        self.post("/execute/sync", &json!({ "script": script, "args": [] }))
    }

    fn element(&self, selector: &str) -> String {
        let found = self.post("/element", &json!({ "using": "css selector", "value": selector }));
        // The key is the constant of the standard, section 12.
        found["element-6066-11e4-a52e-4f735466cecf"].as_str().expect(selector).to_owned()
    }

    fn click(&self, selector: &str) {
        self.post(&format!("/element/{}/click", self.element(selector)), &json!({}));
    }

    fn write(&self, selector: &str, text: &str) {
        self.post(&format!("/element/{}/value", self.element(selector)), &json!({ "text": text }));
    }

    fn devtools(&self, command: &str, parameters: Value) {
        self.post("/goog/cdp/execute", &json!({ "cmd": command, "params": parameters }));
    }

    /// How many changes are to be seen, by looking at them and by what the page says.
    fn visible(&self) -> (u64, String) {
        let found = self.run(
            "return [[...document.querySelectorAll('#changes > li')].filter((item) => item.offsetParent !== null).length, \
             document.getElementById('count').textContent]",
        );
        (found[0].as_u64().expect("a count"), found[1].as_str().expect("a text").to_owned())
    }

    fn console(&self) -> Value {
        self.post("/se/log", &json!({ "type": "browser" }))
    }
}

/// The least contrast of the texts of the page to what is behind them, by WCAG 2.2, section 1.4.3.
const CONTRAST: &str = "
    const parts = (colour) => colour.match(/[\\d.]+/g).slice(0, 3).map((part) => {
        const share = part / 255;
        return share <= 0.04045 ? share / 12.92 : ((share + 0.055) / 1.055) ** 2.4;
    });
    const light = (colour) => { const [r, g, b] = parts(colour); return 0.2126 * r + 0.7152 * g + 0.0722 * b; };
    const paper = light(getComputedStyle(document.body).backgroundColor);
    const texts = [...document.querySelectorAll('p, h1, h2, th, td, label, summary, .class')];
    return Math.min(...texts.map((text) => {
        const ink = light(getComputedStyle(text).color);
        return (Math.max(ink, paper) + 0.05) / (Math.min(ink, paper) + 0.05);
    }));";

#[test]
fn a_page_filters_searches_and_runs_nothing_of_a_document() {
    let Some(browser) = Browser::start() else {
        // Straight to the descriptor, since the test harness keeps what a passing test prints.
        let skipped =
            "SKIPPED: no `chromedriver` here, so no browser looks at the page; `.ci/run` installs it";
        writeln!(std::io::stderr(), "{skipped}").expect("a line");
        return;
    };
    let folder = tempfile::tempdir().expect("a folder");
    let page = |name: &str, text: String| {
        let path = folder.path().join(name);
        std::fs::write(&path, text).expect("a page");
        path
    };

    // Five of each class, one of which is accepted; the first of five reaches nothing, the others one operation more each.
    let classes: Vec<(Class, bool)> =
        (0..5).flat_map(|number| Class::ALL.map(|class| (class, number < 4))).collect();
    let judged = changes(&classes);
    browser.open(&page("some.html", shown(&judged, false).to_format(Format::Html)));
    assert_eq!(browser.visible(), (20, "All 20 changes".to_owned()));
    browser.click("input[value=breaking]");
    assert_eq!(browser.visible(), (15, "15 of 20 changes".to_owned()));
    browser.click("input[value=breaking]");
    browser.click("#new");
    assert_eq!(browser.visible(), (16, "16 of 20 changes".to_owned()));
    browser.click("#new");
    browser.write("#text", "PROPERTY p1\u{a0}enum");
    assert_eq!(browser.visible().0, 17, "p1, p10 to p19, and what reaches /p1");
    browser.run("const box = document.getElementById('text'); box.value = ''; box.dispatchEvent(new Event('input', {bubbles: true}));");
    browser.write("#operation", "GET /p3\u{e007}");
    assert_eq!(browser.visible(), (4, "4 of 20 changes".to_owned()));
    browser.write("#text", "nothing has this");
    assert_eq!(browser.visible(), (0, "0 of 20 changes".to_owned()));
    let unfolded = browser.run(
        "const all = document.querySelector('details'); all.open = true; \
         return new Promise((done) => setTimeout(() => done([...all.querySelectorAll('li')].map((line) => line.textContent)), 50));",
    );
    assert_eq!(unfolded, json!(["GET /p3"]), "the fourth operation of a change that reaches four");

    // Labels, one heading of the first rank, a language.
    let unlabelled = browser.run(
        "return [...document.querySelectorAll('input, select')].filter((field) => field.labels.length !== 1).map((field) => field.outerHTML)",
    );
    assert_eq!(unlabelled, json!([]));
    assert_eq!(
        browser.run("return [document.querySelectorAll('h1').length, document.documentElement.lang]"),
        json!([1, "en"])
    );

    // Light and dark, and a phone.
    browser.open(&page("again.html", shown(&judged, true).to_format(Format::Html)));
    let mut papers = Vec::new();
    for scheme in ["light", "dark"] {
        let features = json!({ "features": [{ "name": "prefers-color-scheme", "value": scheme }] });
        browser.devtools("Emulation.setEmulatedMedia", features);
        papers.push(browser.run("return getComputedStyle(document.body).backgroundColor"));
        let contrast = browser.run(CONTRAST).as_f64().expect("a number");
        assert!(contrast >= 4.5, "{scheme}: a text has a contrast of {contrast}");
    }
    assert_ne!(papers[0], papers[1]);

    // Texts of a document stay texts.
    let judged = hostile();
    browser.open(&page("hostile.html", shown(&judged, false).to_format(Format::Html)));
    let phone = json!({ "width": 360, "height": 740, "deviceScaleFactor": 2, "mobile": true });
    browser.devtools("Emulation.setDeviceMetricsOverride", phone);
    let width = browser.run("return document.documentElement.scrollWidth").as_u64().expect("a width");
    assert!(width <= 360, "the page is {width} wide on a phone");
    let foreign = "script:not(main ~ script), main script, svg, img, iframe, a, object, [onload], [onerror], [onmouseover]";
    let found = browser.run(&format!(
        "return [typeof window.owned, [...document.querySelectorAll('{foreign}')].map((node) => node.outerHTML), \
         performance.getEntriesByType('resource').map((entry) => entry.name)]"
    ));
    assert_eq!(found, json!(["undefined", [], []]));
    let text = browser.run("return document.getElementById('changes').textContent");
    let text = text.as_str().expect("a text");
    for hostile in HOSTILE {
        let expected = super::escape::line(hostile);
        assert!(text.contains(expected.trim()), "{expected:?} is not shown as it is written");
    }
    browser.write("#text", "<script>window.owned");
    assert_eq!(browser.visible().0, 1, "a text is found by what it says");
    assert_eq!(browser.run("return typeof window.owned"), json!("undefined"));

    let console = browser.console();
    assert_eq!(console, json!([]), "the console is quiet");
}
