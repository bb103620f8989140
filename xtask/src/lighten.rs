//! Takes out of the SDK's compiled module what no page has a use for.
//!
//! Owns what may be left out around wasm-bindgen: functions and texts that only a panic needs before it, exports that its
//! glue does not call behind it. What makes the rest small is wasm-opt's work, in `js-wrapper/build`.

use std::path::Path;

use anyhow::{Context, Result};
use walrus::ir::Value;
use walrus::{ConstExpr, DataKind, ExportItem, FunctionBuilder, FunctionKind, Module};

/// Parts of the names of functions that never run to an end here: those from which there is no way but a panic, the
/// formatting that only they use, and js-sys' executor of futures, of which the SDK has none.
const UNUSED: [&str; 12] = [
    "panicking",
    "unwrap_failed",
    "expect_failed",
    "slice_index_fail",
    "slice_error_fail",
    "panic_access_error",
    "capacity_overflow",
    "raw_vec12handle_error",
    "handle_alloc_error",
    "throw_str",
    "4core3fmt",
    "jspi",
];

/// What those functions would have said, beside the places of panics, and the digits that formatting copies.
const MESSAGES: [&str; 11] = [
    "insertion index (is ",
    "removal index (is ",
    ") should be <= len (is ",
    ") should be < len (is ",
    "closure invoked recursively or after being dropped",
    "Tried to shrink to a larger capacity",
    "RefCell already mutably borrowed",
    "RefCell already borrowed",
    "assertion failed: self.is_char_boundary(new_len)",
    "0001020304050607080910111213141516171819202122232425262728293031323334353637383940414243444546474849\
     5051525354555657585960616263646566676869707172737475767778798081828384858687888990919293949596979899",
    "capacity overflow",
];

/// The module with traps in place of the functions that put a panic into words, and without those words.
///
/// A panic in the SDK is a trap either way. The standard library as it is distributed formats a message first, which no
/// page has a place for, and the formatting is a sixth of the module.
pub fn without_panics(wasm: &[u8]) -> Result<Vec<u8>> {
    let mut module =
        Module::from_buffer(wasm).context("the compiler's WebAssembly cannot be read")?;
    // wasm-bindgen runs the descriptions itself, and takes them out.
    let is_unused = |name: &str| {
        !name.contains("__wbindgen_describe") && UNUSED.iter().any(|part| name.contains(part))
    };
    let ids: Vec<_> = module
        .funcs
        .iter_local()
        .map(|(id, _)| id)
        .filter(|id| {
            let name = &module.funcs.get(*id).name;
            name.as_deref().is_some_and(is_unused)
        })
        .collect();
    anyhow::ensure!(
        !ids.is_empty(),
        "the module has no panics, or their functions have other names than they used to have"
    );
    for id in ids {
        let signature = module.types.get(module.funcs.get(id).ty());
        let (params, results) = (signature.params().to_vec(), signature.results().to_vec());
        let mut body = FunctionBuilder::new(&mut module.types, &params, &results);
        body.func_body().unreachable();
        let args = params
            .iter()
            .map(|param| module.locals.add(*param))
            .collect();
        module.funcs.get_mut(id).kind = FunctionKind::Local(body.local_func(args));
    }
    walrus::passes::gc::run(&mut module);
    let segments: Vec<_> = module.data.iter().map(walrus::Data::id).collect();
    for id in segments {
        let data = module.data.get_mut(id);
        if let DataKind::Active {
            offset: ConstExpr::Value(Value::I32(start)),
            ..
        } = data.kind
        {
            blank_places(&mut data.value, start as usize);
            blank_messages(&mut data.value);
        }
    }
    Ok(module.emit_wasm())
}

/// Overwrites the places that panics name with zeros, which compress to nothing, and their source paths with them.
///
/// A place is a `core::panic::Location`: address and length of the path, line, column. Nothing else reads either.
fn blank_places(data: &mut [u8], start: usize) {
    let mut blanks = Vec::new();
    for at in (0..data.len().saturating_sub(15)).step_by(4) {
        let word = |index: usize| {
            let bytes = data.iter().skip(at + 4 * index).take(4);
            bytes
                .rev()
                .fold(0, |word, byte| word << 8 | usize::from(*byte))
        };
        let Some(from) = word(0).checked_sub(start) else {
            continue;
        };
        let path = from..from + word(1);
        if word(2) > 0 && word(3) > 0 && data.get(path.clone()).is_some_and(|p| p.ends_with(b".rs"))
        {
            blanks.extend([path, at..at + 16]);
        }
    }
    for blank in blanks {
        if let Some(bytes) = data.get_mut(blank) {
            bytes.fill(0);
        }
    }
}

fn blank_messages(data: &mut [u8]) {
    for message in MESSAGES {
        while let Some(at) = data
            .windows(message.len())
            .position(|window| window == message.as_bytes())
        {
            for byte in data.iter_mut().skip(at).take(message.len()) {
                *byte = 0;
            }
        }
    }
}

/// The glue without the table of JavaScript objects, which wasm-bindgen sets up whether or not the module has any, and
/// with imports that are plain objects: the module asks them for nothing but what they have.
pub fn without_objects(glue: &str) -> Result<String> {
    let start = "wasm.__wbindgen_start();";
    anyhow::ensure!(
        glue.contains(start) && !glue.contains("ExternrefTable0"),
        "the SDK passes numbers and texts alone to JavaScript: an object brings a table and its upkeep into the module"
    );
    // A text is written to where `room` says, which knows what it is for.
    let passed = ", wasm.__wbindgen_malloc, wasm.__wbindgen_realloc)";
    Ok(glue
        .replace(start, "")
        .replace("__proto__: null,", "")
        .replace(passed, ")"))
}

/// Drops the exports that `glue` does not call, and what only they need, from the module at `path`.
///
/// wasm-bindgen's table of objects goes too, of which there are none: JavaScript has no counterpart of it, and the module
/// is turned into JavaScript as well.
pub fn keep_called_exports(path: &Path, glue: &str) -> Result<()> {
    let mut module = Module::from_file(path)
        .with_context(|| format!("wasm-bindgen's {} cannot be read", path.display()))?;
    let unheard: Vec<_> = module
        .exports
        .iter()
        .filter(|export| {
            matches!(export.item, ExportItem::Table(_))
                || !glue.contains(&format!("wasm.{}", export.name))
        })
        .map(walrus::Export::id)
        .collect();
    for id in unheard {
        module.exports.delete(id);
    }
    walrus::passes::gc::run(&mut module);
    module.emit_wasm_file(path)
}
