//! scratch
#![allow(clippy::all, clippy::unwrap_used, clippy::disallowed_methods)]
use linchpin_codegen::*;
fn main() {
    let args: Vec<String> = std::env::args().collect();
    let t = std::time::Instant::now();
    let mut files = source::SourceFiles::default();
    let (tree, d) = source::load(&mut files, std::path::Path::new(&args[1]), &source::Limits::default());
    eprintln!("load {:?} {}", t.elapsed(), d.iter().count());
    let t = std::time::Instant::now();
    let (n, d) = normalise::normalise(&tree.unwrap());
    let n = n.unwrap();
    eprintln!("normalise {:?} {}", t.elapsed(), d.iter().count());
    let t = std::time::Instant::now();
    let heads = model::heads(&n.document);
    let sel: Vec<usize> = (0..heads.len()).collect();
    let (api, d) = model::model(&n, &sel);
    eprintln!(
        "model {:?} ops {} types {} diags {}",
        t.elapsed(),
        api.operations.len(),
        api.types.len(),
        d.iter().count()
    );
    let t = std::time::Instant::now();
    let ops = api
        .operations
        .iter()
        .map(|_| plan::OperationPlan { authorised: true, ..Default::default() })
        .collect();
    let plan = plan::Plan {
        name: args[3].clone(),
        version: "0.1.0".into(),
        description: "x".into(),
        document: "d".into(),
        api,
        config: vec![],
        server_url: "https://x".into(),
        environments: vec![],
        auth: plan::Auth::None,
        headers: vec![],
        operations: ops,
        limits: vec![],
        wait_sources: vec![],
        streams: vec![],
    };
    let out =
        render::render(&plan, &render::RenderOptions { runtime_path: Some("/work/main/runtime".into()) })
            .unwrap();
    eprintln!(
        "render {:?} files {} bytes {}",
        t.elapsed(),
        out.len(),
        out.values().map(|v| v.len()).sum::<usize>()
    );
    for (p, text) in out {
        let p = std::path::Path::new(&args[2]).join(p);
        std::fs::create_dir_all(p.parent().unwrap()).unwrap();
        std::fs::write(p, text).unwrap();
    }
}
