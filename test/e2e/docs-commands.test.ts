import { chmodSync, mkdirSync, readFileSync, symlinkSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { root } from '../../scripts/project.ts';
import { signetProgram } from '../support/cli.ts';
import { startDockerRegistry, type TestRegistry } from '../support/docker-registry.ts';
import { commandsOf, filesOf, imagesOf, type Placeholders, toScript } from '../support/docs-script.ts';
import { readDocs, readMarkdown } from '../support/markdown.ts';
import { havePeers, peersDir, peersRequired } from '../support/peers.ts';
import { run } from '../support/process.ts';
import { tempDir } from '../support/temp.ts';
import { type CliWorld, createCliWorld } from './cli-world.ts';

const files = readDocs();
const docs = new Map([...files].map(([path, file]) => [path, commandsOf(file)]));
const shells = [...docs].flatMap(([path, { lines }]) => (lines.length === 0 ? [] : [[path, lines] as const]));
let world: CliWorld;
let mirror: TestRegistry | undefined;

beforeAll(async () => {
  world = await createCliWorld();
  if (havePeers(['docker-registry'])) mirror = await startDockerRegistry();
});

afterAll(async () => {
  await mirror?.stop();
  await world.server.stop('SIGTERM');
});

describe('the commands of the documents', () => {
  it('are found', () => {
    expect(docs.get('README.md')?.npm).toContain('npm test');
    expect(shells.map(([path]) => path)).toContain('README.md');
  });

  it.each(shells)('%s: every shell command does what it should', { timeout: 120_000 }, async (path, lines) => {
    if (lines.some((line) => line.includes('mirror.example.com'))) expect(mirror ?? !peersRequired).toBeTruthy();
    const dir = tempDir('signet-docs-');
    const placeholders = await preparePlaceholders(dir, lines);
    const script = toScript(lines, placeholders);
    writeFileSync(join(dir, 'commands.sh'), script);
    for (const { name, text } of filesOf(files.get(path)?.blocks ?? [], placeholders))
      writeFileSync(join(dir, name), text);
    symlinkSync(join(root, 'examples'), join(dir, 'examples'));
    const done = await run('bash', ['-x', 'commands.sh'], { cwd: dir, env: environment(dir), timeoutMs: 100_000 });
    expect(done.code, `${script}\n${done.stdout}${done.stderr}`).toBe(0);
  });

  it.each([...docs])('%s: every npm command is one that the project has', (_path, { npm }) => {
    const { scripts } = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8'));
    const known = ['npm ci', 'npm test', ...Object.keys(scripts).map((name) => `npm run ${name}`)];
    expect(npm.filter((command) => !known.includes(command.replace(/ -- .*$/, '')))).toEqual([]);
  });

  it('npx finds the built program in the checkout', async () => {
    const done = await run('npx', ['--no', 'signet', 'version'], { cwd: root, env: { PATH: searchPath() } });
    expect(done).toMatchObject({ code: 0, stdout: expect.stringMatching(/^signet \d/) });
  });
});

describe('how documents are read', () => {
  const placeholders: Placeholders = {
    registry: '127.0.0.1:1',
    mirror: '127.0.0.1:2',
    digests: new Map([['a/b:1.0', 'sha256:11']]),
  };
  const text = [
    '```sh',
    'npm ci && npm run demo   # a demo',
    '# a remark',
    'npx signet sign registry.example.com/a/b:1.0@sha256:…',
    '```',
    '```',
    'signet not run',
    '```',
    '```yaml policy.yaml',
    'images: ["registry.example.com/a/**"]',
    '```',
    '```sh',
    'signet verify \\',
    '  mirror.example.com/a/b:1.0   # exit 1: another key',
    '```',
  ].join('\n');

  it('lines are sorted, joined, and their placeholders filled in', () => {
    const { npm, lines } = commandsOf(readMarkdown(text));
    expect(npm).toEqual(['npm ci', 'npm run demo']);
    expect(imagesOf(lines)).toEqual(['a/b:1.0']);
    const script = toScript(lines, placeholders);
    expect(script).toContain('\nsignet sign 127.0.0.1:1/a/b:1.0@sha256:11\n');
    expect(script).toContain('( signet verify 127.0.0.1:2/a/b:1.0 )');
  });

  it('blocks with the name of a file are files', () => {
    expect(filesOf(readMarkdown(text).blocks, placeholders)).toEqual([
      { name: 'policy.yaml', text: 'images: ["127.0.0.1:1/a/**"]\n' },
    ]);
  });

  it.each([
    ['true', 0],
    ['false', 1],
    ['exit 3 # exit 3: undecided', 0],
    ['exit 3 # exit 1', 1],
    ['true # exit 1', 1],
    ['false | true', 1],
  ])('%s: the script ends with %i', async (line, code) => {
    expect((await run('bash', ['-c', toScript([line], placeholders)])).code).toBe(code);
  });
});

/** Pushes the images that the lines name, and lists them in images.txt. */
async function preparePlaceholders(dir: string, lines: readonly string[]): Promise<Placeholders> {
  const digests = new Map<string, string>();
  const references: string[] = [];
  for (const image of imagesOf(lines)) {
    const reference = await world.push(image);
    references.push(reference);
    digests.set(image, await world.digestOf(reference));
  }
  writeFileSync(join(dir, 'images.txt'), `${references.join('\n')}\n`);
  return { registry: world.host, mirror: mirror?.host ?? 'mirror.example.com', digests };
}

/** Passwords by environment, nothing of the user's own, and `docker`, whose images are there already. */
function environment(dir: string): Readonly<Record<string, string | undefined>> {
  const bin = join(dir, 'bin');
  mkdirSync(bin);
  const programs = {
    signet: `exec "${process.execPath}" "${signetProgram}" "$@"`,
    docker: 'case $1 in build|push|pull|tag) ;; *) echo "docker $1 is not for tests" >&2; exit 1 ;; esac',
  };
  for (const [name, body] of Object.entries(programs)) {
    writeFileSync(join(bin, name), `#!/usr/bin/env bash\n${body}\n`);
    chmodSync(join(bin, name), 0o755);
  }
  return {
    PATH: [bin, join(peersDir, 'bin'), searchPath()].join(':'),
    HOME: dir,
    XDG_CONFIG_HOME: join(dir, '.config'),
    DOCKER_CONFIG: undefined,
    REGISTRY_AUTH_FILE: undefined,
    SIGNET_PASSWORD: 'documents',
    COSIGN_PASSWORD: 'documents',
    KEY_PASSWORD: 'documents',
  };
}

/** Node 24 first. */
function searchPath(): string {
  return `${dirname(process.execPath)}:${process.env.PATH ?? ''}`;
}
