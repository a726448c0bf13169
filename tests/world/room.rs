//! Tests beside each other: each says how much of the machine it needs, and begins once that is free.

use std::{
    sync::{Condvar, Mutex, PoisonError},
    time::Instant,
};

/// What is free of the machine, in whatever unit its tests count.  As many tests wait for it, or run,
/// as there are threads.
#[derive(Debug)]
pub struct Room {
    free: Mutex<u32>,
    left: Condvar,
}

/// A test that is under way: it gives its place back, and tells how long it took, however it ends.
struct Place<'a> {
    room: &'a Room,
    needs: u32,
    name: &'static str,
    begun: Instant,
}

impl Room {
    pub fn new(size: u32) -> Self {
        Self { free: Mutex::new(size), left: Condvar::new() }
    }

    /// Runs a test once there is room for it.
    pub fn run(&self, name: &'static str, needs: u32, test: impl FnOnce()) {
        let free = self.free.lock().unwrap_or_else(PoisonError::into_inner);
        let free = self.left.wait_while(free, |free| *free < needs);
        *free.unwrap_or_else(PoisonError::into_inner) -= needs;
        let _place = Place { room: self, needs, name, begun: Instant::now() };
        test();
    }
}

impl Drop for Place<'_> {
    fn drop(&mut self) {
        eprintln!("{} took {:.1?}", self.name, self.begun.elapsed());
        *self.room.free.lock().unwrap_or_else(PoisonError::into_inner) += self.needs;
        self.room.left.notify_all();
    }
}
