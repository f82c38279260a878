// BarRow is one line of Bars.
export interface BarRow {
  id: string;
  name: string;
  href?: string;
  detail?: string;
  share?: number; // 0…1; none when there is nothing to count
  target?: number; // per cent
  total: number;
  count: string; // in words: "41 / 50"
  late: number;
  chip: { tone: 'plain' | 'done' | 'due' | 'late' | 'wait'; text: string };
}
