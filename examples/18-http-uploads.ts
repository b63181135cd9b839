// Uploads, part by part: each file is hashed as it comes and never kept, and what is too large is refused, not cut.
import { createHash } from "node:crypto";
import { bodyLimit, chidi, json, parts } from "@good-place/chidi";

const MB = 1024 * 1024;
const server = await chidi({
  port: 0,
  rules: [[{ tag: "refused" }, ({ error }) => console.log("refused:", (error as Error).message)]],
  handler: bodyLimit(100 * MB)(async (request) => {
    const got: Record<string, unknown> = {};
    for await (const part of parts(request, { maxFileBytes: 50 * MB })) {
      if (part.filename === undefined) {
        got[part.name] = await part.text();
        continue;
      }
      if (!part.filename.endsWith(".bin")) continue; // skipped, read or not
      const hash = createHash("sha256");
      let size = 0;
      for await (const chunk of part) {
        hash.update(chunk);
        size += chunk.length;
      }
      got[part.filename] = { size, sha256: hash.digest("hex").slice(0, 8) };
    }
    return json(got);
  }),
});
const url = `http://127.0.0.1:${(server.address as { port: number }).port}/`;

const form = new FormData();
form.append("title", "neighborhood");
form.append("plan", new File([new Uint8Array(20 * MB)], "plan.bin"));
form.append("notes", new File(["do not read"], "notes.txt"));
console.log(await (await fetch(url, { method: "POST", body: form })).json());

const large = new FormData();
large.append("plan", new File([new Uint8Array(60 * MB)], "large.bin"));
const refused = await fetch(url, { method: "POST", body: large }).catch((error: Error) => error);
console.log(refused instanceof Response ? refused.status : refused.name);

await server.drain({ deadlineMs: 1000 });
