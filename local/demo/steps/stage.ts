/** What the steps of the demo share. */
import type { PhotoClient } from "../../../client/index.ts";
import type { Api } from "../api.ts";
import type { ShowProgress } from "../progress.ts";
import type { Report } from "../report.ts";

export interface Stage {
  /** Without a token. */
  readonly api: Api;
  /** With a sign-in of its own; one that is `unstoppable` works on when the demo is told to stop. */
  readonly new_client: () => {
    readonly client: PhotoClient;
    readonly unstoppable: PhotoClient;
    token(): Promise<string>;
  };
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

/** What somebody who has signed in has. */
export interface SignedIn {
  readonly client: PhotoClient;
  /** Works on when the demo is told to stop. */
  readonly unstoppable: PhotoClient;
  /** With the same token, for what is below the client. */
  readonly user: Api;
}

/** The stage once the demo user has signed in. */
export interface SignedInStage extends Stage, SignedIn {
  /** In the order of their uploads; steps add to it and take from it. */
  readonly stored: StoredPhoto[];
  /** The ids of uploads that have been begun, and whose photos are not among `stored` yet. */
  readonly begun: Set<string>;
}
