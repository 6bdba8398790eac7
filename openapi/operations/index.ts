/** Every operation of the document, by the function that serves it. */
import table from "../../terraform/functions.auto.tfvars.json" with { type: "json" };
import type { Operation } from "../operation.ts";
import { cancel_upload } from "./cancel_upload.ts";
import { check } from "./check.ts";
import { complete_upload } from "./complete_upload.ts";
import { delete_photos } from "./delete.ts";
import { download } from "./download.ts";
import { job } from "./job.ts";
import { list } from "./list.ts";
import { login } from "./login.ts";
import { logout } from "./logout.ts";
import { openapi } from "./openapi.ts";
import { refresh } from "./refresh.ts";
import { request_upload } from "./request_upload.ts";
import { restore } from "./restore.ts";
import { unzip } from "./unzip.ts";
import { upload_parts } from "./upload_parts.ts";
import { upload_single_photo } from "./upload_single_photo.ts";

type Functions = (typeof table)["functions"];

/** The functions that have a route in the table. */
type Endpoint = {
  [Name in keyof Functions]: Functions[Name] extends { readonly route: string } ? Name : never;
}[keyof Functions];

/** In the order of the document. An endpoint without a line here does not compile. */
export const operations: Readonly<Record<Endpoint, Operation>> = {
  login,
  refresh,
  logout,
  upload_single_photo,
  check,
  list,
  download,
  delete: delete_photos,
  restore,
  request_upload,
  upload_parts,
  complete_upload,
  cancel_upload,
  unzip,
  job,
  openapi,
};
