// Not in npm run check: it builds the program from what the Dockerfile copies.
import { cpSync, existsSync, mkdirSync, readFileSync, symlinkSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { defaultWorkloadLimits, readImages } from '@signet/workloads';
import { beforeAll, describe, expect, it } from 'vitest';
import { parseDockerfile } from '../../packages/workloads/src/dockerfile/lines.ts';
import { createPlaceFinder } from '../../packages/workloads/src/place.ts';
import { root } from '../../scripts/project.ts';
import { runOk } from '../support/process.ts';
import { tempDir } from '../support/temp.ts';

const file = join(root, 'deploy/docker/Dockerfile');
const text = readFileSync(file, 'utf8');
const stages = stagesOf(text);

describe('the Dockerfile', () => {
  it('has no base image but those that the build is told', () => {
    const digest = (at: number) => `sha256:${String(at).repeat(64)}`;
    const buildArgs = { BUILD_IMAGE: `r.example/build@${digest(1)}`, RUNTIME_IMAGE: `r.example/run@${digest(2)}` };
    const { images, problems } = readImages(Buffer.from(text), { file, buildArgs });
    expect(problems).toEqual([]);
    expect(images.map(({ reference }) => reference.digest)).toEqual([digest(1), digest(1), digest(2)]);
    // Without them nothing is built.
    expect(readImages(Buffer.from(text), { file }).problems.map(({ severity }) => severity)).toContain('unread');
  });

  it.each(['ci', 'runtime'])('target %s runs as nobody, from files that it cannot change', (name) => {
    const stage = stages.get(name) ?? [];
    const [user, entry] = [argumentOf(stage, 'user'), argumentOf(stage, 'entrypoint')];
    expect(user).toBe('65532:65532');
    expect(JSON.parse(entry ?? '')).toEqual(
      name === 'ci' ? ['signet'] : ['/nodejs/bin/node', '/opt/signet/bin/signet.js'],
    );
    for (const { keyword, body } of stage) if (keyword === 'copy') expect(body).toMatch(/--chown=0:0 /);
  });

  it('the chart and the Tekton tasks start what the image has', () => {
    const tekton = readFileSync(join(root, 'deploy/tekton/signet-verify.yaml'), 'utf8');
    const entry = JSON.parse(argumentOf(stages.get('runtime') ?? [], 'entrypoint') ?? '').join(', ');
    expect(tekton.split(`command: [${entry}]`)).toHaveLength(3);
    expect(readFileSync(join(root, 'deploy/helm/signet/templates/deployment.yaml'), 'utf8')).not.toMatch(
      /^ +command:/m,
    );
  });
});

describe('what it builds', () => {
  const context = tempDir();
  const image = tempDir();

  beforeAll(async () => {
    for (const source of copied('build')) {
      expect(existsSync(join(root, source)), source).toBe(true);
      cpSync(join(root, source), join(context, source), { recursive: true, filter: (path) => !isIgnored(path) });
    }
    symlinkSync(join(root, 'node_modules'), join(context, 'node_modules')); // what npm ci brings
    const build = "import('./scripts/build-cli.ts').then((made) => made.buildCli())";
    await runOk(process.execPath, ['-e', build], { cwd: context });
    mkdirSync(join(image, 'opt/signet'), { recursive: true });
    for (const { body } of (stages.get('runtime') ?? []).filter(({ keyword }) => keyword === 'copy')) {
      const [from = '', to = ''] = body.split(' ').filter((word) => !word.startsWith('--'));
      cpSync(join(context, from.replace(/^\/src\//, '')), join(image, to), { recursive: true });
    }
  }, 120_000);

  it('is the whole program: it runs from the files of the image alone', async () => {
    const started = (...args: readonly string[]) =>
      runOk(process.execPath, [join(image, 'opt/signet/bin/signet.js'), ...args], { cwd: image });
    expect(await started('version')).toMatch(/^signet \d/);
    expect(await started('serve', '--help')).toContain('--policy');
  });

  it('the build is let see what it copies', () => {
    const ignore = readFileSync(join(dirname(file), 'Dockerfile.dockerignore'), 'utf8').split('\n');
    for (const source of copied('build')) expect(ignore).toContain(`!${source}`);
    expect(ignore).toEqual(expect.arrayContaining(['*', '**/node_modules', '**/dist']));
  });

  it('its steps are ones that npm and the checkout have', () => {
    const runs = (stages.get('build') ?? []).filter(({ keyword }) => keyword === 'run').map(({ body }) => body);
    expect(runs).toEqual(['npm ci --ignore-scripts', 'npm rebuild esbuild && node scripts/build.ts']);
    const { scripts } = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8'));
    expect(scripts.prepare).toBe('node scripts/build.ts');
  });
});

interface Step {
  readonly keyword: string;
  readonly body: string;
}

/** The instructions of each stage, read as `signet verify -f` reads a Dockerfile. */
function stagesOf(dockerfile: string): ReadonlyMap<string, readonly Step[]> {
  const found = new Map<string, Step[]>();
  const { instructions } = parseDockerfile(dockerfile, {
    places: createPlaceFinder(file, dockerfile),
    limits: defaultWorkloadLimits,
  });
  let name = '';
  for (const { keyword, joined, bodyStart } of instructions) {
    const body = joined.text.slice(bodyStart).trim();
    if (keyword === 'from') name = / AS (\w+)$/.exec(body)?.[1] ?? body;
    else found.set(name, [...(found.get(name) ?? []), { keyword, body }]);
  }
  return found;
}

function argumentOf(stage: readonly Step[], keyword: string): string | undefined {
  return stage.find((step) => step.keyword === keyword)?.body;
}

/** What a stage takes from the checkout. */
function copied(name: string): readonly string[] {
  const copies = (stages.get(name) ?? []).filter(({ keyword }) => keyword === 'copy');
  return copies.flatMap(({ body }) => body.split(' ').slice(0, -1));
}

function isIgnored(path: string): boolean {
  return /\/(?:node_modules|dist)$/.test(path);
}
