import type { Due } from './books/records.js';

interface Entry {
  readonly due: Due;
  readonly order: number;
}

/** A binary heap: earliest first, and of the same instant the one that was planned first. */
export class DueQueue {
  private readonly entries: Entry[] = [];
  private planned = 0;

  peek(): Due | undefined {
    return this.entries[0]?.due;
  }

  push(due: Due): void {
    let place = this.entries.length;
    const entry = { due, order: this.planned++ };
    this.entries.push(entry);
    while (place > 0) {
      const parent = (place - 1) >> 1;
      const above = this.entries[parent] as Entry;
      if (!isBefore(entry, above)) break;
      this.entries[place] = above;
      place = parent;
    }
    this.entries[place] = entry;
  }

  pop(): Due | undefined {
    const first = this.entries[0];
    const last = this.entries.pop();
    if (first === undefined || last === undefined || this.entries.length === 0) return first?.due;
    let place = 0;
    for (;;) {
      const child = this.earlierChild(place);
      const below = this.entries[child];
      if (below === undefined || !isBefore(below, last)) break;
      this.entries[place] = below;
      place = child;
    }
    this.entries[place] = last;
    return first.due;
  }

  private earlierChild(place: number): number {
    const left = place * 2 + 1;
    const leftEntry = this.entries[left];
    const rightEntry = this.entries[left + 1];
    return leftEntry !== undefined && rightEntry !== undefined && isBefore(rightEntry, leftEntry) ? left + 1 : left;
  }
}

function isBefore(a: Entry, b: Entry): boolean {
  return a.due.at === b.due.at ? a.order < b.order : a.due.at < b.due.at;
}
