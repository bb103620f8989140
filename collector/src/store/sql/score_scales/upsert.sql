INSERT INTO score_scales (site_id, recency, frequency, channels, window_days, full_occasions, full_channels)
VALUES ($1, $2, $3, $4, $5, $6, $7)
ON CONFLICT (site_id) DO UPDATE SET
    recency = excluded.recency,
    frequency = excluded.frequency,
    channels = excluded.channels,
    window_days = excluded.window_days,
    full_occasions = excluded.full_occasions,
    full_channels = excluded.full_channels
