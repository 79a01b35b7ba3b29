// SPDX-License-Identifier: MIT
// The JSON Schema of study files, for editors. It knows every key, type and range. It accepts errors that only the
// reader can see (a missing option that a case brings, combinations of options).
#include <cmath>

#include "eigensweep/study/declare/describe.hpp"
#include "eigensweep/study/declare/sections.hpp"
#include "eigensweep/study/declare/training.hpp"

namespace eigensweep::study {
namespace {

const char* const name_pattern = "^[A-Za-z0-9_.-]+$";

Json object_of(Json properties) {
  return {{"type", "object"}, {"properties", std::move(properties)}, {"additionalProperties", false}};
}

Json reference(const std::string& name) { return {{"$ref", "#/$defs/" + name}}; }

void add_range(const Range& range, Json& schema) {
  if (std::isfinite(range.low)) schema[range.low_is_open ? "exclusiveMinimum" : "minimum"] = range.low;
  if (std::isfinite(range.high)) schema["maximum"] = range.high;
}

Json value_schema(const Option& option) {
  Json schema = Json::object();
  switch (option.type) {
    case Type::boolean:
      return {{"type", "boolean"}};
    case Type::integer:
    case Type::number:
      schema["type"] = option.type == Type::integer ? "integer" : "number";
      add_range(option.range, schema);
      if (option.infinite) return {{"anyOf", Json::array({std::move(schema), Json{{"const", "inf"}}})}};
      return schema;
    case Type::text:
      return {{"type", "string"}};
    case Type::choice:
      return {{"enum", option.choices}};
    case Type::number_list: {
      Json element{{"type", "number"}};
      add_range(option.range, element);
      return {{"type", "array"}, {"items", std::move(element)}};
    }
  }
  return schema;
}

// A value, or a sweep of such values.
Json leaf_schema(const Option& option) {
  const Json value = value_schema(option);
  const bool is_number = option.type == Type::integer || option.type == Type::number;
  Json list{{"type", "array"}, {"minItems", 1}, {"items", value}};
  Json sweep = is_number ? Json{{"anyOf", Json::array({std::move(list), reference("generated")})}} : std::move(list);
  Json swept = object_of({{"sweep", std::move(sweep)}});
  swept["required"] = {"sweep"};
  Json schema{{"description", option.unit.empty() ? option.meaning : option.meaning + " [" + option.unit + "]"}};
  if (!option.default_value.is_null()) schema["default"] = option.default_value;
  schema["anyOf"] = Json::array({value, std::move(swept)});
  return schema;
}

Json leaves(const Options& options) {
  Json properties = Json::object();
  for (const Option& option : options.all()) properties[option.name] = leaf_schema(option);
  return properties;
}

std::string definition_name(const Kind& kind) { return std::string(family_name(kind.family)) + "." + kind.name; }

Json any_kind(const Catalog& catalog, Family family) {
  Json kinds = Json::array();
  for (const std::string& name : catalog.names(family)) {
    kinds.push_back(reference(definition_name(*catalog.find(family, name))));
  }
  return {{"anyOf", std::move(kinds)}};
}

// A section of labels; in a case, null removes what the base has.
Json labelled(const Catalog& catalog, Family family, bool in_case) {
  // A label that names no kind says which kind it is, so that editors mark a misspelt kind. In a case the base says it.
  Json section = any_kind(catalog, family);
  if (!in_case) section["required"] = {"kind"};
  Json properties = Json::object();
  for (const std::string& name : catalog.names(family)) {
    const Kind& kind = *catalog.find(family, name);
    properties[name] = {{"anyOf", Json::array({reference(definition_name(kind)), section})},
                        {"description", kind.meaning}};
    if (in_case) properties[name]["anyOf"].push_back({{"type", "null"}});
  }
  if (in_case) section["anyOf"].push_back({{"type", "null"}});
  Json reserved = Json::array();
  for (const ReservedLabel& label : reserved_labels()) reserved.push_back(label.word);
  return {{"type", "object"},
          {"properties", std::move(properties)},
          {"propertyNames", {{"pattern", name_pattern}, {"not", {{"enum", std::move(reserved)}}}}},
          {"additionalProperties", std::move(section)}};
}

Json configuration(const Catalog& catalog, bool in_case) {
  const Options seed = Options{}.integer("seed", 0, {0, 9007199254740992.0},
                                         "decides initial weights and the order of samples; an axis of replicates");
  Json metrics = labelled(catalog, Family::metric, in_case);
  metrics["description"] = default_metric_words();
  Json training = leaves(options_of<Training>());
  training["optimizer"] = any_kind(catalog, Family::optimizer);
  training["schedule"] = any_kind(catalog, Family::schedule);
  return {{"seed", leaf_schema(seed.all().front())},
          {"procedure", any_kind(catalog, Family::procedure)},
          {"dataset", any_kind(catalog, Family::dataset)},
          {"model", any_kind(catalog, Family::model)},
          {"training", object_of(std::move(training))},
          {"regularizers", labelled(catalog, Family::regularizer, in_case)},
          {"constraints", labelled(catalog, Family::constraint, in_case)},
          {"attacks", labelled(catalog, Family::attack, in_case)},
          {"metrics", std::move(metrics)}};
}

Json definitions(const Catalog& catalog) {
  const Json three{{"type", "array"}, {"minItems", 3}, {"maxItems", 3}, {"items", {{"type", "number"}}}};
  Json generated = object_of({{"linspace", three}, {"logspace", three}, {"range", three}});
  generated["minProperties"] = 1;
  generated["maxProperties"] = 1;
  generated["description"] = "linspace and logspace: [first, last, count]; range: [start, stop, step]";
  Json all{{"generated", std::move(generated)}};
  for (const Kind& kind : catalog.all()) {
    if (!kind.procedure.is_chosen) continue;
    Json properties{{"kind", {{"const", kind.name}}}};
    const Json options = leaves(kind.options);
    for (const auto& [name, schema] : options.items()) properties[name] = schema;
    Json definition = object_of(std::move(properties));
    definition["description"] = kind.meaning;
    all[definition_name(kind)] = std::move(definition);
  }
  return all;
}

}  // namespace

Json schema(const Catalog& catalog) {
  Json cases_properties{{"name", {{"type", "string"}, {"pattern", name_pattern}}}};
  const Json in_case = configuration(catalog, true);
  for (const auto& [name, section] : in_case.items()) cases_properties[name] = section;
  Json one_case = object_of(std::move(cases_properties));
  one_case["required"] = {"name"};

  Json output = Json::object();
  const Options options = output_options();
  for (const Option& option : options.all()) {
    output[option.name] = value_schema(option);
    output[option.name]["description"] = option.meaning;
    output[option.name]["default"] = option.default_value;
  }
  const Json pointers{{"type", "array"}, {"minItems", 2}, {"items", {{"type", "string"}, {"pattern", "^/"}}}};
  Json properties{{"$schema", {{"type", "string"}}},
                  {"name", {{"type", "string"}, {"pattern", name_pattern}, {"description", "names results"}}},
                  {"description", {{"type", "string"}}}};
  const Json base = configuration(catalog, false);
  for (const auto& [name, section] : base.items()) properties[name] = section;
  properties["output"] = object_of(std::move(output));
  properties["cases"] = {{"type", "array"},
                         {"minItems", 1},
                         {"items", std::move(one_case)},
                         {"description", "an axis of named alternatives, each laid over the rest of the study"}};
  properties["zip"] = {{"type", "array"},
                       {"items", pointers},
                       {"description", "groups of JSON pointers to swept options that advance together"}};
  properties["exclude"] = {
      {"type", "array"},
      {"items", {{"type", "object"}, {"minProperties", 1}}},
      {"description", "cells to leave out: partial configurations with values or lists of values"}};
  Json made{{"$schema", "https://json-schema.org/draft/2020-12/schema"}, {"title", "eigensweep study"}};
  const Json root = object_of(std::move(properties));
  for (const auto& [key, value] : root.items()) made[key] = value;
  made["required"] = {"name"};
  made["$defs"] = definitions(catalog);
  return made;
}

}  // namespace eigensweep::study
