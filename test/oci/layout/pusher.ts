import { openLayout } from '@signet/oci';
import { pushReferrer } from '../images.ts';

/**
 * A process of its own that pushes referrers and tags to a layout and tells each on standard output once it was acknowledged.
 * Arguments: DIR MODE(exclusive|shared) NAME COUNT SUBJECT-DIGEST
 */
const [dir = '', mode = '', name = '', count = '', subject = ''] = process.argv.slice(2);
const layout = await openLayout(dir, { exclusive: mode === 'exclusive' });
const image = await layout.resolve(subject);
for (let n = 0; n < Number(count); n++) {
  const pushed = await pushReferrer(layout, image.descriptor, `${name}-${n}`);
  await layout.tag(pushed, `${name}-${n}`);
  process.stdout.write(`${pushed.descriptor.digest} ${name}-${n}\n`);
}
