/** gRPC in plain JavaScript, with and without TLS; MessagePack in place of protobuf, so that the codecs are alike. */
import { execFileSync } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import {
  type ChannelCredentials,
  Client,
  credentials,
  type handleServerStreamingCall,
  type handleUnaryCall,
  Server,
  ServerCredentials,
} from "@grpc/grpc-js";
import { Packr } from "msgpackr";
import { counted, type Ends, host, Note, noteOf } from "./ends.js";

const packr = new Packr({ useRecords: false });
const pack = (value: unknown): Buffer => packr.pack(value);
const unpack = (bytes: Buffer): unknown => packr.unpack(bytes);
const codec = {
  requestSerialize: pack,
  requestDeserialize: unpack,
  responseSerialize: pack,
  responseDeserialize: unpack,
};
const service = {
  echo: { path: "/bench/echo", requestStream: false, responseStream: false, ...codec },
  stream: { path: "/bench/stream", requestStream: false, responseStream: true, ...codec },
};
const echo: handleUnaryCall<unknown, unknown> = (call, answer) => answer(null, Note.parse(Note.parse(call.request)));
const item = noteOf(80);
const stream: handleServerStreamingCall<unknown, unknown> = async (call) => {
  for (let i = 0; i < (call.request as number); i++) {
    if (!call.write(Note.parse(item))) await new Promise((resolve) => call.once("drain", resolve));
  }
  call.end();
};

export function grpc(): Promise<Ends> {
  return ends(ServerCredentials.createInsecure(), credentials.createInsecure());
}

export function grpcTls(): Promise<Ends> {
  const { key, cert } = certificate();
  return ends(ServerCredentials.createSsl(null, [{ private_key: key, cert_chain: cert }]), credentials.createSsl(cert));
}

async function ends(own: ServerCredentials, theirs: ChannelCredentials): Promise<Ends> {
  const server = new Server();
  server.addService(service, { echo, stream });
  const port = await new Promise<number>((resolve, reject) =>
    server.bindAsync(`${host}:0`, own, (error, bound) => (error ? reject(error) : resolve(bound))),
  );
  // Each with a connection of its own.
  const made = (): Client =>
    new Client(`${host}:${port}`, theirs, {
      "grpc.use_local_subchannel_pool": 1,
      "grpc.ssl_target_name_override": "localhost",
    });
  const ready = (client: Client): Promise<void> =>
    new Promise((resolve, reject) =>
      client.waitForReady(Date.now() + 20_000, (error) => (error ? reject(error) : resolve())),
    );
  const client = made();
  await ready(client);
  return {
    echo: (note) =>
      new Promise((resolve, reject) =>
        client.makeUnaryRequest(service.echo.path, pack, unpack, note, (error, value) =>
          error ? reject(error) : resolve(value),
        ),
      ),
    stream: (count) => counted(client.makeServerStreamRequest(service.stream.path, pack, unpack, count)),
    async connect() {
      const other = made();
      await ready(other);
      other.close();
    },
  };
}

function certificate(): { key: Buffer; cert: Buffer } {
  const folder = mkdtempSync(join(tmpdir(), "bench-"));
  const [key, cert] = [join(folder, "key"), join(folder, "cert")];
  const wanted = "req -x509 -newkey ec -pkeyopt ec_paramgen_curve:prime256v1 -nodes -days 1 -subj /CN=localhost";
  const names = ["-addext", "subjectAltName=DNS:localhost", "-keyout", key, "-out", cert];
  try {
    execFileSync("openssl", [...wanted.split(" "), ...names], { stdio: "ignore" });
    return { key: readFileSync(key), cert: readFileSync(cert) };
  } finally {
    rmSync(folder, { recursive: true });
  }
}
