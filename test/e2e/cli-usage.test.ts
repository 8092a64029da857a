import { spawn } from 'node:child_process';
import { describe, expect, it } from 'vitest';
import { commands } from '../../packages/cli/src/commands.ts';
import { built, signet, signetProgram } from '../support/cli.ts';

describe('signet', () => {
  it('says its version, as text and as JSON', async () => {
    const { version } = (await import('../../packages/cli/package.json', { with: { type: 'json' } })).default;
    expect(await signet(['version'])).toMatchObject({ code: 0, stdout: `signet ${version}\n`, stderr: '' });
    expect((await signet(['--version'])).stdout).toBe(`signet ${version}\n`);
    expect(JSON.parse((await signet(['version', '--output', 'json'])).stdout)).toMatchObject({ version });
  });

  it('has a help for the program and for every command', async () => {
    const help = await signet(['--help']);
    expect(help.code).toBe(0);
    for (const { name, summary } of commands)
      expect(help.stdout.replaceAll(/\s+/g, ' ')).toContain(`${name} ${summary}`);
    const all = await Promise.all(commands.map(({ name }) => signet([name, '--help'])));
    for (const [at, { code, stdout }] of all.entries()) {
      expect(code).toBe(0);
      expect(stdout).toMatch(new RegExp(`^Usage: signet ${commands[at]?.name}`));
    }
    expect((await signet(['help', 'verify'])).stdout).toContain('--tag-bound');
    const deeper = await signet(['help', 'key', 'generate']);
    expect(deeper).toMatchObject({ code: 0, stdout: expect.stringMatching(/^Usage: signet key generate/) });
    expect((await signet(['help'])).stdout).toBe(help.stdout);
  });

  it('ends with 2 and the help where nothing was asked', async () => {
    expect(await signet([])).toMatchObject({ code: 2, stderr: expect.stringContaining('Usage: signet') });
  });

  it.each([
    [['verfy', 'a'], "error[USAGE]: unknown command 'verfy'\nhint: Did you mean verify?\n"],
    [['verify', 'a:1', '--kye', 'x'], "error[USAGE]: unknown option '--kye'\nhint: Did you mean --key?\n"],
    [['help', 'verfy'], "error[USAGE]: unknown command 'verfy'\nhint: Did you mean verify?\n"],
    [['key', 'genrate'], "error[USAGE]: unknown command 'genrate'\nhint: Did you mean generate?\n"],
    [['sign'], "error[USAGE]: missing required argument 'reference'\nhint: signet --help, or signet COMMAND --help\n"],
  ])('suggests the nearest: %j', async (args, stderr) => {
    expect(await signet(args)).toMatchObject({ code: 2, stdout: '', stderr });
  });

  it.each([
    [['verify', 'a:1', '--timeout', 'soon', '--key', 'x'], /error\[USAGE\]: .*--timeout.*duration/],
    [['verify', 'a:1', '--concurrency', '0', '--key', 'x'], /error\[USAGE\]: .*--concurrency.*1 to 256/],
    [['verify', 'a:1', '--output', 'xml', '--key', 'x'], /error\[USAGE\]: .*text, json/],
    [['verify', 'a:1'], /error\[USAGE\]: .*trusted.*\nhint: .*--key/],
    [['verify', 'a:1', '--key', '/no/such/key.pub'], /error\[FILE_UNREADABLE\]: .*no such file/],
    [['verify', 'example.com/UPPER:1', '--key', 'x'], /error\[REFERENCE_INVALID\]/],
    [['sign', 'a:1'], /error\[USAGE\]: .*key/],
    [['completion', 'tcsh'], /error\[USAGE\]: .*bash, zsh, fish/],
  ])('refuses %j', async (args, stderr) => {
    expect(await signet(args)).toMatchObject({ code: 2, stdout: '', stderr: expect.stringMatching(stderr) });
  });

  it('takes global options before the command too', async () => {
    expect(JSON.parse((await signet(['--output', 'json', 'version'])).stdout)).toHaveProperty('version');
  });

  it('escapes what it was given', async () => {
    const { stderr } = await signet(['verify', 'a\u001b[2J:1', '--key', 'x']);
    expect(stderr).not.toContain('\u001b');
    expect((await signet(['\u001b[31mx'])).stderr).toContain('\\u{1b}[31mx');
  });

  it.each(['bash', 'zsh', 'fish'])('prints a completion script for %s', async (shell) => {
    const { code, stdout } = await signet(['completion', shell]);
    expect(code).toBe(0);
    for (const { name } of commands) expect(stdout).toContain(name);
    expect(stdout).toContain('tag-bound');
  });

  it('is quiet when its reader goes away', async () => {
    await built();
    const script = `"$0" "$1" completion zsh | true; echo "\${PIPESTATUS[0]}"`;
    const child = spawn('bash', ['-c', script, process.execPath, signetProgram], { stdio: ['ignore', 'pipe', 'pipe'] });
    const heard = { out: '', err: '' };
    child.stdout.on('data', (chunk) => {
      heard.out += chunk;
    });
    child.stderr.on('data', (chunk) => {
      heard.err += chunk;
    });
    await new Promise((closed) => child.on('close', closed));
    expect(heard).toEqual({ out: '0\n', err: '' });
  });
});
