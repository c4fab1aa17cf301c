/** One table: rows that were measured in turn, so that their values can be compared. */
export interface Result {
  title: string;
  /** The text above the table. */
  text: string;
  unit: "ms" | "µs" | "MiB" | "places";
  rows: Row[];
  /** Further results, printed below the table. */
  remarks?: string[];
}

export interface Row {
  label: string;
  /** One value for each round. */
  values: number[];
  /**
   * Set on a row that the others are compared with: the `floor` is the bare program, a `peer` is another tool, and
   * `first` is the first of several sizes.
   */
  reference?: "floor" | "peer" | "first";
}

export interface Target {
  what: string;
  target: string;
  measured: string;
  /** Null when it could not be measured. */
  isMet: boolean | null;
}

/** Measurements of one unit in one picture: a bar for each, or lines over their sizes. */
export interface Plot {
  /** The name of its file, without the ending. */
  name: string;
  title: string;
  unit: Result["unit"];
  /** The sizes that the lines go over. Without it the plot has bars. */
  x?: string;
  isLogarithmic?: boolean;
  points: Point[];
}

interface Point {
  /** The name of the bar, or of the line that this is a point of. */
  label: string;
  x?: number;
  /** One value for each round. */
  values: number[];
}

/** A part of the report. */
export interface Part {
  results: Result[];
  targets: Target[];
  plot?: Plot;
}

/** The machine and the versions, as the report shows them. */
export type Facts = [name: string, value: string][];

export interface Report {
  rounds: number;
  facts: Facts;
  /** Measurements that were not possible, with the reason. */
  missing: string[];
  parts: Part[];
}
