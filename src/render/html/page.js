
"use strict";
// All of a page can be read without this: it filters, sorts, and opens what is folded.

/** Says how many of the items are left; says nothing while all of them are. */
const tell = (box, items) => {
  const count = box.querySelector(".count");
  const left = items.filter((item) => !item.hidden).length;
  const noun = items.length === 1 ? count.dataset.one : count.dataset.many;
  count.textContent = left === items.length ? "" : `${left} of ${items.length} ${noun} shown`;
};

for (const box of document.querySelectorAll(".filter")) {
  const items = [...document.getElementById(box.dataset.filter).children];
  const search = box.querySelector("[type=search]");
  const keeps = () => {
    const wanted = search ? search.value.trim().toLowerCase() : "";
    const choice = box.querySelector("input:checked");
    const role = choice ? choice.value : "";
    return (item) => (role === "" || item.dataset.role === role)
      && (wanted === "" || item.dataset.name.toLowerCase().includes(wanted));
  };
  const apply = () => {
    const kept = keeps();
    for (const item of items) {
      item.hidden = !kept(item);
    }
    tell(box, items);
  };
  box.addEventListener("input", apply);
  box.addEventListener("submit", (event) => event.preventDefault());
  box.hidden = false;
  apply();
}

const words = new Intl.Collator("en-GB", { numeric: true });

/** Sorts the rows by a column; a second time the other way round. Rows without a value stay at the end. */
const sort = (head, column) => {
  const up = head.getAttribute("aria-sort") !== "ascending";
  const body = head.closest("table").tBodies[0];
  const number = head.dataset.sort === "number";
  const rows = [...body.rows].map((row) => ({ row, value: row.cells[column].dataset.value }));
  const compare = number ? (a, b) => Number(a.value) - Number(b.value) : (a, b) => words.compare(a.value, b.value);
  const order = (a, b) => (a.value === "") - (b.value === "") || (up ? compare(a, b) : compare(b, a));
  body.append(...rows.sort(order).map((entry) => entry.row));
  for (const other of head.parentElement.cells) {
    other.removeAttribute("aria-sort");
  }
  head.setAttribute("aria-sort", up ? "ascending" : "descending");
};

for (const table of document.querySelectorAll(".sortable")) {
  [...table.tHead.rows[0].cells].forEach((head, column) => {
    if (head.dataset.sort) {
      const button = document.createElement("button");
      button.type = "button";
      button.append(...head.childNodes);
      button.addEventListener("click", () => sort(head, column));
      head.append(button);
    }
  });
}

/** A link leads to what it names, also where that is filtered out or folded away. */
const reveal = () => {
  const target = location.hash.length > 1 && document.getElementById(location.hash.slice(1));
  if (!target) {
    return;
  }
  const item = target.closest("[data-role]");
  if (item && item.hidden) {
    document.querySelector(`[data-filter="${item.parentElement.id}"] input`).click();
  }
  for (let box = target.closest("details"); box; box = box.parentElement.closest("details")) {
    box.open = true;
  }
  target.scrollIntoView();
};
addEventListener("hashchange", reveal);
reveal();

// What is folded is printed too, and folded again after that.
let folded = [];
addEventListener("beforeprint", () => {
  folded = [...document.querySelectorAll("details:not([open])")];
  folded.forEach((box) => { box.open = true; });
});
addEventListener("afterprint", () => folded.forEach((box) => { box.open = false; }));
