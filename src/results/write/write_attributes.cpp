// SPDX-License-Identifier: MIT
#include <algorithm>
#include <set>

#include "eigensweep/core/here.hpp"
#include "eigensweep/core/version.hpp"
#include "provenance.hpp"
#include "study_writer.hpp"

namespace eigensweep::results {
namespace {

using study::Evaluation;
using study::Family;

Json axes_of(const study::Study& study, const Layout& layout) {
  Json axes = Json::array();
  for (std::size_t i = 0; i < study.axes.size(); ++i) {
    const study::Axis& axis = study.axes[i];
    axes.push_back({{"name", axis.name},
                    {"coordinate", i < layout.coordinates.size() ? layout.coordinates[i] : ""},
                    {"pointer", axis.pointer},
                    {"role", word(axis.role)},
                    {"values", axis.values}});
  }
  return axes;
}

std::string group_of(const Evaluation& evaluation, const Layout& layout) {
  if (evaluation.family == Family::attack) {
    for (const AttackGroup& group : layout.attacks)
      if (group.intensity == evaluation.intensity_name) return group.group;
  }
  for (const MetricGroup& group : layout.metrics)
    if (group.label == evaluation.label) return group.group;
  return "";
}

Json evaluations_of(const study::Study& study, const Layout& layout) {
  Json list = Json::array();
  std::set<std::pair<std::string, std::string>> seen;
  for (const study::Trial& trial : study.trials) {
    for (const Evaluation& evaluation : study.evaluations(trial)) {
      if (!seen.emplace(evaluation.label, evaluation.id).second) continue;
      list.push_back({{"id", evaluation.id},
                      {"family", study::family_name(evaluation.family)},
                      {"label", evaluation.label},
                      {"group", group_of(evaluation, layout)},
                      {"kind", evaluation.kind},
                      {"options", evaluation.options},
                      {"strength_name", evaluation.intensity_name},
                      {"strengths", evaluation.intensities}});
    }
  }
  return list;
}

}  // namespace

void StudyWriter::write_attributes(const Json& provenance, const std::vector<std::string>& warnings) {
  const BuildInfo& build = build_info();
  const auto set = [&](const char* name, const auto& value) { writer_.set_attribute("/", name, value); };
  set("file_type", std::string(file_type));
  set("format_version", std::int64_t{format_version});
  set("Conventions", std::string("CF-1.8"));
  set("title", study_.name);
  set("comment", study_.description);
  set("eigensweep_version", std::string(build.version));
  set("git_revision", std::string(build.git_revision));
  set("git_dirty", std::int64_t{build.git_dirty ? 1 : 0});
  set("created_utc", utc_now());
  set("study_json", json_text(study_.document, 2));
  set("resolved_json", json_text(study_.resolved(), 2));
  set("axes_json", json_text(axes_of(study_, layout_)));
  set("evaluations_json", json_text(evaluations_of(study_, layout_)));
  std::vector<std::string> all = study_.warnings;
  all.insert(all.end(), warnings.begin(), warnings.end());
  set("study_warnings", json_text(all));
  set("provenance", json_text(provenance, 2));
}

}  // namespace eigensweep::results
