/** What the steps of the demo share. */
import type { Api } from "../api.ts";
import type { ShowProgress } from "../progress.ts";
import type { Report } from "../report.ts";

export interface Stage {
  /** Without a token. */
  readonly api: Api;
  readonly cognito_url: string;
  readonly report: Report;
  readonly progress: ShowProgress;
  /** Aborted when the demo is told to stop. */
  readonly stop?: AbortSignal | undefined;
}

/** A photo that the demo has stored and is to find again. */
export interface StoredPhoto {
  readonly filename: string;
  readonly name: string;
  readonly size: number;
  /** MIME type. */
  readonly type: string;
  readonly sha256: string;
}

/** The stage once the demo user has signed in. */
export interface SignedInStage extends Stage {
  /** With the demo user's token. */
  readonly user: Api;
  /** In the order of their uploads; steps add to it and take from it. */
  readonly stored: StoredPhoto[];
  /** The ids of uploads that have been begun, and whose photos are not among `stored` yet. */
  readonly begun: Set<string>;
}
