INSERT INTO visitors (
    site_id, visitor_id, name, first_at, first_item, last_at, last_item, total_sessions,
    total_page_views, total_events, user_id, user_at, user_item, account_id, account_at, account_item, ga_client_id,
    ga_session_id, ga_at, ga_item, touched, touch_at, source, medium, campaign, term, content, channel, click_ids, landing_url, referrer, device_type,
    browser, os, country, region, city, language, time_zone, rules
)
VALUES {rows}
ON CONFLICT (site_id, visitor_id) DO UPDATE SET
    revision = visitors.revision + 1,
    total_sessions = visitors.total_sessions + excluded.total_sessions,
    total_page_views = visitors.total_page_views + excluded.total_page_views,
    total_events = visitors.total_events + excluded.total_events,
    first_at = CASE WHEN (excluded.first_at, excluded.first_item) < (visitors.first_at, visitors.first_item)
        THEN excluded.first_at ELSE visitors.first_at END,
    first_item = CASE WHEN (excluded.first_at, excluded.first_item) < (visitors.first_at, visitors.first_item)
        THEN excluded.first_item ELSE visitors.first_item END,
    touched = CASE WHEN (excluded.first_at, excluded.first_item) < (visitors.first_at, visitors.first_item)
        THEN excluded.touched ELSE visitors.touched END,
    touch_at = CASE WHEN (excluded.first_at, excluded.first_item) < (visitors.first_at, visitors.first_item)
        THEN excluded.touch_at ELSE visitors.touch_at END,
    source = CASE WHEN (excluded.first_at, excluded.first_item) < (visitors.first_at, visitors.first_item)
        THEN excluded.source ELSE visitors.source END,
    medium = CASE WHEN (excluded.first_at, excluded.first_item) < (visitors.first_at, visitors.first_item)
        THEN excluded.medium ELSE visitors.medium END,
    campaign = CASE WHEN (excluded.first_at, excluded.first_item) < (visitors.first_at, visitors.first_item)
        THEN excluded.campaign ELSE visitors.campaign END,
    term = CASE WHEN (excluded.first_at, excluded.first_item) < (visitors.first_at, visitors.first_item)
        THEN excluded.term ELSE visitors.term END,
    content = CASE WHEN (excluded.first_at, excluded.first_item) < (visitors.first_at, visitors.first_item)
        THEN excluded.content ELSE visitors.content END,
    channel = CASE WHEN (excluded.first_at, excluded.first_item) < (visitors.first_at, visitors.first_item)
        THEN excluded.channel ELSE visitors.channel END,
    click_ids = CASE WHEN (excluded.first_at, excluded.first_item) < (visitors.first_at, visitors.first_item)
        THEN excluded.click_ids ELSE visitors.click_ids END,
    landing_url = CASE WHEN (excluded.first_at, excluded.first_item) < (visitors.first_at, visitors.first_item)
        THEN excluded.landing_url ELSE visitors.landing_url END,
    referrer = CASE WHEN (excluded.first_at, excluded.first_item) < (visitors.first_at, visitors.first_item)
        THEN excluded.referrer ELSE visitors.referrer END,
    device_type = CASE WHEN (excluded.first_at, excluded.first_item) < (visitors.first_at, visitors.first_item)
        THEN excluded.device_type ELSE visitors.device_type END,
    browser = CASE WHEN (excluded.first_at, excluded.first_item) < (visitors.first_at, visitors.first_item)
        THEN excluded.browser ELSE visitors.browser END,
    os = CASE WHEN (excluded.first_at, excluded.first_item) < (visitors.first_at, visitors.first_item)
        THEN excluded.os ELSE visitors.os END,
    country = CASE WHEN (excluded.first_at, excluded.first_item) < (visitors.first_at, visitors.first_item)
        THEN excluded.country ELSE visitors.country END,
    region = CASE WHEN (excluded.first_at, excluded.first_item) < (visitors.first_at, visitors.first_item)
        THEN excluded.region ELSE visitors.region END,
    city = CASE WHEN (excluded.first_at, excluded.first_item) < (visitors.first_at, visitors.first_item)
        THEN excluded.city ELSE visitors.city END,
    language = CASE WHEN (excluded.first_at, excluded.first_item) < (visitors.first_at, visitors.first_item)
        THEN excluded.language ELSE visitors.language END,
    time_zone = CASE WHEN (excluded.first_at, excluded.first_item) < (visitors.first_at, visitors.first_item)
        THEN excluded.time_zone ELSE visitors.time_zone END,
    rules = CASE WHEN (excluded.first_at, excluded.first_item) < (visitors.first_at, visitors.first_item)
        THEN excluded.rules ELSE visitors.rules END,
    last_at = CASE WHEN (excluded.last_at, excluded.last_item) > (visitors.last_at, visitors.last_item)
        THEN excluded.last_at ELSE visitors.last_at END,
    last_item = CASE WHEN (excluded.last_at, excluded.last_item) > (visitors.last_at, visitors.last_item)
        THEN excluded.last_item ELSE visitors.last_item END,
    -- A comparison with NULL is not true, so an item that knows no user or no ids erases none.
    user_id = CASE WHEN visitors.user_at IS NULL OR (excluded.user_at, excluded.user_item) > (visitors.user_at, visitors.user_item)
        THEN excluded.user_id ELSE visitors.user_id END,
    user_at = CASE WHEN visitors.user_at IS NULL OR (excluded.user_at, excluded.user_item) > (visitors.user_at, visitors.user_item)
        THEN excluded.user_at ELSE visitors.user_at END,
    user_item = CASE WHEN visitors.user_at IS NULL OR (excluded.user_at, excluded.user_item) > (visitors.user_at, visitors.user_item)
        THEN excluded.user_item ELSE visitors.user_item END,
    account_id = CASE WHEN visitors.account_at IS NULL OR (excluded.account_at, excluded.account_item) > (visitors.account_at, visitors.account_item)
        THEN excluded.account_id ELSE visitors.account_id END,
    account_at = CASE WHEN visitors.account_at IS NULL OR (excluded.account_at, excluded.account_item) > (visitors.account_at, visitors.account_item)
        THEN excluded.account_at ELSE visitors.account_at END,
    account_item = CASE WHEN visitors.account_at IS NULL OR (excluded.account_at, excluded.account_item) > (visitors.account_at, visitors.account_item)
        THEN excluded.account_item ELSE visitors.account_item END,
    ga_client_id = CASE WHEN visitors.ga_at IS NULL OR (excluded.ga_at, excluded.ga_item) > (visitors.ga_at, visitors.ga_item)
        THEN excluded.ga_client_id ELSE visitors.ga_client_id END,
    ga_session_id = CASE WHEN visitors.ga_at IS NULL OR (excluded.ga_at, excluded.ga_item) > (visitors.ga_at, visitors.ga_item)
        THEN excluded.ga_session_id ELSE visitors.ga_session_id END,
    ga_at = CASE WHEN visitors.ga_at IS NULL OR (excluded.ga_at, excluded.ga_item) > (visitors.ga_at, visitors.ga_item)
        THEN excluded.ga_at ELSE visitors.ga_at END,
    ga_item = CASE WHEN visitors.ga_at IS NULL OR (excluded.ga_at, excluded.ga_item) > (visitors.ga_at, visitors.ga_item)
        THEN excluded.ga_item ELSE visitors.ga_item END
