use serde::Serialize;

use super::{Multipart, Upload};
use crate::call::RequestBuilder;

/// What holds files: one, one that may be missing, or several.
pub trait Files {
    /// Calls `take` with each file.
    fn each(&self, take: &mut dyn FnMut(&Upload));
}

impl Files for Upload {
    fn each(&self, take: &mut dyn FnMut(&Upload)) {
        take(self);
    }
}

impl<F: Files> Files for Option<F> {
    fn each(&self, take: &mut dyn FnMut(&Upload)) {
        if let Some(files) = self {
            files.each(take);
        }
    }
}

impl<F: Files> Files for Vec<F> {
    fn each(&self, take: &mut dyn FnMut(&Upload)) {
        self.iter().for_each(|files| files.each(take));
    }
}

/// Bodies of parts. Generated code refers to parts by their index in [`crate::contract::Body::parts`].
impl RequestBuilder {
    /// Sets a part to a value; null leaves it out.
    pub fn part<T: Serialize + ?Sized>(&mut self, index: usize, value: &T) {
        self.change(|request| request.part(index, value));
    }

    /// Sets a part to a file, or to several that go by the same name.
    pub fn files(&mut self, index: usize, files: &impl Files) {
        files.each(&mut |file| self.change(|request| request.file(index, file)));
    }

    /// Adds parts that the document does not name.
    pub fn parts(&mut self, parts: &Multipart) {
        self.change(|request| request.parts(parts));
    }

    /// Sets the body to bytes, wherever they come from.
    pub fn upload(&mut self, body: impl Into<Upload>) {
        let body = body.into();
        self.change(|request| request.upload(&body));
    }
}
