/** Candidates by time: those of the start sorted once, those put back in a heap. Each is one number, time and row packed. */
export class TimeQueue {
  private readonly heap: number[] = [];
  private next = 0;

  /** `first`: from the start of the horizon, packed with `pack`. It is sorted in place. */
  private readonly first: Float64Array;
  private readonly rows: number;

  constructor(first: Float64Array, rows: number) {
    this.first = first;
    this.rows = rows;
    first.sort();
  }

  static pack = (afterMs: number, row: number, rows: number): number => afterMs * rows + row;

  afterMsOf(packed: number): number {
    return Math.floor(packed / this.rows);
  }

  rowOf(packed: number): number {
    return packed % this.rows;
  }

  put(afterMs: number, row: number): void {
    const { heap } = this;
    let place = heap.push(TimeQueue.pack(afterMs, row, this.rows)) - 1;
    const packed = heap[place] as number;
    while (place > 0) {
      const parent = (place - 1) >> 1;
      if ((heap[parent] as number) <= packed) break;
      heap[place] = heap[parent] as number;
      place = parent;
    }
    heap[place] = packed;
  }

  /** The earliest of all; undefined when there is none left. */
  take(): number | undefined {
    const first = this.first[this.next];
    const put = this.heap[0];
    if (put === undefined || (first !== undefined && first < put)) {
      if (first !== undefined) this.next += 1;
      return first;
    }
    this.sink();
    return put;
  }

  private sink(): void {
    const { heap } = this;
    const last = heap.pop() as number;
    if (heap.length === 0) return;
    let place = 0;
    for (;;) {
      let child = 2 * place + 1;
      if (child >= heap.length) break;
      if (child + 1 < heap.length && (heap[child + 1] as number) < (heap[child] as number)) child += 1;
      if ((heap[child] as number) >= last) break;
      heap[place] = heap[child] as number;
      place = child;
    }
    heap[place] = last;
  }
}
