// The page's side. It comes back by itself when the server was away, and asks nobody else: it knows the server's key.
import { dial, fingerprint, isHempleError, lineOf } from "@good-place/hemple/client";
import { library } from "./library.js";

const element = <E extends HTMLElement>(selector: string): E => document.querySelector(selector) as E;
const [word, found, told] = [element<HTMLInputElement>("input"), element("ul"), element("output")];

// Behind the #, which a browser keeps to itself.
const [key, psk, serverKey] = location.hash
  .slice(1)
  .split(".")
  .map((hex) => Uint8Array.from(hex.match(/../g) ?? [], (byte) => Number.parseInt(byte, 16)));

try {
  if (key === undefined || psk === undefined) throw new Error("open the whole address that the server has printed");
  const tell = await dial(library, { url: `ws://${location.host}/rpc`, key, psk, serverKey, reconnect: true });
  told.textContent = `the server's key is ${fingerprint(lineOf(tell).serverKey)}`;
  word.disabled = false;
  word.oninput = async () => {
    const asked = word.value;
    try {
      const titles = await tell.find(asked, { deadlineMs: 10_000 });
      // An answer to what nobody asks any more.
      if (asked === word.value) found.replaceChildren(...titles.map(item));
    } catch (error) {
      told.textContent = isHempleError(error) ? `${error.code}: ${error.message}` : String(error);
    }
  };
} catch (error) {
  told.textContent = (error as Error).message;
}

function item(title: string): HTMLLIElement {
  const line = document.createElement("li");
  line.textContent = title;
  return line;
}
