INSERT INTO sessions (
    site_id, visitor_id, session_id, started_at, first_at, first_item, last_at, last_item, page_views, events,
    entry_url, entry_at, entry_item, exit_url, exit_at, exit_item, touched, touch_at, source, medium, campaign, term,
    content, channel, click_ids, landing_url, referrer, device_type, browser, os, country, region, city, language,
    time_zone, screen_width, screen_height, viewport_width, viewport_height, rules, ip, ga_client_id, ga_session_id,
    ga_at, ga_item
)
VALUES {rows}
ON CONFLICT (site_id, visitor_id, session_id) DO UPDATE SET
    started_at = CASE WHEN excluded.started_at < sessions.started_at
        THEN excluded.started_at ELSE sessions.started_at END,
    page_views = sessions.page_views + excluded.page_views,
    events = sessions.events + excluded.events,
    -- A comparison with NULL is not true, so a batch without a page view leaves the pages as they are.
    entry_url = CASE WHEN sessions.entry_at IS NULL OR (excluded.entry_at, excluded.entry_item) < (sessions.entry_at, sessions.entry_item)
        THEN excluded.entry_url ELSE sessions.entry_url END,
    entry_at = CASE WHEN sessions.entry_at IS NULL OR (excluded.entry_at, excluded.entry_item) < (sessions.entry_at, sessions.entry_item)
        THEN excluded.entry_at ELSE sessions.entry_at END,
    entry_item = CASE WHEN sessions.entry_at IS NULL OR (excluded.entry_at, excluded.entry_item) < (sessions.entry_at, sessions.entry_item)
        THEN excluded.entry_item ELSE sessions.entry_item END,
    exit_url = CASE WHEN sessions.exit_at IS NULL OR (excluded.exit_at, excluded.exit_item) > (sessions.exit_at, sessions.exit_item)
        THEN excluded.exit_url ELSE sessions.exit_url END,
    exit_at = CASE WHEN sessions.exit_at IS NULL OR (excluded.exit_at, excluded.exit_item) > (sessions.exit_at, sessions.exit_item)
        THEN excluded.exit_at ELSE sessions.exit_at END,
    exit_item = CASE WHEN sessions.exit_at IS NULL OR (excluded.exit_at, excluded.exit_item) > (sessions.exit_at, sessions.exit_item)
        THEN excluded.exit_item ELSE sessions.exit_item END,
    first_at = CASE WHEN (excluded.first_at, excluded.first_item) < (sessions.first_at, sessions.first_item)
        THEN excluded.first_at ELSE sessions.first_at END,
    first_item = CASE WHEN (excluded.first_at, excluded.first_item) < (sessions.first_at, sessions.first_item)
        THEN excluded.first_item ELSE sessions.first_item END,
    touched = CASE WHEN (excluded.first_at, excluded.first_item) < (sessions.first_at, sessions.first_item)
        THEN excluded.touched ELSE sessions.touched END,
    touch_at = CASE WHEN (excluded.first_at, excluded.first_item) < (sessions.first_at, sessions.first_item)
        THEN excluded.touch_at ELSE sessions.touch_at END,
    source = CASE WHEN (excluded.first_at, excluded.first_item) < (sessions.first_at, sessions.first_item)
        THEN excluded.source ELSE sessions.source END,
    medium = CASE WHEN (excluded.first_at, excluded.first_item) < (sessions.first_at, sessions.first_item)
        THEN excluded.medium ELSE sessions.medium END,
    campaign = CASE WHEN (excluded.first_at, excluded.first_item) < (sessions.first_at, sessions.first_item)
        THEN excluded.campaign ELSE sessions.campaign END,
    term = CASE WHEN (excluded.first_at, excluded.first_item) < (sessions.first_at, sessions.first_item)
        THEN excluded.term ELSE sessions.term END,
    content = CASE WHEN (excluded.first_at, excluded.first_item) < (sessions.first_at, sessions.first_item)
        THEN excluded.content ELSE sessions.content END,
    channel = CASE WHEN (excluded.first_at, excluded.first_item) < (sessions.first_at, sessions.first_item)
        THEN excluded.channel ELSE sessions.channel END,
    click_ids = CASE WHEN (excluded.first_at, excluded.first_item) < (sessions.first_at, sessions.first_item)
        THEN excluded.click_ids ELSE sessions.click_ids END,
    landing_url = CASE WHEN (excluded.first_at, excluded.first_item) < (sessions.first_at, sessions.first_item)
        THEN excluded.landing_url ELSE sessions.landing_url END,
    referrer = CASE WHEN (excluded.first_at, excluded.first_item) < (sessions.first_at, sessions.first_item)
        THEN excluded.referrer ELSE sessions.referrer END,
    device_type = CASE WHEN (excluded.first_at, excluded.first_item) < (sessions.first_at, sessions.first_item)
        THEN excluded.device_type ELSE sessions.device_type END,
    browser = CASE WHEN (excluded.first_at, excluded.first_item) < (sessions.first_at, sessions.first_item)
        THEN excluded.browser ELSE sessions.browser END,
    os = CASE WHEN (excluded.first_at, excluded.first_item) < (sessions.first_at, sessions.first_item)
        THEN excluded.os ELSE sessions.os END,
    country = CASE WHEN (excluded.first_at, excluded.first_item) < (sessions.first_at, sessions.first_item)
        THEN excluded.country ELSE sessions.country END,
    region = CASE WHEN (excluded.first_at, excluded.first_item) < (sessions.first_at, sessions.first_item)
        THEN excluded.region ELSE sessions.region END,
    city = CASE WHEN (excluded.first_at, excluded.first_item) < (sessions.first_at, sessions.first_item)
        THEN excluded.city ELSE sessions.city END,
    language = CASE WHEN (excluded.first_at, excluded.first_item) < (sessions.first_at, sessions.first_item)
        THEN excluded.language ELSE sessions.language END,
    time_zone = CASE WHEN (excluded.first_at, excluded.first_item) < (sessions.first_at, sessions.first_item)
        THEN excluded.time_zone ELSE sessions.time_zone END,
    screen_width = CASE WHEN (excluded.first_at, excluded.first_item) < (sessions.first_at, sessions.first_item)
        THEN excluded.screen_width ELSE sessions.screen_width END,
    screen_height = CASE WHEN (excluded.first_at, excluded.first_item) < (sessions.first_at, sessions.first_item)
        THEN excluded.screen_height ELSE sessions.screen_height END,
    viewport_width = CASE WHEN (excluded.first_at, excluded.first_item) < (sessions.first_at, sessions.first_item)
        THEN excluded.viewport_width ELSE sessions.viewport_width END,
    viewport_height = CASE WHEN (excluded.first_at, excluded.first_item) < (sessions.first_at, sessions.first_item)
        THEN excluded.viewport_height ELSE sessions.viewport_height END,
    rules = CASE WHEN (excluded.first_at, excluded.first_item) < (sessions.first_at, sessions.first_item)
        THEN excluded.rules ELSE sessions.rules END,
    ip = CASE WHEN (excluded.first_at, excluded.first_item) < (sessions.first_at, sessions.first_item)
        THEN excluded.ip ELSE sessions.ip END,
    last_at = CASE WHEN (excluded.last_at, excluded.last_item) > (sessions.last_at, sessions.last_item)
        THEN excluded.last_at ELSE sessions.last_at END,
    last_item = CASE WHEN (excluded.last_at, excluded.last_item) > (sessions.last_at, sessions.last_item)
        THEN excluded.last_item ELSE sessions.last_item END,
    ga_client_id = CASE WHEN sessions.ga_at IS NULL OR (excluded.ga_at, excluded.ga_item) < (sessions.ga_at, sessions.ga_item)
        THEN excluded.ga_client_id ELSE sessions.ga_client_id END,
    ga_session_id = CASE WHEN sessions.ga_at IS NULL OR (excluded.ga_at, excluded.ga_item) < (sessions.ga_at, sessions.ga_item)
        THEN excluded.ga_session_id ELSE sessions.ga_session_id END,
    ga_at = CASE WHEN sessions.ga_at IS NULL OR (excluded.ga_at, excluded.ga_item) < (sessions.ga_at, sessions.ga_item)
        THEN excluded.ga_at ELSE sessions.ga_at END,
    ga_item = CASE WHEN sessions.ga_at IS NULL OR (excluded.ga_at, excluded.ga_item) < (sessions.ga_at, sessions.ga_item)
        THEN excluded.ga_item ELSE sessions.ga_item END
-- A row version that no transaction has replaced has been inserted just now.
RETURNING site_id, visitor_id, session_id, xmax = 0 AS created
