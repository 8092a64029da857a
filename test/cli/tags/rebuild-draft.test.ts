import { describe, expect, it } from 'vitest';
import { draftJson, draftText } from '../../../packages/cli/src/tags/rebuild-draft.ts';

const nowMs = Date.UTC(2026, 1, 11);
const draft = {
  collection: { name: 'registry.example/shop/api' },
  catalogues: 1,
  operations: [],
  tags: new Map(),
  removed: new Map(),
  revoked: new Map(),
  floors: [],
};

describe('a draft of a rebuilt catalogue', () => {
  it('tells of removals that no catalogue names any more, up to the latest', () => {
    const floors = [Date.UTC(2026, 0, 5), Date.UTC(2026, 0, 3)].map((floorMs, index) => ({ bits: 1, index, floorMs }));
    expect(draftText({ ...draft, floors }, nowMs)).toMatch(
      /removed {2}tags that they do not hold, where nothing was signed after 2026-01-05.*\(has to be confirmed\)/,
    );
    expect(draftJson({ ...draft, floors })).toMatchObject({ removedUntil: '2026-01-05T00:00:00.000Z' });
  });

  it('says nothing of them where there are none', () => {
    expect(draftText(draft, nowMs)).not.toContain('removed');
    expect(draftJson(draft)).not.toHaveProperty('removedUntil');
  });
});
