//! What the collector takes and what a sender keeps to. A sender that stays within these is never refused for size.

/// Bytes of one request body after decompression.
pub const BODY_BYTES: usize = 1024 * 1024;
/// Items of one batch.
pub const BATCH_ITEMS: usize = 500;
/// Bytes of one item's JSON.
pub const ITEM_BYTES: usize = 32 * 1024;
/// Bytes of the batch's context JSON.
pub const CONTEXT_BYTES: usize = 32 * 1024;
/// Characters of a URL or referrer; what is beyond is cut, because a cut URL still tells the page.
pub const URL_CHARS: usize = 2048;
/// Characters of a title, a UTM value, a click id; what is beyond is cut.
pub const TEXT_CHARS: usize = 512;
/// Characters of an event's or milestone's name.
pub const NAME_CHARS: usize = 100;
/// Characters of the id of a user or an account.
pub const USER_ID_CHARS: usize = 256;
/// Levels of objects and arrays within properties or traits.
pub const PROPS_DEPTH: usize = 8;
/// Bytes of one trait, its name and its value as JSON. A trait that is longer, or deeper than [`PROPS_DEPTH`], is left out.
pub const TRAIT_BYTES: usize = 4 * 1024;
/// Bytes of all traits of one item; those that come when there is no room for them are left out.
pub const TRAITS_BYTES: usize = 16 * 1024;
/// Bytes that one page may have in flight in `fetch(…, {keepalive: true})` and `sendBeacon` together
/// (Fetch standard, "HTTP-network-or-cache fetch", step on inflight keepalive bytes).
pub const KEEPALIVE_BYTES: usize = 64 * 1024;

/// URL parameters by which an advertising network marks a click.
pub const CLICK_IDS: [&str; 22] = [
    "gclid",
    "gbraid",
    "wbraid",
    "dclid",
    "gad_source",
    "msclkid",
    "fbclid",
    "ttclid",
    "twclid",
    "li_fat_id",
    "igshid",
    "ScCid",
    "epik",
    "rdt_cid",
    "yclid",
    "mc_eid",
    "mkt_tok",
    "_hsenc",
    "vero_id",
    "irclickid",
    "cjevent",
    "qclid",
];
