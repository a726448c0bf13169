// Takes GraphQL documents as a JSON array on standard input; yields, as another, what of each does not
// fit GitHub's published schema.  usage: queries.mjs, beside schema.graphql
import { readFileSync } from "node:fs";
import { buildSchema, parse, validate } from "graphql";

const published = readFileSync(new URL("schema.graphql", import.meta.url), "utf8");
// As it is published it defines some fields twice.
const schema = buildSchema(published, { assumeValidSDL: true });
const wrong = (document) => validate(schema, parse(document)).map((error) => error.message);
console.log(JSON.stringify(JSON.parse(readFileSync(0, "utf8")).map(wrong)));
