//! Where the records of a stream are, what tells them apart, and what a later run asks for.

use crate::diagnostic::{Code, Diagnostic};
use crate::manifest::text;
use crate::manifest::types::{Order, Stream};
use crate::source::Spanned;

use super::Rules;

impl<'m> Rules<'m, '_> {
    pub(super) fn stream(&mut self, stream: &'m Stream) {
        if let Err(error) = text::path(&stream.records) {
            self.bad_path(&stream.records, &error);
        }
        self.selectors(&stream.key.0);
        for key in &stream.key.0 {
            self.path(key, true);
        }
        self.source(stream);
        for (_, value) in &stream.parameters {
            let text = Spanned { value: &value.value.0, span: value.span };
            self.template_in(text.value, &Spanned { value: text.value.clone(), span: text.span });
        }
        let Some(cursor) = &stream.cursor else { return };
        self.path(&cursor.field, true);
        if let Some(start) = &cursor.start {
            self.template(start);
        }
        let order = cursor.order.as_ref().map_or(Order::None, |order| order.value);
        let span = cursor.order.as_ref().map_or(cursor.field.span, |order| order.span);
        if let Some(path) = &cursor.body_field {
            self.path(path, true);
            if cursor.parameter.is_some() {
                self.diagnostics.push(
                    Diagnostic::error(Code::CursorOrder, "`parameter` and `body_field` both take the cursor")
                        .at(path.span)
                        .help("leave one of them out"),
                );
            }
        }
        match (cursor.parameter.as_ref().or(cursor.body_field.as_ref()), order) {
            (None, Order::Ascending | Order::None) => self.diagnostics.push(
                Diagnostic::error(
                    Code::CursorOrder,
                    "without a `parameter` or `body_field` a later run cannot ask for what is new only",
                )
                .at(span)
                .help(
                    "name what takes the cursor; or say `order: descending` where the API lists the newest \
                         first; or leave the cursor out, and each run reads everything",
                ),
            ),
            (None, Order::Descending) => {
                for key in [&cursor.start].into_iter().flatten() {
                    self.diagnostics.push(
                        Diagnostic::error(
                            Code::CursorOrder,
                            "without a `parameter` or `body_field` nothing takes `start`",
                        )
                        .at(key.span)
                        .help("leave `start` out, or name what takes it"),
                    );
                }
            }
            (Some(_), _) => {}
        }
    }
}
