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

/** A part of the report. */
export interface Part {
  results: Result[];
  targets: Target[];
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
