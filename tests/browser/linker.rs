//! One visitor on several domains: what links and forms carry to sister sites, what is taken over there, and the cookie
//! that the hosts of one domain share.

use std::time::Duration;

use serde_json::{Value, json};
use thirtyfour::prelude::*;

use super::sisters::Sisters;
use super::{eventually, text};

const FROM: &str = "a.example.test/from";
const SHOP: &str = "shop.other.test";
const LINK: &str = "<a id=link href='http://shop.other.test:PORT/to?size=L%20XL#sizes'>Shop</a>";
const CLICK: &str = "document.getElementById('link').click()";

const VISITORS: &str = "SELECT COUNT(*) FROM visitors";
const SESSIONS: &str = "SELECT COUNT(*) FROM sessions";
const PAGE_VIEWS: &str = "SELECT COUNT(*) FROM events WHERE kind = 'page_view'";
/// Whatever has an address in it.
const LEAKS: &str = "SELECT (SELECT COUNT(*) FROM events WHERE COALESCE(url, '') || COALESCE(referrer, '') LIKE '%\\_wm=%' ESCAPE '\\')
    + (SELECT COUNT(*) FROM sessions WHERE COALESCE(landing_url, '') || COALESCE(referrer, '') || COALESCE(entry_url, '') LIKE '%\\_wm=%' ESCAPE '\\')
    + (SELECT COUNT(*) FROM visitors WHERE COALESCE(landing_url, '') || COALESCE(referrer, '') LIKE '%\\_wm=%' ESCAPE '\\')";

/// Waits until the chunk that decorates is at work on the page.
async fn linking(sites: &Sisters) {
    eventually("links are decorated", || async {
        sites
            .browser
            .run(
                "const link = Object.assign(document.createElement('a'), { href: 'http://x.sister.test/' });
                 link.onclick = (event) => event.preventDefault();
                 document.body.append(link);
                 link.click();
                 link.remove();
                 return link.href.includes('_wm=')",
            )
            .await
            == true
    })
    .await;
}

/// A visitor on the first site, and what the page there has of `html`.
async fn on_the_first_site(html: &str) -> (Sisters, Value) {
    let sites = Sisters::start().await;
    let ids = sites.visit(FROM).await;
    linking(&sites).await;
    sites.add(html).await;
    (sites, ids)
}

fn assert_same(arrived: &Value, ids: &Value) {
    for id in ["visitorId", "sessionId"] {
        assert!(ids[id].is_string(), "{ids}");
        assert_eq!(arrived[id], ids[id], "{id}");
    }
    assert_ne!(arrived["tabId"], ids["tabId"], "another domain's storage");
}

#[tokio::test]
async fn a_link_to_a_sister_site_carries_visitor_and_session() {
    let (sites, ids) = on_the_first_site(LINK).await;
    let arrived = sites.follow(CLICK, SHOP).await;

    assert_same(&arrived, &ids);
    assert_eq!(sites.number(VISITORS).await, 1);
    assert_eq!(sites.number(SESSIONS).await, 1);
    assert_eq!(
        sites.number(PAGE_VIEWS).await,
        2,
        "cleaning the address is no page view"
    );
    assert_eq!(
        sites.browser.run("return location.href").await,
        json!(sites.url("shop.other.test/to?size=L%20XL#sizes"))
    );
    let [request] = &sites.requests("/to")[..] else {
        panic!("one request: {:?}", sites.requests("/to"));
    };
    assert!(
        request.contains("/to?size=L%20XL&_wm=1."),
        "the parameter stands behind the others: {request}"
    );
    assert_eq!(sites.number(LEAKS).await, 0, "nothing stored has it");
    // The session goes on over there as well as here.
    assert_eq!(
        sites.texts("SELECT landing_url FROM sessions").await,
        [[Some(sites.url(FROM))]]
    );
    let next = sites.visit("shop.other.test/next").await;
    assert_eq!(next["visitorId"], ids["visitorId"]);
    assert_eq!(sites.number(SESSIONS).await, 1);
    sites.collector.assert_quiet_log();
}

#[tokio::test]
async fn a_link_in_a_shadow_tree_that_was_added_later_carries_the_visitor() {
    let (sites, ids) = on_the_first_site("<div id=host></div>").await;
    let link = sites.url("shop.other.test/to");
    let script = format!(
        "const root = document.getElementById('host').attachShadow({{ mode: 'open' }});
         root.innerHTML = '<a href=\"{link}\"><b>Shop</b></a>';
         root.querySelector('b').click()"
    );
    assert_same(&sites.follow(&script, SHOP).await, &ids);
}

#[tokio::test]
async fn the_enter_key_and_the_middle_button_carry_the_visitor() {
    let (sites, ids) = on_the_first_site(LINK).await;
    let driver = sites.browser.driver();
    let link = driver.find(By::Id("link")).await.expect("the link");
    let first = driver.window().await.expect("this tab");
    // In a new tab, which the driver opens no other way than a visitor does.
    driver
        .action_chain()
        .move_to_element_center(&link)
        .perform()
        .await
        .expect("the pointer moves");
    for kind in ["mousePressed", "mouseReleased"] {
        let place = sites
            .browser
            .run("const { x, y } = document.getElementById('link').getBoundingClientRect(); return [x + 3, y + 3]")
            .await;
        sites
            .browser
            .devtools(
                "Input.dispatchMouseEvent",
                json!({ "type": kind, "x": place[0], "y": place[1], "button": "middle", "clickCount": 1 }),
            )
            .await;
    }
    eventually("a second tab", || async {
        driver.windows().await.is_ok_and(|tabs| tabs.len() == 2)
    })
    .await;
    let tabs = driver.windows().await.expect("two tabs");
    let second = tabs
        .into_iter()
        .find(|tab| *tab != first)
        .expect("a new one");
    driver.switch_to_window(second).await.expect("the new tab");
    assert_same(&sites.arrived(SHOP).await, &ids);

    driver.switch_to_window(first).await.expect("the first tab");
    link.send_keys("\u{e007}").await.expect("the key");
    assert_same(&sites.arrived(SHOP).await, &ids);
    assert_eq!(sites.number(VISITORS).await, 1);
}

#[tokio::test]
async fn a_form_that_gets_carries_the_visitor_in_a_field() {
    let form = "<form action='http://shop.other.test:PORT/to'><input name=q value=boat><button id=link>Go</button></form>";
    let (sites, ids) = on_the_first_site(form).await;
    assert_same(&sites.follow(CLICK, SHOP).await, &ids);
    assert_eq!(
        sites.browser.run("return location.search").await,
        json!("?q=boat")
    );
}

#[tokio::test]
async fn a_form_that_posts_carries_the_visitor_in_its_address() {
    let form = "<form method=post action='/nowhere'><input name=action value=x>
        <button id=link formaction='http://shop.other.test:PORT/to?step=2'>Go</button></form>";
    let (sites, ids) = on_the_first_site(form).await;
    assert_same(&sites.follow(CLICK, SHOP).await, &ids);
    let request = sites.requests("/to").join(" ");
    assert!(request.starts_with("POST "), "{request}");
    assert_eq!(
        sites.browser.run("return location.search").await,
        json!("?step=2")
    );
}

#[tokio::test]
async fn a_click_that_the_page_handles_itself_does_no_harm() {
    let (sites, _) = on_the_first_site(LINK).await;
    let seen = sites
        .browser
        .run(
            "let seen;
             const link = document.getElementById('link');
             link.onclick = (event) => { event.preventDefault(); seen = link.href; };
             link.click();
             link.click();
             return seen",
        )
        .await;
    assert!(
        seen.as_str().is_some_and(|href| href.contains("&_wm=1.")),
        "a handler that goes there itself carries the visitor: {seen}"
    );
    let plain = sites.url("shop.other.test/to?size=L%20XL#sizes");
    eventually("the link is as it was", || async {
        sites
            .browser
            .run("return document.getElementById('link').getAttribute('href')")
            .await
            == json!(plain)
    })
    .await;
    assert_eq!(
        sites.browser.run("return location.href").await,
        json!(sites.url(FROM))
    );
    sites.flushed().await;
    assert_eq!(sites.number(PAGE_VIEWS).await, 1);
}

#[tokio::test]
async fn the_visitor_survives_a_redirect() {
    let link = "<a id=link href='http://shop.other.test:PORT/redirect?x=1'>Shop</a>";
    let (sites, ids) = on_the_first_site(link).await;
    assert_same(&sites.follow(CLICK, SHOP).await, &ids);
    assert_eq!(
        sites.browser.run("return location.search").await,
        json!("?lang=en&x=1")
    );
    assert_eq!(sites.number(LEAKS).await, 0);
}

#[tokio::test]
async fn no_other_host_is_told() {
    let links = "<a href='http://evil.test:PORT/plain'>1</a>
        <a href='http://shop.other.test.evil.test:PORT/plain'>2</a>
        <a href='http://sister.test:PORT/plain'>3</a>
        <a href='http://shop.other.test@evil.test:PORT/plain'>4</a>
        <a href='/plain'>5</a>
        <form action='http://evil.test:PORT/plain'><button>6</button></form>
        <form method=post action='http://evil.test:PORT/plain'><button>7</button></form>";
    let (sites, _) = on_the_first_site("").await;
    for at in 0..7 {
        sites.visit(FROM).await;
        linking(&sites).await;
        sites.add(links).await;
        sites
            .browser
            .run(&format!(
                "document.querySelectorAll('a, button')[{at}].click()"
            ))
            .await;
        eventually("the page is there", || async {
            sites.requests("/plain").len() == at + 1
        })
        .await;
    }
    for request in sites.requests("/plain") {
        assert!(!request.contains("_wm"), "{request}");
    }
    assert_eq!(sites.number(VISITORS).await, 1);
}

#[tokio::test]
async fn a_link_older_than_two_minutes_is_refused() {
    let (sites, ids) = on_the_first_site(LINK).await;
    sites
        .browser
        .before_each_page(
            "if (location.hostname == 'shop.other.test') { const now = Date.now; Date.now = () => now() + 121_000; }",
        )
        .await;
    let arrived = sites.follow(CLICK, SHOP).await;
    assert_ne!(arrived["visitorId"], ids["visitorId"]);
    assert_eq!(sites.number(VISITORS).await, 2);
    assert_eq!(sites.number(LEAKS).await, 0);
}

#[tokio::test]
async fn a_link_that_was_passed_on_to_another_browser_is_refused() {
    let (sites, ids) = on_the_first_site(LINK).await;
    sites
        .browser
        .before_each_page(
            "if (location.hostname == 'shop.other.test') Object.defineProperty(navigator, 'language', { value: 'eo' });",
        )
        .await;
    let arrived = sites.follow(CLICK, SHOP).await;
    assert_ne!(arrived["visitorId"], ids["visitorId"]);
    assert_eq!(sites.number(VISITORS).await, 2);
}

#[tokio::test]
async fn a_site_that_is_not_set_up_for_it_takes_nobody_over_and_stores_nothing_of_it() {
    let link = "<a id=link href='http://shop.other.test:PORT/alone'>Shop</a>";
    let (sites, ids) = on_the_first_site(link).await;
    let arrived = sites.follow(CLICK, SHOP).await;
    assert_ne!(arrived["visitorId"], ids["visitorId"]);
    assert_eq!(sites.browser.run("return location.search").await, json!(""));
    assert_eq!(sites.number(LEAKS).await, 0);
    assert!(
        sites.requests("/alone").join(" ").contains("_wm="),
        "it was brought"
    );
    let loaded = sites
        .browser
        .run("return performance.getEntriesByType('resource').filter((entry) => /linker/.test(entry.name)).length")
        .await;
    assert_eq!(loaded, json!(0), "the chunk is for those who asked for it");
}

#[tokio::test]
async fn a_visitor_of_older_date_stays_who_they_are() {
    let sites = Sisters::start().await;
    let earlier = sites.visit("shop.other.test/to").await;
    let later = sites.visit(FROM).await;
    linking(&sites).await;
    sites.add(LINK).await;
    let arrived = sites.follow(CLICK, SHOP).await;
    assert_ne!(later["visitorId"], earlier["visitorId"]);
    assert_eq!(arrived["visitorId"], earlier["visitorId"]);
    assert_eq!(sites.number(VISITORS).await, 2);
}

#[tokio::test]
async fn a_visitor_of_younger_date_becomes_the_older_one() {
    let sites = Sisters::start().await;
    let ids = sites.visit(FROM).await;
    let younger = sites.visit("shop.other.test/to").await;
    assert_ne!(younger["visitorId"], ids["visitorId"]);
    sites.visit(FROM).await;
    linking(&sites).await;
    sites.add(LINK).await;
    let arrived = sites.follow(CLICK, SHOP).await;
    assert_eq!(arrived["visitorId"], ids["visitorId"]);
    let stays = sites.visit("shop.other.test/next").await;
    assert_eq!(stays["visitorId"], ids["visitorId"]);
}

#[tokio::test]
async fn a_sister_site_is_not_where_a_session_came_from() {
    let sites = Sisters::start().await;
    sites.visit("shop.other.test/to").await;
    sites.visit(FROM).await;
    linking(&sites).await;
    sites.add(LINK).await;
    // The shop's own visitor is the older one, and the visit there has ended meanwhile.
    sites
        .browser
        .before_each_page("const now = Date.now; Date.now = () => now() + 31 * 60_000;")
        .await;
    sites.follow(CLICK, SHOP).await;
    let referrers = sites
        .texts("SELECT referrer, channel FROM sessions WHERE landing_url LIKE '%size=L%'")
        .await;
    assert_eq!(referrers, [[None, text("Direct")]]);
}

#[tokio::test]
async fn without_consent_nothing_is_carried_nor_taken_over() {
    let (sites, ids) = on_the_first_site(LINK).await;
    let carried = "const link = document.getElementById('link');
        let seen;
        link.addEventListener('click', (event) => { event.preventDefault(); seen = link.href; }, { once: true });
        link.click();
        return seen.includes('_wm=')";
    assert_eq!(sites.browser.run(carried).await, json!(true));
    sites.browser.run("waymark.consent('unknown')").await;
    tokio::time::sleep(Duration::from_millis(1_100)).await;
    assert_eq!(sites.browser.run(carried).await, json!(false));
    sites.browser.run("waymark.consent('granted')").await;
    sites.flushed().await;

    // Over there nobody has been asked yet.
    let to = sites.url("shop.other.test/asking");
    sites
        .browser
        .run(&format!(
            "const link = document.getElementById('link'); link.href = '{to}'; link.click()"
        ))
        .await;
    eventually("the page is there", || async {
        let there = "return location.hostname == 'shop.other.test' && !!window.waymark?.l";
        sites.browser.run(there).await == true
    })
    .await;
    assert_eq!(sites.browser.run("return location.search").await, json!(""));
    assert_eq!(
        sites
            .browser
            .run("return document.cookie + JSON.stringify(localStorage)")
            .await,
        json!("{}"),
        "nothing is stored"
    );
    sites.browser.run("waymark.consent('granted')").await;
    assert_same(&sites.flushed().await, &ids);
}

#[tokio::test]
async fn who_withdraws_is_not_brought_back_by_the_link() {
    let (sites, ids) = on_the_first_site(LINK).await;
    sites.follow(CLICK, SHOP).await;
    sites.browser.run("waymark.consent('denied')").await;
    assert_eq!(
        sites
            .browser
            .run("return document.cookie + JSON.stringify(localStorage)")
            .await,
        json!("{}"),
        "everything is gone"
    );
    sites.browser.run("waymark.consent('granted')").await;
    let again = sites.flushed().await;
    assert!(again["visitorId"].is_string());
    assert_ne!(again["visitorId"], ids["visitorId"]);
}

#[tokio::test]
async fn hosts_of_one_domain_share_the_visitor_by_its_cookie() {
    let sites = Sisters::start().await;
    sites
        .browser
        .before_each_page(
            "window.written = [];
             const cookie = Object.getOwnPropertyDescriptor(Document.prototype, 'cookie');
             Object.defineProperty(document, 'cookie', {
               get: () => cookie.get.call(document),
               set(text) { written.push(text); cookie.set.call(document, text); },
             });",
        )
        .await;
    let first = sites.visit("a.example.test/alone").await;
    let probes = "return written.filter((text) => text.startsWith('wm_probe'))";
    let tried = sites.browser.run(probes).await;
    let tried: Vec<&str> = tried
        .as_array()
        .expect("a list")
        .iter()
        .filter_map(Value::as_str)
        .collect();
    // The widest first: the public suffix refuses, the domain takes it and has it taken away again.
    assert_eq!(tried.len(), 4, "{tried:?}");
    assert!(tried[0].ends_with("domain=test"), "{tried:?}");
    assert!(
        tried[3].ends_with("domain=example.test; max-age=0"),
        "{tried:?}"
    );
    let held = sites.browser.run("return document.cookie").await;
    let expected = format!("wm_id={}", first["visitorId"].as_str().expect("an id"));
    assert_eq!(held, json!(expected), "the probe is gone");

    let second = sites.visit("b.c.example.test/alone").await;
    assert_eq!(second["visitorId"], first["visitorId"]);
    assert_eq!(sites.number(VISITORS).await, 1);
    let other = sites.visit("example.example2.test/alone").await;
    assert_ne!(other["visitorId"], first["visitorId"]);

    // Withdrawing takes it from all of them.
    sites.visit("b.c.example.test/alone").await;
    sites.browser.run("waymark.consent('denied')").await;
    sites.browser.open(&sites.url("a.example.test/plain")).await;
    assert_eq!(sites.browser.run("return document.cookie").await, json!(""));
}

#[tokio::test]
async fn a_host_without_a_domain_keeps_its_visitor() {
    let sites = Sisters::start().await;
    for host in ["localhost", "127.0.0.1"] {
        let page = format!("{host}/alone");
        let first = sites.visit(&page).await;
        assert_eq!(
            sites.browser.run("return document.cookie").await,
            json!(format!(
                "wm_id={}",
                first["visitorId"].as_str().expect("an id")
            ))
        );
        sites.browser.run("localStorage.clear()").await;
        let again = sites.visit(&page).await;
        assert_eq!(
            again["visitorId"], first["visitorId"],
            "by the cookie alone"
        );
    }
}
