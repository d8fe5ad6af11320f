// A lock that cannot outlive its process, and cannot be broken while the process lives.
//
// Each process that wants the folder first puts down a claim, an empty file whose name says who it is,
// and then looks for claims of others. Of two that hold it at once, one would have looked after both
// claims were there, and seen the other's: so there are never two. A claim names a process by more than
// its number, so one whose process is gone is known for certain and anyone may remove it.
import { randomBytes } from 'node:crypto';
import { open, readdir, readFile, readlink, rm } from 'node:fs/promises';
import { hostname } from 'node:os';
import { join } from 'node:path';
import { setTimeout } from 'node:timers/promises';

import { StateError } from '#runtime';

const claimStart = 'lock-';

interface Owner {
  /** Machine, its boot, and the process numbering that `pid` counts in. */
  readonly machine: string;
  readonly boot: string;
  readonly namespace: string;
  readonly pid: number;
  /** Clock ticks from boot to the start of the process. */
  readonly started: string;
}

export function isClaim(name: string): boolean {
  return name.startsWith(claimStart);
}

/**
 * Resolves once the folder is this owner's. Throws StateError naming the process that has it, and the
 * file system's own errors.
 */
export async function lockFolder(folder: string): Promise<AsyncDisposable> {
  const self = await ownIdentity();
  // Two that start together may each see the other's claim; after a while of its own one of them wins.
  for (let attempts = 3; ; attempts--) {
    const result = await claimFolder(folder, self);
    if (!(result instanceof StateError)) return result;
    if (attempts === 1) throw result;
    await setTimeout(10 + Math.random() * 40);
  }
}

async function claimFolder(folder: string, self: Owner): Promise<AsyncDisposable | StateError> {
  const claim = claimName(self);
  await (await open(join(folder, claim), 'wx', 0o600)).close();
  const release = async (): Promise<void> => rm(join(folder, claim), { force: true });
  try {
    for (const name of await readdir(folder)) {
      if (!isClaim(name) || name === claim) continue;
      const owner = ownerOf(name);
      if (!owner || !(await isGone(owner, self))) {
        await release();
        return new StateError(inUse(join(folder, name), owner, self));
      }
      await rm(join(folder, name), { force: true });
    }
  } catch (error) {
    await release();
    throw error;
  }
  return { [Symbol.asyncDispose]: release };
}

async function ownIdentity(): Promise<Owner> {
  const [machine, boot, namespace, stat] = await Promise.all([
    readOr('/etc/machine-id', hostname()),
    readOr('/proc/sys/kernel/random/boot_id', ''),
    readlink('/proc/self/ns/pid').catch(() => ''),
    statOf(process.pid),
  ]);
  return {
    machine: short(machine),
    boot: short(boot),
    namespace: short(namespace),
    pid: process.pid,
    started: stat?.started ?? '0',
  };
}

// A part of a claim's name; empty where the system does not say.
function short(text: string): string {
  return text.replaceAll(/[^0-9A-Za-z]/g, '').slice(-12) || '0';
}

function claimName({ machine, boot, namespace, pid, started }: Owner): string {
  const nonce = randomBytes(4).toString('hex'); // a process may ask twice
  return [`${claimStart}${machine}`, boot, namespace, pid, started, nonce].join('-');
}

function ownerOf(name: string): Owner | null {
  const [machine, boot, namespace, pid, started] = name.slice(claimStart.length).split('-');
  if (machine && boot && namespace && /^\d+$/.test(pid ?? '') && started) {
    return { machine, boot, namespace, pid: Number(pid), started };
  }
  return null;
}

// Of a process on another machine or in another container nothing is known, so it counts as there.
async function isGone(owner: Owner, self: Owner): Promise<boolean> {
  if (owner.machine !== self.machine) return false;
  if (owner.boot !== self.boot) return true;
  if (owner.namespace !== self.namespace) return false;
  if (!isRunning(owner.pid)) return true;
  const stat = await statOf(owner.pid);
  return stat !== null && (stat.isDead || stat.started !== owner.started);
}

function isRunning(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === 'EPERM'; // there, and someone else's
  }
}

// Fields 3 and 22 of /proc/<pid>/stat, counted after the second, which may hold spaces. Null where
// the system has no /proc or hides the process.
async function statOf(pid: number): Promise<{ isDead: boolean; started: string } | null> {
  const stat = await readOr(`/proc/${pid}/stat`, '');
  const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
  const [state, started] = [fields[0] ?? '', fields[19]];
  return started === undefined ? null : { isDead: 'ZX'.includes(state), started };
}

async function readOr(path: string, otherwise: string): Promise<string> {
  try {
    return (await readFile(path, 'utf8')).trim();
  } catch {
    return otherwise;
  }
}

function inUse(path: string, owner: Owner | null, self: Owner): string {
  const isHere = owner?.pid === self.pid && owner.namespace === self.namespace;
  const isNear = owner?.machine === self.machine && owner.namespace === self.namespace;
  const who = isHere ? `this process (${self.pid})` : `process ${owner?.pid ?? 'unknown'}`;
  const cure = isNear
    ? 'close it first'
    : `it is in another container or on another machine: stop it there, or remove ${path} if it is gone`;
  return `state: expected a folder of its own, got one in use by ${who}; ${cure}`;
}
