//! When the collector works: never while a flow runs, so that what a flow allocates can be counted; in between, in small
//! steps. It refuses to stop the host for a whole cycle unless memory runs out.

use mlua::Lua;
use mlua::state::{GcIncParams, GcMode};

pub struct Garbage {
    /// Bytes allocated and not yet paid for by collecting.
    debt: usize,
    /// A cycle begins above this.
    threshold: usize,
    collecting: bool,
}

/// One collector step per so many bytes allocated; each does about twice the work.
const STEP_BYTES: usize = 16 << 10;
/// The heap grows at least by so much between two cycles.
const GROWTH_BYTES_MIN: usize = 1 << 20;

impl Garbage {
    pub fn new(lua: &Lua) -> Garbage {
        let step = GcIncParams::default().step_size((STEP_BYTES >> 10) as i32).step_multiplier(200);
        lua.gc_set_mode(GcMode::Incremental(step));
        lua.gc_stop();
        Garbage::rested(lua)
    }

    /// A cycle is over: the next one begins when the heap has grown by half.
    fn rested(lua: &Lua) -> Garbage {
        let used = lua.used_memory();
        Garbage { debt: 0, threshold: used + (used / 2).max(GROWTH_BYTES_MIN), collecting: false }
    }

    pub fn owe(&mut self, bytes: usize) {
        self.debt += bytes;
    }

    /// Pays for what was allocated.
    pub fn collect(&mut self, lua: &Lua) {
        if !self.collecting && lua.used_memory() < self.threshold {
            self.debt = 0;
            return;
        }
        self.collecting = true;
        while self.debt >= STEP_BYTES {
            self.debt -= STEP_BYTES;
            if lua.gc_step().unwrap_or(true) {
                *self = Garbage::rested(lua);
                break;
            }
        }
        lua.gc_stop();
    }

    /// A whole cycle at once: memory is short.
    pub fn collect_all(&mut self, lua: &Lua) {
        lua.gc_collect().expect("no finalizers run, so collecting cannot fail");
        *self = Garbage::rested(lua);
        lua.gc_stop();
    }
}
