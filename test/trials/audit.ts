import { existsSync, readdirSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { jsonLines, makeKey } from '../e2e/cli-world.ts';
import { buildAuditStage, layoutsBelow, type StageKind } from '../support/audit-stage.ts';
import { signetProgram } from '../support/cli.ts';
import { type CountingProxy, startCountingProxy } from '../support/counting-proxy.ts';
import { startEmbeddedRegistry } from '../support/embedded-registry.ts';
import { type RunResult, run } from '../support/process.ts';

/** One line for the list of trials. */
export const about: string =
  'signet audit of 2,000 images (a quarter unsigned, some wrong keys, some undecidable), killed in the middle and resumed, then killed 20 times at random [images]';

const maxRssMiB = 200;
const maxRequestsPerImage = 4;
const randomKills = 20;

/** `npm run trial -- audit [IMAGES]` */
export async function trial([images = '2000']: readonly string[]): Promise<boolean> {
  const dir = await mkdtemp(join(memoryFolder(), 'signet-audit-trial-'));
  try {
    const startedMs = performance.now();
    const [trusted, other] = await Promise.all([makeKey(join(dir, 'a')), makeKey(join(dir, 'b'))]);
    const root = join(dir, 'registry');
    await buildAuditStage({
      ...{ host: 'stage.example', open: layoutsBelow(root), images: Number(images), kindOf, nameOf },
      ...{ trusted: trusted.key, other: other.key },
    });
    console.log(`${images} images made in ${secondsSince(startedMs)} s`);
    const registry = await startEmbeddedRegistry({ root });
    const closed = (path: string) => (path.startsWith('/v2/closed/') ? 403 : undefined);
    const proxy = await startCountingProxy(registry.host, 0, closed);
    try {
      const rule = `{ images: ["${proxy.host}/**"], require: release }`;
      const policy = join(dir, 'policy.yaml');
      writeFileSync(policy, `version: 1\ntrust:\n  release: { keys: [a.pub] }\nrules:\n  - ${rule}\n`);
      return await runs({ dir, proxy, policy, images: Number(images) });
    } finally {
      await proxy.stop();
      await registry.stop();
    }
  } finally {
    await rm(dir, { recursive: true, force: true });
  }
}

/** Thousands of small files that nobody needs after a crash. */
function memoryFolder(): string {
  return existsSync('/dev/shm') ? '/dev/shm' : tmpdir();
}

/** Of 20 images: 5 unsigned, 1 with another's signature, 1 whose signature is gone; and one repository of 50 that nobody may read. */
function kindOf(at: number): StageKind {
  const place = at % 20;
  if (place < 5) return 'unsigned';
  if (place === 5) return 'wrong-key';
  return place === 6 ? 'lost-blob' : 'signed';
}

function nameOf(at: number): string {
  const repository = at % 50;
  return `${repository === 49 ? 'closed' : `team-${repository % 7}`}/app-${repository}:v${Math.floor(at / 50)}`;
}

interface Stage {
  readonly dir: string;
  readonly proxy: CountingProxy;
  readonly policy: string;
  readonly images: number;
}

async function runs(stage: Stage): Promise<boolean> {
  const [whole, killed, often] = ['whole', 'killed', 'often'].map((name) => join(stage.dir, name));
  if (whole === undefined || killed === undefined || often === undefined) return false;
  const undisturbed = await auditInto(whole, stage);
  const [all, wholeBytes] = [results(whole), statSync(join(whole, 'audit.jsonl')).size];
  const cut = await auditInto(killed, stage, { killWhen: untilBytes(join(killed, 'audit.jsonl'), wholeBytes / 2) });
  const kept = results(killed).length;
  console.log(`${kept} of ${all.length} results were there after the kill`);
  const resumed = await auditInto(killed, stage, { resume: true });
  const random = await killedAtRandom(often, stage);
  const page = readFileSync(join(killed, 'audit.html'), 'utf8');
  return told({
    'the undisturbed run ended with 1': undisturbed.code === 1,
    'the second was killed in the middle': cut.signal === 'SIGKILL' && kept > 0 && kept < all.length,
    'the resumed run ended with 1': resumed.code === 1,
    [`so did one that was killed ${random.kills} times before`]: random.last.code === 1 && random.kills > 0,
    'no image and no repository is missing': all.length === stage.images - stage.images / 50 + 1,
    'all results are equal': [killed, often].every((out) => JSON.stringify(results(out)) === JSON.stringify(all)),
    'each verdict is what the image was made for': all.every(isAsMade),
    'the page holds every image': page.split('<details data-verdict=').length - 1 === all.length,
    'nothing else is left': [whole, killed, often].every((out) => readdirSync(out).join() === 'audit.html,audit.jsonl'),
    'an interruption costs few requests': cut.requests + resumed.requests < 1.2 * undisturbed.requests,
    [`at most ${maxRequestsPerImage} requests an image`]: undisturbed.requests <= maxRequestsPerImage * stage.images,
    [`memory stayed below ${maxRssMiB} MiB`]:
      Math.max(undisturbed.rssMiB, resumed.rssMiB, random.last.rssMiB) < maxRssMiB,
  });
}

/** One audit, killed again and again at moments that nobody chose, while it starts, asks, writes; then left alone. */
async function killedAtRandom(out: string, stage: Stage): Promise<{ readonly kills: number; readonly last: AuditRun }> {
  let kills = 0;
  for (let round = 0; round < randomKills; round++) {
    const done = await auditInto(out, stage, { resume: true, killWhen: sleep(Math.random() * 3000), isQuiet: true });
    if (done.signal === 'SIGKILL') kills += 1;
  }
  const kept = existsSync(join(out, 'audit.jsonl')) ? results(out).length : 0;
  console.log(`${kills} kills at random; ${kept} results were there after the last`);
  return { kills, last: await auditInto(out, stage, { resume: true }) };
}

function told(checks: Readonly<Record<string, boolean>>): boolean {
  for (const [what, holds] of Object.entries(checks)) console.log(`${holds ? 'ok    ' : 'FAILED'} ${what}`);
  return Object.values(checks).every(Boolean);
}

type AuditRun = RunResult & { readonly rssMiB: number; readonly requests: number };

interface RunWith {
  readonly killWhen?: Promise<unknown>;
  readonly resume?: boolean;
  readonly isQuiet?: boolean;
}

async function auditInto(out: string, { dir, proxy, policy }: Stage, options: RunWith = {}): Promise<AuditRun> {
  const { killWhen, resume = false, isQuiet = false } = options;
  proxy.reset();
  const [rssFile, preload] = [join(dir, 'rss'), join(dir, 'rss.cjs')];
  writeFileSync(preload, rssReporter(rssFile));
  const startedMs = performance.now();
  const args = ['audit', proxy.host, '--policy', policy, '--out', out, ...(resume ? ['--resume'] : [])];
  const done = await run(process.execPath, ['--require', preload, signetProgram, ...args], {
    timeoutMs: 600_000,
    killWhen,
  });
  const rssMiB = existsSync(rssFile) ? Number(readFileSync(rssFile, 'utf8')) : 0;
  await rm(rssFile, { force: true });
  const requests = proxy.requests().length;
  const ended = done.signal ?? `exit ${done.code}`;
  const memory = rssMiB === 0 ? '' : `, at most ${rssMiB.toFixed(0)} MiB`;
  if (!isQuiet)
    console.log(
      `${ended} after ${secondsSince(startedMs)} s, ${requests} requests on ${proxy.connections()} connections${memory}\n${done.stdout}${done.stderr}`,
    );
  return { ...done, rssMiB, requests };
}

function secondsSince(startedMs: number): string {
  return ((performance.now() - startedMs) / 1000).toFixed(1);
}

/** The program itself says at its end how much it took at most. */
function rssReporter(file: string): string {
  return `process.on('exit', () => require('node:fs').writeFileSync(${JSON.stringify(file)}, String(process.resourceUsage().maxRSS / 1024)));`;
}

async function untilBytes(path: string, bytes: number): Promise<void> {
  while (!existsSync(path) || statSync(path).size < bytes) await sleep(5);
}

/** Without their times, sorted. A last line that was being written is none. */
function results(out: string): readonly string[] {
  const text = readFileSync(join(out, 'audit.jsonl'), 'utf8');
  return jsonLines(text.slice(0, text.lastIndexOf('\n')))
    .filter(({ kind }) => kind === 'image' || kind === 'repository')
    .map(({ at: _, ...entry }) => JSON.stringify(entry))
    .sort();
}

const codes: Readonly<Record<StageKind, string>> = {
  signed: 'VERIFIED',
  unsigned: 'NO_SIGNATURE',
  'wrong-key': 'NOT_TRUSTED',
  'lost-blob': 'INCOMPLETE',
};

function isAsMade(line: string): boolean {
  const { kind, reference, code, verdict } = JSON.parse(line);
  if (kind === 'repository') return code === 'FORBIDDEN' && verdict === 'undecided';
  const [, repository = '', tag = ''] = /app-(\d+):v(\d+)$/.exec(reference) ?? [];
  return codes[kindOf(Number(tag) * 50 + Number(repository))] === code;
}
