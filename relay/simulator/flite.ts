// Flite's command line, run in memory: the thirteen system calls it needs are answered here, and the one file it
// writes is caught. (node:wasi does the same with real files, but on Node 20 it crashed the process after some
// hundred runs.)

/** The part of the runtime's WebAssembly that is used; Node's types leave it to the DOM's. */
declare const WebAssembly: {
  compile(bytes: Uint8Array): Promise<object>
  instantiate(
    module: object,
    imports: object,
  ): Promise<{ exports: { memory: { buffer: ArrayBuffer }; _start(): void } }>
}

const OK = 0
const BADF = 8
const PREOPENED = 3
const OUTPUT = 4
const FOLDER = '/out'

export type Flite = (args: readonly string[]) => Promise<Uint8Array>

/**
 * Prepares Flite.
 * @param wasm the package's one file
 * @returns runs the command with these arguments and gives the bytes of the file named by `-o /out/…`
 * @throws (rejects) when the file is no WebAssembly; a run rejects when Flite fails
 * @source WASI snapshot preview 1; Flite 2.3 command line
 */
export async function loadFlite(wasm: Uint8Array): Promise<Flite> {
  const module = await WebAssembly.compile(wasm)
  return async (args) => {
    const host = new Host(['flite', ...args])
    const { exports } = await WebAssembly.instantiate(module, { wasi_snapshot_preview1: host.calls })
    host.memory = exports.memory
    try {
      exports._start()
    } catch (error) {
      if (!(error instanceof Exit)) throw error
      if (error.code !== 0) throw new Error(`flite ended with ${error.code}`)
    }
    return host.written
  }
}

class Exit extends Error {
  readonly code: number
  constructor(code: number) {
    super(`exit ${code}`)
    this.code = code
  }
}

class Host {
  memory: { buffer: ArrayBuffer } = { buffer: new ArrayBuffer(0) }
  readonly #args: Buffer[]
  #file = Buffer.alloc(256 * 1024)
  #length = 0
  #position = 0

  constructor(args: readonly string[]) {
    this.#args = args.map((arg) => Buffer.from(`${arg}\0`))
  }

  get written(): Uint8Array {
    return this.#file.subarray(0, this.#length)
  }

  /** Pointers are offsets in the program's memory; every call returns an error number. */
  readonly calls = {
    args_sizes_get: (count: number, bytes: number) => {
      this.#put32(count, this.#args.length)
      this.#put32(
        bytes,
        this.#args.reduce((sum, arg) => sum + arg.length, 0),
      )
      return OK
    },
    args_get: (pointers: number, bytes: number) => {
      let at = bytes
      for (const [index, arg] of this.#args.entries()) {
        this.#put32(pointers + index * 4, at)
        new Uint8Array(this.memory.buffer).set(arg, at)
        at += arg.length
      }
      return OK
    },
    clock_time_get: (_clock: number, _precision: bigint, result: number) => {
      this.#view().setBigUint64(result, 0n, true)
      return OK
    },
    fd_prestat_get: (fd: number, result: number) => {
      if (fd !== PREOPENED) return BADF
      this.#put32(result, 0)
      this.#put32(result + 4, FOLDER.length)
      return OK
    },
    fd_prestat_dir_name: (fd: number, path: number) => {
      if (fd !== PREOPENED) return BADF
      new Uint8Array(this.memory.buffer).set(Buffer.from(FOLDER), path)
      return OK
    },
    fd_fdstat_get: (fd: number, result: number) => {
      // File type: 2 character device, 3 directory, 4 regular file; then every right there is.
      new Uint8Array(this.memory.buffer).fill(0, result, result + 24)
      this.#view().setUint8(result, fd < PREOPENED ? 2 : fd === PREOPENED ? 3 : 4)
      this.#view().setBigUint64(result + 8, 0xffff_ffff_ffff_ffffn, true)
      this.#view().setBigUint64(result + 16, 0xffff_ffff_ffff_ffffn, true)
      return OK
    },
    fd_fdstat_set_flags: () => OK,
    path_open: (...args: (number | bigint)[]) => {
      this.#position = 0
      this.#put32(Number(args[8]), OUTPUT)
      return OK
    },
    fd_read: (_fd: number, _vectors: number, _count: number, result: number) => {
      this.#put32(result, 0)
      return OK
    },
    fd_seek: (fd: number, offset: bigint, whence: number, result: number) => {
      if (fd !== OUTPUT) return BADF
      const base = whence === 0 ? 0 : whence === 1 ? this.#position : this.#length
      this.#position = base + Number(offset)
      this.#view().setBigUint64(result, BigInt(this.#position), true)
      return OK
    },
    fd_write: (fd: number, vectors: number, count: number, result: number) => {
      let total = 0
      for (let i = 0; i < count; i++) {
        const at = this.#view().getUint32(vectors + i * 8, true)
        const length = this.#view().getUint32(vectors + i * 8 + 4, true)
        if (fd === OUTPUT) this.#write(new Uint8Array(this.memory.buffer, at, length))
        total += length
      }
      this.#put32(result, total)
      return OK
    },
    fd_close: () => OK,
    proc_exit: (code: number) => {
      throw new Exit(code)
    },
  }

  #write(bytes: Uint8Array): void {
    const end = this.#position + bytes.length
    if (end > this.#file.length) {
      const larger = Buffer.alloc(Math.max(end, this.#file.length * 2))
      this.#file.copy(larger)
      this.#file = larger
    }
    this.#file.set(bytes, this.#position)
    this.#position = end
    this.#length = Math.max(this.#length, end)
  }

  #put32(at: number, value: number): void {
    this.#view().setUint32(at, value, true)
  }

  /** Anew each time: the buffer changes when the program's memory grows. */
  #view(): DataView {
    return new DataView(this.memory.buffer)
  }
}
