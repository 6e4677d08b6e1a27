/** The OpenAPI document, readable. */
import { getJson } from "./api.js";
import { element } from "./element.js";

const METHODS = ["get", "head", "post", "put", "patch", "delete", "options"];
const place = document.querySelector("#operations");

getJson("openapi.json").then(
  ({ paths, components }) => place.replaceChildren(...Object.entries(paths).flatMap(([path, item]) =>
    METHODS.filter((method) => method in item).map((method) => operation(method, path, item[method], item.parameters ?? [], components.schemas)))),
  (error) => place.replaceChildren(element("p", { class: "error", role: "alert" }, error.message)),
);

function operation(method, path, { summary, description, parameters = [], requestBody, responses }, shared, schemas) {
  const [bodyType, body] = Object.entries(requestBody?.content ?? {})[0] ?? [];
  return element("details", { class: "panel" },
    element("summary", {}, element("code", { class: "method", "data-method": method }, method.toUpperCase()), " ", element("code", { class: "path" }, path), " ", element("span", {}, summary)),
    ...(description === undefined ? [] : [element("p", {}, ...words(description))]),
    ...(parameters.length + shared.length === 0 ? [] : [table("Parameters", [...shared, ...parameters].map((p) => [p.name, p.in, p.description ?? typeName(p.schema)]))]),
    ...(body === undefined ? [] : [table(`Body (${bodyType})`, fields(resolve(body.schema, schemas)))]),
    table("Answers", Object.entries(responses).map(([status, answer]) => [status, Object.keys(answer.content ?? {}).join(", "), answer.description])));
}

function fields(schema) {
  return Object.entries(schema.properties ?? {}).map(([name, field]) => [name, typeName(field), field.description ?? ""]);
}

function resolve(schema, schemas) {
  return schema.$ref === undefined ? schema : schemas[schema.$ref.split("/").at(-1)];
}

function typeName({ type, enum: choices, $ref, default: fallback }) {
  const name = choices?.join(" | ") ?? $ref?.split("/").at(-1) ?? String(type ?? "");
  return fallback === undefined ? name : `${name} (${fallback})`;
}

function table(title, rows) {
  return element("table", {}, element("caption", {}, title), element("tbody", {}, ...rows.map(([first, ...rest]) =>
    element("tr", {}, element("th", { scope: "row" }, first), ...rest.map((text) => element("td", {}, ...words(text)))))));
}

/** Text in which what stands between backticks is code. */
function words(text) {
  return text.split("`").map((part, index) => (index % 2 === 1 ? element("code", {}, part) : part));
}
