/** What was measured together, in turn, so that its values can be compared. */
export interface Result {
  title: string;
  /** What stands above the table. */
  text: string;
  unit: "ms" | "MiB";
  rows: Row[];
  /** What happened beside the numbers; below the table. */
  remarks?: string[];
  /** The file name of a plot of it, and what it shows in words. */
  plot?: { name: string; alt: string };
}

export interface Row {
  label: string;
  /** One a round. */
  values: number[];
  /**
   * What the other rows are compared with: a `floor`, which nothing can be faster than, a `peer`, which others use, or the
   * `first` of a row of sizes.
   */
  reference?: "floor" | "peer" | "first";
  /** Where its median stands in a plot of lines. */
  at?: { line: string; x: number };
}

/** A number to reach, and whether it is. */
export interface Target {
  what: string;
  target: string;
  measured: string;
  /** Null when it could not be measured. */
  isMet: boolean | null;
}

/** A part of the report. */
export interface Part {
  results: Result[];
  targets: Target[];
}

/** Where it was measured, as it stands in the report. */
export type Facts = [name: string, value: string][];

export interface Report {
  rounds: number;
  facts: Facts;
  /** What could not be measured and why. */
  missing: string[];
  parts: Part[];
}
