/** POST /delete */
import * as z from "zod/mini";
import { filename } from "./photo.ts";

export const delete_request = z.strictObject({ file: filename });

export const delete_response = z.strictObject({ deleted: filename });

export type DeleteRequest = z.infer<typeof delete_request>;
export type DeleteResponse = z.infer<typeof delete_response>;
