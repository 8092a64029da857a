import { mkdtemp, rm } from 'node:fs/promises';
import { cpus, tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { signetProgram } from '../test/support/cli.ts';
import { type Contestant, type ContestantName, contestants, type NotaryContestant } from './contestants.ts';
import { benchMatching } from './matching.ts';
import { type Figures, measure } from './measure.ts';
import { type BenchRegistry, fallbackRegistry, referrersRegistry } from './registries.ts';
import {
  contestantsOf,
  countRequests,
  measureTask,
  prepareStage,
  type Stage,
  type TaskName,
  taskNames,
} from './scenarios.ts';
import { type Summary, summarise, summariseRatio, toTable } from './statistics.ts';
import { benchTags } from './tags.ts';
import { judge, type Measured, type OurName, type Target, targets } from './targets.ts';

const help = `npm run bench [-- OPTIONS]: Signet beside cosign and notation in one run.

  --quick       few rounds, and docker-registry alone
  --rounds N    default: 9, or 3 with --quick
  --images N    images of "verify many", default: 100
  --task NAME   only this task; repeatable, without what starting costs: ${taskNames.map((name) => `"${name}"`).join(', ')}
  --policy      only the matching of images against policies of up to 10,000 rules
  --tags        only signed tags, beside docker trust inspect
  --strict      exit 1 when a target is missed; without it only a call that fails does so
  --help        this text`;

/** `npm run bench`; {@link help} says how. */
async function main(): Promise<void> {
  const { values } = parseArgs({
    options: {
      help: { type: 'boolean', default: false },
      task: { type: 'string', multiple: true, default: [] },
      policy: { type: 'boolean', default: false },
      tags: { type: 'boolean', default: false },
      quick: { type: 'boolean', default: false },
      strict: { type: 'boolean', default: false },
      rounds: { type: 'string' },
      images: { type: 'string', default: '100' },
    },
  });
  if (values.help) {
    console.log(help);
    return;
  }
  if (values.policy) {
    const missed = await benchMatching();
    if (values.strict && missed) process.exitCode = 1;
    return;
  }
  const plan: Plan = {
    tasks: tasksOf(values.task),
    rounds: Number(values.rounds ?? (values.quick ? 3 : 9)),
    images: Number(values.images),
    quick: values.quick,
  };
  const dir = await mkdtemp(join(tmpdir(), 'signet-bench-'));
  try {
    if (values.tags) return await benchTags(dir, plan.rounds);
    const measured = await benchAll(dir, plan);
    const missed = printTargets(measured, plan);
    if (values.strict && missed) process.exitCode = 1;
  } finally {
    await rm(dir, { recursive: true, force: true, maxRetries: 3 });
  }
}

/** @throws {TypeError} for a name that is none */
function tasksOf(wanted: readonly string[]): readonly TaskName[] {
  const unknown = wanted.find((name) => !taskNames.some((task) => task === name));
  if (unknown !== undefined) throw new TypeError(`there is no task "${unknown}": see --help`);
  return wanted.length === 0 ? taskNames : taskNames.filter((task) => wanted.includes(task));
}

interface Plan {
  readonly tasks: readonly TaskName[];
  readonly rounds: number;
  readonly images: number;
  readonly quick: boolean;
}

async function benchAll(dir: string, plan: Plan): Promise<readonly Measured[]> {
  console.log(
    `${cpus().length} × ${cpus()[0]?.model ?? 'unknown processor'}, Node ${process.version}, ${plan.rounds} rounds, ${plan.images} images`,
  );
  console.log('wall time of whole processes in ms: median (quartiles); ratios are taken round by round\n');
  const programs = await contestants(dir);
  const measured: Measured[] = [];
  const starts = [fallbackRegistry, ...(plan.quick ? [] : [() => referrersRegistry(dir)])];
  for (const start of starts) {
    const registry = await start();
    try {
      measured.push(...(await benchRegistry(registry, programs, plan)));
      if (plan.tasks.length === taskNames.length && !measured.some((each) => each.key === 'start'))
        measured.push(...(await benchStart(registry, programs, plan)));
    } finally {
      await registry.stop();
    }
  }
  return measured;
}

async function benchRegistry(
  registry: BenchRegistry,
  programs: readonly Contestant[],
  plan: Plan,
): Promise<readonly Measured[]> {
  const stage = await prepareStage(registry, programs, plan.images);
  const measured: Measured[] = [];
  const tables = tablesOf(programs);
  for (const task of plan.tasks) {
    for (const roundTripMs of [0, 20]) {
      const figures = await measureTask(stage, task, { roundTripMs, rounds: plan.rounds });
      for (const { columns, ratios, rows } of tables) {
        const found = ratios
          .filter(({ by }) => figures.has(by))
          .map((each) => ({ ...each, ratio: ratioOf(figures, each) }));
        const cells = columns.map((name) => (figures.has(name) ? inMs(figures.get(name)) : ''));
        rows.push([task, `${roundTripMs} ms`, ...cells, ...found.map(({ ratio }) => inRatio(ratio))]);
        for (const each of found) measured.push({ key: 'ratio', registry: registry.name, task, roundTripMs, ...each });
      }
    }
  }
  for (const { title, rows } of tables) console.log(`${registry.name}: ${title}\n\n${toTable(rows)}\n`);
  return [...measured, ...(await benchRequests(stage, plan))];
}

/** One of ours over one of theirs. */
interface Ratio {
  readonly by: OurName;
  readonly against: 'cosign' | 'notation';
}

interface Table {
  readonly title: string;
  readonly columns: readonly ContestantName[];
  readonly ratios: readonly Ratio[];
  readonly rows: string[][];
}

/** Keys, beside both other programs; and the Notary format, beside notation. All are measured together. */
function tablesOf(programs: readonly Contestant[]): readonly Table[] {
  const notary = programs.map(({ name }) => name).filter(isNotary);
  return [
    tableOf(
      'keys',
      ['signet', 'cosign', 'notation'],
      [
        { by: 'signet', against: 'cosign' },
        { by: 'signet', against: 'notation' },
      ],
    ),
    tableOf(
      'the Notary format',
      ['notation', ...notary],
      notary.map((by) => ({ by, against: 'notation' })),
    ),
  ];
}

function tableOf(title: string, columns: readonly ContestantName[], ratios: readonly Ratio[]): Table {
  const heads = ratios.map(({ by, against }) => `${by}/${against}`);
  return { title, columns, ratios, rows: [['', 'added RTT', ...columns, ...heads]] };
}

function isNotary(name: ContestantName): name is NotaryContestant {
  return name === 'signet notary' || name === 'signet x509' || name === 'signet on theirs';
}

function ratioOf(figures: Figures, { by, against }: Ratio): Summary {
  return summariseRatio(figures.get(by) ?? [], figures.get(against) ?? []);
}

async function benchRequests(stage: Stage, plan: Plan): Promise<readonly Measured[]> {
  const rows: string[][] = [['', 'program', 'requests', 'connections', 'round trips', 'methods']];
  const measured: Measured[] = [];
  for (const task of plan.tasks) {
    for (const contestant of contestantsOf(stage, task)) {
      const { requests, connections, roundTrips, methods } = await countRequests(stage, contestant, task);
      rows.push([task, contestant.name, `${requests}`, `${connections}`, `${roundTrips}`, methods]);
      const { name } = contestant;
      if (name !== 'cosign' && name !== 'notation')
        measured.push({ key: 'trips', registry: stage.registry.name, task, by: name, trips: roundTrips });
    }
  }
  console.log(`${toTable(rows)}\n`);
  return measured;
}

/** What starting costs: bare Node, the program saying its version, the program verifying one image at 0 ms. */
async function benchStart(
  registry: BenchRegistry,
  programs: readonly Contestant[],
  plan: Plan,
): Promise<readonly Measured[]> {
  const signet = programs.find(({ name }) => name === 'signet');
  if (signet === undefined) return [];
  const stage = await prepareStage({ ...registry }, [signet], 1);
  const image = stage.signed.get('signet')?.[0];
  const verifyOne = signet.verify(`${registry.host}/${image?.repository}@${image?.digest}`);
  const { env } = verifyOne;
  const bare = { command: process.execPath, args: ['-e', '0'], env };
  const version = { command: process.execPath, args: [signetProgram, 'version'], env };
  const subjects = Object.entries({ 'node -e 0': bare, 'signet version': version, 'signet verify, 0 ms': verifyOne });
  const figures = await measure(
    subjects.map(([name, call]) => ({ name, next: () => call })),
    Math.max(plan.rounds * 3, 9),
  );
  const base = figures.get('node -e 0') ?? [];
  const names = [...figures.keys()];
  const rows = names.map((name) => [
    name,
    inMs(figures.get(name)),
    inRatio(summariseRatio(figures.get(name) ?? [], base)),
  ]);
  console.log(`${toTable([['start', 'ms', '/ node -e 0'], ...rows])}\n`);
  return [
    { key: 'start', what: 'version', ratio: summariseRatio(figures.get('signet version') ?? [], base) },
    { key: 'start', what: 'verify', ratio: summariseRatio(figures.get('signet verify, 0 ms') ?? [], base) },
  ];
}

/** Prints each target of the plan beside its figure. True when one was missed. */
function printTargets(measured: readonly Measured[], { tasks }: Plan): boolean {
  const isWanted = (target: Target): boolean =>
    target.key === 'start' ? tasks.length === taskNames.length : tasks.includes(target.task);
  const judged = targets.filter(isWanted).flatMap((target) => judge(target, measured));
  const rows = judged.map(({ title, wanted, got, met }) => [title, wanted, got, met ? 'met' : 'MISSED']);
  console.log(`${toTable([['target', 'wanted', 'measured', ''], ...rows])}`);
  return judged.some(({ met }) => !met);
}

function inMs(figures: readonly number[] | undefined): string {
  const { median, low, high } = summarise(figures ?? []);
  return `${median.toFixed(0)} (${low.toFixed(0)}–${high.toFixed(0)})`;
}

function inRatio({ median, low, high }: Summary): string {
  return `${median.toFixed(2)} (${low.toFixed(2)}–${high.toFixed(2)})`;
}

await main();
