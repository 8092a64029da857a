// In place of node:worker_threads, which is slow to load: the program runs in one thread.
export const threadId = 0;
