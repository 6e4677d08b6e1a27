/**
 * Server-sent events with a key: EventSource can't show one. It comes back by itself, after the event that was seen last,
 * rests while the page is not looked at, and says when the line is cut.
 */
import { authorization, ROOT, toError } from "./api.js";

const FIRST_WAIT_MS = 1_000;
const LONGEST_WAIT_MS = 15_000;
/** Two looks without a byte: the line is dead, though nobody said so. */
const SILENCE_MS = 8_000;
/** So long an answer may take: what is asked on a line that died unnoticed has none. */
const ANSWER_MS = 15_000;
/** Who may not watch is not let in by asking again. */
const FINAL_STATUSES = [401, 403, 404];

/**
 * @param onEvent called with an event's type and what it carries
 * @param onLine called with `{ open: true }`, `{ open: false }` when the line is cut, and with an `error` when it stays cut
 */
export function followEvents(path, onEvent, onLine) {
  let lastId;
  let attempt;
  let waitMs = FIRST_WAIT_MS;
  let timer;
  let over = false;

  async function connect() {
    const leave = new AbortController();
    attempt = leave;
    try {
      const body = await ask(leave);
      waitMs = FIRST_WAIT_MS;
      onLine({ open: true });
      await read(body, leave);
      throw new Error("The stream ended.");
    } catch (error) {
      if (attempt !== leave || over) return; // it is not wanted any more
      leave.abort();
      if (FINAL_STATUSES.includes(error.status)) {
        over = true;
        onLine({ open: false, error });
        return;
      }
      onLine({ open: false });
      timer = setTimeout(connect, waitMs);
      waitMs = Math.min(LONGEST_WAIT_MS, waitMs * 2);
    }
  }

  async function ask(leave) {
    const alarm = setTimeout(() => leave.abort(), ANSWER_MS);
    try {
      const answer = await fetch(new URL(path, ROOT), { headers: { ...authorization(), Accept: "text/event-stream", ...(lastId === undefined ? {} : { "Last-Event-ID": lastId }) }, signal: leave.signal });
      if (!answer.ok) throw toError(answer.status, await answer.text());
      return answer.body;
    } finally {
      clearTimeout(alarm);
    }
  }

  async function read(body, leave) {
    const reader = body.pipeThrough(new TextDecoderStream()).getReader();
    let text = "";
    for (;;) {
      const alarm = setTimeout(() => leave.abort(), SILENCE_MS);
      const { done, value } = await reader.read().finally(() => clearTimeout(alarm));
      if (done) return;
      const blocks = (text + value).split("\n\n");
      text = blocks.pop();
      if (attempt === leave) blocks.forEach(tell);
    }
  }

  function tell(block) {
    const { type, id, data } = parseEvent(block);
    if (data === undefined) return;
    lastId = id ?? lastId;
    onEvent(type, JSON.parse(data));
  }

  function stop() {
    clearTimeout(timer);
    const last = attempt;
    attempt = undefined;
    last?.abort();
  }

  function look() {
    if (over) return;
    stop();
    if (!document.hidden) void connect();
  }
  document.addEventListener("visibilitychange", look);
  addEventListener("online", look);
  look();
  return {
    close() {
      over = true;
      stop();
      document.removeEventListener("visibilitychange", look);
      removeEventListener("online", look);
    },
  };
}

/** One event as it stands in a stream, without its empty line. */
export function parseEvent(block) {
  const lines = block.split("\n");
  const all = (name) => lines.filter((line) => line.startsWith(`${name}:`)).map((line) => line.slice(name.length + 1).replace(/^ /, ""));
  const data = all("data");
  return { type: all("event")[0] ?? "message", id: all("id")[0], data: data.length === 0 ? undefined : data.join("\n") };
}
