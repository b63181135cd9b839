/**
 * Bare `node:http`: what the same work costs without a library. It checks nothing but what the answer needs.
 */
import { createServer, type IncomingMessage, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import { HELLO, later, type Serve, task, taskId } from "./wire.js";

const TEXT = "text/plain; charset=utf-8";

export const serve: Serve = async () => {
  const server = createServer((request, response) => {
    const { url = "" } = request;
    if (url === "/hello") answer(response, HELLO);
    else if (url === "/later") void later().then((text) => answer(response, text));
    else if (url === "/size") void read(request).then((body) => answer(response, String(body.toString().length)));
    else if (url.startsWith("/tasks/")) {
      void read(request).then((body) => {
        const params = taskId.parse({ id: url.slice("/tasks/".length) });
        const parsed = task.parse(JSON.parse(body.toString()));
        answer(response, JSON.stringify({ ...params, ...parsed }), "application/json");
      });
    }
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  return (server.address() as AddressInfo).port;
};

function answer(response: ServerResponse, body: string, type = TEXT): void {
  response.writeHead(200, { "content-type": type, "content-length": Buffer.byteLength(body) });
  response.end(body);
}

async function read(request: IncomingMessage): Promise<Buffer> {
  const chunks: Buffer[] = [];
  for await (const chunk of request) chunks.push(chunk as Buffer);
  return Buffer.concat(chunks);
}
