import type { Unit } from '../api/people.ts';
import { unitLines } from '../api/report.ts';

// Heads knows the names of those who answer for units. Tracking gives them for a unit and the units directly in it, so
// one question for each unit that has others in it is enough.
export class Heads {
  #names = $state<Record<string, string>>({});

  of = (unit: string): string | undefined => this.#names[unit];

  know(unit: string, name: string): void {
    this.#names[unit] = name;
  }

  async load(units: Unit[]): Promise<void> {
    const known = new Set(units.map((unit) => unit.id));
    const tops = units.filter((unit) => !unit.parent || !known.has(unit.parent)).map((unit) => unit.id);
    const parents = new Set([...tops, ...units.flatMap((unit) => (unit.parent && known.has(unit.parent) ? unit.parent : []))]);
    for (const unit of parents) {
      const { items } = await unitLines({ unit });
      for (const line of items ?? []) if (line.head) this.#names[line.unit.id] = line.head.name;
    }
  }
}
