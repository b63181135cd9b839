// A process of raw sockets, so that their descriptors are not the server's: `port count` opens so many. Says "open" when
// all are, "heard" when each has got a frame of one byte, and "closed" when each has got a close and its end.
import { connect } from "node:net";

const [port, count] = process.argv.slice(2).map(Number);
const key = "dGhlIHNhbXBsZSBub25jZQ==";
const head = `GET /live HTTP/1.1\r\nHost: a\r\nConnection: Upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Version: 13\r\nSec-WebSocket-Key: ${key}\r\n\r\n`;
const tally = { open: 0, heard: 0, closed: 0 };
const reach = (what) => ++tally[what] === count && process.send(what);

function opened() {
  return new Promise((resolve) => {
    const socket = connect(port, "127.0.0.1", () => socket.write(head));
    let open = false;
    let going = false;
    socket.on("data", (bytes) => {
      let frames = bytes;
      if (!open) {
        open = true;
        frames = bytes.subarray(bytes.indexOf("\r\n\r\n") + 4);
        reach("open");
        resolve();
      }
      if (frames[0] === 0x81) {
        frames = frames.subarray(3);
        reach("heard");
      }
      if (frames[0] === 0x88) {
        going = true;
        socket.end(Buffer.from([0x88, 0x82, 0, 0, 0, 0, frames[2], frames[3]]));
      }
    });
    socket.on("error", resolve);
    socket.on("close", () => going && reach("closed"));
  });
}

// A few at once: as many as a server's backlog takes.
for (let open = 0; open < count; open += 100)
  await Promise.all(Array.from({ length: Math.min(100, count - open) }, opened));
