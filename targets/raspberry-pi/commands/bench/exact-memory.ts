// How a process starts whose memory is measured, so that what is resident is what lives.

/** For Node: `gc`, and a young generation that stays small, which keeps the collector's habits out of the figures. */
export const exactHeap: readonly string[] = ['--expose-gc', '--max-semi-space-size=1'];

/**
 * Environment: glibc gives every block of a page or more back as soon as it is freed, and threads keep none for
 * themselves. It costs time, so memory and time are measured in processes of their own.
 */
export const exactMemory = {
  MALLOC_MMAP_THRESHOLD_: '4096',
  MALLOC_TRIM_THRESHOLD_: '0',
  MALLOC_TOP_PAD_: '0',
  MALLOC_ARENA_MAX: '1',
  GLIBC_TUNABLES: 'glibc.malloc.tcache_count=0',
} as const;
