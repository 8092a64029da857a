import { RegistryError } from '@signet/oci';
import type { ReviewDeadline } from '../judge/deadline.ts';
import type { Judge } from '../judge/judge.ts';
import { type Outcome, outcomeOf, type Pinning, unreadable } from './outcome.ts';

/** More images than this are not looked at in one review: no workload has so many. */
export const maxImages = 256;

/** Judges images side by side; equal ones once. The outcomes come in the order of the images, in time. */
export async function reviewImages(
  images: readonly string[],
  { judge, deadline, pinning }: { readonly judge: Judge; readonly deadline: ReviewDeadline; readonly pinning: Pinning },
): Promise<readonly Outcome[]> {
  if (images.length > maxImages) {
    const why = `more than ${maxImages} images in one request: none was looked at`;
    return images.map(() => unreadable(why, 'TOO_MANY_IMAGES'));
  }
  const known = new Map<string, Outcome | Promise<Outcome>>();
  for (const image of images) if (!known.has(image)) known.set(image, reviewOne(image, judge, deadline, pinning));
  return await Promise.all(images.map((image) => known.get(image) ?? unreadable('it was not looked at')));
}

function reviewOne(
  image: string,
  judge: Judge,
  deadline: ReviewDeadline,
  pinning: Pinning,
): Outcome | Promise<Outcome> {
  try {
    const answer = judge.judge(image, deadline);
    return answer instanceof Promise ? answer.then((given) => outcomeOf(given, pinning)) : outcomeOf(answer, pinning);
  } catch (error) {
    if (error instanceof RegistryError) return unreadable(error.message);
    throw error;
  }
}
