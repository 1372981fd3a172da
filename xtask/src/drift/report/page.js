
"use strict";
(() => {
  const byId = (id) => document.getElementById(id);
  const [text, operation, onlyNew, count] = ["text", "operation", "new", "count"].map(byId);
  const classes = [...document.querySelectorAll("input[name=class]")];
  const names = [...operation.options].map((option) => option.textContent);
  // The first option stands for all operations, so that numbers are one less than places.
  const rows = [...byId("changes").children].map((item) => {
    const operations = item.dataset.operations.split(" ").filter(Boolean);
    const reached = operations.map((number) => names[Number(number) + 1]);
    const words = [item.textContent, ...reached].join("\n").toLowerCase();
    return { item, reached, operations: new Set(operations), words };
  });
  const filter = () => {
    const wanted = new Set(classes.filter((box) => box.checked).map((box) => box.value));
    const words = text.value.toLowerCase().split(/\s+/).filter(Boolean);
    let shown = 0;
    for (const { item, operations, words: all } of rows) {
      const fits = wanted.has(item.dataset.class)
        && (!onlyNew.checked || item.dataset.new === "true")
        && (operation.value === "" || operations.has(operation.value))
        && words.every((word) => all.includes(word));
      item.hidden = !fits;
      shown += fits ? 1 : 0;
    }
    count.textContent = shown === rows.length ? `All ${shown} changes` : `${shown} of ${rows.length} changes`;
  };
  for (const { item, reached } of rows) {
    const details = item.querySelector("details");
    details?.addEventListener("toggle", () => {
      const list = details.querySelector("ul");
      if (list.childElementCount > 0) return;
      for (const name of reached.slice(3)) {
        const line = document.createElement("li");
        line.textContent = name;
        list.append(line);
      }
    });
  }
  byId("controls").hidden = false;
  // Choosing from a list is `change` alone for some ways to choose.
  for (const kind of ["input", "change"]) byId("controls").addEventListener(kind, filter);
  filter();
})();
