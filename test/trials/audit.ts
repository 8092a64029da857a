import { existsSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { jsonLines, makeKey } from '../e2e/cli-world.ts';
import { buildAuditStage, type StageKind } from '../support/audit-stage.ts';
import { signetProgram } from '../support/cli.ts';
import { type CountingProxy, startCountingProxy } from '../support/counting-proxy.ts';
import { startEmbeddedRegistry } from '../support/embedded-registry.ts';
import { type RunResult, run } from '../support/process.ts';

/** One line for the list of trials. */
export const about: string =
  'signet audit of 2,000 images (a quarter unsigned, some wrong keys, some undecidable), killed in the middle and resumed [images]';

const maxRssMiB = 200;

/** `npm run trial -- audit [IMAGES]` */
export async function trial([images = '2000']: readonly string[]): Promise<boolean> {
  const dir = await mkdtemp(join(tmpdir(), 'signet-audit-trial-'));
  const registry = await startEmbeddedRegistry();
  const proxy = await startCountingProxy(registry.host, 0, (path) =>
    path.startsWith('/v2/closed/') ? 403 : undefined,
  );
  try {
    const [trusted, other] = await Promise.all([makeKey(join(dir, 'a')), makeKey(join(dir, 'b'))]);
    const stage = { images: Number(images), kindOf, nameOf, trusted: trusted.key, other: other.key };
    await buildAuditStage({ host: registry.host, ...stage });
    const policy = join(dir, 'policy.yaml');
    writeFileSync(
      policy,
      `version: 1\ntrust:\n  release: { keys: [a.pub] }\nrules:\n  - { images: ["${proxy.host}/**"], require: release }\n`,
    );
    return await runs({ dir, proxy, policy, images: Number(images) });
  } finally {
    await proxy.stop();
    await registry.stop();
    await rm(dir, { recursive: true, force: true });
  }
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
  const [whole, killed] = [join(stage.dir, 'whole'), join(stage.dir, 'killed')];
  const undisturbed = await auditInto(whole, stage);
  const journal = join(killed, 'audit.jsonl');
  const cut = await auditInto(killed, stage, {
    killWhen: untilBytes(journal, statSync(join(whole, 'audit.jsonl')).size / 2),
  });
  const kept = results(journal).length;
  const resumed = await auditInto(killed, stage, { resume: true });
  const page = readFileSync(join(killed, 'audit.html'), 'utf8');
  const all = results(join(whole, 'audit.jsonl'));
  console.log(`${kept} of ${all.length} results were there after the kill`);
  return told({
    'the undisturbed run ended with 1': undisturbed.code === 1,
    'the second was killed in the middle': cut.signal === 'SIGKILL' && kept > 0 && kept < all.length,
    'the resumed run ended with 1': resumed.code === 1,
    'no image and no repository is missing': all.length === stage.images - stage.images / 50 + 1,
    'both results are equal': JSON.stringify(results(journal)) === JSON.stringify(all),
    'each verdict is what the image was made for': all.every(isAsMade),
    'the page holds every image': page.split('<details data-verdict=').length - 1 === all.length,
    [`memory stayed below ${maxRssMiB} MiB`]: Math.max(undisturbed.rssMiB, resumed.rssMiB) < maxRssMiB,
  });
}

function told(checks: Readonly<Record<string, boolean>>): boolean {
  for (const [what, holds] of Object.entries(checks)) console.log(`${holds ? 'ok    ' : 'FAILED'} ${what}`);
  return Object.values(checks).every(Boolean);
}

type AuditRun = RunResult & { readonly rssMiB: number };

interface RunWith {
  readonly killWhen?: Promise<unknown>;
  readonly resume?: boolean;
}

async function auditInto(out: string, { dir, proxy, policy }: Stage, options: RunWith = {}): Promise<AuditRun> {
  proxy.reset();
  const rssFile = join(dir, 'rss');
  const preload = join(dir, 'rss.cjs');
  writeFileSync(preload, rssReporter(rssFile));
  const startedMs = performance.now();
  const args = [
    'audit',
    proxy.host,
    '--policy',
    policy,
    '--out',
    out,
    ...(options.resume === true ? ['--resume'] : []),
  ];
  const done = await run(process.execPath, ['--require', preload, signetProgram, ...args], {
    timeoutMs: 600_000,
    killWhen: options.killWhen,
  });
  const rssMiB = existsSync(rssFile) ? Number(readFileSync(rssFile, 'utf8')) : 0;
  await rm(rssFile, { force: true });
  const seconds = ((performance.now() - startedMs) / 1000).toFixed(1);
  const ended = done.signal ?? `exit ${done.code}`;
  console.log(
    `${ended} after ${seconds} s, ${proxy.requests().length} requests on ${proxy.connections()} connections, ${rssMiB === 0 ? '' : `at most ${rssMiB.toFixed(0)} MiB`}\n${done.stdout}${done.stderr}`,
  );
  return { ...done, rssMiB };
}

/** The program itself says at its end how much it took at most. */
function rssReporter(file: string): string {
  return `process.on('exit', () => require('node:fs').writeFileSync(${JSON.stringify(file)}, String(process.resourceUsage().maxRSS / 1024)));`;
}

async function untilBytes(path: string, bytes: number): Promise<void> {
  while (!existsSync(path) || statSync(path).size < bytes) await sleep(5);
}

/** Without their times, sorted. A last line that was being written is none. */
function results(journal: string): readonly string[] {
  const text = readFileSync(journal, 'utf8');
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
