// Takes the mansion in argv[2], which nobody writes to, back to the head in argv[3] (hexadecimal), in place: as if an old
// state had come back behind the back of whoever follows it.
import { open } from "lmdb";

const [, , path, hex] = process.argv;
const binary = { encoding: "binary", keyEncoding: "binary" };
const root = open({ path, noSubdir: false, overlappingSync: false, maxDbs: 128, ...binary });
const db = root.openDB({ name: "journal:office", ...binary });
const head = Buffer.from(hex, "hex");
const count = Number(head.readBigUInt64BE(8));
await root.transaction(() => {
  for (const key of [...db.getKeys()]) if (Number(Buffer.from(key).readBigUInt64BE(0)) > count) void db.remove(key);
  void db.put(Buffer.alloc(8), head);
});
await root.close();
console.log("rewound");
