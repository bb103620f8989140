SELECT recency, frequency, channels, window_days, full_occasions, full_channels
FROM score_scales
WHERE site_id = $1
