//! Video and audio.

use serde_json::{Value, json};

use super::Scene;

/// Silence of two seconds, as a file in memory.
const SILENCE: &str = "
    function silence() {
        const rate = 8000, size = 2 * rate, view = new DataView(new ArrayBuffer(44 + size));
        const text = (at, word) => [...word].forEach((c, i) => view.setUint8(at + i, c.charCodeAt(0)));
        text(0, 'RIFF'); view.setUint32(4, 36 + size, true); text(8, 'WAVEfmt '); view.setUint32(16, 16, true);
        view.setUint16(20, 1, true); view.setUint16(22, 1, true); view.setUint32(24, rate, true);
        view.setUint32(28, rate, true); view.setUint16(32, 1, true); view.setUint16(34, 8, true);
        text(36, 'data'); view.setUint32(40, size, true);
        for (let i = 0; i < size; i++) view.setUint8(44 + i, 128);
        return URL.createObjectURL(new Blob([view], { type: 'audio/wav' }));
    }
    for (const media of document.querySelectorAll('video')) media.src = silence();
    window.ended = media => new Promise(done => media.addEventListener('ended', done));
";

#[tokio::test]
async fn a_video_is_told_by_how_much_of_it_was_really_played() {
    let scene = Scene::capturing(&format!(
        "<video id=whole muted title='The tour' data-waymark-series=intro></video><video id=end muted></video>
        <video id=decoration muted autoplay loop></video><script>{SILENCE}</script>"
    ))
    .await;
    scene
        .browser
        .settled("whole.play().then(() => ended(whole))")
        .await;
    // Only its last part, twice.
    for _ in 0..2 {
        scene
            .browser
            .settled("(end.currentTime = 1.4, end.play()).then(() => ended(end))")
            .await;
    }
    scene.flushed().await;

    let said = |id: &str, wanted: &str| {
        let wanted = wanted.to_owned();
        let id = json!(id);
        move |(name, props): &(String, Value)| {
            (props["element_id"] == id)
                .then(|| props[&wanted].clone())
                .map(|v| (name.clone(), v))
        }
    };
    let events = scene.events().await;
    let whole: Vec<_> = events
        .iter()
        .filter_map(said("whole", "video_percent"))
        .collect();
    let step = |name: &str, percent: u32| (name.to_owned(), json!(percent));
    assert_eq!(
        whole,
        [
            step("video_started", 0),
            step("video_progress", 25),
            step("video_progress", 50),
            step("video_progress", 75),
            step("video_completed", 100),
        ]
    );
    assert_eq!(
        events[0].1,
        json!({
            "element": "video", "element_id": "whole", "video_title": "The tour", "video_duration": 2,
            "video_percent": 0, "series": "intro",
        })
    );
    let end: Vec<_> = events
        .iter()
        .filter_map(said("end", "video_percent"))
        .collect();
    assert_eq!(end.first(), Some(&step("video_started", 0)));
    assert!(
        end.iter().all(|(name, _)| name != "video_completed"),
        "{end:?}"
    );
    assert!(
        events
            .iter()
            .all(|(_, props)| props["element_id"] != json!("decoration"))
    );
    scene.unharmed().await;
}
