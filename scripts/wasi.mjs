// Runs a WebAssembly program for WASI under node, as cargo's runner: node scripts/wasi.mjs PROGRAM ARGUMENT..
import { readFile } from 'node:fs/promises';
import { WASI } from 'node:wasi';
const [, , file, ...args] = process.argv;
const wasi = new WASI({ version: 'preview1', args: [file, ...args], env: process.env, returnOnExit: true });
const module = await WebAssembly.compile(await readFile(file));
const instance = await WebAssembly.instantiate(module, wasi.getImportObject());
process.exitCode = wasi.start(instance);
