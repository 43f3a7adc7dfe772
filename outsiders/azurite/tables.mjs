// Azurite's table service in memory, over HTTPS and with OAuth: node tables.mjs CERTIFICATE.pem KEY.pem
// Prints {"port": …} when it is ready. The account is devstoreaccount1.
import { createRequire } from "node:module";

const require = createRequire(import.meta.url);
const TableConfiguration = require("azurite/dist/src/table/TableConfiguration").default;
const TableServer = require("azurite/dist/src/table/TableServer").default;

const [certificate, key] = process.argv.slice(2);
const off = false;
const server = new TableServer(
  new TableConfiguration("127.0.0.1", 0, 5, "", off, off, undefined, undefined, off, off, certificate, key, undefined, "basic", off, true),
);
await server.start();
console.log(JSON.stringify({ port: Number(new URL(server.getHttpServerAddress()).port) }));
// All tests of a process share this server; it exits when the process does.
process.stdin.on("end", () => process.exit()).resume();
