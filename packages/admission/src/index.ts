export { defaultLifetimes, type Lifetimes } from './cache/lifetimes.ts';
export { budgetOf, type ReviewDeadline, startReviewDeadline } from './judge/deadline.ts';
export { createJudge, type ImageAnswer, type Judge, type JudgeOptions } from './judge/judge.ts';
