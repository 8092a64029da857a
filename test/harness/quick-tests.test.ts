import { describe, expect, it } from 'vitest';
import { leftOutOfCheck, readTestFiles } from '../../scripts/quick-tests.ts';

const head = "import { it } from 'vitest';\n";

describe('what the quick loop leaves out', () => {
  it('are the folders of whole programs and the files that say why', () => {
    const files = new Map([
      ['test/e2e/a.test.ts', head],
      ['test/interop/b.test.ts', head],
      ['test/oci/e2e/c.test.ts', head],
      ['test/oci/d.test.ts', head],
      ['test/oci/e.test.ts', `// Not in npm run check: it waits for locks.\n\n${head}`],
      ['test/oci/f.test.ts', `// Not in npm run check: \n${head}`],
      ['test/oci/g.test.ts', `${head}const text = '// Not in npm run check: a text, no remark';\n`],
    ]);
    expect(leftOutOfCheck(files)).toEqual(['test/e2e/a.test.ts', 'test/interop/b.test.ts', 'test/oci/e.test.ts']);
  });

  it('is the smaller part of the test files', () => {
    const files = readTestFiles();
    expect(files.size).toBeGreaterThan(40);
    expect(leftOutOfCheck(files).length).toBeLessThan(files.size / 2);
  });
});
