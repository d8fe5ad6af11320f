// Who is compared with, and how each is started.
import { fileURLToPath } from 'node:url';

import { buildSync } from 'esbuild';

import { exactHeap } from '../../targets/raspberry-pi/commands/bench/exact-memory.ts';
import { pythonOf, requirements, script } from './environment.ts';
import type { EnvironmentName } from './environment.ts';
import type { PeerCommand } from './peer-process.ts';

export interface Peer {
  readonly name: string;
  /** How to start it, or why it cannot be. */
  readonly command: PeerCommand | { readonly missing: string };
  /** A program that writes what the peer loads; it gets the network's JSON file, a folder and the batch. */
  readonly prepare: PeerCommand | null;
}

function ownPeer(name: string, method: string): Peer {
  const file = bundle('onward-peer', ['onnxruntime-node']);
  return {
    name,
    command: { program: process.execPath, args: [...exactHeap, file, method] },
    prepare: null,
  };
}

function tfjsPeer(backend: 'cpu' | 'wasm'): Peer {
  const file = bundle('tfjs-peer');
  const wasm = new URL('../../node_modules/@tensorflow/tfjs-backend-wasm/dist/', import.meta.url);
  const args = [...exactHeap, file, backend, fileURLToPath(wasm)];
  return {
    name: `tfjs 4.22.0, ${backend}`,
    command: { program: process.execPath, args },
    prepare: null,
  };
}

/** As one file of JavaScript: what loads TypeScript would count as the peer's memory. */
function bundle(name: string, external: readonly string[] = []): string {
  const file = fileURLToPath(new URL(`./environments/${name}.mjs`, import.meta.url));
  buildSync({
    entryPoints: [fileURLToPath(new URL(`./${name}.ts`, import.meta.url))],
    outfile: file,
    bundle: true,
    format: 'esm',
    platform: 'node',
    mainFields: ['module', 'main'],
    conditions: ['source'],
    external: [...external],
    banner: {
      js: "import { createRequire } from 'node:module'; const require = createRequire(import.meta.url); const __dirname = import.meta.dirname;",
    },
    logLevel: 'error',
  });
  return file;
}

function pythonPeer(
  name: string,
  environment: EnvironmentName,
  [file, ...args]: readonly [string, ...string[]],
  preparing: string | null = null,
): Peer {
  const program = pythonOf(environment);
  const version = requirements[environment][0]!.split('==')[1]!;
  const command =
    program === null
      ? { missing: `not installed; npm run bench:peers installs it` }
      : { program, args: [script(file), ...args] };
  const prepare =
    program === null || preparing === null ? null : { program, args: [script(preparing)] };
  return { name: name.replace('VERSION', version), command, prepare };
}

/** Onward first; all learn with one thread and plain stochastic gradient descent. */
export const peers = (): readonly Peer[] => [
  ownPeer('onward', 'onward'),
  ownPeer('float32 backprop of ours, on ONNX Runtime', 'float-backprop'),
  pythonPeer('PyTorch VERSION, eager', 'torch', ['torch_peer.py']),
  pythonPeer('PyTorch VERSION, checkpointed', 'torch', ['torch_peer.py', 'checkpointed']),
  pythonPeer(
    'onnxruntime-training VERSION',
    'onnxruntime-training',
    ['onnxruntime_training_peer.py'],
    'onnxruntime_training_artifacts.py',
  ),
  pythonPeer(
    'TensorFlow Lite VERSION, train signature with Flex',
    'tensorflow-lite',
    ['tensorflow_lite_peer.py'],
    'tensorflow_lite_model.py',
  ),
  tfjsPeer('cpu'),
  tfjsPeer('wasm'),
  pythonPeer('scikit-learn VERSION, head only, features given', 'scikit-learn', [
    'scikit_learn_peer.py',
  ]),
];
