/**
 * The browser that tests run in, and that they drive. Where there is none, they are skipped with a notice; with CI=true
 * they run all the same, and fail because they cannot start it.
 */
import { existsSync } from "node:fs";

const executablePath: string = process.env.CHROMIUM ?? "/usr/bin/chromium";

/** How playwright is to start it; its own flags keep the browser from the network, and timers of hidden pages awake. */
export const launch: { readonly executablePath: string; readonly args: string[] } = {
  executablePath,
  args: ["--disable-gpu", "--disable-quic"],
};

export const withoutChromium: boolean = !existsSync(executablePath) && process.env.CI !== "true";
export const notice: string = `there is no Chromium at ${executablePath}: no test runs in a browser; name one with CHROMIUM=...`;
