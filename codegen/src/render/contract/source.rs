//! Where streams' records come from, as static data.

use proc_macro2::{Literal, TokenStream};
use quote::quote;

use super::{index, operation_path, option_path, path};
use crate::plan::{Download, Format, Job, JobOperation, Plan, Source, Stream};
use crate::render::layout::Layout;

/// The features that a stream needs: those of all operations that it uses.
pub(in crate::render) fn enabled(
    plan: &Plan,
    stream: &Stream,
    feature: &str,
    layout: &Layout,
) -> TokenStream {
    let mut features = vec![feature];
    if let Source::Job(job) = &stream.source {
        let download = match &job.download {
            Download::Operation(found) => Some(found),
            Download::Url(_) => None,
        };
        for asked in std::iter::once(&job.poll).chain(download) {
            let operation = plan.api.operations.get(asked.operation);
            let more = operation.map(|operation| layout.module(&operation.tag));
            features.extend(more.filter(|more| !features.contains(more)));
        }
    }
    match features.as_slice() {
        [only] => quote!(#[cfg(feature = #only)]),
        several => quote!(#[cfg(all(#(feature = #several),*))]),
    }
}

pub(super) fn source(plan: &Plan, source: &Source, layout: &Layout) -> TokenStream {
    match source {
        Source::Pages => quote!(Source::Pages),
        Source::Bodies(found) => {
            let format = format(found);
            quote!(Source::Bodies(#format))
        }
        Source::Job(found) => {
            let job = job(plan, found, layout);
            quote!(Source::Job(#job))
        }
    }
}

fn format(format: &Format) -> TokenStream {
    match format {
        Format::Json => quote!(Format::Json),
        Format::JsonLines => quote!(Format::JsonLines),
        Format::Csv { delimiter, quote, columns } => {
            let (delimiter, quote) = (Literal::byte_character(*delimiter), Literal::byte_character(*quote));
            quote!(Format::Csv(CsvDialect { delimiter: #delimiter, quote: #quote, columns: &[#(#columns),*] }))
        }
        Format::Xml { record, names } => {
            let record = path(record);
            let names = names.iter().map(|found| {
                let (object, field, name) = (&found.object, &found.field, &found.name);
                let (attribute, wrapped) = (found.attribute, found.wrapped);
                quote!(XmlName { object: #object, field: #field, name: #name, attribute: #attribute, wrapped: #wrapped })
            });
            quote!(Format::Xml(XmlLayout { record: #record, names: &[#(#names),*] }))
        }
    }
}

fn job(plan: &Plan, job: &Job, layout: &Layout) -> TokenStream {
    let body = job.body.iter().map(|(place, json)| {
        let place = path(place);
        quote!((#place, #json))
    });
    let (id, status, message) = (path(&job.id), path(&job.status), option_path(job.message.as_ref()));
    let poll = operation(plan, &job.poll, layout);
    let (done, failed, origins) = (&job.done, &job.failed, &job.origins);
    let interval = Literal::u64_unsuffixed(job.interval_milliseconds);
    let timeout = Literal::u64_unsuffixed(job.timeout_milliseconds);
    let download = match &job.download {
        Download::Operation(found) => {
            let operation = operation(plan, found, layout);
            quote!(Download::Operation(#operation))
        }
        Download::Url(found) => {
            let path = path(found);
            quote!(Download::Url(#path))
        }
    };
    let format = format(&job.format);
    quote! {
        Job {
            body: &[#(#body),*],
            id: #id,
            poll: #poll,
            status: #status,
            done: &[#(#done),*],
            failed: &[#(#failed),*],
            message: #message,
            interval_milliseconds: #interval,
            timeout_milliseconds: #timeout,
            download: #download,
            origins: &[#(#origins),*],
            format: #format,
        }
    }
}

fn operation(plan: &Plan, asked: &JobOperation, layout: &Layout) -> TokenStream {
    let found = plan.api.operations.get(asked.operation).map(|found| operation_path(found, layout));
    let id = index(asked.id);
    let parameters = asked.parameters.iter().map(|(at, value)| {
        let at = index(*at);
        quote!((#at, #value))
    });
    quote!(JobOperation { operation: &#found, id: #id, parameters: &[#(#parameters),*] })
}
