//! Forms, and that no value of any field is ever kept.

use serde_json::json;
use thirtyfour::Key;

use super::Scene;

const SECRET: &str = "Xyzzy-Secret-77";

#[tokio::test]
async fn a_form_is_told_when_it_is_submitted() {
    let scene = Scene::capturing(
        "<form id=order name=checkout action='/thanks?step=2' method=post data-waymark-plan=team>
            <input name=action><input name=id><button>Order</button></form>",
    )
    .await;
    scene.type_into("form input", "abc").await;
    scene.click_on("button").await;
    // The page is gone by now.
    let told = scene.eventually_all("form_submitted", 1).await;
    assert_eq!(
        told,
        [json!({
            "form_id": "order", "form_name": "checkout", "plan": "team",
            "form_destination": scene.site.url("/thanks"),
        })]
    );
    scene.open("/next").await;
    scene.flushed().await;
    assert_eq!(scene.all("form_abandoned").await.len(), 0);
}

#[tokio::test]
async fn a_form_left_behind_names_its_last_field_at_most() {
    let scene = Scene::capturing(
        "<form id=signup onsubmit='event.preventDefault()'><input name=email><input id=phone></form>
        <form id=untouched><input name=a></form>
        <form id=private data-waymark-ignore><input name=b></form>
        <div id=host></div>
        <script>host.attachShadow({ mode: 'open' }).innerHTML =
            '<form id=inner onsubmit=\"event.preventDefault()\"><input name=c></form>'</script>",
    )
    .await;
    scene.type_into("[name=email]", SECRET).await;
    scene.type_into("#phone", SECRET).await;
    scene.type_into("[name=b]", SECRET).await;
    let field = "return document.querySelector('#host').shadowRoot.querySelector('input')";
    let found = scene.browser.driver().execute(field, Vec::new()).await;
    let field = found.expect("a field").element().expect("a field");
    field.send_keys(Key::Space + "x").await.expect("typing");
    field.send_keys(Key::Enter + "").await.expect("a submit");
    scene.open("/next").await;
    scene.flushed().await;

    let told = scene.all("form_abandoned").await;
    assert_eq!(told.len(), 1, "{told:?}");
    assert_eq!(
        (&told[0]["form_id"], &told[0]["last_field"]),
        (&json!("signup"), &json!("phone"))
    );
    let submitted = scene.all("form_submitted").await;
    assert_eq!(submitted.len(), 1, "a shadow tree's form");
    assert_eq!(submitted[0]["form_id"], json!("inner"));
    assert_eq!(
        scene
            .number(
                "SELECT COUNT(*) FROM events e JOIN events p ON p.id = e.page_view_id
                 WHERE e.name = 'form_abandoned' AND p.title = 'Home'"
            )
            .await,
        1,
        "it belongs to the page view that was left"
    );
}

#[tokio::test]
async fn values_of_fields_never_occur_anywhere_in_the_database() {
    let fields = "<input name=a><input name=b type=password><input name=c type=email><input name=d type=search>
        <textarea name=e></textarea><div id=editable contenteditable>Note</div>
        <label id=label>Name <input name=f></label>
        <button id=echo type=button>Delete</button><button id=break type=button>Break</button><button id=go>Send</button>";
    let scene = Scene::capturing(&format!(
        "<form id=sent onsubmit='event.preventDefault()'>{fields}</form>
        <form id=left><input name=g><select name=h><option>One<option>{SECRET}</select></form>
        <script>
            const form = document.querySelector('#sent');
            echo.onclick = () => {{ echo.textContent = 'Delete ' + form.a.value }};
            document.querySelector('#break').onclick = () => {{ throw new Error('bad name ' + form.a.value) }};
        </script>"
    ))
    .await;
    for css in [
        "[name=a]",
        "[name=b]",
        "[name=d]",
        "[name=e]",
        "[name=f]",
        "[name=g]",
        "#editable",
    ] {
        scene.type_into(css, SECRET).await;
    }
    let mail = format!("{SECRET}@example.com");
    scene.type_into("[name=c]", mail.as_str()).await;
    scene.type_into("[name=h]", "X").await;
    for css in [
        "[name=a]",
        "[name=b]",
        "[name=c]",
        "[name=e]",
        "[name=h]",
        "#editable",
        "#label",
        "#echo",
    ] {
        scene.press(css, "left", 4).await;
    }
    scene.click_on("#break").await;
    scene.click_on("#go").await;
    scene.open("/next").await;
    scene.flushed().await;

    let names = scene.names().await;
    for name in [
        "click",
        "rage_click",
        "js_error",
        "form_submitted",
        "form_abandoned",
        "web_vital",
    ] {
        assert!(names.iter().any(|other| other == name), "{name}: {names:?}");
    }
    let database = scene.collector.database();
    let hex: String = SECRET.bytes().map(|byte| format!("{byte:02X}")).collect();
    let mut cells = 0;
    for table in database.tables().await {
        for row in database.rows(&table).await {
            cells += 1;
            for part in [SECRET, hex.as_str(), "Xyzzy"] {
                assert!(!row.contains(part), "{table}: {row}");
            }
        }
    }
    assert!(cells > 10, "there is something to look at");
}
