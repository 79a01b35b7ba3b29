// SPDX-License-Identifier: MIT
#pragma once

#include <map>
#include <string>
#include <vector>

#include "eigensweep/study/declare/kind.hpp"
#include "eigensweep/study/declare/role.hpp"
#include "node.hpp"

namespace eigensweep::study {

/// A leaf that takes several values.
struct Sweep {
  std::string path;     ///< place in the configuration, "/model/width"
  std::string pointer;  ///< place in the user's document: the same, or inside a case
  const Option* option = nullptr;
  Role role = Role::training;
  std::vector<Json> values;  ///< none twice, but for those that are zipped
  bool is_listed = true;     ///< the document has the values themselves: "/sweep/2" is the third
};

/// Sweeps that advance together, as indices into a list of sweeps: one alone, or a zip group.
using Compound = std::vector<std::size_t>;

/// An attack or a metric as it stands in the study, before its sweeps become variants.
struct EvaluationTemplate {
  const Kind* kind = nullptr;
  std::string label;
  std::string pointer;
  Json options;  ///< resolved, swept leaves at their first value
  std::vector<Sweep> sweeps;
  std::vector<Compound> compounds;  ///< without the intensity
};

/// A kind that training reads, and where its section stands.
struct Part {
  const Kind* kind = nullptr;
  Json::json_pointer path;  ///< in the configuration
  std::string pointer;      ///< in the user's document
};

/// One alternative of a study: its base, or a case merged over it, read and checked, with the sweeps still folded.
struct Template {
  std::string name;  ///< of the case, "" without cases
  Json config;  ///< {dataset, model, training, regularizers, [constraints,] seed}, swept leaves at their first value
  std::vector<Sweep> sweeps;  ///< training and replicate axes, in the order of the file
  std::vector<Compound> compounds;
  const Kind* procedure = nullptr;
  std::vector<Part> parts;
  std::vector<EvaluationTemplate> evaluations;
  std::map<std::string, const Option*> leaves;  ///< every leaf of `config` by its path
};

/// Reads the configuration under `root` (the study's root, or a case merged over it) against the catalog's
/// declarations. Throws ConfigError for whatever is not declared there.
Template read_template(const Node& root, const Catalog& catalog, const Source& source);

/// Reads an object of plain options that cannot be swept ("output"). `node` may be null: all defaults.
Json read_plain_options(const Node* node, const Options& options, const std::string& path, const Source& source);

/// A case laid over the base: objects are merged, leaves and sweeps replaced, null removes. A section whose kind
/// changes starts anew, because the options of the other kind mean nothing to it.
Node merge(const Node& base, const Node& over, const Source& source);

/// Fills the templates' compounds from the study's "zip" (null: nothing advances together).
void read_zip(const Node* zip, std::vector<Template>& templates, const Source& source);

/// The kind of a section that names none, by the path of the section in the configuration; "" if the section holds no
/// kind.
std::string default_kind(const std::string& path);

/// Keys that may stand in a study file, and in a case.
const std::vector<std::string>& study_keys();
const std::vector<std::string>& configuration_keys();

/// Labels, names of studies and cases: letters, digits, '_', '.', '-'. Throw ConfigError.
void check_name(const Node& node, const std::string& name, const char* what, const Source& source);
/// A label must not be a reserved word either.
void check_label(const Node& node, const std::string& label, const Source& source);

}  // namespace eigensweep::study
