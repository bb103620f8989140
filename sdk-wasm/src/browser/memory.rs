//! The allocator: free lists of blocks whose sizes are powers of two; and the texts that the page puts into its blocks.
//!
//! A page's SDK holds some hundred small texts that come and go, for which this is as good as a general allocator and a
//! tenth of the bytes that every visitor downloads. A block that was freed is used again for its size alone.

#![expect(unsafe_code, reason = "an allocator hands out raw memory")]

use std::alloc::{GlobalAlloc, Layout};
use std::cell::Cell;
use std::num::NonZero;
use std::ops::Deref;

use wasm_bindgen::convert::{FromWasmAbi, WasmSlice};
use wasm_bindgen::describe::WasmDescribe;

/// WebAssembly's page.
const PAGE: usize = 64 * 1024;
/// The smallest block, as a power of two: no type here is aligned to more, and a free block holds a pointer.
const LEAST: u32 = 4;

/// The allocator.
pub(crate) struct Blocks {
    /// The first free block of each size; it holds the address of the next.
    free: [Cell<usize>; 32],
    /// What memory has been taken from the browser and not been given out.
    start: Cell<usize>,
    end: Cell<usize>,
}

impl Blocks {
    /// Without any memory yet.
    pub(crate) const fn new() -> Blocks {
        Blocks {
            free: [const { Cell::new(0) }; 32],
            start: Cell::new(0),
            end: Cell::new(0),
        }
    }
}

// SAFETY: WebAssembly without shared memory has one thread.
unsafe impl Sync for Blocks {}

/// The power of two that holds `layout`.
fn class(layout: Layout) -> u32 {
    let size = layout.size().max(layout.align()).max(1 << LEAST);
    usize::BITS - (size - 1).leading_zeros()
}

// SAFETY: a block is given out once until it is freed: it is either taken off its list or cut from `start`, which only
// grows. Sizes are multiples of 16 and `start` begins at a page, so every block is aligned to 16.
unsafe impl GlobalAlloc for Blocks {
    #[inline(never)]
    unsafe fn alloc(&self, layout: Layout) -> *mut u8 {
        let class = class(layout);
        let Some(list) = self.free.get(class as usize) else {
            return std::ptr::null_mut();
        };
        let block = list.get();
        if block != 0 {
            // SAFETY: a free block begins with the address of the next one.
            list.set(unsafe { *(block as *const usize) });
            return block as *mut u8;
        }
        let size = 1usize << class;
        if self.end.get() - self.start.get() < size {
            let pages = size.div_ceil(PAGE);
            let old = core::arch::wasm32::memory_grow::<0>(pages);
            if old == usize::MAX {
                return std::ptr::null_mut();
            }
            self.start.set(old * PAGE);
            self.end.set((old + pages) * PAGE);
        }
        let block = self.start.get();
        self.start.set(block + size);
        block as *mut u8
    }

    #[inline(never)]
    unsafe fn dealloc(&self, block: *mut u8, layout: Layout) {
        if let Some(list) = self.free.get(class(layout) as usize) {
            // SAFETY: the block is at least 16 bytes and nobody's any more.
            unsafe { *block.cast::<usize>() = list.get() };
            list.set(block as usize);
        }
    }
}

/// A block for `size` bytes of a [`Text`]. Empty ones need none, and get an address that holds nothing.
pub(crate) fn room(size: usize) -> *mut u8 {
    let Some(size) = NonZero::new(size) else {
        return std::ptr::dangling_mut();
    };
    match Layout::from_size_align(size.get(), 1) {
        // SAFETY: the size is not zero.
        Ok(layout) => match unsafe { std::alloc::alloc(layout) } {
            block if block.is_null() => std::alloc::handle_alloc_error(layout),
            block => block,
        },
        Err(_) => std::process::abort(),
    }
}

/// A text from the page. What wasm-bindgen makes of a `String` is the same, with a copy of it into a block of its size,
/// which it has already.
pub(crate) struct Text(pub(crate) String);

impl WasmDescribe for Text {
    fn describe() {
        String::describe();
    }
}

impl FromWasmAbi for Text {
    type Abi = WasmSlice;

    #[inline(never)]
    unsafe fn from_abi(text: WasmSlice) -> Text {
        let len = text.len.into_usize();
        // SAFETY: the glue writes UTF-8 into a block that it got from `room` for this length, and tells of it once.
        Text(unsafe { String::from_raw_parts(text.ptr.into_usize() as *mut u8, len, len) })
    }
}

impl Deref for Text {
    type Target = String;

    fn deref(&self) -> &String {
        &self.0
    }
}
