
"use strict";
document.documentElement.classList.add("js");
// Tables sort by the column whose heading is pressed; numbers by data-sort, texts as they are shown.
for (const button of document.querySelectorAll("thead button")) {
  button.addEventListener("click", () => {
    const heading = button.closest("th"), table = heading.closest("table"), body = table.tBodies[0];
    const column = heading.cellIndex, down = heading.getAttribute("aria-sort") === "ascending";
    const key = (row) => row.cells[column].dataset.sort ?? row.cells[column].textContent.trim();
    const order = (a, b) => key(a) - key(b) || key(a).localeCompare(key(b), undefined, { numeric: true });
    const rows = [...body.rows].sort(down ? (a, b) => order(b, a) : order);
    for (const other of table.tHead.querySelectorAll("[aria-sort]")) other.removeAttribute("aria-sort");
    heading.setAttribute("aria-sort", down ? "descending" : "ascending");
    body.append(...rows);
  });
}
// On paper nothing can be opened. Of attributes it would be too much: they stay closed.
addEventListener("beforeprint", () => {
  for (const d of document.querySelectorAll(".rules details")) d.open = true;
});
