/**
 * Multipart forms, part by part. The reader pulls: bytes leave the wire only as somebody asks for the next part or its
 * next bytes, so that nothing is kept but one chunk, and no part can wait for another.
 * Invariants: the parts come in order, one at a time; what is over a limit or not well-formed fails, and never ends early.
 */
import { type Op, until } from "@good-place/channel";
import { checkOptions, describe, misuse } from "@good-place/channel/misuse";
import { refusal } from "../errors.js";
import { mediaType } from "./media-type.js";
import { type HttpRequest, headerOf } from "./request.js";

/** What one form may cost, within `maxBodyBytes` or the route's `bodyLimit`. More is 413. */
export interface PartLimits {
  /** Parts of a form; 100 by default. */
  readonly maxParts?: number | undefined;
  /** Bytes of a part without a file name; 64 KiB by default. */
  readonly maxFieldBytes?: number | undefined;
  /** Bytes of a part with a file name; no limit of its own by default. */
  readonly maxFileBytes?: number | undefined;
}

/** One part of a form: a field or a file. It can be read once, until the next part is asked for. */
export interface Part extends AsyncIterable<Uint8Array> {
  readonly name: string;
  /** The last segment of the file's name as the client gave it, empty where that leads elsewhere; undefined for a field. */
  readonly filename: string | undefined;
  /** The part's media type, `text/plain` where it has none. Nothing but the client vouches for it. */
  readonly type: string;
  /** The rest of the part. Fails as reading the body does, and with FORM_TOO_LARGE, BAD_FORM, or BODY_USED. */
  bytes(): Op<Uint8Array>;
  /** The rest of the part as text, read as UTF-8. Fails as `bytes` does. */
  text(): Op<string>;
}

type Limits = { readonly [Name in keyof PartLimits]-?: number };

const defaults: Limits = { maxParts: 100, maxFieldBytes: 64 * 1024, maxFileBytes: Number.POSITIVE_INFINITY };
const HEAD_BYTES = 8 * 1024;
const CRLF = Buffer.from("\r\n");
const boundaryPattern = /^[\w'()+,./:=? -]{0,69}[\w'()+,./:=?-]$/;

/**
 * The parts of a multipart/form-data body. Whoever asks for the next part skips what is left of the one before. Fails
 * with BAD_MEDIA_TYPE (415) for another body, BAD_FORM (400) for one that is not well-formed or breaks off, FORM_TOO_LARGE
 * (413), and as reading the body does. Leaving the loop gives up the rest of the body. Throws UNKNOWN_OPTION, BAD_OPTION.
 */
export function parts(request: HttpRequest, limits: PartLimits = {}): AsyncGenerator<Part, void, undefined> {
  checkOptions("parts()", limits, Object.keys(defaults));
  const filled: Limits = { ...defaults, ...limits };
  for (const [name, limit] of Object.entries(filled)) {
    if (typeof limit !== "number" || !(limit >= 1)) {
      throw misuse("range", "BAD_OPTION", `parts() option ${name} must be a number >= 1, got ${describe(limit)}`);
    }
  }
  return read(request, filled);
}

async function* read(request: HttpRequest, limits: Limits): AsyncGenerator<Part, void, undefined> {
  const { type, parameters } = mediaType(headerOf(request, "content-type") ?? "");
  if (type !== "multipart/form-data") throw refusal(415, "BAD_MEDIA_TYPE", "the body is no multipart/form-data");
  const boundary = parameters.get("boundary") ?? "";
  if (!boundaryPattern.test(boundary)) throw bad("its content-type has no boundary that can be one");
  const source = new Source(request.body.getReader(), boundary);
  await source.skip();
  for (let count = 0; await source.more(); ) {
    if (++count > limits.maxParts) throw tooLarge(`has more than ${limits.maxParts} parts (maxParts)`);
    const part = new FormPart(source, await source.head(), limits);
    yield part;
    part.end();
    await source.skip();
  }
  await source.end();
}

class FormPart implements Part {
  readonly name: string;
  readonly filename: string | undefined;
  readonly type: string;
  readonly #source: Source;
  readonly #limit: number;
  readonly #limitName: string;
  #read = false;
  #over = false;
  #size = 0;

  constructor(source: Source, head: ReadonlyMap<string, string>, limits: Limits) {
    const { type, parameters } = mediaType(head.get("content-disposition") ?? "");
    const name = parameters.get("name");
    if (type !== "form-data" || name === undefined) throw bad("a part has no content-disposition with a name");
    this.name = plain(name);
    const filename = parameters.get("filename");
    this.filename = filename === undefined ? undefined : lastSegment(plain(filename));
    this.type = mediaType(head.get("content-type") ?? "text/plain").type;
    this.#source = source;
    this.#limitName = filename === undefined ? "maxFieldBytes" : "maxFileBytes";
    this.#limit = filename === undefined ? limits.maxFieldBytes : limits.maxFileBytes;
  }

  /** The next part is asked for. */
  end(): void {
    this.#over = true;
  }

  async *[Symbol.asyncIterator](): AsyncGenerator<Uint8Array, void, undefined> {
    if (this.#read || this.#over) throw used();
    this.#read = true;
    for (;;) {
      const chunk = await this.#source.piece();
      if (this.#over) throw used();
      if (chunk === null) return;
      this.#size += chunk.length;
      if (this.#size > this.#limit) throw tooLarge(`has a part of more than ${this.#limit} bytes (${this.#limitName})`);
      if (chunk.length > 0) yield chunk;
    }
  }

  bytes(): Op<Uint8Array> {
    return until(this.#bytes());
  }

  text(): Op<string> {
    return until(this.#bytes().then((bytes) => new TextDecoder().decode(bytes)));
  }

  async #bytes(): Promise<Uint8Array> {
    const chunks: Uint8Array[] = [];
    for await (const chunk of this) chunks.push(chunk);
    return chunks.length === 1 ? (chunks[0] as Uint8Array) : Buffer.concat(chunks);
  }
}

/** The body as it comes, read up to one delimiter after the other. */
class Source {
  readonly #reader: ReadableStreamDefaultReader<Uint8Array>;
  readonly #delimiter: Buffer;
  // A form begins with a delimiter that has no line break before it.
  #kept: Buffer = CRLF;
  #inPart = true;

  constructor(reader: ReadableStreamDefaultReader<Uint8Array>, boundary: string) {
    this.#reader = reader;
    this.#delimiter = Buffer.from(`\r\n--${boundary}`, "latin1");
  }

  /** The next bytes before the delimiter, perhaps none; null behind it. */
  async piece(): Promise<Buffer | null> {
    if (!this.#inPart) return null;
    const at = this.#kept.indexOf(this.#delimiter);
    if (at !== -1) {
      this.#inPart = false;
      const piece = this.#kept.subarray(0, at);
      this.#kept = this.#kept.subarray(at + this.#delimiter.length);
      return piece;
    }
    // What could be the beginning of the delimiter stays.
    const sure = Math.max(0, this.#kept.length - this.#delimiter.length + 1);
    const piece = this.#kept.subarray(0, sure);
    this.#kept = this.#kept.subarray(sure);
    await this.#fill();
    return piece;
  }

  /** Reads past the next delimiter, unless that has been done. */
  async skip(): Promise<void> {
    while ((await this.piece()) !== null);
  }

  /** Behind a delimiter: does a part follow? */
  async more(): Promise<boolean> {
    while (this.#kept.length < 2) await this.#fill();
    if (this.#kept.toString("latin1", 0, 2) === "--") return false;
    const line = await this.#line(HEAD_BYTES);
    if (!/^[ \t]*$/.test(line)) throw bad("a delimiter has something else behind it");
    return true;
  }

  /** The headers of a part, names in lower case. The part's bytes come next. */
  async head(): Promise<ReadonlyMap<string, string>> {
    const head = new Map<string, string>();
    let left = HEAD_BYTES;
    for (;;) {
      const line = await this.#line(left);
      left -= line.length + CRLF.length;
      if (line === "") break;
      const [, name, value] = /^([\w!#$%&'*+.^`|~-]+):[ \t]*([^\0]*?)[ \t]*$/s.exec(line) ?? [];
      if (name === undefined || value === undefined) throw bad("a part has a header that is none");
      const key = name.toLowerCase();
      if (head.has(key)) throw bad("a part has a header twice");
      head.set(key, value);
    }
    this.#inPart = true;
    return head;
  }

  /** Behind the last delimiter: reads to the end, so that the connection can bring another request. */
  async end(): Promise<void> {
    while (!(await this.#reader.read()).done);
  }

  async #line(most: number): Promise<string> {
    for (;;) {
      const at = this.#kept.indexOf(CRLF);
      if (at > most || (at === -1 && this.#kept.length > most + 1)) {
        throw tooLarge(`has a part with more than ${HEAD_BYTES} bytes of headers`);
      }
      if (at !== -1) {
        const line = this.#kept.toString("utf8", 0, at);
        this.#kept = this.#kept.subarray(at + CRLF.length);
        return line;
      }
      await this.#fill();
    }
  }

  async #fill(): Promise<void> {
    const { value, done } = await this.#reader.read();
    if (done) throw bad("it breaks off");
    this.#kept = Buffer.concat([this.#kept, value]);
  }
}

// Browsers write these three characters so, and no others.
function plain(text: string): string {
  const decoded = text.replace(/%22/g, '"').replace(/%0D/gi, "\r").replace(/%0A/gi, "\n");
  if (decoded.includes("\0")) throw bad("a part has a name with a NUL");
  return decoded;
}

// A file's name, and never a way to another folder.
function lastSegment(path: string): string {
  const name = path.replace(/^.*[/\\]/s, "");
  return name === "." || name === ".." ? "" : name;
}

function bad(why: string): Error {
  return refusal(400, "BAD_FORM", `the form is not well-formed: ${why}`);
}

function tooLarge(what: string): Error {
  return refusal(413, "FORM_TOO_LARGE", `the form ${what}`);
}

function used(): Error {
  return refusal(500, "BODY_USED", "the part has been read already, or the next one was asked for: keep what was read");
}
