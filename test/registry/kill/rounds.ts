import { randomInt } from 'node:crypto';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { signetProgram, startSignet } from '../../support/cli.ts';
import { run, type StartedProcess } from '../../support/process.ts';
import { checkAfter, type Found } from './after.ts';
import { DiskCheck, leftovers } from './disk.ts';
import { Ledger } from './ledger.ts';
import { repositories, work } from './worker.ts';

const workers = 6;

/** The figures of a trial. No faults: it passed. */
export interface KillFigures extends Found {
  readonly faults: readonly string[];
  rounds: number;
  /** Kills of a server that was not ready yet. */
  killedStarting: number;
  acknowledged: number;
  /** Requests that were not answered when the server was killed. */
  unanswered: number;
  files: number;
  slowestStartMs: number;
}

export interface KillOptions {
  readonly rounds: number;
  /** Looks at the layouts of the dead server, every so many rounds. */
  readonly inspect?: (layoutDir: string, tags: ReadonlyMap<string, string>) => Promise<void>;
  readonly inspectEvery?: number;
  readonly onRound?: (round: number, figures: KillFigures) => void;
}

/**
 * Kills a registry (a process of its own) with SIGKILL at random moments while clients push, tag, mount, delete and upload, and looks
 * each time at its files and, after a restart on the same folder, at everything that it had acknowledged.
 */
export async function killRounds(options: KillOptions): Promise<KillFigures> {
  const root = mkdtempSync(join(tmpdir(), 'signet-kill-'));
  const faults: string[] = [];
  const zero = { rounds: 0, killedStarting: 0, acknowledged: 0, unanswered: 0, files: 0, slowestStartMs: 0 };
  const figures: KillFigures = { faults, ...zero, applied: 0, dropped: 0, resumed: 0, checked: 0 };
  const trial = { root, faults, figures, ledger: new Ledger(), disk: new DiskCheck(faults), options };
  try {
    for (let round = 1; round <= options.rounds; round += 1) {
      await oneRound(trial, round);
      options.onRound?.(round, figures);
    }
    await lastLook(trial);
  } finally {
    rmSync(root, { recursive: true, force: true, maxRetries: 3 });
  }
  return figures;
}

interface Trial {
  readonly root: string;
  readonly faults: string[];
  readonly figures: KillFigures;
  readonly ledger: Ledger;
  readonly disk: DiskCheck;
  readonly options: KillOptions;
}

async function oneRound(trial: Trial, round: number): Promise<void> {
  const { root, faults, figures, ledger } = trial;
  if (randomInt(4) === 0) await killWhileStarting(trial);
  const server = await start(trial);
  add(figures, await checkAfter(server.url, ledger, faults));
  const left = leftovers(root, layoutsOf(root));
  if (left.length > 0) faults.push(`left lying about: ${left.join(', ')}`);
  const clients = Array.from({ length: workers }, (_, id) => work({ base: server.url, ledger, id, faults }));
  await randomMoment(ledger);
  await server.process.stop('SIGKILL');
  await Promise.all(clients);
  figures.rounds += 1;
  figures.acknowledged = ledger.acknowledged;
  figures.unanswered += ledger.pending.size;
  await lookAtFiles(trial, round);
}

/** After a random number of acknowledged changes, and then some milliseconds: on a slow machine too there is work to be lost. */
async function randomMoment(ledger: Ledger): Promise<void> {
  const wanted = ledger.acknowledged + randomInt(1, 60);
  const until = performance.now() + 5000;
  while (ledger.acknowledged < wanted && performance.now() < until) await sleep(1);
  await sleep(randomInt(15));
}

async function lookAtFiles({ root, figures, disk, options }: Trial, round: number): Promise<void> {
  for (const dir of layoutsOf(root)) {
    const tags = disk.look(dir);
    figures.files = disk.files;
    if (tags.size > 0 && round % (options.inspectEvery ?? 1) === 0) await options.inspect?.(dir, tags);
  }
}

/** Everything that was ever acknowledged. */
async function lastLook(trial: Trial): Promise<void> {
  const server = await start(trial);
  add(trial.figures, await checkAfter(server.url, trial.ledger, trial.faults, true));
  await server.process.stop('SIGTERM');
}

interface Server {
  readonly url: string;
  readonly process: StartedProcess;
}

async function start({ root, figures }: Trial): Promise<Server> {
  const started = performance.now();
  const process = await startSignet(serveArgs(root), { ready: /registry: (http:\S+)/ });
  figures.slowestStartMs = Math.max(figures.slowestStartMs, Math.round(performance.now() - started));
  return { url: process.match[1] ?? '', process };
}

async function killWhileStarting({ root, figures }: Trial): Promise<void> {
  const shell = `"$0" "$1" registry serve --root "$2" --port 0 & sleep 0.${String(randomInt(50, 350)).padStart(3, '0')}; kill -9 $!; wait $!`;
  await run('sh', ['-c', shell, process.execPath, signetProgram, root]);
  figures.killedStarting += 1;
}

function serveArgs(root: string): readonly string[] {
  return ['registry', 'serve', '--root', root, '--port', '0'];
}

function layoutsOf(root: string): readonly string[] {
  return repositories.map((name) => join(root, name, '_layout'));
}

function add(figures: KillFigures, found: Found): void {
  figures.applied += found.applied;
  figures.dropped += found.dropped;
  figures.resumed += found.resumed;
  figures.checked += found.checked;
}
