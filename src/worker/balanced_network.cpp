// SPDX-License-Identifier: MIT
// The procedure "balanced_network": simulates binary neurons and measures them. It trains nothing; every lane is a
// network of its own.
#include "eigensweep/balanced/options.hpp"

#ifdef EIGENSWEEP_DECLARATIONS
namespace eigensweep::worker {
namespace {

using balanced::Options;
using balanced::Populations;

Options balanced_options(const Json& config) { return study::read<Options>(config.at("procedure")); }

study::Column by_population(std::string name, std::string meaning, std::string unit = "") {
  return {std::move(name), {"population"}, "f64", std::move(unit), std::move(meaning)};
}

study::Column of_decision(std::string name, std::string meaning) {
  study::Column column{std::move(name), {}, "f64", "", std::move(meaning)};
  column.returned_if = [](const Json&, const Json& config) {
    return balanced_options(config).populations == Populations::pools;
  };
  return column;
}

}  // namespace

study::Kind declare_balanced_network() {
  auto kind = study::declare<Options>(
      study::Family::procedure, "balanced_network",
      "simulates sparse networks of binary neurons whose excitation and inhibition balance, beside their mean field",
      "van Vreeswijk and Sompolinsky 1998, doi:10.1162/089976698300017214; one population without Dale's law: "
      "Barranca, "
      "Bhuiyan, Sundgren and Xing 2022, doi:10.3389/fnins.2022.801847");
  study::Column response = by_population(
      "response_time", "time until the rate has come 1 - 1/e of the way after a step of the drive", "tau");
  study::Column mean_response{"mean_response_time", {}, "f64", "tau", "mean over populations of response_time"};
  response.returned_if = mean_response.returned_if = [](const Json&, const Json& config) {
    return balanced_options(config).drive_step > 0;
  };
  kind.columns = {
      by_population("rate", "mean activity of the neurons that are left"),
      by_population("mean_field_rate", "the rate that the mean field has at this number of inputs K"),
      by_population("limit_rate", "the rate that it has for K to infinity; NaN where nothing balances"),
      by_population("deviation", "rate over mean_field_rate, less 1"),
      by_population("q", "mean over neurons of their squared mean activity, without its bias by finite time"),
      by_population("irregularity", "q over rate: 1 where the state is frozen, less where neurons are irregular"),
      response,
      {"mean_rate", {}, "f64", "", "mean over populations of rate"},
      {"mean_deviation", {}, "f64", "", "mean over populations of the absolute deviation"},
      {"mean_irregularity", {}, "f64", "", "mean over populations of irregularity"},
      mean_response,
      of_decision("difference", "pools: rate of the first less that of the second"),
      of_decision("mean_field_difference", "pools: the same of the mean field"),
      of_decision("decision_gain", "pools: difference over drive_difference"),
      of_decision("error_rate", "pools: share of windows in which the pool with the weaker drive was ahead")};
  kind.procedure.group = "balanced";
  kind.refuse = study::typed<Options>([](const Options& options, const Json&) { return balanced::refused(options); });
  kind.warn = study::typed<Options>([](const Options& options, const Json&) { return balanced::warning(options); });
  kind.work =
      study::typed<Options>([](const Options& options, const study::WorkContext&) { return balanced::work(options); });
  kind.bytes =
      study::typed<Options>([](const Options& options, const study::WorkContext&) { return balanced::bytes(options); });
  return kind;
}

}  // namespace eigensweep::worker

#else
#include <cmath>
#include <utility>

#include "eigensweep/balanced/measures.hpp"
#include "lanes_at_once.hpp"
#include "procedure.hpp"

namespace eigensweep::worker {
namespace {

template <class Change>
wire::Array mean_of(const std::vector<double>& populations, const Change& change) {
  double sum = 0;
  for (const double value : populations) sum += change(value);
  return wire::Array::scalar(sum / static_cast<double>(populations.size()));
}

wire::Record balanced_record(const std::string& trial, const balanced::Measures& measures) {
  wire::Record record;
  record.kind = wire::RecordKind::training;
  record.trial = trial;
  const auto add = [&](const char* name, const std::vector<double>& values) {
    record.columns[name] = wire::Array::of(values);
  };
  add("rate", measures.rate);
  add("mean_field_rate", measures.mean_field);
  add("limit_rate", measures.limit);
  add("deviation", measures.deviation);
  add("q", measures.q);
  add("irregularity", measures.irregularity);
  const auto as_it_is = [](double value) { return value; };
  record.columns["mean_rate"] = mean_of(measures.rate, as_it_is);
  record.columns["mean_deviation"] = mean_of(measures.deviation, [](double value) { return std::abs(value); });
  record.columns["mean_irregularity"] = mean_of(measures.irregularity, as_it_is);
  if (!measures.response_time.empty()) {
    add("response_time", measures.response_time);
    record.columns["mean_response_time"] = mean_of(measures.response_time, as_it_is);
  }
  if (measures.decision) {
    record.columns["difference"] = wire::Array::scalar(measures.decision->difference);
    record.columns["mean_field_difference"] = wire::Array::scalar(measures.decision->mean_field_difference);
    record.columns["decision_gain"] = wire::Array::scalar(measures.decision->gain);
    record.columns["error_rate"] = wire::Array::scalar(measures.decision->error_rate);
  }
  if (std::isnan(measures.mean_field.front())) {
    record.message = "the mean field has no fixed point that was found: mean_field_rate and deviation are NaN";
  }
  return record;
}

}  // namespace

Outcome run_balanced_network(const PackRun& pack) {
  const std::vector<std::uint64_t> seeds = pack.seeds();
  std::vector<balanced::Options> lanes;
  for (const Json& config : pack.configs()) lanes.push_back(study::read<balanced::Options>(config.at("procedure")));
  const bool finished = lanes_at_once<balanced::Measures>(
      pack.hooks, lanes.size(), torch::get_num_threads(),
      [&](std::size_t lane, const std::function<bool()>& should_stop) {
        return balanced::measure(lanes[lane], seeds[lane], should_stop);
      },
      [&](std::size_t lane, const balanced::Measures& measures, double seconds) {
        pack.send(balanced_record(pack.task.lanes[lane].trial, measures), lane, seconds);
      });
  Outcome outcome;
  outcome.end = finished ? Outcome::End::finished : Outcome::End::stopped;
  return outcome;
}

}  // namespace eigensweep::worker
#endif
