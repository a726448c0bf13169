// Takes GitHub's OpenAPI 3.0 description of its API; yields the operations that the tests' GitHub
// serves and the events that it makes, with their schemas as JSON Schema.  usage: extract.mjs <description> <extract>
import { readFileSync, writeFileSync } from "node:fs";

const OPERATIONS = `
get /repos/{owner}/{repo}
get /repos/{owner}/{repo}/activity
get /repos/{owner}/{repo}/pulls
get /repos/{owner}/{repo}/pulls/{pull_number}
get /repos/{owner}/{repo}/pulls/{pull_number}/reviews
get /repos/{owner}/{repo}/collaborators/{username}/permission
get /repos/{owner}/{repo}/commits/{ref}
get /repos/{owner}/{repo}/commits/{commit_sha}/pulls
get /repos/{owner}/{repo}/git/commits/{commit_sha}
get /repos/{owner}/{repo}/git/ref/{ref}
get /repos/{owner}/{repo}/git/tags/{tag_sha}
get /repos/{owner}/{repo}/compare/{basehead}
get /repos/{owner}/{repo}/commits/{ref}/statuses
post /repos/{owner}/{repo}/statuses/{sha}
get /repos/{owner}/{repo}/issues
post /repos/{owner}/{repo}/issues
patch /repos/{owner}/{repo}/issues/{issue_number}
get /repos/{owner}/{repo}/issues/{issue_number}/comments
post /repos/{owner}/{repo}/issues/{issue_number}/comments
patch /repos/{owner}/{repo}/issues/comments/{comment_id}
delete /repos/{owner}/{repo}/issues/comments/{comment_id}
get /repos/{owner}/{repo}/releases/latest
get /repos/{owner}/{repo}/actions/runs/{run_id}
`;

const EVENTS = ["pull-request-opened", "pull-request-synchronize", "pull-request-review-submitted",
  "pull-request-review-dismissed", "workflow-run-completed", "issue-comment-created", "workflow-dispatch",
  "merge-group-checks-requested", "push"];

const [source, target] = process.argv.slice(2);
const description = JSON.parse(readFileSync(source, "utf8"));
const pointed = (pointer) =>
  pointer.split("/").slice(1).reduce((value, key) => value[key], description);
const resolved = (value) => (value?.$ref ? resolved(pointed(value.$ref)) : value);
const each = (object, change) =>
  Object.fromEntries(Object.entries(object ?? {}).map(([key, value]) => [key, change(value)]));

const definitions = {};
const KEPT = ["type", "enum", "required", "format", "pattern", "minimum", "maximum", "minLength",
  "maxLength", "minItems", "maxItems", "uniqueItems", "minProperties", "maxProperties"];

/** A schema of OpenAPI 3.0 as JSON Schema; what it refers to goes to `definitions`. */
function schema(from) {
  if (typeof from !== "object" || from === null) return from;
  if (from.$ref) {
    const name = from.$ref.split("/").at(-1);
    if (!(name in definitions)) {
      definitions[name] = null;
      definitions[name] = schema(pointed(from.$ref));
    }
    return { $ref: `#/$defs/${name}` };
  }
  const to = Object.fromEntries(KEPT.filter((key) => key in from).map((key) => [key, from[key]]));
  if (from.properties) to.properties = each(from.properties, schema);
  for (const key of ["items", "additionalProperties", "not"]) {
    if (key in from) to[key] = schema(from[key]);
  }
  for (const key of ["allOf", "anyOf", "oneOf"]) {
    if (key in from) to[key] = from[key].map(schema);
  }
  return from.nullable ? { anyOf: [{ type: "null" }, to] } : to;
}

/** The schema of a request's body; a property that GitHub does not know is a mistake. */
function body(operation) {
  const from = resolved(operation.requestBody)?.content["application/json"].schema;
  return from ? { additionalProperties: false, ...schema(resolved(from)) } : null;
}

function response(from) {
  const json = resolved(from).content?.["application/json"];
  const example = resolved(Object.values(json?.examples ?? {})[0])?.value ?? null;
  return { schema: json?.schema ? schema(json.schema) : null, example };
}

function operation([method, template]) {
  const path = description.paths[template];
  const from = path[method];
  const parameter = ({ name, in: place, required, schema: of }) => (
    { name, in: place, required: required ?? false, schema: schema(of) });
  const parameters = [...(path.parameters ?? []), ...(from.parameters ?? [])].map(resolved);
  return {
    id: from.operationId, method: method.toUpperCase(), template,
    parameters: parameters.map(parameter), body: body(from),
    responses: each(from.responses, response),
  };
}

// A fork may be gone, as the description of the events knows; that of the API forgets it.
const head = description.components.schemas["pull-request"].properties.head.properties;
head.repo = { allOf: [head.repo], nullable: true };

const operations = OPERATIONS.trim().split("\n").map((line) => operation(line.split(" ")));
const error = schema({ $ref: "#/components/schemas/basic-error" });
const event = (name) => {
  const content = resolved(description["x-webhooks"][name].post.requestBody).content;
  return [name, schema(content["application/json"].schema)];
};
// GitHub Enterprise Server's description has not all of them.
const known = EVENTS.filter((name) => name in description["x-webhooks"]);
const events = Object.fromEntries(known.map(event));
writeFileSync(target, JSON.stringify({ operations, error, events, definitions }));
