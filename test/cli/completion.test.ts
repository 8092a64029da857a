// Not in npm run check: real shells.

import { Command, Option } from 'commander';
import { describe, expect, it } from 'vitest';
import { bashCompletion } from '../../packages/cli/src/completion/bash.ts';
import { fishCompletion } from '../../packages/cli/src/completion/fish.ts';
import { allNodes, toCommandNode } from '../../packages/cli/src/completion/tree.ts';
import { zshCompletion } from '../../packages/cli/src/completion/zsh.ts';
import { run, runOk } from '../support/process.ts';

/** A program with an apostrophe, brackets and a colon in its texts: what a shell would stumble over. */
function sample(): Command {
  const program = new Command('signet').description('sample');
  const key = program.command('key').summary("keys: what isn't [open]");
  key.command('generate').summary('make').option('--out <prefix>', 'where: PREFIX.key').option('--force', "don't ask");
  program
    .command('verify')
    .summary('verify')
    .addOption(new Option('-o, --output <form>', 'form').choices(['text', 'json']))
    .addOption(new Option('--secret').hideHelp());
  return program;
}

/** What bash would offer for these words, the last of them unfinished. */
async function offered(words: readonly string[]): Promise<readonly string[]> {
  const script = `${bashCompletion(toCommandNode(sample()))}
COMP_WORDS=(${words.map((word) => `'${word}'`).join(' ')}); COMP_CWORD=${words.length - 1}; _signet; printf '%s\\n' "\${COMPREPLY[@]}"`;
  return (await runOk('bash', ['-c', script])).trim().split('\n');
}

describe('toCommandNode', () => {
  it('has every command and visible option', () => {
    const nodes = allNodes(toCommandNode(sample()));
    expect(nodes.map(({ path }) => path)).toEqual(['', 'key', 'key generate', 'verify']);
    expect(nodes[3]?.options.map(({ long }) => long)).toEqual(['--output', '--help']);
    expect(nodes[2]?.options[0]).toMatchObject({ takesValue: true, takesFile: true });
  });
});

describe('bash', () => {
  it.each([
    [
      ['signet', ''],
      ['key', 'verify', '--help'],
    ],
    [['signet', 'k'], ['key']],
    [['signet', 'key', 'g'], ['generate']],
    [['signet', 'key', 'generate', '--f'], ['--force']],
    [['signet', 'verify', '--output', 'j'], ['json']],
    [
      ['signet', 'verify', '-o', ''],
      ['text', 'json'],
    ],
    [['signet', 'verify', '--sec'], ['']],
  ])('offers for %j: %j', async (words, wanted) => {
    expect(await offered(words)).toEqual(wanted);
  });
});

describe('zsh and fish', () => {
  it('name every command and option, quoted', () => {
    const zsh = zshCompletion(toCommandNode(sample()));
    expect(zsh).toContain(`'key:keys: what isn'\\''t [open]'`);
    expect(zsh).toContain(`'--out[where\\: PREFIX.key]:file:_files'`);
    expect(zsh).toContain('_signet_key_generate()');
    const fish = fishCompletion(toCommandNode(sample()));
    expect(fish).toContain(`-l 'force' -d 'don\\'t ask'`);
    expect(fish).toContain(`-l 'output' -s 'o' -r -f -a 'text json'`);
  });

  it('are scripts that bash can at least read as words (zsh, fish where installed)', async () => {
    const zsh = zshCompletion(toCommandNode(sample()));
    expect((await run('bash', ['-n'], { input: zsh.replace(/^#compdef.*$/m, '') })).stderr).toBe('');
  });
});
