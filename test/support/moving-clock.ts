import { readFileSync } from 'node:fs';

/**
 * For `node --import`: lets the wall clock of a process go wrong, by as many milliseconds as the file SIGNET_TEST_CLOCK says now. What counts
 * time that passes (timers, performance.now) goes on as ever, as it does where somebody sets the clock of a machine.
 */
const file = process.env.SIGNET_TEST_CLOCK ?? '';
const RealDate = Date;
let offsetMs = read();

globalThis.Date = class extends RealDate {
  constructor(...given: readonly unknown[]) {
    if (given.length === 0) super(RealDate.now() + offsetMs);
    else super(...(given as [number]));
  }
  static override now(): number {
    return RealDate.now() + offsetMs;
  }
} as DateConstructor;

setInterval(() => {
  const next = read();
  if (next === offsetMs) return;
  offsetMs = next;
  process.stderr.write(`the clock goes wrong by ${offsetMs} ms\n`);
}, 20).unref();

function read(): number {
  return Number(readFileSync(file, 'utf8'));
}
