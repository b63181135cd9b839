// The page: shows what it is told, and delivers what is clicked.
import { connect } from "@good-place/trevor/client";

const show = (id, value) => {
  document.getElementById(id).textContent = String(value);
};
const { messages, changes, deliver } = connect(`ws://${location.host}/live`, { resume: true, retry: { maxMs: 2000 } });

let waiting = 0;
for (const button of document.querySelectorAll("button")) {
  button.addEventListener("click", async () => {
    show("waiting", ++waiting);
    try {
      await deliver(JSON.stringify({ add: Number(button.dataset.add) }));
    } catch (error) {
      // LOST: the server began again, and nobody knows whether it had counted this one.
      console.warn(error.code);
    }
    show("waiting", --waiting);
  });
}

(async () => {
  for await (const status of changes) show("status", status);
})();
for await (const text of messages) {
  const { count, pages } = JSON.parse(text);
  if (count !== undefined) show("count", count);
  if (pages !== undefined) show("pages", pages);
}
