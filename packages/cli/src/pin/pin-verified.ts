import type { PlacedInputs } from '../verify/placed-inputs.ts';
import { createFileSink } from './file-sink.ts';
import { pinnedText } from './pinned-use.ts';
import { createPinning, type Pinning, type PinningInputs } from './pinning.ts';

/** `verify --resolve-tags`: into the files, told as a remark, since standard output is for the reports. */
export function createVerifiedPinning(inputs: PlacedInputs, using: Omit<PinningInputs, 'sink'>): Pinning {
  const sink = createFileSink((use) => using.progress.note(`pinned ${pinnedText(use)}`));
  return createPinning(inputs, { ...using, sink });
}
