//! Names for visitors that people can tell apart, say and remember: `azure-wolf-42`.
//!
//! A name follows from the visitor's id alone, so it is the same everywhere and for ever, and nothing has to be stored
//! for it to be. It is not a key: among many visitors two may share one. The lists are therefore part of what must not
//! change: a word replaced renames every visitor who bears it.

use uuid::Uuid;

/// All pleasant, none of a person's looks, origin or fortune.
#[rustfmt::skip]
const ADJECTIVES: [&str; 111] = [
    "amber", "ample", "apt", "azure", "balmy", "bold", "brave", "breezy", "bright", "brisk", "calm", "candid",
    "cheery", "civil", "clear", "clever", "coral", "cosmic", "cozy", "crisp", "curious", "dapper", "daring", "deft",
    "dewy", "eager", "early", "elegant", "emerald", "fair", "fancy", "fleet", "frank", "free", "fresh", "gentle",
    "glad", "gleaming", "golden", "grand", "happy", "hardy", "hazel", "hearty", "honest", "humble", "indigo", "ivory",
    "jade", "jolly", "jovial", "joyful", "keen", "kind", "lively", "loyal", "lucid", "lucky", "lunar", "mellow",
    "merry", "mighty", "mild", "mint", "misty", "modest", "neat", "nifty", "nimble", "noble", "opal", "patient",
    "pearl", "placid", "plucky", "polite", "proud", "quick", "quiet", "radiant", "ready", "rosy", "ruby", "rustic",
    "sage", "serene", "sharp", "silver", "smart", "snowy", "solar", "sound", "spry", "steady", "stellar", "sterling",
    "sunny", "swift", "tender", "tidy", "topaz", "tranquil", "trusty", "upbeat", "velvet", "verdant", "vivid", "warm",
    "wise", "witty", "zesty",
];

/// None that is anybody's insult.
#[rustfmt::skip]
const ANIMALS: [&str; 126] = [
    "albatross", "alpaca", "antelope", "badger", "beaver", "bison", "bluebird", "bobcat", "camel", "caribou",
    "cheetah", "chinchilla", "condor", "corgi", "cormorant", "crane", "cricket", "dolphin", "dove", "dragonfly",
    "eagle", "egret", "elk", "ermine", "falcon", "ferret", "finch", "firefly", "flamingo", "fox", "gannet", "gazelle",
    "gecko", "giraffe", "goldfinch", "gopher", "gull", "hare", "hawk", "hedgehog", "heron", "hoopoe", "hummingbird",
    "ibex", "ibis", "impala", "jackdaw", "jaguar", "jay", "kestrel", "kingfisher", "kite", "kiwi", "koala", "koi",
    "lark", "lemur", "leopard", "linnet", "lion", "llama", "lynx", "macaw", "magpie", "manatee", "marlin", "marmot",
    "marten", "meerkat", "moose", "narwhal", "nightingale", "ocelot", "octopus", "okapi", "oriole", "osprey", "otter",
    "owl", "panda", "panther", "parrot", "partridge", "pelican", "penguin", "petrel", "pheasant", "plover", "pony",
    "puffin", "puma", "quail", "quokka", "raccoon", "raven", "reindeer", "robin", "salmon", "sandpiper", "seahorse",
    "seal", "serval", "sparrow", "squirrel", "starling", "stork", "swallow", "swan", "tapir", "tern", "thrush",
    "tiger", "toucan", "trout", "turtle", "vicuna", "walrus", "wagtail", "warbler", "wallaby", "wolf", "wombat",
    "woodpecker", "wren", "yak", "zebra",
];

/// The friendly name of a visitor.
pub fn friendly(visitor_id: Uuid) -> String {
    let mut left = spread(visitor_id.as_u128());
    let mut choose = |count: usize| {
        let count = count as u64;
        let choice = left % count;
        left /= count;
        choice as usize
    };
    let adjective = ADJECTIVES[choose(ADJECTIVES.len())];
    let animal = ANIMALS[choose(ANIMALS.len())];
    let number = choose(99) + 1;
    format!("{adjective}-{animal}-{number}")
}

/// Spreads an id over 64 bits. Ids made one after the other share their leading bits; their names should not look
/// alike. The finaliser of MurmurHash3 (<https://github.com/aappleby/smhasher>), once for each half.
fn spread(id: u128) -> u64 {
    fn mix(mut bits: u64) -> u64 {
        bits = (bits ^ (bits >> 33)).wrapping_mul(0xff51_afd7_ed55_8ccd);
        bits = (bits ^ (bits >> 33)).wrapping_mul(0xc4ce_b9fe_1a85_ec53);
        bits ^ (bits >> 33)
    }
    let (high, low) = ((id >> 64) as u64, id as u64);
    mix(mix(high) ^ low)
}

#[cfg(test)]
mod tests {
    use std::collections::HashSet;

    use super::*;

    #[test]
    fn a_name_never_changes() {
        // Pinned: a change here renames every visitor there is.
        for (id, name) in [
            (0x0197_5560_7a00_7000_8000_0000_0000_0001, "cosmic-gull-81"),
            (
                0x0197_5560_7a00_7000_8000_0000_0000_0002,
                "elegant-koala-88",
            ),
            (0, "amber-albatross-1"),
        ] {
            assert_eq!(friendly(Uuid::from_u128(id)), name);
        }
    }

    #[test]
    fn words_are_distinct_and_plain() {
        for words in [&ADJECTIVES[..], &ANIMALS[..]] {
            assert!(words.len() >= 64);
            assert_eq!(words.iter().collect::<HashSet<_>>().len(), words.len());
            for word in words {
                assert!(word.bytes().all(|byte| byte.is_ascii_lowercase()), "{word}");
            }
        }
    }

    #[test]
    fn ids_made_together_get_names_of_their_own() {
        let names: HashSet<String> = (0..10_000_u128)
            .map(|n| friendly(Uuid::from_u128((0x0197_5560_7a00_7000_8000 << 48) + n)))
            .collect();
        assert!(
            names.len() > 9_900,
            "{} names for 10,000 visitors",
            names.len()
        );
    }
}
