/** The extra fields of a header: a list of (id, length, data). APPNOTE.TXT 6.3.10, sections 4.5 and 4.6. */

export const extra_id = {
  /** ZIP64: 64-bit sizes and offset. Section 4.5.3. */
  zip64: 0x0001,
  /** Extended timestamp of Info-ZIP: seconds since 1970, UTC. */
  timestamp: 0x5455,
  /** Info-ZIP Unicode Path. Section 4.6.9. */
  unicode_path: 0x7075,
} as const;

/**
 * The data of the first field with this id. Padding and a cut field at the end are passed over, as zipalign
 * and others leave such behind; a field that is needed and not found shows in the checks that follow.
 */
export function extra_field(extra: Uint8Array, id: number): Uint8Array | undefined {
  const view = data_view(extra);
  let at = 0;
  while (at + 4 <= extra.byteLength) {
    // 0 - id, 2 - length of the data, 4 - data
    const data_end = at + 4 + view.getUint16(at + 2, true);
    if (data_end > extra.byteLength) return undefined;
    if (view.getUint16(at, true) === id) return extra.subarray(at + 4, data_end);
    at = data_end;
  }
  return undefined;
}

/** The value that says in a 32-bit field: see the ZIP64 field. */
export const saturated_32 = 0xffffffff;
/** The same in a 16-bit field. */
export const saturated_16 = 0xffff;

/**
 * The true values of the 32-bit fields of a header. Only those that are saturated are in the ZIP64 field, in
 * the order of `values`. One that is saturated and has no 64-bit value is taken literally, for that is what a
 * writer without ZIP64 means by it.
 */
export function widen_with_zip64(values: readonly number[], extra: Uint8Array): number[] {
  if (!values.includes(saturated_32)) return [...values];
  const field = extra_field(extra, extra_id.zip64) ?? new Uint8Array();
  const view = data_view(field);
  let at = 0;
  return values.map((value) => {
    if (value !== saturated_32 || at + 8 > field.byteLength) return value;
    at += 8;
    return read_uint64(view, at - 8);
  });
}

/** Inexact above 2^53, where it is beyond any file and so fails every check of a range. */
export function read_uint64(view: DataView, at: number): number {
  return Number(view.getBigUint64(at, true));
}

export function data_view(bytes: Uint8Array): DataView {
  return new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
}
