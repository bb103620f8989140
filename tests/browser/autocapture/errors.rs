//! Errors of the page.

use serde_json::json;

use super::Scene;

#[tokio::test]
async fn an_error_in_the_pages_own_handler_is_told_once_and_the_click_too() {
    let scene = Scene::capturing(
        "<button>Buy</button><script>
            document.querySelector('button').onclick = () => {
                throw new TypeError('no cart at https://api.example/cart?token=abc for me@example.com')
            };
        </script>",
    )
    .await;
    scene.click_on("button").await;
    scene.click_on("button").await;
    // At once, without having been asked to send.
    let told = scene.eventually_all("js_error", 1).await;
    assert_eq!(told[0]["kind"], json!("error"));
    let message = told[0]["message"].as_str().expect("a message");
    // Chromium alone says that nobody caught it.
    assert_eq!(
        message.trim_start_matches("Uncaught "),
        "TypeError: no cart at https://api.example/cart for *"
    );
    assert!(told[0]["line"].is_u64(), "{told:?}");
    scene.flushed().await;
    assert_eq!(scene.all("js_error").await.len(), 1);
    assert_eq!(scene.all("click").await.len(), 2);
    assert_eq!(
        scene.browser.run("return seen.length").await,
        json!(2),
        "the page hears of its errors as before"
    );
}

#[tokio::test]
async fn errors_name_file_and_line_without_queries_and_are_bounded_per_page_view() {
    let scene = Scene::capturing(
        "<script>
            function reject() {
                Promise.reject(new RangeError('out of range'));
                Promise.reject({ password: 'hunter2' });
                try { JSON.parse('hunter2 hunter2') } catch (e) { Promise.reject(e) }
            }
            function fail(text) { setTimeout(() => { throw new Error(text) }) }
        </script>",
    )
    .await;
    scene.open("/?email=me@example.com").await;
    scene.captures(super::ALL).await;
    scene.browser.run("reject()").await;
    let told = scene.eventually_all("js_error", 3).await;
    assert_eq!(told[0]["kind"], json!("unhandledrejection"));
    assert_eq!(told[0]["message"], json!("RangeError: out of range"));
    assert_eq!(told[0]["source"], json!(scene.site.url("/")));
    assert!(told[0]["line"].is_u64());
    assert_eq!(told[1]["message"], json!("object"));
    assert!(!format!("{told:?}").contains("hunter2"), "{told:?}");

    scene
        .browser
        .run("for (let i = 0; i < 30; i++) fail('number ' + i)")
        .await;
    let failed = "new Promise(done => { const wait = () => seen.length >= 33 ? done() : setTimeout(wait, 10); wait() })";
    scene.browser.settled(failed).await;
    scene.flushed().await;
    assert_eq!(scene.all("js_error").await.len(), 10);
    scene
        .browser
        .run("history.pushState({}, '', '/two'); fail('number 1')")
        .await;
    scene.eventually_all("js_error", 11).await;
}
