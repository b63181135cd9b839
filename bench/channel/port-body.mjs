/**
 * What runs in the other thread of a bare port: takes so many messages and answers the bytes that they had, or posts as
 * many when it is asked to.
 */
import { workerData } from "node:worker_threads";

const { port, body, ops, size } = workerData;
const bodies = {
  taking() {
    let [left, bytes] = [ops, 0];
    port.on("message", (value) => {
      bytes += value.length;
      if (--left > 0) return;
      port.postMessage(bytes);
      port.close();
    });
  },
  giving() {
    port.once("message", () => {
      const value = new Uint8Array(size);
      for (let i = 0; i < ops; i++) port.postMessage(value);
      port.close();
    });
  },
};
bodies[body]();
port.postMessage("ready");
