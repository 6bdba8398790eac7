/** The XML that S3 speaks: a small writer of elements, and a strict reader of request bodies. */
import { XMLParser, XMLValidator } from "fast-xml-parser";
import { malformed_xml } from "./errors.ts";

/** A name and its content; an element whose content is undefined is left out. */
export type XmlElement = readonly [
  name: string,
  content: string | number | boolean | undefined | readonly XmlElement[],
];

const NAMESPACE = "http://s3.amazonaws.com/doc/2006-03-01/";

/** Renders an answer's document in S3's namespace. */
export function xml_document([name, content]: XmlElement): string {
  return `${DECLARATION}<${name} xmlns="${NAMESPACE}">${render_content(content)}</${name}>`;
}

/** Renders an error's document, which S3 keeps out of any namespace. */
export function xml_error_document(content: readonly XmlElement[]): string {
  return DECLARATION + render(["Error", content]);
}

const DECLARATION = '<?xml version="1.0" encoding="UTF-8"?>\n';

function render([name, content]: XmlElement): string {
  return content === undefined ? "" : `<${name}>${render_content(content)}</${name}>`;
}

function render_content(content: XmlElement[1]): string {
  if (content === undefined) return "";
  return typeof content === "object" ? content.map(render).join("") : escape_text(String(content));
}

const NAMED: Readonly<Record<string, string>> = { "&": "&amp;", "<": "&lt;", ">": "&gt;", '"': "&quot;" };

/**
 * Escapes text. Control characters become references, as S3 writes them, although XML 1.0 has no place for
 * most of them: a client that must read such keys asks for `encoding-type=url`.
 */
function escape_text(text: string): string {
  return text.replace(
    /[&<>"\p{Cc}\ufffe\uffff]/gu,
    (character) => NAMED[character] ?? `&#${character.charCodeAt(0)};`,
  );
}

/**
 * Reads a request's document. `lists` names the elements that are arrays however many there are.
 * Text is kept as it stands, spaces included. A document type, an entity that XML does not define and a
 * character that XML 1.0 forbids, plain or as a reference, are refused: the parser lets them pass, or drops
 * them, and a key would become another.
 */
export function parse_xml(text: string, lists: readonly string[]): unknown {
  const sound =
    !/<!DOCTYPE/i.test(text) &&
    [...text].every((character) => is_xml_character(character.codePointAt(0) ?? 0)) &&
    references_are_sound(text) &&
    XMLValidator.validate(text) === true;
  if (!sound) throw malformed_xml();
  const parser = new XMLParser({
    ignoreAttributes: true,
    parseTagValue: false,
    trimValues: false,
    htmlEntities: true,
    isArray: (name) => lists.includes(name),
  });
  const parsed = parse_or_refuse(parser, text);
  if (Object.keys(parsed).filter((name) => !name.startsWith("?")).length !== 1) throw malformed_xml();
  return parsed;
}

function parse_or_refuse(parser: XMLParser, text: string): object {
  let parsed: unknown;
  try {
    parsed = parser.parse(text);
  } catch {
    throw malformed_xml();
  }
  if (typeof parsed !== "object" || parsed === null) throw malformed_xml();
  return parsed;
}

function references_are_sound(text: string): boolean {
  const outside_cdata = text.replace(/<!\[CDATA\[.*?\]\]>/gs, "");
  return [...outside_cdata.matchAll(/&([^;&<]*;?)/g)].every(([, reference = ""]) => {
    const match = /^(?:(amp|lt|gt|quot|apos)|#(\d{1,7})|#x([\da-fA-F]{1,6}));$/.exec(reference);
    if (!match) return false;
    const [, named, decimal, hexadecimal] = match;
    if (named) return true;
    return is_xml_character(decimal ? Number(decimal) : Number.parseInt(hexadecimal ?? "", 16));
  });
}

/** XML 1.0, production 2, Char. */
function is_xml_character(code: number): boolean {
  return (
    code === 0x9 ||
    code === 0xa ||
    code === 0xd ||
    (code >= 0x20 && code <= 0xd7ff) ||
    (code >= 0xe000 && code <= 0xfffd) ||
    (code >= 0x10000 && code <= 0x10ffff)
  );
}
