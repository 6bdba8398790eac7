import { describe, expect, it } from "vitest";
import { parse_xml, xml_document, xml_error_document } from "../../../local/s3/xml.ts";

describe("writing", () => {
  it("escapes what XML would take for its own, and control characters", () => {
    const text = `<a & "b"'> \r\n\t\u0001é😀`;
    expect(xml_error_document([["Message", text]])).toBe(
      '<?xml version="1.0" encoding="UTF-8"?>\n<Error><Message>&lt;a &amp; &quot;b&quot;\'&gt; &#13;&#10;&#9;&#1;é😀</Message></Error>',
    );
  });

  it("leaves out what is undefined, and keeps what is empty", () => {
    const written = xml_document([
      "Result",
      [
        ["A", undefined],
        ["B", ""],
        ["C", 0],
        ["D", false],
        ["E", [["F", "g"]]],
      ],
    ]);
    expect(written).toBe(
      '<?xml version="1.0" encoding="UTF-8"?>\n<Result xmlns="http://s3.amazonaws.com/doc/2006-03-01/"><B></B><C>0</C><D>false</D><E><F>g</F></E></Result>',
    );
  });
});

describe("reading", () => {
  const key_of = (text: string): unknown => parse_xml(`<D><Key>${text}</Key></D>`, []);

  it.each([
    ["  two  spaces ", "  two  spaces "],
    ["a&amp;lt;&#x1F600;&#128512;&quot;", 'a&lt;😀😀"'],
    ["&#13;&#xa;", "\r\n"],
    ["<![CDATA[<&copy;>]]>", "<&copy;>"],
    ["007", "007"],
    ["true", "true"],
  ])("keeps %o as it is meant", (text, expected) => {
    expect(key_of(text)).toEqual({ D: { Key: expected } });
  });

  it("makes a list of an element that may be repeated", () => {
    expect(parse_xml("<D><K>1</K></D>", ["K"])).toEqual({ D: { K: ["1"] } });
  });

  it.each([
    "",
    "text",
    "<a>",
    "<a><b></a>",
    "<a>&</a>",
    "<a>&copy;</a>",
    "<a>&nothing;</a>",
    "<a>&#1;</a>",
    "<a>&#xFFFF;</a>",
    "<a>\u0001</a>",
    '<!DOCTYPE a [<!ENTITY x "y">]><a>&x;</a>',
    "<a>1</a>junk",
    "<a/><b/>",
    "<a><__proto__>1</__proto__></a>",
  ])("refuses %o", (text) => {
    expect(() => parse_xml(text, [])).toThrow(expect.objectContaining({ code: "MalformedXML" }));
  });
});
