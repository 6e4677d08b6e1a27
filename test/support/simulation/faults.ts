/** What goes wrong in a run, and when: all of it is over at the end of the time of faults. */
import type { World } from "./world.ts";
import type { SimulatedProcess } from "./process.ts";
import { CALM, type Weather } from "./requests.ts";

/** What the networks do meanwhile. */
const STORM: Weather = { refused: 0.15, unanswered: 0.1, late: 0.06, slow: 0.1 };

export interface Faults {
  weather: { store: Weather; redis: Weather };
  /** Ends all of them. */
  heal(): void;
}

export const FAULTS = [
  "crash", "stop", "slow", "clock ahead", "clock behind", "cut off from Redis", "Redis away", "Redis flushed", "Redis rolled back", "Redis' clock jumps",
  "store away", "store unreliable", "Redis unreliable", "bus unreliable", "everything restarts",
] as const;
type Fault = (typeof FAULTS)[number];

export function stageFaults(world: World, processes: readonly SimulatedProcess[], untilMs: number): Faults {
  const { loop, random, redis, store, bus, journal } = world;
  const weather = { store: CALM, redis: CALM };
  let healed = false;

  /** Begins something, and ends it after a while unless everything was healed before. */
  function during(minMs: number, maxMs: number, end: () => void): void {
    loop.in(random.int(minMs, maxMs), () => { if (!healed) end(); });
  }

  const begin: Record<Fault, (process: SimulatedProcess) => void | Promise<void>> = {
    crash(process) {
      process.kill();
      during(300, 10_000, () => process.start());
    },
    stop(process) {
      process.stop();
      during(500, 20_000, () => process.continue());
    },
    slow(process) {
      process.slowness = random.int(6, 30);
      during(5_000, 25_000, () => { process.slowness = 1; });
    },
    "clock ahead"(process) { process.clockAheadMs += random.pick([1_000, 60_000, 7_200_000]); },
    "clock behind"(process) { process.clockAheadMs -= random.pick([1_000, 60_000, 7_200_000]); },
    "cut off from Redis"(process) {
      process.cutOff.redis = true;
      during(1_000, 12_000, () => { process.cutOff.redis = false; });
    },
    "Redis away"() {
      redis.isAway = true;
      during(500, 12_000, () => { redis.isAway = false; });
    },
    async "Redis flushed"() { await redis.flush(); },
    async "Redis rolled back"() {
      const rollBack = await redis.snapshot();
      loop.in(random.int(100, 3_000), rollBack);
    },
    "Redis' clock jumps"() { redis.clockAheadMs += random.pick([-20_000, -2_000, 2_000, 10_000]); },
    "store away"() {
      store.isAway = true;
      during(500, 8_000, () => { store.isAway = false; });
    },
    "store unreliable"() {
      weather.store = STORM;
      during(3_000, 15_000, () => { weather.store = CALM; });
    },
    "Redis unreliable"() {
      weather.redis = STORM;
      during(3_000, 15_000, () => { weather.redis = CALM; });
    },
    "bus unreliable"() {
      bus.isBad = true;
      during(5_000, 20_000, () => { bus.isBad = false; });
    },
    "everything restarts"() {
      for (const process of processes) process.kill();
      during(500, 5_000, () => { for (const process of processes) process.start(); });
    },
  };

  for (let n = random.int(2, 9); n > 0; n--) {
    const fault = random.pick(FAULTS);
    const process = random.pick(random.chance(0.5) ? processes.filter(({ name }) => name.startsWith("work")) : processes);
    loop.in(random.int(200, untilMs - 5_000), async () => {
      journal.count(`fault: ${fault}`);
      journal.write("fault", `${fault} (${process.name})`);
      await begin[fault](process);
    });
  }

  return {
    weather,
    heal() {
      healed = true;
      [weather.store, weather.redis] = [CALM, CALM];
      [redis.isAway, store.isAway, bus.isBad] = [false, false, false];
      for (const process of processes) {
        process.slowness = 1;
        process.cutOff.redis = false;
        process.continue();
        process.start();
      }
    },
  };
}
