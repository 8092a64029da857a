import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { commands } from '../../packages/cli/src/commands.ts';
import { cliPage, renderCliPage } from '../../scripts/docs-cli.ts';

describe('docs/cli.md', () => {
  it('is what the command tree says (node -C @signet/source scripts/docs-cli.ts writes it)', async () => {
    expect(readFileSync(cliPage, 'utf8')).toBe(await renderCliPage());
  });

  it('has every command', async () => {
    const page = await renderCliPage();
    for (const { name } of commands) expect(page).toContain(`\n## signet ${name}\n`);
  });
});
