/** Stands in for a node where only its life matters: answers /health/ready, leaves on SIGTERM as a node does. */
import { spawn } from "node:child_process";
import { createServer } from "node:http";

const server = createServer((request, response) => {
  response.writeHead(request.url === "/health/ready" ? 200 : 404).end();
});
server.listen(Number(process.env["LECTERN_HTTP_PORT"]), "127.0.0.1");
process.on("SIGTERM", () => process.exit(0));
// What a node runs beside itself (FFmpeg) and leaves behind; it ends by itself only when its input does.
spawn("cat", { stdio: ["pipe", "inherit", "inherit"] });
console.log("[12:00:00.000Z] INFO  stand-in/NODE: information");
console.log("[12:00:00.000Z] WARN  stand-in/NODE: a warning");
