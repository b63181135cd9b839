/**
 * Cookies that a client can read and cannot change. The signature is over name and value, so that none passes as another.
 */
import { createHmac, timingSafeEqual } from "node:crypto";
import { describe, misuse } from "@good-place/channel/misuse";
import type { HttpRequest } from "../request/request.js";
import { type CookieOptions, cookies, setCookie } from "./cookies.js";

export interface SignedCookies {
  /** The value of a cookie whose signature one of the keys has made; undefined for any other. */
  get(request: HttpRequest, name: string): string | undefined;
  /** Sets a cookie signed with the first key. Throws as `setCookie` does. */
  set(request: HttpRequest, name: string, value: string, options?: CookieOptions): void;
}

const LEAST_BYTES = 16;

/**
 * Signs cookies with HMAC-SHA256. The first key signs, all of them are good for reading: to change keys put the new one
 * in front, and take the old one away when its cookies have ended. Throws BAD_KEY for none, and for one under 16 bytes.
 */
export function signedCookies(keys: readonly (string | Uint8Array)[]): SignedCookies {
  if (!Array.isArray(keys) || keys.length === 0) {
    throw misuse("type", "BAD_KEY", `signedCookies() takes a list of keys, got ${describe(keys)}`);
  }
  for (const key of keys) {
    if ((typeof key !== "string" && !(key instanceof Uint8Array)) || Buffer.byteLength(key) < LEAST_BYTES) {
      throw misuse("type", "BAD_KEY", `signedCookies(): a key is text or bytes, ${LEAST_BYTES} bytes at least`);
    }
  }
  return Object.freeze({
    get(request: HttpRequest, name: string): string | undefined {
      const text = cookies(request)[name] ?? "";
      const dot = text.lastIndexOf(".");
      if (dot === -1) return undefined;
      const value = text.slice(0, dot);
      const signature = Buffer.from(text.slice(dot + 1), "base64url");
      const good = keys.some((key) => {
        const right = sign(key, name, value);
        return right.length === signature.length && timingSafeEqual(right, signature);
      });
      return good ? value : undefined;
    },
    set(request: HttpRequest, name: string, value: string, options?: CookieOptions): void {
      const signature = sign(keys[0] as string, name, value).toString("base64url");
      setCookie(request, name, `${value}.${signature}`, options);
    },
  });
}

// No cookie's name has a `=`: no two pairs of name and value read the same.
function sign(key: string | Uint8Array, name: string, value: string): Buffer {
  return createHmac("sha256", key).update(`${name}=${value}`).digest();
}
