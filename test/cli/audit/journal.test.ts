import { appendFileSync, existsSync, lstatSync, readdirSync, readFileSync, symlinkSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { describe, expect, it } from 'vitest';
import type { EndEntry, Entry, ResultEntry } from '../../../packages/cli/src/audit/entry.ts';
import { openJournal } from '../../../packages/cli/src/audit/journal.ts';
import { tempDir } from '../../support/temp.ts';
import { auditHead, resultOf } from './entries.ts';

const options = { resume: false, force: false, head: auditHead, onDone: () => undefined };

async function written(path: string, count: number): Promise<void> {
  const journal = await openJournal(path, options);
  for (let at = 0; at < count; at++) await journal.append(resultOf(`r.example/a:${at}`));
  await journal.close();
}

describe('openJournal', () => {
  it('writes a head and what is appended, in order', async () => {
    const path = join(tempDir(), 'audit.jsonl');
    await written(path, 500);
    const lines = readFileSync(path, 'utf8')
      .trimEnd()
      .split('\n')
      .map((line) => JSON.parse(line));
    expect(lines[0]).toMatchObject({ kind: 'audit', policy: auditHead.policy });
    expect(lines.slice(1).map(({ reference }) => reference)).toEqual(
      lines.slice(1).map((_, at) => `r.example/a:${at}`),
    );
    expect(lines).toHaveLength(501);
  });

  it.each([0, 1, 2, 30])('cuts off a torn last line (%i bytes of it are there)', async (bytes) => {
    const path = join(tempDir(), 'audit.jsonl');
    await written(path, 3);
    const whole = readFileSync(path, 'utf8');
    appendFileSync(path, JSON.stringify(resultOf('r.example/torn:1')).slice(0, bytes));
    const done: ResultEntry[] = [];
    const journal = await openJournal(path, { ...options, resume: true, onDone: (entry) => done.push(entry) });
    await journal.close();
    expect(done.map(({ reference }) => reference)).toEqual(['r.example/a:0', 'r.example/a:1', 'r.example/a:2']);
    expect(readFileSync(path, 'utf8')).toBe(whole);
  });

  it('begins anew where not even the first line is whole', async () => {
    const path = join(tempDir(), 'audit.jsonl');
    writeFileSync(path, '{"kind":"aud');
    await (await openJournal(path, { ...options, resume: true })).close();
    expect(JSON.parse(readFileSync(path, 'utf8'))).toMatchObject({ kind: 'audit' });
  });

  it.each([
    ['another policy', { ...auditHead, policy: 'cd'.repeat(32) }, 'AUDIT_DIFFERS'],
    ['another prefix', { ...auditHead, scope: { ...auditHead.scope, prefix: 'a' } }, 'AUDIT_DIFFERS'],
    ['all tags', { ...auditHead, scope: { ...auditHead.scope, allTags: true } }, 'AUDIT_DIFFERS'],
  ])('refuses to resume with %s, and changes nothing', async (_, head, code) => {
    const path = join(tempDir(), 'audit.jsonl');
    await written(path, 1);
    const before = readFileSync(path, 'utf8');
    await expect(
      openJournal(path, { ...options, resume: true, head: Object.assign({}, auditHead, head) }),
    ).rejects.toMatchObject({ code });
    expect(readFileSync(path, 'utf8')).toBe(before);
  });

  it.each([
    ['{"kind":"image"}\n', 'is no result'],
    ['nonsense\n', 'is no JSON'],
    [`${JSON.stringify(auditHead)}\n${JSON.stringify(auditHead)}\n`, 'has two heads'],
    [`${JSON.stringify(resultOf('a'))}\n`, 'has no head'],
    [`${'x'.repeat(1024 * 1024 + 1)}`, 'has a line without end'],
  ])('refuses a file that %#', async (text) => {
    const path = join(tempDir(), 'audit.jsonl');
    writeFileSync(path, text);
    await expect(openJournal(path, { ...options, resume: true })).rejects.toMatchObject({ code: 'AUDIT_FILE' });
    expect(readFileSync(path, 'utf8')).toBe(text);
  });

  describe('takes out what was undecided, to be asked anew', () => {
    const open = resultOf('r.example/open:1', 'undecided');
    const stay = [
      resultOf('r.example/a:1'),
      resultOf('r.example/b:1', 'denied'),
      { ...resultOf('r.example/exempt:1', 'undecided'), code: 'NOT_CHECKED', allowed: true },
      { ...resultOf('no reference', 'undecided'), code: 'REFERENCE_INVALID', failed: true as const },
    ];
    const end: EndEntry = {
      kind: 'end',
      images: 5,
      repositories: 0,
      passedOver: 0,
      endedAt: '2026-01-01T00:00:02.000Z',
    };
    const linesOf = (...entries: readonly Entry[]) => entries.map((entry) => `${JSON.stringify(entry)}\n`).join('');
    const resume = (path: string, onDone: (entry: ResultEntry) => void = () => undefined) =>
      openJournal(path, { ...options, resume: true, onDone });

    it('also where the audit was finished', async () => {
      const path = join(tempDir(), 'audit.jsonl');
      writeFileSync(path, linesOf(auditHead, ...stay.slice(0, 2), open, ...stay.slice(2), end));
      const done: ResultEntry[] = [];
      const journal = await resume(path, (entry) => done.push(entry));
      expect(journal).toMatchObject({ isComplete: false, reopened: 1 });
      await journal.append({ ...open, verdict: 'verified' });
      await journal.close();
      expect(done).toEqual(stay);
      const head = linesOf(auditHead, ...stay);
      expect(readFileSync(path, 'utf8')).toBe(head + linesOf({ ...open, verdict: 'verified' }));
      expect(readdirSync(dirname(path))).toEqual(['audit.jsonl']);
    });

    it('and leaves a finished audit finished where there is nothing of that kind', async () => {
      const path = join(tempDir(), 'audit.jsonl');
      writeFileSync(path, linesOf(auditHead, ...stay, end));
      const journal = await resume(path);
      await journal.close();
      expect(journal).toMatchObject({ isComplete: true, reopened: 0 });
      expect(readFileSync(path, 'utf8')).toBe(linesOf(auditHead, ...stay, end));
    });

    it('with a torn last line, behind a link', async () => {
      const dir = tempDir();
      const [path, link] = [join(dir, 'audit.jsonl'), join(dir, 'link')];
      writeFileSync(path, `${linesOf(auditHead, open)}{"kind":"im`);
      symlinkSync(path, link);
      await (await resume(link)).close();
      expect(lstatSync(link).isSymbolicLink()).toBe(true);
      expect(readFileSync(path, 'utf8')).toBe(linesOf(auditHead));
    });
  });

  it('overwrites nothing unless it is told', async () => {
    const path = join(tempDir(), 'audit.jsonl');
    await written(path, 2);
    await expect(openJournal(path, options)).rejects.toMatchObject({ code: 'FILE_EXISTS' });
    await (await openJournal(path, { ...options, force: true })).close();
    expect(readFileSync(path, 'utf8').trimEnd().split('\n')).toHaveLength(1);
  });

  it('says where it cannot write', async () => {
    const path = join(tempDir(), 'file');
    writeFileSync(path, '');
    await expect(openJournal(join(path, 'audit.jsonl'), options)).rejects.toMatchObject({ code: 'FILE_UNWRITABLE' });
    expect(existsSync(join(path, 'audit.jsonl'))).toBe(false);
  });
});
