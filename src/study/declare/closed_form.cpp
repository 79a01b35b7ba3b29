// SPDX-License-Identifier: MIT
#include "eigensweep/study/declare/closed_form.hpp"

#include <fmt/format.h>

#include "eigensweep/study/declare/training.hpp"

namespace eigensweep::study {

bool is_infinite(const Catalog& catalog, const Json& config) {
  if (!config.contains("model")) return false;
  const Json& model = config.at("model");
  const Kind& kind = kind_of(catalog, Family::model, model);
  return kind.is_infinite && kind.is_infinite(model);
}

std::string limit_wants(const Catalog& catalog, const Json& config) {
  if (!config.contains("model")) return "a network (this procedure has none)";
  const Json& section = config.at("training");
  const auto training = read<Training>(section);
  const auto of_kind = [&](Family family, const Json& options, const char* other) -> std::string {
    const Kind& kind = kind_of(catalog, family, options);
    return kind.limit_wants ? kind.limit_wants(options) : other;
  };
  std::string wanted =
      of_kind(Family::model, config.at("model"), "another kind of model (this one has no closed form)");
  if (!wanted.empty()) return wanted;
  if (training.loss != Training::Loss::mse) return "loss 'mse' (other losses have no closed form)";
  wanted =
      of_kind(Family::optimizer, section.at("optimizer"),
              "optimizer 'sgd' without momentum and weight_decay (others do not follow the kernel's gradient flow)");
  if (!wanted.empty()) return wanted;
  const char* constant_rate = "a constant learning rate (training time is learning rate times steps)";
  wanted = of_kind(Family::schedule, section.at("schedule"), constant_rate);
  if (!wanted.empty()) return wanted;
  if (training.warmup_epochs != 0 || training.rate_rule != Training::RateRule::fixed) return constant_rate;
  if (training.adversary != Training::Adversary::none) {
    return "adversary 'none' (adversarial training has no closed form)";
  }
  if (!config.at("regularizers").empty()) {
    return "no regularizers (penalties of hidden layers and Jacobians have no closed form)";
  }
  if (config.contains("constraints")) return "no constraints (they have no closed form)";
  return "";
}

std::string why_no_limit(const Catalog& catalog, const Json& config) {
  const std::string wanted = limit_wants(catalog, config);
  return wanted.empty() ? "" : "infinite width wants " + wanted;
}

}  // namespace eigensweep::study
