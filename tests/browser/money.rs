//! Money on its way from a page to the database, digit by digit.

use super::{Scene, text};

#[tokio::test]
async fn money_arrives_with_the_digits_that_the_page_wrote() {
    let scene = Scene::start().await;
    scene.open("/").await;
    scene.flushed().await;
    scene
        .browser
        .run(
            "waymark.track('purchase', { value: 19.99, currency: 'EUR', order_id: 'A-1' });
             waymark.track('purchase', { value: 0.1 + 0.2, currency: 'EUR', transaction_id: 2 });
             waymark.conversion('bought', { value: '49.90', currency: 'eur', order_id: 'A-3' });
             waymark.conversion('bought', { value: 3 * 1.1, currency: 'USD' });
             waymark.track('refund', { order_id: 'A-3' });",
        )
        .await;
    scene.flushed().await;
    let told = "SELECT value, currency FROM events WHERE kind = 'event' ORDER BY seq";
    assert_eq!(
        scene.texts(told).await,
        [
            vec![text("19.99"), text("EUR")],
            vec![text("0.3"), text("EUR")],
            vec![text("49.90"), text("EUR")],
            vec![text("3.3"), text("USD")],
            vec![None, None],
        ]
    );
    let amounts = "SELECT order_id, CAST(amount AS TEXT) FROM orders ORDER BY amount";
    assert_eq!(
        scene.texts(amounts).await,
        [
            vec![text("2"), text("300000")],
            vec![None, text("3300000")],
            vec![text("A-1"), text("19990000")],
            vec![text("A-3"), text("49900000")],
        ]
    );
    assert_eq!(scene.number("SELECT COUNT(*) FROM refunds").await, 1);
    scene.collector.assert_quiet_log();
}
