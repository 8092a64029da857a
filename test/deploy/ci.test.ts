// Not in npm run check: it runs scripts that run the program.
import { chmodSync, mkdirSync, readdirSync, readFileSync, statSync, symlinkSync, writeFileSync } from 'node:fs';
import { delimiter, dirname, join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { parse, parseAllDocuments } from 'yaml';
import { root } from '../../scripts/project.ts';
import { type CliWorld, createCliWorld, makeKey, signReference } from '../e2e/cli-world.ts';
import { signet, signetProgram } from '../support/cli.ts';
import { type RunResult, run } from '../support/process.ts';
import { tempDir } from '../support/temp.ts';

let world: CliWorld;
let dir: string;
let path: string;
let signed: string;
let unsigned: string;

beforeAll(async () => {
  world = await createCliWorld();
  [signed, unsigned] = await Promise.all([world.push('app:1.0'), world.push('app:unsigned')]);
  await signReference(signed, world.key);
  dir = tempDir();
  const bin = join(dir, 'bin');
  mkdirSync(bin);
  symlinkSync(signetProgram, join(bin, 'signet'));
  path = [bin, dirname(process.execPath), process.env.PATH ?? ''].join(delimiter);
  mkdirSync(join(dir, 'good manifests'));
  writeFileSync(join(dir, 'good manifests', 'pod.yaml'), podOf(signed));
  writeFileSync(join(dir, 'bad.yaml'), podOf(unsigned));
  writeFileSync(join(dir, 'release.pub'), readFileSync(world.pub));
  const rule = `{ name: all, images: ["${world.host}/**"], require: release }`;
  writeFileSync(
    join(dir, 'policy.yaml'),
    `version: 1\ntrust: { release: { keys: [release.pub] } }\nrules:\n  - ${rule}\n`,
  );
});
afterAll(() => world.server.stop('SIGKILL'));

const podOf = (image: string): string =>
  `apiVersion: v1\nkind: Pod\nmetadata: { name: p }\nspec:\n  containers:\n    - name: app\n      image: ${image}\n`;
const deployFile = (name: string): string => join(root, 'deploy', name);
const textOf = (name: string): string => readFileSync(deployFile(name), 'utf8');

type Env = Readonly<Record<string, string | undefined>>;

/** A program as such a system starts it: in the checkout, with signet on PATH and the variables of the step. */
function step(command: string, args: readonly string[], env: Env): Promise<RunResult> {
  const docker = { DOCKER_CONFIG: undefined, REGISTRY_AUTH_FILE: undefined, SIGNET_PASSWORD: '' };
  return run(command, args, { cwd: dir, env: { PATH: path, ...docker, ...env } });
}

/** Pushes an image of its own; gives `REPOSITORY:TAG@DIGEST`. */
async function pushed(name: string): Promise<string> {
  const reference = await world.push(name);
  return `${reference}@${await world.digestOf(reference)}`;
}

const isSigned = async (reference: string): Promise<boolean> =>
  (await signet(['verify', '--key', world.pub, reference])).code === 0;

describe('the GitHub action', () => {
  const action = parse(textOf('github-action/action.yml'));
  const [runs] = action.runs.steps;

  /** The environment that action.yml makes of inputs, and what the step puts out. */
  async function act(inputs: Readonly<Record<string, string>>): Promise<RunResult & { readonly output: string }> {
    const output = join(tempDir(), 'output');
    writeFileSync(output, '');
    const env = Object.entries<string>(runs.env).map(([name, expression]) => {
      const input = /^\$\{\{ inputs\.([\w-]+) \}\}$/.exec(expression)?.[1] ?? '';
      expect(Object.keys(action.inputs)).toContain(input);
      return [name, inputs[input] ?? action.inputs[input].default];
    });
    const own = { GITHUB_ACTION_PATH: deployFile('github-action'), GITHUB_OUTPUT: output };
    const done = await step('bash', ['-c', runs.run], { ...Object.fromEntries(env), ...own });
    return { ...done, output: readFileSync(output, 'utf8') };
  }

  it('passes every input on, and takes its output from the step', () => {
    const passed = Object.values<string>(runs.env).map((each) => /inputs\.([\w-]+)/.exec(each)?.[1]);
    expect(passed.sort()).toEqual(Object.keys(action.inputs).sort());
    expect(action.outputs['exit-code'].value).toBe(`\${{ steps.${runs.id}.outputs.exit-code }}`);
    // An expression in the text of a script would let an input run as code.
    expect(runs.run).not.toContain('${{');
  });

  it('verifies files and folders, one a line, whatever is in their names', async () => {
    const done = await act({ files: '\n  good manifests  \r\n', policy: 'policy.yaml' });
    expect(done).toMatchObject({ code: 0, output: 'exit-code=0\n', stderr: '' });
    expect(done.stdout).toContain(`verified: ${signed} (`);
  });

  it('annotates what is not verified and ends as signet does', async () => {
    const done = await act({ files: 'good manifests\nbad.yaml', policy: 'policy.yaml' });
    expect(done).toMatchObject({ code: 1, output: 'exit-code=1\n' });
    expect(done.stdout).toMatch(/^::error file=bad\.yaml,line=7,col=14,title=signet%3A NO_SIGNATURE::/m);
  });

  it('verifies references with a key', async () => {
    expect((await act({ references: signed, key: 'release.pub', strict: 'true' })).code).toBe(0);
    expect((await act({ references: unsigned, key: 'release.pub' })).code).toBe(1);
    expect((await act({ references: `${world.host}/none:1`, key: 'release.pub', wait: '1ms' })).code).toBe(3);
  });

  it('signs', async () => {
    const reference = await pushed('github:1');
    expect(await act({ command: 'sign', references: reference, key: world.key })).toMatchObject({ code: 0 });
    expect(await isSigned(reference)).toBe(true);
  });

  it('says that nothing was signed', async () => {
    const done = await act({ command: 'sign', references: `${world.host}/none:1`, key: world.key });
    expect(done).toMatchObject({ code: 3, output: 'exit-code=3\n' });
    expect(done.stdout).toContain('::error title=signet::not signed, or not published (exit code 3)');
  });

  it('stages a signed tag, publishes it, and publishes nothing without what it remembered', async () => {
    const { policy, key, repository, state, isTrusted } = await trustedRepository('github-tags');
    const reference = await pushed('github-tags:1');
    const refresh = { command: 'refresh', policy, 'catalogue-key': key, references: repository };
    const staged = await act({ command: 'sign', stage: 'true', references: reference, key: world.key, policy, state });
    expect(staged.code, staged.stdout + staged.stderr).toBe(0);
    expect(await isTrusted(reference)).toBe(false);
    const refused = await act({ ...refresh, state: tempDir() });
    expect(refused.code).not.toBe(0);
    expect(refused.stdout).toContain('::error title=signet::not every catalogue is signed anew');
    const first = await act({ ...refresh, state, cold: 'true' });
    expect(first.code, first.stdout + first.stderr).toBe(0);
    expect(await isTrusted(reference)).toBe(true);
    expect((await act({ ...refresh, state })).code).toBe(0);
  });

  it.each([
    ['a command that is none', { command: 'delete' }, 'verify, sign or refresh'],
    ['a misspelt yes', { references: 'r.example/a:1', key: 'release.pub', strict: 'yes' }, 'strict is true or false'],
    ['signing without key', { command: 'sign', references: 'r.example/a:1' }, 'needs the input key'],
    ['signing nothing', { command: 'sign', key: 'k' }, 'needs the input references'],
    ['signing with a policy', { command: 'sign', key: 'k', policy: 'p', references: 'a' }, 'inputs of verify'],
    ['refreshing without key', { command: 'refresh', policy: 'p', references: 'a' }, 'policy and catalogue-key'],
    ['refreshing nothing', { command: 'refresh', policy: 'p', 'catalogue-key': 'k' }, 'needs the input references'],
    ['no program', { signet: '/nowhere/signet' }, 'not on PATH'],
  ])('%s is told as an error of use', async (_title, inputs: Readonly<Record<string, string>>, why) => {
    const done = await act(inputs);
    expect(done).toMatchObject({ code: 2, output: 'exit-code=2\n' });
    expect(done.stdout).toMatch(/^::error title=signet::/);
    expect(done.stdout).toContain(why);
  });

  it('an input is never an option or a command', async () => {
    const mark = join(dir, 'mark');
    for (const evil of [`$(touch ${mark})`, `; touch ${mark}`, '--help', '*'])
      expect((await act({ references: evil, key: 'release.pub' })).code).toBe(2);
    expect((await step('test', ['-e', mark], {})).code).toBe(1);
  });
});

/** A repository of signed tags in the registry of these tests, with its policy and the catalogue's key; nobody has published yet. */
async function trustedRepository(name: string) {
  const folder = tempDir();
  const repository = `${world.host}/${name}`;
  const { key } = await makeKey(join(folder, 'publisher'));
  writeFileSync(join(folder, 'release.pub'), readFileSync(world.pub));
  const policy = join(folder, 'policy.yaml');
  writeFileSync(
    policy,
    `version: 1
trust: { release: { keys: [release.pub] }, publisher: { keys: [publisher.pub] } }
catalogues: { all: { collections: "${world.host}/**", signedBy: publisher } }
rules: [{ images: ["${world.host}/**"], require: release, tag: trusted, catalogue: all }]
`,
  );
  const own = ['--policy', policy, '--state', join(folder, 'own')];
  const begun = await signet(['tags', 'init', repository, '--catalogue-key', key, ...own]);
  expect(begun.code, begun.stderr).toBe(0);
  return {
    policy,
    key,
    repository,
    state: join(folder, 'state'),
    isTrusted: async (reference: string) => (await signet(['resolve', ...own, reference])).code === 0,
  };
}

describe('the publisher of signed tags', () => {
  const workflow = parse(textOf('github-action/publisher.yml'));
  const steps: readonly Step[] = workflow.jobs.publish.steps;
  const own = steps.find(({ uses }) => uses?.includes('deploy/github-action') === true);

  it('GitHub: one at a time, the state from run to run, the action with inputs that it has', () => {
    expect(workflow.concurrency).toEqual({ group: 'signed-tags-publisher', 'cancel-in-progress': false });
    const caches = steps.filter(({ uses }) => uses?.startsWith('actions/cache/') === true);
    expect(caches.map(({ with: { path, key } = {} }) => [path, key])).toEqual([
      ['signet-state', `signet-state-\${{ github.run_id }}-\${{ github.run_attempt }}`],
      ['signet-state', `signet-state-\${{ github.run_id }}-\${{ github.run_attempt }}`],
    ]);
    expect(caches.map(({ if: when }) => when)).toEqual([undefined, 'always()']);
    expect(own?.with).toMatchObject({ command: 'refresh', state: 'signet-state' });
    const { inputs } = parse(textOf('github-action/action.yml'));
    expect(Object.keys(inputs)).toEqual(expect.arrayContaining(Object.keys(own?.with ?? {})));
    for (const { run = '' } of steps) expect(run).not.toContain('${{'); // secrets are data, never text of a script
  });

  it('GitHub: writes key and login for itself alone, and takes them away', async () => {
    const [write, remove] = steps.filter(({ run }) => run !== undefined);
    const env = { RUNNER_TEMP: tempDir(), CATALOGUE_KEY: 'a key\n', REGISTRY_CONFIG: '{}' };
    expect((await step('bash', ['-e', '-c', write?.run ?? ''], env)).code).toBe(0);
    expect(readFileSync(join(env.RUNNER_TEMP, 'catalogue.key'), 'utf8')).toBe('a key\n');
    for (const name of ['catalogue.key', 'config.json'])
      expect(statSync(join(env.RUNNER_TEMP, name)).mode & 0o777).toBe(0o600);
    expect((await step('bash', ['-e', '-c', remove?.run ?? ''], env)).code).toBe(0);
    expect(readdirSync(env.RUNNER_TEMP)).toEqual([]);
  });

  it('Azure: one at a time, the state from run to run, the template with parameters that it has', () => {
    const pipeline = parse(textOf('azure-pipelines/publisher.yml'));
    expect(pipeline.lockBehavior).toBe('sequential');
    const [, cache, , , used] = pipeline.jobs[0].steps;
    expect(cache.inputs.path).toBe(used.parameters.state);
    const { parameters } = parse(textOf('azure-pipelines/signet.yml'));
    const names = parameters.map(({ name }: { name: string }) => name);
    expect(names).toEqual(expect.arrayContaining(Object.keys(used.parameters)));
  });
});

interface Step {
  readonly uses?: string;
  readonly run?: string;
  readonly if?: string;
  readonly with?: Readonly<Record<string, string>>;
}

describe('the template of Azure Pipelines', () => {
  const template = parse(textOf('azure-pipelines/signet.yml'));
  const [bash] = template.steps;
  const defaults = Object.fromEntries(
    template.parameters.map(({ name, default: value }: { name: string; default: string }) => [name, value]),
  );

  function act(parameters: Readonly<Record<string, string>>): Promise<RunResult> {
    const env = Object.entries<string>(bash.env).flatMap(([name, expression]) => {
      if (typeof expression !== 'string') return []; // the password, which is there only where it is named
      const parameter = /^\$\{\{ parameters\.(\w+) \}\}$/.exec(expression)?.[1] ?? '';
      expect(Object.keys(defaults)).toContain(parameter);
      const value: string | boolean = parameters[parameter] ?? defaults[parameter];
      return [[name, typeof value === 'boolean' ? (value ? 'True' : 'False') : value]]; // as Azure writes it
    });
    return step('bash', ['-c', bash.bash], Object.fromEntries(env));
  }

  it('has no expression in the text of its script', () => {
    expect(bash.bash).not.toContain('${{');
    expect(bash.bash).not.toMatch(/\$\(\w/);
  });

  it('verifies', async () => {
    expect(await act({ files: 'good manifests', policy: 'policy.yaml' })).toMatchObject({ code: 0 });
    const done = await act({ files: 'good manifests\nbad.yaml\n', policy: 'policy.yaml' });
    expect(done.code).toBe(1);
    expect(done.stdout).toContain('##vso[task.logissue type=error;sourcepath=bad.yaml;linenumber=7;columnnumber=14;');
    expect(done.stdout).toContain('##vso[task.logissue type=error]signet verify: exit code 1\n');
  });

  it('stages a signed tag, and publishes it', async () => {
    const { policy, key, repository, state, isTrusted } = await trustedRepository('azure-tags');
    const reference = await pushed('azure-tags:1');
    const sign = { command: 'sign', stage: 'True', references: reference, key: world.key, policy, state };
    expect(await act(sign)).toMatchObject({ code: 0 });
    expect(await isTrusted(reference)).toBe(false);
    const refresh = { command: 'refresh', policy, catalogueKey: key, references: repository, state, cold: 'True' };
    const done = await act(refresh);
    expect(done.code, done.stderr).toBe(0);
    expect(await isTrusted(reference)).toBe(true);
  });

  it('signs', async () => {
    const reference = await pushed('azure-template:1');
    expect(await act({ command: 'sign', references: reference, key: world.key })).toMatchObject({ code: 0 });
    expect(await isSigned(reference)).toBe(true);
  });
});

describe('the task of Azure Pipelines', () => {
  const task = JSON.parse(textOf('azure-pipelines/signet-task/task.json'));
  const script = deployFile(`azure-pipelines/signet-task/${task.execution.Node20_1.target}`);
  const inputs: readonly { name: string; defaultValue: string }[] = task.inputs;

  const act = (given: Readonly<Record<string, string>>): Promise<RunResult> => {
    for (const name of Object.keys(given)) expect(inputs.map((each) => each.name)).toContain(name);
    const env = inputs.map(({ name, defaultValue }) => [`INPUT_${name.toUpperCase()}`, given[name] ?? defaultValue]);
    return step(process.execPath, [script], Object.fromEntries(env));
  };

  it('reads every input that task.json has, and no other', () => {
    const read = [...readFileSync(script, 'utf8').matchAll(/(?:input|lines)\('(\w+)'\)/g)].map(([, name]) => name);
    const byName = ['policy', 'key', 'wait']; // as options of the same name
    expect([...new Set([...read, ...byName])].sort()).toEqual(inputs.map(({ name }) => name).sort());
  });

  it('verifies', async () => {
    expect(await act({ files: 'good manifests', policy: 'policy.yaml' })).toMatchObject({ code: 0, stderr: '' });
    const done = await act({ files: 'bad.yaml', policy: 'policy.yaml' });
    expect(done.code).toBe(1);
    expect(done.stdout).toContain('##vso[task.logissue type=error;sourcepath=bad.yaml;linenumber=7;');
    expect(done.stdout).toMatch(/^##vso\[task\.complete result=Failed;\]signet verify: exit code 1$/m);
  });

  it('signs, with the password of a secret variable', async () => {
    const prefix = join(tempDir(), 'locked');
    const made = await signet(['key', 'generate', '--out', prefix], { env: { SIGNET_PASSWORD: 'open sesame' } });
    expect(made.code, made.stderr).toBe(0);
    const reference = await pushed('azure-task:1');
    const given = { command: 'sign', references: reference, key: `${prefix}.key` };
    expect((await act({ ...given, password: 'wrong' })).code).toBe(2);
    expect(await act({ ...given, password: 'open sesame' })).toMatchObject({ code: 0 });
    expect((await signet(['verify', '--key', `${prefix}.pub`, reference])).code).toBe(0);
  });

  it.each([
    ['a command that is none', { command: 'delete' }, 'verify or sign'],
    ['signing without key', { command: 'sign', references: 'r.example/a:1' }, 'key and references'],
    ['signing with a policy', { command: 'sign', references: 'a', key: 'k', policy: 'p' }, 'inputs of verify'],
    ['no program', { program: '/nowhere/signet' }, 'does not start'],
  ])('%s fails the task', async (_title, given: Readonly<Record<string, string>>, why) => {
    const done = await act(given);
    expect(done.code).toBe(2);
    expect(done.stdout).toMatch(/^##vso\[task\.complete result=Failed;\]/m);
    expect(done.stdout).toContain(why);
  });
});

describe('the GitLab component', () => {
  const [header, body] = parseAllDocuments(textOf('gitlab/templates/signet.yml')).map((each) => each.toJS());
  const [job] = Object.values<GitlabJob>(body);

  function act(inputs: Readonly<Record<string, string>>): Promise<RunResult> {
    const variables = Object.entries(job?.variables ?? {}).map(([name, text]) => {
      const input = /^\$\[\[ inputs\.(\w+) \]\]$/.exec(text)?.[1] ?? '';
      return [name, inputs[input] ?? header.spec.inputs[input].default];
    });
    return step('sh', ['-e', '-c', job?.script.join('\n') ?? 'exit 9'], Object.fromEntries(variables));
  }

  it('has no input in the text of its script', () => {
    expect(job?.script.join('\n')).not.toContain('$[[');
  });

  it('verifies, and the report of the merge request says why not', async () => {
    expect(await act({ files: 'good?manifests bad.yaml', policy: 'policy.yaml' })).toMatchObject({ code: 2 });
    const done = await act({ files: 'bad.yaml', policy: 'policy.yaml' });
    expect(done.code).toBe(1);
    const report = job?.artifacts.reports.junit ?? '';
    expect(readFileSync(join(dir, report), 'utf8')).toContain('NO_SIGNATURE');
    expect(job?.artifacts.paths).toEqual([report]);
    writeFileSync(join(dir, 'good.yaml'), podOf(signed));
    expect(await act({ files: 'good.yaml', policy: 'policy.yaml' })).toMatchObject({ code: 0 });
  });
});

describe('the Tekton tasks', () => {
  const [verify, sign] = parseAllDocuments(textOf('tekton/signet-verify.yaml')).map(
    (each) => each.toJS() as TektonTask,
  );

  /** What the step of a task runs, with its parameters and workspaces filled in. */
  function act(
    task: TektonTask | undefined,
    params: Readonly<Record<string, string | readonly string[]>>,
    workspaces: Readonly<Record<string, string>>,
  ): Promise<RunResult> {
    const [only] = task?.spec.steps ?? [];
    const defaults = task?.spec.params.map(({ name, default: value }) => [name, value]) ?? [];
    const values: typeof params = { ...Object.fromEntries(defaults), ...params };
    const fill = (text: string): readonly string[] => {
      const list = /^\$\(params\.(\w+)\[\*\]\)$/.exec(text)?.[1];
      if (list !== undefined) return [values[list] ?? []].flat();
      const filled = text
        .replaceAll(/\$\(params\.(\w+)\)/g, (_all, name) => String(values[name]))
        .replaceAll(/\$\(workspaces\.(\w+)\.path\)/g, (_all, name) => workspaces[name] ?? '');
      expect(filled).not.toContain('$(');
      return [filled];
    };
    expect(only?.command).toEqual(['/nodejs/bin/node', '/opt/signet/bin/signet.js']); // as the image has it
    const env = Object.fromEntries(only?.env.map(({ name, value }) => [name, fill(value).join()]) ?? []);
    return step('signet', only?.args.flatMap(fill) ?? [], env);
  }

  it('verifies what the workspace names', async () => {
    const workspaces = { source: dir };
    const params = { policy: 'policy.yaml', image: '' };
    expect(await act(verify, { ...params, path: 'good manifests' }, workspaces)).toMatchObject({ code: 0 });
    expect(await act(verify, { ...params, path: 'bad.yaml' }, workspaces)).toMatchObject({ code: 1 });
    const json = await act(verify, { ...params, path: 'bad.yaml', options: ['--output', 'json'] }, workspaces);
    expect(JSON.parse(json.stdout)).toMatchObject({ code: 'NO_SIGNATURE' });
  });

  it('signs what was pushed', async () => {
    const key = tempDir();
    writeFileSync(join(key, 'signet.key'), readFileSync(world.key));
    writeFileSync(join(key, 'password'), '\n');
    chmodSync(join(key, 'signet.key'), 0o600);
    const reference = await pushed('tekton:1');
    expect(await act(sign, { reference, image: '' }, { key })).toMatchObject({ code: 0 });
    expect(await isSigned(reference)).toBe(true);
  });
});

interface GitlabJob {
  readonly variables: Readonly<Record<string, string>>;
  readonly script: readonly string[];
  readonly artifacts: { readonly paths: readonly string[]; readonly reports: { readonly junit: string } };
}

interface TektonTask {
  readonly spec: {
    readonly params: readonly { readonly name: string; readonly default?: string | readonly string[] }[];
    readonly steps: readonly {
      readonly command: readonly string[];
      readonly args: readonly string[];
      readonly env: readonly { readonly name: string; readonly value: string }[];
    }[];
  };
}
