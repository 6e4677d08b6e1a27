/** One line that shows how far something is: drawn over and over on a terminal, now and then as text elsewhere. */

const BAR_CHARS = 30;
/** Without a terminal: a line for each tenth. */
const PLAIN_STEPS = 10;

export interface ProgressLine {
  /** `done` of `total`; `note` stands behind the bar. */
  show(done: number, total: number, note: string): void;
  /** Writes a line of text above it. */
  say(text: string): void;
  /** Leaves the last state standing. */
  end(): void;
}

export function formatBar(done: number, total: number): string {
  const share = total > 0 ? Math.min(1, done / total) : 0;
  const filled = Math.round(share * BAR_CHARS);
  return `[${"#".repeat(filled)}${".".repeat(BAR_CHARS - filled)}] ${String(Math.floor(share * 100)).padStart(3)} %`;
}

export function openProgressLine(label: string, terminal: { isTTY?: boolean; write(text: string): unknown }): ProgressLine {
  let drawn = false;
  let step = -1;
  return {
    show(done, total, note) {
      if (terminal.isTTY === true) {
        terminal.write(`\r\u001b[2K${label} ${formatBar(done, total)}  ${note}`);
        drawn = true;
        return;
      }
      const now = total > 0 ? Math.floor(Math.min(1, done / total) * PLAIN_STEPS) : 0;
      if (now > step && total > 0) terminal.write(`${label} ${now * (100 / PLAIN_STEPS)} %  ${note}\n`);
      step = Math.max(step, now);
    },
    say(text) {
      terminal.write(`${drawn ? "\r\u001b[2K" : ""}${text}\n`);
      drawn = false;
    },
    end() {
      if (drawn) terminal.write("\n");
      drawn = false;
    },
  };
}

export function formatDuration(seconds: number): string {
  const whole = Math.max(0, Math.round(seconds));
  return whole < 60 ? `${whole} s` : `${Math.floor(whole / 60)} min ${String(whole % 60).padStart(2, "0")} s`;
}
