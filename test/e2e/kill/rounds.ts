import { existsSync, mkdirSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { DiskCheck } from '../../registry/kill/disk.ts';
import { signet } from '../../support/cli.ts';
import type { RunResult } from '../../support/process.ts';
import { countKill, type KillFigures, killsIn, noFigures, type Phase } from './figures.ts';
import { layoutLeftovers, openUploads, temporaryFiles } from './leftovers.ts';
import { type Moment, momentOf, type Pace, type Random, seeded } from './seeded.ts';
import { type Ground, type Spot, signetOk, startTargets, type Target } from './targets.ts';

export interface KillOptions {
  readonly kills: number;
  /** Repeats the moments (not what they meet: a machine is never twice the same). */
  readonly seed: number;
  /** Runs of each target before the first kill, by which the moments of kills are chosen; default 3. */
  readonly undisturbedRuns?: number;
  /** docker-registry too. */
  readonly docker: boolean;
  /** Another program's look at a layout and the tags that its index has. */
  readonly inspect?: (layoutDir: string, tags: ReadonlyMap<string, string>) => Promise<void>;
  /** Only every so many looks; default 1. */
  readonly inspectEvery?: number;
  readonly onKill?: (figures: KillFigures) => void;
}

/** Commands in one place, before another one is begun: signatures of one image stay few. */
const labelsOfSpot = 4;
/** A machine may be busy: slowness is no fault. */
const timeoutMs = 600_000;

/**
 * Kills `signet sign` and `signet copy` (processes of their own) with SIGKILL at random moments, and looks each time whether the place they
 * write to is whole, what was reported before is still there, and the same command succeeds.
 */
export async function killSigners(options: KillOptions): Promise<KillFigures> {
  const dir = mkdtempSync(join(tmpdir(), 'signet-kill-sign-'));
  try {
    const ground = await makeGround(dir);
    const targets = await startTargets(ground, options);
    return await killTargets(targets.all, ground, options).finally(() => targets.stop());
  } finally {
    rmSync(dir, { recursive: true, force: true, maxRetries: 3 });
  }
}

/** The targets by turns. */
export async function killTargets(
  targets: readonly Target[],
  ground: Pick<Ground, 'env'>,
  options: KillOptions,
): Promise<KillFigures> {
  const figures = noFigures(options.seed);
  const random = seeded(options.seed);
  const each = Math.ceil(options.kills / targets.length);
  const trials = targets.map((target) => new TargetTrial(target, { ground, figures, options, random, each }));
  for (const trial of trials) await trial.measure();
  for (let kill = 0; killsIn(figures) < options.kills && kill < 3 * options.kills; kill += 1) {
    await trials[kill % trials.length]?.kill();
    options.onKill?.(figures);
  }
  if (killsIn(figures) < options.kills) figures.faults.push(`${figures.ended} runs had ended before they were killed`);
  for (const trial of trials) figures.openUploads += trial.openUploads();
  figures.temporary = temporaryFiles(ground.env.TMPDIR).length;
  return figures;
}

async function makeGround(dir: string): Promise<Ground> {
  // Its own folder for temporary files: what killed programs leave there is counted.
  const env = { TMPDIR: join(dir, 'tmp') };
  mkdirSync(env.TMPDIR);
  await signetOk(['key', 'generate', '--out', join(dir, 'k')], { ...env, SIGNET_PASSWORD: '' });
  return { dir, env, key: join(dir, 'k.key'), pub: join(dir, 'k.pub') };
}

interface Trial {
  readonly ground: Pick<Ground, 'env'>;
  readonly figures: KillFigures;
  readonly options: KillOptions;
  readonly random: Random;
  /** How many of the kills are this target's. */
  readonly each: number;
}

class TargetTrial {
  readonly #target: Target;
  readonly #trial: Trial;
  readonly #disk: DiskCheck;
  readonly #layouts = new Set<string>();
  #pace: Pace = { wholeMs: 0, firstWriteMs: 0 };
  #spot: Spot | undefined;
  /** What was reported as done in this spot. */
  #acknowledged: string[] = [];
  #labels = 0;
  #kills = 0;

  constructor(target: Target, trial: Trial) {
    this.#target = target;
    this.#trial = trial;
    this.#disk = new DiskCheck(trial.figures.faults);
  }

  /** How long the command takes when nobody disturbs it; the first run also warms what is kept between runs. */
  async measure(): Promise<void> {
    for (let run = 0; run < (this.#trial.options.undisturbedRuns ?? 3); run += 1) {
      const { spot, label } = await this.#next();
      await this.#succeed(spot, label);
    }
    this.#trial.figures.paces.set(this.#target.name, this.#pace);
  }

  async kill(): Promise<void> {
    const { figures } = this.#trial;
    const { spot, label } = await this.#next();
    const result = await this.#runAndKill(spot, label);
    const wrote = spot.watch.wrote();
    // Before any command of ours opens it, which also tidies up.
    await this.#lookAtLayout(spot);
    const isThere = await this.#isThere(spot, label);
    const isReported = result.stdout.includes('\n');
    if (result.signal === 'SIGKILL') countKill(figures, this.#target.name, phaseOf({ wrote, isThere, isReported }));
    else figures.ended += 1;
    if (result.signal !== 'SIGKILL' && result.code !== 0) this.#fault(`exit ${result.code}: ${result.stderr}`);
    if (isReported) this.#acknowledge(label);
    await this.#lookAtAcknowledged(spot);
    await this.#again(spot, label, isThere);
  }

  openUploads(): number {
    return [...this.#layouts].reduce((sum, layoutDir) => sum + openUploads(layoutDir).length, 0);
  }

  async #next(): Promise<{ readonly spot: Spot; readonly label: string }> {
    if (this.#labels % labelsOfSpot === 0) {
      this.#acknowledged = [];
      this.#spot = undefined;
    }
    this.#spot ??= await this.#target.spot();
    if (this.#spot.layoutDir !== undefined) this.#layouts.add(this.#spot.layoutDir);
    this.#labels += 1;
    const label = `n${this.#labels}`;
    await this.#spot.prepare?.(label);
    return { spot: this.#spot, label };
  }

  #moment(): Moment {
    const { random, each } = this.#trial;
    // Where runs ended before, there are more: these begin anew with the parts of the run.
    this.#kills += 1;
    return momentOf((this.#kills - 1) % each, each, { pace: this.#pace, random });
  }

  async #runAndKill(spot: Spot, label: string): Promise<RunResult> {
    const moment = this.#moment();
    const wrote = spot.watch.begin();
    const due = moment.after === 'start' ? sleep(moment.ms) : wrote.then(() => sleep(moment.ms));
    return await signet(spot.command(label), { env: this.#trial.ground.env, timeoutMs, killWhen: due });
  }

  async #isThere(spot: Spot, label: string): Promise<boolean> {
    const { code, stderr } = await signet(spot.verify(label), { env: this.#trial.ground.env, timeoutMs });
    if (code !== 0 && !spot.absent.includes(code) && isLayout(spot)) this.#fault(`${label}: exit ${code} ${stderr}`);
    return code === 0;
  }

  #acknowledge(label: string): void {
    this.#acknowledged.push(label);
    this.#trial.figures.acknowledged += 1;
  }

  async #lookAtLayout({ layoutDir }: Spot): Promise<void> {
    const { figures, options } = this.#trial;
    if (layoutDir === undefined || !existsSync(join(layoutDir, 'oci-layout'))) return; // killed before it was made
    figures.leftAfterKills += layoutLeftovers(layoutDir).length;
    const tags = this.#disk.look(layoutDir);
    figures.layouts += 1;
    if (figures.layouts % (options.inspectEvery ?? 1) === 0) await options.inspect?.(layoutDir, tags);
  }

  async #lookAtAcknowledged(spot: Spot): Promise<void> {
    for (const label of this.#acknowledged) {
      const { code, stdout, stderr } = await signet(spot.verify(label), { env: this.#trial.ground.env, timeoutMs });
      this.#trial.figures.verified += 1;
      if (code !== 0) this.#fault(`${label} was reported as done, then: exit ${code} ${stdout}${stderr}`);
    }
  }

  /** The same command, undisturbed. */
  async #again(spot: Spot, label: string, isThere: boolean): Promise<void> {
    const { stdout, hasWritten } = await this.#succeed(spot, label);
    if (isThere && stdout.includes('"outcome":"new"')) this.#fault(`${label} was there and was made anew: ${stdout}`);
    if (spot.layoutDir === undefined) return;
    // The lock of who was killed waits for the next who has something to write.
    const left = layoutLeftovers(spot.layoutDir).filter((name) => hasWritten || name !== '.lock');
    this.#trial.figures.leftAfterNext += left.length;
    if (left.length > 0) this.#fault(`${label}: left lying about: ${left.join(', ')}`);
  }

  /** Each such run tells how long the next one may take: what else the machine does changes. */
  async #succeed(spot: Spot, label: string): Promise<{ readonly stdout: string; readonly hasWritten: boolean }> {
    const { env } = this.#trial.ground;
    const started = performance.now();
    let firstWriteMs: number | undefined;
    void spot.watch.begin().then(() => {
      firstWriteMs ??= performance.now() - started;
    });
    const done = await signet(spot.command(label), { env, timeoutMs });
    if (firstWriteMs !== undefined) this.#pace = { wholeMs: performance.now() - started, firstWriteMs };
    if (done.code !== 0) this.#fault(`${label}, not killed: exit ${done.code} ${done.stderr}`);
    else if (!this.#acknowledged.includes(label)) this.#acknowledge(label);
    const verified = await signet(spot.verify(label), { env, timeoutMs });
    if (verified.code !== 0) this.#fault(`${label}, not killed, then: exit ${verified.code} ${verified.stderr}`);
    return { stdout: done.stdout, hasWritten: firstWriteMs !== undefined };
  }

  #fault(text: string): void {
    this.#trial.figures.faults.push(`${this.#target.name}: ${text}`);
  }
}

function phaseOf(found: { readonly wrote: boolean; readonly isThere: boolean; readonly isReported: boolean }): Phase {
  if (found.isReported) return 'reported';
  if (found.isThere) return 'stored';
  return found.wrote ? 'between' : 'before';
}

/** A killed first copy may have left no layout at all. */
function isLayout({ layoutDir }: Spot): boolean {
  return layoutDir === undefined || existsSync(join(layoutDir, 'oci-layout'));
}
