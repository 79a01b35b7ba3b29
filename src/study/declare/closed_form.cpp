// SPDX-License-Identifier: MIT
#include "eigensweep/study/declare/closed_form.hpp"

#include <fmt/format.h>

#include <string>
#include <vector>

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
  if (!kind_of(catalog, Family::model, config.at("model")).limit_wants) {
    return "another kind of model (this one has no closed form)";
  }
  const Json& section = config.at("training");
  const auto training = read<Training>(section);
  std::vector<std::string> wanted;
  const auto want = [&](const std::string& words) {
    if (!words.empty()) wanted.push_back(words);
  };
  const auto of_kind = [&](Family family, const Json& options, const std::string& other) {
    const Kind& kind = kind_of(catalog, family, options);
    want(kind.limit_wants ? kind.limit_wants(options) : other);
  };
  of_kind(Family::model, config.at("model"), "");
  if (training.loss != Training::Loss::mse) want("loss 'mse' (other losses have no closed form)");
  of_kind(Family::optimizer, section.at("optimizer"),
          "optimizer 'sgd' without momentum and weight_decay (others do not follow the kernel's gradient flow)");
  const std::string constant_rate = "a constant learning rate (training time is learning rate times steps)";
  if (training.warmup_epochs != 0 || training.rate_rule != Training::RateRule::fixed) {
    want(constant_rate);
  } else {
    of_kind(Family::schedule, section.at("schedule"), constant_rate);
  }
  if (training.adversary != Training::Adversary::none) {
    want("adversary 'none' (adversarial training has no closed form)");
  }
  if (!config.at("regularizers").empty()) {
    want("no regularizers (penalties of hidden layers and Jacobians have no closed form)");
  }
  if (config.contains("constraints")) want("no constraints (they have no closed form)");
  return fmt::format("{}", fmt::join(wanted, "; "));
}

std::string why_no_limit(const Catalog& catalog, const Json& config) {
  const std::string wanted = limit_wants(catalog, config);
  return wanted.empty() ? "" : "infinite width wants " + wanted;
}

}  // namespace eigensweep::study
